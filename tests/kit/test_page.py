"""The commands of docs/device.md run as printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests import ROOT

PAGE = (ROOT / "docs" / "device.md").read_text(encoding="utf-8")


def test_the_page_is_two_screens():
    assert len(PAGE.splitlines()) <= 100


def test_its_commands_run_as_printed(tmp_path):
    magick = next(filter(None, map(shutil.which, ("magick", "convert-im6", "convert-im6.q16"))), None)
    if magick is None:
        pytest.skip("ImageMagick is not installed")
    pytest.importorskip("jinja2")
    functions = f'halfpixel() {{ {sys.executable} -m halfpixel "$@"; }}\nmagick() {{ {magick} "$@"; }}'
    script = "\n".join(["set -e", functions, *re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)])
    # The project is found where it is installed, and not because of the folder that this runs in.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    shown = re.findall(r"^(?:device:|seen:|verified:|files:).*$", PAGE, re.MULTILINE)
    assert len(shown) == 5
    assert [line for line in shown if line not in ran.stdout] == []
    assert (tmp_path / "imagemagick.html").stat().st_size > 10_000
