"""Names what a differing resize does instead: measures its matrices on that runtime, or tries conventions on data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from adapters.layout import WrongShape
from golden import ExactMatrix, matrix
from parity import exact
from parity.alone import CannotRebuild, operation
from parity.exact import Definition
from parity.localise import InPlace, Shown
from parity.onnx_flat import Place
from parity.outcomes import NodeFinding
from parity.runtimes import Runtime
from parity.subjects import OnnxSubject, Subject
from probe.attribute import attribute
from probe.candidates import Candidate, differences, every_convention, neighbours, two_away
from probe.compare import against_convention
from probe.discrepancy import Verdict
from probe.measure import AXES, Refused, Sweep, sweep
from probe.tolerance import gain_tolerance, grey_levels

_TELLING = ((4, 7), (4, 8), (4, 3), (4, 2), (7, 3), (7, 10), (7, 21))
"""Small sizes at which the conventions differ from each other: odd and even, whole factors and none, both ways. Two
sizes of input only, since each new one must be found to leave the other axis alone; along the first axis only."""

_LARGEST = 1 << 22
"""Pixels of the image of impulses up to which the matrix of an axis is measured."""


def named(
    subject: Subject,
    runtime: Runtime,
    place: Place,
    seen: InPlace,
    finding: NodeFinding,
    shown: Shown,
    data: Sequence[tuple[np.ndarray, np.ndarray]],
) -> NodeFinding:
    """The finding with its cause and its worst case.

    ``data`` are inputs and outputs of the resize on that runtime. A Resize of ONNX is given other sizes, too, and its
    matrices are measured; of anything else the conventions near its own are tried on ``data``.
    """
    if isinstance(seen.definition, str) or finding.factors:
        return finding
    definition = seen.definition
    found = truncated(definition, finding, data)
    # A value put outside comes on top of what the matrices do, which impulses do not tell from weights.
    if found is None and isinstance(subject, OnnxSubject) and not definition.outside:
        try:
            found = _measured(subject, runtime, place, seen, finding, shown)
        except CannotRebuild:
            found = None
    return found or tried(definition, finding, data) or replace(finding, **_worst_of_data(definition, data))


def truncated(
    definition: Definition, finding: NodeFinding, data: Sequence[tuple[np.ndarray, np.ndarray]]
) -> NodeFinding | None:
    """Where integers are made by dropping the fraction: each is less than one from what is exact, on one side of it.

    That side is below, or, where a cast drops it, the one towards zero.
    """
    if not data or any(y.dtype.kind not in "iu" for _, y in data):
        return None
    for x, y in data:
        right = exact.applied(definition, np.asarray(x))
        short = right - y
        # The half is what rounding to the nearest may take.
        slack = exact.bound(definition, x) - 0.5
        sides = (short, np.where(right < 0, -short, short))
        if not any(side.min(initial=0.0) >= -slack and side.max(initial=0.0) <= 1 + slack for side in sides):
            return None
    text = "fractions are dropped, where the nearest whole number is expected"
    return replace(
        finding, verdict=Verdict.APPROXIMATES, factors=("rounding",), explanation=text, grey_levels=finding.own
    )


def _measured(
    subject: OnnxSubject, runtime: Runtime, place: Place, seen: InPlace, finding: NodeFinding, shown: Shown
) -> NodeFinding | None:
    """By its matrices along each axis; ``None`` where it cannot be measured, or then does what it should."""
    definition: Definition = seen.definition
    scales = {axis: float(one.scale) for one in place.resize.axes if one.scale is not None for axis in (one.axis,)}
    own = subject.flat.proto.graph.node[place.nodes[-1]]
    roi = (
        subject.value(own.input[1], shown) if len(own.input) > 1 and own.op_type == "Resize" and own.input[1] else None
    )
    alone = operation(
        subject, runtime, place, seen.shapes[0], definition.axes, scales, None if roi is None or not roi.size else roi
    )
    convention = definition.matrices[0].convention
    sweeps, own_sweeps = [], []
    for axis, one in zip(AXES, definition.matrices, strict=False):
        if one.convention != convention or one.n_in * max(one.n_in, one.n_out) > _LARGEST:
            continue
        pair = (one.n_in, one.n_out)
        try:
            here = sweep(alone, tuple(dict.fromkeys((pair, *(() if sweeps else _TELLING)))), axis)
        except (Refused, WrongShape):
            continue
        sweeps.append(here)
        if pair in here.matrices:
            own_sweeps.append(Sweep(alone, axis, {pair: here.matrices[pair]}))
    if not own_sweeps:
        return None
    given = [one for one in definition.matrices if _has_own_scale(one)]
    if given:
        return _by_scale(definition, own_sweeps, finding)
    whole, here = against_convention(sweeps, convention), against_convention(own_sweeps, convention)
    if here.verdict.is_agreement:
        text = "measured one axis at a time it does what it should; on both at once, as the model has it, it does not"
        return replace(finding, factors=("execution path",), explanation=text)
    cause = attribute(whole, sweeps, convention, None)
    return replace(
        finding,
        verdict=here.verdict,
        gain=here.gain,
        grey_levels=here.grey_levels,
        pixels_moved=here.pixels_moved,
        factors=cause.factors if cause else (),
        explanation=cause.explanation if cause else "",
        measured=cause.convention if cause else None,
    )


def _has_own_scale(one: ExactMatrix) -> bool:
    with_ratio = matrix(one.convention, one.n_in, one.n_out)
    return not np.array_equal(with_ratio.to_array(), one.to_array())


def _by_scale(definition: Definition, sweeps: Sequence[Sweep], finding: NodeFinding) -> NodeFinding | None:
    """Where the scale that was given is not the ratio of the sizes: whether the ratio is what was taken."""
    worst, grey, is_ratio = 0.0, 0.0, True
    for one, measured in zip(definition.matrices, sweeps, strict=False):
        got = measured.matrices[one.n_in, one.n_out].astype(np.float64)
        difference = got - one.to_array()
        worst = max(worst, float(np.abs(difference).sum(axis=1).max()))
        grey = max(grey, float(grey_levels(difference).max()))
        ratio = matrix(one.convention, one.n_in, one.n_out).to_array()
        gain = float(np.abs(ratio).sum(axis=1).max())
        allowed = gain_tolerance(one.convention, one.n_in, one.n_out, gain)
        is_ratio = is_ratio and float(np.abs(got - ratio).sum(axis=1).max()) <= allowed
    if not is_ratio:
        return None
    text = "its coordinates use the ratio of the sizes, where the scale that was given is to be used"
    return replace(finding, gain=worst, grey_levels=grey, factors=("scale source",), explanation=text)


def tried(
    definition: Definition, finding: NodeFinding, data: Sequence[tuple[np.ndarray, np.ndarray]]
) -> NodeFinding | None:
    """By trying conventions on what was fed and made: the first that explains all of it."""
    parts = [_thin(definition, x, y) for x, y in data if np.isfinite(x).all()]
    claims = {one.convention for one in definition.matrices}
    if not parts or len(claims) != 1:
        return None
    claim = claims.pop()
    for candidate in _candidates(claim):
        if not candidate.has_meaning:
            continue
        other = with_candidate(definition, candidate)
        if all(exact.worst_error(other, x, y) <= exact.bound(other, x) for x, y in parts):
            text = f"what came out is '{candidate}', where '{claim}' is claimed"
            return replace(
                finding,
                **worst_case(definition, other),
                factors=candidate.factors or differences(claim, candidate.convention),
                explanation=text,
                measured=candidate.convention,
            )
    return None


def _candidates(claim: object) -> Iterator[Candidate]:
    yield from neighbours(claim)
    yield from two_away(claim)
    yield from (Candidate(differences(claim, one), one) for one in every_convention())


def with_candidate(definition: Definition, candidate: Candidate) -> Definition:
    """The definition by another convention, at the same sizes."""
    matrices = []
    for one in definition.matrices:
        scale = None
        if candidate.scale_rule and one.n_in > 1 and one.n_out > 1:
            scale = Fraction(one.n_out - 1, one.n_in - 1)
        matrices.append(matrix(candidate.convention, one.n_in, one.n_out, scale))
    return Definition(definition.axes, tuple(matrices), definition.outside)


def _thin(definition: Definition, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One slice along the axes that are not resized, the one that varies most: enough to tell conventions apart."""
    free = [k for k in range(x.ndim) if k not in definition.axes]
    varies = np.asarray(x, np.float64).std(axis=definition.axes)
    where = np.unravel_index(int(np.argmax(varies)), varies.shape) if free else ()
    index = [slice(None)] * x.ndim
    for axis, place in zip(free, where, strict=True):
        index[axis] = slice(int(place), int(place) + 1)
    return np.asarray(x[tuple(index)]), np.asarray(y[tuple(index)])


