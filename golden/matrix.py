"""The exact matrix of a convention: ``y = W x`` along one axis, from integers over a common denominator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

import numpy as np

from halfpixel.golden import prefilter
from halfpixel.golden.borders import fold_index
from halfpixel.golden.convention import Convention
from halfpixel.golden.coordinates import Coordinates, coordinates
from halfpixel.golden.kernels import kernel


@dataclass(frozen=True, slots=True)
class ExactMatrix:
    """``W`` of shape ``(n_out, n_in)``, held as weighted taps.

    Output ``o`` is ``sum_t weights[o, t] / totals[o] * x[taps[o, t]]``, after the prefilter where there is one. Weights
    are integers (int64 or object) for rational kernels, float64 for transcendental ones.

    ``is_rational`` says whether rows can be had as fractions; ``bound`` is an upper bound of the error of any entry of
    :meth:`to_array`. ``amplification`` is by how much border ``renormalise`` enlarges an error of a weight at most: all
    weights of a row over those that stay inside.
    """

    convention: Convention
    n_in: int
    n_out: int
    taps: np.ndarray
    weights: np.ndarray
    totals: np.ndarray
    is_rational: bool
    bound: float
    coordinates: Coordinates = field(repr=False)
    amplification: float = 1.0

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_out, n_in)``."""
        return self.n_out, self.n_in

    def to_array(self) -> np.ndarray:
        """float64, shape ``(n_out, n_in)``, every entry within ``bound`` of the exact one."""
        parts = (self.weights / self.totals[:, None]).astype(np.float64)
        columns, extend = (
            (self.n_in, None)
            if self.convention.prefilter == "none"
            else prefilter.extended_matrix(self.convention, self.n_in, self.n_out)
        )
        flat = self.taps + np.arange(self.n_out)[:, None] * columns
        dense = np.bincount(flat.ravel().astype(np.intp), parts.ravel(), self.n_out * columns)
        dense = dense.reshape(self.n_out, columns)
        return dense if extend is None else dense @ extend

    def rows(self) -> Iterator[tuple[Fraction, ...]]:
        """Every row as ``n_in`` fractions; ``ValueError`` when the convention is not rational."""
        if not self.is_rational:
            raise ValueError(f"'{self.convention}' has no rational weights; use to_array(), good to {self.bound:.1e}")
        filtered = prefilter.exact_matrix(self.convention, self.n_in)
        for taps, weights, total in zip(self.taps, self.weights, self.totals, strict=True):
            row = [Fraction(0)] * self.n_in
            for tap, weight in zip(taps, weights, strict=True):
                if weight:
                    row[int(tap)] += Fraction(int(weight), int(total))
            if filtered is not None:
                row = [sum((w * filtered[i][j] for i, w in enumerate(row) if w), Fraction(0)) for j in range(self.n_in)]
            yield tuple(row)


def matrix(convention: Convention, n_in: int, n_out: int, scale: Fraction | float | None = None) -> ExactMatrix:
    """The exact matrix that resizes an axis of ``n_in`` pixels to ``n_out``.

    ``scale`` is output over input where the caller gave one (a float is taken at its exact binary value); without it
    the scale is ``n_out / n_in``. Raises ``ValueError`` for sizes below 1 or a scale that is not positive.

    Rows sum to one: the weights of a row are divided by their sum, before the border is applied, except that
    ``renormalise`` drops the taps outside first. Source: ONNX Resize, attributes ``antialias`` and ``exclude_outside``.
    """
    for name, value in (("n_in", n_in), ("n_out", n_out)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}")
    given = Fraction(n_out, n_in) if scale is None else Fraction(scale)
    if given <= 0:
        raise ValueError(f"scale must be positive, not {scale}")
    where = coordinates(convention, n_in, n_out, None if scale is None else given)
    return matrix_at(convention, where, n_in, given)


def matrix_at(convention: Convention, where: Coordinates, n_in: int, scale: Fraction) -> ExactMatrix:
    """The exact matrix for coordinates of one's own; ``scale``, output over input, is how far kernels are stretched.

    Coordinates that are estimates may be float64 over the denominator 1: then weights are good to float64.
    """
    n_out = len(where.numerators)
    if convention.border == "wrap_overlap":
        where = _wrap_coordinates(where, n_in)
    taps, weights = _TAPS.get(convention.kernel, _kernel_taps)(convention, where, n_in, scale)
    if convention.border == "extrapolate":
        outside = (where.numerators < 0) | (where.numerators > (n_in - 1) * where.denominator)
        totals = np.where(outside, 1, weights.sum(axis=1))
        weights = np.where(outside[:, None], 0, weights)
    else:
        totals = weights.sum(axis=1)
    amplification = 1.0
    if prefilter.needs_extended_signal(convention):
        taps = np.clip(taps + prefilter.PADDING, 0, n_in + 2 * prefilter.PADDING - 1)
    else:
        border = "mirror" if prefilter.uses_mirrored_coefficients(convention) else convention.border
        taps, kept = fold_index(border, taps, n_in)
        weights = np.where(kept, weights, 0)
        if convention.border == "renormalise":
            inside = weights.sum(axis=1)
            inside = np.where(inside == 0, 1, inside)
            amplification = max(1.0, float(np.abs(totals / inside).max()))
            totals = inside
    is_rational = weights.dtype.kind in "iO" and prefilter.is_rational(convention)
    taps_per_row = taps.shape[1]
    bound = (taps_per_row + 2) * float(np.finfo(np.float64).eps)
    if weights.dtype.kind == "f" and convention.kernel not in _TAPS:
        bound += kernel(convention).bound * taps_per_row
    if convention.prefilter != "none":
        bound = prefilter.BOUND
    return ExactMatrix(convention, n_in, n_out, taps, weights, totals, is_rational, bound, where, amplification)


