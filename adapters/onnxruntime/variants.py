"""ONNX Runtime's other paths for a resize: optimisation levels, threads, order of execution, constant sizes, bindings.

Sources: https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html,
https://onnxruntime.ai/docs/performance/tune-performance/threading.html,
https://onnxruntime.ai/docs/api/python/api_summary.html (IOBinding).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.adapters.native_call import PREPARED, Helper, Variant

if TYPE_CHECKING:
    import onnx
    import onnxruntime

SETTINGS: dict[str, object] = {}
"""Of a session; each variant has its own, in the place of these."""


def optioned_session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """A session of ``model``, on one thread, and with :data:`SETTINGS`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # Threads that wait by spinning take the cores from those that work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    for name, value in SETTINGS.items():
        setattr(options, name, value)
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


class Fixed:
    """Runs a model as one whose shape is fixed and whose sizes are constants; a session for each."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model, self.sessions = model, {}  # type: ignore[var-annotated]  # printed

    def run(self, names: None, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        """As a session's ``run``."""
        import onnx

        ((name, sizes),) = [(name, value) for name, value in feeds.items() if name != "x"]
        key = (feeds["x"].shape, sizes.tobytes())
        if key not in self.sessions:
            model = onnx.ModelProto()
            model.CopyFrom(self.model)
            x, asked = model.graph.input
            for dimension, length in zip(x.type.tensor_type.shape.dim, feeds["x"].shape, strict=True):
                dimension.dim_value = length
            model.graph.initializer.append(onnx.numpy_helper.from_array(sizes, name))
            model.graph.input.remove(asked)
            self.sessions[key] = optioned_session(model)
        return self.sessions[key].run(names, {"x": feeds["x"]})  # type: ignore[no-any-return]  # printed


class Bound:
    """Runs a model on inputs and outputs that are bound to it."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.session = optioned_session(model)

    def run(self, names: None, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        """As a session's ``run``."""
        import onnxruntime

        binding = self.session.io_binding()
        for name, value in feeds.items():
            binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value)))
        binding.bind_output("y")
        self.session.run_with_iobinding(binding)
        return binding.copy_outputs_to_cpu()  # type: ignore[no-any-return]  # printed


RUNS = optioned_session

onnx_model: Callable[..., onnx.ModelProto]
"""Of the call, beside whose helpers these are defined again."""


@functools.cache
def onnx_session(*which: object, **attributes: object) -> onnxruntime.InferenceSession:
    """In the place of the ordinary session of one node: what :data:`RUNS` makes of its model."""
    return RUNS(onnx_model(*which, **attributes))  # noqa: F821 (the call's own helper)


def _variant(name: str, runs: Helper = optioned_session, cost: str = "", **settings: str) -> Variant:
    text = ", ".join(f'"{setting}": {value}' for setting, value in settings.items())
    helpers: tuple[Helper, ...] = (optioned_session, *([] if runs is optioned_session else [runs]), onnx_session)
    imports = f"SETTINGS = {{{text}}}\nRUNS = lambda model: {runs.__name__}(model)"
    return Variant(name, imports=imports, helpers=helpers, cost=cost)


def list_variants() -> list[Variant]:
    """Every path; the ordinary one has every optimisation, one thread, and sizes as an input."""
    level, mode = "onnxruntime.GraphOptimizationLevel.ORT_", "onnxruntime.ExecutionMode.ORT_"
    return [
        *(
            _variant(f"optimisation {name}", graph_optimization_level=f"{level}{name}")
            for name in ("DISABLE_ALL", "ENABLE_BASIC", "ENABLE_EXTENDED")
        ),
        _variant("4 threads", intra_op_num_threads="4"),
        _variant("parallel execution", cost=PREPARED, execution_mode=f"{mode}PARALLEL", inter_op_num_threads="2"),
        _variant("bound inputs and outputs", Bound),
        _variant("fixed shape, constant sizes", Fixed, cost=PREPARED),
        _variant(
            "fixed shape, constant sizes, no optimisation",
            Fixed,
            cost=PREPARED,
            graph_optimization_level=f"{level}DISABLE_ALL",
        ),
    ]
