"""ONNX Runtime's Resize of one to four axes, with and without ``axes``, and of axes that are not the last two."""

from __future__ import annotations

import functools
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.adapters.nd import NdOperation, native_nd, shape_label
from halfpixel.adapters.onnx_resize import RESIZE_DOCS, Attributes, convention_of
from halfpixel.adapters.onnxruntime.calls import FRAMEWORK
from halfpixel.adapters.operation import argument_label, argument_source

if TYPE_CHECKING:
    import onnxruntime

_HALF_PIXEL: Attributes = {"coordinate_transformation_mode": "half_pixel"}
_LINEAR: Attributes = {"mode": "linear", **_HALF_PIXEL}
_CUBIC: Attributes = {"mode": "cubic", **_HALF_PIXEL, "cubic_coeff_a": -0.75}
_PLAIN: tuple[Attributes, ...] = (
    {"mode": "nearest", **_HALF_PIXEL, "nearest_mode": "round_prefer_floor"},
    _LINEAR,
    _CUBIC,
)
_MODES = (
    *_PLAIN,
    {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
    {**_LINEAR, "antialias": 1},
    {**_CUBIC, "antialias": 1},
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
    return session.run(None, {"x": x, "sizes": np.array(sizes, dtype=np.int64)})[0]  # type: ignore[no-any-return]  # printed


# Layout, which axis is the first to be resized, the shape with room for the resized axes, and how many those are.
_PLACES = (
    ("NCS", 2, "(N, C, {})", (1, 2, 3)),
    ("NSC", 1, "(N, {}, C)", (1, 2, 3)),
    ("SNC", 0, "({}, N, C)", (1, 2, 3)),
    ("S", 0, "({})", (1, 2, 3, 4, 5)),
)


def operations_nd() -> list[NdOperation]:
    """Each mode in each place; where axes are named, the plain ones only."""
    calls = []
    for (layout, first, shape, ranks), named, attributes in product(_PLACES, (False, True), _MODES):
        for rank in ranks:
            if (layout == "NCS" and rank == 2 and not named) or (named and attributes not in _PLAIN):
                continue
            name = f"Resize-19({argument_label(attributes)})"
            calls.append(
                native_nd(
                    FRAMEWORK,
                    f"{name} of {shape_label(shape, rank)}{' by axes' if named else ''}",
                    rank,
                    f"onnx_resize_axes(x, size, {first}, {named}{argument_source(attributes)})",
                    layout,
                    convention_of(attributes),
                    RESIZE_DOCS.format(opset=19),
                    helpers=(onnx_axes_session, onnx_resize_axes),
                    equivalent_2d=name,
                )
            )
    return calls
