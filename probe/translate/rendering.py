"""The text of a translation, for the terminal, the record and the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from halfpixel.adapters import Operation
from halfpixel.adapters.native_call import NativeCall
from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import error_text
from halfpixel.probe.search_words import call_expression
from halfpixel.probe.translate.call_programs import call_program, layout_conversion
from halfpixel.probe.translate.function_comparison import is_by_claim
from halfpixel.probe.translate.translator import Translation
from halfpixel.probe.translate.weights_program import measured_weights_program, product_program, weights_program
from halfpixel.probe.translate.workarounds import Workaround

_KERNEL_WIDTH = {"linear": 2, "cubic": 4, "box": 1, "hamming": 2, "mitchell": 4, "gaussian": 3}

_STEP_FOR_CAUSE: dict[str, str] = {
    Cause.COORDINATES: "sample elsewhere: outputs lie at other places of the input",
    Cause.CUBIC_COEFFICIENT: "use another cubic kernel: the coefficient a is another",
    Cause.KERNEL: "use another kernel",
    Cause.NORMALISATION: "scale the result: the weights do not sum to one",
    Cause.PRECISION: "nothing: its weights are rounded more coarsely, which cannot be undone",
    Cause.TIES: "take the other pixel where an output lies midway between two",
    Cause.SCALE_SOURCE: "give the scale, not the size",
    Cause.AXIS_ORDER: "transpose",
}


@dataclass(frozen=True, slots=True)
class AnswerText:
    """The parts of one answer: which call of ``framework`` to write, how it differs, and what to do beside it.

    ``workarounds`` are lines; ``programs`` are titles and texts to copy, the first without a title.
    """

    framework: str
    verdict: str
    operation: str = ""
    call: str = ""
    causes: tuple[str, ...] = ()
    layout: str = ""
    in_bytes: str = ""
    parts: tuple[str, ...] = ()
    workarounds: tuple[str, ...] = ()
    programs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> AnswerText:
        """The text again, of its fields as JSON has them."""
        lists = {name: tuple(values[name]) for name in ("causes", "parts", "workarounds")}
        programs = tuple((title, text) for title, text in values["programs"])
        return cls(**{**values, **lists, "programs": programs})

    def lines(self, with_programs: bool = True) -> list[str]:
        """The lines for the terminal."""
        fields = [("to", self.framework), ("operation", self.operation), ("call", self.call), ("verdict", self.verdict)]
        fields += [("in uint8", self.in_bytes), ("differs in", ", ".join(self.causes)), ("layout", self.layout)]
        lines = [f"{name + ':':<13}{value}" for name, value in fields if value]
        lines += self.parts
        lines += [f"workaround:  {line}" for line in self.workarounds]
        for title, text in self.programs if with_programs else ():
            lines += ["", f"{title}:"] if title else []
            lines += ["", *(f"    {line}" if line else "" for line in text.rstrip().splitlines())]
        return lines


@dataclass(frozen=True, slots=True)
class Fallback:
    """A program in place of the call, right at every size; ``proved`` says at what it was run, and how far off it is.

    ``program`` is empty where what was run was wrong.
    """

    kind: str
    program: str
    proved: str


def translation_text(
    translation: Translation, convention: Convention | None, fallback: Fallback | None = None, in_bytes: str = ""
) -> AnswerText:
    """The text of one translation; ``convention`` is that of the operation, where it is known."""
    to, summary = translation.to, verdict_line(translation)
    if to is None:
        programs = () if fallback is None or not fallback.program else ((fallback.kind, fallback.program),)
        return AnswerText(translation.framework, summary, programs=programs)
    layout, workarounds, texts = "", [], []
    if translation.operation.call and to.call:
        conversion = layout_conversion(translation.operation, to)
        if conversion not in ("", "x"):
            layout = f"{translation.operation.call.layout} to {to.call.layout}: x = {conversion}"
    if to.call is not None:
        texts.append(("", call_program(to)))
    if translation.workarounds is not None:
        recipes = translation.workarounds.recipes
        workarounds += [f"{line} (in words, not proved)" for line in missing_steps(translation, convention)]
        workarounds += [workaround_line(recipe) for recipe in recipes]
        texts += [(recipe.kind, recipe.program) for recipe in recipes[:1]]
    if fallback is not None:
        workarounds.append(f"{fallback.kind}: {fallback.proved}")
        texts += [(fallback.kind, fallback.program)] if fallback.program else []
    return AnswerText(
        translation.framework,
        summary,
        to.id,
        call_expression(to) or "a plain callable",
        translation.factors,
        layout,
        in_bytes,
        tuple(
            f"{words}: {call_expression(part)} is the same function ({part.id})" for words, part in translation.parts
        ),
        tuple(workarounds),
        tuple(texts),
    )


def missing_steps(translation: Translation, convention: Convention | None) -> tuple[str, ...]:
    """The steps beside the call, one line for each cause of the difference; in words alone, not proved.

    ``convention`` is that of the operation, where it is known.
    """
    lines = []
    is_joint = translation.whole is not None and translation.whole.fault
    for cause in translation.factors if convention is not None and not is_joint else ():
        if convention is not None and cause == Cause.ANTIALIAS:
            lines.append(_antialias_step(convention))
        elif convention is not None and cause == Cause.BORDER:
            lines.append(f"pad with border {convention.border!r} first, and crop")
        elif cause in _STEP_FOR_CAUSE:
            lines.append(_STEP_FOR_CAUSE[cause])
    if translation.operation.dtype != "float32":
        lines.append(f"round and clip to {translation.operation.dtype} afterwards")
    return tuple(lines)


def _antialias_step(convention: Convention) -> str:
    if not convention.antialias:
        return "keep the call from stretching its kernel when shrinking: enlarge, or pick pixels, instead"
    width = _KERNEL_WIDTH.get(convention.kernel) or 2 * (convention.lobes or 1)
    return (
        f"blur first when shrinking, with the {convention.kernel} kernel stretched by n_in / n_out: "
        f"{width} n_in / n_out pixels wide"
    )


def exact_text(operation: Operation, to: NativeCall, convention: Convention | None) -> str:
    """The program that multiplies by the right weights in the target's tensors; it needs no package of this project.

    Those of the convention, where it is known; else those that ``operation`` itself has, measured by the program.
    """
    product = product_program(to.framework, str(to.layout))
    if convention is not None:
        return weights_program(convention) + product
    return call_program(operation) + measured_weights_program(operation) + product


def verdict_line(translation: Translation) -> str:
    """The verdict in one line."""
    if translation.found is None:
        return f"not measured: {translation.reason}"
    if is_by_claim(translation.operation):
        return f"by its documentation, for it takes no float32: {_summary(translation)}"
    return _summary(translation)


def _summary(translation: Translation) -> str:
    difference, where, whole = translation.difference, translation.where, translation.whole
    if translation.is_reproduced:
        exactly = "bit for bit" if difference.verdict is Verdict.EXACT else "within rounding"
        line = f"reproduced: the same function {exactly} at all {translation.pairs} pairs of sizes"
        return line if is_by_claim(translation.operation) else f"{line}, and on whole images"
    if whole is not None and whole.fault:
        pairs = f"at all {translation.pairs} pairs of sizes measured"
        return f"nearest: {difference.verdict}, though the same along each axis alone {pairs}; {whole.fault}"
    if difference.worst is None:
        pairs = f"{translation.pairs} of {translation.of} pairs of sizes"
        return f"the same function at the {pairs} that it is defined for: {where}"
    if difference.verdict is Verdict.TIES:
        sizes = f"{len(difference.differing)} of {translation.pairs} pairs of sizes"
        moved = difference.pixels_moved
        pixels = "one pixel" if moved == 1 else f"{moved:.3g} pixels"
        line = f"nearest: the same except at ties: {sizes}; a tie moves {pixels}: "
        line += f"up to {difference.grey_levels:.3g} grey levels"
        return line if translation.pairs == translation.of else f"{line}; {where}"
    axis, n_in, n_out, output = difference.worst
    error = error_text(difference.grey_levels, difference.pixels_moved, difference.gain)
    line = f"nearest: {difference.verdict}, {error}, at output {output} of {n_in} -> {n_out} along the {axis}"
    if not where:
        return f"{line}; differs at all sizes"
    return f"{line}; {where if translation.pairs < translation.of else f'differs {where}'}"


def workaround_line(workaround: Workaround) -> str:
    """The pairs at which a workaround was verified, and its error."""
    where = "all" if workaround.proved == workaround.of else str(workaround.proved)
    rule = f"{workaround.where}; " if workaround.where_is_rule else ""
    beyond = f" ({rule}it refuses the others)" if workaround.where else ""
    base = f" around {call_expression(workaround.to)}" if workaround.calls else ""
    at = f"run at {where} of {workaround.of} pairs{beyond}"
    return f"{workaround.kind}{base}: {at}, off by {workaround.error:.1g} at most"
