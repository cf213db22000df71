"""What ONNX's own operators mean as a resize: Resize and Upsample at every opset, pooling, and what is custom."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from golden import Convention, fitted_scale
from parity.as_resize import deconvolved_axis, pooled_axes
from parity.onnx_facts import Facts, Shape
from parity.onnx_graphs import OWN_DOMAINS, attributes_of
from parity.onnx_grids import sampled
from parity.origin import innermost
from parity.resizes import ResizedAxis, ResizeNode
from parity.text import shown

CUSTOM = re.compile(r"resize|resample|rescale|upsample|interpol|grid_?sampl|zoom|affine_?warp", re.IGNORECASE)
"""Names under which operators of other domains resize, going by those of exporters and frameworks."""

_MOVES = ("tf_crop_and_resize", "tf_half_pixel_for_nn")
_BEFORE_11 = (
    "ONNX's text states no coordinates before opset 11; ONNX Runtime's source takes x / scale, and nearest rounds it "
    "down when enlarging and up when shrinking"
)
_KEPT = "assumes that the first two axes (N, C) keep their size"


def described(facts: Facts, index: int) -> ResizeNode | None:
    """The node as a resize; ``None`` where it is none."""
    scope = facts.scope
    node = scope.nodes[index]
    plain = ResizeNode(
        key=scope.key(index),
        name=node.name,
        op=node.op_type if node.domain in OWN_DOMAINS else shown(f"{node.domain}::{node.op_type}"),
        graph=scope.path,
        input=node.input[0] if node.input else "",
        output=node.output[0] if node.output else "",
        rank=facts.rank(node.input[0]) if node.input else None,
        axes=(),
        attributes=attributes_of(node),
        opset=scope.opset(node.domain),
        indices=(index,),
        origin=_origin(node),
    )
    if node.domain not in OWN_DOMAINS:
        named = f"{node.op_type} {plain.attributes.get('operator', '')}"
        if not CUSTOM.search(named):
            return None
        return replace(plain, remark=f"an operator of domain {shown(node.domain, 40)!r}: its meaning is not known here")
    rule = _RULES.get(node.op_type)
    return None if rule is None or not plain.input else rule(plain, facts, list(node.input))


def resolved(
    node: ResizeNode, before: Sequence[int], after: Sequence[int], values: Mapping[str, np.ndarray] | None = None
) -> ResizeNode:
    """The node with the sizes that it was seen to have, and the ``values`` of what it is ``fed`` (scales, sizes, roi).

    ``before`` and ``after`` are the shapes of its input and output.
    """
    values = dict(values or {})
    if node.op in ("Resize", "Upsample"):
        return _resize_with(
            node, tuple(before), tuple(after), values.get("scales"), values.get("sizes"), values.get("roi")
        )
    axes = tuple(replace(one, n_in=int(before[one.axis]), n_out=int(after[one.axis])) for one in node.axes)
    return replace(node, rank=len(before), axes=axes)


def _origin(node: object) -> str:
    """The line of the source program, of what torch's exporter writes beside a node."""
    written = {entry.key: entry.value for entry in node.metadata_props}
    return innermost(written.get("pkg.torch.onnx.stack_trace", ""))


def _resize(node: ResizeNode, facts: Facts, inputs: list[str]) -> ResizeNode:
    opset = node.opset or 0
    names = dict(zip(("roi", "scales", "sizes"), inputs[1:], strict=False))
    if node.op == "Upsample" or opset < 11:
        names = {"scales": inputs[1]} if len(inputs) > 1 else {}
    values = {role: facts.constant(name) for role, name in names.items() if name}
    # Before opset 13, an empty tensor says "none".
    values = {role: value for role, value in values.items() if value is None or value.size}
    reads_roi = node.attributes.get("coordinate_transformation_mode") == "tf_crop_and_resize"
    fed = {role: names[role] for role, value in values.items() if value is None and (role != "roi" or reads_roi)}
    before, after = facts.shape(node.input), facts.shape(node.output)
    node = replace(node, fed=fed)
    return _resize_with(node, before, after, values.get("scales"), values.get("sizes"), values.get("roi"))


