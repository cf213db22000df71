"""Pooling, transposed convolution and gathered pixels, read as the resize that they are, where they are one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product

import numpy as np

from golden import Convention, matrix

_MODES = ("half_pixel", "asymmetric", "align_corners")


def pooled_axes(
    average: bool,
    kernel: Sequence[int],
    strides: Sequence[int],
    is_padded: bool,
    is_dilated: bool,
    rounds_up: bool,
) -> list[tuple[Convention | None, Fraction]] | None:
    """What pooling does to each axis, with its scale; ``None`` where windows overlap or a maximum is taken.

    Windows side by side, averaged, are the exact coverage of the output pixel's box: ``area``. Windows of one pixel
    leave pixels out: ``nearest``, from the first one on. Where a last window may be cut (``rounds_up``) it is averaged
    over what is left of it. Source: https://onnx.ai/onnx/operators/onnx__AveragePool.html.
    """
    if is_padded or is_dilated or not kernel or len(kernel) != len(strides) or min(strides) < 1:
        return None
    found: list[tuple[Convention | None, Fraction]] = []
    for window, step in zip(kernel, strides, strict=True):
        if window == 1:
            convention = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        elif average and window == step:
            convention = Convention(kernel="area", border="renormalise" if rounds_up else "replicate")
        else:
            return None
        found.append((convention, Fraction(1, step)))
    return found if any(scale != 1 for _, scale in found) else None


def deconvolved_axis(
    weights: np.ndarray, strides: Sequence[int], begin: Sequence[int], end: Sequence[int], extra: Sequence[int]
) -> list[tuple[Convention | None, Fraction]] | None:
    """What a transposed convolution of each channel alone does to each axis; ``None`` where that is no interpolation.

    ``weights`` has shape (C, kH, kW, ...). They are one where all channels have the same weights, these are a product
    of one vector an axis, and every input pixel's weights reach all outputs with a sum of one in the interior.
    """
    first = weights[0].astype(np.float64)
    if not np.allclose(weights, weights[:1], rtol=1e-5, atol=0) or not np.isfinite(first).all():
        return None
    total = first.sum()
    if total <= 0:
        return None
    count = first.ndim
    vectors = [first.sum(tuple(axis for axis in range(count) if axis != kept)) for kept in range(count)]
    rebuilt = vectors[0]
    for vector in vectors[1:]:
        rebuilt = np.multiply.outer(rebuilt, vector)
    # Rounding of float32 weights: each is good to half a unit in its last place, a sum of them to one for each.
    slack = first.size * float(np.finfo(np.float32).eps)
    if np.abs(rebuilt / total ** (count - 1) - first).max() > slack * np.abs(first).max():
        return None
    found: list[tuple[Convention | None, Fraction]] = []
    for axis, vector in enumerate(vectors):
        step = int(strides[axis])
        taps = vector * (step / total)
        phases = [taps[phase::step].sum() for phase in range(step)]
        if len(taps) < step or np.abs(np.array(phases) - 1).max() > slack * step:
            return None
        measured = _deconvolution_matrix(taps, step, int(begin[axis]), int(end[axis]), int(extra[axis]))
        found.append((named(measured, Fraction(step), 4 * slack), Fraction(step)))
    return found


_LENGTH = 8


def _deconvolution_matrix(taps: np.ndarray, step: int, begin: int, end: int, extra: int) -> np.ndarray:
    """``(n_out, 8)``: each input pixel adds the taps at ``step`` times its place."""
    full = np.zeros(((_LENGTH - 1) * step + len(taps) + extra, _LENGTH))
    for pixel in range(_LENGTH):
        full[pixel * step : pixel * step + len(taps), pixel] += taps
    return full[begin : len(full) - end]


def candidates() -> Iterator[Convention]:
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


def named(
    measured: np.ndarray, scale: Fraction | None, tolerance: float, given: np.ndarray | None = None
) -> Convention | None:
    """The first candidate whose exact matrix makes what was measured, ``(n_out, k)``, of what was ``given``.

    ``given`` has shape ``(n_in, k)``; without it, impulses were, and what was measured is the matrix itself.
    ``tolerance`` bounds the error of an entry: what rounding made of the weights. ``None`` where no candidate does.
    """
    n_in = measured.shape[1] if given is None else len(given)
    for convention in candidates():
        exact = matrix(convention, n_in, len(measured), scale)
        made = exact.to_array() if given is None else exact.to_array() @ given
        slack = exact.bound if given is None else exact.bound * float(np.abs(given).sum())
        if np.abs(made - measured).max() <= tolerance + slack:
            return convention
    return None
