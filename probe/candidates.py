"""Conventions near a claim, each one change away, and the space of all conventions that identification searches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from golden import Convention, matrix
from golden.convention import BORDERS, COORDINATE_TRANSFORMATION_MODES, KERNELS, NEAREST_MODES

COEFFICIENTS = (Fraction(-1, 2), Fraction(-3, 4), Fraction(-1), Fraction(-3, 5), Fraction(0))
_STRETCHABLE = ("linear", "cubic", "lanczos", "box", "hamming", "mitchell", "gaussian")
_CORNERS = "scale (n_out - 1) / (n_in - 1)"


_KEPT = 256
"""Entries up to which a matrix is kept: candidates are tried on small pairs first, for every operation anew."""


@lru_cache(maxsize=1 << 15)
def _kept_matrix(convention: Convention, n_in: int, n_out: int, scale: Fraction | None) -> np.ndarray:
    return matrix(convention, n_in, n_out, scale).to_array()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A convention that may explain a measurement, and what it changes.

    ``scale_rule`` is ``""`` for ``n_out / n_in``, or says in words which other scale the coordinates use.
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
        if n_in * n_out <= _KEPT:
            return _kept_matrix(self.convention, n_in, n_out, scale)
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
    """Every convention that differs from ``claim`` in one thing, most specific change first.

    ``coefficients`` are further cubic coefficients to try, estimated from a measurement.
    """
    changes: list[tuple[str, dict[str, object]]] = []
    if claim.kernel == "nearest":
        changes += [
            ("ties" if _same_rounding(claim, mode) else "rounding", {"nearest_mode": mode}) for mode in NEAREST_MODES
        ]
    if claim.kernel == "cubic":
        changes += [("cubic coefficient", {"cubic_coeff_a": a}) for a in (*coefficients, *COEFFICIENTS)]
    if claim.roi is not None:
        changes.append(("coordinates", {"roi": (Fraction(0), Fraction(1))}))
    changes += [("coordinates", {"coordinate_transformation_mode": mode}) for mode in COORDINATE_TRANSFORMATION_MODES]
    if claim.kernel in _STRETCHABLE:
        changes.append(("antialias", {"antialias": not claim.antialias}))
    changes += [("border", {"border": border}) for border in BORDERS]
    changes += [("kernel", kernel | {"antialias": claim.antialias}) for kernel in _kernels()]
    changes += [("kernel", {"prefilter": prefilter}) for prefilter in ("none", "gaussian", "binomial", "bspline")]
    found = [Candidate((factor,), changed) for factor, change in changes if (changed := _changed(claim, change))]
    found.append(Candidate(("scale source",), claim, _CORNERS))
    return [candidate for candidate in found if candidate.convention != claim or candidate.scale_rule]


def two_away(claim: Convention, coefficients: tuple[Fraction, ...] = ()) -> Iterator[Candidate]:
    """Conventions that differ from ``claim`` in two things."""
    seen = {claim}
    for first in neighbours(claim, coefficients):
        if first.scale_rule:
            continue
        for second in neighbours(first.convention, coefficients):
            if second.factors == first.factors or second.convention in seen:
                continue
            if not second.scale_rule:
                seen.add(second.convention)
            yield Candidate(first.factors + second.factors, second.convention, second.scale_rule)


def every_convention(coefficients: tuple[Fraction, ...] = ()) -> Iterator[Convention]:
    """The whole space, plain conventions first, so that of equal ones the plainest is found."""
    kernels = _kernels() + [{"kernel": "cubic", "cubic_coeff_a": a} for a in coefficients if a not in COEFFICIENTS]
    for border in BORDERS:
        for kernel in kernels:
            for antialias in (False, True):
                for mode in COORDINATE_TRANSFORMATION_MODES:
                    parameters = kernel | {
                        "border": border,
                        "antialias": antialias,
                        "coordinate_transformation_mode": mode,
                    }
                    modes = NEAREST_MODES if kernel["kernel"] == "nearest" else (None,)
                    for nearest_mode in modes:
                        convention = _valid(parameters | ({"nearest_mode": nearest_mode} if nearest_mode else {}))
                        if convention is not None:
                            yield convention
    for prefilter in ("gaussian", "binomial"):
        for kernel in ("linear", "nearest", "cubic"):
            for border in ("mirror", "reflect", "replicate"):
                for mode in ("half_pixel", "align_corners", "asymmetric"):
                    yield Convention(
                        kernel=kernel, prefilter=prefilter, border=border, coordinate_transformation_mode=mode
                    )


def _same_rounding(claim: Convention, mode: str) -> bool:
    """Whether two nearest modes differ only at ties."""
    return ("round" in claim.nearest_mode) and ("round" in mode)


def _valid(parameters: dict[str, object]) -> Convention | None:
    try:
        return Convention(**parameters)
    except ValueError:
        return None


def _changed(claim: Convention, change: dict[str, object]) -> Convention | None:
    try:
        return claim.but(**change)
    except ValueError:
        return None


_FACTOR_OF = {
    "kernel": "kernel",
    "lobes": "kernel",
    "order": "kernel",
    "prefilter": "kernel",
    "sigma": "kernel",
    "coordinate_transformation_mode": "coordinates",
    "roi": "coordinates",
    "nearest_mode": "ties",
    "cubic_coeff_a": "cubic coefficient",
    "antialias": "antialias",
    "border": "border",
}


def differences(a: Convention, b: Convention) -> tuple[str, ...]:
    """The factors in which two conventions differ; parameters of a kernel count only when the kernel is the same."""
    found = []
    for name, factor in _FACTOR_OF.items():
        mine, its = getattr(a, name), getattr(b, name)
        only_one = mine is None or its is None
        if mine != its and factor not in found and not (only_one and a.kernel != b.kernel):
            found.append(factor)
    return tuple(found)
