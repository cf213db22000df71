"""OpenVINO on the CPU, in float32 and with one thread; it reads ONNX, LiteRT and TensorFlow's files itself.

By default it computes in bfloat16 where the processor can:
https://docs.openvino.ai/2026/openvino-workflow/running-inference/optimize-inference/precision-control.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from halfpixel.parity.runtimes.worker import Feeds, RunFunction

if TYPE_CHECKING:
    import openvino

_SETTINGS = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}


def import_framework() -> None:
    """Import it."""
    import openvino  # noqa: F401


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """The file compiled for the CPU; its outputs are in the file's order."""
    import openvino

    return _compiled(openvino.Core().read_model(path))


def show(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """The same with inner tensors, by name, among the outputs."""
    import openvino

    model = openvino.Core().read_model(path)
    finals = len(model.outputs)
    present = {name for op in model.get_ops() for port in op.outputs() for name in port.get_names()}
    for name in outputs[finals:]:
        if name in present and not any(name in port.get_names() for port in model.outputs):
            model.add_outputs(name)
    run = _compiled(model)
    places = {name: k for k, port in enumerate(model.outputs) for name in port.get_names()}

    def run_and_show(feeds: Feeds) -> list[np.ndarray | None]:
        results = run(feeds)
        return [*results[:finals], *(results[places[name]] if name in places else None for name in outputs[finals:])]

    return run_and_show


def _compiled(model: openvino.Model) -> RunFunction:
    import openvino

    request = openvino.Core().compile_model(model, "CPU", _SETTINGS).create_infer_request()
    positions = {name: k for k, port in enumerate(model.inputs) for name in port.get_names()}

    def run(feeds: Feeds) -> list[np.ndarray]:
        # Inputs that nothing reads are left out of the compiled model.
        inputs = {positions.get(name, k): x for k, (name, x) in enumerate(feeds.items())}
        results = request.infer({k: x for k, x in inputs.items() if k < len(model.inputs)})
        return [np.array(results[k]) for k in range(len(model.outputs))]

    return run
