"""MNN on the CPU in high precision: ONNX files, converted first, and its own format."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from halfpixel.parity.runtimes.worker import Feeds, RunFunction

Module: TypeAlias = Any
"""MNN's module, which has no types."""
Variable: TypeAlias = Any
"""MNN's tensor, which has no types."""


def import_framework() -> None:
    """Import it, with the native part of its converter, whose Python wrapper reports each use over the network."""
    import _tools  # noqa: F401
    import MNN
    import MNN.expr
    import MNN.nn  # noqa: F401


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """The converted file, by MNN's module interface."""
    target = Path(tempfile.mkdtemp(prefix="parity-mnn-")) / "model.mnn"
    convert(path, str(target))
    module, _ = _module(target, inputs, outputs)
    return lambda feeds: _outputs(module, feeds.values())


def convert(source: str, target: str) -> None:
    """Convert an ONNX file by MNN's converter; layouts stay. ``RuntimeError`` where it writes no file."""
    import _tools

    arguments = ["mnnconvert", "-f", "ONNX", "--modelFile", source, "--MNNModel", target, "--bizCode", "parity"]
    _tools.mnnconvert([*arguments, "--keepInputFormat", "1"])
    if not Path(target).exists():
        raise RuntimeError("MNN's converter wrote no file")


def load_own(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """A file of its own format; it is fed the inputs that the model reads."""
    module, names = _module(Path(path), (), outputs)

    def run(feeds: Feeds) -> list[np.ndarray]:
        results = _outputs(module, [feeds[name] for name in names])
        if len(results) != len(outputs):
            raise RuntimeError(f"MNN gives {len(results)} outputs, where the model has {len(outputs)}")
        return results

    return run


def _module(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> tuple[Module, list[str]]:
    """The module, and its own names of its inputs."""
    import MNN.nn as nn

    manager = nn.create_runtime_manager(({"precision": "high", "numThread": 1, "backend": 0},))
    module = nn.load_module_from_file(str(path), list(inputs), list(outputs), runtime_manager=manager)
    if module is None:
        raise RuntimeError("MNN loads no module from what its converter wrote")
    return module, list(module.get_info()["inputNames"])


def _outputs(module: Module, feeds: Iterable[np.ndarray]) -> list[np.ndarray]:
    import MNN.expr as expr

    results = module.forward([_variable(x) for x in feeds])
    results = results if isinstance(results, list | tuple) else [results]
    return [np.array(expr.convert(y, expr.NCHW).read()) for y in results]


def _variable(x: np.ndarray) -> Variable:
    import MNN.expr as expr

    kinds = {"float32": expr.float, "int32": expr.int, "uint8": expr.uint8}
    if x.dtype == np.int64:
        x = x.astype(np.int32)
    if x.dtype.name not in kinds:
        raise TypeError(f"MNN takes no {x.dtype}")
    variable = expr.placeholder(list(x.shape), expr.NCHW, kinds[x.dtype.name])
    variable.write(np.ascontiguousarray(x))
    return variable