def _resize_with(
    node: ResizeNode,
    before: Shape | None,
    after: Shape | None,
    scales: np.ndarray | None,
    sizes: np.ndarray | None,
    roi: np.ndarray | None,
) -> ResizeNode:
    if scales is None and (node.op == "Upsample" or (node.opset or 0) < 11):
        scales = _old_scales(node.attributes)
    given = next((part for part in (scales, sizes) if part is not None), None)
    rank = _rank(node, before, after, given)
    if rank is None:
        return replace(node, remark="not even the rank of its input is known")
    before = before if before is not None and len(before) == rank else ("?",) * rank
    after = after if after is not None and len(after) == rank else ("?",) * rank
    named = node.attributes.get("axes")
    every = tuple(int(axis) % rank for axis in named) if named else tuple(range(rank))
    factors = _by_axis(scales, every, lambda value: Fraction(float(value)))
    after = tuple(_by_axis(sizes, every, int).get(axis, length) for axis, length in enumerate(after))
    if (policy := node.attributes.get("keep_aspect_ratio_policy", "stretch")) != "stretch" and sizes is not None:
        # The output's sizes are then not those that were asked for.
        asked = [int(value) for value in sizes]
        known = [before[axis] for axis in every]
        after = tuple("?" if axis in every else length for axis, length in enumerate(after))
        if all(isinstance(length, int) for length in known) and policy in ("not_larger", "not_smaller"):
            scale = fitted_scale(tuple(known), tuple(asked), policy)
            factors = dict.fromkeys(every, scale)
            lengths = {axis: int(scale * before[axis] + Fraction(1, 2)) for axis in every}
            after = tuple(lengths.get(axis, length) for axis, length in enumerate(after))
    after = tuple(
        int(factors[axis] * before[axis] * _extent(node, roi, every, axis))
        if axis in factors and isinstance(before[axis], int) and not isinstance(length, int)
        else length
        for axis, length in enumerate(after)
    )
    axes, assumed, problem = [], False, ""
    for place, axis in enumerate(every):
        n_in, n_out, scale = before[axis], after[axis], factors.get(axis)
        moves = node.attributes.get("coordinate_transformation_mode") in _MOVES
        is_same = scale == 1 if scale is not None else n_in == n_out and n_in != "?"
        if is_same and not (moves and _region(roi, place, len(every)) != (0, 1)):
            continue
        is_unknown = scale is None and not (isinstance(n_in, int) and isinstance(n_out, int))
        if is_unknown and axis < 2 <= rank - 2 and not named:
            assumed = True
            continue
        try:
            convention = convention_of(node, scale, n_in, n_out, _region(roi, place, len(every)))
        except (ValueError, TypeError) as error:
            convention, problem = None, str(error)
        axes.append(ResizedAxis(axis, convention, _int(n_in), _int(n_out), scale))
    remarks = [shown(problem)] if problem else []
    remarks += [_KEPT] if assumed else []
    remarks += [_BEFORE_11] if node.op == "Upsample" or (node.opset or 0) < 11 else []
    remarks += [] if axes else ["keeps every size: it resizes nothing"]
    if any(axis.convention is None for axis in axes) and not problem and "roi" in node.fed:
        remarks.append("its roi is known only when the model runs")
    return replace(node, rank=rank, axes=tuple(axes), remark="; ".join(remarks))


def convention_of(
    node: ResizeNode, scale: Fraction | None, n_in: object, n_out: object, roi: tuple[Fraction, Fraction] | None
) -> Convention | None:
    """What one axis of a Resize or Upsample means; ``None`` where its roi is not known.

    Source: https://onnx.ai/onnx/operators/onnx__Resize.html, whose defaults are the same in every opset from 11 on.
    Raises ``ValueError`` for attributes that it does not have.
    """
    attributes, mode = node.attributes, str(node.attributes.get("mode", "nearest")).lower()
    if node.op == "Upsample" or (node.opset or 0) < 11:
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
    where = str(attributes.get("coordinate_transformation_mode", "half_pixel"))
    crops = where == "tf_crop_and_resize"
    if crops and roi is None:
        return None
    # Nearest has no tap outside that counts; nor has linear, unless it is stretched.
    reads_outside = mode == "cubic" or (mode == "linear" and attributes.get("antialias", 0))
    if attributes.get("exclude_outside", 0) and reads_outside:
        border = "renormalise"
    else:
        border = "extrapolate" if crops else "replicate"
    return Convention(
        kernel=mode,
        coordinate_transformation_mode=where,
        nearest_mode=str(attributes.get("nearest_mode", "round_prefer_floor")) if mode == "nearest" else None,
        cubic_coeff_a=attributes.get("cubic_coeff_a", -0.75) if mode == "cubic" else None,
        antialias=bool(attributes.get("antialias", 0)) and mode != "nearest",
        border=border,
        roi=roi if crops else None,
    )


