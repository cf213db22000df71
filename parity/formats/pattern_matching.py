"""Recognise pooling, transposed convolution and gathered pixels as the resize that they compute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product

import numpy as np

from halfpixel.golden import Convention, matrix
from halfpixel.parity.formats.model import AxisRule, Shape

_MODES = ("half_pixel", "asymmetric", "align_corners")


def pooled_axes(
    average: bool,
    kernel: Sequence[int],
    strides: Sequence[int],
    is_padded: bool,
    is_dilated: bool,
    rounds_up: bool,
) -> list[AxisRule] | None:
    """What pooling does to each axis, with its scale; ``None`` where windows overlap or a maximum is taken.

    Windows side by side, averaged, are the exact coverage of the output pixel's box: ``area``. Windows of one pixel
    leave pixels out: ``nearest``, from the first one on. Where a last window may be cut (``rounds_up``) it is averaged
    over what is left of it. Source: https://onnx.ai/onnx/operators/onnx__AveragePool.html.
    """
    if is_padded or is_dilated or not kernel or len(kernel) != len(strides) or min(strides) < 1:
        return None
    rules: list[AxisRule] = []
    for window, step in zip(kernel, strides, strict=True):
        if window == 1:
            convention = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        elif average and window == step:
            convention = Convention(kernel="area", border="renormalise" if rounds_up else "replicate")
        else:
            return None
        rules.append((convention, Fraction(1, step)))
    return rules if any(scale != 1 for _, scale in rules) else None


def fills_axes(sizes: Shape, strides: Sequence[int]) -> bool:
    """Whether windows side by side fill every axis, so that padding ``SAME`` adds nothing."""
    return all(isinstance(n, int) and step > 0 and n % step == 0 for n, step in zip(sizes, strides, strict=True))


def deconvolved_axes(
    weights: np.ndarray, strides: Sequence[int], begin: Sequence[int], end: Sequence[int], extra: Sequence[int]
) -> list[AxisRule] | None:
    """What a depthwise transposed convolution does to each axis; ``None`` where that is no interpolation.

    ``weights`` has shape (C, kH, kW, ...). It interpolates where all channels have the same weights, these are a
    product of one vector an axis, and the weights of every output in the interior add up to one.
    """
    first = weights[0].astype(np.float64)
    if not np.allclose(weights, weights[:1], rtol=1e-5, atol=0) or not np.isfinite(first).all():
        return None
    total = first.sum()
    if total <= 0:
        return None
    count = first.ndim
    vectors = [first.sum(tuple(axis for axis in range(count) if axis != other)) for other in range(count)]
    rebuilt = vectors[0]
    for vector in vectors[1:]:
        rebuilt = np.multiply.outer(rebuilt, vector)
    # Rounding of float32 weights: each is good to half a unit in its last place, a sum of them to one for each.
    slack = first.size * float(np.finfo(np.float32).eps)
    if np.abs(rebuilt / total ** (count - 1) - first).max() > slack * np.abs(first).max():
        return None
    rules: list[AxisRule] = []
    for axis, vector in enumerate(vectors):
        step = int(strides[axis])
        taps = vector * (step / total)
        phases = [taps[phase::step].sum() for phase in range(step)]
        if len(taps) < step or np.abs(np.array(phases) - 1).max() > slack * step:
            return None
        measured = _deconvolution_matrix(taps, step, int(begin[axis]), int(end[axis]), int(extra[axis]))
        rules.append((matching_convention(measured, Fraction(step), 4 * slack), Fraction(step)))
    return rules


_PROBE_LENGTH = 8


def _deconvolution_matrix(taps: np.ndarray, step: int, begin: int, end: int, extra: int) -> np.ndarray:
    """``(n_out, 8)``: each input pixel adds the taps at ``step`` times its place."""
    full = np.zeros(((_PROBE_LENGTH - 1) * step + len(taps) + extra, _PROBE_LENGTH))
    for pixel in range(_PROBE_LENGTH):
        full[pixel * step : pixel * step + len(taps), pixel] += taps
    return full[begin : len(full) - end]


def candidate_conventions() -> Iterator[Convention]:
    """Conventions that networks contain; nearest first, since others do the same where they hit pixels exactly."""
    for mode, rounding in product(
        ("asymmetric", "half_pixel", "align_corners"), ("floor", "round_prefer_floor", "round_prefer_ceil", "ceil")
    ):
        yield Convention(kernel="nearest", coordinate_transformation_mode=mode, nearest_mode=rounding)
    yield Convention(kernel="area")
    for mode in _MODES:
        for border in ("replicate", "constant"):
            yield Convention(kernel="linear", coordinate_transformation_mode=mode, border=border)
    for a, mode in product((Fraction(-3, 4), Fraction(-1, 2)), _MODES):
        for border in ("replicate", "renormalise"):
            yield Convention(kernel="cubic", cubic_coeff_a=a, coordinate_transformation_mode=mode, border=border)
    yield Convention(kernel="adaptive_average")
    yield Convention(kernel="linear", antialias=True, border="renormalise")
    for a in (Fraction(-1, 2), Fraction(-3, 4)):
        yield Convention(kernel="cubic", cubic_coeff_a=a, antialias=True, border="renormalise")
    for lobes in (3, 5):
        yield Convention(kernel="lanczos", lobes=lobes, antialias=True, border="renormalise")


def matching_convention(
    measured: np.ndarray, scale: Fraction | None, tolerance: float, images: np.ndarray | None = None
) -> Convention | None:
    """The first candidate whose exact matrix turns ``images`` into what was measured; ``None`` where none does.

    ``measured`` has shape ``(n_out, k)`` and ``images`` ``(n_in, k)``; without images, they were impulses, and the
    matrix itself was measured. ``tolerance`` bounds the error of an entry that comes from rounded weights.
    """
    n_in = measured.shape[1] if images is None else len(images)
    for convention in candidate_conventions():
        exact = matrix(convention, n_in, len(measured), scale)
        expected = exact.to_array() if images is None else exact.to_array() @ images
        slack = exact.bound if images is None else exact.bound * float(np.abs(images).sum())
        if np.abs(expected - measured).max() <= tolerance + slack:
            return convention
    return None
