"""Records of what to write instead, and whether their literal text does what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from probe.measure import AXES, Refused, call
from probe.reference import accepts
from probe.sizes import Pair
from probe.tolerance import UNIT_ROUNDOFF
from probe.translation import Translation, Translator
from probe.translation.functions import Function, is_by_claim
from probe.translation.recipes import expression, measured_weights, weights
from probe.translation.text import AXES_OF, program, run, setup
from probe.translation.words import needed
from reports import record
from reports.translations_record import CALL, WORDS, Call, Snippet

_ACROSS = 4
"""Pixels across the line of the worst image."""

_SHAPES = 2
"""How many shapes a random image is shown at, beside the worst line."""

_FOLLOWS = 1e-3
"""How far a linear call may be from its matrices on an image: far above rounding, far below what clipping does."""

_REACHED = 0.02
"""By what share the worst image may miss the stated error: figures are recorded to three digits."""


def named(text: str, prefix: str = "") -> Snippet:
    """The text under a name made from it; ``prefix`` tells what it is for."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    return Snippet(name=f"{prefix}{digest}", text=text)


def key(operation: Operation) -> str:
    """A short name for an operation, made from its id: thousands of answers name one."""
    return hashlib.sha256(operation.id.encode()).hexdigest()[:8]


def always() -> tuple[Snippet, ...]:
    """The texts that are right at every size, by layout: of exact weights and of measured ones."""
    exact = [Snippet(name=f"weights {layout}", text=weights(layout)) for layout in AXES_OF]
    return (*exact, *(Snippet(name=f"measured weights {layout}", text=measured_weights(layout)) for layout in AXES_OF))


def call_records(operation: Operation, translator: Translator) -> tuple[Call, Snippet] | tuple[()]:
    """The operation's call and its setup; nothing for a plain callable, which cannot be copied."""
    if operation.call is None:
        return ()
    text = named(setup(operation.call))
    known = operation.id in translator.functions.place
    convention = translator.functions.convention(operation) if known else None
    kept = Call(
        operation=operation.id,
        key=key(operation),
        framework=operation.framework,
        call=operation.call.expression,
        setup=text.name,
        layout=operation.call.layout,
        convention="" if convention is None else expression(convention),
        kernel="" if operation.claim is None else operation.claim.kernel,
        is_default=operation.is_default,
    )
    return kept, text


def answer(one: Translation, translator: Translator) -> tuple[dict[str, object], list[Snippet], list[Operation]]:
    """One framework's answer as plain values, the texts it names, and the calls."""
    if one.found is None:
        return {"verdict": "unsupported", "reason": one.reason}, [], []
    found = one.found
    told: dict[str, object] = {"to": key(one.to), "verdict": str(found.verdict)}
    if one.pairs != len(translator.functions.of(one.operation).defined):
        told["pairs"] = one.pairs
    calls, snippets = [one.to], []
    if one.pairs < one.of:
        told["of"] = one.of
    if one.is_reproduced:
        return told, snippets, calls
    convention = translator.functions.convention(one.operation)
    if found.worst is not None:
        told |= {"gain": _figure(found.gain), "grey_levels": _figure(found.grey_levels), "at": list(found.worst)}
    told |= {"where": one.where, "factors": list(one.factors)}
    words = needed(one, convention)
    if not _are_linear(one, translator.functions.of(one.operation), translator.functions.of(one.to)):
        words = (*words, _NOT_LINEAR)
    lines = [named(line, WORDS) for line in words]
    snippets += lines
    told["needed"] = [line.name for line in lines]
    told["parts"] = {words: key(part) for words, part in one.parts}
    calls += [part for _, part in one.parts]
    told["recipes"] = []
    for recipe in one.by_hand.recipes:
        text = named(recipe.template, f"{recipe.kind} ")
        snippets.append(text)
        calls += [recipe.to]
        told["recipes"].append(
            {
                "kind": recipe.kind,
                "to": key(recipe.to) if recipe.calls else "",
                "text": text.name,
                "values": [*recipe.values],
                "proved": recipe.proved,
                "of": recipe.of,
            }
        )
    return {name: value for name, value in told.items() if value not in ("", [], {})}, snippets, calls


