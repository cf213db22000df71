"""Measures an implementation with one call a matrix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from probe.measure import Refused, call
from probe.sizes import Pair

_ACROSS = 8
"""Fewest pixels of the other axis when it is left alone; longer inputs take as many as they have impulses."""
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

    It is resized from ``before`` to ``after`` pixels. ``places``, where each of its outputs samples, is ``None`` when
    the axis is left alone: then any column serves. Otherwise each impulse fills a plateau so wide that an output at
    its middle sees nothing else. ``gain`` is what a constant line across is multiplied by.
    """

    before: int
    after: int
    places: np.ndarray | None
    gain: float = 1.0

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
    got = caller.plane(image, n_out, across.after, found.axis)[:, shown]
    return got if across.gain == 1 else got / np.float32(across.gain)


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
                return Across(before, after, *_places(caller, pair, before, after, axis))
    return None


def _gain(caller: Caller, before: int, axis: str) -> float:
    """What a constant line is multiplied by where the size stays: weights that are not divided by their sum.

    Both axes keep their size here and count alike, so that it is the root of what the middle of an image shows.
    """
    if not caller.operation.accepts(_ACROSS, _ACROSS):
        return 1.0
    try:
        shown = caller.plane(np.ones((_ACROSS, before), np.float32), _ACROSS, before, axis)[_ACROSS // 2, before // 2]
    except (Refused, WrongShape):
        return 1.0
    return float(np.sqrt(shown)) if np.isfinite(shown) and shown > 0 else 1.0


def _leaves_alone(caller: Caller, pair: Pair, axis: str) -> bool:
    """Whether a line of random values across stays as it is; a refusal is told when matrices are measured."""
    line = np.random.default_rng(_ACROSS).uniform(0, 1, _ACROSS).astype(np.float32)
    try:
        resized = caller.plane(np.repeat(line[None, :], pair[0], axis=0), pair[1], _ACROSS, axis)
    except (Refused, WrongShape):
        return True
    return bool(np.allclose(resized, line, rtol=0, atol=_LEFT_ALONE))


def _places(caller: Caller, pair: Pair, before: int, after: int, axis: str) -> tuple[np.ndarray | None, float]:
    """Where each output across samples, input pixels, read off a ramp; ``None`` when it shows nothing. And the gain."""
    ramp = (np.arange(before) / (before - 1)).astype(np.float32)
    try:
        resized = caller.plane(np.repeat(ramp[None, :], pair[0], axis=0), pair[1], after, axis)
        constant = caller.plane(np.ones((pair[0], before), np.float32), pair[1], after, axis)
    except (Refused, WrongShape):
        return None, 1.0
    middle = len(resized) // 2
    sums = constant[middle].astype(np.float64)
    is_even = bool(np.abs(sums[after // 4 : -after // 4] - 1).max(initial=0) < 1e-4)
    # Weights that are not divided by their sum: a ramp shows places only over what a constant shows.
    share = 1.0 if is_even else np.where(np.abs(sums) > 0.01, sums, np.nan)
    places = resized[middle].astype(np.float64) / share * (before - 1)
    places = np.where((places >= 0) & (places <= before - 1), places, np.nan)
    shows = not np.isnan(places).all() and np.nanmax(places) - np.nanmin(places) > _PLATEAU
    # A factor that is the same at every phase is brightening, and no kernel's doing.
    has_phases = bool(np.ptp(constant[:, after // 2]) > 1e-4)
    gain = _gain(caller, before, axis) if shows and has_phases and before == after else 1.0
    return (places if shows else None), gain


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
