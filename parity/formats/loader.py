"""Detect the format of a model file by its content, and call its reader; nothing is unpickled."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from halfpixel.parity.formats.model import BadModel, Model

_TORCH_HINT = "export it with torch.export.save, or to ONNX"


def load_model(path: str | Path, shapes: Mapping[str, tuple[int, ...]] | None = None) -> Model:
    """Read a model (``.onnx``, ``.tflite``, ``.pt2``, a SavedModel's folder), recognised by content, not by name.

    ``shapes`` fixes inputs, ``{"name": (1, 3, 512, 512)}``, so that sizes inside can be inferred. Raises ``BadModel``,
    with one line, for a file that is no model, or is damaged, hostile, or newer than can be read.
    """
    path, shapes = Path(path), shapes or {}
    try:
        about = os.stat(path)
    except (OSError, ValueError) as error:
        raise BadModel(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        if stat.S_ISDIR(about.st_mode):
            return _read_folder(path, shapes)
        if not stat.S_ISREG(about.st_mode):
            raise BadModel(f"{path}: neither a file nor a folder")
        if not about.st_size:
            raise BadModel(f"{path}: empty")
        return _read_file(path, shapes)
    except OSError as error:
        raise BadModel(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BadModel(f"{path}: damaged: it holds names that are no text") from None
    except (RecursionError, MemoryError) as error:
        raise BadModel(f"{path}: cannot be read: {type(error).__name__}") from None


def _read_folder(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> Model:
    if not (path / "saved_model.pb").is_file():
        raise BadModel(f"{path}: a folder without saved_model.pb: no SavedModel")
    from halfpixel.parity.formats.saved_model import read_saved_model

    return read_saved_model(path, shapes)


def _read_file(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> Model:
    with open(path, "rb") as file:
        head = file.read(16)
    if head[4:8] == b"TFL3":
        from halfpixel.parity.formats.tflite import read_tflite

        return read_tflite(path, shapes)
    if head[4:6] == b"ET" and head[6:8].isdigit():
        raise BadModel(f"{path}: an ExecuTorch program, of which nothing is read; ask about the .pt2 it was made from")
    if head[:4] == b"PK\x03\x04":
        from halfpixel.parity.formats.pt2 import read_pt2

        return read_pt2(path, shapes)
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        raise BadModel(f"{path}: a pickle, which is not opened: it could run anything; {_TORCH_HINT}")
    if head[:8] == b"\x89HDF\r\n\x1a\n":
        raise BadModel(f"{path}: HDF5, as Keras wrote it; export it as a SavedModel")
    if path.name == "saved_model.pb":
        raise BadModel(f"{path}: part of a SavedModel; name its folder")
    from halfpixel.parity.formats.onnx.reader import read_onnx

    return read_onnx(path, shapes)
