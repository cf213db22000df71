"""Make report records of translations."""

from __future__ import annotations

import hashlib
from math import isfinite
from typing import Any

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.translate.call_programs import call_program, program_setup
from halfpixel.probe.translate.function_comparison import is_by_claim
from halfpixel.probe.translate.rendering import missing_steps
from halfpixel.probe.translate.translator import Translation, Translator
from halfpixel.probe.translate.verification import are_linear, check_text
from halfpixel.probe.translate.weights_program import measured_weights_program, product_program, weights_program
from halfpixel.probe.translate.workarounds import Workaround, convention_expression
from halfpixel.reports.records import translation_records
from halfpixel.reports.records.record_types import Record
from halfpixel.reports.records.translation_records import CALL_PLACEHOLDER, WORDS_PREFIX, Snippet, TranslationCall

_NOT_LINEAR = "the figures are those of single bright pixels: one of both calls is not linear (it clips or rounds)"


def named_text(text: str, prefix: str = "") -> Snippet:
    """The text under a name made from it; ``prefix`` tells what it is for."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    return Snippet(name=f"{prefix}{digest}", text=text)


def operation_key(operation: Operation) -> str:
    """A short name for an operation, made from its id: thousands of answers name one."""
    return hashlib.sha256(operation.id.encode()).hexdigest()[:8]


def product_text(operation: Operation) -> Snippet:
    """The text that multiplies by weights in the tensors of an operation's framework."""
    call = operation.native_call
    name = f"product {call.framework.name} {call.layout}"
    return Snippet(name=name, text=product_program(call.framework, str(call.layout)))


def call_records(operation: Operation, translator: Translator) -> tuple[TranslationCall | Snippet, ...]:
    """The operation's call and the texts that it shares; nothing for a plain callable, which cannot be copied."""
    if operation.call is None:
        return ()
    text = named_text(program_setup(operation.call))
    is_measured = operation.id in translator.functions.place
    convention = translator.functions.convention(operation) if is_measured else None
    weights = measured_weights_program(operation) if convention is None else weights_program(convention)
    shared_weights = named_text(weights, "weights ")
    record = TranslationCall(
        operation=operation.id,
        key=operation_key(operation),
        framework=operation.framework,
        call=operation.call.expression,
        setup=text.name,
        layout=operation.call.layout,
        convention="" if convention is None else convention_expression(convention),
        weights=shared_weights.name,
        kernel="" if operation.claim is None else operation.claim.kernel,
        is_default=operation.is_default,
    )
    return record, text, shared_weights, product_text(operation)


def answer_fields(
    translation: Translation, translator: Translator
) -> tuple[dict[str, Any], list[Snippet], list[Operation]]:
    """One framework's answer as plain values, the texts it names, and the calls."""
    if translation.found is None:
        return {"verdict": Verdict.UNSUPPORTED.value, "reason": translation.reason}, [], []
    to, difference = translation.target, translation.difference
    functions = translator.functions
    fields: dict[str, Any] = {"to": operation_key(to), "verdict": str(difference.verdict)}
    if translation.pairs != len(functions.of(translation.operation).defined):
        fields["pairs"] = translation.pairs
    if translation.pairs < translation.of:
        fields["of"] = translation.of
    if translation.is_reproduced:
        return fields, [], [to]
    if not difference.verdict.is_agreement:
        fields |= {"gain": _rounded_figure(difference.gain), "grey_levels": _rounded_figure(difference.grey_levels)}
        fields |= (
            {"pixels_moved": _rounded_figure(difference.pixels_moved)} if isfinite(difference.pixels_moved) else {}
        )
        fields |= {} if difference.worst is None else {"at": list(difference.worst)}
    words = missing_steps(translation, functions.convention(translation.operation))
    if not are_linear(translation, functions.of(translation.operation), functions.of(to)):
        words = (*words, _NOT_LINEAR)
    lines = [named_text(line, WORDS_PREFIX) for line in words]
    recipes = translation.workarounds.recipes if translation.workarounds is not None else ()
    texts = [named_text(recipe.template, f"{recipe.kind} ") for recipe in recipes]
    fields |= {
        "where": translation.where,
        "factors": list(translation.factors),
        "needed": [line.name for line in lines],
        "parts": {kind: operation_key(part) for kind, part in translation.parts},
        "recipes": [_recipe_fields(recipe, text) for recipe, text in zip(recipes, texts, strict=True)],
    }
    calls = [to, *(part for _, part in translation.parts), *(recipe.to for recipe in recipes)]
    return {name: value for name, value in fields.items() if value not in ("", [], {})}, [*lines, *texts], calls


def _recipe_fields(recipe: Workaround, text: Snippet) -> dict[str, Any]:
    return {
        "kind": recipe.kind,
        "to": operation_key(recipe.to) if recipe.calls else "",
        "text": text.name,
        "values": [*recipe.values],
        "proved": recipe.proved,
        "of": recipe.of,
    }


def _rounded_figure(value: float) -> float:
    return float(f"{value:.3g}")


class OperationTranslations:
    """Everything one operation's test keeps and checks."""

    def __init__(self, operation: Operation, translator: Translator, kept: set[Record]) -> None:
        """``kept`` are the records of calls and texts that this process kept already; what is new is added."""
        self.translations = [translator.to(operation, name) for name in translator.frameworks]
        self._translator = translator
        answers: dict[str, dict[str, Any]] = {}
        shared: list[Record] = []
        calls = {operation.id: operation}
        for translation in self.translations:
            answers[translation.framework], texts, named = answer_fields(translation, translator)
            shared += texts
            calls |= {call.id: call for call in named}
        for call in calls.values():
            shared += call_records(call, translator)
        missing = translator.functions.missing.get(operation.id, "")
        self.records: list[Record] = [record for record in dict.fromkeys(shared) if record not in kept]
        kept.update(self.records)
        self.records.append(
            translation_records.Translation(
                operation=operation.id,
                framework=operation.framework,
                answers={} if missing else answers,
                pairs=0 if missing else len(translator.functions.of(operation).defined),
                documented=is_by_claim(operation),
                reason=missing,
            )
        )

    def faults(self) -> list[str]:
        """Where the literal texts, run as printed, differ from what is stated of them; one line each."""
        answered = (translation for translation in self.translations if translation.found is not None)
        return [line for translation in answered for line in self._faults(translation)]

    def _faults(self, translation: Translation) -> list[str]:
        to = translation.target
        if to.call is None:
            return []
        mine, its = self._translator.functions.of(translation.operation), self._translator.functions.of(to)
        text = named_text(program_setup(to.call)).text.replace(CALL_PLACEHOLDER, to.call.expression)
        assert text == call_program(to)
        return [f"{translation.framework}: {line}" for line in check_text(translation, mine, its, text)]
