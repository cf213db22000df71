"""Answer a question of translation for one framework after another: measured now, or as it was measured before."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from halfpixel.adapters import Operation, operations
from halfpixel.golden import Convention
from halfpixel.probe.compare.candidates import differences
from halfpixel.probe.compare.measurement_store import Judgement
from halfpixel.probe.search_words import call_expression
from halfpixel.probe.translate.call_programs import call_program
from halfpixel.probe.translate.candidate_calls import Answers, documented_nearest
from halfpixel.probe.translate.function_comparison import FunctionIndex, is_by_claim
from halfpixel.probe.translate.integer_images import UINT8, ByteImages, bytes_line, compare_bytes, grey_levels_text
from halfpixel.probe.translate.measurement_cache import CachedStore
from halfpixel.probe.translate.rendering import (
    AnswerText,
    Fallback,
    exact_text,
    missing_steps,
    translation_text,
    verdict_line,
    workaround_line,
)
from halfpixel.probe.translate.sources import convention_source
from halfpixel.probe.translate.translator import BothAxes, Translation, Translator, compare_both_axes
from halfpixel.probe.translate.verification import check_fallback
from halfpixel.probe.translate.workarounds import MEASURED, WEIGHTS

FLOAT32 = "float32"
BOTH = "both"
DTYPES = (FLOAT32, UINT8, BOTH)

_TRIED_IN_BYTES = 4
"""How many calls that document the same are compared with images of bytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one framework, as text and as plain values.

    ``is_measured``: whether a call was compared at all, in the dtype that was asked; ``is_same``: whether it is the
    same there, for bytes on all images tried. ``reason`` says why nothing was.
    """

    framework: str
    text: AnswerText
    values: dict[str, Any]
    is_measured: bool
    is_same: bool
    reason: str = ""


class Question:
    """The calls to write instead of ``operation``; ``store`` measures, or knows what was measured.

    ``dtype`` is one of :data:`DTYPES`; ``every`` measures all calls of a framework where none is the same function.
    """

    def __init__(self, operation: Operation, store: CachedStore, dtype: str = BOTH, every: bool = False) -> None:
        self.operation = operation
        self._store = store
        self._dtype = dtype
        self._every = every
        self._answers: Answers | None = None

    def first(self, framework: str) -> str:
        """The call that documents the same, or comes nearest so, before anything is measured; empty where none does."""
        claim = self.operation.claim
        call = documented_nearest(self.operation, operations(framework), self._store.sizes.pairs)
        if call is None or call.claim is None or claim is None:
            return ""
        if call.claim == claim:
            return f"{call_expression(call)} documents the same convention ({claim})"
        causes = ", ".join(differences(claim, call.claim))
        return f"{call_expression(call)} comes nearest by what is documented (differs in: {causes})"

    def known(self, framework: str) -> Answer | None:
        """The answer that was kept under the same conditions, if any; nothing is imported or measured."""
        kept = self._store.answer(self._key(framework), self._asked(framework))
        if kept is None:
            return None
        return Answer(**(kept | {"text": AnswerText.from_values(kept["text"])}))

    def answer(self, framework: str) -> Answer:
        """The answer, measured where it is not known; ``ValueError`` where the source cannot be measured."""
        known = self.known(framework)
        if known is not None:
            return known
        with quiet():
            answer = self._answer(framework)
        if answer.is_measured:
            self._store.keep_answer(self._key(framework), self._asked(framework), asdict(answer))
        return answer

    def _key(self, framework: str) -> str:
        return f"translation to {framework}, {self._store.sizes.pairs}, {self._dtype}, {self._every}"

    def _asked(self, framework: str) -> tuple[Operation, ...]:
        return (self.operation, *operations(framework))

    def _measured(self) -> Answers:
        if self._answers is None:
            answers = Answers(self.operation, self._judge, self._store.sizes.pairs)
            missing = answers.source.missing
            if self.operation.id in missing:
                raise ValueError(f"{self.operation.id}: nothing could be measured: {missing[self.operation.id]}")
            self._answers = answers
        return self._answers

    def _judge(self, operation: Operation) -> Judgement:
        return self._store.judgement(operation)

    def _both_axes(self, operation: Operation, to: Operation) -> BothAxes:
        kept = self._store.answer("both axes", (operation, to))
        if kept is not None:
            return BothAxes(**kept)
        found = compare_both_axes(operation, to)
        self._store.keep_answer("both axes", (operation, to), asdict(found))
        return found

    def _translator(self, functions: FunctionIndex) -> Translator:
        return Translator(functions, self._both_axes)

    def _answer(self, framework: str) -> Answer:
        answers = self._measured()
        translation = answers.translation(framework, operations(framework), self._translator, self._every)
        convention = answers.convention
        if translation.found is None:
            text = translation_text(translation, convention)
            return Answer(framework, text, _values(translation, convention), False, False, translation.reason)
        fallback = None if translation.is_reproduced else self._fallback(translation, convention)
        seen = None if self._dtype == FLOAT32 else compare_bytes(self.operation, translation.target, convention)
        line = "" if seen is None else self._bytes_text(seen, translation, answers, convention)
        text = translation_text(translation, convention, fallback, line)
        left = answers.unmeasured.get(framework, 0)
        values = _values(translation, convention, fallback) | {"not_measured": left}
        if seen is not None:
            values[UINT8] = asdict(seen)
        # Of a call that takes bytes alone, floats are what its documentation says, and bytes what it does.
        if seen is not None and (self._dtype == UINT8 or self.operation.dtype == UINT8):
            return Answer(framework, text, values, seen.shape is not None, seen.is_same, seen.refused)
        return Answer(framework, text, values, True, translation.is_reproduced)

    def _fallback(self, translation: Translation, convention: Convention | None) -> Fallback | None:
        to = translation.target
        if to.call is None or (self.operation.call is None and convention is None):
            return None
        kind = MEASURED if convention is None else WEIGHTS
        program = exact_text(self.operation, to.call, convention)
        # A call that takes no single planes of floats is taken at its word, here as elsewhere.
        stated = convention is not None and is_by_claim(self.operation)
        source = convention_source(convention) if stated and convention is not None else self.operation
        check = check_fallback(program, to, source, convention)
        if check.fault:
            words = f"none: weights do not give this call with both axes resized at once ({check.fault})"
            return Fallback(kind, "", words)
        if not check.shapes:
            return Fallback(kind, program, "not run: the source is defined for none of the shapes tried")
        needs = f", and need {self.operation.framework}" if convention is None else ""
        shapes = "one shape" if check.shapes == 1 else f"{check.shapes} shapes"
        run = f"run at {shapes}, both axes at once, off by {check.error:.1g} at most"
        return Fallback(kind, program, f"for every size, whatever {translation.framework} offers{needs}: {run}")

    def _bytes_text(
        self, seen: ByteImages, translation: Translation, answers: Answers, convention: Convention | None
    ) -> str:
        to = translation.target
        line = bytes_line(seen, self.operation, to)
        if not seen.levels and not seen.refused:
            return line
        others = [call for call in answers.documented(operations(translation.framework)) if call.id != to.id]
        found = [(compare_bytes(self.operation, call, convention), call) for call in others[:_TRIED_IN_BYTES]]
        nearer = [
            pair for pair in found if pair[0].shape is not None and (seen.refused or pair[0].levels < seen.levels)
        ]
        if not nearer:
            return line
        best, call = min(nearer, key=lambda pair: pair[0].levels)
        return f"{line}; nearer in bytes: {call_expression(call)}, up to {grey_levels_text(best.levels)} apart"


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings of frameworks about sizes and arguments, which are no part of an answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _figure(value: float) -> float | None:
    """A number as JSON has it: none where it is not finite."""
    return value if isfinite(value) else None


def _values(
    translation: Translation, convention: Convention | None, fallback: Fallback | None = None
) -> dict[str, Any]:
    """One translation as plain values."""
    operation, to = translation.operation, translation.to
    answer: dict[str, Any] = {
        "from": operation.id,
        "call": call_expression(operation) or None,
        "to": translation.framework,
        "reproduced": translation.is_reproduced,
        "summary": verdict_line(translation),
    }
    if to is None or to.call is None:
        return answer
    difference = translation.difference
    answer |= {
        "operation": to.id,
        "write": to.call.expression,
        "program": call_program(to),
        "verdict": str(difference.verdict),
        "gain": _figure(difference.gain),
        "grey_levels": _figure(difference.grey_levels),
        "pixels_moved": _figure(difference.pixels_moved),
        "pairs": translation.pairs,
        "of": translation.of,
        "where": translation.where,
        "differs_in": list(translation.factors),
    }
    if translation.whole is not None:
        answer["both_axes"] = asdict(translation.whole)
    if translation.workarounds is not None:
        answer["in_words"] = list(missing_steps(translation, convention))
        answer["by_hand"] = [
            {"kind": recipe.kind, "proved": workaround_line(recipe), "program": recipe.program}
            for recipe in translation.workarounds.recipes
        ]
    if fallback is not None:
        answer["always"] = asdict(fallback)
    return answer
