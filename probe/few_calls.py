"""Measures an implementation with one call a matrix, and checks with a few more that matrices tell all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from probe.measure import Refused, call
from probe.sizes import Pair
from probe.structure import Fault
from probe.tolerance import UNIT_ROUNDOFF

_ACROSS = 32
"""Pixels of the other axis when it is left alone; every impulse finds a column of its own up to this length."""
_WIDE = (512, 513, 256, 257, 64, 65, 33)
_PLATEAU = 6
"""Fewest pixels across that one impulse may fill: an output at the middle sees three to either side."""
_LEFT_ALONE = 1e-5
_SINGLY = 4
"""Largest input that is measured one impulse a call, where there is no other way."""


@dataclass(slots=True)
class Caller:
    """Calls an operation, one image of one channel a call unless told otherwise, and counts.

    ``is_function`` says that the operation is a function of one plane, which cannot be given batches or channels.
    """

    operation: Operation
    is_function: bool
    calls: int = 0

    def __call__(self, images: np.ndarray, size: Pair) -> np.ndarray:
        """``(N, H, W, C)`` to ``(N, h, w, C)``, counted as ``N * C`` calls.

        Raises ``Refused``, ``WrongShape`` or ``NotInstalled``; what is no real number is refused.
        """
        self.calls += images.shape[0] * images.shape[3]
        result = call(self.operation, np.array(images, dtype=np.float32), size)
        if result.dtype.kind not in "fiub":
            raise Refused(f"TypeError: returned {result.dtype} where real numbers were asked for")
        return result if result.dtype.kind == "f" else result.astype(np.float32)

    def plane(self, image: np.ndarray, n_out: int, across: int, axis: str) -> np.ndarray:
        """Resize ``(n_in, other)`` to ``(n_out, across)``, where the first of each is ``axis``."""
        if axis == "height":
            return self(image[None, :, :, None], (n_out, across))[0, :, :, 0]
        return self(image.T[None, :, :, None], (across, n_out))[0, :, :, 0].T


@dataclass(frozen=True, slots=True)
class Across:
    """How impulses lie along the axis that is not measured.

    It is resized from ``before`` to ``after`` pixels. ``places``, where each of its outputs samples, is ``None`` when the
    axis is left alone: then any column serves. Otherwise each impulse fills a plateau so wide that an output at its
    middle sees nothing else.
    """

    before: int
    after: int
    places: np.ndarray | None

    def has_room(self, n_in: int) -> bool:
        """Whether every impulse has a plateau of its own."""
        return self.places is None or np.nanmax(self.places) - np.nanmin(self.places) >= _PLATEAU * n_in

    def layout(self, n_in: int) -> tuple[np.ndarray, np.ndarray]:
        """For each input column the impulse it carries, and for each impulse the output column that shows it."""
        if self.places is None:
            return np.arange(self.before) % n_in, np.arange(n_in)
        low, high = np.nanmin(self.places), np.nanmax(self.places)
        share = (np.arange(self.before) - low) / (high - low)
        middles = low + (np.arange(n_in) + 0.5) / n_in * (high - low)
        shown = np.nanargmin(np.abs(self.places[None, :] - middles[:, None]), axis=1)
        return np.clip(np.floor(share * n_in), 0, n_in - 1).astype(int), shown


@dataclass(slots=True)
class Measured:
    """What a few calls found along one axis: matrices, float, ``(n_out, n_in)``, and what came instead of them."""

    axis: str
    matrices: dict[Pair, np.ndarray] = field(default_factory=dict)
    refused: dict[Pair, str] = field(default_factory=dict)
    misshapen: dict[Pair, WrongShape] = field(default_factory=dict)
    across: dict[bool, Across | None] = field(default_factory=dict)


def measure_axis(caller: Caller, pairs: Iterable[Pair], axis: str) -> Measured:
    """Measure ``pairs`` along ``axis``, a call each, after the one or two that find out about the other axis."""
    found = Measured(axis)
    for pair in pairs:
        try:
            got = measure_pair(caller, pair, found)
        except Refused as refusal:
            found.refused[pair] = str(refusal)
        except WrongShape as wrong:
            found.misshapen[pair] = wrong
        else:
            if got is not None:
                found.matrices[pair] = got
    return found


def measure_pair(caller: Caller, pair: Pair, found: Measured, amplitude: float = 1.0) -> np.ndarray | None:
    """One matrix, times ``amplitude``; ``None`` where the impulses have no room along the other axis."""
    n_in, n_out = pair
    across = _across_for(caller, pair, found)
    if across is None:
        return _singly(caller, pair, found.axis, amplitude)
    if not across.has_room(n_in):
        return None
    carries, shown = across.layout(n_in)
    image = np.float32(amplitude) * (carries[None, :] == np.arange(n_in)[:, None])
    return caller.plane(image, n_out, across.after, found.axis)[:, shown]


def _across_for(caller: Caller, pair: Pair, found: Measured) -> Across | None:
    grows = caller.operation.uniform and pair[1] > pair[0]
    if grows not in found.across:
        found.across[grows] = _explored(caller, pair, grows, found.axis)
    across = found.across[grows]
    if across is not None and across.places is None and pair[0] > across.before:
        return Across(pair[0], pair[0], None)
    return across


def _explored(caller: Caller, pair: Pair, grows: bool, axis: str) -> Across | None:
    operation = caller.operation
    if not operation.uniform and operation.accepts(_ACROSS, _ACROSS) and _leaves_alone(caller, pair, axis):
        return Across(_ACROSS, _ACROSS, None)
    for before in _WIDE:
        for after in (before, before // 2, (before + 1) // 2, 2 * before, before + 1):
            is_like = not operation.uniform or (after > before) == grows
            if is_like and operation.accepts(before, after):
                return Across(before, after, _places(caller, pair, before, after, axis))
    return None


def _leaves_alone(caller: Caller, pair: Pair, axis: str) -> bool:
    """Whether a line of random values across stays as it is; a refusal is told when matrices are measured."""
    line = np.random.default_rng(_ACROSS).uniform(0, 1, _ACROSS).astype(np.float32)
    try:
        resized = caller.plane(np.repeat(line[None, :], pair[0], axis=0), pair[1], _ACROSS, axis)
    except (Refused, WrongShape):
        return True
    return bool(np.allclose(resized, line, rtol=0, atol=_LEFT_ALONE))


def _places(caller: Caller, pair: Pair, before: int, after: int, axis: str) -> np.ndarray | None:
    """Where each output across samples, input pixels, read off a ramp; ``None`` when it shows nothing."""
    ramp = (np.arange(before) / (before - 1)).astype(np.float32)
    try:
        resized = caller.plane(np.repeat(ramp[None, :], pair[0], axis=0), pair[1], after, axis)
    except (Refused, WrongShape):
        return None
    places = resized[len(resized) // 2].astype(np.float64) * (before - 1)
    places = np.where((places >= 0) & (places <= before - 1), places, np.nan)
    shows = not np.isnan(places).all() and np.nanmax(places) - np.nanmin(places) > _PLATEAU
    return places if shows else None


def _singly(caller: Caller, pair: Pair, axis: str, amplitude: float) -> np.ndarray | None:
    """One impulse a call, both axes resized by the same pair, where no other pair is defined for the axis across."""
    n_in, n_out = pair
    if n_in > _SINGLY:
        return None
    columns = []
    for i in range(n_in):
        line = np.float32(amplitude) * (np.arange(n_in) == i)
        columns.append(caller.plane(np.repeat(line[:, None], n_in, axis=1), n_out, n_out, axis)[:, n_out // 2])
    return np.stack(columns, axis=1)


def faults(caller: Caller, height: Measured, width: Measured) -> Iterator[Fault]:
    """What no convention can be: wrong shapes, NaN, chance, an offset, whole images that the axes do not explain."""
    yield from _shapes(height, width)
    if not height.matrices:
        return
    yield from _values(height, width)
    pair, first = next(iter(height.matrices.items()))
    try:
        zero = measure_pair(caller, pair, height, amplitude=0.0)
        again = measure_pair(caller, pair, height)
    except (Refused, WrongShape) as refusal:
        yield Fault("determinism", np.inf, f"the same call, made again, fails: {refusal}")
        return
    if not np.array_equal(again, first, equal_nan=True):
        yield not_repeatable(pair, again - first)
        return
    error = largest(zero)
    if error > 0 and all(np.ptp(got) == 0 for got in height.matrices.values()):
        yield Fault("offset", error, f"the result does not depend on the image: it is {zero.flat[0]:.6g} everywhere")
        return
    if error > 0:
        yield Fault("offset", error, f"an image of zeros gives {error:.3g}")
    for number, both in enumerate(_wholes(caller.operation, height, width)):
        matrices = height.matrices[both[0]], width.matrices[both[1]]
        forms = ((1, 1), (1, 3), (2, 1)) if number == 0 and not caller.is_function else ((1, 1),)
        fault = next(filter(None, (_whole_image(caller, *both, matrices, form) for form in forms)), None)
        if fault is not None:
            yield fault
            return


def not_repeatable(pair: Pair, difference: np.ndarray) -> Fault:
    """The fault of a call that gave another result when it was made again."""
    error = largest(difference)
    where = f"{pair[0]} -> {pair[1]}, differing by {error:.3g}"
    return Fault("determinism", error, f"the same call, made again, gives another result ({where})")


def largest(values: np.ndarray) -> float:
    """The largest absolute value; infinite when there is a NaN."""
    return float(np.nan_to_num(np.abs(values), nan=np.inf).max(initial=0))


def _shapes(height: Measured, width: Measured) -> Iterator[Fault]:
    every = [(one.axis, pair, wrong) for one in (height, width) for pair, wrong in one.misshapen.items()]
    if every:
        axis, (n_in, n_out), wrong = every[0]
        is_swapped = wrong.got == wrong.expected[::-1] != wrong.got
        hint = " (the size read as (w, h), or the result transposed)" if is_swapped else ""
        text = f"at {n_in} -> {n_out} along the {axis} it {wrong}{hint}; {len(every)} pairs are misshapen"
        yield Fault("axis order" if is_swapped else "output size", np.inf, text)


def _values(height: Measured, width: Measured) -> Iterator[Fault]:
    every = [(one.axis, pair, got) for one in (height, width) for pair, got in one.matrices.items()]
    broken = [(axis, pair) for axis, pair, got in every if not np.isfinite(got).all()]
    if broken:
        axis, (n_in, n_out) = broken[0]
        text = f"not finite at {len(broken)} pairs, such as {n_in} -> {n_out} along the {axis}"
        yield Fault("linearity", np.inf, text)
    elif not any(got.any() for _, _, got in every):
        yield Fault("normalisation", 1.0, "the result does not depend on the image: it is 0 everywhere")


def _wholes(operation: Operation, height: Measured, width: Measured) -> list[tuple[Pair, Pair]]:
    """Images to be resized along both axes: two that are not square, the first of them growing in height, and one that is."""
    every = [
        (down, right)
        for down in list(height.matrices)[:5]
        for right in list(width.matrices)[:3]
        if not operation.uniform or (down[1] > down[0]) == (right[1] > right[0])
    ]
    uneven = [both for both in every if both[0][0] != both[1][0] and both[0][1] != both[1][1]]
    uneven.sort(key=lambda both: both[0][1] <= both[0][0])
    even = [both for both in every if both[0] == both[1]]
    chosen = dict.fromkeys([*uneven[:1], *uneven[-1:], *even[:1]])
    return list(chosen) or every[:1]


_WORDS = {(1, 1): "an image", (1, 3): "an image of three channels", (2, 1): "a batch of two images"}
_FACTORS = {(1, 3): "channel", (2, 1): "batch"}


def _whole_image(
    caller: Caller, down: Pair, right: Pair, matrices: tuple[np.ndarray, np.ndarray], form: tuple[int, int]
) -> Fault | None:
    """Resize random images along both axes at once; a fault when that is not what each axis gives alone."""
    shape, size = (down[0], right[0]), (down[1], right[1])
    words = f"{_WORDS[form]} of {shape[0]} x {shape[1]} resized to {size[0]} x {size[1]}"
    gain = float(np.prod([max(np.nan_to_num(np.abs(one)).sum(axis=1).max(), 1) for one in matrices]))
    # As in probe.structure: a sum of float32 products, each rounded once, on values of at most the gain; doubled, since
    # what it is held against was measured with the same rounding.
    rounding = 8 * gain * shape[0] * shape[1] * UNIT_ROUNDOFF
    rows, columns = (one.astype(np.float64) for one in matrices)
    n, channels = form
    images = np.random.default_rng(n + channels).uniform(-1, 1, (n, *shape, channels)).astype(np.float32)
    expected = np.einsum("oi,nijc,pj->nopc", rows, images, columns)
    try:
        got = caller(images, size).astype(np.float64)
        error = largest(got - expected)
        if error <= rounding:
            return None
        if size[0] == size[1] and largest(got.transpose(0, 2, 1, 3) - expected) <= rounding:
            return Fault("axis order", error, f"{words} comes out transposed")
        factor = _FACTORS.get(form) or _separability_or_linearity(caller, images, size, got, rounding)
    except (Refused, WrongShape) as refusal:
        return Fault(
            "output size" if isinstance(refusal, WrongShape) else "separability", np.inf, f"{words}: {refusal}"
        )
    return Fault(factor, error, f"{words} is not what each axis gives alone (off by {error:.3g}, in [-1, 1])")


def _separability_or_linearity(caller: Caller, images: np.ndarray, size: Pair, got: np.ndarray, rounding: float) -> str:
    return "separability" if largest(caller(-images, size) + got) <= rounding else "linearity"
