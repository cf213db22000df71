"""Calls by scale: with refusals told from faults, with the cases that are tried, and the matrix that one applies."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from adapters import NotInstalled, ScaledOperation
from golden import Convention, matrix, tie_distance
from probe.candidates import neighbours
from probe.measure import Refused, in_its_words
from probe.measure import call as call_by_size
from probe.tolerance import UNIT_ROUNDOFF, coordinate_error, gain_tolerance

COMPANION = 16
"""Pixels of the axis along which every pixel is the same: far enough from both borders for slow prefilters."""


def call(operation: ScaledOperation, images: np.ndarray, given: tuple[float, float]) -> np.ndarray:
    """``operation.run``, with whatever the framework raises turned into ``Refused``; ``NotInstalled`` passes."""
    try:
        result = operation.run(images, given)
    except NotInstalled:
        raise
    except Exception as error:
        raise Refused(in_its_words(error)) from error
    if result.ndim != 4 or result.shape[0] != images.shape[0] or result.shape[3] != images.shape[3]:
        raise Refused(f"a batch of shape {images.shape} came back as {result.shape}")
    return result


def in_dtype(scale: float, scale_dtype: str) -> float | int:
    """The nearest scale that a call can be given."""
    if scale_dtype == "integer":
        return max(1, round(scale))
    return float(np.float32(scale)) if scale_dtype == "float32" else float(scale)


def measured(
    operation: ScaledOperation, n_in: int, scale: float, axis: str = "height", companion: int = COMPANION
) -> np.ndarray:
    """The matrix, float64 ``(n_out, n_in)``, that is applied along ``axis``; both axes are given the same scale.

    So a call that mixes up its two scales is measured all the same, and only the question about axes tells.
    ``companion``: the pixels of the other axis, along which the image does not change.
    """
    return along(operation, impulses(n_in, companion), (scale, scale), axis)


def impulses(n_in: int, companion: int = COMPANION) -> np.ndarray:
    """Every impulse of a line, each an image, ``(n_in, n_in, companion, 1)``."""
    return np.repeat(np.eye(n_in, dtype=np.float32)[:, :, None, None], companion, axis=2)


def along(operation: ScaledOperation, images: np.ndarray, given: tuple[float, float], axis: str) -> np.ndarray:
    """The matrix that :func:`impulses` show; ``given`` is for that axis, and for the other."""
    if axis == "height":
        resized = call(operation, images, given)
    else:
        turned = np.ascontiguousarray(images.transpose(0, 2, 1, 3))
        resized = call(operation, turned, given[::-1]).transpose(0, 2, 1, 3)
    return resized[:, :, resized.shape[2] // 2, 0].T.astype(np.float64)


@dataclass(frozen=True, slots=True)
class Case:
    """One axis, resized by one scale: what was asked, and the matrix that was measured.

    ``companion`` is how many pixels the other axis has; ``given`` is what the call was given for this axis and for the
    other, where that is not the scale for both.
    """

    axis: str
    n_in: int
    scale: float | Fraction
    got: np.ndarray
    companion: int = COMPANION
    given: tuple[float, float] | None = None

    @property
    def n_out(self) -> int:
        """Pixels that came out."""
        return len(self.got)

    @property
    def ratio(self) -> Fraction:
        """Output over input."""
        return Fraction(self.n_out, self.n_in)

    def __str__(self) -> str:
        scale = f"{float(self.scale):.9g}"
        return f"{self.axis} of {self.n_in} pixels by {scale} -> {self.n_out} pixels"


@lru_cache(maxsize=1 << 14)
def exact(convention: Convention, n_in: int, n_out: int, scale: Fraction | float | None) -> np.ndarray:
    """float64 ``(n_out, n_in)``, not to be written to."""
    return matrix(convention, n_in, n_out, scale).to_array()


@lru_cache(maxsize=1 << 14)
def tolerance(convention: Convention, n_in: int, n_out: int) -> float:
    """By how much ``sum_i |W_measured - W|`` may differ in float32 when a scale is given.

    Twice that of a resize by size: a given scale is rounded to float32 once more, and the offset of
    ``half_pixel_symmetric`` takes a product, a quotient and a difference of its own, eight roundings at most of numbers
    no larger than ``n_in + 1``; and the constant axis of the measurement adds the rounding of weights that sum to one.
    """
    gain = float(np.abs(exact(convention, n_in, n_out, None)).sum(axis=1).max())
    return 2 * gain_tolerance(convention, n_in, n_out, gain)


def difference(convention: Convention, case: Case, scale: Fraction | float | None) -> np.ndarray:
    """``sum_i |W_measured - W|`` of each output, float64 ``(n_out,)``; 0 where float32 may take either side of a jump.

    ``scale`` is what the coordinates of the exact matrix use, ``None`` for the ratio of the sizes.
    """
    rows = np.abs(case.got - exact(convention, case.n_in, case.n_out, scale)).sum(axis=1)
    rows = np.where(np.isnan(rows), np.inf, rows)
    return np.where(is_sure(convention, case.n_in, case.n_out, scale), rows, 0.0)


@lru_cache(maxsize=1 << 14)
def is_sure(convention: Convention, n_in: int, n_out: int, scale: Fraction | float | None) -> np.ndarray:
    """For each output, whether its coordinate is so far from a jump that no rounding can carry it across.

    At scale 1 there is no rounding: ``(o + 1/2) * 1 - 1/2`` is exact in floating point.
    """
    if (Fraction(n_out, n_in) if scale is None else scale) == 1:
        return np.ones(n_out, dtype=bool)
    return tie_distance(convention, n_in, n_out, scale) > 2 * coordinate_error(n_in)


# Scales that are the exact ratio of the sizes, in every type: here the given and the recomputed scale are one.
_WHOLE = ((5, 2), (4, 3), (3, 4), (7, 2))
_DYADIC = ((6, 1.5), (8, 0.5), (8, 0.75), (4, 1.25), (12, 0.25))


def followed(operation: ScaledOperation) -> Convention | None:
    """The convention that the coordinates of a call by scale are held against.

    The claim, unless calls whose scale is the ratio of the sizes are not what it says, and the same calls by size are
    not either: that is for conformance to report. Then it is a convention that differs from the claim in one thing and
    explains them, or ``None``. Raises ``Refused``.
    """
    if operation.claim is None:
        return None
    scales = _WHOLE if operation.scale_dtype == "integer" else _WHOLE[:2] + _DYADIC
    accepted = [(n, s) for n, s in scales if operation.accepts(n, s)]
    cases = [Case("height", n, s, measured(operation, n, s)) for n, s in accepted]
    wrong = [case for case in cases if not explains(operation.claim, case, None)]
    if not wrong or not all(is_as_by_size(operation, case) for case in wrong):
        return operation.claim
    for candidate in neighbours(operation.claim):
        if not candidate.scale_rule and all(explains(candidate.convention, case, None) for case in cases):
            return candidate.convention
    return None


def is_as_by_size(operation: ScaledOperation, case: Case) -> bool:
    """Whether the same call by size, to the sizes that came out, gives the same up to a few roundings."""
    if operation.by_size is None:
        return False
    across = round(case.companion * (case.given or (case.scale, case.scale))[1])
    images = impulses(case.n_in, case.companion)
    if case.axis == "height":
        resized = call_by_size(operation.by_size, images, (case.n_out, across))
    else:
        turned = np.ascontiguousarray(images.transpose(0, 2, 1, 3))
        resized = call_by_size(operation.by_size, turned, (across, case.n_out)).transpose(0, 2, 1, 3)
    gain = max(1.0, float(np.abs(case.got).sum(axis=1).max()))
    return bool(np.abs(resized[:, :, across // 2, 0].T - case.got).max() <= 4 * UNIT_ROUNDOFF * gain)


def explains(convention: Convention, case: Case, scale: Fraction | float | None) -> bool:
    """Whether the exact matrix with this scale is what was measured, up to rounding."""
    if convention.prefilter == "bspline" and convention.border == "wrap_overlap":
        return False
    allowed = tolerance(convention, case.n_in, case.n_out)
    return bool(difference(convention, case, scale).max() <= allowed)
