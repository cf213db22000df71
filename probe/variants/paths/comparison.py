"""One call down two code paths: the images, the difference, its rounding bound, and a program that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.native_call import COMPILED
from halfpixel.golden import Convention, matrix
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, gain_tolerance, row_gain
from halfpixel.probe.compare.reference import accepts, near_ties
from halfpixel.probe.compare.reproduction import array_program, native_place, one_of_images, size_line
from halfpixel.probe.measure.sizes import Pair

IMPULSES, RANDOM, NOT_A_NUMBER = "impulses", "random", "NaN"

_SHAPES: tuple[tuple[Pair, Pair], ...] = (
    ((5, 7), (8, 4)),
    ((5, 8), (9, 24)),
    ((5, 8), (15, 24)),
    ((6, 6), (9, 9)),
    ((3, 4), (6, 8)),
    ((4, 6), (2, 3)),
    ((5, 7), (3, 4)),
    ((6, 5), (6, 9)),
    ((7, 9), (3, 9)),
    ((1, 1), (4, 3)),
    ((1, 6), (5, 1)),
    ((7, 4), (1, 1)),
)
"""Input and output (height, width): each axis up, down, kept and of one pixel, both and one, square, ratios of two for
pyramids and whole multiples. Scales of 5/9 and 1/3, which float32 rounds, at coordinates that are integers exactly."""

_LARGE: tuple[tuple[Pair, Pair], ...] = (
    ((257, 511), (600, 127)),
    ((129, 255), (258, 510)),
    ((257, 511), (129, 256)),
    ((256, 510), (128, 255)),
)
"""Of odd sizes, so that vectors leave a tail; the first that is accepted has more outputs than one thread is left with:
32,768 in ATen (``GRAIN_SIZE``), 65,536 in OpenCV's resize."""

_NAN_PIXELS = 36
"""NaN is followed in images of at most so many pixels, from each of them; more would show no more."""

_NAN_SHAPES = 4

_UNCLAIMED = Convention(kernel="cubic", cubic_coeff_a=Fraction(-3, 4))
"""In place of the claim of calls that claim nothing: as wide and as steep as their kernels are likely to be."""


@dataclass(frozen=True, slots=True)
class PathCase:
    """A batch of images of one shape, resized to one size.

    kind
        :data:`IMPULSES`: one for each pixel of the image, so that the whole map is seen. :data:`RANDOM`: values in
        [-1, 1]. :data:`NOT_A_NUMBER`: random, with one NaN in each image, at each pixel in turn.
    """

    kind: str
    size_in: Pair
    size_out: Pair
    n: int
    channels: int

    @property
    def source(self) -> str:
        """Python source of the images, float32 ``(n, H, W, channels)``, in terms of ``np``."""
        shape = (self.n, *self.size_in, self.channels)
        if self.kind == IMPULSES:
            return f"np.eye({self.n}, dtype=np.float32).reshape{shape}"
        random = f"np.random.default_rng({self.n}).uniform(-1, 1, {shape}).astype(np.float32)"
        if self.kind == RANDOM:
            return random
        return f"np.where(np.eye({self.n}, dtype=bool).reshape{shape}, np.float32(np.nan), {random})"

    def images(self) -> np.ndarray:
        """The value of :attr:`source`, a new copy."""
        return _evaluated(self.source).copy()

    @property
    def is_large(self) -> bool:
        """Whether the work is enough to be split."""
        return self.size_out[0] * self.size_out[1] > 4096

    def __str__(self) -> str:
        images = f"{self.n} images" if self.n > 1 else "an image"
        return f"{images} of {self.size_in} with {self.channels} channels ({self.kind}) -> {self.size_out}"


@lru_cache(maxsize=256)
def _evaluated(source: str) -> np.ndarray:
    return np.asarray(eval(source, {"np": np}))


