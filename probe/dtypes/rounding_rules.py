"""Names the rule by which integer results were rounded, when exact values are rounded once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from golden.rounding import NEAREST_RULES, ROUNDING_RULES, rounded_parts, within_range
from probe.dtypes.adversary import Cases, Grid

WORDS = {
    "half_even": "half-even",
    "half_up": "half-up",
    "half_away": "half-away",
    "half_down": "half-down",
    "truncate": "truncates",
    "floor": "floors",
    "ceil": "rounds up",
}
OVERFLOWS = ("saturate", "wrap", "unsigned", "lowest")
"""What may happen beyond the range; see :class:`Rule`."""


_BEYOND = {
    "saturate": "saturates",
    "wrap": "wraps around",
    "unsigned": "negative becomes 0",
    "lowest": "overflow gives the lowest",
    "overflow": "overflows at the ends",
}


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What came out, int64 ``(K, h * w)``, beside the cases that went in."""

    cases: Cases
    results: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Every exact value of several planes, flat: ``whole + remainders / denominators``, all int64."""

    whole: np.ndarray
    remainders: np.ndarray
    denominators: np.ndarray

    def moved(self, by: np.ndarray) -> Values:
        """The values plus ``by``, rounded away from zero to what denominators can say."""
        # Finer denominators, as far as int64 has room for them, for moves of less than one over the own.
        finer = 2 ** np.clip(60 - np.ceil(np.log2(self.denominators)), 0, 20).astype(np.int64)
        denominators = self.denominators * finer
        whole = np.trunc(by).astype(np.int64)
        part = (by - whole) * denominators
        moved = self.remainders * finer + np.where(part < 0, np.floor(part), np.ceil(part)).astype(np.int64)
        carried = moved // denominators
        return Values(self.whole + whole + carried, moved - carried * denominators, denominators)

    def rounded(self, rule: str) -> np.ndarray:
        """Integers, by one of golden's rules."""
        return rounded_parts(rule, self.whole, self.remainders, self.denominators)

    @property
    def are_whole(self) -> bool:
        """Whether there is nothing to round."""
        return not self.remainders.any()