def worst_case(expected: Definition, got: Definition) -> dict[str, object]:
    """``verdict``, ``gain`` and ``grey_levels`` of one definition in the place of another, the worse axis."""
    gain = grey = moved = 0.0
    for mine, theirs in zip(expected.matrices, got.matrices, strict=True):
        difference = theirs.to_array() - mine.to_array()
        gain = max(gain, float(np.abs(difference).sum(axis=1).max()))
        grey = max(grey, float(grey_levels(difference).max()))
        moved = max(moved, float(np.abs(difference @ np.arange(mine.n_in)).max()))
    verdict = Verdict.APPROXIMATES if grey < 1 else Verdict.DIVERGES
    return {"verdict": verdict, "gain": gain, "grey_levels": grey, "pixels_moved": moved}


def _worst_of_data(definition: Definition, data: Sequence[tuple[np.ndarray, np.ndarray]]) -> dict[str, object]:
    """For what no convention explains: the largest error seen, per unit of the largest value."""
    noise = [(x, y) for x, y in data if y.shape and np.isfinite(x).all()]
    shares = [exact.worst_error(definition, x, y) / max(float(np.abs(x).max(initial=0.0)), 1e-30) for x, y in noise]
    gain = max(shares, default=0.0)
    verdict = Verdict.APPROXIMATES if 0 < 255 * gain / 2 < 1 else Verdict.DIVERGES
    return {"gain": gain, "grey_levels": 255 * gain / 2, "verdict": verdict, "explanation": "no convention explains it"}
