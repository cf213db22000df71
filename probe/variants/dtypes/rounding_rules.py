"""Name the rule by which integer results were rounded, when exact values are rounded once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from halfpixel.golden.rounding import NEAREST_RULES, ROUNDING_RULES, rounded_parts, within_range
from halfpixel.probe.variants.dtypes.worst_case_inputs import IntegerCases, IntegerGrid

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
"""Results of values beyond the range; see :class:`RoundingRule`."""


_BEYOND = {
    "saturate": "saturates",
    "wrap": "wraps around",
    "unsigned": "negative becomes 0",
    "lowest": "overflow gives the lowest",
    "overflow": "overflows at the ends",
}


@dataclass(frozen=True, slots=True, eq=False)
class IntegerResults:
    """The results of integer cases, int64 ``(K, h * w)``."""

    cases: IntegerCases
    results: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class ExactValues:
    """Every exact value of several planes, flat: ``whole + remainders / denominators``, all int64."""

    whole: np.ndarray
    remainders: np.ndarray
    denominators: np.ndarray

    def moved(self, by: np.ndarray) -> ExactValues:
        """The values plus ``by``, rounded away from zero to what denominators can say."""
        # Finer denominators, as far as int64 has room for them, for moves of less than one over the own.
        finer = 2 ** np.clip(60 - np.ceil(np.log2(self.denominators)), 0, 20).astype(np.int64)
        denominators = self.denominators * finer
        whole = np.trunc(by).astype(np.int64)
        part = (by - whole) * denominators
        moved = self.remainders * finer + np.where(part < 0, np.floor(part), np.ceil(part)).astype(np.int64)
        carried = moved // denominators
        return ExactValues(self.whole + whole + carried, moved - carried * denominators, denominators)

    def rounded(self, rule: str) -> np.ndarray:
        """Integers, by one of golden's rules."""
        return rounded_parts(rule, self.whole, self.remainders, self.denominators)

    @property
    def are_whole(self) -> bool:
        """Whether there is nothing to round."""
        return not self.remainders.any()


@dataclass(frozen=True, slots=True)
class RoundingRule:
    """A rule that explains results, and the share of them that it explains.

    rounding
        One of golden's rules, several with ``/`` between them where the results do not tell them apart; of two passes,
        that of the last. Empty where arithmetic may err by more than the rules differ.
    overflow
        ``saturate``, ``wrap``, ``unsigned`` (saturates as the unsigned type of that width does, so that negative values
        become 0), ``lowest`` (gives the lowest value, as x86 converts floats out of range: "integer indefinite" of
        CVTTSS2SI, https://www.felixcloutier.com/x86/cvttss2si), ``overflow`` where it is one of those that do not
        saturate, or empty where nothing went beyond the range.
    passes
        Between two passes: ``rounds``, ``clamps``, ``rounds and clamps``; empty for one rounding.
    weights
        The precision of short weights (``11-bit weights``) and coordinates; empty where they are exact.
    share
        Of the results, that this explains; 1 for a rule.
    offset
        Levels added to every result.
    has_coarse_coordinates
        Whether coordinates are rounded to a fraction of a pixel.
    """

    rounding: str
    overflow: str
    passes: str = ""
    weights: str = ""
    order: str = ""
    share: float = 1.0
    offset: int = 0
    has_coarse_coordinates: bool = False

    @property
    def rounds(self) -> bool:
        """Whether the first of two passes rounds."""
        return self.passes.startswith("rounds")

    @property
    def clamps(self) -> bool:
        """Whether the first of two passes clamps."""
        return self.passes.endswith("clamps")

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
        """The rounding and clamping between two passes, in words."""
        return f"{self.passes} between passes" if self.passes else ""

    @property
    def beyond(self) -> str:
        """The results of values beyond the range, in words."""
        return _BEYOND.get(self.overflow, "")

    @property
    def headline(self) -> str:
        """The rule in at most six words: its unusual parts, or else its name and the results beyond the range."""
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


