"""Makes one package of the folders beside this file: ``golden/`` is ``halfpixel.golden``, and so on."""

from setuptools import find_packages, setup

ROOMS = ("golden", "adapters", "defects", "probe", "parity", "segmentation", "reports", "suites")
FOLDERS = [folder for room in ROOMS for folder in find_packages(include=[room, f"{room}.*"])]

setup(
    packages=["halfpixel", *(f"halfpixel.{folder}" for folder in FOLDERS)],
    package_dir={"halfpixel": "halfpixel"} | {f"halfpixel.{room}": room for room in ROOMS},
)
