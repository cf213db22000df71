"""Find the call of another framework that does what a given call does, or comes nearest to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import GREY_LEVELS, Cause, Verdict
from halfpixel.probe.compare.both_axes.whole_operator import check_whole_operator
from halfpixel.probe.compare.candidates import differences
from halfpixel.probe.compare.discrepancy import worst_fault
from halfpixel.probe.measure.joint_shapes import Shape
from halfpixel.probe.measure.sizes import Pair, describe_pairs
from halfpixel.probe.translate.function_comparison import (
    FunctionDifference,
    FunctionIndex,
    MeasuredFunction,
    compare_functions,
    is_by_claim,
    is_verified,
)
from halfpixel.probe.translate.workarounds import Workarounds, find_workarounds

_CLOSE = 1e-3
"""Far above rounding at small sizes: what is further apart there is not tried as a reproduction."""

_COMPARED = 4
"""How many of the nearest, by the few pairs, are compared with the operation at all pairs."""

_FEW = 3
"""With fewer of the few pairs of one kind, no answer is given for that kind."""

_RANDOM, _SECONDS = 24, 10.0
"""Shapes chosen by chance, and the time that images may take, where two calls are held against each other."""

_RANK = {Verdict.EXACT: 0, Verdict.AGREES: 0, Verdict.APPROXIMATES: 1, Verdict.TIES: 2}


@dataclass(frozen=True, slots=True)
class BothAxes:
    """The comparison, on whole images, of two calls that agree along each axis.

    ``certificate`` says what was compared, in sentences, empty where that was nothing; ``fault`` where they differ, and
    by how much, empty where they do not; ``grey_levels`` is the worst difference. ``compared`` and ``differing`` are
    shapes, (height, width) before and after.
    """

    certificate: str = ""
    fault: str = ""
    grey_levels: float = 0.0
    compared: tuple[Shape, ...] = ()
    differing: tuple[Shape, ...] = ()

    def agrees_where(self, rule: Callable[[Pair], bool]) -> bool:
        """Whether something was compared at shapes of which both axes' pairs of sizes fulfil a rule, and all agree."""
        compared, differing = (
            [shape for shape in shapes if all(rule(pair) for pair in zip(*shape, strict=True))]
            for shapes in (self.compared, self.differing)
        )
        return bool(compared) and not differing


def compare_both_axes(
    operation: Operation, to: Operation, random: int = _RANDOM, seconds: float = _SECONDS
) -> BothAxes:
    """Hold both calls against each other: every impulse at small shapes, random images at real and at ``random`` ones.

    Images that would take longer than ``seconds`` altogether are left out, and the certificate says so.
    """
    check = check_whole_operator(to, operation, random=random, seconds=seconds)
    compared = tuple(dict.fromkeys([*check.impulse_shapes, *check.image_shapes]))
    differing = tuple(difference.shape for difference in check.differing)
    if check.faults:
        worst = worst_fault(check.faults)
        return BothAxes("", worst.explanation, worst.grey_levels, compared, differing)
    refusals = "; ".join(message for message, _ in check.refusals)
    if not compared:
        return BothAxes("", refusals or "nothing could be compared with both axes resized at once")
    return BothAxes(check.certificate or refusals, compared=compared)