def _figure(value: float) -> float:
    return float(f"{value:.3g}")


class Answered:
    """Everything one operation's test keeps and checks."""

    def __init__(self, operation: Operation, translator: Translator, kept: set[record.Record]) -> None:
        """``kept`` are the records of calls and texts that this process kept already; what is new is added."""
        self.translations = [translator.to(operation, name) for name in translator.frameworks]
        self._translator = translator
        answers, snippets, calls = {}, [], [operation]
        for one in self.translations:
            told, texts, its = answer(one, translator)
            answers[one.framework] = told
            snippets += texts
            calls += its
        missing = translator.functions.missing.get(operation.id, "")
        shared: list[record.Record] = [*always(), *snippets]
        for each in {each.id: each for each in calls}.values():
            shared += call_records(each, translator)
        self.records: list[record.Record] = [each for each in dict.fromkeys(shared) if each not in kept]
        kept.update(self.records)
        self.records.append(
            record.Translation(
                operation=operation.id,
                framework=operation.framework,
                answers={} if missing else answers,
                pairs=0 if missing else len(translator.functions.of(operation).defined),
                documented=is_by_claim(operation),
                reason=missing,
            )
        )

    def faults(self) -> list[str]:
        """What the literal texts, run as printed, were seen to do otherwise than is said of them; one line each."""
        return [line for one in self.translations if one.found is not None for line in self._faults(one)]

    def _faults(self, one: Translation) -> Iterator[str]:
        if one.to.call is None:
            return
        mine, its = self._translator.functions.of(one.operation), self._translator.functions.of(one.to)
        text = named(setup(one.to.call)).text.replace(CALL, one.to.call.expression)
        assert text == program(one.to)
        yield from (f"{one.framework}: {line}" for line in held_to(one, mine, its, text))


_NOT_LINEAR = "the figures are those of single bright pixels: one of both calls is not linear (it clips or rounds)"

_LINEAR: dict[tuple[Operation, frozenset[Pair]], bool] = {}


def is_linear(operation: Operation, function: Function) -> bool:
    """Whether its matrices say what it makes of a random image; clipping to the image's own range, they do not."""
    key = operation, function.defined
    if key not in _LINEAR:
        _LINEAR[key] = is_by_claim(operation) or _follows(operation, function)
    return _LINEAR[key]


def _follows(operation: Operation, function: Function) -> bool:
    pair = max(function.defined, key=lambda each: (min(each), each))
    image = _random((pair[0], pair[0]))
    try:
        got = call(operation, image[None, :, :, None], (pair[1], pair[1]))[0, :, :, 0]
    except Refused:
        return False
    rows, columns = (function.values((pair,), axis).reshape(pair[::-1]) for axis in range(len(AXES)))
    return bool(np.abs(got - rows @ image @ columns.T).max() <= _FOLLOWS * function.norms[pair] ** 2)


def _are_linear(one: Translation, mine: Function, its: Function) -> bool:
    return is_linear(one.operation, mine) and is_linear(one.to, its)


