"""ONNX Runtime's Resize of one to four axes, with and without ``axes``, and of axes that are not the last two."""

from __future__ import annotations

import functools
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from adapters._onnx_models import RESIZE_DOCS, convention_of
from adapters.framework import Framework
from adapters.ranked import RankedOperation, ranked

if TYPE_CHECKING:
    import onnxruntime

_FRAMEWORK = Framework(
    "onnxruntime",
    "onnxruntime",
    ("onnxruntime", "onnxruntime-gpu"),
    "import functools\n\nimport onnx\nimport onnxruntime",
)
_HALF_PIXEL = {"coordinate_transformation_mode": "half_pixel"}
_NEAREST = {"mode": "nearest", **_HALF_PIXEL, "nearest_mode": "round_prefer_floor"}
_LINEAR = {"mode": "linear", **_HALF_PIXEL}
_CUBIC = {"mode": "cubic", **_HALF_PIXEL, "cubic_coeff_a": -0.75}
_PLAIN = (_NEAREST, _LINEAR, _CUBIC)
_MODES = (
    *_PLAIN,
    {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
    _LINEAR | {"antialias": 1},
    _CUBIC | {"antialias": 1},
)


@functools.cache
def onnx_axes_session(rank: int, lengths: int, **attributes: object) -> onnxruntime.InferenceSession:
    """A session of one Resize-19 on ``x`` of a rank, with as many sizes as an input."""
    import onnxruntime
    from onnx import TensorProto, helper

    node = helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], **attributes)
    sizes = helper.make_tensor_value_info("sizes", TensorProto.INT64, [lengths])
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * rank) for name in "xy")
    graph = helper.make_graph([node], "Resize", [x, sizes], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def onnx_resize_axes(x: np.ndarray, size: tuple[int, ...], first: int, named: bool, **attributes: object) -> np.ndarray:
    """ONNX's Resize of the axes from ``first`` on, as many as ``size`` has; ``named`` by its attribute ``axes``."""
    axes = tuple(range(first, first + len(size)))
    sizes = size if named else [size[k - first] if k in axes else n for k, n in enumerate(x.shape)]
    session = onnx_axes_session(x.ndim, len(sizes), **(attributes | ({"axes": axes} if named else {})))
    return session.run(None, {"x": x, "sizes": np.array(sizes, dtype=np.int64)})[0]


# Layout, and which axis is the first to be resized.
_PLACES = (
    ("NCS", 2, "(N, C, {})", (1, 2, 3)),
    ("NSC", 1, "(N, {}, C)", (1, 2, 3)),
    ("SNC", 0, "({}, N, C)", (1, 2, 3)),
    ("S", 0, "({})", (1, 2, 3, 4, 5)),
)
_LETTERS = {1: "L", 2: "H, W", 3: "D, H, W", 4: "T, D, H, W", 5: "S, T, D, H, W"}


def ranked_operations() -> list[RankedOperation]:
    """Each mode in each place; where axes are named, the plain ones only."""
    found = []
    for (layout, first, shape, ranks), named, attributes in product(_PLACES, (False, True), _MODES):
        for rank in ranks:
            if (layout == "NCS" and rank == 2 and not named) or (named and attributes not in _PLAIN):
                continue
            code = "".join(f", {name}={value!r}" for name, value in attributes.items())
            label = ", ".join(f"{name}={value}" for name, value in attributes.items())
            axes = " by axes" if named else ""
            found.append(
                ranked(
                    _FRAMEWORK,
                    f"Resize-19({label}) of {shape.format(_LETTERS[rank])}{axes}".replace("(L)", "(L,)"),
                    rank,
                    f"onnx_resize_axes(x, size, {first}, {named}{code})",
                    layout,
                    helpers=(onnx_axes_session, onnx_resize_axes),
                    claim=convention_of(attributes),
                    source=RESIZE_DOCS.format(opset=19),
                    like=f"Resize-19({label})",
                )
            )
    return found
