"""The reference evaluator of the onnx package."""

from __future__ import annotations

from halfpixel.parity.runtimes.worker import RunFunction


def import_framework() -> None:
    """Import it."""
    import onnx.reference  # noqa: F401


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """An evaluator of the file; external data is read from beside it."""
    import onnx
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(onnx.load(path))
    return lambda feeds: evaluator.run(list(outputs), feeds)
