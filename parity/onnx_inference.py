"""The process that infers shapes: it imports onnx's native code and nothing else, so that it is there at once."""

from __future__ import annotations

import importlib.util
import os
from importlib.machinery import PathFinder
from multiprocessing.connection import Connection
from types import ModuleType


def _native() -> ModuleType:
    """onnx's native code; the package around it, and the NumPy that it imports, would take ten times as long."""
    folders = importlib.util.find_spec("onnx").submodule_search_locations
    spec = PathFinder.find_spec("onnx.onnx_cpp2py_export", folders)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def serve(to_read: int, to_write: int) -> None:
    """Infer the shapes of every model that comes, until the pipe ends."""
    infer_shapes = _native().shape_inference.infer_shapes
    with Connection(to_read, writable=False) as of, Connection(to_write, readable=False) as to:
        while True:
            try:
                model = of.recv_bytes()
            except EOFError:
                os._exit(0)
            try:
                status, answer = b"ok", infer_shapes(model, check_type=False, strict_mode=False, data_prop=True)
            except Exception as error:
                status, answer = b"refused", str(error).encode(errors="replace")
            to.send_bytes(status)
            to.send_bytes(answer)
