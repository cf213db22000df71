"""The rule that observations of both axes follow: one for all sizes, or up to three, each under a condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from halfpixel.golden import Convention
from halfpixel.golden.rules import FEATURES, AxisSizes, Comparison, Part, PiecewiseRule, ResizeRule
from halfpixel.probe.identify.rules.axis_observations import Observation
from halfpixel.probe.identify.rules.sampling_fits import error_of, fitted_line, kernels_of
from halfpixel.probe.identify.rules.sampling_laws import Law, Lines, given_rules, jumping_rules, plain_rules

_PARTS = 3
_FEWEST = 3
"""Observations that tell conventions apart, at least, for a part with a rule of its own."""
_SCREENED = 4
_KERNELS = 16
_RANKED = 4
_LAWS, _ALIKE = 3, 4
"""Laws that are looked for, each in what the ones before leave, and how many that follow equally many lines."""

_DIRECTIONS = (
    *(
        Comparison(feature, relation, Fraction(1))
        for feature, relations in (
            ("ratio", ("<", ">", "=", "<=", ">=")),
            ("larger_ratio", (">", "<", "<=")),
            ("smaller_ratio", ("<", ">", ">=")),
            ("other_ratio", ("<", ">", "=")),
        )
        for relation in relations
    ),
    Comparison("is_width", "=", Fraction(1)),
    Comparison("is_width", "=", Fraction(0)),
)
_SIZES = tuple(name for name in FEATURES if name != "is_width")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A rule, and by how much a row's sum is off at each observation beyond rounding; 0 where it explains one."""

    rule: ResizeRule
    errors: tuple[float, ...]

    def unexplained(self, observations: Sequence[Observation]) -> list[Observation]:
        """The observations that it does not explain."""
        return [seen for seen, error in zip(observations, self.errors, strict=True) if error]


@lru_cache(maxsize=1 << 15)
def error_at(rule: ResizeRule, seen: Observation) -> float:
    """:func:`error_of`, kept."""
    return error_of(rule, seen)


def find_rule(observations: Sequence[Observation]) -> tuple[PiecewiseRule | None, Ranked | None]:
    """The rule that explains all ``observations``, or ``None``; and the single rule that explains most of them.

    A part without a rule, at the sizes of a condition that most of the rest share, is one that no known rule explains.
    """
    ranked = _ranked(observations)
    best = ranked[0] if ranked else None
    parts = _parts(list(observations), ranked, _PARTS)
    if parts is not None:
        return PiecewiseRule(tuple(parts)), best
    if best is not None and (part := _exception(best, observations)) is not None:
        return PiecewiseRule((part, Part(best.rule))), best
    return None, best


def _parts(observations: list[Observation], ranked: list[Ranked], most: int) -> list[Part] | None:
    if not ranked:
        return None
    if not any(ranked[0].errors):
        return [Part(ranked[0].rule)]
    if most == 1:
        return None
    for main in ranked[:_RANKED]:
        rest = main.unexplained(observations)
        kept = [seen for seen in observations if not error_at(main.rule, seen)]
        if sum(seen.is_telling for seen in kept) < _FEWEST or sum(seen.is_telling for seen in rest) < _FEWEST:
            continue
        exceptions = _parts(rest, _ranked(rest), most - 1)
        if exceptions is None:
            continue
        for conditions in covering_conditions(rest, kept):
            inside = [seen for seen in observations if all(c.holds(seen.sizes) for c in conditions)]
            nested = PiecewiseRule(tuple(exceptions))
            if all(_is_explained(nested, seen) for seen in inside):
                return [*(Part(part.rule, (*conditions, *part.conditions)) for part in exceptions), Part(main.rule)]
    return None


def _is_explained(rule: PiecewiseRule, seen: Observation) -> bool:
    there = rule.at(seen.sizes)
    return there is not None and not error_at(there, seen)


def _exception(best: Ranked, observations: Sequence[Observation]) -> Part | None:
    """The sizes at which ``best`` does not hold, where one condition says so and most of them are such sizes."""
    rest = best.unexplained(observations)
    kept = [seen for seen in observations if seen.is_telling and not error_at(best.rule, seen)]
    if len(kept) < max(_FEWEST, len(rest)):
        return None
    for conditions in covering_conditions(rest, kept):
        inside = [seen for seen in kept if all(c.holds(seen.sizes) for c in conditions)]
        if len(inside) <= len(rest) / 2:
            return Part(None, conditions)
    return None


