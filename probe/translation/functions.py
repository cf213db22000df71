"""Every measured operation as one vector at a few pairs of sizes, so that near functions are found all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache

import numpy as np

from adapters import Operation
from golden import Convention
from probe import flat
from probe.compare import against_convention
from probe.discrepancy import Discrepancy, Verdict
from probe.measure import AXES
from probe.sizes import SPARSE, Pair
from probe.store import Judgement

_FEWEST = 8
"""Of the sparse pairs that were swept; with fewer in common, all the pairs there are stand in for them."""


class Function:
    """What one or several operations do: their matrices, as exact ones or as measured.

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

    def values(self, pairs: tuple[Pair, ...], axis: int) -> np.ndarray:
        """The matrices of ``pairs`` along one axis, flat, float64; those pairs must be among ``defined``."""
        if self.is_exact:
            return self._chosen(pairs).values
        return flat.measured(self.judged.sweeps[axis], pairs).astype(np.float64)

    def few(self, pairs: tuple[Pair, ...], axis: int) -> np.ndarray:
        """As :meth:`values`, without computing any other pair's."""
        return flat.exact(self.convention, pairs).values if self.is_exact else self.values(pairs, axis)

    def bounds(self, pairs: tuple[Pair, ...]) -> tuple[np.ndarray, np.ndarray]:
        """By row of ``flat.layout(pairs)``: the gain that rounding explains, and whether it is near a tie."""
        if self.judged.operation.claim is not None:
            chosen = self._chosen(pairs)
            return chosen.tolerance, chosen.near_tie
        where = flat.layout(pairs)
        bounds = [flat.rounding_only(where, self.values(pairs, axis)) for axis in range(len(AXES))]
        return np.maximum(*bounds), np.zeros(len(where.pair), dtype=bool)

    @cached_property
    def _every(self) -> flat.Values:
        """Of the claim, at all pairs that are defined: exact matrices are dear, and few of them ever differ."""
        return flat.exact(self.judged.operation.claim, tuple(sorted(self.defined)))

    def _chosen(self, pairs: tuple[Pair, ...]) -> flat.Values:
        every = self._every
        if pairs == every.layout.pairs:
            return every
        rows, values = _subset(every.layout.pairs, pairs)
        return flat.Values(flat.layout(pairs), every.values[values], every.tolerance[rows], every.near_tie[rows])

    @cached_property
    def norms(self) -> dict[Pair, float]:
        """By pair, by how much it can enlarge a value: the largest ``sum_i |w_i|`` of a row, along either axis."""
        pairs = tuple(sorted(self.defined))
        where = flat.layout(pairs)
        rows = [where.row_sums(np.abs(self.values(pairs, axis))) for axis in range(len(AXES))]
        starts = np.searchsorted(where.pair, np.arange(len(pairs)))
        return dict(zip(pairs, np.maximum.reduceat(np.maximum(*rows), starts).tolist(), strict=True))


