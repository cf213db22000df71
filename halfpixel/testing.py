"""Assertions for the tests of other projects; they need numpy alone.

from halfpixel.testing import assert_close_to_exact, assert_resizes

def test_my_resize_is_what_it_says():
    assert_resizes(my_resize, "pillow-bicubic")
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from halfpixel.golden import Convention, matrix
from halfpixel.golden.catalogue import named_convention
from halfpixel.golden.integer_rules import integer_rule
from halfpixel.golden.vocabulary import GREY_LEVELS, Verdict
from halfpixel.probe.compare.argued_tolerance import DifferentFunctionsError, Tolerance, argued_tolerance
from halfpixel.probe.compare.comparison import check
from halfpixel.probe.compare.value_tolerance import value_tolerance
from halfpixel.probe.vector_check.outcomes import check_vectors
from halfpixel.probe.vector_check.report import VectorReport
from halfpixel.probe.vector_check.vector_set import read_set

__all__ = [
    "DifferentFunctionsError",
    "Tolerance",
    "assert_close_to_exact",
    "assert_passes_vectors",
    "assert_resizes",
    "exact_resize",
    "integer_resize",
    "rounding_tolerance",
    "tolerance",
]

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


def assert_passes_vectors(
    function: Callable[..., Any], vectors: str, *, run: Sequence[str] = (), skip: Sequence[str] = ()
) -> None:
    """Assert that ``function`` returns what a set of test vectors expects, such as ``"pillow-bicubic-uint8"``.

    ``function(image, size)`` takes an image ``(H, W)`` or ``(H, W, C)`` of the set's dtype and the size ``(h, w)``.
    ``vectors`` is the name of a set, or the path of its JSON file; ``run`` and ``skip`` are globs of ids and flags of
    vectors. An exception of the function is a failure.

    Raises ``AssertionError`` with the first vector that fails and the faults that explain all failures, as ``halfpixel
    check --vectors`` prints them. Raises ``ValueError`` for an unknown set, and where no vector is left.
    """
    chosen = read_set(vectors).chosen(run, skip)
    report = VectorReport(getattr(function, "__qualname__", repr(function)), chosen, check_vectors(function, chosen))
    if not report.passes:
        raise AssertionError(f"the function does not return what the vectors expect\n{report}")


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


def integer_resize(image: npt.ArrayLike, size: tuple[int, int], rule: str) -> Array:
    """The image of integers that a library's call returns, bit for bit, without that library.

    ``rule`` is a name that ``halfpixel golden rules`` lists, such as ``"pillow-bicubic-uint8"``; ``image`` has the
    shape ``(H, W)`` or ``(H, W, C)`` and the rule's dtype, and the result ``(h, w)`` or ``(h, w, C)``. Raises
    ``ValueError`` for an unknown rule, and for an image or a size that the rule is not defined for.
    """
    return integer_rule(rule).resize(np.asarray(image), size)


def rounding_tolerance(
    image: npt.ArrayLike, size: tuple[int, int], convention: Convention | str, dtype: npt.DTypeLike = np.float32
) -> float:
    """By how much a correct resize of ``image`` may differ from the exact one, in the image's own units.

    :func:`tolerance` without its words, for the largest value of this image. Integers of every width are rounded by
    half a level at most; floats other than float16 are held to float32.
    """
    pixels, kind = np.asarray(image), np.dtype(dtype)
    peak = float(np.abs(pixels.astype(np.float64)).max(initial=0))
    rounded_to = "uint8" if np.issubdtype(kind, np.integer) else "float16" if kind == np.float16 else "float32"
    return value_tolerance(_convention(convention), (pixels.shape[0], pixels.shape[1]), size, rounded_to, peak).total


def tolerance(
    convention: Convention | str,
    size_in: tuple[int, int],
    size_out: tuple[int, int],
    dtype: npt.DTypeLike = np.float32,
    *,
    against: Convention | str | None = None,
) -> Tolerance:
    """The absolute tolerance that rounding explains, with its argument and what it would hide.

    ``np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance("torch-bicubic", (224, 224), (64, 64)))``: the
    result is a float. ``.because`` holds a sentence for each part of the bound, ``.hides`` one for each kind of error
    that a test with it cannot see, and ``.would_hide(1e-3)`` the same for a tolerance of your own. ``halfpixel
    tolerance`` prints them.

    Sizes are (height, width). Values are floats in [-1, 1], or levels 0 to 255 for uint8; ``dtype`` is float32, float16
    or uint8. The bound is for one correct result against the exact one; with ``against``, for two correct results, of
    ``convention`` and of ``against``, which may be the same. Raises :class:`DifferentFunctionsError`, with ``.levels``,
    where the exact results of both differ: no tolerance is right then. Raises ``ValueError`` for an unknown name, for
    another dtype, or for a side below 1.
    """
    sizes = [(operator.index(size[0]), operator.index(size[1])) for size in (size_in, size_out)]
    if min(map(min, sizes)) < 1:
        raise ValueError(f"sizes must be (height, width) of sides from 1, not {size_in} and {size_out}")
    other = None if against is None else _convention(against)
    return argued_tolerance(_convention(convention), sizes[0], sizes[1], np.dtype(dtype).name, other)


def _convention(convention: Convention | str) -> Convention:
    return named_convention(convention).convention if isinstance(convention, str) else convention


def _range(image: Array) -> float:
    """The range of the image's values, of which a grey level is 1/255; that of the dtype for integers."""
    if np.issubdtype(image.dtype, np.integer):
        limits = np.iinfo(image.dtype)
        return float(limits.max) - float(limits.min)
    return float(np.ptp(image.astype(np.float64))) or 1.0 if image.size else 1.0
