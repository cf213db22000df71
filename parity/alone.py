"""One resize of a model as an operation that can be measured: the node alone, at sizes of one's own, on one runtime."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from adapters import Operation
from parity.onnx_flat import Place
from parity.outcomes import Status
from parity.runtimes import Runtime
from parity.subjects import OnnxSubject


class CannotRebuild(ValueError):
    """The node cannot be given other sizes."""


@dataclass(frozen=True)
class Alone:
    """A Resize or Upsample with the model's own attributes, which resizes images as an operation does.

    ``axes`` are the one or two axes that it resizes, of tensors of ``rank``; ``roi`` what it was fed. Sizes are given
    in the way in which the model gives them: as sizes, or as scales, at their own value where they come to the size.
    """

    subject: OnnxSubject
    runtime: Runtime
    place: Place
    axes: tuple[int, ...]
    rank: int
    scales: Mapping[int, float] = field(default_factory=dict)
    roi: np.ndarray | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)

    def __call__(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """``(N, H, W, C)`` to ``(N, h, w, C)``; raises ``RuntimeError`` with what the runtime says."""
        n, height, width, c = images.shape
        planes = images.transpose(0, 3, 1, 2).reshape(n * c, height, width)
        if len(self.axes) == 1:
            if width != size[1]:
                raise RuntimeError("it resizes one axis only")
            # The other axis of the image is one that the node leaves alone.
            planes = planes.transpose(0, 2, 1).reshape(n * c * width, height)
        free = [k for k in range(self.rank) if k not in self.axes]
        if not free:
            results = np.stack([self._run(plane, size) for plane in planes])
        else:
            results = self._placed(planes, size, free)
        if len(self.axes) == 1:
            results = results.reshape(n * c, width, size[0]).transpose(0, 2, 1)
        return results.reshape(n, c, *size).transpose(0, 2, 3, 1)

    def _placed(self, planes: np.ndarray, size: tuple[int, int], free: list[int]) -> np.ndarray:
        where = free[1] if len(free) > 1 else free[0]
        shape = [1] * self.rank
        shape[where] = len(planes)
        for axis, length in zip(self.axes, planes.shape[1:], strict=True):
            shape[axis] = length
        order = sorted((where, *self.axes))
        moved = planes.transpose([(where, *self.axes).index(axis) for axis in order])
        made = self._run(np.ascontiguousarray(moved).reshape(shape), size)
        kept = made.reshape([made.shape[axis] for axis in order])
        return kept.transpose([order.index(axis) for axis in (where, *self.axes)])

    def _run(self, x: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        after = list(x.shape)
        for axis, length in zip(self.axes, size, strict=False):
            after[axis] = length
        path = self.subject.session.path(".onnx")
        path.write_bytes(self._model(x.shape, tuple(after)).SerializeToString())
        session = self.subject.session
        job = session.job(self.runtime, path, ("x",), ("y",), [session.saved({"x": np.ascontiguousarray(x)})])
        answer = session.do(self.runtime, job)
        if answer.status is not Status.RAN:
            raise RuntimeError(answer.message)
        made = np.array(answer.arrays()["y"])
        if made.shape != tuple(after):
            raise RuntimeError(f"it makes shape {made.shape}, where {tuple(after)} is expected")
        return made

    def _model(self, before: tuple[int, ...], after: tuple[int, ...]) -> object:
        from onnx import TensorProto, helper, numpy_helper

        flat = self.subject.flat
        own = flat.proto.graph.node[self.place.nodes[-1]]
        opset = self.place.resize.opset or 0
        constants, named = [], next((list(one.ints) for one in own.attribute if one.name == "axes"), None)
        listed = range(self.rank) if named is None else [axis % self.rank for axis in named]
        scales = np.array([self._scale(k, before[k], after[k]) for k in listed], np.float32)
        sizes = np.array([after[k] for k in listed], np.int64)
        takes_sizes = opset >= 11 and own.op_type == "Resize" and len(own.input) > 3 and bool(own.input[3])
        values: dict[str, np.ndarray] = {}
        if own.op_type == "Upsample" or opset < 11:
            inputs = ["x", "scales"] if opset >= 9 else ["x"]
            values["scales"] = scales
        else:
            inputs = ["x", "roi", "scales", "sizes"] if takes_sizes else ["x", "roi", "scales"]
            values["roi"] = np.zeros(0, np.float32) if self.roi is None else self.roi
            if takes_sizes:
                values |= {"scales": np.zeros(0, np.float32), "sizes": sizes}
                if opset >= 13:
                    inputs[2] = ""
            else:
                values["scales"] = scales
            if opset >= 13 and self.roi is None:
                inputs[1] = ""
        constants = [numpy_helper.from_array(value, name) for name, value in values.items() if name in inputs]
        node = helper.make_node(own.op_type, inputs, ["y"], name="alone")
        over = dict(self.attributes) | {"keep_aspect_ratio_policy": None}
        over |= {"scales": scales.tolist()} if opset < 9 else {}
        node.attribute.extend(one for one in own.attribute if one.name not in over)
        changed = {name: value for name, value in over.items() if value is not None}
        node.attribute.extend(helper.make_node("Resize", [], [], **changed).attribute)
        ports = [helper.make_tensor_value_info(*each) for each in (("x", TensorProto.FLOAT, before), ("y", 1, after))]
        graph = helper.make_graph([node], "alone", ports[:1], ports[1:], constants)
        model = helper.make_model(graph, ir_version=flat.proto.ir_version)
        del model.opset_import[:]
        model.opset_import.extend(flat.proto.opset_import)
        return model

    def _scale(self, axis: int, n_in: int, n_out: int) -> np.float32:
        """The model's own scale where it comes to this size, else the float32 that does."""
        own = self.scales.get(axis)
        if own is not None and math.floor(n_in * own) == n_out:
            return np.float32(own)
        scale = np.float32(n_out / n_in)
        return scale if math.floor(float(scale) * n_in) == n_out else np.nextafter(scale, np.float32(np.inf))


def operation(
    subject: OnnxSubject,
    runtime: Runtime,
    place: Place,
    shape: tuple[int, ...],
    axes: tuple[int, ...],
    scales: Mapping[int, float],
    roi: np.ndarray | None,
    attributes: Mapping[str, object] | None = None,
) -> Operation:
    """The resize at ``place`` as an operation on ``runtime``; ``CannotRebuild`` for what is no plain Resize."""
    resize = place.resize
    if len(place.nodes) != 1 or resize.op not in ("Resize", "Upsample") or not 1 <= len(axes) <= 2:
        raise CannotRebuild(f"{resize.op} on {len(axes)} axes has no form with other sizes")
    run = Alone(subject, runtime, place, tuple(sorted(axes)), len(shape), dict(scales), roi, dict(attributes or {}))
    return Operation(runtime.name, f"{resize.key} alone", run)
