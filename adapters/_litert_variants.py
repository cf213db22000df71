"""LiteRT's other paths for a resize: the resolver by its name, a size that is an input of the model, threads."""

from __future__ import annotations

from adapters.operation import Operation, Variant


def names_no_resolver(operation: Operation) -> bool:
    """Whether the call leaves the op resolver to LiteRT."""
    return "resolver=" not in operation.call.expression


def variants() -> list[Variant]:
    """Every path. Source: https://ai.google.dev/edge/api/tflite/python/tf/lite/Interpreter."""
    return [
        Variant("resolver BUILTIN", arguments='resolver="BUILTIN"', applies=names_no_resolver),
        Variant("size as an input", arguments="constant=False"),
        Variant("4 threads", arguments="threads=4", applies=names_no_resolver),
    ]
