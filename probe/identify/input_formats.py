"""Find the images that a callable takes, in a call or two: float32 or uint8, one plane or three channels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.adapters.operation import PlaneByPlane
from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.measure.axis_matrix import Refused, ResizeFunction, call, exception_text
from halfpixel.probe.measure.batched_measurement import as_real_numbers
from halfpixel.probe.measure.sizes import Pair

DTYPES = ("float32", "uint8")
_ON_GRID = 1e-3
"""Levels by which a float may miss a whole one: float32 holds 255ths to far better than this."""


class ChannelsDiffer(Exception):
    """A grey image in three channels came back in channels that differ."""


def _equal_channel(result: np.ndarray) -> np.ndarray:
    """The first of equal channels, the last axis; raises :class:`ChannelsDiffer`."""
    if not (result == result[..., :1]).all() and not np.isnan(result).any():
        raise ChannelsDiffer("three equal channels come back different")
    return result[..., 0]


@dataclass(frozen=True, slots=True)
class InputFormat:
    """The images that a call is measured with.

    dtype
        ``float32`` or ``uint8``.
    channels
        1 for a plane ``(H, W)``, 3 for ``(H, W, 3)`` with the same plane in each.
    unit, returned_unit
        The value of one grey level in the image and in the result: 1 for whole numbers, 1/255 for floats from 0 to 1.
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
        images = np.repeat(plane[None, :, :, None], operation.channels, axis=3)
        has_alpha = operation.channels in (2, 4)
        if has_alpha:  # it would weigh colours: it is at its highest everywhere
            images[..., -1] = np.iinfo(plane.dtype).max if plane.dtype.kind in "iu" else 1
        result = as_real_numbers(call(operation, images, size))
        try:
            return _equal_channel(result[0, :, :, : -1 if has_alpha else None])
        except ChannelsDiffer as error:
            raise Refused(exception_text(error)) from error


@dataclass(frozen=True, slots=True)
class GreyPlane:
    """A function of ``(H, W, 3)`` as one of ``(H, W)``, as picklable as it is: the plane in three channels."""

    function: ResizeFunction

    def __call__(self, image: np.ndarray, size: Pair) -> np.ndarray:
        """Resize ``(H, W)`` to ``(h, w)``; raises ``ChannelsDiffer`` where equal channels come back different."""
        result = np.asarray(self.function(np.repeat(image[:, :, None], 3, axis=2), size))
        if result.shape == tuple(size):
            return result
        if result.shape != (*size, 3):
            raise WrongShape((*size, 3), result.shape)
        return _equal_channel(result)


@dataclass(frozen=True, slots=True)
class ChosenFormat:
    """The images that an operation is measured with, by grey levels or not, and the calls made to find out."""

    operation: Operation
    form: InputFormat
    is_levels: bool
    calls: int = 0


def choose_format(operation: Operation, is_function: bool, pairs: list[Pair], dtype: str | None) -> ChosenFormat:
    """How to measure ``operation``; a function, which has no description of its images, is called a few times.

    float32 comes first, then uint8, each as a plane and then in three channels: the first that is not refused and whose
    result depends on the image. Functions that return whole numbers or 255ths are measured by levels.
    """
    if not is_function:
        wanted = dtype or operation.dtype
        is_levels = wanted != "float32" or operation.channels > 1
        unit = 1.0 if wanted != "float32" else 1 / GREY_LEVELS
        return ChosenFormat(operation, InputFormat(wanted, operation.channels, unit, unit), is_levels)
    calls = 0
    fallback: ChosenFormat | None = None
    for pair in _explored(pairs):
        for form in (InputFormat(name, channels) for name in ([dtype] if dtype else DTYPES) for channels in (1, 3)):
            subject = in_format(operation, form)
            calls += 1
            try:
                result = InputFormat(form.dtype).resize(subject, _noise(form, pair[0]), (pair[1], pair[1]))
            except Refused as refusal:
                if isinstance(refusal.__cause__, ChannelsDiffer):
                    fallback = fallback or ChosenFormat(subject, form, True)
                continue
            except WrongShape:
                fallback = fallback or ChosenFormat(subject, form, form.dtype != "float32")
                continue
            chosen = ChosenFormat(subject, *_with_units(form, result))
            if result.size == 1 or np.isnan(result).any() or np.ptp(result) > 0:
                return replace(chosen, calls=calls)
            fallback = fallback or chosen
        if fallback is not None:
            break
    fallback = fallback or ChosenFormat(operation, InputFormat(dtype or "float32"), dtype not in (None, "float32"))
    return replace(fallback, calls=calls)


def _explored(pairs: list[Pair]) -> list[Pair]:
    """A pair that shrinks and one that grows, as far as there are."""
    kinds = ([pair for pair in pairs if pair[1] < pair[0]], [pair for pair in pairs if pair[1] > pair[0]], pairs)
    return list(dict.fromkeys(kind[0] for kind in kinds if kind))[:2]


def in_format(operation: Operation, form: InputFormat) -> Operation:
    """A function of one plane as it is, and one of three channels as one of a plane."""
    if form.channels == 1 or not isinstance(operation.run, PlaneByPlane):
        return operation
    return replace(operation, run=PlaneByPlane(GreyPlane(operation.run.function)))


def _noise(form: InputFormat, n: int) -> np.ndarray:
    random = np.random.default_rng(n)
    return random.integers(0, GREY_LEVELS + 1, (n, n)) if form.dtype == "uint8" else random.uniform(0, 1, (n, n))


def _with_units(form: InputFormat, result: np.ndarray) -> tuple[InputFormat, bool]:
    """The form with its units, and whether to measure by levels, from the result of a random image."""
    if form.dtype != "float32":
        is_share = result.dtype.kind == "f" and np.isfinite(result).all() and np.abs(result).max() <= 1.001
        return replace(form, returned_unit=1 / GREY_LEVELS if is_share else 1.0), True
    if result.dtype.kind in "iub":
        # Whole numbers of floats from 0 to 1: levels where they go beyond 1, or else what floats from 0 to 255 give.
        unit = 1 / GREY_LEVELS if result.max(initial=0) > 1 else 1.0
        return replace(form, unit=unit), True
    values = result.astype(np.float64)
    if np.isfinite(values).all() and np.ptp(values) > 0:
        for unit in (1.0, 1 / GREY_LEVELS):
            if np.abs(values / unit - np.rint(values / unit)).max() <= _ON_GRID:
                return replace(form, unit=unit, returned_unit=unit), True
    return form, False


def clamps_negatives(operation: Operation, pair: Pair) -> bool:
    """Whether negative results of floats become 0, by one call with an image of noise about 0."""
    image = np.random.default_rng(1).uniform(-1, 1, (pair[0], pair[0]))
    try:
        result = InputFormat().resize(operation, image, (pair[1], pair[1]))
    except (Refused, WrongShape):
        return False
    return bool(result.min(initial=0) == 0 and (result == 0).mean() > 0.1 and (result > 0).any())
