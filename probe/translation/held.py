"""One function held against another at all pairs of sizes that both are defined for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from probe import flat
from probe.discrepancy import Verdict
from probe.measure import AXES
from probe.sizes import Pair
from probe.translation.functions import Function

WHITE = 255
"""The brightest of the grey levels that errors are given in; the darkest is 0."""


@dataclass(frozen=True, slots=True)
class Held:
    """How one function differs from another; the fields mean what they do in :class:`probe.Discrepancy`.

    ``typical`` is the mean over pairs of the worst error at each, which tells a call that differs at few sizes from one
    that differs at all of them. ``worst`` is ``(axis, n_in, n_out, output index)`` and ``image`` the line that shows
    it, values in {-1, 0, 1}.
    """

    verdict: Verdict
    gain: float
    grey_levels: float
    typical: float
    differing: tuple[Pair, ...] = ()
    worst: tuple[str, int, int, int] | None = None
    image: np.ndarray | None = None


def held(mine: Function, its: Function, pairs: tuple[Pair, ...]) -> Held:
    """``its`` against ``mine``, at ``pairs``, along both axes; the tolerance is the sum of both rounding bounds.

    Raises ``ValueError`` without pairs: nothing could be compared.
    """
    where = flat.layout(pairs)
    mine_tolerance, mine_ties = mine.bounds(pairs)
    its_tolerance, its_ties = its.bounds(pairs)
    tolerance, near_tie = mine_tolerance + its_tolerance, mine_ties | its_ties
    starts = np.searchsorted(where.pair, np.arange(len(pairs)))
    by_pair = np.zeros(len(pairs))
    differing, failing, is_exact, largest, levels, worst = set(), [], True, 0.0, 0.0, None
    for axis in range(1 if mine.is_exact and its.is_exact else len(AXES)):
        difference = its.values(pairs, axis) - mine.values(pairs, axis)
        gains = where.row_sums(np.abs(difference))
        by_pair = np.maximum(by_pair, np.maximum.reduceat(gains, starts))
        rows = np.flatnonzero(gains > tolerance)
        is_exact &= not difference.any()
        largest = max(largest, float(gains.max()))
        if len(rows):
            differing |= set(where.pair[rows].tolist())
            failing.append(bool(near_tie[rows].all()))
            # The worst image has 255 where the difference of a row has one sign, and 0 elsewhere.
            one_sign = where.row_sums(np.maximum(difference, 0))[rows]
            levels = max(levels, WHITE * float(np.maximum(one_sign, gains[rows] - one_sign).max()))
            top = int(rows[np.argmax(gains[rows])])
            if worst is None or gains[top] > worst[0]:
                worst = float(gains[top]), axis, top, difference
    typical = float(by_pair.mean())
    if worst is None:
        return Held(Verdict.EXACT if is_exact else Verdict.AGREES, largest, 0.0, typical)
    gain, axis, row, difference = worst
    n_in, n_out = pairs[where.pair[row]]
    is_tie = all(failing) and _same_jumps(mine, its)
    verdict = Verdict.TIES if is_tie else Verdict.APPROXIMATES if levels < 1 else Verdict.DIVERGES
    return Held(
        verdict,
        gain,
        levels,
        typical,
        tuple(sorted(pairs[index] for index in differing)),
        (AXES[axis], n_in, n_out, int(where.output[row])),
        np.sign(where.row(difference, row)),
    )


def _same_jumps(mine: Function, its: Function) -> bool:
    """Whether both document the same kernel: only then is a difference near a jump of it one of rounding."""
    claims = [each.judged.operation.claim for each in (mine, its)]
    if None in claims:
        return False
    return (claims[0].kernel, claims[0].prefilter) == (claims[1].kernel, claims[1].prefilter)
