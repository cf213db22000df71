"""The process that infers shapes; it imports the native code of onnx and nothing else, to start fast."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from importlib.machinery import PathFinder
from typing import Any


def _native() -> Any:
    """onnx's native code; the package around it, and the NumPy that it imports, would take ten times as long."""
    package = importlib.util.find_spec("onnx")
    spec = package and PathFinder.find_spec("onnx.onnx_cpp2py_export", package.submodule_search_locations)
    if spec is None or spec.loader is None:
        raise ImportError("onnx is not installed, or has no native code")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def start_worker(send: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The function that infers the shapes of a model, and sends a status and the model, or the reason."""
    infer_shapes = _native().shape_inference.infer_shapes

    def answer(model: bytes) -> None:
        try:
            status, reply = b"ok", infer_shapes(model, check_type=False, strict_mode=False, data_prop=True)
        except Exception as error:
            status, reply = b"refused", str(error).encode(errors="replace")
        send(status)
        send(reply)

    return answer
