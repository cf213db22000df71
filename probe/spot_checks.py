"""Checks with a few calls that matrices tell all of it: shapes, repeatability, an offset, whole images, batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from probe.few_calls import Caller, Measured, measure_pair
from probe.measure import Refused
from probe.sizes import Pair
from probe.structure import Fault
from probe.tolerance import UNIT_ROUNDOFF

CONSTANT = "the result does not depend on the image"


def faults(caller: Caller, height: Measured, width: Measured) -> Iterator[Fault]:
    """What no convention can be: wrong shapes, NaN, chance, an offset, whole images that the axes do not explain."""
    yield from _shapes(height, width)
    if not height.matrices:
        return
    broken = _values(height, width)
    if broken is not None:
        yield broken
        return
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
        yield Fault("offset", error, f"{CONSTANT}: it is {zero.flat[0]:.6g} everywhere")
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
        is_swapped = wrong.got != wrong.expected and sorted(wrong.got) == sorted(wrong.expected)
        hint = " (the size read as (w, h), or the result transposed)" if is_swapped else ""
        text = f"at {n_in} -> {n_out} along the {axis} it {wrong}{hint}; {len(every)} pairs are misshapen"
        yield Fault("axis order" if is_swapped else "output size", np.inf, text)


def _values(height: Measured, width: Measured) -> Fault | None:
    every = [(one.axis, pair, got) for one in (height, width) for pair, got in one.matrices.items()]
    broken = [(axis, pair) for axis, pair, got in every if not np.isfinite(got).all()]
    if broken:
        axis, (n_in, n_out) = broken[0]
        text = f"not finite at {len(broken)} pairs, such as {n_in} -> {n_out} along the {axis}"
        return Fault("linearity", np.inf, text)
    if not any(got.any() for _, _, got in every):
        return Fault("normalisation", 1.0, f"{CONSTANT}: it is 0 everywhere")
    return None


def _wholes(operation: Operation, height: Measured, width: Measured) -> list[tuple[Pair, Pair]]:
    """Images to resize along both axes: two that are not square, the first growing in height, and one that is."""
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
        scale = float((got * expected).sum() / max((expected * expected).sum(), 1e-30))
        if largest(got - scale * expected) <= 2 * rounding:
            return Fault("normalisation", error, f"{words} is {scale:.6g} times what both axes give, each alone")
        factor = _FACTORS.get(form) or _separability_or_linearity(caller, images, size, got, rounding)
    except (Refused, WrongShape) as refusal:
        return Fault(
            "output size" if isinstance(refusal, WrongShape) else "separability", np.inf, f"{words}: {refusal}"
        )
    return Fault(factor, error, f"{words} is not what each axis gives alone (off by {error:.3g}, in [-1, 1])")


def _separability_or_linearity(caller: Caller, images: np.ndarray, size: Pair, got: np.ndarray, rounding: float) -> str:
    other = np.random.default_rng(0).uniform(-1, 1, images.shape).astype(np.float32)
    together = caller(images + other, size) - got - caller(other, size)
    return "linearity" if largest(together) > 3 * rounding else "separability"
