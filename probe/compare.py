"""Compares what was measured with an exact convention, or with another measurement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from adapters import NotInstalled, Operation
from golden import Convention, coordinates, kernel
from probe import flat
from probe.attribute import attribute
from probe.candidates import differences
from probe.discrepancy import Attribution, Discrepancy, Row, Verdict
from probe.measure import AXES, Sweep, as_operation, sweep
from probe.reproduce import script
from probe.sizes import Pair, SizeSet, size_set
from probe.tolerance import grey_levels


@dataclass(frozen=True, slots=True)
class _AxisResult:
    """One axis of a comparison, by row of ``expected.layout``; ``rows`` are the indices of the rows that differ."""

    axis: str
    expected: flat.Values
    got: np.ndarray
    gain: np.ndarray
    rows: np.ndarray
    is_exact: bool

    @property
    def pairs(self) -> list[Pair]:
        where = self.expected.layout
        return [where.pairs[index] for index in np.unique(where.pair[self.rows])]


def compare(
    a: Operation | Convention | Callable, b: Operation | Convention | Callable, sizes: str | SizeSet | tuple = "quick"
) -> Discrepancy:
    """How ``a`` differs from ``b``, each an operation, a convention or a callable, over all pairs of ``sizes``.

    A convention stands for its exact matrix. Both axes are compared. Where one side is a convention, or an operation
    that agrees with its claim, the attribution says what of it the other does otherwise. Raises ``ValueError`` for
    unknown sizes; never raises for what a framework does.
    """
    pairs = size_set(sizes).pairs
    if isinstance(a, Convention) and not isinstance(b, Convention):
        a, b = b, a
    if isinstance(a, Convention):
        return _between_conventions(a, b, pairs)
    subject = as_operation(a)
    try:
        sweeps = [sweep(subject, pairs, axis) for axis in AXES]
        if isinstance(b, Convention):
            found = against_convention(sweeps, b)
            return replace(found, attribution=attribute(found, sweeps, b, None))
        other = as_operation(b)
        others = [sweep(other, pairs, axis) for axis in AXES]
    except NotInstalled as absent:
        return Discrepancy(subject.id, str(b), Verdict.NOT_INSTALLED, refused=((str(absent), len(pairs)),))
    found = against_operation(sweeps, others)
    for stands, differs in ((others, sweeps), (sweeps, others)):
        claim = stands[0].operation.claim
        if claim is not None and against_convention(stands, claim).verdict.is_agreement:
            return replace(found, attribution=attribute(found, differs, claim, None))
    return found


def against_convention(sweeps: list[Sweep], convention: Convention) -> Discrepancy:
    """Hold the sweeps of one operation (one an axis) against the exact matrices of a convention. No attribution."""
    results = []
    for one in sweeps:
        if one.matrices:
            pairs = tuple(one.matrices)
            expected = flat.exact(convention, pairs)
            results.append(_axis_result(one.axis, expected, flat.measured(one, pairs)))
    return _summary(sweeps, str(convention), results, convention)


def against_operation(sweeps: list[Sweep], others: list[Sweep]) -> Discrepancy:
    """Hold the sweeps of one operation against those of another, on the pairs that both measured. No attribution.

    The tolerance is the sum of both rounding bounds.
    """
    results = []
    for one, other in zip(sweeps, others, strict=True):
        pairs = tuple(pair for pair in one.matrices if pair in other.matrices)
        if pairs:
            where = flat.layout(pairs)
            values = flat.measured(other, pairs).astype(np.float64)
            bounds = [_own_tolerance(one, pairs, where), _own_tolerance(other, pairs, where)]
            near_tie = bounds[0].near_tie | bounds[1].near_tie
            expected = flat.Values(where, values, bounds[0].tolerance + bounds[1].tolerance, near_tie)
            results.append(_axis_result(one.axis, expected, flat.measured(one, pairs)))
    return _summary(sweeps, others[0].operation.id, results, others[0].operation.claim)


def _own_tolerance(one: Sweep, pairs: tuple[Pair, ...], where: flat.Layout) -> flat.Values:
    if one.operation.claim is not None:
        return flat.exact(one.operation.claim, pairs)
    values = flat.measured(one, pairs)
    return flat.Values(where, values, flat.rounding_only(where, values), np.zeros(len(where.pair), dtype=bool))


def _between_conventions(a: Convention, b: Convention, pairs: tuple[Pair, ...]) -> Discrepancy:
    expected, got = flat.exact(b, pairs), flat.exact(a, pairs).values
    one = Sweep(Operation("golden", str(a), run=None), AXES[0], dict.fromkeys(pairs))
    found = _summary([one], str(b), [_axis_result(AXES[0], expected, got)], b)
    if found.verdict.is_agreement:
        return found
    return replace(found, attribution=Attribution(differences(a, b), f"'{a}' is not '{b}'", a))


def _axis_result(axis: str, expected: flat.Values, got: np.ndarray) -> _AxisResult:
    difference = np.abs(got - expected.values)
    gain = expected.layout.row_sums(difference)
    gain = np.where(np.isnan(gain), np.inf, gain)
    rows = np.flatnonzero(~(gain <= expected.tolerance))
    is_exact = bool(np.array_equal(got, expected.values.astype(got.dtype)))
    return _AxisResult(axis, expected, got, gain, rows, is_exact)


def _summary(sweeps: list[Sweep], against: str, results: list[_AxisResult], convention: Convention | None):
    operation = sweeps[0].operation
    refused = Counter(message for one in sweeps for message in one.refused.values())
    misshapen = Counter(str(wrong) for one in sweeps for wrong in one.misshapen.values())
    common = {
        "subject": operation.id,
        "against": against,
        "measured": sum(len(result.expected.layout.pairs) for result in results),
        "refused": tuple((refused + misshapen).most_common(5)),
    }
    if not results:
        verdict = Verdict.ERROR if misshapen or not refused else Verdict.UNSUPPORTED
        nothing = () if common["refused"] else (("nothing measured: defined for none of the sizes asked", 0),)
        return Discrepancy(verdict=verdict, **common | {"refused": common["refused"] + nothing})
    failing = [result for result in results if len(result.rows)]
    if not failing:
        verdict = Verdict.EXACT if all(result.is_exact for result in results) else Verdict.AGREES
        if misshapen:
            verdict = Verdict.ERROR
        elif refused:
            verdict = Verdict.UNSUPPORTED
        largest = max(float(result.gain.max()) for result in results)
        return Discrepancy(verdict=verdict, gain=largest, **common)
    worst = max(failing, key=lambda result: result.gain[result.rows].max())
    row = int(worst.rows[np.argmax(worst.gain[worst.rows])])
    levels = max(float(_grey(result).max()) for result in failing)
    example = _smallest_telling(worst)
    return Discrepancy(
        verdict=_failing_verdict(failing, levels),
        gain=float(worst.gain[row]),
        grey_levels=levels,
        pixels_moved=max((_moved(result) for result in failing), key=lambda moved: (not np.isnan(moved), moved)),
        tolerance=float(worst.expected.tolerance[row]),
        differing=tuple(sorted({pair for result in failing for pair in result.pairs})),
        worst=_row(worst, row, convention),
        example=_row(worst, example, convention),
        reproduction=script(operation, _row(worst, example, convention)),
        **common,
    )


def _failing_verdict(failing: list[_AxisResult], levels: float) -> Verdict:
    if any(np.isinf(result.gain).any() for result in failing):
        return Verdict.ERROR
    if all(result.expected.near_tie[result.rows].all() for result in failing):
        return Verdict.TIES
    return Verdict.APPROXIMATES if levels < 1 else Verdict.DIVERGES


def _grey(result: _AxisResult) -> np.ndarray:
    where = result.expected.layout
    worst = result.rows[np.argsort(-result.gain[result.rows])[:64]]
    rows = [where.row(result.got, row) - where.row(result.expected.values, row) for row in worst]
    return np.array([float(grey_levels(np.nan_to_num(row, nan=1.0))) for row in rows])


def _moved(result: _AxisResult) -> float:
    """The largest distance between the centroids of a differing row's two versions, input pixels."""
    where = result.expected.layout
    index = np.arange(len(result.got)) - np.repeat(where.start, np.diff([*where.start, len(result.got)]))
    centroids = []
    for values in (result.got, result.expected.values):
        total = where.row_sums(values)[result.rows]
        moment = where.row_sums(values * index)[result.rows]
        centroids.append(np.divide(moment, total, out=np.full(len(total), np.nan), where=np.abs(total) > 0.1))
    distance = np.abs(centroids[0] - centroids[1])
    return float(np.nanmax(distance)) if not np.isnan(distance).all() else float("nan")


