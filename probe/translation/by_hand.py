"""What would have to be done by hand for a call to do what another does: recipes that were run and held against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from golden import Convention, matrix
from probe.conditions import describe_pairs
from probe.sizes import Pair
from probe.tolerance import UNIT_ROUNDOFF, gain_tolerance
from probe.translation.functions import Function, Functions
from probe.translation.recipes import BLUR, FRAME, INDICES, MEASURED, WEIGHTS, blur, filled, frame, indices
from probe.translation.text import program, run

_LONGER = 16
"""How much longer than the line a padded one may be, and so how much more its coordinates may be off by rounding."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A text that, after the program of ``to`` where it calls ``resize``, does what was asked for.

    Its text, ``template`` with ``values``, was run at ``proved`` of the ``of`` few pairs, and was within rounding
    (``error`` at most, for images in [-1, 1]) at every one; elsewhere it refuses. ``where`` says at which, in words;
    empty when at all.
    """

    kind: str
    to: Operation
    template: str
    values: tuple[str, ...]
    proved: int
    of: int
    where: str
    error: float

    @property
    def program(self) -> str:
        """The whole text to copy."""
        return (program(self.to) if self.calls else "") + filled(self.template, self.values)

    @property
    def calls(self) -> bool:
        """Whether it calls the framework."""
        return self.kind in (FRAME, BLUR)


@dataclass(frozen=True, slots=True)
class ByHand:
    """Recipes that were proved, the one that holds at most sizes first, and which weights are always right.

    ``exact`` is ``weights`` where a convention says them, and ``measured weights`` otherwise.
    """

    recipes: tuple[Recipe, ...]
    exact: str


def by_hand(mine: Function, framework: str, usable: Iterable[Operation], functions: Functions) -> ByHand:
    """What to do beside the calls of ``framework``, ``usable`` ones in order of plainness, to get a function."""
    key, known = (mine.place, framework), functions.recipes
    if key not in known:
        known[key] = tuple(_proved(mine, list(usable), functions)) if mine.convention is not None else ()
    return ByHand(known[key], WEIGHTS if mine.convention is not None else MEASURED)


def _proved(mine: Function, usable: list[Operation], functions: Functions) -> Iterable[Recipe]:
    found = []
    for kind, to, (template, values) in _texts(mine.convention, usable, functions):
        recipe = _run(kind, to, template, values, mine, functions)
        if recipe is not None:
            found.append(recipe)
    return sorted(found, key=lambda one: -one.proved)


def _texts(convention: Convention, usable: list[Operation], functions: Functions) -> Iterable[tuple]:
    """The first call of each kind of recipe that can be the base of it."""
    done = set()
    for to in usable:
        if to.call is None or to.cost or to.uniform:
            continue
        layout, own = to.call.layout, functions.convention(to)
        texts = [(INDICES, _plain(indices(convention, layout)))]
        if own is not None and own != convention:
            texts += [(FRAME, frame(convention, own, layout)), (BLUR, _plain(blur(convention, own, layout)))]
        for kind, text in texts:
            # A call that differs in one thing less is tried before others of the same kind; then no other is.
            if text is not None and kind not in done:
                done.add(kind)
                yield kind, to, text


def _plain(text: str | None) -> tuple[str, tuple[str, ...]] | None:
    return None if text is None else (text, ())


def _run(
    kind: str, to: Operation, template: str, values: tuple[str, ...], mine: Function, functions: Functions
) -> Recipe | None:
    """The recipe, if it is right wherever it answers, and answers somewhere that matters."""
    whole = (program(to) if kind in (FRAME, BLUR) else "") + filled(template, values)
    few = [pair for pair in functions.few if pair in mine.defined]
    proved, error = [], 0.0
    for pair in few:
        found = _error(to, whole, mine.convention, pair, pair)
        if found is None:
            continue
        if not found[0] <= found[1]:
            return None
        proved.append(pair)
        error = max(error, found[0])
    # Height and width told apart: two different pairs at once.
    for one, other in zip(proved, proved[len(proved) // 2 :], strict=False):
        found = _error(to, whole, mine.convention, one, other)
        if found is None or not found[0] <= found[1]:
            return None
    if not any(n_in != n_out and min(n_in, n_out) > 1 for n_in, n_out in proved):
        return None
    where = describe_pairs(tuple(proved), tuple(few))[0].removeprefix(", ")
    return Recipe(kind, to, template, values, len(proved), len(few), where, error)


def _error(to: Operation, text: str, convention: Convention, rows: Pair, columns: Pair) -> tuple[float, float] | None:
    """The largest difference on a random image, and what rounding explains of it; ``None`` where the text refuses."""
    image = np.random.default_rng(rows[0] * 1000 + columns[1]).uniform(-1, 1, (rows[0], columns[0])).astype(np.float32)
    try:
        got = run(to, text, "translated", image[None, :, :, None], (rows[1], columns[1]))[0, :, :, 0]
    except ValueError:
        return None
    except WrongShape:
        return np.inf, 0.0
    except Exception:
        return None
    height, width = (matrix(convention, *pair).to_array() for pair in (rows, columns))
    gains = [float(np.abs(each).sum(axis=1).max()) for each in (height, width)]
    bounds = [
        _LONGER * (gain_tolerance(convention, *pair, round(gain, 3)) + 4 * UNIT_ROUNDOFF * gain)
        for pair, gain in zip((rows, columns), gains, strict=True)
    ]
    error = float(np.abs(got - height @ image.astype(np.float64) @ width.T).max())
    return error, bounds[0] * gains[1] + bounds[1] * gains[0] + bounds[0] * bounds[1]
