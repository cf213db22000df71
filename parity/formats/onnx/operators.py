"""The resize that an ONNX operator computes: Resize and Upsample at every opset, pooling, deconvolution."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from halfpixel.adapters import onnx_resize
from halfpixel.golden import Convention, fitted_scale
from halfpixel.golden.sizes import POLICIES
from halfpixel.parity.formats.model import (
    KEEPS_SIZE,
    Attributes,
    AxisRule,
    ResizedAxis,
    ResizeNode,
    Shape,
    known_size,
    source_line,
)
from halfpixel.parity.formats.onnx.graphs import OWN_DOMAINS, attributes_of
from halfpixel.parity.formats.onnx.grid_sample import grid_sample_resize
from halfpixel.parity.formats.onnx.static_values import StaticValues
from halfpixel.parity.formats.pattern_matching import deconvolved_axes, pooled_axes
from halfpixel.parity.printable_text import printable

if TYPE_CHECKING:
    import onnx

RESIZE_DEFAULTS: Attributes = {
    "mode": "nearest",
    "coordinate_transformation_mode": "half_pixel",
    "nearest_mode": "round_prefer_floor",
    "cubic_coeff_a": -0.75,
    "antialias": 0,
    "exclude_outside": 0,
    "extrapolation_value": 0.0,
    "keep_aspect_ratio_policy": "stretch",
}
"""Of Resize, the same in every opset from 11 on: https://onnx.ai/onnx/operators/onnx__Resize.html."""


def resize_attribute(attributes: Attributes, name: str) -> Any:
    """An attribute of a Resize as it is set, or its default; ``None`` where it has none."""
    return attributes.get(name, RESIZE_DEFAULTS.get(name))


def reads_attribute(attributes: Attributes, name: str) -> bool:
    """Whether a Resize with these attributes reads the one of this name.

    Nearest has no tap outside the image that counts; nor has linear, unless it is stretched.
    """
    mode, antialias = resize_attribute(attributes, "mode"), resize_attribute(attributes, "antialias")
    readers = {
        "nearest_mode": mode == "nearest",
        "cubic_coeff_a": mode == "cubic",
        "antialias": mode != "nearest",
        "exclude_outside": mode == "cubic" or (mode == "linear" and antialias),
    }
    return bool(readers.get(name, True))


def has_scales(node: ResizeNode) -> bool:
    """Whether the node's output sizes follow from its scales: those of an aspect ratio that is kept do not."""
    is_stretched = resize_attribute(node.attributes, "keep_aspect_ratio_policy") == "stretch"
    return node.op in ("Resize", "Upsample") and is_stretched and any(axis.scale is not None for axis in node.axes)


def is_before_11(node: ResizeNode) -> bool:
    """Whether the node is of a time when ONNX's text stated no coordinates: an Upsample, or a Resize of opset 10."""
    return node.op == "Upsample" or (node.op == "Resize" and (node.opset or 0) < 11)


CUSTOM = re.compile(r"resize|resample|rescale|upsample|interpol|grid_?sampl|zoom|affine_?warp", re.IGNORECASE)
"""Names under which operators of other domains resize, going by those of exporters and frameworks."""

_MOVES = ("tf_crop_and_resize", "tf_half_pixel_for_nn")
_BEFORE_11 = (
    "ONNX's text states no coordinates before opset 11; ONNX Runtime's source takes x / scale, and nearest rounds it "
    "down when enlarging and up when shrinking"
)
_KEPT_AXES = "assumes that the first two axes (N, C) keep their size"