def _smallest_telling(result: _AxisResult) -> int:
    """The row with the fewest pixels among those that differ at least half as much as the worst."""
    where = result.expected.layout
    gains = result.gain[result.rows]
    telling = result.rows[gains >= gains.max() / 2]
    areas = np.array([where.pairs[index][0] * where.pairs[index][1] for index in where.pair[telling]])
    return int(telling[np.argmin(areas)])


def _row(result: _AxisResult, row: int, convention: Convention | None) -> Row:
    where = result.expected.layout
    n_in, n_out = where.pairs[where.pair[row]]
    output = int(where.output[row])
    expected = where.row(result.expected.values, row).astype(np.float64)
    got = where.row(result.got, row).astype(np.float64)
    coordinate, reach = "", 1.0
    if convention is not None:
        exact = coordinates(convention, n_in, n_out)[output]
        coordinate, reach = str(exact), _reach(convention, n_in, n_out)
        is_border = exact - reach < 0 or exact + reach > n_in - 1
    else:
        is_border = output in (0, n_out - 1)
    return Row(result.axis, n_in, n_out, output, "border" if is_border else "interior", coordinate, expected, got)


def _reach(convention: Convention, n_in: int, n_out: int) -> float:
    """How far from its coordinate an output looks, input pixels."""
    if convention.kernel in ("nearest", "area", "adaptive_average"):
        return 0.5 * max(1.0, n_in / n_out) if convention.kernel != "nearest" else 0.5
    stretch = max(1.0, n_in / n_out) if convention.antialias else 1.0
    return float(kernel(convention).support) * stretch