def _wrap_coordinates(where: Coordinates, n_in: int) -> Coordinates:
    """Coordinates outside ``[0, n_in - 1]`` brought back by multiples of ``n_in - 1``: SciPy's mode ``wrap``."""
    last = (n_in - 1) * where.denominator
    outside = (where.numerators < 0) | (where.numerators > last)
    return Coordinates(np.where(outside, where.numerators % max(last, 1), where.numerators), where.denominator)


def _kernel_taps(
    convention: Convention, where: Coordinates, n_in: int, scale: Fraction
) -> tuple[np.ndarray, np.ndarray]:
    """Every tap that the kernel can reach from each coordinate, and its weight (not yet normalised)."""
    shape = kernel(convention)
    stretch = min(Fraction(1), scale) if convention.antialias else Fraction(1)
    radius = -int(-shape.support // stretch)
    base = where.numerators // where.denominator
    beyond = where.numerators - base * where.denominator
    denominator = where.denominator * stretch.denominator
    fits = (radius + 1) * where.denominator * stretch.numerator < 2**62 and denominator < 2**62
    offsets = np.arange(1 - radius, radius + 1, dtype=np.int64 if fits else object)
    numerators = (offsets[None, :] * where.denominator - beyond[:, None]) * stretch.numerator
    return (base[:, None] + offsets).astype(np.int64), shape.weigh(numerators, denominator)


def _nearest_taps(
    convention: Convention, where: Coordinates, n_in: int, scale: Fraction
) -> tuple[np.ndarray, np.ndarray]:
    """One tap a row: the coordinate rounded as ``nearest_mode`` says."""
    numerators, denominator = where.numerators, where.denominator
    if convention.nearest_mode == "floor":
        picks = numerators // denominator
    elif convention.nearest_mode == "ceil":
        picks = -(-numerators // denominator)
    elif convention.nearest_mode == "round_prefer_floor":
        picks = -((denominator - 2 * numerators) // (2 * denominator))
    else:
        doubled = 2 * numerators + denominator
        picks = doubled // (2 * denominator)
        if convention.nearest_mode == "round_half_even":
            picks = picks - ((doubled % (2 * denominator) == 0) & (picks % 2 == 1))
    return picks[:, None].astype(np.int64), np.ones((len(picks), 1), dtype=np.int64)


def _area_taps(convention: Convention, where: Coordinates, n_in: int, scale: Fraction) -> tuple[np.ndarray, np.ndarray]:
    """Length of the overlap of each pixel with the box of width ``1 / scale`` around the coordinate."""
    width = 1 / scale
    unit = 2 * where.denominator * width.denominator
    numerators = where.numerators
    furthest = 2 * int(abs(numerators).max()) + where.denominator
    if (furthest + 4 * where.denominator) * width.denominator + 2 * width.numerator * where.denominator >= 2**62:
        numerators = numerators.astype(object)
    centre = (2 * numerators + where.denominator) * width.denominator
    half = width.numerator * where.denominator
    left, right = centre - half, centre + half
    first = left // unit
    taps = first[:, None] + np.arange(ceil(width) + 1)
    overlap = np.minimum(right[:, None], (taps + 1) * unit) - np.maximum(left[:, None], taps * unit)
    return taps.astype(np.int64), np.maximum(overlap, 0)


def _adaptive_average_taps(
    convention: Convention, where: Coordinates, n_in: int, scale: Fraction
) -> tuple[np.ndarray, np.ndarray]:
    """Equal weights from ``floor(o n_in / n_out)`` up to ``ceil((o + 1) n_in / n_out)``, exclusive.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html and
    ``start_index``, ``end_index`` in ATen's AdaptivePooling.h.
    """
    n_out = len(where.numerators)
    outputs = np.arange(n_out, dtype=np.int64)
    first = outputs * n_in // n_out
    last = -(-(outputs + 1) * n_in // n_out)
    taps = first[:, None] + np.arange(int((last - first).max()))
    return taps, (taps < last[:, None]).astype(np.int64)


_TAPS = {"nearest": _nearest_taps, "area": _area_taps, "adaptive_average": _adaptive_average_taps}
