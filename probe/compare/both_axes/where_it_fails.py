"""Find the simplest condition on shapes, and on places of an output, that says where a resize is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from halfpixel.probe.measure.joint_shapes import Shape, pixels, shape_text

_ENOUGH = 0.75
"""A condition may cover shapes that agree, by chance or because the error is below the tolerance, while this fraction
of those that it covers differ."""
_ALMOST_ALL = 0.9
"""A condition that covers a larger fraction of the shapes, and some that agree, says nothing."""
_JOINED, _BY_CHANCE = 3, 5
_NAMED = 3
"""Shapes that are named where no condition fits."""


@dataclass(frozen=True, slots=True)
class _Condition:
    """Words that follow "when", and for which of the shapes asked they are true."""

    words: str
    holds: np.ndarray


def where_it_fails(asked: Sequence[Shape], failing: Sequence[bool]) -> str:
    """Of the shapes ``asked`` those that are ``failing``, in words: "at every shape asked", "when ..." or "at ...".

    The simplest of these that is true of all shapes asked: one condition on sizes, ratios and the relation of both
    axes; two joined by "and"; two joined by "or"; up to three, joined by "and", that a few agreeing shapes meet, too,
    which is then said. Without any, the smallest shapes are named.
    """
    fails = np.asarray(failing, dtype=bool)
    if fails.all():
        return "at every shape asked"
    conditions = _conditions(asked)
    wide = [condition for condition in conditions if (condition.holds >= fails).all()]
    exact = next((condition for condition in wide if (condition.holds == fails).all()), None)
    if exact is not None:
        return f"when {exact.words}"
    chosen = [shape for shape, fail in zip(asked, fails, strict=True) if fail]
    if len(chosen) >= _NAMED:
        both = _pair_that_fits(wide, fails, np.logical_and)
        if both is not None:
            return f"when {both[0].words} and {both[1].words}"
        within = [condition for condition in conditions if (condition.holds <= fails).all()]
        either = _pair_that_fits(within, fails, np.logical_or)
        if either is not None:
            return f"when {either[0].words} or when {either[1].words}"
        if text := _nearly(wide, fails):
            return text
    if len(chosen) > _ALMOST_ALL * len(fails):
        return f"at {len(chosen)} of the {len(fails)} shapes asked"
    named = ", ".join(shape_text(shape) for shape in sorted(chosen, key=pixels)[:_NAMED])
    more = f" and {len(chosen) - _NAMED} more, of {len(fails)} shapes asked" if len(chosen) > _NAMED else ""
    return f"at {named}{more}"


def _nearly(wide: list[_Condition], fails: np.ndarray) -> str:
    """Up to three conditions that hold where it fails, and at few other shapes; empty without any.

    A further condition is joined while it rules out half of the other shapes, and all or more than a few: thresholds
    that part a few shapes from the others by chance are always found.
    """
    joined: list[str] = []
    covered = np.ones(len(fails), dtype=bool)
    while wide and len(joined) < _JOINED:
        if (covered == fails).all():
            break
        best = min(wide, key=lambda condition: int((condition.holds & covered).sum()))
        narrower = covered & best.holds
        ruled_out = covered.sum() - narrower.sum()
        if (narrower & ~fails).any() and (ruled_out <= _BY_CHANCE or 2 * ruled_out < (covered & ~fails).sum()):
            break
        joined.append(best.words)
        covered = narrower
    if not joined or covered.sum() * _ENOUGH > fails.sum() or covered.sum() > _ALMOST_ALL * len(fails):
        return ""
    few = "" if (covered == fails).all() else f" (at {fails.sum()} of the {covered.sum()} such shapes asked)"
    return f"when {' and '.join(joined)}{few}"


def _pair_that_fits(among: list[_Condition], fails: np.ndarray, join: np.ufunc) -> tuple[_Condition, _Condition] | None:
    """The first two conditions that, joined, hold where it fails and nowhere else; equal ones are tried once."""
    if not among:
        return None
    distinct = list({condition.holds.tobytes(): condition for condition in reversed(among)}.values())[::-1]
    table = np.array([condition.holds for condition in distinct])
    for index, condition in enumerate(distinct[:-1]):
        fits = (join(condition.holds, table[index + 1 :]) == fails).all(axis=1)
        if fits.any():
            return condition, distinct[index + 1 + int(fits.argmax())]
    return None


def _conditions(asked: Sequence[Shape]) -> list[_Condition]:
    """Every condition tried, the plainest first."""
    shapes = np.array(asked)
    (height, width), (h, w) = shapes[:, 0].T, shapes[:, 1].T
    axes = {"the height": (height, h), "the width": (width, w)}
    found = [
        *_directions(axes),
        *_relations(height, width, h, w),
        *_ratios(asked, axes),
        *_thresholds(axes),
        *_multiples(axes),
    ]
    return [_Condition(words, np.asarray(holds, dtype=bool)) for words, holds in found if 0 < holds.sum() < len(asked)]


_Axes = dict[str, tuple[np.ndarray, np.ndarray]]
_Words = Iterator[tuple[str, np.ndarray]]


def _each_and_joined(axes: _Axes, words: str, holds: Sequence[np.ndarray]) -> _Words:
    """A condition on an axis, of both, either, and each: ``words`` has places for the axis and the verb's ending."""
    first, second = holds
    yield words.format(axis="both axes", s=""), first & second
    yield words.format(axis="either axis", s="s"), first | second
    for axis, one in zip(axes, holds, strict=True):
        yield words.format(axis=axis, s="s"), one
    yield words.format(axis="one axis alone", s="s"), first ^ second


