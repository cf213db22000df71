"""One case down two paths: how far the results are apart, where, and a program that shows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapters import Operation
from probe.paths.cases import IMPULSES, NOT_A_NUMBER, Case, rounding
from probe.reference import near_ties


@dataclass(frozen=True, slots=True)
class Seen:
    """What the ordinary call and a path of it made of one case.

    expected, got
        The two results, ``(n, h, w, c)``.
    gain
        The worst error of an output: over all images with values in [-1, 1] where the case is of impulses, else over
        the images of the case. Infinite where just one of the two is finite, but for the NaN that an image has itself.
    at
        The output ``(n, y, x, c)`` where it is worst; of impulses ``n`` is 0.
    tolerance
        What float32 explains of it.
    only_ties
        Whether every output that rounding does not explain lies near a tie.
    spread
        Of images with one NaN: in how many outputs of an image just one of the two results is NaN, at most.
    varies
        By how much the path's own result differs from run to run.
    """

    case: Case
    expected: np.ndarray
    got: np.ndarray
    gain: float
    at: tuple[int, int, int, int]
    tolerance: float
    only_ties: bool
    spread: int
    varies: float = 0.0

    @property
    def same(self) -> np.ndarray:
        """Which outputs are the same number; one NaN is as good as another."""
        return (self.got == self.expected) | (np.isnan(self.got) & np.isnan(self.expected))

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
        apart = difference(self.expected, self.got)
        summed = apart.sum(axis=(0, 3)) if self.case.kind == IMPULSES else apart.max(axis=(0, 3))
        return summed > self.tolerance

    @property
    def where(self) -> str:
        """The worst output, in words."""
        n, y, x, c = self.at
        image = "" if self.case.kind == IMPULSES else f" of image {n}, channel {c}"
        return f"output [{y}, {x}]{image}, {self.case}"

    @property
    def values(self) -> tuple[float, float]:
        """What was expected at the worst output, and what was got; of impulses, for the worst image."""
        if self.case.kind != IMPULSES:
            return float(self.expected[self.at]), float(self.got[self.at])
        signs = worst_signs(self)
        _, y, x, c = self.at
        return tuple(float((one[:, y, x, c].astype(np.float64) * signs).sum()) for one in (self.expected, self.got))


def seen(case: Case, claim: object, expected: np.ndarray, got: np.ndarray) -> Seen:
    """Hold one result against the other; both ``(n, h, w, c)``."""
    tolerance = rounding(claim, case.size_in, case.size_out)
    if np.array_equal(expected, got, equal_nan=case.kind == NOT_A_NUMBER):
        return Seen(case, expected, got, 0.0, (0, 0, 0, 0), tolerance, only_ties=False, spread=0)
    apart = difference(expected, got)
    spread = 0
    if case.kind == NOT_A_NUMBER:
        mismatch = np.isnan(expected) != np.isnan(got)
        spread = int(mismatch.sum(axis=(1, 2, 3)).max())
        place = apart if not spread else mismatch
        apart = np.where(mismatch, 0, apart)
    elif case.kind == IMPULSES:
        apart = place = apart.sum(axis=0, keepdims=True)
    else:
        place = apart
    at = np.unravel_index(int(np.argmax(place)), place.shape)
    beyond = (apart > tolerance).any(axis=(0, 3))
    only_ties = bool(beyond.any() and near_ties(claim, case.size_in, case.size_out)[beyond].all())
    return Seen(case, expected, got, float(apart.max()), tuple(map(int, at)), tolerance, only_ties, spread)


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``|a - b|`` in float64; 0 where both are NaN or the same infinity, infinite where just one is finite."""
    if np.array_equal(a, b):
        return np.zeros(a.shape)
    a, b = a.astype(np.float64), b.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        apart = np.abs(a - b)
    return np.where(same, 0, np.where(np.isnan(apart), np.inf, apart))


def worst_signs(one: Seen) -> np.ndarray:
    """Of impulses: the image, ``(n,)``, with values -1, 0 and 1, that shows the worst error."""
    _, y, x, c = one.at
    return np.sign(np.nan_to_num(one.got[:, y, x, c].astype(np.float64) - one.expected[:, y, x, c]))


def program(operation: Operation, path: Operation, one: Seen) -> str:
    """Python source that resizes the images of a case down both paths, and prints the worst output of each.

    Empty where either is a plain callable.
    """
    if operation.call is None or path.call is None:
        return ""
    (height, width), (n, y, x, c) = one.case.size_in, one.at
    if one.case.kind == IMPULSES:
        signs = worst_signs(one).astype(int).reshape(height, width).tolist()
        images = f"np.array({signs}, dtype=np.float32).reshape(1, {height}, {width}, 1)"
    else:
        images = one.case.source
    plane = f"images[{n}, ..., 0]" if one.case.channels == 1 else f"images[{n}]"
    given, place = {
        "NCHW": ("np.ascontiguousarray(images.transpose(0, 3, 1, 2))", (n, c, y, x)),
        "NHWC": ("images", (n, y, x, c)),
        "HWC": (plane, (y, x) if one.case.channels == 1 else (y, x, c)),
        "HW": (f"images[{n}, ..., {c}]", (y, x)),
    }[operation.call.layout]
    shown = ", ".join(map(str, place))
    expected, got = one.values
    lines = [operation.call.function(), f"images = {images}", f"h, w = {one.case.size_out[0]}, {one.case.size_out[1]}"]
    lines += [f"expected = resize({given}, h, w)", "", f"# {path.name}", path.call.function()]
    lines += [f"got = resize({given}, h, w)", "again = resize(" + given + ", h, w)"]
    lines.append(
        f"print('output [{shown}] is', got[{shown}], got.dtype, 'and should be', expected[{shown}], expected.dtype, "
        f"'; it varies by', np.nanmax(np.abs(got - again)))  # measured: {got:.9g} for {expected:.9g}"
    )
    return "\n".join(lines) + "\n"
