"""Every measured operation as one vector, to find near functions fast, and the full comparison of two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import GREY_LEVELS, Verdict
from halfpixel.probe.compare import packed_matrices
from halfpixel.probe.compare.comparison import against_convention
from halfpixel.probe.compare.discrepancy import Discrepancy
from halfpixel.probe.compare.measurement_store import Judgement
from halfpixel.probe.measure.axis_matrix import AXES
from halfpixel.probe.measure.sizes import SPARSE, Pair

_FEWEST = 8
"""Of the sparse pairs that were swept; with fewer in common, all the pairs there are stand in for them."""


class MeasuredFunction:
    """The matrices of one or several operations, exact or measured.

    ``convention`` is the exact one that it is at every swept pair, or ``None``; ``defined`` are the pairs of ``swept``
    that it has matrices for; ``place`` its row in :attr:`Functions.vectors`.
    """

    def __init__(self, judged: Judgement, convention: Convention | None, place: int) -> None:
        self.judged = judged
        self.convention = convention
        self.defined = defined_pairs(judged)
        self.swept = frozenset(judged.swept)
        self.place = place

    @property
    def is_exact(self) -> bool:
        """Whether the convention's matrices stand for it (then no sweeps are kept)."""
        return not self.judged.sweeps

    @property
    def is_bit_for_bit(self) -> bool:
        """Whether its matrices are what it computes: measured, or those of a convention that it does exactly."""
        discrepancy = self.judged.discrepancy
        return not self.is_exact or (discrepancy is not None and discrepancy.verdict is Verdict.EXACT)

    def values(self, pairs: tuple[Pair, ...], axis: int) -> np.ndarray:
        """The matrices of ``pairs`` along one axis, flat, float64; those pairs must be among ``defined``."""
        if self.is_exact:
            return self._chosen(pairs).values
        return packed_matrices.pack_measured(self.judged.sweeps[axis], pairs).astype(np.float64)

    def few(self, pairs: tuple[Pair, ...], axis: int) -> np.ndarray:
        """As :meth:`values`, without computing any other pair's."""
        return packed_matrices.pack_exact(self.convention, pairs).values if self.is_exact else self.values(pairs, axis)

    def bounds(self, pairs: tuple[Pair, ...]) -> tuple[np.ndarray, np.ndarray]:
        """By row of ``flat.layout(pairs)``: the gain that rounding explains, and whether it is near a tie."""
        if self.judged.operation.claim is not None:
            chosen = self._chosen(pairs)
            return chosen.tolerance, chosen.near_tie
        where = packed_matrices.layout(pairs)
        bounds = [packed_matrices.unclaimed_tolerance(where, self.values(pairs, axis)) for axis in range(len(AXES))]
        return np.maximum(*bounds), np.zeros(len(where.pair), dtype=bool)

    @cached_property
    def _every(self) -> packed_matrices.PackedMatrices:
        """Of the claim, at all pairs that are defined: exact matrices are dear, and few of them ever differ."""
        return packed_matrices.pack_exact(self.judged.operation.claim, tuple(sorted(self.defined)))

    def _chosen(self, pairs: tuple[Pair, ...]) -> packed_matrices.PackedMatrices:
        every = self._every
        if pairs == every.layout.pairs:
            return every
        rows, values = _subset(every.layout.pairs, pairs)
        return packed_matrices.PackedMatrices(
            packed_matrices.layout(pairs), every.values[values], every.tolerance[rows], every.near_tie[rows]
        )

    @cached_property
    def norms(self) -> dict[Pair, float]:
        """By pair, by how much it can enlarge a value: the largest ``sum_i |w_i|`` of a row, along either axis."""
        pairs = tuple(sorted(self.defined))
        where = packed_matrices.layout(pairs)
        rows = [where.row_sums(np.abs(self.values(pairs, axis))) for axis in range(len(AXES))]
        starts = np.searchsorted(where.pair, np.arange(len(pairs)))
        return dict(zip(pairs, np.maximum.reduceat(np.maximum(*rows), starts).tolist(), strict=True))


