"""Audit a model from its file alone: one remark for each risk of a resize, with its worst-case error."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from halfpixel.golden import Convention, matrix, tie_distance
from halfpixel.golden.tolerance import coordinate_error, grey_levels
from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity.audit.convention_text import convention_text
from halfpixel.parity.audit.ledger_lookup import LedgerEntry, ledger_entries
from halfpixel.parity.audit.runtime_limitations import predicted_divergences
from halfpixel.parity.formats.model import Fault, Model, ResizedAxis, ResizeNode, ambiguous_size
from halfpixel.parity.formats.onnx.operators import has_scales, reads_attribute, resize_attribute
from halfpixel.parity.formats.pt2 import OPERATORS
from halfpixel.parity.printable_text import printable

# Parameters that exporters, people and runtimes most often take for something else.
_MISREADINGS = (
    ("coordinate_transformation_mode", "half_pixel"),
    ("coordinate_transformation_mode", "align_corners"),
    ("coordinate_transformation_mode", "asymmetric"),
    ("cubic_coeff_a", Fraction(-1, 2)),
    ("cubic_coeff_a", Fraction(-3, 4)),
    ("antialias", False),
    ("border", "replicate"),
    ("border", "renormalise"),
    ("nearest_mode", "floor"),
    ("nearest_mode", "round_prefer_floor"),
)

# Operators whose attributes say what they mean; windows and indices cannot be misread.
EXPLICIT_OPERATORS = frozenset(
    ("Resize", "Upsample", "GridSample", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "ResizeBilinear")
) | {"ResizeNearestNeighbor", "ResizeBicubic", *(f"aten::{name}" for name in OPERATORS)}

_EXAMPLE_SIZE = 16
MAX_AXIS_LENGTH = 1 << 12
"""Pixels of an axis for which exact arithmetic is done: beyond some thousands it leaves 64 bits, and takes a minute."""
_MAX_MATRIX_ENTRIES = 1 << 20
"""Entries of a matrix that is made for a prediction: 1024 x 1024, 8 MB and some 20 ms."""

KINDS = ("meaning", "invalid", "size", "opset", "attributes", "runtime", "ledger", "worst case", "unknown")
MISREAD_PREFIX = "taken with "


@dataclass(frozen=True, slots=True)
class AuditRemark:
    """A remark on one resize.

    key
        Of the resize; empty for the whole model.
    kind
        One of :data:`KINDS`.
    runtime
        The runtime that the remark is about, with its version where it is known; empty for all.
    gain, grey_levels
        The predicted worst case along one axis, for images in [-1, 1] and in 0..255; ``None`` without a prediction.
    sizes
        The ``(n_in, n_out)`` that the prediction is for; ``is_example`` where the file does not fix them.
    is_warning
        Whether a runtime may silently give another result, or the file breaks the specification. A resize that one
        runtime does not have is none: the refusal is noticed.
    """

    key: str
    kind: str
    message: str
    runtime: str = ""
    gain: float | None = None
    grey_levels: float | None = None
    sizes: tuple[int, int] | None = None
    is_example: bool = False
    is_warning: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Misreading(AuditRemark):
    """The remark that predicts the error of a reader that takes one parameter of the convention for another value."""

    @property
    def setting(self) -> str:
        """The parameter and the wrong value, ``name=value``."""
        return self.message.removeprefix(MISREAD_PREFIX)


def audit_model(model: Model, against: Collection[str] = ()) -> list[AuditRemark]:
    """All remarks, resize by resize in the file's order; nothing is run.

    ``against`` names the runtimes to remark on; without it, all that anything is known of.
    """
    remarks = []
    if model.problem:
        remarks.append(AuditRemark("", "size", f"sizes inside are not known: {printable(model.problem, 200)}"))
    resizes = {node.key for node in model.resizes}
    remarks += [_fault_remark("", fault) for fault in model.faults if fault.key not in resizes]
    for node in model.resizes:
        remarks += [_fault_remark(node.key, fault) for fault in model.faults if fault.key == node.key]
        remarks += _remarks_on(node, against)
        remarks += _fixed_size(model, node)
    return remarks


_WINDOWS = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "Resize", "Upsample", "GridSample", "MatMul", "Gemm")
"""Operators that no preparation of an image has, and every network."""


def _fixed_size(model: Model, node: ResizeNode) -> Iterator[AuditRemark]:
    """A size that stays as it is, whatever the size of the model's input.

    It warns within a network, where exporters write the size of the example that was traced; an image that is brought
    to the size of the network is to have a fixed one.
    """
    is_open = any(isinstance(length, str) for port in model.inputs for length in (port.shape or ())[1:])
    fixed = [axis for axis in node.axes if axis.n_in is None and axis.n_out is not None and axis.scale is None]
    if not (is_open and fixed and node.op == "Resize" and node.graph == "main") or node.fed:
        return
    sizes = ", ".join(f"axis {axis.axis} to {axis.n_out}" for axis in fixed)
    is_inside = _is_behind_windows(model, node)
    why = ", as exporters write it that trace an example: at other sizes the model differs, or fails"
    message = f"it resizes to a fixed size ({sizes}) under an input of open size{why if is_inside else ''}"
    yield AuditRemark(node.key, "size", message, is_warning=is_inside)


def _is_behind_windows(model: Model, node: ResizeNode) -> bool:
    """Whether the tensor that is resized comes out of a network, and not of the preparation of an image."""
    nodes = model.require_proto().graph.node
    producers = {name: producer for producer in nodes for name in producer.output}
    waiting, seen = [node.input], {node.input}
    while waiting:
        producer = producers.get(waiting.pop())
        if producer is not None:
            if producer.op_type in _WINDOWS:
                return True
            waiting += [name for name in producer.input if name not in seen]
            seen.update(producer.input)
    return False


def _fault_remark(key: str, fault: Fault) -> AuditRemark:
    where = f"{fault.key}: " if not key else ""
    instead = f"; write: {fault.advice}" if fault.advice else ""
    message = f"{where}{fault.message}; {fault.reaction}{instead}"
    return AuditRemark(key, "invalid", message, is_warning=True)


def _remarks_on(node: ResizeNode, against: Collection[str]) -> Iterator[AuditRemark]:
    if not node.is_known:
        message = node.remark or "its convention is not known"
        yield AuditRemark(node.key, "unknown", message, is_warning=not node.keeps_size)
    elif node.remark:
        yield AuditRemark(node.key, "meaning", node.remark)
    for _, convention in _distinct_axes(node):
        yield AuditRemark(node.key, "meaning", f"{convention}: {convention_text(convention)}")
    yield from _opset(node)
    yield from _attributes(node)
    yield from _sizes(node)
    yield from _runtimes(node, against)
    yield from _ledger(node, against)
    yield from _misreadings(node)


def _distinct_axes(node: ResizeNode) -> list[tuple[ResizedAxis, Convention]]:
    """One axis of each convention and sizes, where the convention is known."""
    distinct: dict[object, ResizedAxis] = {}
    for axis in node.axes:
        distinct.setdefault((axis.convention, axis.n_in, axis.n_out, axis.scale), axis)
    return [(axis, axis.convention) for axis in distinct.values() if axis.convention is not None]


def _misreadings(node: ResizeNode) -> Iterator[Misreading]:
    """Each usual misreading that changes the result."""
    if len(node.indices) > 1 or node.op not in EXPLICIT_OPERATORS:
        return
    for axis, convention in _distinct_axes(node):
        sizes, is_example = example_sizes(axis)
        example = replace(axis, n_in=sizes[0], n_out=sizes[1])
        reads_border = convention.kernel in ("cubic", "lanczos") or convention.antialias
        for name, value in _MISREADINGS:
            current = getattr(convention, name)
            if current is None or current == value or convention.roi is not None:
                continue
            if name == "border" and not reads_border:
                continue
            worst = worst_case_error(example, replace(example, convention=convention.but(**{name: value})))
            if worst is not None and worst[0] > 0:
                message = f"{MISREAD_PREFIX}{name}={value}"
                yield Misreading(node.key, "worst case", message, "", *worst, sizes, is_example)


def example_sizes(axis: ResizedAxis) -> tuple[tuple[int, int], bool]:
    """The sizes of the axis, and whether they are but an example, since the file does not fix them.

    An axis too long for a matrix gets a shorter example of about the same ratio.
    """
    ratio = axis.scale or Fraction(2)
    n_in, n_out, is_example = axis.n_in, axis.n_out, axis.n_in is None or axis.n_out is None
    if n_in is None:
        n_in = _EXAMPLE_SIZE if n_out is None else max(1, round(n_out / ratio))
    if n_out is None:
        n_out = max(1, int(n_in * ratio))
    while _is_too_large(n_in, n_out):
        n_in, n_out, is_example = max(1, n_in // 2), max(1, n_out // 2), True
    return (n_in, n_out), is_example


def _is_too_large(n_in: int, n_out: int) -> bool:
    return n_in * n_out > _MAX_MATRIX_ENTRIES or max(n_in, n_out) > MAX_AXIS_LENGTH


def worst_case_error(axis: ResizedAxis, other: ResizedAxis) -> tuple[float, float] | None:
    """Worst error of an axis that is resized by the convention and scale of ``other``.

    For images in [-1, 1], and in grey levels of 255. ``None`` where sizes or conventions are not known, or the sizes
    too large.
    """
    if axis.convention is None or other.convention is None or not axis.n_in or not axis.n_out:
        return None
    n_in, n_out = axis.n_in, axis.n_out
    if _is_too_large(n_in, n_out) or min(n_in, n_out) < 1:
        return None
    try:
        exact = matrix(axis.convention, n_in, n_out, axis.scale).to_array()
        difference = matrix(other.convention, n_in, n_out, other.scale).to_array() - exact
    except OverflowError:  # coordinates beyond 64 bits, of an absurd scale or region
        return None
    return float(np.abs(difference).sum(axis=1).max()), float(grey_levels(difference).max())


_RESIZE_PAGE = "https://onnx.ai/onnx/operators/onnx__Resize.html"
_OPSET_OF_ATTRIBUTE: Mapping[str, int] = {"antialias": 18, "axes": 18, "keep_aspect_ratio_policy": 18}


def _opset(node: ResizeNode) -> Iterator[AuditRemark]:
    """Attributes and modes that the operator of this opset does not have, or whose meaning it leaves open."""
    if node.op not in ("Resize", "Upsample") or node.opset is None:
        return
    opset, mode = node.opset, node.attributes.get("coordinate_transformation_mode")

    def warning(message: str, source: str = _RESIZE_PAGE) -> AuditRemark:
        return AuditRemark(node.key, "opset", message, is_warning=True, source=source)

    if node.op == "Upsample" and opset >= 10:
        yield warning(f"Upsample was removed in opset 10, and the model is of opset {opset}")
    elif opset < 11:
        yield warning(
            f"opset {opset} has no coordinates: runtimes use asymmetric ones, whatever the model was trained with; "
            "from opset 11 on, an export states its own",
            "https://github.com/microsoft/onnxruntime/issues/4419",
        )
    for name, since in _OPSET_OF_ATTRIBUTE.items():
        if name in node.attributes and opset < since:
            yield warning(
                f"{name} came with opset {since}; opset {opset} does not have it, and runtimes ignore or refuse it"
            )
    if mode == "half_pixel_symmetric" and opset < 19:
        yield warning(f"half_pixel_symmetric came with opset 19; opset {opset} does not have it")
    if mode == "tf_half_pixel_for_nn" and opset >= 13:
        yield warning(f"tf_half_pixel_for_nn was removed in opset 13, and the model is of opset {opset}")


def _attributes(node: ResizeNode) -> Iterator[AuditRemark]:
    """Attributes that are set and not read, or read and not set."""
    if node.op != "Resize" or (node.opset or 0) < 11:
        return
    attributes, mode = node.attributes, resize_attribute(node.attributes, "mode")
    messages = []
    for name in ("nearest_mode", "antialias"):
        # Exporters write every default, which changes nothing.
        is_default = attributes.get(name) in (None, 0, "floor", "round_prefer_floor")
        if not is_default and not reads_attribute(attributes, name):
            messages.append(f"{name} is set, and mode {printable(mode, 20)!r} does not read it")
    value = resize_attribute(attributes, "extrapolation_value")
    if value and attributes.get("coordinate_transformation_mode") == "tf_crop_and_resize":
        messages.append(
            f"extrapolation_value {value:g} is added outside the image: the resize is not linear in the image alone"
        )
    if mode == "nearest" and "nearest_mode" not in attributes:
        messages.append(
            "nearest_mode is left at round_prefer_floor; torch's nearest is floor with asymmetric coordinates"
        )
    for message in messages:
        yield AuditRemark(node.key, "attributes", message)


_RUNTIMES_BY_ARITHMETIC = (
    "onnxruntime 1.31.1, openvino 2026.4.1 and opencv-dnn 5.0 take the float32 one; onnx-reference 1.23.2 and onnx's "
    "shape inference the exact one, as the specification wants it"
)
"""Measured at 25 sizes from 3 to 199 pixels where the two differ; with OpenCV at two."""
_SIZES_TRIED = range(1, 513)


def _ambiguous_sizes(node: ResizeNode) -> Iterator[AuditRemark]:
    """Sizes that depend on the arithmetic; of an open axis, how many do, and the first of them."""
    if not has_scales(node):
        return
    distinct = {(axis.n_in, axis.scale): axis for axis in reversed(node.axes)}
    for axis in distinct.values():
        tried = [axis.n_in] if axis.n_in else list(_SIZES_TRIED)
        found = [size for n_in in tried if (size := ambiguous_size(axis, n_in)) is not None]
        if found:
            of_open = "" if axis.n_in else f" (the same at {len(found)} of the sizes up to {_SIZES_TRIED[-1]})"
            message = f"axis {axis.axis}: {found[0]}{of_open}; {_RUNTIMES_BY_ARITHMETIC}; write: sizes for scales"
            # Of an open axis, the model's own sizes may be among the others.
            yield AuditRemark(node.key, "size", message, is_warning=bool(axis.n_in), source=_RESIZE_PAGE)


def _sizes(node: ResizeNode) -> Iterator[AuditRemark]:
    yield from _ambiguous_sizes(node)
    for axis in node.axes:
        convention, n_in, n_out, scale = axis.convention, axis.n_in, axis.n_out, axis.scale
        if not n_in or not n_out or convention is None:
            continue
        where = f"axis {axis.axis}:"
        if convention.coordinate_transformation_mode == "align_corners" and n_out == 1 and n_in > 1:
            yield AuditRemark(node.key, "size", f"{where} with align_corners, a single output pixel takes pixel 0")
        if scale is not None and scale * n_in != n_out and node.op in EXPLICIT_OPERATORS:
            # A runtime may take the ratio of the sizes for the scale.
            worst = worst_case_error(axis, replace(axis, scale=None))
            if worst is not None and worst[0] > 0:
                cut = f"{n_in} x {float(scale):.6g} is cut to {n_out}"
                message = f"{where} {cut}; a runtime that takes {n_out}/{n_in} for the scale is off"
                yield AuditRemark(node.key, "worst case", message, "", *worst, sizes=(n_in, n_out))
        if convention.kernel == "area" and scale is not None and n_in * scale > n_out:
            left = n_in - int(n_out / scale)
            yield AuditRemark(node.key, "size", f"{where} the last {left} of {n_in} pixels go into no window")
        is_nearest = convention.kernel == "nearest" and n_in != n_out and max(n_in, n_out) <= MAX_AXIS_LENGTH
        if is_nearest and _has_inexact_steps(axis):
            count = int((tie_distance(convention, n_in, n_out, scale) <= coordinate_error(n_in)).sum())
            if count:
                message = f"{where} {count} of {n_out} pixels lie within float32 rounding of a jump to the next pixel"
                yield AuditRemark(node.key, "size", message, sizes=(n_in, n_out))
    if node.fed:
        names = ", ".join(f"{role} ({printable(name, 40)})" for role, name in node.fed.items())
        yield AuditRemark(node.key, "size", f"known only when the model runs: {names}")


def _has_inexact_steps(axis: ResizedAxis) -> bool:
    """Whether float32 can miss a coordinate: it has all of them exactly when they are whole parts of a power of two."""
    ratio = Fraction(axis.n_out, axis.n_in) if axis.n_in and axis.n_out else None
    scale = axis.scale or ratio
    if scale is None:
        return True
    step = 1 / scale
    return step.denominator & (step.denominator - 1) != 0


def _runtimes(node: ResizeNode, against: Collection[str]) -> Iterator[AuditRemark]:
    """Runtimes that are known to refuse the resize, or to compute another one."""
    for prediction in predicted_divergences(node):
        row, worst = prediction.row, None
        if against and row.runtime not in against:
            continue
        sizes, is_example = example_sizes(prediction.axis)
        # A row that changes no parameter of the convention changes the sizes: no matrix tells how far off they are.
        if prediction.actual is not None and row.change:
            example = replace(prediction.axis, n_in=sizes[0], n_out=sizes[1])
            worst = worst_case_error(example, replace(example, convention=prediction.actual))
            if worst is not None and worst[0] == 0 and not is_example:
                continue  # at these sizes the results are equal
        gain, levels = worst if worst is not None else (None, None)
        yield AuditRemark(
            node.key,
            "runtime",
            f"{row.message} (measured on {row.measured})" if row.measured else row.message,
            row.runtime,
            gain,
            levels,
            sizes if worst is not None else None,
            is_example,
            is_warning=prediction.actual is not None,
            source=row.source,
        )


def _ledger(node: ResizeNode, against: Collection[str]) -> Iterator[AuditRemark]:
    """Entries of the ledger for the operator; an entry that recurs at another opset is shown once, at its worst."""
    distinct: dict[tuple[str, str], LedgerEntry] = {}
    has_inexact_steps = any(map(_has_inexact_steps, node.axes))
    for entry in ledger_entries(node):
        if (entry.verdict != Verdict.TIES or has_inexact_steps) and (not against or entry.framework in against):
            distinct.setdefault((entry.framework, entry.reason), entry)
    for entry in distinct.values():
        message = f"{entry.verdict} ({', '.join(entry.factors)}): {entry.reason}"
        runtime = f"{entry.framework} {entry.version}"
        source = entry.link if entry.link.startswith("https://") else ""
        yield AuditRemark(node.key, "ledger", message, runtime, entry.gain, source=source)