def resize_of_node(values: StaticValues, index: int) -> ResizeNode | None:
    """The node as a resize; ``None`` where it is none."""
    scope = values.scope
    node = scope.nodes[index]
    own = node.domain in OWN_DOMAINS
    if own and node.op_type not in _RULES:
        return None
    plain = ResizeNode(
        key=scope.key(index),
        name=node.name,
        op=node.op_type if own else printable(f"{node.domain}::{node.op_type}"),
        graph=scope.path,
        input=node.input[0] if node.input else "",
        output=node.output[0] if node.output else "",
        rank=values.rank(node.input[0]) if node.input else None,
        axes=(),
        attributes=attributes_of(node),
        opset=scope.opset(node.domain),
        indices=(index,),
        origin=_source_line_of(node),
    )
    if not own:
        if not CUSTOM.search(f"{node.op_type} {plain.attributes.get('operator', '')}"):
            return None
        domain = printable(node.domain, 40)
        return replace(plain, remark=f"an operator of domain {domain!r}: its meaning is not known here")
    return _RULES[node.op_type](plain, values, list(node.input)) if plain.input else None


def with_actual_sizes(
    node: ResizeNode,
    before: Sequence[int],
    after: Sequence[int],
    size_inputs: Mapping[str, np.ndarray] | None = None,
) -> ResizeNode:
    """The node with the sizes that it had in a run, and the values of its ``fed`` inputs (scales, sizes, roi) there.

    ``before`` and ``after`` are the shapes of its input and output.
    """
    if node.op in ("Resize", "Upsample"):
        return _resize_with(node, tuple(before), tuple(after), size_inputs or {})
    axes = tuple(replace(axis, n_in=int(before[axis.axis]), n_out=int(after[axis.axis])) for axis in node.axes)
    return replace(node, rank=len(before), axes=axes)


def _source_line_of(node: onnx.NodeProto) -> str:
    """The line of the source program, from what torch's exporter writes beside a node."""
    written = {entry.key: entry.value for entry in node.metadata_props}
    return source_line(written.get("pkg.torch.onnx.stack_trace", ""))


def size_input_names(node: ResizeNode, inputs: Sequence[str]) -> dict[str, str]:
    """The tensors that a Resize or Upsample reads its ``scales``, ``sizes`` and ``roi`` from."""
    roles = ("scales",) if is_before_11(node) else ("roi", "scales", "sizes")
    return {role: name for role, name in zip(roles, inputs[1:], strict=False) if name}


def _resize(node: ResizeNode, values: StaticValues, inputs: Sequence[str]) -> ResizeNode:
    names = size_input_names(node, inputs)
    constants = {role: values.constant(name) for role, name in names.items()}
    reads_roi = node.attributes.get("coordinate_transformation_mode") == "tf_crop_and_resize"
    fed = {role: names[role] for role, value in constants.items() if value is None and (role != "roi" or reads_roi)}
    # Before opset 13, an empty tensor says "none".
    known = {role: value for role, value in constants.items() if value is not None and value.size}
    return _resize_with(replace(node, fed=fed), values.shape(node.input), values.shape(node.output), known)


