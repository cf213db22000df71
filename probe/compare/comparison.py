"""Compare a measured operation with an exact convention, or with another operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from halfpixel.adapters import NotInstalled, Operation
from halfpixel.golden import Convention, coordinates, kernel
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.attribution import attribute
from halfpixel.probe.compare.both_axes.whole_operator import RANDOM_SHAPES, WholeOperatorCheck, check_whole_operator
from halfpixel.probe.compare.candidates import differences
from halfpixel.probe.compare.discrepancy import Attribution, Discrepancy, OutputRow, worst_fault
from halfpixel.probe.compare.operator_properties import Structure, structure
from halfpixel.probe.compare.packed_matrices import (
    PackedDifference,
    PackedMatrices,
    compare_packed,
    pack_exact,
    pack_measured,
    pack_with_tolerance,
)
from halfpixel.probe.compare.reproduction import reproduction_program, whole_image_program
from halfpixel.probe.measure.axis_matrix import AXES, Subject, Sweep, as_operation, sweep
from halfpixel.probe.measure.joint_shapes import pixels
from halfpixel.probe.measure.sizes import Pair, SizeSet, size_set

Sizes = str | SizeSet | Sequence[Pair]
"""``quick``, ``full``, or ``(n_in, n_out)`` pairs of one's own."""


def compare(a: Subject | Convention, b: Subject | Convention, sizes: Sizes = "quick") -> Discrepancy:
    """How ``a`` differs from ``b``, each an operation, a convention or a callable, over all pairs of ``sizes``.

    A convention stands for its exact matrix. Both axes are compared. Where one side is a convention, or an operation
    that agrees with its claim, the attribution states the causes for which the other differs from it. Raises
    ``ValueError`` for unknown sizes; never raises for a failure of a framework.
    """
    pairs = size_set(sizes).pairs
    if isinstance(a, Convention):
        if isinstance(b, Convention):
            return _between_conventions(a, b, pairs)
        a, b = b, a
    subject = as_operation(a)
    try:
        sweeps = [sweep(subject, pairs, axis) for axis in AXES]
        if isinstance(b, Convention):
            result = against_convention(sweeps, b)
            return replace(result, attribution=attribute(result, sweeps, b, None))
        others = [sweep(as_operation(b), pairs, axis) for axis in AXES]
    except NotInstalled as absent:
        return Discrepancy(subject.id, str(b), Verdict.NOT_INSTALLED, refused=((str(absent), len(pairs)),))
    result = against_operation(sweeps, others)
    for conforming, differing in ((others, sweeps), (sweeps, others)):
        claim = conforming[0].operation.claim
        if claim is not None and against_convention(conforming, claim).verdict.is_agreement:
            return replace(result, attribution=attribute(result, differing, claim, None))
    return result


def against_convention(sweeps: list[Sweep], convention: Convention) -> Discrepancy:
    """Compare the sweeps of one operation (one an axis) with the exact matrices of a convention. No attribution."""
    axes = []
    for measured in sweeps:
        pairs = tuple(measured.matrices)
        if pairs:
            axes.append(compare_packed(measured.axis, pack_exact(convention, pairs), pack_measured(measured, pairs)))
    return _summary_of_sweeps(sweeps, str(convention), axes, convention)


def against_operation(sweeps: list[Sweep], others: list[Sweep]) -> Discrepancy:
    """Compare the sweeps of two operations, on the pairs that both measured. No attribution.

    The tolerance is the sum of both rounding bounds.
    """
    axes = []
    for measured, other in zip(sweeps, others, strict=True):
        pairs = tuple(pair for pair in measured.matrices if pair in other.matrices)
        if pairs:
            ours, theirs = pack_with_tolerance(measured, pairs), pack_with_tolerance(other, pairs)
            tolerance, near_tie = ours.tolerance + theirs.tolerance, ours.near_tie | theirs.near_tie
            expected = PackedMatrices(theirs.layout, theirs.values, tolerance, near_tie)
            axes.append(compare_packed(measured.axis, expected, pack_measured(measured, pairs)))
    return _summary_of_sweeps(sweeps, others[0].operation.id, axes, others[0].operation.claim)


def _between_conventions(a: Convention, b: Convention, pairs: tuple[Pair, ...]) -> Discrepancy:
    axis = compare_packed(AXES[0], pack_exact(b, pairs), pack_exact(a, pairs).values)
    result = _summary(Discrepancy(f"golden {a}", str(b), Verdict.EXACT, measured=len(pairs)), [axis], b)
    if result.verdict.is_agreement:
        return result
    return replace(result, attribution=Attribution(differences(a, b), f"'{a}' is not '{b}'", a))


