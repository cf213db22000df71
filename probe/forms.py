"""Which images a black box takes, found by a call or two: float32 or uint8, one plane or three channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from adapters.operation import PlaneByPlane
from probe.measure import Refused, call
from probe.sizes import Pair

LEVELS = 255
DTYPES = ("float32", "uint8")
_ON_GRID = 1e-3
"""Levels by which a float may miss a whole one: float32 holds 255ths to far better than this."""


class ChannelsDiffer(Exception):
    """A grey image in three channels came back in channels that differ."""


@dataclass(frozen=True, slots=True)
class Form:
    """How images are handed over.

    dtype
        ``float32`` or ``uint8``.
    channels
        1 for a plane ``(H, W)``, 3 for ``(H, W, 3)`` with the same plane in each.
    unit, returned_unit
        What one grey level is in the image and in the result: 1 for whole numbers, 1/255 for floats from 0 to 1.
    """

    dtype: str = "float32"
    channels: int = 1
    unit: float = 1.0
    returned_unit: float = 1.0

    def __str__(self) -> str:
        return f"{self.dtype} images" + (" of three channels, grey" if self.channels == 3 else "")

    def resize(self, operation: Operation, image: np.ndarray, size: Pair) -> np.ndarray:
        """One plane ``(H, W)`` through an operation: ``(h, w)`` as it returned it.

        Raises ``Refused``, ``WrongShape`` or ``NotInstalled``, and ``Refused`` where the channels of the result differ.
        """
        plane = np.ascontiguousarray(image.astype(self.dtype))
        channels = operation.channels
        images = np.repeat(plane[None, :, :, None], channels, axis=3)
        # Alpha would weigh colours: it is at its highest everywhere.
        if operation.channels in (2, 4):
            images[..., -1] = np.iinfo(plane.dtype).max if plane.dtype.kind in "iu" else 1
        result = call(operation, images, size)
        if result.dtype.kind not in "fiub":
            raise Refused(f"TypeError: returned {result.dtype} where real numbers were asked for")
        colours = result[0, :, :, : channels - 1 if operation.channels in (2, 4) else None]
        if not (colours == colours[..., :1]).all() and not np.isnan(colours).any():
            raise Refused("ChannelsDiffer: three equal channels come back different")
        return colours[..., 0]


@dataclass(frozen=True, slots=True)
class InChannels:
    """A function of ``(H, W, 3)`` under the common signature, as picklable as it is."""

    function: Callable[[np.ndarray, Pair], np.ndarray]

    def __call__(self, images: np.ndarray, size: Pair) -> np.ndarray:
        """Resize ``(N, H, W, 3)`` to ``(N, h, w, 3)``; a result of one plane counts for all three."""
        found = []
        for image in images:
            result = np.asarray(self.function(image, size))
            if result.shape == tuple(size):
                result = np.repeat(result[..., None], image.shape[-1], axis=-1)
            if result.shape != (*size, image.shape[-1]):
                raise WrongShape((*size, image.shape[-1]), result.shape)
            found.append(result)
        return np.stack(found)


@dataclass(frozen=True, slots=True)
class GreyPlane:
    """A function of ``(H, W, 3)`` as one of ``(H, W)``: the plane in three channels, the first of the result."""

    function: Callable[[np.ndarray, Pair], np.ndarray]

    def __call__(self, image: np.ndarray, size: Pair) -> np.ndarray:
        """Resize ``(H, W)`` to ``(h, w)``; raises ``ChannelsDiffer`` where equal channels come back different."""
        result = InChannels(self.function)(np.repeat(image[None, :, :, None], 3, axis=3), size)[0]
        if not (result == result[..., :1]).all() and not np.isnan(result).any():
            raise ChannelsDiffer("three equal channels come back different")
        return result[..., 0]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The form that an operation is measured in: ``is_levels`` when that is by grey levels. ``calls`` were made."""

    operation: Operation
    form: Form
    is_levels: bool
    calls: int = 0