@dataclass(frozen=True, slots=True)
class Translation:
    """The call of ``framework`` to write instead of ``operation``.

    to
        The call; ``None`` when no call of the framework was measured, for which ``reason`` is given.
    found
        How it differs from ``operation``, over the ``pairs`` sizes that both are defined for; or, where that is
        nothing, on whole images.
    of
        How many of the sizes that the call was swept over ``operation`` is defined for; more than ``pairs`` where the
        call is not defined for all of them.
    where
        At which sizes the two differ, or which are covered, in words; empty when that is all of them.
    factors
        The causes in which the conventions of both differ, where these are known.
    parts
        Where no call is the same everywhere: calls that are the same at sizes of one kind, with the kind in words.
    workarounds
        Programs around the call, or in its place; ``None`` where the call is the same function.
    whole
        What both axes at once show where no convention was verified for both: of the call against ``operation``.
    """

    operation: Operation
    framework: str
    to: Operation | None
    found: FunctionDifference | None = None
    pairs: int = 0
    of: int = 0
    where: str = ""
    factors: tuple[str, ...] = ()
    parts: tuple[tuple[str, Operation], ...] = ()
    workarounds: Workarounds | None = None
    whole: BothAxes | None = None
    reason: str = ""

    @property
    def target(self) -> Operation:
        """:attr:`to`; ``ValueError`` where no call was measured."""
        if self.to is None:
            raise ValueError(f"{self.framework}: {self.reason}")
        return self.to

    @property
    def difference(self) -> FunctionDifference:
        """:attr:`found`; ``ValueError`` where no call was measured."""
        if self.found is None:
            raise ValueError(f"{self.framework}: {self.reason}")
        return self.found

    @property
    def is_reproduced(self) -> bool:
        """Whether the call alone is the same function, up to rounding, wherever ``operation`` is defined."""
        return self.found is not None and self.found.verdict.is_agreement and self.pairs == self.of


KINDS: tuple[tuple[str, Callable[[Pair], bool], tuple[str, ...]], ...] = (
    ("when shrinking", lambda pair: pair[1] < pair[0], ()),
    ("when enlarging", lambda pair: pair[1] > pair[0], ()),
    (
        "when shrinking by a whole factor",
        lambda pair: pair[1] < pair[0] and pair[0] % pair[1] == 0,
        ("when shrinking",),
    ),
    (
        "when enlarging by a whole factor",
        lambda pair: pair[1] > pair[0] and pair[1] % pair[0] == 0,
        ("when enlarging",),
    ),
)
"""Kinds of sizes at which a call may be the same function though it is not at all: words, rule, wider kinds."""


