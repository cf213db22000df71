"""Which kind of model a file is, by its content; nothing that would have to be unpickled is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from parity.model import BadModel, Model

_TORCH = "export it with torch.export.save, or to ONNX"


def read(path: Path, given: Mapping[str, tuple[int, ...]]) -> Model:
    """The model at ``path``; raises ``BadModel``, with one line."""
    try:
        about = os.stat(path)
    except (OSError, ValueError) as error:
        raise BadModel(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        if stat.S_ISDIR(about.st_mode):
            return _folder(path, given)
        if not stat.S_ISREG(about.st_mode):
            raise BadModel(f"{path}: neither a file nor a folder")
        if not about.st_size:
            raise BadModel(f"{path}: empty")
        return _file(path, given)
    except OSError as error:
        raise BadModel(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BadModel(f"{path}: damaged: it holds names that are no text") from None
    except (RecursionError, MemoryError) as error:
        raise BadModel(f"{path}: cannot be read: {type(error).__name__}") from None


def _folder(path: Path, given: Mapping[str, tuple[int, ...]]) -> Model:
    if not (path / "saved_model.pb").is_file():
        raise BadModel(f"{path}: a folder without saved_model.pb: no SavedModel")
    from parity.saved_model_read import read_saved_model

    return read_saved_model(path, given)


def _file(path: Path, given: Mapping[str, tuple[int, ...]]) -> Model:
    with open(path, "rb") as file:
        head = file.read(16)
    if head[4:8] == b"TFL3":
        from parity.tflite_read import read_tflite

        return read_tflite(path, given)
    if head[4:6] == b"ET" and head[6:8].isdigit():
        raise BadModel(f"{path}: an ExecuTorch program, of which nothing is read; ask about the .pt2 it was made from")
    if head[:4] == b"PK\x03\x04":
        from parity.pt2_read import read_pt2

        return read_pt2(path, given)
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        raise BadModel(f"{path}: a pickle, which is not opened: it could run anything; {_TORCH}")
    if head[:8] == b"\x89HDF\r\n\x1a\n":
        raise BadModel(f"{path}: HDF5, as Keras wrote it; export it as a SavedModel")
    if path.name == "saved_model.pb":
        raise BadModel(f"{path}: part of a SavedModel; name its folder")
    from parity.onnx_read import read_onnx

    return read_onnx(path, given)