def _summary_of_sweeps(
    sweeps: list[Sweep], against: str, axes: list[PackedDifference], convention: Convention | None
) -> Discrepancy:
    """The discrepancy over all axes; refusals and wrong shapes are no agreement."""
    operation = sweeps[0].operation
    refusals = Counter(message for measured in sweeps for message in measured.refused.values())
    misshapen = Counter(str(mismatch) for measured in sweeps for mismatch in measured.misshapen.values())
    refused = tuple((refusals + misshapen).most_common(5))
    if not axes:
        verdict = Verdict.ERROR if misshapen or not refusals else Verdict.UNSUPPORTED
        nothing = (("nothing measured: defined for none of the sizes asked", 0),)
        return Discrepancy(operation.id, against, verdict, refused=refused or nothing)
    measured = sum(len(axis.layout.pairs) for axis in axes)
    result = Discrepancy(operation.id, against, Verdict.EXACT, measured=measured, refused=refused)
    result = _summary(result, axes, convention)
    if result.verdict.is_agreement and refused:
        result = replace(result, verdict=Verdict.ERROR if misshapen else Verdict.UNSUPPORTED)
    if result.example is None:
        return result
    return replace(result, reproduction=reproduction_program(operation, result.example))


def _summary(result: Discrepancy, axes: list[PackedDifference], convention: Convention | None) -> Discrepancy:
    """``result`` with the verdict, the worst errors and the differing rows of all axes."""
    failing = [axis for axis in axes if len(axis.rows)]
    if not failing:
        verdict = Verdict.EXACT if all(axis.is_exact for axis in axes) else Verdict.AGREES
        return replace(result, verdict=verdict, gain=max(float(axis.gain.max()) for axis in axes))
    worst = max(failing, key=lambda axis: axis.gain[axis.worst_row])
    row = worst.worst_row
    levels = max(axis.grey_levels for axis in failing)
    return replace(
        result,
        verdict=_failing_verdict(failing, levels),
        gain=float(worst.gain[row]),
        grey_levels=levels,
        pixels_moved=max((axis.pixels_moved for axis in failing), key=lambda moved: (not np.isnan(moved), moved)),
        tolerance=float(worst.expected.tolerance[row]),
        differing=tuple(sorted({pair for axis in failing for pair in axis.differing_pairs})),
        worst=_output_row(worst, row, convention),
        example=_output_row(worst, worst.smallest_clear_row, convention),
    )


def _failing_verdict(failing: list[PackedDifference], levels: float) -> Verdict:
    if any(np.isinf(axis.gain).any() for axis in failing):
        return Verdict.ERROR
    if all(axis.expected.near_tie[axis.rows].all() for axis in failing):
        return Verdict.TIES
    return Verdict.APPROXIMATES if levels < 1 else Verdict.DIVERGES


def _output_row(axis: PackedDifference, row: int, convention: Convention | None) -> OutputRow:
    layout = axis.layout
    n_in, n_out = layout.pairs[layout.pair[row]]
    output = int(layout.output[row])
    expected, measured = (
        layout.row(values, row).astype(np.float64) for values in (axis.expected.values, axis.measured)
    )
    coordinate, is_border = "", output in (0, n_out - 1)
    if convention is not None:
        exact, reach = coordinates(convention, n_in, n_out)[output], _reach(convention, n_in, n_out)
        coordinate, is_border = str(exact), exact - reach < 0 or exact + reach > n_in - 1
    region = "border" if is_border else "interior"
    return OutputRow(axis.axis, n_in, n_out, output, region, coordinate, expected, measured)


def _reach(convention: Convention, n_in: int, n_out: int) -> float:
    """Up to what distance from its coordinate an output takes pixels, input pixels."""
    if convention.kernel in ("nearest", "area", "adaptive_average"):
        return 0.5 * max(1.0, n_in / n_out) if convention.kernel != "nearest" else 0.5
    stretch = max(1.0, n_in / n_out) if convention.antialias else 1.0
    return float(kernel(convention).support) * stretch


