"""Conventions near a claim, each one change away, and the space of all conventions that identification searches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import chain, product

import numpy as np

from halfpixel.golden import Convention, matrix
from halfpixel.golden.convention import BORDERS, COORDINATE_TRANSFORMATION_MODES, KERNELS, NEAREST_MODES
from halfpixel.golden.vocabulary import Cause

COEFFICIENTS = (Fraction(-1, 2), Fraction(-3, 4), Fraction(-1), Fraction(-3, 5), Fraction(0))
_STRETCHABLE = ("linear", "cubic", "lanczos", "box", "hamming", "mitchell", "gaussian")
_CORNERS = "scale (n_out - 1) / (n_in - 1)"

_MAX_CACHED_WEIGHTS = 256
"""Up to this many weights a matrix is cached: candidates are tried on small pairs first, for every operation anew."""


@lru_cache(maxsize=1 << 15)
def _cached_matrix(convention: Convention, n_in: int, n_out: int, scale: Fraction | None) -> np.ndarray:
    return matrix(convention, n_in, n_out, scale).to_array()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A convention that may explain a measurement, and the causes in which it differs from the claim.

    ``scale_rule`` is ``""`` for ``n_out / n_in``, or names the other scale that the coordinates use.
    """

    factors: tuple[str, ...]
    convention: Convention
    scale_rule: str = ""

    @property
    def has_meaning(self) -> bool:
        """Whether it has matrices at all: a spline prefilter with ``wrap_overlap`` has none."""
        return not (self.convention.prefilter == "bspline" and self.convention.border == "wrap_overlap")

    def matrix(self, n_in: int, n_out: int) -> np.ndarray:
        """float64 ``(n_out, n_in)``, not to be written to."""
        scale = None
        if self.scale_rule == _CORNERS and n_in > 1 and n_out > 1:
            scale = Fraction(n_out - 1, n_in - 1)
        if n_in * n_out <= _MAX_CACHED_WEIGHTS:
            return _cached_matrix(self.convention, n_in, n_out, scale)
        return matrix(self.convention, n_in, n_out, scale).to_array()

    def __str__(self) -> str:
        return f"{self.convention} with {self.scale_rule}" if self.scale_rule else str(self.convention)


def _kernels() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"kernel": name} for name in KERNELS if name not in ("cubic", "lanczos", "bspline")
    ]
    rows += [{"kernel": "cubic", "cubic_coeff_a": a} for a in COEFFICIENTS]
    rows += [{"kernel": "lanczos", "lobes": lobes} for lobes in range(1, 6)]
    rows += [
        {"kernel": "bspline", "order": order, "prefilter": prefilter}
        for order in range(2, 6)
        for prefilter in ("bspline", "none")
    ]
    return rows


def neighbours(claim: Convention, coefficients: tuple[Fraction, ...] = ()) -> list[Candidate]:
    """Every convention that differs from ``claim`` in one cause, most specific change first.

    ``coefficients`` are further cubic coefficients to try, estimated from a measurement.
    """
    changes: list[tuple[Cause, dict[str, object]]] = []
    if claim.kernel == "nearest":
        changes += [
            (Cause.TIES if _differ_at_ties_only(claim, mode) else Cause.ROUNDING, {"nearest_mode": mode})
            for mode in NEAREST_MODES
        ]
    if claim.kernel == "cubic":
        changes += [(Cause.CUBIC_COEFFICIENT, {"cubic_coeff_a": a}) for a in (*coefficients, *COEFFICIENTS)]
    if claim.roi is not None:
        changes.append((Cause.COORDINATES, {"roi": (Fraction(0), Fraction(1))}))
    changes += [
        (Cause.COORDINATES, {"coordinate_transformation_mode": mode}) for mode in COORDINATE_TRANSFORMATION_MODES
    ]
    if claim.kernel in _STRETCHABLE:
        changes.append((Cause.ANTIALIAS, {"antialias": not claim.antialias}))
    changes += [(Cause.BORDER, {"border": border}) for border in BORDERS]
    changes += [(Cause.KERNEL, kernel | {"antialias": claim.antialias}) for kernel in _kernels()]
    changes += [(Cause.KERNEL, {"prefilter": prefilter}) for prefilter in ("none", "gaussian", "binomial", "bspline")]
    candidates = [Candidate((factor,), changed) for factor, change in changes if (changed := _changed(claim, change))]
    candidates.append(Candidate((Cause.SCALE_SOURCE,), claim, _CORNERS))
    return [candidate for candidate in candidates if candidate.convention != claim or candidate.scale_rule]


