"""MNN on the CPU in high precision: ONNX files, which its own converter converts first, and its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np


def bring() -> None:
    """Import it, with the native part of its converter: its Python wrapper reports each use over the network."""
    import _tools  # noqa: F401
    import MNN
    import MNN.expr
    import MNN.nn  # noqa: F401


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list[np.ndarray]]:
    """The converted file, by MNN's module interface."""
    folder = tempfile.TemporaryDirectory(prefix="parity-mnn-")
    target = Path(folder.name) / "model.mnn"
    convert(path, str(target))
    module, _ = _module(target, inputs, outputs)

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        return _outputs(module, feeds.values())

    run.folder = folder  # goes with the module
    return run


def convert(source: str, target: str) -> None:
    """Have MNN's converter make its own file of an ONNX one; layouts stay. ``RuntimeError`` where it does not."""
    import _tools

    arguments = ["mnnconvert", "-f", "ONNX", "--modelFile", source, "--MNNModel", target, "--bizCode", "parity"]
    _tools.mnnconvert([*arguments, "--keepInputFormat", "1"])
    if not Path(target).exists():
        raise RuntimeError("MNN's converter wrote no file")


def load_own(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list[np.ndarray]]:
    """A file of its own format; of the inputs it takes those that the model reads."""
    module, names = _module(Path(path), (), outputs)

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        found = _outputs(module, [feeds[name] for name in names])
        if len(found) != len(outputs):
            raise RuntimeError(f"MNN gives {len(found)} outputs, where the model has {len(outputs)}")
        return found

    return run


def _module(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> tuple[object, list[str]]:
    """The module, and what it names its inputs."""
    import MNN.nn as nn

    manager = nn.create_runtime_manager(({"precision": "high", "numThread": 1, "backend": 0},))
    module = nn.load_module_from_file(str(path), list(inputs), list(outputs), runtime_manager=manager)
    if module is None:
        raise RuntimeError("MNN loads no module from what its converter wrote")
    return module, list(module.get_info()["inputNames"])


def _outputs(module: object, feeds: Iterable[np.ndarray]) -> list[np.ndarray]:
    import MNN.expr as expr

    found = module.forward([_variable(expr, x) for x in feeds])
    found = found if isinstance(found, list | tuple) else [found]
    return [np.array(expr.convert(one, expr.NCHW).read()) for one in found]


def _variable(expr: object, x: np.ndarray) -> object:
    kinds = {"float32": expr.float, "int32": expr.int, "uint8": expr.uint8}
    if x.dtype == np.int64:
        x = x.astype(np.int32)
    if x.dtype.name not in kinds:
        raise TypeError(f"MNN takes no {x.dtype}")
    made = expr.placeholder(list(x.shape), expr.NCHW, kinds[x.dtype.name])
    made.write(np.ascontiguousarray(x))
    return made
