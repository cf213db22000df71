"""Check properties of the whole operator: repeatability, linearity, separability, independent images and channels."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, max_difference
from halfpixel.golden.vocabulary import Cause
from halfpixel.probe.compare.discrepancy import Fault
from halfpixel.probe.compare.reference import shapes
from halfpixel.probe.measure.axis_matrix import Refused, Subject, as_operation, call, measure
from halfpixel.probe.measure.joint_shapes import JOINT
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.measure.whole_images import impulse_responses

_PROPERTY_SHAPES = 9
"""Of the joint shapes, the first so many are asked everything, the others whether the operator is separable."""


_TAPS = 64
"""Weights of an output of a kernel of eight pixels an axis, the widest unstretched one that libraries have."""


@dataclass(frozen=True, slots=True)
class Structure:
    """The faults of an operation; ``checked`` is the number of shapes tried (0: nothing was measured)."""

    checked: int
    faults: tuple[Fault, ...]
    refused: str = ""


def structure(subject: Subject) -> Structure:
    """Check repeatability, statelessness, linearity, zero offset, separability, batch and channel independence.

    Errors are absolute, for images with values in [-1, 1]. A fault that explains others is listed first: an operation
    that is not repeatable is not examined further. Raises ``NotInstalled`` when the framework is absent.
    """
    operation = as_operation(subject)
    tried = shapes(operation, JOINT)
    asked_everything = tried[:_PROPERTY_SHAPES]
    try:
        for shape in asked_everything:
            faults = list(_repeatability(operation, *shape))
            if faults:
                return Structure(len(tried), tuple(faults))
        faults = [fault for shape in asked_everything for fault in _properties(operation, *shape)]
        faults += [fault for shape in tried[_PROPERTY_SHAPES:] for fault in _separability(operation, *shape)]
    except (Refused, WrongShape) as refusal:
        return Structure(0, (), str(refusal))
    worst: dict[str, Fault] = {}
    for fault in faults:
        if fault.factor not in worst or fault.error > worst[fault.factor].error:
            worst[fault.factor] = fault
    return Structure(len(tried), tuple(worst.values()))


def _images(seed: int, n: int, size: Pair, channels: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (n, *size, channels)).astype(np.float32)


def _repeatability(operation: Operation, size_in: Pair, size_out: Pair) -> Iterator[Fault]:
    """The same call gives the same bits: at once, and after a call with another image."""
    image, other = _images(1, 1, size_in, 1), _images(2, 1, size_in, 1)
    where = f"{size_in} -> {size_out}"
    call(operation, image.copy(), size_out)
    after_itself = [call(operation, image.copy(), size_out) for _ in range(3)]
    after_other = []
    for _ in range(2):
        call(operation, other.copy(), size_out)
        after_other.append(call(operation, image.copy(), size_out))
    repeats = max(max_difference(after_itself[0], after_itself[1]), max_difference(after_itself[1], after_itself[2]))
    if repeats > 0 or max_difference(*after_other) > 0:
        error = max(repeats, max_difference(*after_other))
        text = f"the same call gives different results ({where}, differing by {error:.3g})"
        yield Fault(Cause.DETERMINISM, error, text, size_in, size_out)
    elif (error := max_difference(after_itself[0], after_other[0])) > 0:
        text = f"the result depends on the image resized before ({where}, by {error:.3g})"
        yield Fault(Cause.STATE, error, text, size_in, size_out)


def _properties(operation: Operation, size_in: Pair, size_out: Pair) -> Iterator[Fault]:
    where = f"{size_in} -> {size_out}"
    rounding = _rounding(impulse_responses(operation, size_in, size_out))
    zero = call(operation, np.zeros((1, *size_in, 1), np.float32), size_out)
    offset = max_difference(zero, np.zeros_like(zero))
    if offset > 0:
        text = f"an image of zeros gives {np.abs(np.nan_to_num(zero)).max():.3g} ({where})"
        yield Fault(Cause.OFFSET, offset, text, size_in, size_out)
    error = yield from _linearity(operation, size_in, size_out, zero, rounding)
    yield from _separability(operation, size_in, size_out)
    if error <= rounding:
        batch = _images(5, 3, size_in, 1)
        together = call(operation, batch.copy(), size_out)
        alone = np.concatenate([call(operation, batch[k : k + 1].copy(), size_out) for k in range(3)])
        if (error := max_difference(together, alone)) > rounding:
            text = f"an image is resized otherwise in a batch of 3 than alone ({where})"
            yield Fault(Cause.BATCH, error, text, size_in, size_out)
    yield from _channels(operation, size_in, size_out, rounding)


def _linearity(
    operation: Operation, size_in: Pair, size_out: Pair, zero: np.ndarray, rounding: float
) -> Generator[Fault, None, float]:
    """``f(a + b) = f(a) + f(b)``, less the offset, at two amplitudes; returns the worst error over the amplitude.

    Rounding to a grid or to a short float errs by little and no more at the larger amplitude, relative to it; clipping,
    powers and order statistics err by much, or by more.
    """
    image, other = _images(3, 1, size_in, 1), _images(4, 1, size_in, 1)
    errors = []
    for amplitude in (1.0, 16.0):
        a, b = (np.float32(amplitude) * picture for picture in (image, other))
        apart = call(operation, a.copy(), size_out).astype(np.float64) + call(operation, b.copy(), size_out)
        errors.append(max_difference(call(operation, a + b, size_out) + zero.astype(np.float64), apart) / amplitude)
    worst = max(errors)
    if worst > 3 * rounding:
        is_rounding = worst < 0.02 and errors[1] <= 1.5 * errors[0]
        words = "within what coarse rounding does" if is_rounding else "which no rounding explains"
        text = f"f(a + b) is not f(a) + f(b) ({size_in} -> {size_out}, off by {worst:.3g}, {words})"
        yield Fault(Cause.ROUNDING if is_rounding else Cause.LINEARITY, worst, text, size_in, size_out)
    return worst


def _channels(operation: Operation, size_in: Pair, size_out: Pair, rounding: float) -> Iterator[Fault]:
    for channels in (3, 4):
        image = _images(6, 1, size_in, channels)
        together = call(operation, image.copy(), size_out)
        alone = [call(operation, np.ascontiguousarray(image[..., c : c + 1]), size_out) for c in range(channels)]
        if (error := max_difference(together, np.concatenate(alone, axis=-1))) > rounding:
            shapes = f"{size_in} -> {size_out}"
            text = f"a channel is resized otherwise among {channels} than alone ({shapes})"
            yield Fault(Cause.CHANNEL, error, text, size_in, size_out)


def _rounding(whole: np.ndarray) -> float:
    """The error of an output that float32 explains, from the responses ``(h, w, H, W)`` to every impulse.

    A sum of float32 products, each product and addition rounded once, on values up to the gain: of as many products as
    there are pixels, and of :data:`_TAPS` at least, since a border folds all taps of a kernel onto few pixels.
    """
    gain = max(float(np.nan_to_num(np.abs(whole), nan=0).sum(axis=(2, 3)).max(initial=0)), 1.0)
    return float(4 * gain * max(whole.shape[2] * whole.shape[3], _TAPS) * UNIT_ROUNDOFF)


def _separability(operation: Operation, size_in: Pair, size_out: Pair) -> Iterator[Fault]:
    """The plane's response is the product of one matrix per axis, each the one measured along that axis alone."""
    where = f"{size_in} -> {size_out}"
    whole = impulse_responses(operation, size_in, size_out)
    if not np.isfinite(whole).all():
        yield Fault(Cause.NON_FINITE_VALUES, np.inf, f"an impulse gives what is no number ({where})", size_in, size_out)
        return
    rounding = _rounding(whole)
    rows = measure(operation, size_in[0], size_out[0], "height").astype(np.float64)
    columns = measure(operation, size_in[1], size_out[1], "width").astype(np.float64)
    product = np.einsum("oi,pj->opij", rows, columns)
    error = float(np.nan_to_num(np.abs(whole - product), nan=np.inf).sum(axis=(2, 3)).max())
    if error <= rounding:
        return
    scale = float((whole * product).sum() / (product * product).sum())
    if np.abs(whole - scale * product).sum(axis=(2, 3)).max() <= rounding:
        # Each axis was measured with the whole factor in it, so the product has it twice.
        factor, text = Cause.NORMALISATION, f"an image comes out {1 / scale:.6g} times as bright ({where})"
    elif (
        whole.shape == whole.transpose(1, 0, 2, 3).shape
        and max_difference(whole.transpose(1, 0, 2, 3), product) <= rounding
    ):
        factor, text = Cause.AXIS_ORDER, f"the result is transposed ({where})"
    elif _is_product(whole, rounding):
        factor = Cause.SEPARABILITY
        text = f"an axis is resized otherwise together with the other than alone ({where}, by {error:.3g})"
    else:
        factor, text = Cause.SEPARABILITY, f"no product of one matrix per axis ({where}, off by {error:.3g})"
    yield Fault(factor, error, text, size_in, size_out)


def _is_product(whole: np.ndarray, rounding: float) -> bool:
    """Whether the response is a product of some two matrices: rank one, once rows and columns are paired."""
    h, w, height, width = whole.shape
    paired = np.nan_to_num(whole).transpose(0, 2, 1, 3).reshape(h * height, w * width)
    singular = np.linalg.svd(paired, compute_uv=False)
    return bool(singular[1:2].sum() <= max(rounding, 1e-5) * singular[0])