def covering_conditions(rest: Sequence[Observation], kept: Sequence[Observation]) -> Iterator[tuple[Comparison, ...]]:
    """Conditions that hold for all of ``rest`` and not for all that tells in ``kept``, the simplest first."""
    telling = [seen.sizes for seen in kept if seen.is_telling]
    least = min(_FEWEST, len(telling))
    inside = [seen.sizes for seen in rest]

    def separates(conditions: tuple[Comparison, ...]) -> bool:
        return sum(not all(c.holds(sizes) for c in conditions) for sizes in telling) >= max(1, least)

    directions = [c for c in _DIRECTIONS if all(c.holds(sizes) for sizes in inside)]
    singles = [(c,) for c in directions]
    thresholds = [(c,) for c in tight_thresholds(inside, telling)]
    yield from (conditions for conditions in singles if separates(conditions))
    # Of thresholds, those that leave fewest of the explained inside come first.
    within = {c: sum(all(one.holds(sizes) for one in c) for sizes in telling) for c in thresholds}
    yield from sorted((c for c in thresholds if separates(c)), key=lambda c: within[c])
    for direction in directions:
        there = [sizes for sizes in telling if direction.holds(sizes)]
        if 0 < len(there) < len(telling):
            both = [(direction, c) for c in tight_thresholds(inside, there)]
            count = {c: sum(all(one.holds(sizes) for one in c) for sizes in telling) for c in both}
            yield from sorted((c for c in both if count[c] < len(there)), key=lambda c: count[c])


