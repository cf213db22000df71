"""LiteRT (TensorFlow Lite): with its default delegate, with its reference kernels, and with every tensor kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Run = Callable[[dict], list[np.ndarray]]


def bring() -> None:
    """Import it."""
    import ai_edge_litert.interpreter  # noqa: F401


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Run:
    """As it runs by default, which on most processors is by XNNPACK."""
    return _run(path, "AUTO", None)


def load_reference(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Run:
    """By the reference kernels."""
    return _run(path, "BUILTIN_REF", None)


def show(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Run:
    """With its own kernels and no delegate, which would not keep what lies between its operators."""
    return _run(path, "BUILTIN_WITHOUT_DEFAULT_DELEGATES", outputs)


def show_reference(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Run:
    """With the reference kernels, and every tensor kept."""
    return _run(path, "BUILTIN_REF", outputs)


def _run(path: str, resolver: str, shown: tuple[str, ...] | None) -> Run:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_path=path,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType[resolver],
        experimental_preserve_all_tensors=shown is not None,
    )
    details = interpreter.get_input_details()
    by_name = {one["name"]: one for one in details}

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        given = [(by_name.get(name, details[k]), x) for k, (name, x) in enumerate(feeds.items())]
        for one, x in given:
            if tuple(one["shape"]) != x.shape:
                interpreter.resize_tensor_input(one["index"], x.shape)
        interpreter.allocate_tensors()
        for one, x in given:
            interpreter.set_tensor(one["index"], x)
        interpreter.invoke()
        finals = [np.array(interpreter.get_tensor(one["index"])) for one in interpreter.get_output_details()]
        if shown is None:
            return finals
        tensors: dict[str, int] = {}
        for one in interpreter.get_tensor_details():
            tensors.setdefault(one["name"], one["index"])
        more = [_kept(interpreter, tensors.get(name)) for name in shown[len(finals) :]]
        return [*finals, *more]

    return run


def _kept(interpreter: object, index: int | None) -> np.ndarray | None:
    try:
        return None if index is None else np.array(interpreter.get_tensor(index))
    except ValueError:
        return None
