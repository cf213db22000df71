"""Arrays for a model's inputs from files: .npy, .npz, and images, which are not resized."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from parity.model import BadModel, Port
from parity.paths import is_readable
from parity.text import listed, shown

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
MAX_PIXELS = 2**26
"""Of an image: 8192 x 8192. An image file of a few kilobytes can unpack to gigabytes."""
MAX_BYTES = 2**33
"""Of an array: as much as the largest input that a model may have, in float32."""


# An archive may ask for a password, or for a compression that is not known, both of which are RuntimeErrors.
_NO_ARCHIVE = (OSError, ValueError, EOFError, SyntaxError, TypeError, MemoryError, RuntimeError)
_NO_ARCHIVE += (zipfile.BadZipFile, zlib.error)


def read_inputs(files: Sequence[str], inputs: Sequence[Port]) -> dict[str, np.ndarray]:
    """Arrays by input. Each of ``files`` is a path, or ``name=path``; without a name it is for the first input.

    Raises ``BadModel``, with one line, for what cannot be read or fits no input.
    """
    found: dict[str, np.ndarray] = {}
    for text in files:
        name, path = _named(text, inputs)
        port = next((one for one in inputs if one.name == name), None)
        if not inputs:
            raise BadModel(f"{path}: the model has no input to give it to")
        if not is_readable(path):
            raise BadModel(f"{path}: not an ordinary file")
        if path.suffix.lower() == ".npz":
            found |= _archive(path)
            continue
        if port is None:
            known = listed(one.name for one in inputs)
            raise BadModel(f"{path}: given for {shown(name, 40)!r}, which is no input of the model; inputs: {known}")
        found[name] = _image(path, port) if path.suffix.lower() in IMAGES else _array(path)
    return found


def _named(text: str, inputs: Sequence[Port]) -> tuple[str, Path]:
    name, mark, path = text.partition("=")
    if mark and not Path(text).exists():
        return name, Path(path)
    return (inputs[0].name if inputs else ""), Path(text)


def _array(path: Path) -> np.ndarray:
    try:
        # A header that announces more than the file holds is refused before anything is made.
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(mapped, np.ndarray) or mapped.nbytes > MAX_BYTES:
            raise ValueError("too large, or no array")
        return np.array(mapped)
    except (OSError, ValueError, EOFError, SyntaxError, TypeError, MemoryError) as error:
        raise BadModel(f"{path}: not an array of numbers (.npy): {shown(error, 120)}") from None


def _archive(path: Path) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(one.file_size for one in archive.infolist()) > MAX_BYTES:
                raise ValueError(f"more than {MAX_BYTES} bytes")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except _NO_ARCHIVE as error:
        raise BadModel(f"{path}: not an archive of arrays (.npz): {shown(error, 120)}") from None


def _image(path: Path, port: Port) -> np.ndarray:
    """One image as the input has them: channels where there are 1, 3 or 4 of them, floats from 0 to 1."""
    pixels = _pixels(path)
    shape = port.shape
    if shape is None or len(shape) not in (3, 4):
        raise BadModel(f"{path}: an image; input {shown(port.name, 40)!r} takes none: it has {_rank(shape)}")
    inner = shape[-3:]
    last = inner[2] in (1, 3, 4) and inner[0] not in (1, 3, 4)
    channels = inner[2] if last else inner[0]
    pixels = _with_channels(pixels, channels if isinstance(channels, int) else 3, path)
    if port.dtype.startswith(("float", "bfloat")):
        array = pixels.astype(np.float32) / 255
        array = array.astype(np.float64 if port.dtype == "float64" else np.float16 if port.dtype == "float16" else "f4")
    elif port.dtype == "uint8":
        array = pixels
    else:
        raise BadModel(f"{path}: an image; input {shown(port.name, 40)!r} takes {port.dtype}")
    array = array if last else np.moveaxis(array, -1, 0)
    return np.ascontiguousarray(array[None] if len(shape) == 4 else array)


def _rank(shape: tuple[int | str, ...] | None) -> str:
    return "an unknown number of axes" if shape is None else f"{len(shape)} axes"


def _with_channels(pixels: np.ndarray, count: int, path: Path) -> np.ndarray:
    if count == pixels.shape[2]:
        return pixels
    if count == 1:
        return pixels[:, :, :3].mean(axis=2, keepdims=True).round().astype(np.uint8)
    if count == 3:
        return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[:, :, :3]
    raise BadModel(f"{path}: an image; the input takes {count} channels")


def _pixels(path: Path) -> np.ndarray:
    """RGB or grey, uint8, ``(H, W, C)``."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise BadModel(f"{path}: images are read by Pillow, which is not installed; give a .npy") from None
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadModel(f"{path}: {image.width} x {image.height} pixels; at most {MAX_PIXELS} are read")
            pixels = np.asarray(image.convert("L" if image.mode in ("L", "1", "I;16") else "RGB"))
    except BadModel:
        raise
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise BadModel(f"{path}: not an image that can be read: {shown(error, 120)}") from None
    return pixels[:, :, None] if pixels.ndim == 2 else pixels
