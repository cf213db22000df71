"""What grey levels show beside a convention's name: the rounding rule, clamping, and what happens between passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from adapters.layout import WrongShape
from golden import Convention
from golden.rounding import ROUNDING_RULES, rounded
from probe.forms import LEVELS
from probe.levels import rules as level_rules
from probe.levels.images import LevelAxis, LevelCaller
from probe.measure import Refused
from probe.sizes import Pair
from probe.space import exact

_WORDS = {
    "half_even": "to the nearest, halves to even",
    "half_up": "to the nearest, halves up",
    "half_away": "to the nearest, halves away from zero",
    "half_down": "to the nearest, halves down",
    "truncate": "towards zero",
    "floor": "down",
    "ceil": "up",
}
_BINARY = 2**30


@dataclass(slots=True, eq=False)
class Levels:
    """All that was measured, with what least squares make of it.

    ``resolution`` is 1 where results are whole levels, else 0; ``added`` what is added to results, ``left`` and ``rms``
    what least squares leave at most and in the root mean square, levels; ``scale`` what matrices were multiplied by.
    """

    caller: LevelCaller
    height: LevelAxis
    width: LevelAxis
    resolution: float
    matrices: dict[Pair, np.ndarray]
    across: dict[Pair, np.ndarray]
    added: float
    left: float
    rms: float
    scale: float = 1.0

    @property
    def measured(self) -> int:
        """Pairs, counted for each axis."""
        return len(self.matrices) + len(self.across)


def goes_with(measured: Levels, down: Pair, right: Pair) -> bool:
    """Whether both axes may be resized so at once."""
    return not measured.caller.operation.uniform or (down[1] > down[0]) == (right[1] > right[0])


def whole_image(height: int, width: int, soft: bool) -> np.ndarray:
    """Noise, levels ``(height, width)``: in the middle of the range, or at its ends only."""
    random = np.random.default_rng(height * width)
    return random.integers(64, 192, (height, width)) if soft else 255 * random.integers(0, 2, (height, width))


def evidence(measured: Levels, convention: Convention, explained: level_rules.Explained) -> Iterator[str]:
    """A sentence each."""
    low, high = explained.low, explained.high
    yield f"every result is within {low:+.3g} to {high:+.3g} levels of the exact value"
    exacts = {pair: exact(convention, pair).values for pair in measured.height.lines}
    yield from _rounding(measured, exacts)
    if explained.allowance > level_rules.EXACT:
        yield "more than rounding, as fixed-point weights are"
    yield from _between(measured, convention, explained)


def _rounding(measured: Levels, exacts: Mapping[Pair, np.ndarray]) -> Iterator[str]:
    if not measured.resolution:
        yield "results are not rounded"
        if _clamps(measured):
            yield "results beyond 0..1 are clamped"
        return
    rules, share = level_rules.rounding_rules(measured.height.lines, exacts)
    names = rules.split("/")
    if len(names) == len(ROUNDING_RULES):
        yield "rounding: nothing to round, pixels are copied"
    elif set(names) >= {"half_even", "half_up", "half_away", "half_down"}:
        yield f"rounds to the nearest; no halves were met ({share:.2%} of results)"
    else:
        words = [_WORDS[name] for name in names if not (name in ("half_away", "truncate") and len(names) > 1)]
        yield f"rounds {' or '.join(words)} ({share:.2%} of results)"
    if _clamps(measured):
        yield "results beyond 0..255 are clamped"


def _clamps(measured: Levels) -> bool:
    """Whether values beyond the range were met and came out at its ends."""
    seen = False
    for pair, one in measured.height.lines.items():
        values = measured.matrices[pair] @ one.given
        out = (values < -2) | (values > LEVELS + 2)
        seen = seen or bool(out.any() and (np.abs(one.got - np.clip(values, 0, LEVELS))[out] < 1.5).all())
    return seen


def _between(measured: Levels, convention: Convention, explained: level_rules.Explained) -> Iterator[str]:
    """What happens between the passes of both axes: one image with noise from end to end tells."""
    caller = measured.caller
    pairs = list(measured.height.lines)
    both = [
        (down, right)
        for down in pairs[:3]
        for right in measured.width.lines
        if down[1] != down[0] and right[1] != right[0] and goes_with(measured, down, right)
    ]
    if not both:
        return
    down, right = next((pair for pair in both if pair[0][0] != pair[1][0]), both[0])
    image = whole_image(down[0], right[0], soft=False)
    try:
        got = caller(image, (down[1], right[1]))
    except (Refused, WrongShape):
        return
    rows, columns = exact(convention, down).values, exact(convention, right).values
    # Rounding down, or up, moves results by half a level; between passes it is taken for the same.
    one_way = np.clip(np.rint(explained.low + explained.high), -1, 1) / 2 * measured.resolution
    ways = _ways(rows, columns, image, one_way)
    errors = {words: float(np.abs(got - one_way - np.clip(values, 0, LEVELS)).max()) for words, values in ways.items()}
    allowed = 0.5 * measured.resolution + 0.2
    fitting = [words for words, error in errors.items() if error <= allowed]
    if not fitting:
        words = min(errors, key=errors.get)
        off = f"is off by {errors[words]:.3g}"
        yield f"both axes at once: none of the known orders of passes; the nearest, {words}, {off}"
    elif len(fitting) == len(ways):
        yield "both axes at once: whether values are rounded or clamped between the passes does not show"
    else:
        yield f"both axes at once: {' or '.join(fitting[:3])}"


def _ways(rows: np.ndarray, columns: np.ndarray, image: np.ndarray, one_way: float) -> dict[str, np.ndarray]:
    rule = {-0.5: "floor", 0.0: "half_up", 0.5: "ceil"}[float(one_way)]

    def whole(values: np.ndarray) -> np.ndarray:
        return rounded(rule, np.rint(values * _BINARY).astype(np.int64), _BINARY).astype(np.float64)

    first_rows, first_columns = rows @ image, image @ columns.T
    found = {"nothing is rounded or clamped between the passes": first_rows @ columns.T}
    for order, first, then in (
        ("rows come first", first_rows, lambda values: values @ columns.T),
        ("columns come first", first_columns, lambda values: rows @ values),
    ):
        found[f"{order}, clamped before the others"] = then(np.clip(first, 0, LEVELS))
        found[f"{order}, rounded before the others"] = then(whole(first))
        found[f"{order}, rounded and clamped before the others"] = then(np.clip(whole(first), 0, LEVELS))
    return found