def _directions(axes: _Axes) -> _Words:
    sizes = list(axes.values())
    shrink, grow, keep = ([compare(m, n) for n, m in sizes] for compare in (np.less, np.greater, np.equal))
    yield from _each_and_joined(axes, "{axis} shrink{s}", shrink)
    yield from _each_and_joined(axes, "{axis} grow{s}", grow)
    yield from _each_and_joined(axes, "{axis} keep{s} the size", keep)
    yield "an axis changes its size", ~(keep[0] & keep[1])
    yield "both axes change", ~keep[0] & ~keep[1]
    yield "one axis shrinks and the other grows", (shrink[0] & grow[1]) | (grow[0] & shrink[1])
    yield "one axis keeps its size while the other grows", (keep[0] & grow[1]) | (grow[0] & keep[1])
    yield "one axis keeps its size while the other shrinks", (keep[0] & shrink[1]) | (shrink[0] & keep[1])


def _relations(height: np.ndarray, width: np.ndarray, h: np.ndarray, w: np.ndarray) -> _Words:
    for place, rows, columns in (("image", height, width), ("output", h, w)):
        yield f"the {place} is wider than high", columns > rows
        yield f"the {place} is higher than wide", rows > columns
        yield f"the {place} is square", rows == columns
        yield f"the {place} is not square", rows != columns
        yield f"the {place} is more than twice as wide as high", columns > 2 * rows
        yield f"the {place} is more than twice as high as wide", rows > 2 * columns
    yield "both axes change by the same ratio", height * w == width * h
    yield "both axes change by different ratios", height * w != width * h
    yield "the width shrinks more than the height", height * w < width * h
    yield "the height shrinks more than the width", height * w > width * h


def _ratios(asked: Sequence[Shape], axes: _Axes) -> _Words:
    """Thresholds on ratios at simple numbers, and between the ratios asked where those are not enough."""
    simple = [
        Fraction(2),
        Fraction(3),
        Fraction(4),
        Fraction(3, 2),
        Fraction(5),
        Fraction(6),
        Fraction(8),
        Fraction(16),
    ]
    met = sorted({Fraction(n, m) for n_out in asked for n, m in zip(*n_out, strict=True)})
    between = [
        middle.limit_denominator(10)
        for low, high in pairwise(met)
        if high > 1 and low < (middle := (low + high) / 2).limit_denominator(10) < high
    ]
    sizes = list(axes.values())
    for limit in dict.fromkeys([*simple, *between]):
        p, q = limit.numerator, limit.denominator
        least = f"1/{p}" if q == 1 else f"{q}/{p}"
        halves = {Fraction(2): "half", Fraction(3): "a third", Fraction(4): "a quarter"}.get(limit, least)
        yield from _each_and_joined(
            axes, f"{{axis}} shrink{{s}} to {halves} or less", [n * q >= p * m for n, m in sizes]
        )
        yield from _each_and_joined(
            axes, f"{{axis}} shrink{{s}} to less than {halves}", [n * q > p * m for n, m in sizes]
        )
        times = f"{float(limit):g} times"
        yield from _each_and_joined(axes, f"{{axis}} grow{{s}} to {times} or more", [m * q >= p * n for n, m in sizes])
        yield from _each_and_joined(axes, f"{{axis}} grow{{s}} to more than {times}", [m * q > p * n for n, m in sizes])


