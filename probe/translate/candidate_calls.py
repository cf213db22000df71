"""Which calls of a framework to measure for an answer, by what their documentation claims: few, the likeliest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from halfpixel.adapters import Operation
from halfpixel.golden import Convention
from halfpixel.probe.compare.measurement_store import Judgement
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.translate.function_comparison import (
    FunctionIndex,
    is_by_claim,
    judgement_by_claim,
    known_convention,
)
from halfpixel.probe.translate.sources import ExactResize
from halfpixel.probe.translate.translator import KINDS, NearestFunctions, Translation, Translator, simplicity_key
from halfpixel.probe.translate.workarounds import blur_program, padding_program

_PLAINEST = 2
"""How many calls of one documented function are measured: the second where the first does not do what it claims."""

Judge = Callable[[Operation], Judgement]


class Answers:
    """Translations of one operation, measuring no more calls than can matter.

    ``judge`` measures a call or reads what was measured of it; ``swept`` are the pairs of sizes of the comparison.
    """

    def __init__(self, operation: Operation, judge: Judge, swept: tuple[Pair, ...]) -> None:
        self.operation = operation
        self._judge = judge
        self._swept = swept
        is_stated = is_by_claim(operation) or isinstance(operation.run, ExactResize)
        judged = judgement_by_claim(operation, swept) if is_stated else judge(operation)
        self.source = FunctionIndex([operation], lambda _: judged, swept)
        self.convention = None if operation.id in self.source.missing else known_convention(judged)
        self._judged = judged
        self.unmeasured: dict[str, int] = {}

    def documented(self, calls: Iterable[Operation]) -> list[Operation]:
        """The calls whose documentation claims the operation's convention, the plainest first."""
        convention = self.convention
        ordered = _by_simplicity(call for call in calls if call.id != self.operation.id and not is_by_claim(call))
        return [call for call in ordered if convention is not None and call.claim == convention]

    def translation(
        self, framework: str, calls: Iterable[Operation], translator: Callable[[FunctionIndex], Translator], every: bool
    ) -> Translation:
        """The translation to ``framework``, whose calls are given; ``translator`` makes one of measured functions.

        A call that documents the same convention and is it ends the search. Else those are measured that come nearest
        by what they document, those that are the same at one kind of sizes, those that a program can be built around,
        and all that document nothing; with ``every``, all calls.
        """
        calls = [call for call in calls if call.id != self.operation.id]
        self.unmeasured[framework] = 0
        tried: list[Operation] = []
        for call in self.documented(calls)[:_PLAINEST]:
            tried.append(call)
            translation = self._measured(framework, tried, translator)
            if translation.is_reproduced:
                return translation
        chosen = calls if every else self._likeliest(calls)
        chosen = list({call.id: call for call in [*tried, *chosen]}.values())
        self.unmeasured[framework] = sum(not is_by_claim(call) for call in calls) - len(chosen)
        return self._measured(framework, chosen, translator)

    def _measured(
        self, framework: str, calls: list[Operation], translator: Callable[[FunctionIndex], Translator]
    ) -> Translation:
        functions = FunctionIndex([self.operation, *_by_simplicity(calls)], self._of, self._swept)
        made = translator(functions)
        if framework not in made.frameworks:
            reason = functions.missing.get(self.operation.id) or f"{framework} has no other call"
            return Translation(self.operation, framework, None, reason=reason)
        return made.to(self.operation, framework)

    def _of(self, operation: Operation) -> Judgement:
        return self._judged if operation.id == self.operation.id else self._judge(operation)

    def _likeliest(self, calls: list[Operation]) -> list[Operation]:
        """By exact matrices of what each call documents, at the few pairs: nothing is measured."""
        measurable = _by_simplicity(call for call in calls if not is_by_claim(call))
        documented = [call for call in measurable if call.claim is not None]
        functions = FunctionIndex([self.operation, *documented], self._documented, self._swept)
        chosen = [call for call in measurable if call.claim is None]
        if self.operation.id in functions.missing or not documented:
            return [*documented[:_PLAINEST], *chosen]
        groups: dict[int, list[Operation]] = {}
        for call in documented:
            if call.id in functions.place:
                groups.setdefault(functions.place[call.id], []).append(call)
        near = NearestFunctions(functions, functions.place[self.operation.id], list(groups))
        places = [*near.reproductions(), *near.nearest()]
        for _, rule, _ in KINDS:
            places += list(near.reproductions(rule))[:_PLAINEST]
        found = [call for place in dict.fromkeys(places) for call in groups[place][:_PLAINEST]]
        return [*found, *self._bases(documented), *chosen]

    def _documented(self, operation: Operation) -> Judgement:
        return self._judged if operation.id == self.operation.id else judgement_by_claim(operation, self._swept)

    def _bases(self, calls: list[Operation]) -> Iterator[Operation]:
        """The first call that padding around it, and the first that a blur before it, can make the operation."""
        convention = self.convention
        if convention is None:
            return
        for fits in (_can_pad, _can_blur):
            yield from [call for call in calls if not call.cost and fits(convention, call)][:1]


def documented_nearest(operation: Operation, calls: Iterable[Operation], swept: tuple[Pair, ...]) -> Operation | None:
    """The call that comes nearest by what both document, of which nothing is measured; ``None`` where that is unknown.

    A call that documents the same convention comes first.
    """
    claimed = [call for call in calls if call.id != operation.id and call.claim is not None and not is_by_claim(call)]
    if operation.claim is None or not claimed:
        return None
    ordered = _by_simplicity(claimed)
    same = next((call for call in ordered if call.claim == operation.claim), None)
    if same is not None:
        return same
    functions = FunctionIndex([operation, *ordered], lambda call: judgement_by_claim(call, swept), swept)
    if operation.id not in functions.place:
        return None
    first = {functions.place[call.id]: call for call in reversed(ordered) if call.id in functions.place}
    near = NearestFunctions(functions, functions.place[operation.id], list(first))
    return next((first[place] for place in near.nearest()), None)


def _can_pad(convention: Convention, call: Operation) -> bool:
    own = call.claim
    return own is not None and own != convention and padding_program(convention, own, "HW") is not None


def _can_blur(convention: Convention, call: Operation) -> bool:
    return call.claim is not None and blur_program(convention, call.claim, "HW") is not None


def _by_simplicity(calls: Iterable[Operation]) -> list[Operation]:
    listed = list(calls)
    return [listed[i] for i in sorted(range(len(listed)), key=lambda i: simplicity_key(listed[i], i))]