@lru_cache(maxsize=64)
def _subset(known: tuple[Pair, ...], pairs: tuple[Pair, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Which rows, and which values, of the layout of ``known`` are those of ``pairs``; both sorted."""
    where, wanted = packed_matrices.layout(known), set(pairs)
    rows = np.isin(where.pair, [place for place, pair in enumerate(known) if pair in wanted])
    lengths = np.repeat([n_in for n_in, _ in known], [n_out for _, n_out in known])
    return rows, np.repeat(rows, lengths)


_MEMORY = 200_000_000
"""Bytes of matrices kept at a time: at the full sizes, those of all functions would be gigabytes."""


class FunctionIndex:
    """The functions of many operations, each once, and how far any is from the others at a few pairs.

    ``judge`` measures an operation or reads what was measured; those that take no float32 are taken at their word.
    Operations that agree with equal claims, and are defined
    for the same pairs, are one function. What was not measured is in :attr:`missing`, with the reason.
    """

    def __init__(
        self, operations: Iterable[Operation], judge: Callable[[Operation], Judgement], swept: tuple[Pair, ...]
    ) -> None:
        self._measure = judge
        self._swept = swept
        self.operations = tuple(operations)
        self.place: dict[str, int] = {}
        self.missing: dict[str, str] = {}
        self._keys: dict[object, int] = {}
        self._first: list[tuple[Operation, Convention | None]] = []
        few = tuple(pair for pair in SPARSE.pairs if pair in set(swept))
        self.few = few if len(few) >= _FEWEST else tuple(sorted(swept))
        where = packed_matrices.layout(self.few)
        self._rows = where.start
        self._starts = np.concatenate([[0], np.cumsum([n_out for _, n_out in self.few])[:-1]])
        vectors: list[np.ndarray] = []
        masks: list[list[bool]] = []
        for operation in self.operations:
            judged = self._judge(operation)
            defined = defined_pairs(judged)
            if not defined:
                self.missing[operation.id] = unmeasured_reason(judged)
                continue
            key = (judged.operation.claim, defined, judged.swept) if not judged.sweeps else operation.id
            if key not in self._keys:
                self._keys[key] = len(vectors)
                self._first.append((operation, known_convention(judged)))
                function = MeasuredFunction(judged, self._first[-1][1], len(vectors))
                vectors.append(self._vector(function))
                masks.append([pair in defined for pair in self.few])
            self.place[operation.id] = self._keys[key]
        self.vectors = np.array(vectors, dtype=np.float32)
        self.masks = np.array(masks, dtype=bool).reshape(len(vectors), len(self.few))
        n_bytes = sum(n_in * n_out for n_in, n_out in swept) * np.dtype(np.float64).itemsize * len(AXES)
        self.function = lru_cache(maxsize=max(_FEWEST, _MEMORY // max(n_bytes, 1)))(self._function)
        self.gains = lru_cache(maxsize=4)(self._gains)

    def _judge(self, operation: Operation) -> Judgement:
        return judgement_by_claim(operation, self._swept) if is_by_claim(operation) else self._measure(operation)

    def _function(self, place: int) -> MeasuredFunction:
        operation, convention = self._first[place]
        return MeasuredFunction(self._judge(operation), convention, place)

    def convention(self, operation: Operation) -> Convention | None:
        """The convention that it follows at every swept pair, if known; ``KeyError`` for one in :attr:`missing`."""
        return self._first[self.place[operation.id]][1]

    def of(self, operation: Operation) -> MeasuredFunction:
        """The function of a measured operation; ``KeyError`` for one in :attr:`missing`."""
        return self.function(self.place[operation.id])

    def _vector(self, function: MeasuredFunction) -> np.ndarray:
        """Both axes' matrices at the few pairs, zero where there are none."""
        here = tuple(pair for pair in self.few if pair in function.defined)
        parts = []
        for axis in range(len(AXES)):
            known = {}
            if here:
                values, start = function.few(here, axis), 0
                for n_in, n_out in here:
                    known[n_in, n_out] = values[start : start + n_in * n_out]
                    start += n_in * n_out
            parts += [known.get(pair, np.zeros(pair[0] * pair[1])) for pair in self.few]
        return np.concatenate(parts)

    def _gains(self, place: int) -> np.ndarray:
        """How far every function is from one, by pair: the worst error over images in [-1, 1]; ``(functions, few)``.

        Only where both are defined does it mean anything: see :attr:`masks`.
        """
        difference = np.abs(self.vectors - self.vectors[place])
        half = difference.shape[1] // len(AXES)
        by_axis = []
        for axis in range(len(AXES)):
            rows = np.add.reduceat(difference[:, axis * half : (axis + 1) * half], self._rows, axis=1)
            by_axis.append(np.maximum.reduceat(rows, self._starts, axis=1))
        return np.maximum(*by_axis)


def judgement_by_claim(operation: Operation, pairs: tuple[Pair, ...]) -> Judgement:
    """A judgement by the documented convention, for calls of integers or colours, which the suite of dtypes measures.

    The documented convention is then translated; an operation without one is unsupported.
    """
    if operation.claim is None:
        refused = (("it takes no float32, and its documentation states no convention", 0),)
        return Judgement(
            operation, Discrepancy(operation.id, "nothing", Verdict.UNSUPPORTED, refused=refused), (), pairs
        )
    return Judgement(operation, Discrepancy(operation.id, str(operation.claim), Verdict.AGREES), (), pairs)


def is_verified(function: MeasuredFunction) -> bool:
    """Whether whole images were held against its convention, both axes at once, and agree."""
    discrepancy = function.judged.discrepancy
    return discrepancy is not None and discrepancy.verdict.is_agreement and not is_by_claim(function.judged.operation)


def is_by_claim(operation: Operation) -> bool:
    """Whether the operation takes no single planes of float32, so that no matrix of it is measured."""
    return operation.dtype != "float32" or operation.channels != 1


def defined_pairs(judged: Judgement) -> frozenset[Pair]:
    """The pairs at which its matrices are known, and are finite."""
    if judged.sweeps:
        sweeps = judged.sweeps
        return frozenset(p for p in judged.pairs if all(np.isfinite(sweep.matrices[p]).all() for sweep in sweeps))
    if judged.discrepancy is not None and judged.discrepancy.verdict.is_agreement:
        return frozenset(pair for pair in judged.swept if judged.operation.accepts(*pair))
    return frozenset()


def known_convention(judged: Judgement) -> Convention | None:
    """The convention whose exact matrices it has at every pair: its claim, or the one that it was found to be."""
    discrepancy = judged.discrepancy
    if discrepancy is None:
        return None
    if discrepancy.verdict.is_agreement:
        return judged.operation.claim
    named = None if discrepancy.attribution is None else discrepancy.attribution.convention
    if named is None or not judged.sweeps:
        return None
    return named if against_convention(list(judged.sweeps), named).verdict.is_agreement else None


def unmeasured_reason(judged: Judgement) -> str:
    """Why nothing was measured, in one line."""
    discrepancy = judged.discrepancy
    if discrepancy is not None and discrepancy.refused:
        return discrepancy.refused[0][0]
    messages = [message for sweep in judged.sweeps for message in sweep.refused.values()]
    return messages[0] if messages else "defined for none of the sizes asked"


@dataclass(frozen=True, slots=True)
class FunctionDifference:
    """How one function differs from another; the fields mean what they do in :class:`halfpixel.probe.Discrepancy`.

    ``typical`` is the mean over pairs of the worst error at each, which tells a call that differs at few sizes from one
    that differs at all of them. ``worst`` is ``(axis, n_in, n_out, output index)`` and ``image`` the line that shows
    it, values in {-1, 0, 1}. ``pixels_moved`` is NaN where rows have no centre.
    """

    verdict: Verdict
    gain: float
    grey_levels: float
    typical: float
    differing: tuple[Pair, ...] = ()
    worst: tuple[str, int, int, int] | None = None
    image: np.ndarray | None = None
    pixels_moved: float = 0.0


def compare_functions(
    source: MeasuredFunction, target: MeasuredFunction, pairs: tuple[Pair, ...]
) -> FunctionDifference:
    """Compare ``target`` with ``source`` at ``pairs`` along both axes; the tolerance is the sum of both bounds.

    Raises ``ValueError`` without pairs: nothing could be compared.
    """
    layout = packed_matrices.layout(pairs)
    (tolerance, near_tie), (target_tolerance, target_tie) = source.bounds(pairs), target.bounds(pairs)
    tolerance, near_tie = tolerance + target_tolerance, near_tie | target_tie
    axes = []
    for index, axis in enumerate(AXES[:1] if source.is_exact and target.is_exact else AXES):
        expected = packed_matrices.PackedMatrices(layout, source.values(pairs, index), tolerance, near_tie)
        axes.append(packed_matrices.compare_packed(axis, expected, target.values(pairs, index)))
    starts = np.searchsorted(layout.pair, np.arange(len(pairs)))
    typical = float(np.max([np.maximum.reduceat(axis.gain, starts) for axis in axes], axis=0).mean())
    failing = [axis for axis in axes if len(axis.rows)]
    if not failing:
        is_exact = all(axis.is_exact for axis in axes) and source.is_bit_for_bit and target.is_bit_for_bit
        verdict = Verdict.EXACT if is_exact else Verdict.AGREES
        return FunctionDifference(verdict, max(float(axis.gain.max()) for axis in axes), 0.0, typical)
    worst = max(failing, key=lambda axis: axis.gain[axis.worst_row])
    row = worst.worst_row
    n_in, n_out = pairs[layout.pair[row]]
    levels = max(_grey_levels(axis) for axis in failing)
    is_tie = all(near_tie[axis.rows].all() for axis in failing) and _same_jumps(source, target)
    verdict = Verdict.TIES if is_tie else Verdict.APPROXIMATES if levels < 1 else Verdict.DIVERGES
    return FunctionDifference(
        verdict,
        float(worst.gain[row]),
        levels,
        typical,
        tuple(sorted({pair for axis in failing for pair in axis.differing_pairs})),
        (worst.axis, n_in, n_out, int(layout.output[row])),
        np.sign(layout.row(worst.measured - worst.expected.values, row)),
        max((axis.pixels_moved for axis in failing), key=lambda moved: (not np.isnan(moved), moved)),
    )


def _grey_levels(axis: packed_matrices.PackedDifference) -> float:
    """The worst error of a row, for images that are 255 where its difference has one sign, and 0 elsewhere."""
    difference = axis.measured - axis.expected.values
    one_sign = axis.layout.row_sums(np.maximum(difference, 0))[axis.rows]
    return GREY_LEVELS * float(np.maximum(one_sign, axis.gain[axis.rows] - one_sign).max())


def _same_jumps(source: MeasuredFunction, target: MeasuredFunction) -> bool:
    """Whether both document the same kernel: only then is a difference near a jump of it one of rounding."""
    claims = source.judged.operation.claim, target.judged.operation.claim
    kernels = [(claim.kernel, claim.prefilter) for claim in claims if claim is not None]
    return len(kernels) == 2 and kernels[0] == kernels[1]
