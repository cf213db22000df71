"""LiteRT (TensorFlow Lite): default delegate, reference kernels, and all tensors preserved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from halfpixel.parity.runtimes.worker import Feeds, RunFunction

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter


def import_framework() -> None:
    """Import it."""
    import ai_edge_litert.interpreter  # noqa: F401


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """The default delegate, which on most processors is XNNPACK."""
    return _run(path, "AUTO", None)


def load_reference(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """The reference kernels."""
    return _run(path, "BUILTIN_REF", None)


def show(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """Its own kernels without a delegate, which would not keep the tensors between its operators."""
    return _run(path, "BUILTIN_WITHOUT_DEFAULT_DELEGATES", outputs)


def show_reference(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """The reference kernels, with every tensor kept."""
    return _run(path, "BUILTIN_REF", outputs)


def _run(path: str, resolver: str, shown: tuple[str, ...] | None) -> RunFunction:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_path=path,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType[resolver],
        experimental_preserve_all_tensors=shown is not None,
    )
    details = interpreter.get_input_details()
    by_name = {detail["name"]: detail for detail in details}

    def run(feeds: Feeds) -> list[np.ndarray | None]:
        inputs = [(by_name.get(name, details[k]), x) for k, (name, x) in enumerate(feeds.items())]
        for detail, x in inputs:
            if tuple(detail["shape"]) != x.shape:
                interpreter.resize_tensor_input(detail["index"], x.shape)
        interpreter.allocate_tensors()
        for detail, x in inputs:
            interpreter.set_tensor(detail["index"], x)
        interpreter.invoke()
        outputs = interpreter.get_output_details()
        results: list[np.ndarray | None] = [np.array(interpreter.get_tensor(detail["index"])) for detail in outputs]
        if shown is not None:
            tensors: dict[str, int] = {}
            for detail in interpreter.get_tensor_details():
                tensors.setdefault(detail["name"], detail["index"])
            results += [_tensor(interpreter, tensors.get(name)) for name in shown[len(results) :]]
        return results

    return run


def _tensor(interpreter: Interpreter, index: int | None) -> np.ndarray | None:
    try:
        return None if index is None else np.array(interpreter.get_tensor(index))
    except ValueError:
        return None
