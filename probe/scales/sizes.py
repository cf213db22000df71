"""Which rule, in which arithmetic, makes the output size from a scale, and is it the documented one?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np

from adapters import ScaledOperation
from golden.sizes import ARITHMETICS, SIZE_RULES
from probe.discrepancy import Attribution, Verdict
from probe.measure import Refused
from probe.observation import PIXELS, Observation
from probe.scales.calls import call, in_dtype
from probe.scales.pairs import Pairs, pairs

THOROUGH, BRIEF = 10_000, 2_000
"""How many pairs are tried of a native function, and of each further operation that it decides the size of."""

_PIXELS = 1 << 16
"""Of an image, at most; beyond it, two pairs take a call each, with one pixel across."""

_WORDS = {"round_half_even": "round half even", "round_half_up": "round half up"}
_OWN = {"float64": ("float64", "exact"), "float32": ("float32", "exact"), "integer": ("exact",)}
Rule = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes that came out, by pair: -1 where the call refused."""

    asked: Pairs
    got: np.ndarray
    refused: tuple[str, ...]

    def rules(self, among: tuple[Rule, ...]) -> list[Rule]:
        """The (rule, arithmetic) pairs that explain all sizes."""
        return [each for each in among if not self.misses(each)]

    def misses(self, rule: Rule) -> int:
        """How many sizes it does not explain, of those that came out."""
        return int(np.count_nonzero((self.asked.predicted(*rule) != self.got) & (self.got >= 0)))

    def nearest(self, among: tuple[Rule, ...]) -> Rule:
        """The (rule, arithmetic) that explains the most."""
        return min(among, key=self.misses)


def extent(operation: ScaledOperation) -> Fraction:
    """The share of an axis between the ends of the region that the operation resizes."""
    roi = operation.claim.roi if operation.claim is not None else None
    return roi[1] - roi[0] if roi is not None else Fraction(1)


def sizes(operation: ScaledOperation) -> Sizes:
    """Call the operation at every pair, two pairs a call; the longer axis is by turns the height and the width."""
    count = BRIEF if operation.shares_size_rule else THOROUGH
    asked = pairs(operation.scale_dtype, operation.accepts, count, extent(operation))
    got = np.full(len(asked), -1)
    refused = []
    one = (1, in_dtype(1.0, operation.scale_dtype))

    def resize(y: tuple[int, float], x: tuple[int, float]) -> tuple[int, int]:
        try:
            return call(operation, np.zeros((1, y[0], x[0], 1), np.float32), (y[1], x[1])).shape[1:3]
        except Refused as refusal:
            refused.append(str(refusal))
            return -1, -1

    both = list(zip(asked.n_in, asked.scales, strict=True))
    for turn, k in enumerate(range(0, len(both) - 1, 2)):
        y, x = (k, k + 1) if turn % 2 == 0 else (k + 1, k)
        if operation.one_scale:
            for each in (k, k + 1):
                # The other axis has as many pixels as leave it at least one.
                got[each] = resize(both[each], (ceil(1 / both[each][1]) + 1, both[each][1]))[0]
            continue
        pixels = np.prod([n_in * max(1.0, scale) for n_in, scale in (both[y], both[x])])
        if pixels > _PIXELS and operation.accepts(*one):
            got[y], got[x] = resize(both[y], one)[0], resize(one, both[x])[1]
        else:
            got[y], got[x] = resize(both[y], both[x])
    return Sizes(asked, got, tuple(refused))


def documented(operation: ScaledOperation) -> tuple[Rule, ...]:
    """The (rule, arithmetic) pairs that its documentation allows; empty where it says nothing.

    A formula in floating-point numbers may mean the exact product, or the product in the type of the scale.
    """
    if not operation.size_rule:
        return ()
    rules = ("round_half_even", "round_half_up") if operation.size_rule == "round" else (operation.size_rule,)
    return tuple((rule, arithmetic) for arithmetic in _OWN[operation.scale_dtype] for rule in rules)


