"""A translation in words: for the terminal, the record and the page."""

from __future__ import annotations

from adapters import Operation
from golden import Convention
from probe.discrepancy import Verdict
from probe.translation import Translation
from probe.translation.by_hand import Recipe
from probe.translation.functions import is_by_claim
from probe.translation.recipes import CONVENTION, FRAMEWORK, OPERATION, WEIGHTS, expression, measured_weights, weights
from probe.translation.text import arranged, program

_KERNEL_WIDTH = {"linear": 2, "cubic": 4, "box": 1, "hamming": 2, "mitchell": 4, "gaussian": 3}

_WORDS = {
    "coordinates": "sample elsewhere: outputs lie at other places of the input",
    "cubic coefficient": "use another cubic kernel: the coefficient a is another",
    "kernel": "use another kernel",
    "normalisation": "scale the result: the weights do not sum to one",
    "precision": "nothing: its weights are rounded more coarsely, which cannot be undone",
    "ties": "take the other pixel where an output lies midway between two",
    "scale source": "give the scale, not the size",
    "axis order": "transpose",
}


def needed(one: Translation, convention: Convention | None) -> tuple[str, ...]:
    """What would have to be done beside the call, one line for each thing that differs; in words alone, not proved.

    ``convention`` is what the subject does, where that is known.
    """
    lines = []
    for factor in one.factors if convention is not None else ():
        if factor == "antialias":
            lines.append(_antialias(convention))
        elif factor == "border":
            lines.append(f"pad with border {convention.border!r} first, and crop")
        elif factor in _WORDS:
            lines.append(_WORDS[factor])
    if one.operation.dtype != "float32":
        lines.append(f"round and clip to {one.operation.dtype} afterwards")
    return tuple(lines)


def _antialias(convention: Convention) -> str:
    if not convention.antialias:
        return "keep the call from stretching its kernel when shrinking: enlarge, or pick pixels, instead"
    width = _KERNEL_WIDTH.get(convention.kernel) or 2 * (convention.lobes or 1)
    return (
        f"blur first when shrinking, with the {convention.kernel} kernel stretched by n_in / n_out: "
        f"{width} n_in / n_out pixels wide"
    )


def exact_text(one: Translation, convention: Convention | None) -> str:
    """The program that multiplies by the right weights, in the layout of the target's call."""
    layout = one.to.call.layout
    if one.by_hand.exact == WEIGHTS and convention is not None:
        return weights(layout).replace(CONVENTION, expression(convention))
    text = measured_weights(layout).replace(OPERATION, repr(one.operation.id))
    return text.replace(FRAMEWORK, repr(one.operation.framework))


def summary(one: Translation) -> str:
    """The verdict in one line."""
    found = one.found
    if found is None:
        return f"not measured: {one.reason}"
    if is_by_claim(one.operation):
        return f"by its documentation, for it takes no float32: {_summary(one)}"
    return _summary(one)


def _summary(one: Translation) -> str:
    found = one.found
    if one.is_reproduced:
        exactly = "bit for bit" if found.verdict is Verdict.EXACT else "within rounding"
        return f"reproduced: the same function {exactly} at all {one.pairs} pairs of sizes"
    if found.verdict.is_agreement:
        return f"the same function at the {one.pairs} of {one.of} pairs of sizes that it is defined for: {one.where}"
    axis, n_in, n_out, output = found.worst
    told = f"nearest: {found.verdict}, worst {found.grey_levels:.3g} grey levels of 255 (gain {found.gain:.3g})"
    told += f", at output {output} of {n_in} -> {n_out} along the {axis}"
    if not one.where:
        return f"{told}; differs at all sizes"
    return f"{told}; {one.where if one.pairs < one.of else f'differs {one.where}'}"


def lines(one: Translation, convention: Convention | None, with_text: bool = True) -> list[str]:
    """Everything about one translation, for the terminal."""
    told = [f"to:          {one.framework}"]
    if one.to is None:
        return [*told, f"verdict:     {summary(one)}"]
    told += [f"operation:   {one.to.id}", f"call:        {_call(one.to)}", f"verdict:     {summary(one)}"]
    if one.factors:
        told.append(f"differs in:  {', '.join(one.factors)}")
    layout = arranged(one.operation, one.to) if one.operation.call and one.to.call else ""
    if layout not in ("", "x"):
        told.append(f"layout:      {one.operation.call.layout} to {one.to.call.layout}: x = {layout}")
    told += [f"{words}: {_call(call)} is the same function ({call.id})" for words, call in one.parts]
    if one.by_hand is not None:
        told += [f"by hand:     {line} (in words, not proved)" for line in needed(one, convention)]
        told += [f"by hand:     {recipe_line(recipe)}" for recipe in one.by_hand.recipes]
        told.append(f"by hand:     {one.by_hand.exact}: right at every size, whatever {one.framework} offers")
    if with_text and one.to.call is not None:
        told += ["", *_indented(program(one.to))]
        if one.by_hand is not None:
            for recipe in one.by_hand.recipes[:1]:
                told += ["", f"{recipe.kind}:", "", *_indented(recipe.program)]
            told += ["", f"{one.by_hand.exact}:", "", *_indented(exact_text(one, convention))]
    return told


def recipe_line(recipe: Recipe) -> str:
    """What a recipe is proved to do."""
    where = "all" if recipe.proved == recipe.of else str(recipe.proved)
    named = recipe.where if not recipe.where.startswith("at ") else ""
    beyond = f" ({named + '; ' if named else ''}it refuses the others)" if recipe.where else ""
    base = f" around {recipe.to.call.expression}" if recipe.calls else ""
    return f"{recipe.kind}{base}: run at {where} of {recipe.of} pairs{beyond}, off by {recipe.error:.1g} at most"


def _call(operation: Operation) -> str:
    return "a plain callable" if operation.call is None else operation.call.expression


def _indented(text: str) -> list[str]:
    return [f"    {line}" if line else "" for line in text.rstrip().splitlines()]