class Translator:
    """Translates any of ``functions``' operations to any framework among them."""

    def __init__(
        self, functions: FunctionIndex, both_axes: Callable[[Operation, Operation], BothAxes] = compare_both_axes
    ) -> None:
        self.functions = functions
        self._both_axes = cache(both_axes)
        self._calls: dict[str, list[Operation]] = {}
        for operation in functions.operations:
            if is_by_claim(operation):
                continue
            self._calls.setdefault(operation.framework, []).append(operation)
        for framework, calls in self._calls.items():
            order = sorted(range(len(calls)), key=lambda i: simplicity_key(calls[i], i))
            self._calls[framework] = [calls[i] for i in order]
        self._known: dict[tuple[int, str], Translation] = {}
        self._workarounds: dict[tuple[int, str], Workarounds] = {}

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The frameworks of the operations."""
        return tuple(self._calls)

    def to(self, operation: Operation, framework: str) -> Translation:
        """The call to write in ``framework``; within its own framework, the other call that comes nearest.

        ``KeyError`` for a framework that has no operations here.
        """
        if operation.id in self.functions.missing:
            return Translation(operation, framework, None, reason=self.functions.missing[operation.id])
        key = self.functions.place[operation.id], framework
        if framework == operation.framework:
            return self._translation(operation, framework)
        if key not in self._known:
            self._known[key] = self._translation(operation, framework)
        return replace(self._known[key], operation=operation)

    def _translation(self, operation: Operation, framework: str) -> Translation:
        groups = self._groups(operation, framework)
        if not groups:
            return Translation(operation, framework, None, reason=self._why_none(operation, framework))
        source = self.functions.of(operation)
        near = NearestFunctions(self.functions, source.place, list(groups))
        for place in near.reproductions():
            translation = self._compared(operation, source, groups[place][0], framework)
            if translation.is_reproduced:
                return translation
        compared = [self._compared(operation, source, groups[place][0], framework) for place in near.nearest()]
        if not compared:
            reason = f"no call of {framework} is defined for a size that {operation.id} is defined for"
            return Translation(operation, framework, None, reason=reason)
        best = min(compared, key=_preference)
        return best if best.is_reproduced else self._explained(best, source, near, groups)

    def _parts(
        self,
        operation: Operation,
        source: MeasuredFunction,
        near: NearestFunctions,
        groups: dict[int, list[Operation]],
    ) -> tuple[tuple[str, Operation], ...]:
        """The plainest call that is the same function at each kind of sizes, where there is one.

        Also with both axes resized at once, each by sizes of that kind.
        """
        parts: dict[str, Operation] = {}
        for words, rule, wider_kinds in KINDS:
            if any(kind in parts for kind in wider_kinds):
                continue
            of_kind = frozenset(pair for pair in source.defined if rule(pair))
            for place in near.reproductions(rule):
                target = self.functions.of(groups[place][0])
                pairs = tuple(sorted(of_kind & target.swept))
                if not pairs or not target.defined.issuperset(pairs):
                    continue
                to = groups[place][0]
                if not compare_functions(source, target, pairs).verdict.is_agreement:
                    continue
                if self._is_settled(operation, source, target) or self._both_axes(operation, to).agrees_where(rule):
                    parts[words] = to
                    break
        return tuple(parts.items())

    def _groups(self, operation: Operation, framework: str) -> dict[int, list[Operation]]:
        """The framework's functions, each with the calls that are it; the plainest first."""
        groups: dict[int, list[Operation]] = {}
        for other in self._calls[framework]:
            if other.id in self.functions.place and other.id != operation.id:
                groups.setdefault(self.functions.place[other.id], []).append(other)
        return groups

    def _why_none(self, operation: Operation, framework: str) -> str:
        missing, others = self.functions.missing, [call for call in self._calls[framework] if call.id != operation.id]
        reasons = (missing[call.id] for call in others if call.id in missing)
        return next(reasons, f"{framework} has no other call")

    def _compared(self, operation: Operation, source: MeasuredFunction, to: Operation, framework: str) -> Translation:
        target = self.functions.of(to)
        common = tuple(sorted(source.defined & target.defined))
        difference = compare_functions(source, target, common)
        of = len(source.defined & target.swept)
        translation = Translation(operation, framework, to, difference, len(common), of)
        if not translation.is_reproduced or self._is_settled(operation, source, target):
            return translation
        whole = self._both_axes(operation, to)
        if whole.fault:
            levels = whole.grey_levels
            verdict = Verdict.APPROXIMATES if 0 < levels < 1 else Verdict.DIVERGES
            gain = 2 * levels / GREY_LEVELS
            difference = replace(difference, verdict=verdict, gain=gain, grey_levels=levels, pixels_moved=float("nan"))
        return replace(translation, found=difference, whole=whole)

    def _is_settled(self, operation: Operation, source: MeasuredFunction, target: MeasuredFunction) -> bool:
        """Whether both were held against their conventions on whole images, or the operation is taken at its word."""
        return (is_verified(source) and is_verified(target)) or is_by_claim(operation)

    def _explained(
        self, best: Translation, source: MeasuredFunction, near: NearestFunctions, groups: dict[int, list[Operation]]
    ) -> Translation:
        target, key = self.functions.of(best.target), (source.place, best.framework)
        is_joint = best.whole is not None and bool(best.whole.fault)
        factors = differing_factors(source, target, best.difference)
        if key not in self._workarounds:
            candidates = [call for call in self._calls[best.framework] if call.id in self.functions.place]
            self._workarounds[key] = find_workarounds(source, candidates, self.functions)
        return replace(
            best,
            where=best.whole.fault if best.whole is not None else _differing_pairs(source, target, best.difference),
            factors=factors or ((Cause.SEPARABILITY,) if is_joint else ()),
            parts=self._parts(best.operation, source, near, groups),
            workarounds=self._workarounds[key],
        )