def _old_scales(attributes: Mapping[str, object]) -> np.ndarray | None:
    """The scales that Upsample-7 and Upsample-1 have as attributes."""
    if "scales" in attributes:
        return np.array(attributes["scales"], np.float32)
    if "height_scale" in attributes and "width_scale" in attributes:
        return np.array([1, 1, attributes["height_scale"], attributes["width_scale"]], np.float32)
    return None


def _rank(node: ResizeNode, before: Shape | None, after: Shape | None, given: np.ndarray | None) -> int | None:
    for shape in (before, after):
        if shape is not None:
            return len(shape)
    return len(given) if given is not None and not node.attributes.get("axes") else node.rank


def _by_axis(values: np.ndarray | None, axes: Sequence[int], convert: object) -> dict[int, object]:
    if values is None or len(values) != len(axes):
        return {}
    numbers = values.astype(np.float64)
    if not (np.isfinite(numbers) & (numbers > 0)).all():
        return {}
    return {axis: convert(value) for axis, value in zip(axes, values, strict=True)}


def _region(roi: np.ndarray | None, place: int, count: int) -> tuple[Fraction, Fraction] | None:
    if roi is None or len(roi) != 2 * count or not np.isfinite(roi.astype(np.float64)).all():
        return None
    return Fraction(float(roi[place])), Fraction(float(roi[count + place]))


def _extent(node: ResizeNode, roi: np.ndarray | None, every: Sequence[int], axis: int) -> Fraction:
    """By how much a roi shortens an axis whose size follows from a scale."""
    if node.attributes.get("coordinate_transformation_mode") != "tf_crop_and_resize" or axis not in every:
        return Fraction(1)
    start, end = _region(roi, every.index(axis), len(every)) or (Fraction(0), Fraction(1))
    return end - start


def _int(length: object) -> int | None:
    return length if isinstance(length, int) else None


def _pool(node: ResizeNode, facts: Facts, inputs: list[str]) -> ResizeNode | None:
    a = node.attributes
    kernel = a.get("kernel_shape", ())
    plain = {
        "average": node.op == "AveragePool",
        "kernel": kernel,
        "strides": a.get("strides", (1,) * len(kernel)),
        "is_padded": any(a.get("pads", ())) or a.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"),
        "is_dilated": any(step != 1 for step in a.get("dilations", ())),
        "rounds_up": bool(a.get("ceil_mode", 0)),
    }
    return _with_spatial_axes(node, facts, pooled_axes(**plain))


def _deconvolution(node: ResizeNode, facts: Facts, inputs: list[str]) -> ResizeNode | None:
    weights = facts.constant(inputs[1]) if len(inputs) > 1 else None
    a = node.attributes
    if weights is None or weights.ndim < 3 or a.get("auto_pad", "NOTSET") != "NOTSET" or _is_biased(facts, inputs):
        return None
    count = weights.ndim - 2
    group, dilated = a.get("group", 1), any(step != 1 for step in a.get("dilations", ()))
    if group != weights.shape[0] or weights.shape[1] != 1 or dilated or not any(s > 1 for s in a.get("strides", ())):
        return None
    pads, extra = a.get("pads", (0,) * 2 * count), a.get("output_padding", (0,) * count)
    found = deconvolved_axis(weights[:, 0], a["strides"], pads[:count], pads[count:], extra)
    return _with_spatial_axes(node, facts, found)


def _is_biased(facts: Facts, inputs: list[str]) -> bool:
    if len(inputs) < 3 or not inputs[2]:
        return False
    bias = facts.constant(inputs[2])
    return bias is None or bool(bias.any())


def _with_spatial_axes(
    node: ResizeNode, facts: Facts, found: Sequence[tuple[Convention | None, Fraction]] | None
) -> ResizeNode | None:
    """The node with what its axes after (N, C) do; ``None`` where they are no resize."""
    if not found:
        return None
    before = facts.shape(node.input) or ("?",) * (len(found) + 2)
    after = facts.shape(node.output) or ("?",) * (len(found) + 2)
    axes = tuple(
        ResizedAxis(axis, convention, _int(before[axis]), _int(after[axis]), scale)
        for axis, (convention, scale) in enumerate(found, 2)
        if scale != 1 and axis < len(before) and axis < len(after)
    )
    return replace(node, rank=len(found) + 2, axes=axes) if axes else None


_RULES = {
    "Resize": _resize,
    "Upsample": _resize,
    "GridSample": sampled,
    "AveragePool": _pool,
    "MaxPool": _pool,
    "ConvTranspose": _deconvolution,
}