def tight_thresholds(inside: Sequence[AxisSizes], outside: Sequence[AxisSizes]) -> Iterator[Comparison]:
    """For each feature the two thresholds next to ``inside``, of those that some of ``outside`` lie beyond."""
    for feature in _SIZES:
        measure = FEATURES[feature]
        values = [measure(sizes) for sizes in inside]
        others = [measure(sizes) for sizes in outside]
        above = min((value for value in others if value > max(values)), default=None)
        below = max((value for value in others if value < min(values)), default=None)
        if feature.endswith("ratio"):
            if above is not None:
                simple = simplest_between(max(values), above)
                yield Comparison(feature, "<" if simple > max(values) else "<=", simple)
            if below is not None:
                simple = simplest_between(below, min(values))
                yield Comparison(feature, ">" if simple < min(values) else ">=", simple)
            continue
        if above is not None:
            yield Comparison(feature, "<", above)
        if below is not None:
            yield Comparison(feature, ">=", min(values))


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction with the smallest denominator in ``[low, high]``."""
    whole = -(-low.numerator // low.denominator)
    if whole <= high:
        return Fraction(whole)
    floor = low.numerator // low.denominator
    return floor + 1 / simplest_between(1 / (high - floor), 1 / (low - floor))


def _ranked(observations: Sequence[Observation]) -> list[Ranked]:
    """Rules that explain some of ``observations``, those that explain most of what tells first."""
    telling = [seen for seen in observations if seen.is_telling]
    if not telling:
        return []
    ranked: dict[ResizeRule, Ranked] = {}

    def weigh(rule: ResizeRule) -> Ranked:
        if rule not in ranked:
            ranked[rule] = Ranked(rule, tuple(error_at(rule, seen) for seen in observations))
        return ranked[rule]

    blends = [seen for seen in telling if not _is_flat(seen)]
    for rule in given_rules() if telling[0].sizes.given is not None else ():
        if not any(error_at(rule, seen) for seen in spread(telling, 3)) and not any(weigh(rule).errors):
            return [ranked[rule]]
    candidates = _jumping_candidates(telling) if len(blends) <= len(telling) / 5 else _candidates(blends)
    for rule, tested in candidates:
        if rule not in ranked and any(not error_at(rule, seen) for seen in tested) and not any(weigh(rule).errors):
            return [ranked[rule]]
    counted = {
        rule: sum(seen.is_telling and not error for seen, error in zip(observations, found.errors, strict=True))
        for rule, found in ranked.items()
    }
    return [ranked[rule] for rule in sorted(ranked, key=lambda rule: -counted[rule]) if counted[rule]]


_Candidate = tuple[ResizeRule, Sequence[Observation]]
"""A rule, and observations of which it should explain some."""


def _jumping_candidates(telling: Sequence[Observation]) -> Iterator[_Candidate]:
    tested = spread(telling, 3)
    return ((rule, tested) for rule in jumping_rules())


def _candidates(blends: Sequence[Observation]) -> Iterator[_Candidate]:
    """Conventions first, then the rules that most lines follow, then those that others follow."""
    screened = spread(blends, _SCREENED)
    counts: dict[Convention, int] = {}
    for seen in screened:
        for convention in kernels_of(seen):
            counts[convention] = counts.get(convention, 0) + 1
    chosen = sorted(counts, key=lambda convention: -counts[convention])[:_KERNELS]
    for convention in chosen:
        yield from ((rule, screened) for rule in plain_rules(convention))
    groups: dict[Convention, list[Convention]] = {}
    for convention in chosen:
        groups.setdefault(convention.but(border="mirror", prefilter_border=None), []).append(convention)
    laws = [(law, tested, group) for group in groups.values() for law, tested in _laws(group[0], blends)]
    for law, tested, group in sorted(laws, key=lambda found: -len(found[1])):
        for convention in group:
            yield from ((rule, tested[:3]) for rule in law.rules(convention))


def _laws(convention: Convention, blends: Sequence[Observation]) -> list[tuple[Law, list[Observation]]]:
    """The laws of coordinates that most of the lines follow, each with those observations; then of the other lines."""
    found = [(seen, line) for seen in blends if (line := fitted_line(convention, seen)) is not None]
    if len(found) < 2:
        return []
    lines = Lines([line for _, line in found])
    following: dict[Law, np.ndarray] = {}
    for chosen in _subsets(lines):
        for law in lines.laws(chosen):
            if law not in following:
                following[law] = lines.following(law)
        if following and chosen.size == len(found):
            break
    picked = []
    left = np.ones(len(found), dtype=bool)
    for _ in range(_LAWS):
        counts = {law: int((mask & left).sum()) for law, mask in following.items()}
        most = max(counts.values(), default=0)
        if most < 2:
            break
        best = [law for law, count in counts.items() if count == most][:_ALIKE]
        picked += [(law, [found[k][0] for k in np.flatnonzero(following[law])]) for law in best]
        left &= ~following[best[0]]
        following = {law: mask for law, mask in following.items() if law not in best}
    return picked


def _subsets(lines: Lines) -> Iterator[np.ndarray]:
    """The indices of all lines, of those of one direction, and of those on one side of a size; two at least."""
    every = [line.sizes for line in lines.lines]
    comparisons: list[Comparison | None] = [None, *_DIRECTIONS]
    for feature in _SIZES:
        values = sorted({FEATURES[feature](sizes) for sizes in every})
        some = values[1:] if len(values) < 5 else values[len(values) // 4 :: len(values) // 4]
        comparisons += [Comparison(feature, relation, value) for value in some for relation in ("<", ">=")]
    tried: set[tuple[int, ...]] = set()
    for comparison in comparisons:
        chosen = tuple(k for k, sizes in enumerate(every) if comparison is None or comparison.holds(sizes))
        if len(chosen) >= 2 and chosen not in tried:
            tried.add(chosen)
            yield np.array(chosen)


def _is_flat(seen: Observation) -> bool:
    """Whether all weights of every row are equal or zero: picks, and plain means."""
    weights = np.where(np.abs(seen.matrix) > seen.weight_noise, seen.matrix, np.nan)
    with np.errstate(invalid="ignore"):
        spread_of_rows = np.nanmax(weights, axis=1, initial=-np.inf) - np.nanmin(weights, axis=1, initial=np.inf)
    return bool((spread_of_rows < 2 * seen.weight_noise).all())


def spread(observations: Sequence[Observation], count: int) -> list[Observation]:
    """The largest ``count`` of ``observations``, of each direction and each axis in turn."""
    groups: dict[tuple[int, int], list[Observation]] = {}
    for seen in sorted(observations, key=lambda seen: -min(seen.sizes.pair) * max(seen.sizes.pair)):
        own, other = ((r > 1) - (r < 1) for r in (seen.sizes.ratio, seen.sizes.other.ratio))
        groups.setdefault((own, other), []).append(seen)
    order = sorted(groups, key=lambda key: (key[0] == 0, -abs(key[0] - key[1]), key))
    found: list[Observation] = []
    while len(found) < count and any(groups.values()):
        for key in order:
            if groups[key] and len(found) < count:
                found.append(groups[key].pop(0))
    return found