def exact_values_of(planes: list[IntegerResults]) -> ExactValues:
    """The exact values of all cases, in the order of their results."""
    parts = [_parts(plane.cases) for plane in planes]
    return ExactValues(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@lru_cache(maxsize=1024)
def _parts(cases: IntegerCases) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    whole = cases.numerators // cases.denominators
    remainders = cases.numerators - whole * cases.denominators
    denominators = np.broadcast_to(cases.denominators, whole.shape)
    whole, remainders, denominators = (part.astype(np.int64).ravel() for part in (whole, remainders, denominators))
    return whole, remainders, denominators


def single_rounding_rule(
    values: ExactValues, results: np.ndarray, grid: IntegerGrid, margin: np.ndarray, allowed: np.ndarray
) -> RoundingRule:
    """The rule that explains most results when values are rounded once.

    ``margin`` is the error of the exact values, ``allowed`` that of the arithmetic, in levels. A rule explains a result
    when it gives it for some value that near. Among rules that explain as many, those that explain most without
    allowance are named.
    """
    scores: dict[tuple[str, str], tuple[float, float]] = {}
    near = values.moved(-margin - allowed), values.moved(margin + allowed)
    own = (values.moved(-margin), values.moved(margin)) if margin.any() else (values, values)
    for rule in ROUNDING_RULES:
        loose, strict = ((low.rounded(rule), high.rounded(rule)) for low, high in (near, own))
        for overflow in OVERFLOWS if grid.lowest < 0 else OVERFLOWS[:2]:
            share, strictly = (float(_within(results, *ends, grid, overflow).mean()) for ends in (loose, strict))
            scores[rule, overflow] = share, strictly
    most, exact = max(scores.values())
    best = [key for key, score in scores.items() if score == (most, exact)]
    if most == 1 and (exact < 1 or margin.any()):
        # The error of the arithmetic blurs ties: they do not distinguish the rules that explain everything.
        best = [key for key, score in scores.items() if score[0] == most]
    overflows = list(dict.fromkeys(overflow for _, overflow in best))
    if len(overflows) > 1:
        overflows = [""] if "saturate" in overflows else ["overflow"]
    rules = list(dict.fromkeys(rule for rule, _ in best))
    if len(rules) == len(ROUNDING_RULES) and not values.are_whole:
        rules = [""]
    return RoundingRule("/".join(rules), overflows[0], share=most)


def offset_rounding_rule(
    values: ExactValues, results: np.ndarray, grid: IntegerGrid, margin: np.ndarray, allowed: np.ndarray
) -> RoundingRule:
    """As :func:`single_rounding_rule`, for results that are all off by the same number of levels as well.

    Where results have reached an end of the range they cannot show it, and are left out.
    """
    offset = int(np.rint(np.median(results - values.whole - values.remainders / values.denominators)))
    inside = (results > grid.lowest) & (results < grid.highest)
    if not offset or not inside.any():
        return RoundingRule("half_even", "", share=0.0)
    kept = ExactValues(values.whole[inside], values.remainders[inside], values.denominators[inside])
    rule = single_rounding_rule(kept, results[inside] - offset, grid, margin[inside], allowed[inside])
    return replace(rule, offset=offset)


def _within(results: np.ndarray, low: np.ndarray, high: np.ndarray, grid: IntegerGrid, overflow: str) -> np.ndarray:
    """Which results lie between two roundings, once these are brought into the range."""
    inside: np.ndarray
    if overflow == "wrap":
        inside = (results - low) % (grid.highest - grid.lowest + 1) <= high - low
    elif overflow == "lowest":
        is_out = (high > grid.highest) | (low < grid.lowest)
        inside = ((low <= results) & (results <= high)) | (is_out & (results == grid.lowest))
    else:
        if overflow == "unsigned":
            results = results % (grid.highest - grid.lowest + 1)
        low, high = (clamped_to_grid(end, grid, overflow) for end in (low, high))
        inside = (low <= results) & (results <= high)
    return inside


def clamped_to_grid(values: np.ndarray, grid: IntegerGrid, overflow: str) -> np.ndarray:
    """Integers brought into the range of the grid, or of the unsigned type of its width for ``unsigned``."""
    lowest, highest = (0, grid.highest - grid.lowest) if overflow == "unsigned" else (grid.lowest, grid.highest)
    return within_range(values, lowest, highest, "wrap" if overflow == "wrap" else "saturate")
