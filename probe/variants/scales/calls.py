"""Call an operation by scale factor, and measure the matrix that it applies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from halfpixel.adapters import ByScaleOperation, NotInstalled
from halfpixel.golden import Convention, matrix, tie_distance
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, coordinate_error, gain_tolerance, row_gain
from halfpixel.probe.compare.candidates import neighbours
from halfpixel.probe.measure.axis_matrix import Refused, exception_text
from halfpixel.probe.measure.axis_matrix import call as call_by_size

Given = tuple[float, float]
"""The values that a call is given for the height and for the width: scales, or sizes to fit."""

COMPANION = 16
"""Pixels of the axis along which every pixel is the same: far enough from both borders for slow prefilters."""


def call_by_scale(operation: ByScaleOperation, images: np.ndarray, given: Given) -> np.ndarray:
    """``operation.run``, with whatever the framework raises turned into ``Refused``; ``NotInstalled`` passes."""
    try:
        result = operation.run(images, given)
    except NotInstalled:
        raise
    except Exception as error:
        raise Refused(exception_text(error)) from error
    if result.ndim != 4 or result.shape[0] != images.shape[0] or result.shape[3] != images.shape[3]:
        raise Refused(f"a batch of shape {images.shape} came back as {result.shape}")
    return result


def in_dtype(scale: float, scale_dtype: str) -> float | int:
    """The nearest scale that a call can be given."""
    if scale_dtype == "integer":
        return max(1, round(scale))
    return float(np.float32(scale)) if scale_dtype == "float32" else float(scale)


def measured_by_scale(
    operation: ByScaleOperation, n_in: int, scale: float, axis: str = "height", companion: int = COMPANION
) -> np.ndarray:
    """The matrix, float64 ``(n_out, n_in)``, that is applied along ``axis``; both axes are given the same scale.

    So a call that mixes up its two scales is measured all the same, and only the question about axes tells.
    ``companion``: the pixels of the other axis, along which the image does not change.
    """
    return matrix_along(operation, impulses(n_in, companion), (scale, scale), axis)


def impulses(n_in: int, companion: int = COMPANION) -> np.ndarray:
    """Every impulse of a line, each an image, ``(n_in, n_in, companion, 1)``."""
    return np.repeat(np.eye(n_in, dtype=np.float32)[:, :, None, None], companion, axis=2)


def matrix_along(operation: ByScaleOperation, images: np.ndarray, given: Given, axis: str) -> np.ndarray:
    """The matrix of the responses to :func:`impulses`; ``given`` are the scales of that axis and of the other."""
    resized = _resize_along(lambda x, scales: call_by_scale(operation, x, scales), images, given, axis)
    return resized[:, :, resized.shape[2] // 2, 0].T.astype(np.float64)


def _resize_along(
    resize: Callable[[np.ndarray, Given], np.ndarray], images: np.ndarray, given: Given, axis: str
) -> np.ndarray:
    """Resize axis 1 of ``images`` as ``axis``; ``given`` are the values for that axis and for the other."""
    if axis == "height":
        return resize(images, given)
    return resize(np.ascontiguousarray(images.swapaxes(1, 2)), (given[1], given[0])).swapaxes(1, 2)


@dataclass(frozen=True, slots=True)
class ScaleCase:
    """One axis, resized by one scale: the scale, and the measured matrix.

    ``companion`` is how many pixels the other axis has; ``given`` are the values that the call was given for this axis
    and for the other, where that is not the scale for both.
    """

    axis: str
    n_in: int
    scale: float | Fraction
    got: np.ndarray
    companion: int = COMPANION
    given: Given | None = None

    @property
    def n_out(self) -> int:
        """Pixels that came out."""
        return len(self.got)

    @property
    def values(self) -> Given:
        """The values that the call was given, for this axis and for the other."""
        scale = self.scale if isinstance(self.scale, int) else float(self.scale)
        return self.given or (scale, scale)

    def __str__(self) -> str:
        scale = f"{float(self.scale):.9g}"
        return f"{self.axis} of {self.n_in} pixels by {scale} -> {self.n_out} pixels"


@lru_cache(maxsize=1 << 14)
def exact_for_scale(convention: Convention, n_in: int, n_out: int, scale: Fraction | float | None) -> np.ndarray:
    """float64 ``(n_out, n_in)``, not to be written to."""
    return matrix(convention, n_in, n_out, scale).to_array()


@lru_cache(maxsize=1 << 14)
def scale_tolerance(convention: Convention, n_in: int, n_out: int) -> float:
    """By how much ``sum_i |W_measured - W|`` may differ in float32 when a scale is given.

    Twice that of a resize by size: a given scale is rounded to float32 once more, and the offset of
    ``half_pixel_symmetric`` takes a product, a quotient and a difference of its own, eight roundings at most of numbers
    no larger than ``n_in + 1``; and the constant axis of the measurement adds the rounding of weights that sum to one.
    """
    return 2 * gain_tolerance(convention, n_in, n_out, row_gain(exact_for_scale(convention, n_in, n_out, None)))


def row_gains(convention: Convention, case: ScaleCase, scale: Fraction | float | None) -> np.ndarray:
    """``sum_i |W_measured - W|`` of each output, float64 ``(n_out,)``; 0 where float32 may take either side of a jump.

    ``scale`` is that of the coordinates of the exact matrix, ``None`` for the ratio of the sizes.
    """
    rows = np.abs(case.got - exact_for_scale(convention, case.n_in, case.n_out, scale)).sum(axis=1)
    rows = np.where(np.isnan(rows), np.inf, rows)
    return np.where(is_sure(convention, case.n_in, case.n_out, scale), rows, 0.0)


@lru_cache(maxsize=1 << 14)
def is_sure(convention: Convention, n_in: int, n_out: int, scale: Fraction | float | None) -> np.ndarray:
    """Whether the coordinate of each output is so far from a jump that no rounding can move it across.

    At scale 1 there is no rounding: ``(o + 1/2) * 1 - 1/2`` is exact in floating point.
    """
    if (Fraction(n_out, n_in) if scale is None else scale) == 1:
        return np.ones(n_out, dtype=bool)
    return np.asarray(tie_distance(convention, n_in, n_out, scale) > 2 * coordinate_error(n_in))


# Scales that are the exact ratio of the sizes, in every type: here the given and the recomputed scale are one.
_WHOLE = ((5, 2), (4, 3), (3, 4), (7, 2))
_DYADIC = ((6, 1.5), (8, 0.5), (8, 0.75), (4, 1.25), (12, 0.25))


def followed_convention(operation: ByScaleOperation) -> Convention | None:
    """The convention with which the coordinates of a call by scale are compared.

    The claim, unless calls whose scale is the ratio of the sizes do not follow it, and the same calls by size do not
    either, which conformance reports. Then it is a convention that differs from the claim in one thing and explains
    them, or ``None``. Raises ``Refused``.
    """
    if operation.claim is None:
        return None
    scales = _WHOLE if operation.scale_dtype == "integer" else _WHOLE[:2] + _DYADIC
    accepted = [(n, s) for n, s in scales if operation.accepts(n, s)]
    cases = [ScaleCase("height", n, s, measured_by_scale(operation, n, s)) for n, s in accepted]
    wrong = [case for case in cases if not explains_case(operation.claim, case, None)]
    if not wrong or not all(is_as_by_size(operation, case) for case in wrong):
        return operation.claim
    for candidate in neighbours(operation.claim):
        if not candidate.scale_rule and all(explains_case(candidate.convention, case, None) for case in cases):
            return candidate.convention
    return None


def is_as_by_size(operation: ByScaleOperation, case: ScaleCase) -> bool:
    """Whether the same call by size, to the sizes that came out, gives the same up to a few roundings."""
    if operation.size_variant is None:
        return False
    size_variant = operation.size_variant
    size = case.n_out, round(case.companion * case.values[1])
    resized = _resize_along(
        lambda x, lengths: call_by_size(size_variant, x, (int(lengths[0]), int(lengths[1]))),
        impulses(case.n_in, case.companion),
        size,
        case.axis,
    )
    matrix_by_size = resized[:, :, size[1] // 2, 0].T
    return bool(np.abs(matrix_by_size - case.got).max() <= 4 * UNIT_ROUNDOFF * max(1.0, row_gain(case.got)))


def explains_case(convention: Convention, case: ScaleCase, scale: Fraction | float | None) -> bool:
    """Whether the exact matrix with this scale is what was measured, up to rounding."""
    if convention.prefilter == "bspline" and convention.border == "wrap_overlap":
        return False
    allowed = scale_tolerance(convention, case.n_in, case.n_out)
    return bool(row_gains(convention, case, scale).max() <= allowed)