def _thresholds(axes: _Axes) -> _Words:
    """From a size on, and below one: every size asked, since what is between two of them is not known."""
    (height, h), (width, w) = axes.values()
    sides = {
        "of the input": (height, width),
        "of the output": (h, w),
        "before or after": (np.maximum(height, h), np.maximum(width, w)),
    }
    for side, sizes in sides.items():
        for size in sorted(set(np.concatenate(sizes).tolist())):
            over = [values >= size for values in sizes]
            for amount, holds in (
                (f"{size} pixels or more", over),
                (f"less than {size} pixels", [~each for each in over]),
            ):
                yield f"both axes {side} are {amount}", holds[0] & holds[1]
                yield f"either axis {side} is {amount}", holds[0] | holds[1]
                for axis, one in zip(axes, holds, strict=True):
                    yield f"{axis} {side} is {amount}", one
    for what, area in (("input", height * width), ("output", h * w)):
        for size in sorted(set(area.tolist())):
            yield f"the {what} has {size} pixels or more in all", area >= size


def _multiples(axes: _Axes) -> _Words:
    for what, index in (("input", 0), ("output", 1)):
        sizes = [pair[index] for pair in axes.values()]
        for divisor in (2, 3, 4, 8, 16, 32, 64, 128):
            words = {2: ("even", "odd")}.get(divisor, (f"multiples of {divisor}", f"no multiples of {divisor}"))
            one = {2: words}.get(divisor, (f"a multiple of {divisor}", f"no multiple of {divisor}"))
            holds = [values % divisor == 0 for values in sizes]
            for both, single, chosen in zip(words, one, (holds, [~each for each in holds]), strict=True):
                for axis, values in zip(axes, chosen, strict=True):
                    yield f"{axis} of the {what} is {single}", values
                yield f"both sizes of the {what} are {both}", chosen[0] & chosen[1]


def places_that_fail(masks: Sequence[np.ndarray]) -> str:
    """Where in the output it fails, in words that are true at every shape; empty for everywhere, or no rule.

    ``masks`` are bool ``(h, w)``, one a failing shape: which outputs differ.
    """
    parts = []
    for axis, names in ((1, ("column", "columns")), (0, ("row", "rows"))):
        lines = [np.asarray(mask.any(axis=1 - axis)) for mask in masks]
        if not all(line.all() for line in lines):
            parts.append(_lines_that_fail(lines, *names))
    said = [part for part in reversed(parts) if part]
    return f"in {' and '.join(said)}" if said else ""


def _lines_that_fail(lines: list[np.ndarray], one: str, many: str) -> str:
    """Which rows, or columns: one of them, the first or last few, what is left of a tile, or the border."""
    spans = [(int(np.flatnonzero(line)[0]), int(np.flatnonzero(line)[-1]), len(line)) for line in lines]
    first, last, length = spans[0]
    worst = max(spans, key=lambda span: span[2])
    if all(start == stop == first for start, stop, _ in spans):
        return f"{one} {first}"
    if all(start == stop == n - 1 for start, stop, n in spans):
        return f"the last {one}"
    if all(line[0] and line[-1] and not line[1:-1].any() for line in lines):
        return f"the first and the last {one}"
    if all((start, stop) == (0, last) for start, stop, _ in spans):
        return f"the first {last + 1} {many}"
    if all((n - start, stop) == (length - first, n - 1) for start, stop, n in spans):
        return f"the last {length - first} {many}"
    for tile in (4, 8, 16, 32, 64, 128):
        if all(n > tile and start >= n - n % tile for start, _, n in spans):
            return f"the last {worst[2] % tile} of {worst[2]} {many}, beyond the last whole tile of {tile}"
    start, stop, n = worst
    return f"{many} {start} to {stop} of {n} where the image is largest" if 2 * (stop - start) < n else ""
