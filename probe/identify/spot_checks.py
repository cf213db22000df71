"""Check in a few calls that the operator is one matrix an axis: shape, repeatability, offset, whole images, batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, max_difference, row_gain
from halfpixel.golden.vocabulary import Cause
from halfpixel.probe.compare.discrepancy import Fault
from halfpixel.probe.measure.axis_matrix import Refused
from halfpixel.probe.measure.batched_measurement import AxisMeasurement, CountingCaller, measure_pair
from halfpixel.probe.measure.sizes import Pair


def constant_result(cause: Cause, error: float, value: float) -> Fault:
    """The fault of a call whose result does not depend on the image."""
    return Fault(
        cause, error, f"the result does not depend on the image: it is {value:.6g} everywhere", is_constant=True
    )


def repetition_failed(refusal: Exception) -> Fault:
    """The fault of a call that fails when it is made again."""
    return Fault(Cause.DETERMINISM, np.inf, f"the same call, made again, fails: {refusal}")


def not_repeatable(pair: Pair, difference: np.ndarray) -> Fault:
    """The fault of a call that gives another result when it is made again."""
    error = max_difference(difference)
    where = f"{pair[0]} -> {pair[1]}, differing by {error:.3g}"
    return Fault(Cause.DETERMINISM, error, f"the same call, made again, gives another result ({where})")


def operator_faults(caller: CountingCaller, height: AxisMeasurement, width: AxisMeasurement) -> Iterator[Fault]:
    """Properties of no convention: wrong shapes, NaN, chance, an offset, images unlike the product of both axes."""
    yield from _shapes(height, width)
    if not height.matrices:
        return
    fault = _values(height, width)
    if fault is not None:
        yield fault
        return
    pair, first = next(iter(height.matrices.items()))
    try:
        zero = measure_pair(caller, pair, height, amplitude=0.0)
        again = measure_pair(caller, pair, height)
    except (Refused, WrongShape) as refusal:
        yield repetition_failed(refusal)
        return
    if zero is None or again is None:  # the impulses had room the first time
        return
    if not np.array_equal(again, first, equal_nan=True):
        yield not_repeatable(pair, again - first)
        return
    error = max_difference(zero)
    if error > 0 and all(np.ptp(matrix) == 0 for matrix in height.matrices.values()):
        yield constant_result(Cause.OFFSET, error, zero.flat[0])
        return
    if error > 0:
        yield Fault(Cause.OFFSET, error, f"an image of zeros gives {error:.3g}")
    for number, (down, right) in enumerate(_whole_image_sizes(caller.operation, height, width)):
        matrices = height.matrices[down], width.matrices[right]
        forms = ((1, 1), (1, 3), (2, 1)) if number == 0 and not caller.is_function else ((1, 1),)
        fault = next(filter(None, (_whole_image(caller, down, right, matrices, form) for form in forms)), None)
        if fault is not None:
            yield fault
            return


def _shapes(height: AxisMeasurement, width: AxisMeasurement) -> Iterator[Fault]:
    every = [(axis.axis, pair, mismatch) for axis in (height, width) for pair, mismatch in axis.misshapen.items()]
    if every:
        axis, (n_in, n_out), mismatch = every[0]
        is_swapped = mismatch.got != mismatch.expected and sorted(mismatch.got) == sorted(mismatch.expected)
        hint = " (the size read as (w, h), or the result transposed)" if is_swapped else ""
        text = f"at {n_in} -> {n_out} along the {axis} it {mismatch}{hint}; {len(every)} pairs are misshapen"
        yield Fault(Cause.AXIS_ORDER if is_swapped else Cause.OUTPUT_SIZE, np.inf, text)


def _values(height: AxisMeasurement, width: AxisMeasurement) -> Fault | None:
    every = [(axis.axis, pair, matrix) for axis in (height, width) for pair, matrix in axis.matrices.items()]
    not_finite = [(axis, pair) for axis, pair, matrix in every if not np.isfinite(matrix).all()]
    if not_finite:
        axis, (n_in, n_out) = not_finite[0]
        text = f"not finite at {len(not_finite)} pairs, such as {n_in} -> {n_out} along the {axis}"
        return Fault(Cause.LINEARITY, np.inf, text)
    if not any(matrix.any() for _, _, matrix in every):
        return constant_result(Cause.NORMALISATION, 1.0, 0.0)
    return None


def _whole_image_sizes(
    operation: Operation, height: AxisMeasurement, width: AxisMeasurement
) -> list[tuple[Pair, Pair]]:
    """Images to resize along both axes: two that are not square, the first growing in height, and one that is."""
    every = [
        (down, right)
        for down in list(height.matrices)[:5]
        for right in list(width.matrices)[:3]
        if not operation.same_scale_on_both_axes or (down[1] > down[0]) == (right[1] > right[0])
    ]
    uneven = [(down, right) for down, right in every if down[0] != right[0] and down[1] != right[1]]
    uneven.sort(key=lambda pairs: pairs[0][1] <= pairs[0][0])
    even = [(down, right) for down, right in every if down == right]
    return list(dict.fromkeys([*uneven[:1], *uneven[-1:], *even[:1]])) or every[:1]


_IMAGES = {(1, 1): "an image", (1, 3): "an image of three channels", (2, 1): "a batch of two images"}
_CAUSES = {(1, 3): Cause.CHANNEL, (2, 1): Cause.BATCH}


def _whole_image(
    caller: CountingCaller, down: Pair, right: Pair, matrices: tuple[np.ndarray, np.ndarray], form: tuple[int, int]
) -> Fault | None:
    """Resize random images along both axes at once; a fault when the result is not the product of both axes."""
    shape, size = (down[0], right[0]), (down[1], right[1])
    images_text = f"{_IMAGES[form]} of {shape[0]} x {shape[1]} resized to {size[0]} x {size[1]}"
    gain = float(np.prod([max(row_gain(np.nan_to_num(matrix)), 1) for matrix in matrices]))
    # As in operator_properties: a sum of float32 products, each rounded once, on values of at most the gain; doubled,
    # since the expected values were measured with the same rounding.
    rounding = 8 * gain * shape[0] * shape[1] * UNIT_ROUNDOFF
    rows, columns = (matrix.astype(np.float64) for matrix in matrices)
    n, channels = form
    images = np.random.default_rng(n + channels).uniform(-1, 1, (n, *shape, channels)).astype(np.float32)
    expected = np.einsum("oi,nijc,pj->nopc", rows, images, columns)
    try:
        resized = caller(images, size).astype(np.float64)
        error = max_difference(resized - expected)
        if error <= rounding:
            return None
        if size[0] == size[1] and max_difference(resized.transpose(0, 2, 1, 3) - expected) <= rounding:
            return Fault(Cause.AXIS_ORDER, error, f"{images_text} comes out transposed")
        scale = float((resized * expected).sum() / max((expected * expected).sum(), 1e-30))
        if max_difference(resized - scale * expected) <= 2 * rounding:
            text = f"{images_text} is {scale:.6g} times what both axes give, each alone"
            return Fault(Cause.NORMALISATION, error, text)
        cause = _CAUSES.get(form) or _separability_or_linearity(caller, images, size, resized, rounding)
    except Refused as refusal:
        return Fault(Cause.SEPARABILITY, np.inf, f"{images_text}: {refusal}")
    except WrongShape as mismatch:
        return Fault(Cause.OUTPUT_SIZE, np.inf, f"{images_text}: {mismatch}")
    return Fault(cause, error, f"{images_text} is not what each axis gives alone (off by {error:.3g}, in [-1, 1])")


def _separability_or_linearity(
    caller: CountingCaller, images: np.ndarray, size: Pair, resized: np.ndarray, rounding: float
) -> Cause:
    other = np.random.default_rng(0).uniform(-1, 1, images.shape).astype(np.float32)
    difference = caller(images + other, size) - resized - caller(other, size)
    return Cause.LINEARITY if max_difference(difference) > 3 * rounding else Cause.SEPARABILITY
