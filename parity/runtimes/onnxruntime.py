"""ONNX Runtime on the CPU, with one thread."""

from __future__ import annotations

from halfpixel.parity.runtimes.worker import RunFunction


def import_framework() -> None:
    """Import it."""
    import onnxruntime  # noqa: F401


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """A session of the file; external data is found beside it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda feeds: session.run(list(outputs), feeds)