def two_away(claim: Convention, coefficients: tuple[Fraction, ...] = ()) -> Iterator[Candidate]:
    """Conventions that differ from ``claim`` in two causes."""
    tried = {claim}
    for first in neighbours(claim, coefficients):
        if first.scale_rule:
            continue
        for second in neighbours(first.convention, coefficients):
            if second.factors == first.factors or second.convention in tried:
                continue
            if not second.scale_rule:
                tried.add(second.convention)
            yield Candidate(first.factors + second.factors, second.convention, second.scale_rule)


def every_convention(coefficients: tuple[Fraction, ...] = ()) -> Iterator[Convention]:
    """The whole space, plain conventions first, so that the plainest of equal ones comes first."""
    kernels = _kernels() + [{"kernel": "cubic", "cubic_coeff_a": a} for a in coefficients if a not in COEFFICIENTS]
    plain = Convention()
    for border, kernel, antialias, mode in product(BORDERS, kernels, (False, True), COORDINATE_TRANSFORMATION_MODES):
        parameters = kernel | {"border": border, "antialias": antialias, "coordinate_transformation_mode": mode}
        nearest_modes = [{"nearest_mode": name} for name in NEAREST_MODES] if kernel["kernel"] == "nearest" else [{}]
        for nearest_mode in nearest_modes:
            convention = _changed(plain, parameters | nearest_mode)
            if convention is not None:
                yield convention
    for prefilter, name, border, mode in product(
        ("gaussian", "binomial"),
        ("linear", "nearest", "cubic"),
        ("mirror", "reflect", "replicate"),
        ("half_pixel", "align_corners", "asymmetric"),
    ):
        yield Convention(kernel=name, prefilter=prefilter, border=border, coordinate_transformation_mode=mode)


def nearest_first(claim: Convention) -> Iterator[Candidate]:
    """Every candidate that has matrices: those one change away from ``claim``, two away, then the whole space."""
    anywhere = (Candidate(differences(claim, convention), convention) for convention in every_convention())
    for candidate in chain(neighbours(claim), two_away(claim), anywhere):
        if candidate.has_meaning:
            yield candidate


def _differ_at_ties_only(claim: Convention, mode: str) -> bool:
    """Whether another nearest mode differs from the claim's only at ties."""
    return claim.nearest_mode in _ROUNDING_MODES and mode in _ROUNDING_MODES


_ROUNDING_MODES = ("round_prefer_floor", "round_prefer_ceil", "round_half_even")


def _changed(claim: Convention, change: dict[str, object]) -> Convention | None:
    try:
        return claim.but(**change)
    except ValueError:
        return None


_CAUSE_OF = {
    "kernel": Cause.KERNEL,
    "lobes": Cause.KERNEL,
    "order": Cause.KERNEL,
    "prefilter": Cause.KERNEL,
    "sigma": Cause.KERNEL,
    "coordinate_transformation_mode": Cause.COORDINATES,
    "roi": Cause.COORDINATES,
    "nearest_mode": Cause.TIES,
    "cubic_coeff_a": Cause.CUBIC_COEFFICIENT,
    "antialias": Cause.ANTIALIAS,
    "border": Cause.BORDER,
}


def differences(a: Convention, b: Convention) -> tuple[str, ...]:
    """The causes in which two conventions differ; parameters of a kernel count only when the kernel is the same."""
    causes: list[str] = []
    for name, cause in _CAUSE_OF.items():
        value, other = getattr(a, name), getattr(b, name)
        applies_to_one = value is None or other is None
        if value != other and cause not in causes and not (applies_to_one and a.kernel != b.kernel):
            causes.append(cause)
    return tuple(causes)
