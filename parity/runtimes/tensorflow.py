"""TensorFlow on the CPU: the signature of a SavedModel, and its inner operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from halfpixel.parity.runtimes.worker import Feeds, RunFunction

if TYPE_CHECKING:
    import tensorflow as tf

INPUT_OF = "^"
"""Before the name of an operator: its first input is meant, and not its output."""


def import_framework() -> None:
    """TensorFlow finishes its import when something is called."""
    import tensorflow as tf

    tf.zeros(1)


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """The signature; its outputs in the order of their names."""
    import tensorflow as tf

    model = tf.saved_model.load(path)

    def run(feeds: Feeds) -> list[np.ndarray]:
        # The signature does not keep the model's variables alive: the model must stay.
        results = _signature(model)(**{name: tf.constant(x) for name, x in feeds.items()})
        return [results[name].numpy() for name in sorted(results)]

    return run


def show(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """The same graph with functions inlined and variables constant, and operators within it among its outputs."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    model = tf.saved_model.load(path)
    signature = _signature(model)
    names = sorted(signature.structured_outputs)
    frozen = convert_variables_to_constants_v2(signature)
    inner = [_tensor(frozen.graph, name) for name in outputs[len(names) :]]
    order = [tensor.name.partition(":")[0] for tensor in frozen.inputs]
    pruned = frozen.prune(frozen.inputs, [*frozen.outputs, *(tensor for tensor in inner if tensor is not None)])

    def run(feeds: Feeds) -> list[np.ndarray | None]:
        _ = model  # the frozen graph does not keep the model's tables alive
        by_port = {_port_name(name): x for name, x in feeds.items()}
        inputs = [by_port.get(_port_name(name), x) for name, x in zip(order, feeds.values(), strict=True)]
        results = [y.numpy() for y in pruned(*[tf.constant(x) for x in inputs])]
        rest = iter(results[len(frozen.outputs) :])
        return [*results[: len(frozen.outputs)], *(None if tensor is None else next(rest) for tensor in inner)]

    return run


def _signature(model: tf.Module) -> tf.types.experimental.ConcreteFunction:
    names = [name for name in ("serving_default", *model.signatures) if name in model.signatures and name[:2] != "__"]
    return model.signatures[names[0]]


def _port_name(name: str) -> str:
    return name.removeprefix("serving_default_")


def _tensor(graph: tf.Graph, name: str) -> tf.Tensor | None:
    """The output of an operator, or its first input, by its name in its function: of several the least nested."""
    plain = name.removeprefix(INPUT_OF)
    named = [operator for operator in graph.get_operations() if f"/{operator.name}".endswith(f"/{plain}")]
    if not named:
        return None
    operator = min(named, key=lambda nested: nested.name.count("/"))
    return operator.inputs[0] if name.startswith(INPUT_OF) else operator.outputs[0]
