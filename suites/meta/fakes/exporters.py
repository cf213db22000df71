"""Exporters to test the export matrix with: a right one, and wrong ones with exactly one fault each.

Each writes one Resize for the one call that it knows, and refuses every other call.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

from parity.exporters import DYNAMIC, FIXED, Exporter
from parity.exporters.source import Order, read, refuse

LINEAR = "torch interpolate(mode=bilinear, align_corners=False)"
ANTIALIASED = "torch interpolate(mode=bilinear, align_corners=False, antialias=True)"
EXACT = "torch interpolate(mode=nearest-exact)"
BY_SCALE = "torch interpolate(scale_factor, mode=bilinear, align_corners=False, recompute_scale_factor=False)"


@dataclass(frozen=True, slots=True)
class FakeExporter:
    """An exporter, the call that it knows, the verdict that is due, and the factors that are a fair name of it."""

    name: str
    call: str
    exporter: Exporter
    verdict: str
    factors: frozenset[str] = frozenset()


def bring() -> None:
    """Import what it writes with."""
    import onnx  # noqa: F401


def _write(
    order: Order,
    call: str,
    attributes: dict,
    sizes: str = "given",
    transposed: bool = False,
    once: bool = False,
    cut: bool = False,
) -> Callable:
    """``sizes``: those of the order, ``folded`` ones where shapes are open, or the order's ``scales``.

    ``once``: it runs at the order's shape alone.
    """
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper, save

    if call not in order.ids:
        raise NotImplementedError("no such call")
    refuse(order, {name: "no such call" for name in order.ids if name != call})
    dynamic = order.shapes == DYNAMIC
    batch, (height, width), (h, w) = order.images, order.size_in, order.size_out
    x = [batch, 1, "H", "W"] if dynamic else [batch, 1, height, width]
    like = [1, 1, "h", "w"] if dynamic else [1, 1, h, w]
    constants, nodes, inputs = [], [], ["x", "", "", "sizes"]
    if sizes == "scales":
        scales = order.scales[order.ids.index(call)]
        constants.append(numpy_helper.from_array(np.array([1, 1, *scales], np.float32), "scales"))
        inputs = ["x", "", "scales"]
    elif dynamic and sizes != "folded":
        constants.append(numpy_helper.from_array(np.array([batch, 1], np.int64), "lead"))
        nodes.append(helper.make_node("Shape", ["like"], ["tail"], start=2))
        nodes.append(helper.make_node("Concat", ["lead", "tail"], ["sizes"], axis=0))
    else:
        if order.scales[order.ids.index(call)] is not None:
            h, w = (int(n * s) for n, s in zip((height, width), order.scales[order.ids.index(call)], strict=True))
        constants.append(numpy_helper.from_array(np.array([batch, 1, h, w], np.int64), "sizes"))
    made = "made" if transposed or once or cut else "y000"
    nodes.append(helper.make_node("Resize", inputs, [made], **attributes))
    if transposed:
        nodes.append(helper.make_node("Transpose", ["made"], ["y000"], perm=[0, 1, 3, 2]))
    if cut:
        nodes.append(helper.make_node("Relu", ["made"], ["y000"]))
    if once:
        constants.append(numpy_helper.from_array(np.zeros((1, 1, h, w), np.float32), "nothing"))
        nodes.append(helper.make_node("Add", ["made", "nothing"], ["y000"]))
    ports = [helper.make_tensor_value_info(*each) for each in (("x", 1, x), ("like", 1, like))]
    output = helper.make_tensor_value_info("y000", TensorProto.FLOAT, [None] * 4)
    graph = helper.make_graph(nodes, "fake", ports, [output], constants)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), order.path)
    return lambda feeds: []


_HALF = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}


def right(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """As the call does it."""
    return _write(read(path), LINEAR, _HALF)


def right_scale(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """By the scale, as the call does it."""
    return _write(read(path), BY_SCALE, _HALF, sizes="scales")


def corners(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """With aligned corners."""
    return _write(read(path), LINEAR, _HALF | {"coordinate_transformation_mode": "align_corners"})


def cubic(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """By another kernel."""
    return _write(read(path), LINEAR, _HALF | {"mode": "cubic"})


def aliased(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """Without the filter."""
    return _write(read(path), ANTIALIASED, _HALF)


def floored(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """Rounded down."""
    return _write(read(path), EXACT, _HALF | {"mode": "nearest", "nearest_mode": "floor"})


def folded(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """With the size that it was traced with."""
    return _write(read(path), LINEAR, _HALF, sizes="folded")


def transposed(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """With its axes exchanged."""
    return _write(read(path), LINEAR, _HALF, transposed=True)


def cut_off(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """Without what is below 0, which no impulse has."""
    return _write(read(path), LINEAR, _HALF, cut=True)


def wrong_once(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """With aligned corners at one shape, and not at all at others."""
    return _write(read(path), LINEAR, _HALF | {"coordinate_transformation_mode": "align_corners"}, once=True)


def right_once(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """As the call does it at one shape, and not at all at others."""
    return _write(read(path), LINEAR, _HALF, once=True)


def by_ratio(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """By the ratio of the sizes, where the call goes by the scale."""
    return _write(read(path), BY_SCALE, _HALF)


def refuses(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """Never."""
    raise ValueError("not with me")


def crashes(path: str, inputs: tuple, outputs: tuple) -> Callable:
    """Takes its process down."""
    if len(read(path).ids) == 1 or LINEAR in read(path).ids:
        os.kill(os.getpid(), signal.SIGSEGV)
    raise ValueError("not with me")


def _fake(
    load: Callable, call: str, verdict: str, factors: set[str] = frozenset(), shapes: str = FIXED
) -> FakeExporter:
    name = load.__name__
    where = f"{__name__}:{name}"
    made = Exporter(name, "torch", ("torch", "onnx"), ("torch", "onnx"), where, "onnx", ".onnx", ((shapes, 17),))
    return FakeExporter(f"{name}, {shapes}", call, made, verdict, frozenset(factors))


WRONG = (
    _fake(corners, LINEAR, "diverges", {"coordinates"}),
    _fake(cubic, LINEAR, "diverges", {"kernel"}),
    _fake(aliased, ANTIALIASED, "diverges", {"antialias"}),
    _fake(floored, EXACT, "diverges", {"rounding", "ties"}),
    _fake(folded, LINEAR, "diverges", {"output size"}, DYNAMIC),
    _fake(transposed, LINEAR, "diverges", {"axis order"}),
    _fake(cut_off, LINEAR, "diverges", {"linearity"}),
    _fake(cut_off, LINEAR, "diverges", {"linearity"}, DYNAMIC),
    _fake(wrong_once, LINEAR, "diverges", {"coordinates"}, DYNAMIC),
    _fake(by_ratio, BY_SCALE, "diverges", {"scale source"}),
)
RIGHT = (
    _fake(right, LINEAR, "agrees"),
    _fake(right, LINEAR, "agrees", shapes=DYNAMIC),
    _fake(right_scale, BY_SCALE, "agrees"),
)
ENDED = (_fake(refuses, LINEAR, "unsupported"), _fake(crashes, LINEAR, "error", {"crash"}))
