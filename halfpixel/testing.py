"""Assertions for the tests of other projects; they need numpy alone.

from halfpixel.testing import assert_close_to_exact, assert_resizes

def test_my_resize_is_what_it_says():
    assert_resizes(my_resize, "pillow-bicubic")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from halfpixel.golden import Convention, matrix
from halfpixel.golden.catalogue import named_convention
from halfpixel.golden.vocabulary import GREY_LEVELS, Verdict
from halfpixel.probe.compare.comparison import check
from halfpixel.probe.compare.tolerance import operator_tolerance, row_gain

__all__ = ["assert_close_to_exact", "assert_resizes", "exact_resize", "rounding_tolerance"]

Array = npt.NDArray[Any]
Sizes = str | tuple[tuple[int, int], ...]


def assert_resizes(function: Callable[..., Any], convention: Convention | str, *, sizes: Sizes = "quick") -> None:
    """Assert that ``function`` follows ``convention``: along each axis at every pair of sizes, and on whole images.

    ``function(image, size)`` takes a float32 image ``(H, W)`` and the size ``(h, w)``, and returns a float32 image of
    that size; ``convention`` is a :class:`halfpixel.Convention` or a name that ``halfpixel golden list`` prints;
    ``sizes`` is ``"quick"``, ``"full"`` or pairs ``(n_in, n_out)`` of an axis.

    The function's matrix is measured along each axis by impulses and held against the exact one, within the rounding
    that float32 explains: at those sizes no image along one axis can be found on which they differ by more. Both axes
    at once are then held against the exact product, whatever ``sizes`` are: every impulse at small shapes, and random
    images at shapes up to 1080 x 1920, each of which a wrong linear function passes with next to no probability. Sizes
    that were not asked are not vouched for. ``halfpixel check`` prints which were, and what would be missed.

    Raises ``AssertionError`` with the sizes that differ, the worst error in grey levels, its place, its cause and the
    smallest tolerance that would pass; also when nothing could be measured. Raises ``ValueError`` for an unknown name
    or unknown sizes.
    """
    found = check(function, _convention(convention), sizes)
    if not found.measured and found.verdict is not Verdict.ERROR:
        raise AssertionError(f"nothing was measured: the function refuses every size\n{found}")
    if not found.verdict.is_agreement:
        raise AssertionError(f"the function does not follow the convention\n{found}")


def assert_close_to_exact(
    actual: npt.ArrayLike,
    image: npt.ArrayLike,
    size: tuple[int, int],
    convention: Convention | str,
    *,
    tolerance: float | None = None,
) -> None:
    """Assert that ``actual`` is what ``convention`` makes of ``image`` at ``size``.

    ``image`` has the shape ``(H, W)`` or ``(H, W, C)`` and ``actual`` ``(h, w)`` or ``(h, w, C)``, where ``size`` is
    ``(h, w)``. ``tolerance`` is in the image's own units; by default it is :func:`rounding_tolerance`, which says why.
    Integers are held against the exact value clipped to the range of their dtype.

    Raises ``AssertionError`` with the output that is worst, what was expected and got there, the worst error in grey
    levels, and the smallest tolerance that would pass. Raises ``ValueError`` for an image of another rank.
    """
    got, original, chosen = np.asarray(actual), np.asarray(image), _convention(convention)
    expected = exact_resize(original, size, chosen)
    if got.shape != expected.shape:
        raise AssertionError(f"size: expected an array of shape {expected.shape}, got {got.shape}")
    if np.issubdtype(got.dtype, np.integer):
        limits = np.iinfo(got.dtype)
        expected = np.clip(expected, limits.min, limits.max)
    allowed = rounding_tolerance(original, size, chosen, got.dtype) if tolerance is None else tolerance
    errors = np.abs(got.astype(np.float64) - expected)
    errors[np.isnan(errors)] = np.inf
    if not errors.size or errors.max() <= allowed:
        return
    place = tuple(int(index) for index in np.unravel_index(errors.argmax(), errors.shape))
    worst = float(errors.max())
    raise AssertionError(
        f"{original.dtype} image {original.shape} -> {size} is not what '{chosen}' makes of it\n"
        f"worst at:    output {place}; {np.count_nonzero(errors > allowed)} of {errors.size} values differ\n"
        f"expected:    {expected[place]:.9g}\n"
        f"got:         {got[place]:.9g}\n"
        f"worst error: {worst / _range(original) * GREY_LEVELS:.4g} of {GREY_LEVELS} grey levels ({worst:.6g})\n"
        f"tolerance:   {allowed:.3g}{' by rounding' if tolerance is None else ''}; "
        f"the smallest that would pass is {worst:.6g}"
    )


def exact_resize(image: npt.ArrayLike, size: tuple[int, int], convention: Convention | str) -> Array:
    """The image that ``convention`` makes of ``image``: float64, from exact weights.

    ``image`` has the shape ``(H, W)`` or ``(H, W, C)`` and the result ``(h, w)`` or ``(h, w, C)``. The weights are
    rational and rounded once, to float64; so are the sums. Raises ``ValueError`` for an image of another rank.
    """
    pixels = np.asarray(image, dtype=np.float64)
    if pixels.ndim not in (2, 3):
        raise ValueError(f"image must have the shape (H, W) or (H, W, C), not {pixels.shape}")
    chosen = _convention(convention)
    rows, columns = (matrix(chosen, n_in, n_out).to_array() for n_in, n_out in zip(pixels.shape[:2], size, strict=True))
    resized: Array = np.einsum("yi,xj,ij...->yx...", rows, columns, pixels, optimize=True)
    return resized


def rounding_tolerance(
    image: npt.ArrayLike, size: tuple[int, int], convention: Convention | str, dtype: npt.DTypeLike = np.float32
) -> float:
    """By how much a correct resize of ``image`` may differ from the exact one, in the image's own units.

    A weight computed in float32 is off by its coordinate's rounding times the kernel's slope, and by a few roundings of
    its own (``halfpixel.probe.compare.tolerance.gain_tolerance`` has the count); two axes multiply. An output is off by
    the sum of these over its weights, times the largest value of the image. On top of that the result is rounded once
    to ``dtype``: by half a level for integers, and by the unit roundoff of a float times the largest possible output.
    """
    pixels, chosen = np.asarray(image), _convention(convention)
    size_in = (pixels.shape[0], pixels.shape[1])
    gains = [row_gain(matrix(chosen, *pair).to_array()) for pair in zip(size_in, size, strict=True)]
    peak = float(np.abs(pixels.astype(np.float64)).max(initial=0))
    weights = operator_tolerance(chosen, size_in, size, gains)
    kind = np.dtype(dtype)
    last = 0.5 if np.issubdtype(kind, np.integer) else float(np.finfo(kind).eps) / 2 * gains[0] * gains[1] * peak
    return weights * peak + last


def _convention(convention: Convention | str) -> Convention:
    return named_convention(convention).convention if isinstance(convention, str) else convention


def _range(image: Array) -> float:
    """The range of the image's values, of which a grey level is 1/255; that of the dtype for integers."""
    if np.issubdtype(image.dtype, np.integer):
        limits = np.iinfo(image.dtype)
        return float(limits.max) - float(limits.min)
    return float(np.ptp(image.astype(np.float64))) or 1.0 if image.size else 1.0
