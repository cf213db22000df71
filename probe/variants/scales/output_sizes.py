"""Find the rule and the arithmetic that make the output size from a scale factor, and compare with documentation."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np

from halfpixel.adapters import ByScaleOperation
from halfpixel.golden.sizes import ARITHMETICS, SIZE_RULES
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.compare.reproduction import image_program, result_line
from halfpixel.probe.measure.axis_matrix import Refused
from halfpixel.probe.variants.observation import PIXELS, Figures, Observation
from halfpixel.probe.variants.scales.calls import call_by_scale, in_dtype
from halfpixel.probe.variants.scales.scale_pairs import ScalePairs, scale_pairs

THOROUGH, BRIEF = 10_000, 2_000
"""How many pairs are tried of a native function, and of each further operation that it decides the size of."""

_PIXELS = 1 << 16
"""Of an image, at most; beyond it, two pairs take a call each, with one pixel across."""

_WORDS = {"round_half_even": "round half even", "round_half_up": "round half up"}
_OWN = {"float64": ("float64", "exact"), "float32": ("float32", "exact"), "integer": ("exact",)}
Rule = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ObservedSizes:
    """The output sizes, by pair: -1 where the call refused."""

    pairs: ScalePairs
    got: np.ndarray
    refused: tuple[str, ...]

    def rules(self, among: tuple[Rule, ...]) -> list[Rule]:
        """The (rule, arithmetic) pairs that explain all sizes."""
        return [rule for rule in among if not self.misses(rule)]

    def misses(self, rule: Rule) -> int:
        """The number of measured sizes that it does not explain."""
        return int(np.count_nonzero((self.pairs.predicted(*rule) != self.got) & (self.got >= 0)))

    def nearest(self, among: tuple[Rule, ...]) -> Rule:
        """The (rule, arithmetic) that explains the most."""
        return min(among, key=self.misses)


def region_extent(operation: ByScaleOperation) -> Fraction:
    """The share of an axis between the ends of the region that the operation resizes."""
    roi = operation.claim.roi if operation.claim is not None else None
    return roi[1] - roi[0] if roi is not None else Fraction(1)


def observed_sizes(operation: ByScaleOperation) -> ObservedSizes:
    """Call the operation at every pair, two pairs a call; the longer axis is by turns the height and the width."""
    count = BRIEF if operation.shares_size_rule else THOROUGH
    pairs = scale_pairs(operation.scale_dtype, operation.accepts, count, region_extent(operation))
    got = np.full(len(pairs), -1)
    refused = []
    unscaled = (1, in_dtype(1.0, operation.scale_dtype))

    def resize(y: tuple[int, float], x: tuple[int, float]) -> tuple[int, int]:
        try:
            resized = call_by_scale(operation, np.zeros((1, y[0], x[0], 1), np.float32), (y[1], x[1]))
        except Refused as refusal:
            refused.append(str(refusal))
            return -1, -1
        return resized.shape[1], resized.shape[2]

    both = list(zip(pairs.n_in, pairs.scales, strict=True))
    for turn, k in enumerate(range(0, len(both) - 1, 2)):
        y, x = (k, k + 1) if turn % 2 == 0 else (k + 1, k)
        if operation.one_scale:
            for index in (k, k + 1):
                # The other axis has as many pixels as leave it at least one.
                got[index] = resize(both[index], (ceil(1 / both[index][1]) + 1, both[index][1]))[0]
            continue
        pixels = np.prod([n_in * max(1.0, scale) for n_in, scale in (both[y], both[x])])
        if pixels > _PIXELS and operation.accepts(*unscaled):
            got[y], got[x] = resize(both[y], unscaled)[0], resize(unscaled, both[x])[1]
        else:
            got[y], got[x] = resize(both[y], both[x])
    return ObservedSizes(pairs, got, tuple(refused))


def documented_rules(operation: ByScaleOperation) -> tuple[Rule, ...]:
    """The (rule, arithmetic) pairs that its documentation allows; empty where it has no rule.

    A formula in floating-point numbers may mean the exact product, or the product in the type of the scale.
    """
    if not operation.size_rule:
        return ()
    rules = ("round_half_even", "round_half_up") if operation.size_rule == "round" else (operation.size_rule,)
    return tuple((rule, arithmetic) for arithmetic in _OWN[operation.scale_dtype] for rule in rules)


def output_size(operation: ByScaleOperation) -> Observation:
    """The observation ``output size`` (``roi`` where the region is a part of the axis).

    Where documentation gives no rule, the question is whether ``target / n_in`` gives ``target`` back.
    Raises ``Refused`` when every call is refused, ``NotInstalled``.
    """
    sizes = observed_sizes(operation)
    if len(sizes.refused) * 2 >= len(sizes.got) - 1:
        raise Refused(sizes.refused[0])
    summary = _SizeSummary(operation, sizes)
    return summary.observation()


class _SizeSummary:
    """The figures, texts and verdict of the sizes of one operation."""

    def __init__(self, operation: ByScaleOperation, sizes: ObservedSizes) -> None:
        self.operation, self.sizes = operation, sizes
        self.allowed = documented_rules(operation)
        own = _OWN[operation.scale_dtype]
        preferred = sorted(
            ((rule, arithmetic) for rule in SIZE_RULES for arithmetic in ARITHMETICS),
            key=lambda candidate: (candidate not in self.allowed, candidate[1] not in own),
        )
        self.explained = sizes.rules(tuple(preferred))
        self.rule = self.explained[0] if self.explained else sizes.nearest(tuple(preferred))
        self.own_figures: Figures = {}
        self.variant = "output size" if region_extent(operation) == 1 else "roi"

    def observation(self) -> Observation:
        """The comparison with the documented rule, or with the targets where there is none."""
        if self.allowed:
            return self._against_documentation()
        return self._against_targets()

    def _against_documentation(self) -> Observation:
        meant = self.explained[0] if self.explained and self.explained[0] in self.allowed else None
        expected = self.sizes.pairs.predicted(*(meant or self.sizes.nearest(self.allowed)))
        words = _rule_text(self.operation.size_rule)
        region = "" if self.variant == "output size" else f"{region_extent(self.operation)} * "
        types = " or in ".join(dict.fromkeys(arithmetic for _, arithmetic in reversed(self.allowed)))
        against = f"{words}(n_in * {region}scale), {types}"
        if meant is not None:
            return self._made(Verdict.EXACT, against, f"{_rule_text(meant[0])}, as documented", expected)
        headline, cause, explanation = self._fault(words)
        return self._made(Verdict.DIVERGES, against, headline, expected, Attribution((cause,), explanation))

    def _against_targets(self) -> Observation:
        pairs = self.sizes.pairs
        targets = np.array(pairs.targets)
        expected = np.where(targets > 0, targets, self.sizes.pairs.predicted(*self.rule))
        name = _rule_text(self.rule[0]) if self.explained else "no one rule"
        against = "target / n_in should give target back (no rule is documented)"
        if self.explained and not ((expected != self.sizes.got) & (self.sizes.got >= 0)).any():
            return self._made(Verdict.EXACT, against, f"{name}; gives targets back", expected)
        text = f"no rule is documented; it is {name}, in {self.rule[1]}, and target / n_in does not always give target"
        if not self.explained:
            text = f"no rule is documented, and none explains all sizes; the nearest is {_rule_text(self.rule[0])}"
        headline = f"{name}; not always target" if self.explained else "no one rule"
        return self._made(Verdict.DIVERGES, against, headline, expected, Attribution((Cause.OUTPUT_SIZE,), text))

    def _fault(self, words: str) -> tuple[str, Cause, str]:
        """Headline, cause and explanation of sizes that are not the documented ones."""
        if self.explained:
            rule, arithmetic = self.rule
            name = _rule_text(rule)
            if rule in {documented for documented, _ in self.allowed}:
                return f"{name} in {arithmetic}", Cause.OUTPUT_SIZE, f"the product is rounded to {arithmetic}"
            return f"{name}, not {words}", Cause.OUTPUT_SIZE, f"it is {name}, in {arithmetic}, not {words}"
        if _swapped(self.sizes, self.allowed):
            return "scales of the axes swapped", Cause.AXIS_ORDER, "the scale of one axis is used for the other"
        if self.variant == "roi":
            pairs = self.sizes.pairs
            whole = ObservedSizes(ScalePairs(pairs.n_in, pairs.scales, pairs.targets, Fraction(1)), self.sizes.got, ())
            if rules := whole.rules(self.allowed):
                rule, arithmetic = rules[0]
                text = f"the region is not part of the size: {_rule_text(rule)}(n_in * scale), in {arithmetic}"
                self.own_figures = {"rule": f"{rule}, without the region", "arithmetic": arithmetic}
                return "roi left out of the size", Cause.OUTPUT_SIZE, text
        rule, arithmetic = self.rule
        wrong = np.flatnonzero(self.sizes.pairs.predicted(*self.rule) != self.sizes.got)
        smallest = min(self.sizes.pairs.n_in[k] for k in wrong)
        text = (
            f"no rule explains all sizes; {_rule_text(rule)} in {arithmetic} misses {len(wrong)} of "
            f"{len(self.sizes.got)}, from {smallest} pixels on"
        )
        return "no rule explains all sizes", Cause.OUTPUT_SIZE, text

    def _figures(self) -> Figures:
        pairs, got = self.sizes.pairs, self.sizes.got
        arithmetics = dict.fromkeys(arithmetic for rule, arithmetic in self.explained if rule == self.rule[0])
        figures: Figures = {
            "rule": self.rule[0] if self.explained else f"none; {self.rule[0]} is nearest",
            "arithmetic": " or ".join(arithmetics) or self.rule[1],
            "pairs": len(pairs),
            "unlike the exact product": int(np.count_nonzero(pairs.predicted(self.rule[0], "exact") != got)),
        }
        if self.sizes.refused:
            figures |= {"refused": len(self.sizes.refused), "refused first with": self.sizes.refused[0]}
        if self.operation.scale_dtype == "integer" or pairs.extent != 1:
            return figures | self.own_figures
        for name in ("float64", "float32") if self.operation.scale_dtype == "float64" else ("float32",):
            ratios = [k for k, target in enumerate(pairs.targets) if target and self._is_ratio(k, name)]
            missed = [k for k in ratios if got[k] != pairs.targets[k]]
            if ratios:
                figures[f"{name} ratios"] = len(ratios)
                figures[f"{name} ratios that miss their target"] = len(missed)
            if missed:
                first = min(missed, key=lambda k: (pairs.n_in[k], pairs.targets[k]))
                n_in, target = pairs.n_in[first], pairs.targets[first]
                figures[f"first {name} miss"] = f"{n_in} by {target}/{n_in} -> {got[first]}"
        return figures

    def _is_ratio(self, k: int, name: str) -> bool:
        """Whether a scale is the ratio as this type has it; a ratio that both types hold counts as float64's."""
        pairs = self.sizes.pairs
        ratio = pairs.targets[k] / pairs.n_in[k]
        if self.operation.scale_dtype == "float64" and name == "float32":
            return pairs.scales[k] != ratio
        return pairs.scales[k] == (ratio if name == "float64" else float(np.float32(ratio)))

    def _made(
        self, verdict: Verdict, against: str, headline: str, expected: np.ndarray, why: Attribution | None = None
    ) -> Observation:
        pairs, got = self.sizes.pairs, self.sizes.got
        tried = got >= 0
        off = np.where(tried, np.abs(got - expected), 0)
        where = wanted = came = reproduction = ""
        if off.any():
            worst = min(range(len(got)), key=lambda k: (-off[k], pairs.n_in[k], pairs.scales[k]))
            shown = min(np.flatnonzero(off), key=lambda k: (pairs.n_in[k], pairs.scales[k]))
            where = f"{pairs.n_in[worst]} pixels by {pairs.scales[worst]!r}"
            wanted, came = f"{expected[worst]} pixels", f"{got[worst]} pixels"
            reproduction = self._reproduction(int(shown), int(expected[shown]))
        return Observation(
            variant=self.variant,
            verdict=verdict,
            against=against,
            headline=headline,
            gain=float(off.max()),
            unit=PIXELS,
            tolerance=0.0,
            measured=int(tried.sum()),
            differing=int(np.count_nonzero(off)),
            where=where,
            expected=wanted,
            got=came,
            figures=self._figures(),
            attribution=why,
            reproduction=reproduction,
        )

    def _reproduction(self, k: int, expected: int) -> str:
        n_in, scale = self.sizes.pairs.n_in[k], self.sizes.pairs.scales[k]
        # Sixteen pixels across, which keep their size where a call takes a scale for each axis.
        across = scale if self.operation.one_scale else in_dtype(1.0, self.operation.scale_dtype)
        shape = (n_in, max(16, ceil(1 / across)))
        last = result_line("the height", "y.shape[0]", str(expected), str(self.sizes.got[k]))
        return image_program(self.operation.call, f"np.zeros({shape}, np.float32)", shape, (scale, across), last)


def _rule_text(rule: str) -> str:
    return _WORDS.get(rule, rule)


def _swapped(sizes: ObservedSizes, allowed: tuple[Rule, ...]) -> bool:
    """Whether an allowed rule explains all sizes once the two scales of each call are exchanged."""
    pairs = sizes.pairs
    partner = np.arange(len(pairs)) ^ 1
    partner = np.where(partner < len(pairs), partner, np.arange(len(pairs)))
    exchanged = ScalePairs(pairs.n_in, tuple(pairs.scales[k] for k in partner), pairs.targets, pairs.extent)
    return bool(ObservedSizes(exchanged, sizes.got, ()).rules(allowed))
