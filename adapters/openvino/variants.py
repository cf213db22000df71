"""OpenVINO's other paths for a resize: precision, fixed shapes, threads, and the reference that folds constants.

Sources: https://docs.openvino.ai/2026/openvino-workflow/running-inference/optimize-inference/precision-control.html,
https://docs.openvino.ai/2026/openvino-workflow/running-inference/inference-devices-and-modes/cpu-device.html.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.adapters.native_call import PREPARED, Helper, NativeCall, Variant, nothing_missing
from halfpixel.adapters.openvino.models import FRAMEWORK

if TYPE_CHECKING:
    import openvino

SETTINGS: dict[str, object] = {}
"""How models are compiled; each variant has its own, in the place of these."""


class Evaluated:
    """Runs a model by OpenVINO's own evaluation of it, as constants are folded; no plugin is asked."""

    def __init__(self, model: openvino.Model) -> None:
        self.model = model

    def infer(self, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        """As a request's ``infer``."""
        import openvino

        x, given = feeds["x"], feeds["given"]
        y = openvino.Tensor(self.model.output(0).element_type, [*x.shape[:2], *map(int, given)])
        if not self.model.evaluate([y], [openvino.Tensor(np.ascontiguousarray(x)), openvino.Tensor(given)]):
            raise RuntimeError("Model.evaluate returned False")
        return [np.array(y.data)]


class Fixed:
    """Runs a model as one whose shape is fixed and whose sizes are a constant; each is compiled anew."""

    def __init__(self, model: openvino.Model) -> None:
        self.model, self.requests = model, {}  # type: ignore[var-annotated]  # printed

    def infer(self, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        """As a request's ``infer``."""
        from openvino import opset11

        x, given = feeds["x"], feeds["given"]
        key = (x.shape, given.tobytes())
        if key not in self.requests:
            model = self.model.clone()
            model.reshape({"x": list(x.shape)})
            sizes = model.input("given").get_node()
            constant = opset11.constant(given)
            for target in sizes.output(0).get_target_inputs():
                target.replace_source_output(constant.output(0))
            model.remove_parameter(sizes)
            model.validate_nodes_and_infer_types()
            self.requests[key] = compiled(model)
        return [self.requests[key].infer({"x": x})[0]]


def compiled(model: openvino.Model) -> openvino.InferRequest:
    """A request of ``model`` on the CPU, with :data:`SETTINGS`."""
    return ov_core().compile_model(model, "CPU", SETTINGS).create_infer_request()  # noqa: F821 (the call's own helper)


RUNS = compiled

interpolate_model: Callable[..., openvino.Model]
ov_core: Callable[[], openvino.Core]
"""Of the call, beside whose helpers these are defined again."""


@cache
def ov_request(opset: int, dtype: np.dtype, **attributes: object) -> openvino.InferRequest:
    """In the place of the ordinary request: what :data:`RUNS` makes of the model of one node."""
    return RUNS(interpolate_model(opset, dtype, **attributes))  # noqa: F821 (the call's own helper)


def half_pixel_11(call: NativeCall) -> bool:
    """Whether it is an Interpolate-11 at half-pixel coordinates: each kernel once, whatever computes coordinates."""
    expression = call.expression
    return "opset=11" in expression and ("'half_pixel'" in expression or "_pillow" in expression)


def without_bfloat16() -> str:
    """What this processor lacks, in words; models are then compiled in float32 whatever is asked for."""
    if FRAMEWORK.version is None:
        return ""
    import openvino

    able = "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "" if able else "a processor for which OpenVINO has bfloat16; it computes in float32 here"


def _variant(
    name: str, settings: str, runs: Helper = compiled, cost: str = "", missing: Callable[[], str] = nothing_missing
) -> Variant:
    imports = f"SETTINGS = {{{settings}}}\nRUNS = lambda model: {runs.__name__}(model)"
    helpers: tuple[Helper, ...] = (compiled, *([] if runs is compiled else [runs]), ov_request)
    return Variant(name, imports=imports, helpers=helpers, cost=cost, applies=half_pixel_11, missing=missing)


def list_variants() -> list[Variant]:
    """Every path; the ordinary one sets float32 and one thread, and leaves shapes and sizes open.

    Where the processor has bfloat16, that is the default.
    """
    f32, one_thread = '"INFERENCE_PRECISION_HINT": "f32"', '"INFERENCE_NUM_THREADS": 1'
    return [
        _variant("default precision (bfloat16)", one_thread, missing=without_bfloat16),
        _variant("4 threads", f'{f32}, "INFERENCE_NUM_THREADS": 4'),
        _variant("fixed shape, constant sizes", f"{f32}, {one_thread}", Fixed, cost=PREPARED),
        _variant("Model.evaluate", f32, Evaluated),
    ]