@lru_cache(maxsize=512)
def path_cases(operation: Operation, cost: str) -> tuple[PathCase, ...]:
    """The cases of a path of this ``cost``; few shapes where each of them has to be prepared."""
    small = [shape for shape in _SHAPES if accepts(operation, *shape)]
    large = [shape for shape in _LARGE if accepts(operation, *shape)][:1]
    with_nan = [shape for shape in small if min(shape[0]) > 1 and shape[0][0] * shape[0][1] <= _NAN_PIXELS][
        :_NAN_SHAPES
    ]
    if cost:
        exact = [shape for shape in small if shape[0] == (5, 8)][:1]
        pixel = [shape for shape in small if shape[0] == (1, 1)] if cost == COMPILED else []
        small, with_nan = list(dict.fromkeys([*small[:1], *exact, *pixel])), with_nan[:1]
    # A call that takes one plane has neither images nor channels beside it.
    one_plane = operation.call is not None and operation.call.layout == "HW"
    batches = ((1, 1),) if one_plane else ((3, 4),) if cost else ((3, 3), (1, 4))
    cases: list[PathCase] = []
    for turn, shape in enumerate(small):
        # Every shape with one number of images and channels, those in turn; where preparing costs, few have any.
        has_batch = shape[0] == (5, 8) or not cost
        cases += _small(*shape, (batches[turn % len(batches)],) if has_batch else ())
    cases += [PathCase(NOT_A_NUMBER, *shape, shape[0][0] * shape[0][1], 1) for shape in with_nan]
    cases += [PathCase(RANDOM, *shape, 1, 1 if one_plane else 3) for shape in large]
    return tuple(sorted(cases, key=lambda case: case.is_large))


def _small(size_in: Pair, size_out: Pair, batches: tuple[Pair, ...]) -> Iterator[PathCase]:
    pixels = size_in[0] * size_in[1]
    yield PathCase(IMPULSES, size_in, size_out, pixels, 1)
    for n, channels in batches:
        yield PathCase(RANDOM, size_in, size_out, n, channels)


@lru_cache(maxsize=4096)
def path_tolerance(claim: Convention | None, size_in: Pair, size_out: Pair) -> float:
    """By how much two float32 paths of one call may differ at an output, for values in [-1, 1].

    Either may be off by the float32 error of the weights of each axis (``gain_tolerance``), times the other axis's
    weights, and by that of the sums: adding ``t`` products in any order errs by at most ``t`` roundings of the sum of
    their sizes, and the two passes, the products and the result are rounded besides. Whether the call follows its claim
    does not matter: the two are compared with each other, and the bound is that of the arithmetic.
    """
    convention = claim or _UNCLAIMED
    exact = [matrix(convention, *pair) for pair in zip(size_in, size_out, strict=True)]
    gy, gx = (row_gain(axis.to_array()) for axis in exact)
    ty, tx = (
        gain_tolerance(convention, axis.n_in, axis.n_out, gain) for axis, gain in zip(exact, (gy, gx), strict=True)
    )
    taps = sum(min(axis.taps.shape[1], axis.n_in) for axis in exact)
    bound = ty * gx + tx * gy + ty * tx + (taps + 2) * UNIT_ROUNDOFF * gy * gx
    return float(2 * bound)


@dataclass(frozen=True, slots=True)
class PathDifference:
    """The results of one case by the default call and by a path of it.

    expected, got
        The two results, ``(n, h, w, c)``.
    gain
        The worst error of an output: over all images with values in [-1, 1] where the case is of impulses, else over
        the images of the case. Infinite where just one of the two is finite, but for the NaN that an image has itself.
    worst_output
        The output ``(n, y, x, c)`` of the worst error; of impulses ``n`` is 0.
    tolerance
        The float32 rounding bound of it.
    only_ties
        Whether every output beyond the tolerance is near a tie.
    nan_mismatches
        Of images with one NaN: the largest number of outputs of an image where just one of the two results is NaN.
    run_to_run_difference
        By how much the path's own result differs from run to run.
    """

    case: PathCase
    expected: np.ndarray
    got: np.ndarray
    gain: float
    worst_output: tuple[int, int, int, int]
    tolerance: float
    only_ties: bool
    nan_mismatches: int
    run_to_run_difference: float = 0.0

    @property
    def same(self) -> np.ndarray:
        """Which outputs are the same number; all NaN count as the same."""
        return np.asarray((self.got == self.expected) | (np.isnan(self.got) & np.isnan(self.expected)))

    @property
    def is_exact(self) -> bool:
        """The same numbers in the same dtype."""
        return self.got.dtype == self.expected.dtype and bool(self.same.all())

    @property
    def differs(self) -> bool:
        """Whether rounding does not explain it."""
        return not self.gain <= self.tolerance

    @property
    def beyond(self) -> np.ndarray:
        """Which outputs, bool ``(h, w)``, differ by more than rounding in any image and channel."""
        difference = absolute_difference(self.expected, self.got)
        errors = difference.sum(axis=(0, 3)) if self.case.kind == IMPULSES else difference.max(axis=(0, 3))
        return np.asarray(errors > self.tolerance)

    @property
    def where(self) -> str:
        """The worst output, in words."""
        n, y, x, c = self.worst_output
        image = "" if self.case.kind == IMPULSES else f" of image {n}, channel {c}"
        return f"output [{y}, {x}]{image}, {self.case}"

    @property
    def values(self) -> tuple[float, float]:
        """The expected and the measured value of the worst output; of impulses, for the worst image."""
        if self.case.kind != IMPULSES:
            return float(self.expected[self.worst_output]), float(self.got[self.worst_output])
        signs = worst_signs(self)
        _, y, x, c = self.worst_output
        expected, got = (float((r[:, y, x, c].astype(np.float64) * signs).sum()) for r in (self.expected, self.got))
        return expected, got


