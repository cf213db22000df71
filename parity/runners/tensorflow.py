"""TensorFlow, on the CPU: the signature of a SavedModel, and the operators within it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

INPUT_OF = "^"
"""Before the name of an operator: what it takes first, and not what it makes."""


def bring() -> None:
    """Import it, and have it finish its import, which it does when something is called."""
    import tensorflow as tf

    tf.zeros(1)


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list[np.ndarray]]:
    """The signature; its outputs in the order of their names."""
    import tensorflow as tf

    model = tf.saved_model.load(path)
    signature = _signature(model)

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        found = signature(**{name: tf.constant(x) for name, x in feeds.items()})
        return [found[name].numpy() for name in sorted(found)]

    run.model = model  # variables go with the model
    return run


def show(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list[np.ndarray]]:
    """The same graph with functions inlined and variables constant, and operators within it among its outputs."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    model = tf.saved_model.load(path)
    signature = _signature(model)
    names = sorted(signature.structured_outputs)
    frozen = convert_variables_to_constants_v2(signature)
    fetched = [_tensor(frozen.graph, name) for name in outputs[len(names) :]]
    order = [one.name.partition(":")[0] for one in frozen.inputs]
    wanted = [one for one in fetched if one is not None]
    pruned = frozen.prune(frozen.inputs, [*frozen.outputs, *wanted])

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        by_port = {_port_name(name): x for name, x in feeds.items()}
        given = [by_port.get(_port_name(name), x) for name, x in zip(order, feeds.values(), strict=True)]
        found = [each.numpy() for each in pruned(*[tf.constant(x) for x in given])]
        rest = iter(found[len(frozen.outputs) :])
        return [*found[: len(frozen.outputs)], *(None if one is None else next(rest) for one in fetched)]

    run.model = model
    return run


def _signature(model: object) -> object:
    names = [name for name in ("serving_default", *model.signatures) if name in model.signatures and name[:2] != "__"]
    return model.signatures[names[0]]


def _port_name(name: str) -> str:
    return name.removeprefix("serving_default_")


def _tensor(graph: tf.Graph, name: str) -> tf.Tensor | None:
    """What an operator makes, or takes, found by its name in the function that it was in: the least nested of them."""
    plain = name.removeprefix(INPUT_OF)
    named = [one for one in graph.get_operations() if f"/{one.name}".endswith(f"/{plain}")]
    if not named:
        return None
    one = min(named, key=lambda each: each.name.count("/"))
    return one.inputs[0] if name.startswith(INPUT_OF) else one.outputs[0]