@lru_cache(maxsize=64)
def _subset(known: tuple[Pair, ...], pairs: tuple[Pair, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Which rows, and which values, of the layout of ``known`` are those of ``pairs``; both sorted."""
    where, wanted = flat.layout(known), set(pairs)
    rows = np.isin(where.pair, [place for place, pair in enumerate(known) if pair in wanted])
    lengths = np.repeat([n_in for n_in, _ in known], [n_out for _, n_out in known])
    return rows, np.repeat(rows, lengths)


_MEMORY = 200_000_000
"""Bytes of matrices kept at a time: at the full sizes, those of all functions would be gigabytes."""


class Functions:
    """The functions of many operations, each once, and how far any is from the others at a few pairs.

    ``judge`` measures an operation or reads what was measured; those that take no float32 are taken at their word.
    Operations that agree with equal claims, and are defined
    for the same pairs, are one function. What was not measured is in :attr:`missing`, with the reason.
    """

    def __init__(
        self, operations: Iterable[Operation], judge: Callable[[Operation], Judgement], swept: tuple[Pair, ...]
    ) -> None:
        self._judge = lambda one: by_claim(one, swept) if is_by_claim(one) else judge(one)
        self.operations = tuple(operations)
        self.place: dict[str, int] = {}
        self.missing: dict[str, str] = {}
        self.recipes: dict[object, tuple] = {}
        self._keys: dict[object, int] = {}
        self._first: list[tuple[Operation, Convention | None]] = []
        few = tuple(pair for pair in SPARSE.pairs if pair in set(swept))
        self.few = few if len(few) >= _FEWEST else tuple(sorted(swept))
        where = flat.layout(self.few)
        self._rows = where.start
        self._starts = np.concatenate([[0], np.cumsum([n_out for _, n_out in self.few])[:-1]])
        vectors, masks = [], []
        for operation in self.operations:
            judged = self._judge(operation)
            defined = defined_pairs(judged)
            if not defined:
                self.missing[operation.id] = reason(judged)
                continue
            key = (judged.operation.claim, defined, judged.swept) if not judged.sweeps else operation.id
            if key not in self._keys:
                self._keys[key] = len(vectors)
                self._first.append((operation, known_convention(judged)))
                function = Function(judged, self._first[-1][1], len(vectors))
                vectors.append(self._vector(function))
                masks.append([pair in defined for pair in self.few])
            self.place[operation.id] = self._keys[key]
        self.vectors = np.array(vectors, dtype=np.float32)
        self.masks = np.array(masks, dtype=bool).reshape(len(vectors), len(self.few))
        each = sum(n_in * n_out for n_in, n_out in swept) * np.dtype(np.float64).itemsize * len(AXES)
        self.function = lru_cache(maxsize=max(_FEWEST, _MEMORY // max(each, 1)))(self._function)
        self.gains = lru_cache(maxsize=4)(self._gains)

    def _function(self, place: int) -> Function:
        operation, convention = self._first[place]
        return Function(self._judge(operation), convention, place)

    def convention(self, operation: Operation) -> Convention | None:
        """What it is known to do at every swept pair; ``KeyError`` for an operation in :attr:`missing`."""
        return self._first[self.place[operation.id]][1]

    def of(self, operation: Operation) -> Function:
        """The function of a measured operation; ``KeyError`` for one in :attr:`missing`."""
        return self.function(self.place[operation.id])

    def _vector(self, function: Function) -> np.ndarray:
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
        found = []
        for axis in range(len(AXES)):
            rows = np.add.reduceat(difference[:, axis * half : (axis + 1) * half], self._rows, axis=1)
            found.append(np.maximum.reduceat(rows, self._starts, axis=1))
        return np.maximum(*found)


def by_claim(operation: Operation, pairs: tuple[Pair, ...]) -> Judgement:
    """A judgement that takes an operation at its word, for calls of integers or colours, which are measured otherwise.

    What it documents is then translated; whether it does that is the question of the suite of dtypes. Of one that
    documents nothing, nothing is known.
    """
    if operation.claim is None:
        refused = (("it takes no float32, and its documentation states no convention", 0),)
        return Judgement(
            operation, Discrepancy(operation.id, "nothing", Verdict.UNSUPPORTED, refused=refused), (), pairs
        )
    return Judgement(operation, Discrepancy(operation.id, str(operation.claim), Verdict.AGREES), (), pairs)


def is_by_claim(operation: Operation) -> bool:
    """Whether it takes no single planes of float32, so that no matrix of it is measured."""
    return operation.dtype != "float32" or operation.channels != 1


def defined_pairs(judged: Judgement) -> frozenset[Pair]:
    """The pairs at which its matrices are known, and are numbers: nobody wants NaN reproduced."""
    if judged.sweeps:
        sweeps = judged.sweeps
        return frozenset(p for p in judged.pairs if all(np.isfinite(each.matrices[p]).all() for each in sweeps))
    if judged.discrepancy is not None and judged.discrepancy.verdict.is_agreement:
        return frozenset(pair for pair in judged.swept if judged.operation.accepts(*pair))
    return frozenset()


def known_convention(judged: Judgement) -> Convention | None:
    """The convention whose exact matrices it has at every pair: its claim, or the one that it was found to be."""
    found = judged.discrepancy
    if found is None:
        return None
    if found.verdict.is_agreement:
        return judged.operation.claim
    named = None if found.attribution is None else found.attribution.convention
    if named is None or not judged.sweeps:
        return None
    return named if against_convention(list(judged.sweeps), named).verdict.is_agreement else None


def reason(judged: Judgement) -> str:
    """Why nothing was measured, in one line."""
    found = judged.discrepancy
    if found is not None and found.refused:
        return found.refused[0][0]
    messages = [message for one in judged.sweeps for message in one.refused.values()]
    return messages[0] if messages else "defined for none of the sizes asked"