def held_to(one: Translation, mine: Function, its: Function, text: str) -> Iterator[str]:
    """Run ``text`` at a few shapes and on the worst image; what it does otherwise than ``one`` states, in words."""
    are_linear = _are_linear(one, mine, its)
    for size_in, size_out in _shapes(one, mine, its) if are_linear else ():
        image = _random(size_in)
        got, expected = _printed(one, text, image, size_out), _subject(one, mine, image, size_out)
        if got is None or expected is None:
            continue
        bound = _bound(one, mine, its, (size_in[0], size_out[0]), (size_in[1], size_out[1]))
        error = float(np.abs(got - expected).max())
        if not error <= bound:
            yield f"{one.to.id} at {size_in} -> {size_out}: off by {error:.3g}, and {bound:.3g} is stated"
    if one.found.worst is None:
        return
    axis, n_in, n_out, output = one.found.worst
    across = (n_in, n_out) if one.operation.uniform or one.to.uniform else (_ACROSS, _ACROSS)
    shown, stated = one.found.image, one.found.gain
    if not are_linear:
        shown, stated = _brightest(mine, its, one.found.worst)
    image = np.repeat(shown.astype(np.float32)[:, None], across[0], axis=1)
    size = (n_out, across[1])
    if axis == AXES[1]:
        image, size = np.ascontiguousarray(image.T), size[::-1]
    got, expected = _printed(one, text, image, size), _subject(one, mine, image, size)
    if got is None or expected is None:
        yield f"{one.to.id}: the size of the stated error, {n_in} -> {n_out}, was refused"
        return
    difference = np.abs(got - expected)
    line = difference[output] if axis == AXES[0] else difference[:, output]
    error = float(line[across[1] // 2])
    is_plain = across[0] == across[1]
    if not (is_plain and abs(error - stated) <= _REACHED * stated) and not (not is_plain and error <= 4 * stated):
        yield f"{one.to.id} at {n_in} -> {n_out}: off by {error:.3g} on the worst image, and {stated:.3g} is stated"


def _brightest(mine: Function, its: Function, worst: tuple[str, int, int, int]) -> tuple[np.ndarray, float]:
    """The line with one bright pixel whose weights differ most in the worst row, and by how much."""
    axis, n_in, n_out, output = worst
    rows = [each.values(((n_in, n_out),), AXES.index(axis)).reshape(n_out, n_in)[output] for each in (mine, its)]
    difference = np.abs(rows[1] - rows[0])
    return np.eye(n_in)[int(difference.argmax())], float(difference.max())


def _shapes(one: Translation, mine: Function, its: Function) -> Iterator[tuple[Pair, Pair]]:
    """Where a random image tells much: the worst sizes beside others, the two axes unlike."""
    common = sorted(mine.defined & its.defined, key=lambda pair: (abs(pair[0] - pair[1]), pair))
    large = [pair for pair in common if min(pair) > 2] or common
    first = (one.found.worst[1], one.found.worst[2]) if one.found.worst else large[-1]
    count = 1 if one.operation.cost or one.to.cost else _SHAPES
    shown = 0
    for rows, columns in [(first, large[len(large) // 2]), (large[len(large) // 3], first), (first, first)]:
        size_in, size_out = (rows[0], columns[0]), (rows[1], columns[1])
        if shown < count and accepts(one.operation, size_in, size_out) and accepts(one.to, size_in, size_out):
            shown += 1
            yield size_in, size_out


@lru_cache(maxsize=4096)
def _random(size: Pair) -> np.ndarray:
    return np.random.default_rng(size[0] * 1009 + size[1]).uniform(-1, 1, size).astype(np.float32)


def _printed(one: Translation, text: str, image: np.ndarray, size: Pair) -> np.ndarray | None:
    try:
        return run(one.to, text, "resize", image[None, :, :, None], size)[0, :, :, 0].astype(np.float64)
    except WrongShape:
        raise
    except Exception:
        return None


def _subject(one: Translation, mine: Function, image: np.ndarray, size: Pair) -> np.ndarray | None:
    """What the operation makes of the image; of one that is taken at its word, what it documents."""
    if is_by_claim(one.operation):
        pairs = [(image.shape[0], size[0]), (image.shape[1], size[1])]
        rows, columns = (mine.values((pair,), 0).reshape(pair[::-1]) for pair in pairs)
        return rows @ image @ columns.T
    try:
        return call(one.operation, image[None, :, :, None], size)[0, :, :, 0].astype(np.float64)
    except Refused:
        return None


def _bound(one: Translation, mine: Function, its: Function, rows: Pair, columns: Pair) -> float:
    """By how much two images may differ that are resized along both axes, values in [-1, 1].

    Each axis adds at most the stated error, times how much the other axis can enlarge a value; and each sums as many
    products as it has pixels, each of which is rounded.
    """
    norms = [[each.norms[pair] for pair in (rows, columns)] for each in (mine, its)]
    largest = max(norms[0][0] * norms[0][1], norms[1][0] * norms[1][1], 1.0)
    bound = one.found.gain * (max(norms[0][1], norms[1][1]) + max(norms[0][0], norms[1][0]))
    return bound + UNIT_ROUNDOFF * 4 * (rows[0] + columns[0] + 8) * largest
