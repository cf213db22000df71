"""Which conventions explain results in grey levels, to within how results are rounded; and how they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from golden import Convention
from golden.rounding import ROUNDING_RULES, rounded
from probe import space
from probe.forms import LEVELS
from probe.levels.images import Lines
from probe.sizes import Pair

EXACT, FIXED_POINT = 0.03, 0.2
"""Levels that arithmetic may add to rounding: float32's on sums of a few hundred; weights of 11 bits in two passes,
``255 * 2 * 2**-12`` and half as much again for the second pass."""
_SCREEN = 0.006
_BINARY = 2**30


@dataclass(frozen=True, slots=True)
class Explained:
    """How well a convention explains results.

    low, high
        The range of results less exact values, levels, of those that are within the range of levels.
    allowance
        Levels beyond rounding that are needed: least of those tried.
    rows
        ``(pair, output)`` of picks on the other side of a tie than the exact one.
    """

    low: float
    high: float
    allowance: float
    rows: tuple[tuple[Pair, int], ...] = ()

    @property
    def spread(self) -> float:
        """How far results are apart from exact values, levels."""
        return self.high - self.low


def is_rounding(low: float, high: float, resolution: float, allowance: float) -> bool:
    """Whether residuals between ``low`` and ``high`` are those of some rounding, to the nearest or one way."""
    half = resolution / 2
    return any(
        low >= shift - half - allowance and high <= shift + half + allowance for shift in (0.0, -half, half)
    )  # fmt: skip


def explaining(
    lines: Mapping[Pair, Lines], weights: Mapping[Pair, np.ndarray], resolution: float, extra: Iterable[Convention] = ()
) -> dict[Convention, Explained]:
    """The conventions that explain all results, the plainest first, with the least allowance that any needs."""
    candidates = [*_screened(weights), *extra]
    found: dict[Convention, Explained] = {}
    for convention in candidates:
        explained = explanation(convention, lines, resolution)
        if explained is not None:
            found[convention] = explained
    least = min((one.allowance for one in found.values()), default=0.0)
    return {convention: one for convention, one in found.items() if one.allowance == least}


def _screened(weights: Mapping[Pair, np.ndarray]) -> list[Convention]:
    chosen = np.ones(len(space.space()), dtype=bool)
    for pair in space.screens(weights):
        values, near_tie = space.stack_of(pair)
        off = np.abs(values - weights[pair]).max(axis=2)
        chosen &= ((off <= _SCREEN) | near_tie).all(axis=1)
    return [space.space()[index] for index in np.flatnonzero(chosen)]


def explanation(convention: Convention, lines: Mapping[Pair, Lines], resolution: float) -> Explained | None:
    """How a convention explains all results; ``None`` when it does not, within any allowance."""
    low, high = 0.0, 0.0
    odd: list[tuple[Pair, int]] = []
    worst = FIXED_POINT if resolution else EXACT / 3
    for pair, one in lines.items():
        exact = space.exact(convention, pair)
        if exact is None:
            return None
        left = one.beyond(exact.values)
        rows_low, rows_high = left.min(axis=1), left.max(axis=1)
        fits = [is_rounding(a, b, resolution, worst) for a, b in zip(rows_low, rows_high, strict=True)]
        for row in np.flatnonzero(~np.array(fits)):
            moved = _on_the_other_side(convention, one, int(row), resolution, worst) if exact.near_tie[row] else None
            if moved is None:
                return None
            odd.append((pair, int(row)))
            rows_low[row], rows_high[row] = moved
        low, high = min(low, float(rows_low.min())), max(high, float(rows_high.max()))
        if not is_rounding(low, high, resolution, worst):
            return None
    allowances = (EXACT, FIXED_POINT) if resolution else (EXACT / 3,)
    needed = next(allowance for allowance in allowances if is_rounding(low, high, resolution, allowance))
    return Explained(low, high, needed, tuple(odd))


def _on_the_other_side(
    convention: Convention, lines: Lines, row: int, resolution: float, allowance: float
) -> tuple[float, float] | None:
    for values in space.moved(convention, lines.pair):
        left = lines.got[row] - np.clip(values[row] @ lines.given, 0, LEVELS)
        if is_rounding(float(left.min()), float(left.max()), resolution, allowance):
            return float(left.min()), float(left.max())
    return None


def rounding_rules(lines: Mapping[Pair, Lines], matrices: Mapping[Pair, np.ndarray]) -> tuple[str, float]:
    """The rules, ``/`` between those not told apart, that explain most results within the range; and their share.

    A rule is one of golden's; a value within a millionth of a tie is one.
    """
    scores = dict.fromkeys(ROUNDING_RULES, 0)
    count = 0
    for pair, one in lines.items():
        if pair not in matrices:
            continue
        values = matrices[pair] @ one.given
        inside = (values > 1) & (values < LEVELS - 1)
        numerators = np.rint(values[inside] * _BINARY).astype(np.int64)
        # Least squares and float64 miss a tie by less than this; exact halves and wholes are what rules differ at.
        twice = np.rint(values[inside] * 2)
        is_tie = np.abs(values[inside] * 2 - twice) < 1e-6
        numerators = np.where(is_tie, (twice * (_BINARY // 2)).astype(np.int64), numerators)
        count += int(inside.sum())
        for rule in ROUNDING_RULES:
            scores[rule] += int((rounded(rule, numerators, _BINARY) == one.got[inside]).sum())
    most = max(scores.values())
    return "/".join(rule for rule, score in scores.items() if score == most), most / max(count, 1)