def _resize_with(
    node: ResizeNode, before: Shape | None, after: Shape | None, size_inputs: Mapping[str, np.ndarray]
) -> ResizeNode:
    """A Resize or Upsample with its axes, as far as shapes and the values of ``scales``, ``sizes`` and ``roi`` tell."""
    attributes = node.attributes
    scales, sizes, roi = (size_inputs.get(role) for role in ("scales", "sizes", "roi"))
    if scales is None and is_before_11(node):
        scales = _old_scales(attributes)
    rank = _rank(node, before, after, scales if scales is not None else sizes)
    if rank is None:
        return replace(node, remark="not even the rank of its input is known")
    before = before if before is not None and len(before) == rank else ("?",) * rank
    after = after if after is not None and len(after) == rank else ("?",) * rank
    named = attributes.get("axes")
    resized = tuple(int(axis) % rank for axis in named) if named else tuple(range(rank))
    regions = {axis: _region(roi, position, len(resized)) for position, axis in enumerate(resized)}
    factors = _by_axis(scales, resized, lambda value: Fraction(float(value)))
    targets = _by_axis(sizes, resized, int)
    lengths = {**dict(enumerate(after)), **targets}
    policy = resize_attribute(attributes, "keep_aspect_ratio_policy")
    if policy != "stretch" and sizes is not None:
        # The output's sizes are then not those that were asked for.
        lengths |= dict.fromkeys(resized, "?")
        known = {axis: length for axis in resized if isinstance(length := before[axis], int)}
        if len(known) == len(targets) == len(resized) and all(known.values()) and policy in POLICIES[1:]:
            scale = fitted_scale(tuple(known.values()), tuple(targets.values()), policy)
            factors = dict.fromkeys(resized, scale)
            lengths |= {axis: int(scale * length + Fraction(1, 2)) for axis, length in known.items()}
    crops = resize_attribute(attributes, "coordinate_transformation_mode") == "tf_crop_and_resize"
    for axis, factor in factors.items():
        n_in = before[axis]
        if isinstance(n_in, int) and not isinstance(lengths[axis], int):
            # A roi shortens an axis whose size follows from a scale.
            start, end = (regions[axis] if crops else None) or (Fraction(0), Fraction(1))
            lengths[axis] = int(factor * n_in * (end - start))
    moves = resize_attribute(attributes, "coordinate_transformation_mode") in _MOVES
    axes, assumed, problem = [], False, ""
    for axis in resized:
        n_in, n_out, axis_scale = before[axis], lengths[axis], factors.get(axis)
        is_same = axis_scale == 1 if axis_scale is not None else n_in == n_out and n_in != "?"
        if is_same and not (moves and regions[axis] != (Fraction(0), Fraction(1))):
            continue
        is_unknown = axis_scale is None and not (isinstance(n_in, int) and isinstance(n_out, int))
        if is_unknown and axis < 2 <= rank - 2 and not named:
            assumed = True
            continue
        try:
            convention = _axis_convention(node, axis_scale, n_in, n_out, regions[axis])
        except (ValueError, TypeError, ZeroDivisionError) as error:
            convention, problem = None, str(error)
        axes.append(ResizedAxis(axis, convention, known_size(n_in), known_size(n_out), axis_scale))
    remarks = [printable(problem)] if problem else []
    remarks += [_KEPT_AXES] if assumed else []
    remarks += [_BEFORE_11] if is_before_11(node) else []
    remarks += [] if axes else [KEEPS_SIZE]
    if any(axis.convention is None for axis in axes) and not problem and "roi" in node.fed:
        remarks.append("its roi is known only when the model runs")
    return replace(node, rank=rank, axes=tuple(axes), remark="; ".join(remarks))


def _axis_convention(
    node: ResizeNode,
    scale: Fraction | None,
    n_in: int | str,
    n_out: int | str,
    roi: tuple[Fraction, Fraction] | None,
) -> Convention | None:
    """What one axis of a Resize or Upsample means; ``None`` where its roi is not known.

    Raises ``ValueError`` for attributes that ONNX does not have.
    """
    mode = str(resize_attribute(node.attributes, "mode")).lower()
    if is_before_11(node):
        kernel = "linear" if mode in ("linear", "bilinear") else mode
        if kernel not in ("nearest", "linear"):
            raise ValueError(f"unknown mode {mode!r} before opset 11")
        if kernel == "linear":
            return Convention(kernel="linear", coordinate_transformation_mode="asymmetric")
        ratio = scale or (Fraction(n_out, n_in) if isinstance(n_in, int) and isinstance(n_out, int) else None)
        rounding = "floor" if ratio is None or ratio >= 1 else "ceil"
        return Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode=rounding)
    if mode not in ("nearest", "linear", "cubic"):
        raise ValueError(f"unknown mode {mode!r}")
    written = {**node.attributes, "mode": mode}
    read = {name: written[name] for name in RESIZE_DEFAULTS.keys() & written.keys() if reads_attribute(written, name)}
    if read.get("coordinate_transformation_mode") == "tf_crop_and_resize":
        if roi is None:
            return None
        read["roi"] = roi
    return onnx_resize.convention_of(read)


def _old_scales(attributes: Attributes) -> np.ndarray | None:
    """The scales that Upsample-7 and Upsample-1 have as attributes."""
    if "scales" in attributes:
        return np.array(attributes["scales"], np.float32)
    if "height_scale" in attributes and "width_scale" in attributes:
        return np.array([1, 1, attributes["height_scale"], attributes["width_scale"]], np.float32)
    return None