def compare_results(case: PathCase, claim: Convention | None, expected: np.ndarray, got: np.ndarray) -> PathDifference:
    """The difference of two results ``(n, h, w, c)`` of one case."""
    tolerance = path_tolerance(claim, case.size_in, case.size_out)
    if np.array_equal(expected, got, equal_nan=case.kind == NOT_A_NUMBER):
        return PathDifference(case, expected, got, 0.0, (0, 0, 0, 0), tolerance, only_ties=False, nan_mismatches=0)
    errors = absolute_difference(expected, got)
    mismatches, badness = 0, errors
    if case.kind == NOT_A_NUMBER:
        mismatch = np.isnan(expected) != np.isnan(got)
        mismatches = int(mismatch.sum(axis=(1, 2, 3)).max())
        badness = mismatch if mismatches else errors
        errors = np.where(mismatch, 0, errors)
    elif case.kind == IMPULSES:
        errors = badness = errors.sum(axis=0, keepdims=True)
    n, y, x, c = map(int, np.unravel_index(int(np.argmax(badness)), badness.shape))
    beyond = (errors > tolerance).any(axis=(0, 3))
    only_ties = bool(beyond.any() and near_ties(claim, case.size_in, case.size_out)[beyond].all())
    return PathDifference(case, expected, got, float(errors.max()), (n, y, x, c), tolerance, only_ties, mismatches)


def absolute_difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``|a - b|`` in float64; 0 where both are NaN or the same infinity, infinite where just one is finite."""
    if np.array_equal(a, b):
        return np.zeros(a.shape)
    a, b = a.astype(np.float64), b.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        difference = np.abs(a - b)
    return np.where(same, 0, np.where(np.isnan(difference), np.inf, difference))


def worst_signs(difference: PathDifference) -> np.ndarray:
    """Of impulses: the image, ``(n,)``, with values -1, 0 and 1, that shows the worst error."""
    _, y, x, c = difference.worst_output
    weights = difference.got[:, y, x, c].astype(np.float64) - difference.expected[:, y, x, c]
    return np.asarray(np.sign(np.nan_to_num(weights)))


def path_program(operation: Operation, path: Operation, difference: PathDifference) -> str:
    """Python source that resizes the images of a case down both paths, and prints the worst output of each.

    Empty where either is a plain callable.
    """
    if operation.call is None or path.call is None:
        return ""
    case, (n, y, x, c) = difference.case, difference.worst_output
    if case.kind == IMPULSES:
        height, width = case.size_in
        signs = worst_signs(difference).astype(int).reshape(height, width).tolist()
        images = f"np.array({signs}, dtype=np.float32).reshape(1, {height}, {width}, 1)"
    else:
        images = case.source
    layout = operation.call.layout
    resize = f"resize({one_of_images(layout, 'images', n, c, case.channels)}, h, w)"
    place = native_place(layout, n, y, x, c, case.channels)
    expected, got = difference.values
    return array_program(
        operation.call,
        f"images = {images}",
        size_line(case.size_out),
        f"expected = {resize}",
        "",
        f"# {path.name}",
        path.call.function(),
        f"got = {resize}",
        f"again = {resize}",
        f"print('output [{place}] is', got[{place}], got.dtype, 'and should be', expected[{place}], expected.dtype, "
        f"'; it varies by', np.nanmax(np.abs(got - again)))  # measured: {got:.9g} for {expected:.9g}",
    )