@dataclass(frozen=True, slots=True)
class Rule:
    """What explains the results, in words, and how much of them.

    rounding
        One of golden's rules, several with ``/`` between them where the results do not tell them apart; of two passes,
        that of the last. Empty where arithmetic may err by more than the rules differ.
    overflow
        ``saturate``, ``wrap``, ``unsigned`` (saturates as the unsigned type of that width does, so that negative values
        become 0), ``lowest`` (gives the lowest value, as x86 converts floats out of range: "integer indefinite" of
        CVTTSS2SI, https://www.felixcloutier.com/x86/cvttss2si), ``overflow`` where it is one of those that do not
        saturate, or empty where nothing went beyond the range.
    passes
        What happens between two passes (``rounds``, ``clamps``, ``rounds and clamps``); empty for one rounding.
    weights
        How short the weights are (``11-bit weights``), or the coordinates; empty where they are exact.
    share
        Of the results, that this explains; 1 for a rule.
    offset
        What is added to every result on top, in levels.
    """

    rounding: str
    overflow: str
    passes: str = ""
    weights: str = ""
    order: str = ""
    share: float = 1.0
    offset: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every result is explained."""
        return self.share == 1.0

    @property
    def name(self) -> str:
        """How values are rounded, in a word or two."""
        names = set(self.rounding.split("/"))
        if names == {""}:
            return "rounding too fine to tell"
        if len(names) == len(ROUNDING_RULES):
            return "copies"
        if names == {"half_up", "half_away"}:
            return "half-up"
        if names >= set(NEAREST_RULES) or (len(names) > 1 and names <= set(NEAREST_RULES)):
            return "to nearest"
        return " or ".join(WORDS[name] for name in self.rounding.split("/"))

    @property
    def between(self) -> str:
        """What happens between two passes, in words."""
        return f"{self.passes} between passes" if self.passes else ""

    @property
    def beyond(self) -> str:
        """What happens beyond the range, in words."""
        return _BEYOND.get(self.overflow, "")

    @property
    def headline(self) -> str:
        """The rule in at most six words: what is unusual about it, or else its name and what is beyond the range."""
        if not self.is_whole:
            return "no single rule"
        if self.overflow not in ("", "saturate"):
            return self.beyond
        unusual = [self.between, self.weights, f"{self.offset:+d} level" if self.offset else ""]
        return ", ".join(filter(None, unusual)) or ", ".join(filter(None, (self.name, self.beyond)))

    def __str__(self) -> str:
        between = f"{self.between} ({self.order})" if self.passes else ""
        added = f"{self.offset:+d} level" if self.offset else ""
        return ", ".join(filter(None, (self.name, self.beyond, between, self.weights, added)))


def values_of(seen: list[Seen]) -> Values:
    """The exact values of all cases, in the order of their results."""
    parts = [_parts(one.cases) for one in seen]
    return Values(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@lru_cache(maxsize=1024)
def _parts(cases: Cases) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    whole = cases.numerators // cases.denominators
    remainders = cases.numerators - whole * cases.denominators
    denominators = np.broadcast_to(cases.denominators, whole.shape)
    return tuple(part.astype(np.int64).ravel() for part in (whole, remainders, denominators))


def in_one_pass(values: Values, results: np.ndarray, grid: Grid, margin: np.ndarray, allowed: np.ndarray) -> Rule:
    """The rule that explains most results when values are rounded once.

    ``margin`` is by how much the exact values may be off, ``allowed`` what arithmetic may add, in levels. A rule
    explains a result when it gives it for some value that near. Among rules that explain as many, those that explain
    most without allowance are named.
    """
    found: dict[tuple[str, str], tuple[float, float]] = {}
    near = values.moved(-margin - allowed), values.moved(margin + allowed)
    own = (values.moved(-margin), values.moved(margin)) if margin.any() else (values, values)
    overflows = OVERFLOWS if grid.lowest < 0 else OVERFLOWS[:2]
    for rule in ROUNDING_RULES:
        loose, strict = ((low.rounded(rule), high.rounded(rule)) for low, high in (near, own))
        for overflow in overflows:
            found[rule, overflow] = tuple(_within(results, *ends, grid, overflow).mean() for ends in (loose, strict))
    most, exact = max(found.values())
    best = [key for key, score in found.items() if score == (most, exact)]
    if most == 1 and (exact < 1 or margin.any()):
        # What arithmetic adds blurs ties: the rules that explain everything are not told apart by them.
        best = [key for key, score in found.items() if score[0] == most]
    overflows = dict.fromkeys(overflow for _, overflow in best)
    if len(overflows) > 1 and "saturate" not in overflows:
        overflows = {"overflow": None}
    rules = dict.fromkeys(rule for rule, _ in best)
    if len(rules) == len(ROUNDING_RULES) and not values.are_whole:
        rules = {"": None}
    return Rule("/".join(rules), *overflows if len(overflows) == 1 else ("",), share=float(most))


def with_offset(values: Values, results: np.ndarray, grid: Grid, margin: np.ndarray, allowed: np.ndarray) -> Rule:
    """As :func:`in_one_pass`, for results that are all off by the same number of levels as well.

    Where results have reached an end of the range they cannot show it, and are left out.
    """
    offset = int(np.rint(np.median(results - values.whole - values.remainders / values.denominators)))
    inside = (results > grid.lowest) & (results < grid.highest)
    if not offset or not inside.any():
        return Rule("half_even", "", share=0.0)
    kept = Values(values.whole[inside], values.remainders[inside], values.denominators[inside])
    found = in_one_pass(kept, results[inside] - offset, grid, margin[inside], allowed[inside])
    return replace(found, offset=offset)


def _within(results: np.ndarray, low: np.ndarray, high: np.ndarray, grid: Grid, overflow: str) -> np.ndarray:
    if overflow == "wrap":
        return (results - low) % (grid.highest - grid.lowest + 1) <= high - low
    if overflow == "lowest":
        is_out = (high > grid.highest) | (low < grid.lowest)
        return ((low <= results) & (results <= high)) | (is_out & (results == grid.lowest))
    if overflow == "unsigned":
        results = results % (grid.highest - grid.lowest + 1)
    low, high = (clamped(end, grid, overflow) for end in (low, high))
    return (low <= results) & (results <= high)


def clamped(values: np.ndarray, grid: Grid, overflow: str) -> np.ndarray:
    """Integers brought into the range of the grid, or of the unsigned type of its width for ``unsigned``."""
    lowest, highest = (0, grid.highest - grid.lowest) if overflow == "unsigned" else (grid.lowest, grid.highest)
    return within_range(values, lowest, highest, "wrap" if overflow == "wrap" else "saturate")
