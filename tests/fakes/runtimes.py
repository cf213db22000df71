"""Runtimes with one fault each: ONNX Runtime on a file in which Resize was made to mean something else, and worse."""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from halfpixel.parity.runtimes.registry import Runtime
from halfpixel.parity.runtimes.worker import RunFunction

if TYPE_CHECKING:
    import onnx
    import onnxruntime

Names = tuple[str, ...]

_HERE = "tests.fakes.runtimes"


def import_framework() -> None:
    """Nothing to import."""


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _instead(path: str, outputs: Names, **attributes: object) -> RunFunction:
    """The file with these attributes at every Resize."""
    import onnx

    model = onnx.load(path)
    for node in model.graph.node:
        if node.op_type == "Resize":
            kept = [one for one in node.attribute if one.name not in attributes]
            del node.attribute[:]
            node.attribute.extend([*kept, *onnx.helper.make_node("Resize", [], [], **attributes).attribute])
    session = _session(model)
    return lambda feeds: session.run(list(outputs), feeds)


def coordinates(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Takes every coordinate mode for half_pixel."""
    return _instead(path, outputs, coordinate_transformation_mode="half_pixel")


def floors(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Drops the fraction, whatever nearest_mode says."""
    return _instead(path, outputs, nearest_mode="floor")


def kernel(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Has linear in the place of cubic."""
    return _instead(path, outputs, mode="linear")


def coefficient(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Has -3/4 for every cubic coefficient."""
    return _instead(path, outputs, cubic_coeff_a=-0.75)


_LOADS = itertools.count(1)


def unsteady(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Gives something else each time that it loads a model."""
    import onnx

    session, change = _session(onnx.load(path)), next(_LOADS)
    return lambda feeds: [y + y.dtype.type(change) for y in session.run(list(outputs), feeds)]


def aliases(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Does not read antialias."""
    return _instead(path, outputs, antialias=0)


def border(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Does not read exclude_outside."""
    return _instead(path, outputs, exclude_outside=0)


def _of_resizes(path: str, outputs: Names, change: Callable[[Any], Any]) -> RunFunction:
    """What every Resize makes, changed; the model is run up to its first, and from there on."""
    import onnx
    from onnx.reference import ReferenceEvaluator, op_run

    plain = ReferenceEvaluator(onnx.load(path))
    for node in plain.rt_nodes_:
        if node.op_type == "Resize":
            run = node.run
            node.run = lambda *given, _run=run, **more: tuple(change(y) for y in _run(*given, **more))
    assert op_run is not None
    return lambda feeds: plain.run(list(outputs), feeds)


def coarse(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Keeps what a Resize makes in bfloat16."""

    def rounded(y: np.ndarray) -> np.ndarray:
        return (y.view(np.uint32) + 0x8000 & 0xFFFF0000).view(np.float32)

    return _of_resizes(path, outputs, rounded)


def shifted(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Moves what a Resize makes by one pixel."""
    return _of_resizes(path, outputs, lambda y: np.roll(y, 1, axis=-1))


def infects(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Makes a NaN of one pixel."""

    def infected(y: np.ndarray) -> np.ndarray:
        y = y.copy()
        y.flat[3] = np.nan
        return y

    return _of_resizes(path, outputs, infected)


def _rewritten(path: str, outputs: Names, change: Callable[[Any], Any]) -> RunFunction:
    """The file after ``change(graph)``."""
    import onnx

    model = onnx.load(path)
    change(model.graph)
    session = _session(model)
    return lambda feeds: session.run(list(outputs), feeds)


def leaks(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Lets a tenth of what is negative through every Relu."""
    from onnx import helper

    def change(graph: onnx.GraphProto) -> None:
        for node in graph.node:
            if node.op_type == "Relu":
                node.op_type = "LeakyRelu"
                node.attribute.append(helper.make_attribute("alpha", 0.1))

    return _rewritten(path, outputs, change)


def turns(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Turns the weights of convolutions of stride 1 by half a turn, as those who convolve do."""
    from onnx import numpy_helper

    def change(graph: onnx.GraphProto) -> None:
        strided = {n.input[1] for n in graph.node if any(a.name == "strides" for a in n.attribute)}
        weights = {n.input[1] for n in graph.node if n.op_type == "Conv"} - strided
        for tensor in graph.initializer:
            if tensor.name in weights:
                turned = np.ascontiguousarray(numpy_helper.to_array(tensor)[:, :, ::-1, ::-1])
                tensor.CopyFrom(numpy_helper.from_array(turned, tensor.name))

    return _rewritten(path, outputs, change)


def fuses(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Loses the Relu between a convolution and a Resize, but not a Relu that stands alone or is looked at."""

    def change(graph: onnx.GraphProto) -> None:
        made = {name: node for node in graph.node for name in node.output}
        shown = {one.name for one in graph.output}
        for node in graph.node:
            before = made.get(node.input[0]) if node.input else None
            if node.op_type == "Relu" and before is not None and node.output[0] not in shown:
                node.op_type = "Identity"

    return _rewritten(path, outputs, change)


def right(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Does what the file says."""
    return _instead(path, outputs)


def crashes(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Ends its process, as native code does."""
    print("last words", flush=True)
    os.abort()


def hangs(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Never comes back."""
    while True:
        time.sleep(60)


def refuses(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Does not read the file."""
    raise NotImplementedError("no such operator")


def crashes_when_looked_at(path: str, inputs: Names, outputs: Names) -> RunFunction:
    """Runs the model as it is, and crashes on any with more outputs."""
    if len(outputs) > 1 or (tempfile.gettempdir() in path and "parity-" in path and outputs[0] == "y0"):
        os.abort()
    return _instead(path, outputs)


@dataclass(frozen=True, slots=True)
class Fake:
    """A runtime, what the file says that it gets wrong, and how that is called."""

    runtime: Runtime
    attributes: dict[str, object]
    factor: str


def fake(load: Callable[..., RunFunction], *kinds: str) -> Runtime:
    """The runtime that a function above makes."""
    return Runtime(load.__name__, (), (), f"{_HERE}:{load.__name__}", kinds or ("onnx",))


WRONG = (
    Fake(fake(coordinates), {"mode": "linear", "coordinate_transformation_mode": "align_corners"}, "coordinates"),
    Fake(fake(coordinates), {"mode": "nearest", "coordinate_transformation_mode": "asymmetric"}, "coordinates"),
    Fake(fake(floors), {"mode": "nearest", "nearest_mode": "ceil"}, "rounding"),
    Fake(fake(kernel), {"mode": "cubic"}, "kernel"),
    Fake(fake(coefficient), {"mode": "cubic", "cubic_coeff_a": -0.5}, "cubic coefficient"),
    Fake(fake(aliases), {"mode": "linear", "antialias": 1}, "antialias"),
    Fake(fake(border), {"mode": "cubic", "exclude_outside": 1}, "border"),
    Fake(fake(coarse), {"mode": "linear"}, "precision"),
    Fake(fake(shifted), {"mode": "linear"}, ""),
    Fake(fake(infects), {"mode": "linear"}, "non-finite values"),
)
"""Each must be caught; where a factor is given, it must be named."""

RIGHT = fake(right)
