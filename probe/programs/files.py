"""Writes and reads one grey plane as a file, for programs: PNG, PGM, TIFF, PFM, NPY."""

from __future__ import annotations

from pathlib import Path

import numpy as np

DTYPES_OF = {
    "png": ("uint8",),
    "pgm": ("uint8",),
    "tiff": ("uint8", "float32"),
    "pfm": ("float32",),
    "npy": ("float32", "uint8"),
}
"""The dtypes that each format holds here, the one that is taken unless told otherwise first."""


class BadPicture(Exception):
    """A file is no picture that can be read, or has other channels than a grey plane in each."""


def write(path: Path, plane: np.ndarray) -> None:
    """Write ``(H, W)``, uint8 or float32, in the suffix's format; ``ValueError`` without a library for it."""
    if path.suffix == ".npy":
        np.save(path, plane)
    elif path.suffix == ".pfm":
        # https://www.pauldebevec.com/Research/HDR/PFM/: a negative scale means little endian, rows from the bottom up.
        height, width = plane.shape
        path.write_bytes(f"Pf\n{width} {height}\n-1.0\n".encode() + plane[::-1].astype("<f4").tobytes())
    else:
        _image().fromarray(plane).save(path)


def read(path: Path) -> np.ndarray:
    """``(h, w)``: integers as they are, those of 16 bits too, and floats. Raises :class:`BadPicture`."""
    try:
        array = _array(path)
    except BadPicture:
        raise
    except Exception as error:  # a library may raise anything for a file that is no picture
        raise BadPicture(
            f"cannot read what was written: {type(error).__name__}: {str(error).splitlines()[0]}"
        ) from error
    if array.ndim == 2:
        return array
    channels = array.shape[2]
    colours = array[..., : channels - 1] if channels in (2, 4) else array
    if array.ndim != 3 or not (colours == colours[..., :1]).all():
        raise BadPicture("a grey image comes back with channels that differ")
    return colours[..., 0]


def _array(path: Path) -> np.ndarray:
    if path.suffix == ".npy":
        return np.load(path, allow_pickle=False)
    if path.suffix == ".pfm":
        return _pfm(path.read_bytes())
    with _image().open(path) as image:
        image.load()
        if image.mode == "1":
            image = image.convert("L")
        elif image.mode in ("P", "PA"):
            image = image.convert("RGBA")
        return np.array(image)


def _pfm(data: bytes) -> np.ndarray:
    kind, size, scale, rest = data.split(b"\n", 3)
    width, height = (int(number) for number in size.split())
    channels = {b"Pf": 1, b"PF": 3}.get(kind.strip())
    if channels is None:
        raise BadPicture("what was written is no PFM")
    values = np.frombuffer(rest, ("<" if float(scale) < 0 else ">") + "f4", width * height * channels)
    array = values.reshape(height, width, channels)[::-1]
    return array[..., 0] if channels == 1 else array


def _image():
    try:
        from PIL import Image
    except ImportError:
        raise ValueError("this format is written with Pillow, which is not installed; pfm and npy do without") from None
    return Image
