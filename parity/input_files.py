"""Input arrays for a model from files (.npy, .npz, images), and which paths may be read or written."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from halfpixel.parity.formats.model import BadModel, Port
from halfpixel.parity.printable_text import join_names, printable


def check_writable(out: Path, others: Iterable[str | Path | None]) -> None:
    """Raise ``BadModel`` for a path that must not be written over: a folder, a device or pipe, one of ``others``.

    A file is written under another name and moved, which would replace a device, too.
    """
    try:
        mode = os.stat(out).st_mode
    except OSError:
        mode = stat.S_IFREG
    if stat.S_ISDIR(mode):
        raise BadModel(f"{out}: a folder: name another file")
    if not stat.S_ISREG(mode):
        raise BadModel(f"{out}: neither a new nor an ordinary file: name another")
    real = os.path.realpath(out)
    if any(real == os.path.realpath(other) for other in others if other is not None):
        raise BadModel(f"{out}: the model itself, or another file that is named: name another file")


def is_regular_file(path: Path) -> bool:
    """Whether reading the path ends, or fails at once; reading a pipe or a device may do neither."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return True


IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
MAX_PIXELS = 2**26
"""Of an image: 8192 x 8192. An image file of a few kilobytes can unpack to gigabytes."""
MAX_BYTES = 2**33
"""Of an array: as much as the largest input that a model may have, in float32."""

# An archive may ask for a password, or for a compression that is not known, both of which are RuntimeErrors.
_ARRAY_ERRORS = (OSError, ValueError, EOFError, SyntaxError, TypeError, MemoryError)
_ARCHIVE_ERRORS = (*_ARRAY_ERRORS, RuntimeError, zipfile.BadZipFile, zlib.error)


def read_inputs(files: Sequence[str], inputs: Sequence[Port]) -> dict[str, np.ndarray]:
    """Arrays by input. Each of ``files`` is a path, or ``name=path``; without a name it is for the first input.

    Raises ``BadModel``, with one line, for what cannot be read or fits no input.
    """
    arrays: dict[str, np.ndarray] = {}
    for text in files:
        name, path = _name_and_path(text, inputs)
        port = next((port for port in inputs if port.name == name), None)
        if not inputs:
            raise BadModel(f"{path}: the model has no input to give it to")
        if not is_regular_file(path):
            raise BadModel(f"{path}: not an ordinary file")
        if path.suffix.lower() == ".npz":
            arrays |= _read_npz(path)
            continue
        if port is None:
            known = join_names(port.name for port in inputs)
            raise BadModel(f"{path}: the model has no input {printable(name, 40)!r}; inputs: {known}")
        arrays[name] = _read_image(path, port) if path.suffix.lower() in IMAGES else _read_npy(path)
    return arrays


def _name_and_path(text: str, inputs: Sequence[Port]) -> tuple[str, Path]:
    name, mark, path = text.partition("=")
    if mark and not Path(text).exists():
        return name, Path(path)
    return (inputs[0].name if inputs else ""), Path(text)


def _read_npy(path: Path) -> np.ndarray:
    try:
        # A header that announces more than the file holds is refused before anything is made.
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(mapped, np.ndarray) or mapped.nbytes > MAX_BYTES:
            raise ValueError("too large, or no array")
        return np.array(mapped)
    except _ARRAY_ERRORS as error:
        raise BadModel(f"{path}: not an array of numbers (.npy): {printable(error, 120)}") from None


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                raise ValueError(f"more than {MAX_BYTES} bytes")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except _ARCHIVE_ERRORS as error:
        raise BadModel(f"{path}: not an archive of arrays (.npz): {printable(error, 120)}") from None


def _read_image(path: Path, port: Port) -> np.ndarray:
    """An image in the layout of the input, channels first or last; floats from 0 to 1."""
    pixels = _decode_image(path)
    shape = port.shape
    if shape is None or len(shape) not in (3, 4):
        rank = "an unknown number of axes" if shape is None else f"{len(shape)} axes"
        raise BadModel(f"{path}: an image; input {printable(port.name, 40)!r} takes none: it has {rank}")
    inner = shape[-3:]
    last = inner[2] in (1, 3, 4) and inner[0] not in (1, 3, 4)
    channels = inner[2] if last else inner[0]
    pixels = _with_channels(pixels, channels if isinstance(channels, int) else 3, path)
    if port.dtype.startswith(("float", "bfloat")):
        array = (pixels.astype(np.float32) / 255).astype(port.dtype if port.dtype in _FLOATS else np.float32)
    elif port.dtype == "uint8":
        array = pixels
    else:
        raise BadModel(f"{path}: an image; input {printable(port.name, 40)!r} takes {port.dtype}")
    array = array if last else np.moveaxis(array, -1, 0)
    return np.ascontiguousarray(array[None] if len(shape) == 4 else array)


_FLOATS = ("float16", "float32", "float64")


def _with_channels(pixels: np.ndarray, count: int, path: Path) -> np.ndarray:
    if count == pixels.shape[2]:
        return pixels
    if count == 1:
        return np.asarray(pixels[:, :, :3].mean(axis=2, keepdims=True).round().astype(np.uint8))
    if count == 3:
        return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[:, :, :3]
    raise BadModel(f"{path}: an image; the input takes {count} channels")


def _decode_image(path: Path) -> np.ndarray:
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
        raise BadModel(f"{path}: not an image that can be read: {printable(error, 120)}") from None
    return pixels[:, :, None] if pixels.ndim == 2 else pixels