def check(subject: Subject, convention: Convention, sizes: Sizes = "quick") -> Discrepancy:
    """Measure ``subject`` along both axes at every pair of ``sizes`` and compare it with ``convention``.

    ``subject`` is an operation, or any ``f(image: float32 (H, W), size: (h, w)) -> (h, w)``. Properties that a matrix
    along one axis cannot show (repeatability, linearity, separability, batch and channels) are checked too, and a fault
    there is never agreement. What agrees so far is verified with both axes at once, at small and at real sizes,
    whatever ``sizes`` are (``halfpixel.probe.compare.both_axes``). The attribution names the causes. Raises
    ``ValueError`` for unknown sizes; a framework that refuses, fails or is absent is a verdict.
    """
    operation = as_operation(subject)
    chosen = size_set(sizes)
    try:
        sweeps = [sweep(operation, chosen.pairs, axis) for axis in AXES]
        return judge(sweeps, convention, structure(operation), chosen)
    except NotInstalled as absent:
        refusal = (str(absent), len(chosen.pairs))
        return Discrepancy(operation.id, str(convention), Verdict.NOT_INSTALLED, refused=(refusal,))


def judge(sweeps: list[Sweep], convention: Convention, properties: Structure, sizes: SizeSet) -> Discrepancy:
    """The verdict on the measured matrices and the operator as a whole, with its attribution.

    Where the axes agree, both at once say more of a fault of separability than the properties do: at which shapes, and
    where in the output. Raises ``NotInstalled``.
    """
    result = against_convention(sweeps, convention)
    if result.verdict.is_agreement and all(fault.factor == Cause.SEPARABILITY for fault in properties.faults):
        whole = verified(result, sweeps[0].operation, convention, sizes)
        if not (whole.verdict.is_agreement and properties.faults):
            return whole
    attributed = replace(result, attribution=attribute(result, sweeps, convention, properties))
    return attributed.with_faults(properties.faults)


def verified(result: Discrepancy, operation: Operation, convention: Convention, sizes: SizeSet) -> Discrepancy:
    """A comparison along the axes, where it is agreement: held against both axes at once, and certified or refuted.

    Raises ``NotInstalled``.
    """
    if not result.verdict.is_agreement:
        return result
    whole = check_whole_operator(operation, convention, random=RANDOM_SHAPES.get(sizes.name, RANDOM_SHAPES["full"]))
    if whole.is_verified:
        # An output on the other side of a tie is not bit for bit what is claimed.
        verdict = Verdict.AGREES if whole.ties else result.verdict
        return replace(result, verdict=verdict, certificate=whole.certificate)
    if whole.refused and not whole.faults:
        return replace(result, verdict=Verdict.UNSUPPORTED, refused=whole.refusals)
    if not whole.faults:
        nothing = "both axes at once: defined for none of the shapes asked"
        return replace(result, certificate=nothing)
    return _refuted(result, operation, convention, whole)


_LONGEST_ALONE = 640
"""Pixels up to which an axis of a shape that differs is measured alone, too."""


def _refuted(
    result: Discrepancy, operation: Operation, convention: Convention, whole: WholeOperatorCheck
) -> Discrepancy:
    """The verdict of both axes at once; its cause is that of an axis alone where that differs, too, at those sizes."""
    worst = worst_fault(whole.faults)
    verdict = Verdict.APPROXIMATES if worst.factor == Cause.PRECISION else Verdict.DIVERGES
    attribution = Attribution((worst.factor,), "; ".join(fault.explanation for fault in whole.faults))
    alone = _axes_alone(operation, convention, whole)
    if alone is not None and alone.attribution is not None and not alone.verdict.is_agreement:
        text = f"{attribution.explanation}; along an axis alone, {alone.attribution.explanation}"
        attribution = replace(alone.attribution, explanation=text)
        result = replace(result, worst=alone.worst, example=alone.example, pixels_moved=alone.pixels_moved)
    else:
        result = replace(result, pixels_moved=float("nan"))
    return replace(
        result,
        verdict=Verdict.ERROR if np.isinf(worst.error) else verdict,
        gain=worst.error,
        grey_levels=worst.grey_levels,
        tolerance=max((difference.tolerance for difference in whole.differing[:1]), default=0.0),
        attribution=attribution,
        refused=whole.refusals,
        reproduction=whole_image_program(operation, whole.differing),
    )


def _axes_alone(operation: Operation, convention: Convention, whole: WholeOperatorCheck) -> Discrepancy | None:
    """The axes of the smallest shapes that differ, each measured alone; ``None`` where they are too long for that."""
    by_size = sorted(whole.differing, key=lambda difference: pixels(difference.shape))
    pairs = [pair for difference in by_size for pair in zip(*difference.shape, strict=True)]
    chosen = tuple(dict.fromkeys(pair for pair in pairs if pair[0] <= _LONGEST_ALONE))[:8]
    if not chosen:
        return None
    sweeps = [sweep(operation, chosen, axis) for axis in AXES]
    found = against_convention(sweeps, convention)
    return replace(found, attribution=attribute(found, sweeps, convention, None))
