"""What can be said of a model's resizes from its file alone, and what the usual misreadings of each would cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from golden import tie_distance
from parity.elsewhere import otherwise
from parity.meaning import in_words
from parity.measured import measured
from parity.model import Model
from parity.predict import LONGEST, SAY_IT, at_sizes, distinct, misreadings, worst_case
from parity.resizes import ResizedAxis, ResizeNode
from parity.text import shown
from probe.tolerance import coordinate_error

MISREAD = "taken with "
"""How messages begin that say what a misreading would cost."""

KINDS = ("meaning", "size", "opset", "attributes", "runtime", "ledger", "worst case", "unknown")


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to be said of one resize.

    key
        Of the resize; empty for the whole model.
    kind
        One of :data:`KINDS`.
    runtime
        Of which runtime it is said; empty where of all.
    gain, grey_levels
        The predicted worst case along one axis, for images in [-1, 1] and in 0..255; ``None`` where nothing is.
    sizes
        The ``(n_in, n_out)`` that the prediction is for; ``is_example`` where the file does not fix them.
    is_warning
        Whether it predicts another result, without a word, somewhere: what is refused is noticed.
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


def audit(model: Model, against: Sequence[str] = ()) -> list[Remark]:
    """Everything there is to say, resize by resize in the file's order; nothing is run.

    ``against`` are the runtimes to speak of, by name; without, all of which anything is known.
    """
    found = []
    if model.problem:
        found.append(Remark("", "size", f"sizes inside are not known: {shown(model.problem, 200)}"))
    for node in model.resizes:
        found += _of(node)
    return [one for one in found if not one.runtime or not against or one.runtime.split(" ")[0] in against]


def _of(node: ResizeNode) -> Iterator[Remark]:
    if not node.is_known:
        yield Remark(node.key, "unknown", node.remark or "its convention is not known", is_warning=not _is_idle(node))
    elif node.remark:
        yield Remark(node.key, "meaning", node.remark)
    for axis in distinct(node):
        yield Remark(node.key, "meaning", _meaning(axis))
    yield from _opset(node)
    yield from _attributes(node)
    yield from _sizes(node)
    yield from _runtimes(node)
    for words, worst, sizes, example in misreadings(node):
        yield Remark(node.key, "worst case", f"{MISREAD}{words}", "", *worst, sizes, example)


def _is_idle(node: ResizeNode) -> bool:
    return not node.axes and node.remark.startswith("keeps every size")


def _meaning(axis: ResizedAxis) -> str:
    return f"{axis.convention}: {in_words(axis.convention)}"


_SINCE: Mapping[str, int] = {"antialias": 18, "axes": 18, "keep_aspect_ratio_policy": 18}


def _opset(node: ResizeNode) -> Iterator[Remark]:
    """Attributes and modes that the operator of this opset does not have, or whose meaning it leaves open."""
    if node.op not in ("Resize", "Upsample") or node.opset is None:
        return
    opset, mode = node.opset, node.attributes.get("coordinate_transformation_mode")

    def warned(message: str, source: str = "https://onnx.ai/onnx/operators/onnx__Resize.html") -> Remark:
        return Remark(node.key, "opset", message, is_warning=True, source=source)

    if node.op == "Upsample" and opset >= 10:
        yield warned(f"Upsample was removed in opset 10, and the model is of opset {opset}")
    elif opset < 11:
        yield warned(
            f"opset {opset} has no coordinates: asymmetric, whatever the model was trained with; exported at opset 11 "
            "or later it can say which",
            "https://github.com/microsoft/onnxruntime/issues/4419",
        )
    for name, since in _SINCE.items():
        if name in node.attributes and opset < since:
            yield warned(
                f"{name} came with opset {since}; opset {opset} does not have it, and runtimes ignore or refuse it"
            )
    if mode == "half_pixel_symmetric" and opset < 19:
        yield warned(f"half_pixel_symmetric came with opset 19; opset {opset} does not have it")
    if mode == "tf_half_pixel_for_nn" and opset >= 13:
        yield warned(f"tf_half_pixel_for_nn was removed in opset 13, and the model is of opset {opset}")


_READ_BY = {"nearest_mode": ("nearest",), "cubic_coeff_a": ("cubic",), "antialias": ("linear", "cubic")}


def _attributes(node: ResizeNode) -> Iterator[Remark]:
    if node.op != "Resize" or (node.opset or 0) < 11:
        return
    mode = node.attributes.get("mode", "nearest")
    for name, modes in _READ_BY.items():
        value = node.attributes.get(name)
        # Exporters write every default; only what would change something is worth a word.
        if mode not in modes and value not in (None, 0, "floor", "round_prefer_floor") and name != "cubic_coeff_a":
            yield Remark(node.key, "attributes", f"{name} is set, and mode {shown(mode, 20)!r} does not read it")
    where = node.attributes.get("coordinate_transformation_mode")
    value = node.attributes.get("extrapolation_value", 0.0)
    if value and where == "tf_crop_and_resize":
        yield Remark(node.key, "attributes", f"{value:g} stands outside the image: not a linear map of the image alone")
    if mode == "nearest" and "nearest_mode" not in node.attributes:
        message = "nearest_mode is left at round_prefer_floor; torch's nearest is floor with asymmetric coordinates"
        yield Remark(node.key, "attributes", message)


def _sizes(node: ResizeNode) -> Iterator[Remark]:
    for axis in node.axes:
        n_in, n_out = axis.n_in, axis.n_out
        if not n_in or not n_out or axis.convention is None:
            continue
        if axis.convention.coordinate_transformation_mode == "align_corners" and n_out == 1 and n_in > 1:
            yield Remark(node.key, "size", f"axis {axis.axis}: with aligned corners, one output pixel takes pixel 0")
        if axis.scale is not None and axis.scale * n_in != n_out and node.op in SAY_IT:
            yield from _ratio(node, axis, n_in, n_out)
        if axis.convention.kernel == "area" and axis.scale is not None and n_in * axis.scale > n_out:
            left = n_in - int(n_out / axis.scale)
            yield Remark(node.key, "size", f"axis {axis.axis}: of {n_in} pixels, {left} at the end go into no window")
        if axis.convention.kernel == "nearest" and n_in != n_out:
            yield from _ties(node, axis, n_in, n_out)
    if node.fed:
        names = ", ".join(f"{role} ({shown(name, 40)})" for role, name in node.fed.items())
        yield Remark(node.key, "size", f"known only when the model runs: {names}")


def _ratio(node: ResizeNode, axis: ResizedAxis, n_in: int, n_out: int) -> Iterator[Remark]:
    """What it makes when a runtime takes the ratio of the sizes for the scale that was given."""
    other = ResizedAxis(axis.axis, axis.convention, n_in, n_out, None)
    worst = worst_case(axis, other)
    if worst is not None and worst[0] > 0:
        scale = float(axis.scale)
        cut = f"{n_in} x {scale:.6g} is cut to {n_out}"
        message = f"axis {axis.axis}: {cut}; a runtime that takes {n_out}/{n_in} for the scale is off"
        yield Remark(node.key, "worst case", message, gain=worst[0], grey_levels=worst[1], sizes=(n_in, n_out))


def _ties(node: ResizeNode, axis: ResizedAxis, n_in: int, n_out: int) -> Iterator[Remark]:
    if max(n_in, n_out) > LONGEST:
        return
    if not _has_inexact_steps(axis):
        return
    at_risk = int((tie_distance(axis.convention, n_in, n_out, axis.scale) <= coordinate_error(n_in)).sum())
    if at_risk:
        message = f"axis {axis.axis}: {at_risk} of {n_out} pixels lie within float32 rounding of a jump to the next"
        yield Remark(node.key, "size", message, sizes=(n_in, n_out))


def _has_inexact_steps(axis: ResizedAxis) -> bool:
    """Whether float32 can miss a coordinate: it has all of them exactly when they are whole parts of a power of two."""
    if axis.scale is None and not (axis.n_in and axis.n_out):
        return True
    step = 1 / (axis.scale or Fraction(axis.n_out, axis.n_in))
    return step.denominator & (step.denominator - 1) != 0


def _runtimes(node: ResizeNode) -> Iterator[Remark]:
    for one in otherwise(node):
        row, worst = one.row, None
        sizes, example = at_sizes(one.axis)
        # Without a change of the convention other sizes come out, of which no matrix tells how far off they are.
        if one.becomes is not None and row.change:
            pair = (ResizedAxis(0, one.axis.convention, *sizes, one.axis.scale), one.becomes)
            worst = worst_case(pair[0], ResizedAxis(0, pair[1], *sizes, one.axis.scale))
            if worst is not None and worst[0] == 0 and not example:
                continue  # at these sizes it makes no difference
        gain, grey = worst if worst is not None else (None, None)
        version = f" (measured on {row.measured})" if row.measured else ""
        yield Remark(
            node.key,
            "runtime",
            f"{row.message}{version}",
            row.runtime,
            gain,
            grey,
            sizes if worst is not None else None,
            example,
            one.becomes is not None,
            row.source,
        )
    told: set[tuple[str, str]] = set()
    for one in measured(node):
        if one.verdict == "ties" and not any(map(_has_inexact_steps, node.axes)):
            continue
        # Worst first: the same fault at another opset is told once.
        if (one.framework, one.reason) in told:
            continue
        told.add((one.framework, one.reason))
        message = f"{one.verdict} ({', '.join(one.factors)}): {one.reason}"
        version = f" {one.versions}".rstrip()
        source = one.link if one.link.startswith("https://") else ""
        yield Remark(node.key, "ledger", message, f"{one.framework}{version}", one.gain, source=source)