def output_size(operation: ScaledOperation) -> Observation:
    """The observation ``output size`` (``roi`` where the region is a part of the axis).

    Where documentation gives no rule, what is asked is whether ``target / n_in`` gives ``target`` back.
    Raises ``Refused`` when every call is refused, ``NotInstalled``.
    """
    found = sizes(operation)
    if len(found.refused) * 2 >= len(found.got) - 1:
        raise Refused(found.refused[0])
    about = _About(operation, found)
    return about.observation()


class _About:
    """The figures, words and verdict of one sweep."""

    def __init__(self, operation: ScaledOperation, found: Sizes) -> None:
        self.operation, self.found = operation, found
        self.allowed = documented(operation)
        own = _OWN[operation.scale_dtype]
        preferred = sorted(
            ((rule, arithmetic) for rule in SIZE_RULES for arithmetic in ARITHMETICS),
            key=lambda each: (each not in self.allowed, each[1] not in own),
        )
        self.explained = found.rules(tuple(preferred))
        self.rule = self.explained[0] if self.explained else found.nearest(tuple(preferred))
        self.told: dict[str, str] = {}
        self.variant = "output size" if extent(operation) == 1 else "roi"

    def observation(self) -> Observation:
        if self.allowed:
            return self._against_documentation()
        return self._against_targets()

    def _against_documentation(self) -> Observation:
        meant = self.explained[0] if self.explained and self.explained[0] in self.allowed else None
        expected = self.found.asked.predicted(*(meant or self.found.nearest(self.allowed)))
        words = _say(self.operation.size_rule)
        region = "" if self.variant == "output size" else f"{extent(self.operation)} * "
        types = " or in ".join(dict.fromkeys(arithmetic for _, arithmetic in reversed(self.allowed)))
        against = f"{words}(n_in * {region}scale), {types}"
        if meant is not None:
            return self._made(Verdict.EXACT, against, f"{_say(meant[0])}, as documented", expected)
        headline, factors, explanation = self._fault(words)
        return self._made(Verdict.DIVERGES, against, headline, expected, Attribution(factors, explanation))

    def _against_targets(self) -> Observation:
        asked = self.found.asked
        targets = np.array(asked.targets)
        expected = np.where(targets > 0, targets, self.found.asked.predicted(*self.rule))
        name = _say(self.rule[0]) if self.explained else "no one rule"
        against = "target / n_in should give target back (no rule is documented)"
        if self.explained and not ((expected != self.found.got) & (self.found.got >= 0)).any():
            return self._made(Verdict.EXACT, against, f"{name}; gives targets back", expected)
        text = f"no rule is documented; it is {name}, in {self.rule[1]}, and target / n_in does not always give target"
        if not self.explained:
            text = f"no rule is documented, and none explains all sizes; the nearest is {_say(self.rule[0])}"
        headline = f"{name}; not always target" if self.explained else "no one rule"
        return self._made(Verdict.DIVERGES, against, headline, expected, Attribution(("output size",), text))

    def _fault(self, words: str) -> tuple[str, tuple[str, ...], str]:
        """Headline, factors and explanation of sizes that are not the documented ones."""
        if self.explained:
            rule, arithmetic = self.rule
            if rule in {each for each, _ in self.allowed}:
                return f"{_say(rule)} in {arithmetic}", ("output size",), f"the product is rounded to {arithmetic}"
            return f"{_say(rule)}, not {words}", ("output size",), f"it is {_say(rule)}, in {arithmetic}, not {words}"
        if _swapped(self.found, self.allowed):
            return "scales of the axes swapped", ("axis order",), "the scale of one axis is used for the other"
        if self.variant == "roi":
            asked = self.found.asked
            whole = Sizes(Pairs(asked.n_in, asked.scales, asked.targets, Fraction(1)), self.found.got, ())
            if rules := whole.rules(self.allowed):
                rule, arithmetic = rules[0]
                text = f"the region is not part of the size: {_say(rule)}(n_in * scale), in {arithmetic}"
                self.told = {"rule": f"{rule}, without the region", "arithmetic": arithmetic}
                return "roi left out of the size", ("output size",), text
        rule, arithmetic = self.rule
        wrong = np.flatnonzero(self.found.asked.predicted(*self.rule) != self.found.got)
        smallest = min(self.found.asked.n_in[k] for k in wrong)
        text = (
            f"no rule explains all sizes; {_say(rule)} in {arithmetic} misses {len(wrong)} of {len(self.found.got)}, "
            f"from {smallest} pixels on"
        )
        return "no rule explains all sizes", ("output size",), text

    def _figures(self) -> dict[str, float | int | str]:
        asked, got = self.found.asked, self.found.got
        arithmetics = dict.fromkeys(arithmetic for rule, arithmetic in self.explained if rule == self.rule[0])
        figures: dict[str, float | int | str] = {
            "rule": self.rule[0] if self.explained else f"none; {self.rule[0]} is nearest",
            "arithmetic": " or ".join(arithmetics) or self.rule[1],
            "pairs": len(asked),
            "unlike the exact product": int(np.count_nonzero(asked.predicted(self.rule[0], "exact") != got)),
        }
        if self.found.refused:
            figures |= {"refused": len(self.found.refused), "refused first with": self.found.refused[0]}
        if self.operation.scale_dtype == "integer" or asked.extent != 1:
            return figures | self.told
        for name in ("float64", "float32") if self.operation.scale_dtype == "float64" else ("float32",):
            ratios = [k for k, target in enumerate(asked.targets) if target and self._is_ratio(k, name)]
            missed = [k for k in ratios if got[k] != asked.targets[k]]
            if ratios:
                figures[f"{name} ratios"] = len(ratios)
                figures[f"{name} ratios that miss their target"] = len(missed)
            if missed:
                first = min(missed, key=lambda k: (asked.n_in[k], asked.targets[k]))
                n_in, target = asked.n_in[first], asked.targets[first]
                figures[f"first {name} miss"] = f"{n_in} by {target}/{n_in} -> {got[first]}"
        return figures

    def _is_ratio(self, k: int, name: str) -> bool:
        """Whether a scale is the ratio as this type has it; a ratio that both types hold counts as float64's."""
        asked = self.found.asked
        ratio = asked.targets[k] / asked.n_in[k]
        if self.operation.scale_dtype == "float64" and name == "float32":
            return asked.scales[k] != ratio
        return asked.scales[k] == (ratio if name == "float64" else float(np.float32(ratio)))

    def _made(
        self, verdict: Verdict, against: str, headline: str, expected: np.ndarray, why: Attribution | None = None
    ) -> Observation:
        asked, got = self.found.asked, self.found.got
        tried = got >= 0
        off = np.where(tried, np.abs(got - expected), 0)
        where = wanted = came = reproduction = ""
        if off.any():
            worst = min(range(len(got)), key=lambda k: (-off[k], asked.n_in[k], asked.scales[k]))
            shown = min(np.flatnonzero(off), key=lambda k: (asked.n_in[k], asked.scales[k]))
            where = f"{asked.n_in[worst]} pixels by {asked.scales[worst]!r}"
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
        native = self.operation.call
        if native is None:
            return ""
        n_in, scale = self.found.asked.n_in[k], self.found.asked.scales[k]
        # Sixteen pixels across, which keep their size where a call takes a scale for each axis.
        across = scale if self.operation.one_scale else in_dtype(1.0, self.operation.scale_dtype)
        shape = (n_in, max(16, ceil(1 / across)))
        program = native.script(f"np.zeros({shape}, np.float32)", shape, (scale, across))
        shown = f"print('the height is', y.shape[0], 'and should be {expected}')"
        return f"{program}{shown}  # measured: {self.found.got[k]}\n"


def _say(rule: str) -> str:
    return _WORDS.get(rule, rule)


def _swapped(found: Sizes, allowed: tuple[Rule, ...]) -> bool:
    """Whether an allowed rule explains all sizes once the two scales of each call are exchanged."""
    asked = found.asked
    partner = np.arange(len(asked)) ^ 1
    partner = np.where(partner < len(asked), partner, np.arange(len(asked)))
    exchanged = Pairs(asked.n_in, tuple(asked.scales[k] for k in partner), asked.targets, asked.extent)
    return bool(Sizes(exchanged, found.got, ()).rules(allowed))