def _rank(node: ResizeNode, before: Shape | None, after: Shape | None, factors: np.ndarray | None) -> int | None:
    for shape in (before, after):
        if shape is not None:
            return len(shape)
    return len(factors) if factors is not None and not node.attributes.get("axes") else node.rank


_T = TypeVar("_T")


def _by_axis(values: np.ndarray | None, axes: Sequence[int], convert: Callable[[Any], _T]) -> dict[int, _T]:
    """Scales or sizes by axis; empty where they are not as many as the axes, or not positive."""
    if values is None or len(values) != len(axes):
        return {}
    numbers = values.astype(np.float64)
    if not (np.isfinite(numbers) & (numbers > 0)).all():
        return {}
    return {axis: convert(value) for axis, value in zip(axes, values, strict=True)}


def _region(roi: np.ndarray | None, position: int, count: int) -> tuple[Fraction, Fraction] | None:
    """The part of an axis that is read, from 0 to 1."""
    if roi is None or len(roi) != 2 * count or not np.isfinite(roi.astype(np.float64)).all():
        return None
    return Fraction(float(roi[position])), Fraction(float(roi[count + position]))


def _pool(node: ResizeNode, values: StaticValues, inputs: Sequence[str]) -> ResizeNode | None:
    a = node.attributes
    kernel = a.get("kernel_shape", ())
    rules = pooled_axes(
        average=node.op == "AveragePool",
        kernel=kernel,
        strides=a.get("strides", (1,) * len(kernel)),
        is_padded=any(a.get("pads", ())) or a.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"),
        is_dilated=any(step != 1 for step in a.get("dilations", ())),
        rounds_up=bool(a.get("ceil_mode", 0)),
    )
    return _with_spatial_axes(node, values, rules)


def _deconvolution(node: ResizeNode, values: StaticValues, inputs: Sequence[str]) -> ResizeNode | None:
    weights = values.constant(inputs[1]) if len(inputs) > 1 else None
    a = node.attributes
    if weights is None or weights.ndim < 3 or a.get("auto_pad", "NOTSET") != "NOTSET" or _is_biased(values, inputs):
        return None
    count = weights.ndim - 2
    group, dilated = a.get("group", 1), any(step != 1 for step in a.get("dilations", ()))
    if group != weights.shape[0] or weights.shape[1] != 1 or dilated or not any(s > 1 for s in a.get("strides", ())):
        return None
    pads, extra = a.get("pads", (0,) * 2 * count), a.get("output_padding", (0,) * count)
    rules = deconvolved_axes(weights[:, 0], a["strides"], pads[:count], pads[count:], extra)
    return _with_spatial_axes(node, values, rules)


def _is_biased(values: StaticValues, inputs: Sequence[str]) -> bool:
    if len(inputs) < 3 or not inputs[2]:
        return False
    bias = values.constant(inputs[2])
    return bias is None or bool(bias.any())


def _with_spatial_axes(node: ResizeNode, values: StaticValues, rules: Sequence[AxisRule] | None) -> ResizeNode | None:
    """The node with its axes after (N, C); ``None`` where they are not resized."""
    if not rules:
        return None
    before = values.shape(node.input) or ("?",) * (len(rules) + 2)
    after = values.shape(node.output) or ("?",) * (len(rules) + 2)
    axes = tuple(
        ResizedAxis(axis, convention, known_size(before[axis]), known_size(after[axis]), scale)
        for axis, (convention, scale) in enumerate(rules, 2)
        if scale != 1 and axis < len(before) and axis < len(after)
    )
    return replace(node, rank=len(rules) + 2, axes=axes) if axes else None


_RULES: Mapping[str, Callable[[ResizeNode, StaticValues, Sequence[str]], ResizeNode | None]] = {
    "Resize": _resize,
    "Upsample": _resize,
    "GridSample": grid_sample_resize,
    "AveragePool": _pool,
    "MaxPool": _pool,
    "ConvTranspose": _deconvolution,
}