def chosen(operation: Operation, is_function: bool, pairs: list[Pair], dtype: str | None) -> Chosen:
    """How to measure ``operation``; of functions, whose images nobody described, by a call or a few.

    float32 comes first, then uint8, each as a plane and then in three channels: the first that is not refused and whose
    result depends on the image. What comes back in whole numbers or in 255ths is measured by levels.
    """
    if not is_function:
        wanted = dtype or operation.dtype
        is_levels = wanted != "float32" or operation.channels > 1
        unit = 1.0 if wanted != "float32" else 1 / LEVELS
        return Chosen(operation, Form(wanted, operation.channels, unit, unit), is_levels)
    calls = 0
    shown: Chosen | None = None
    for pair in _explored(pairs):
        for form in [Form(one, channels) for one in ([dtype] if dtype else DTYPES) for channels in (1, 3)]:
            subject = in_form(operation, form)
            calls += 1
            try:
                result = Form(form.dtype).resize(subject, _noise(form, pair[0]), (pair[1], pair[1]))
            except Refused as refusal:
                if ChannelsDiffer.__name__ in str(refusal):
                    shown = shown or Chosen(subject, form, True)
                continue
            except WrongShape:
                shown = shown or Chosen(subject, form, form.dtype != "float32")
                continue
            found = Chosen(subject, *_levels(form, result))
            if _depends(result):
                return replace(found, calls=calls)
            shown = shown or found
        if shown is not None:
            break
    shown = shown or Chosen(operation, Form(dtype or "float32"), dtype not in (None, "float32"))
    return replace(shown, calls=calls)


def _explored(pairs: list[Pair]) -> list[Pair]:
    """A pair that shrinks and one that grows, as far as there are."""
    kinds = ([pair for pair in pairs if pair[1] < pair[0]], [pair for pair in pairs if pair[1] > pair[0]], pairs)
    return list(dict.fromkeys(kind[0] for kind in kinds if kind))[:2]


def in_form(operation: Operation, form: Form) -> Operation:
    """A function of one plane as it is, and one of three channels as one of a plane."""
    if form.channels == 1:
        return operation
    return replace(operation, run=PlaneByPlane(GreyPlane(operation.run.function)))


def _noise(form: Form, n: int) -> np.ndarray:
    random = np.random.default_rng(n)
    return random.integers(0, LEVELS + 1, (n, n)) if form.dtype == "uint8" else random.uniform(0, 1, (n, n))


def _depends(result: np.ndarray) -> bool:
    return bool(result.size == 1 or np.isnan(result).any() or np.ptp(result) > 0)


def _levels(form: Form, result: np.ndarray) -> tuple[Form, bool]:
    """The form with its units, and whether to measure by levels, told by the result of a random image."""
    if form.dtype != "float32":
        is_share = result.dtype.kind == "f" and np.isfinite(result).all() and np.abs(result).max() <= 1.001
        return replace(form, returned_unit=1 / LEVELS if is_share else 1.0), True
    if result.dtype.kind in "iub":
        # Whole numbers of floats from 0 to 1: levels where they go beyond 1, or else what floats from 0 to 255 give.
        unit = 1 / LEVELS if result.max(initial=0) > 1 else 1.0
        return replace(form, unit=unit), True
    values = result.astype(np.float64)
    if np.isfinite(values).all() and np.ptp(values) > 0:
        for unit in (1.0, 1 / LEVELS):
            if np.abs(values / unit - np.rint(values / unit)).max() <= _ON_GRID:
                return replace(form, unit=unit, returned_unit=unit), True
    return form, False


def clamps(operation: Operation, pair: Pair) -> bool:
    """Whether negative results of floats become 0, by one call with an image of noise about 0."""
    image = np.random.default_rng(1).uniform(-1, 1, (pair[0], pair[0]))
    try:
        result = Form().resize(operation, image, (pair[1], pair[1]))
    except (Refused, WrongShape):
        return False
    return bool(result.min(initial=0) == 0 and (result == 0).mean() > 0.1 and (result > 0).any())
