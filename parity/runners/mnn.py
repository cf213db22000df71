"""MNN on the CPU in high precision: the file is converted by MNN's own converter first."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np


def bring() -> None:
    """Import it."""
    import _tools  # noqa: F401 (the native part of MNN's converter; its Python wrapper reports each use over the network)
    import MNN
    import MNN.expr
    import MNN.nn  # noqa: F401


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list[np.ndarray]]:
    """The converted file, by MNN's module interface."""
    import _tools
    import MNN.expr as expr
    import MNN.nn as nn

    folder = tempfile.TemporaryDirectory(prefix="parity-mnn-")
    target = Path(folder.name) / "model.mnn"
    arguments = ["mnnconvert", "-f", "ONNX", "--modelFile", path, "--MNNModel", str(target), "--bizCode", "parity"]
    _tools.mnnconvert([*arguments, "--keepInputFormat", "1"])
    if not target.exists():
        raise RuntimeError("MNN's converter wrote no file")
    manager = nn.create_runtime_manager(({"precision": "high", "numThread": 1, "backend": 0},))
    module = nn.load_module_from_file(str(target), list(inputs), list(outputs), runtime_manager=manager)
    if module is None:
        raise RuntimeError("MNN loads no module from what its converter wrote")

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        given = [_variable(expr, x) for x in feeds.values()]
        found = module.forward(given)
        found = found if isinstance(found, list | tuple) else [found]
        return [np.array(expr.convert(one, expr.NCHW).read()) for one in found]

    run.folder = folder  # goes with the module
    return run


def _variable(expr: object, x: np.ndarray) -> object:
    kinds = {"float32": expr.float, "int32": expr.int, "uint8": expr.uint8}
    if x.dtype == np.int64:
        x = x.astype(np.int32)
    if x.dtype.name not in kinds:
        raise TypeError(f"MNN takes no {x.dtype}")
    made = expr.placeholder(list(x.shape), expr.NCHW, kinds[x.dtype.name])
    made.write(np.ascontiguousarray(x))
    return made
