"""Image files as arrays: png, pgm, tiff and others with Pillow; npy and pfm with numpy alone."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import cast

import numpy as np

_NO_PILLOW = (
    "this format is read and written with Pillow, which is not installed (python -m pip install pillow); "
    "npy does without"
)
_LOSSY = ("JPEG", "MPO", "WEBP", "AVIF", "JPEG2000", "GIF")
"""Pillow's names of formats whose pixels need not be those that were written."""
_PNG = b"\x89PNG\r\n\x1a\n"
_NETPBM = re.compile(rb"P[2356](?:\s+|\s*#[^\n]*\n)*\d+\s+\d+\s+(\d+)\s")
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "I", "I;16", "I;16B", "I;16L", "F")


class UnreadableImage(ValueError):
    """A file is no readable image, or its channels differ."""


def write_image(path: Path, image: np.ndarray) -> None:
    """Write ``(H, W)`` or ``(H, W, C)``, uint8 or float32, in the suffix's format.

    ``ValueError`` without a library for it.
    """
    if path.suffix == ".npy":
        np.save(path, image)
    elif path.suffix == ".pfm":
        # https://www.pauldebevec.com/Research/HDR/PFM/: a negative scale means little endian, rows from the bottom up.
        height, width = image.shape[:2]
        kind = "Pf" if image.ndim == 2 else "PF"
        path.write_bytes(f"{kind}\n{width} {height}\n-1.0\n".encode() + image[::-1].astype("<f4").tobytes())
    else:
        _pillow().fromarray(image).save(path)


def read_image(path: Path) -> np.ndarray:
    """``(h, w)``: integers as they are, those of 16 bits too, and floats. Raises :class:`UnreadableImage`."""
    array = _written(path)
    if array.ndim == 2:
        return array
    channels = array.shape[2]
    colours = array[..., : channels - 1] if channels in (2, 4) else array
    if array.ndim != 3 or not (colours == colours[..., :1]).all():
        raise UnreadableImage("a grey image comes back with channels that differ")
    return colours[..., 0]


def read_pixels(path: Path, channels: int) -> np.ndarray:
    """``(h, w, channels)``, as it was written; alpha that was added, and is opaque, is dropped.

    Raises :class:`UnreadableImage`, also for another number of channels.
    """
    array = _written(path)
    array = array[..., None] if array.ndim == 2 else array
    opaque = np.iinfo(array.dtype).max if array.dtype.kind in "iu" else 1
    if array.ndim == 3 and array.shape[2] == channels + 1 and channels in (1, 3) and (array[..., -1] == opaque).all():
        array = array[..., :channels]
    if array.ndim != 3 or array.shape[2] != channels:
        raise UnreadableImage(f"an image of {channels} channels comes back as {' x '.join(map(str, array.shape))}")
    return array


def _written(path: Path) -> np.ndarray:
    """The image that a program wrote; raises :class:`UnreadableImage`."""
    try:
        array, _ = _array(path)
    except UnreadableImage:
        raise
    except Exception as error:  # a library may raise anything for a file that is no image
        raise UnreadableImage(f"cannot read what was written: {_reason(error)}") from error
    return array


def read_channels(path: Path, may_be_lossy: bool) -> np.ndarray:
    """``(channels, H, W)``: 1 or 3 channels of uint8, uint16 or floats; one line in ``ValueError`` for anything else.

    Opaque alpha is dropped, other alpha refused: resizers weigh colours by it, or do not. ``may_be_lossy`` allows
    formats that do not keep pixels, which can serve as an input alone.
    """
    if not path.is_file():
        raise ValueError(f"there is no file {str(path)!r}")
    try:
        array, file_format = _array(path)
    except Exception as error:  # a library may raise anything for a file that is no image
        reason = str(error) if isinstance(error, UnreadableImage) else _reason(error)
        raise ValueError(f"cannot read {path}: {reason}") from None
    if file_format in _LOSSY and not may_be_lossy:
        raise ValueError(f"{path} is {file_format}, which does not keep pixels: write the result as png, tiff or npy")
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 2, 3, 4) or 0 in array.shape:
        shape = " x ".join(map(str, array.shape))
        raise ValueError(f"{path} holds an array of {shape}; it must be (H, W) or (H, W, C) with 1 to 4 channels")
    is_integer = array.dtype in (np.uint8, np.uint16)
    if not is_integer and array.dtype.kind != "f":
        raise ValueError(f"{path} holds {array.dtype}; only uint8, uint16 and floats are read")
    if not np.isfinite(array).all():
        raise ValueError(f"{path} holds values that are not finite")
    if array.shape[2] in (2, 4):
        opaque = np.iinfo(array.dtype).max if is_integer else 1
        if not (array[..., -1] == opaque).all():
            raise ValueError(f"{path} has alpha that is not opaque everywhere: flatten it, or give the colours alone")
        array = array[..., :-1]
    return np.ascontiguousarray(array.transpose(2, 0, 1))


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"


def _array(path: Path) -> tuple[np.ndarray, str]:
    """The pixels, and Pillow's name of the format where it reads the file."""
    if path.suffix == ".npy":
        return np.asarray(np.load(path, allow_pickle=False)), ""
    if path.suffix == ".pfm":
        return _pfm(path.read_bytes()), ""
    _refuse_what_pillow_changes(path)
    with _pillow().open(path) as image:
        image.load()
        file_format = str(image.format)
        if image.mode not in _MODES:
            raise UnreadableImage(f"its mode is {image.mode}: save it as grey or RGB")
        if image.mode == "1":
            image = image.convert("L")
        elif image.mode in ("P", "PA"):
            image = image.convert("RGBA")
        array = np.array(image)
    if array.dtype == np.int32 and file_format in ("PNG", "PPM", "TIFF") and 0 <= array.min() <= array.max() < 2**16:
        array = array.astype(np.uint16)  # Pillow's mode I of files of 16 bits
    return array, file_format


def _refuse_what_pillow_changes(path: Path) -> None:
    """PNG states the bits of a sample and its colour type in bytes 24 and 25, netpbm the value of white in its header.

    https://www.w3.org/TR/png-3/#11IHDR, https://netpbm.sourceforge.net/doc/pgm.html
    """
    with path.open("rb") as file:
        head = file.read(512)
    if len(head) > 26 and head.startswith(_PNG) and head[24] == 16 and head[25] != 0:
        raise UnreadableImage("it has colours of 16 bits, which Pillow reads as 8: convert it to .npy")
    white = _NETPBM.match(head)
    if white is not None and int(white[1]) not in (255, 65535):
        raise UnreadableImage(
            f"its white is {int(white[1])}, which Pillow rescales: 255 and 65535 are read as they are"
        )


def _pfm(data: bytes) -> np.ndarray:
    kind, size, scale, rest = data.split(b"\n", 3)
    width, height = (int(number) for number in size.split())
    channels = {b"Pf": 1, b"PF": 3}.get(kind.strip())
    if channels is None:
        raise UnreadableImage("what was written is no PFM")
    values = np.frombuffer(rest, ("<" if float(scale) < 0 else ">") + "f4", width * height * channels)
    array = values.reshape(height, width, channels)[::-1]
    return array[..., 0] if channels == 1 else array


def _pillow() -> ModuleType:
    try:
        from PIL import Image
    except ImportError:
        raise ValueError(_NO_PILLOW) from None
    return cast(ModuleType, Image)