class NearestFunctions:
    """The functions of one framework in the order of their distance from one function, at the few pairs."""

    def __init__(self, functions: FunctionIndex, place: int, places: list[int]) -> None:
        self.places = [p for p in places if (functions.masks[p] & functions.masks[place]).any()]
        gains, mask = functions.gains(place), functions.masks[place]
        self._functions, self._gains, self._mask = functions, gains, mask
        self.common = {p: mask & functions.masks[p] for p in self.places}
        self.worst = {p: float(gains[p][self.common[p]].max()) for p in self.places}
        self.typical = {p: float(gains[p][self.common[p]].mean()) for p in self.places}
        self.covers = {p: bool(self.common[p].sum() == mask.sum()) for p in self.places}

    def reproductions(self, rule: Callable[[Pair], bool] | None = None) -> Iterator[int]:
        """The functions that may be the same, at the pairs for which ``rule`` holds, the plainest first."""
        if rule is None:
            return (p for p in self.places if self.covers[p] and self.worst[p] < _CLOSE)
        of_kind = self._mask & np.array([rule(pair) for pair in self._functions.few])
        if of_kind.sum() < _FEW:
            return iter(())
        return (
            p for p in self.places if self._functions.masks[p][of_kind].all() and self._gains[p][of_kind].max() < _CLOSE
        )

    def nearest(self) -> list[int]:
        """The few that are nearest; those defined wherever the function is come first."""
        chosen = [p for p in self.places if self.covers[p]]
        if not chosen:
            most = max((self.common[p].sum() for p in self.places), default=0)
            chosen = [p for p in self.places if self.common[p].sum() == most]
        return sorted(chosen, key=lambda p: self.typical[p])[:_COMPARED]


def simplicity_key(operation: Operation, place: int) -> tuple[bool, bool, bool, int, int]:
    """A sort key: the call that people would write first comes first.

    A call with nothing but a size; then calls that are ready for every shape and resize axes alone; then those without
    helper functions; then as the adapter lists them, which puts the usual before the unusual.
    """
    helpers = 0 if operation.call is None else len(operation.call.helpers)
    return not operation.is_default, bool(operation.cost), operation.same_scale_on_both_axes, helpers, place


def _differing_pairs(source: MeasuredFunction, target: MeasuredFunction, difference: FunctionDifference) -> str:
    common = tuple(sorted(source.defined & target.defined))
    swept = tuple(sorted(source.defined & target.swept))
    where = describe_pairs(difference.differing, common)[0].lstrip(", ") if difference.differing else ""
    if len(common) == len(swept):
        return where
    covered = f"defined {describe_pairs(common, swept)[0].lstrip(', ')} only"
    return covered + (f"; differs {where or 'at all of these'}" if difference.differing else "")


def differing_factors(
    source: MeasuredFunction, target: MeasuredFunction, difference: FunctionDifference
) -> tuple[str, ...]:
    """The causes in which two functions differ, as far as their conventions are known."""
    if difference.verdict is Verdict.TIES:
        return (Cause.TIES,)
    conventions = [function.convention or function.judged.operation.claim for function in (source, target)]
    causes: list[str] = []
    if conventions[0] is not None and conventions[1] is not None:
        causes += differences(conventions[0], conventions[1])
    for function in (source, target):
        judged = function.judged.discrepancy
        if function.convention is None and judged is not None and judged.attribution is not None:
            causes += judged.attribution.factors
    return tuple(dict.fromkeys(causes))


def _preference(translation: Translation) -> tuple[float, int, float]:
    """Agreement, then less than a grey level, then other ties only, then the smallest typical error."""
    difference = translation.difference
    return -translation.pairs / translation.of, _RANK.get(difference.verdict, 3), round(difference.typical, 9)
