"""Families of interpolation kernels with free parameters, and the named kernel nearest to measured weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from halfpixel.golden.kernels import bspline
from halfpixel.probe.measure.sizes import Pair


@dataclass(frozen=True, slots=True)
class Family:
    """A kernel ``k(distance, *parameters)``, distances in units of the stretch; zero beyond ``support(*parameters)``.

    ``starts`` are the parameters to begin least squares from, each a tuple. ``has_width`` says that a parameter is
    itself a width, so that a stretch beside it would mean nothing.
    """

    name: str
    function: Callable[..., np.ndarray]
    support: Callable[..., float]
    parameters: tuple[str, ...] = ()
    starts: tuple[tuple[float, ...], ...] = ((),)
    has_width: bool = False

    def __call__(self, distance: np.ndarray, *parameters: float) -> np.ndarray:
        """The kernel at signed distances of any shape."""
        away = np.abs(distance)
        return np.where(away < self.support(*parameters), self.function(away, *parameters), 0.0)


def cubic(x: np.ndarray, b: float, c: float) -> np.ndarray:
    """Mitchell and Netravali's two-parameter cubic, for ``0 <= x``; Keys' with coefficient ``a`` is ``(0, -a)``.

    Source: D. Mitchell, A. Netravali, Reconstruction filters in computer graphics, Computer Graphics 22 (1988), eq. 8.
    """
    inner = (12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + (6 - 2 * b)
    outer = (-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + (8 * b + 24 * c)
    return np.where(x < 1, inner, np.where(x < 2, outer, 0.0)) / 6


def _coverage(x: np.ndarray, width: float) -> np.ndarray:
    """The part of a pixel at distance ``x`` that a box of ``width`` pixels covers, over the width."""
    return np.asarray(np.clip((width + 1) / 2 - x, 0, min(1.0, width)) / width)


def _magic_sharp(x: np.ndarray) -> np.ndarray:
    """Magic Kernel Sharp of 2013, https://johncostella.com/magic/."""
    inner = 17 / 16 - 7 / 4 * x * x
    middle, outer = (4 * x * x - 11 * x + 7) / 4, -((x - 2.5) ** 2) / 8
    return np.where(x < 0.5, inner, np.where(x < 1.5, middle, np.where(x < 2.5, outer, 0.0)))


def _spline(order: int) -> Family:
    exact = bspline(order)
    pieces = [(float(left), [float(c) for c in piece]) for left, piece in zip(exact.breaks, exact.pieces, strict=False)]
    support = float(exact.support)

    def function(x: np.ndarray) -> np.ndarray:
        value = np.zeros_like(x)
        for left, piece in pieces:
            value = np.where(x >= left, np.polynomial.polynomial.polyval(x, piece), value)
        return value

    return Family(f"B-spline of degree {order}", function, lambda: support)


def _interpolating(order: int) -> Family:
    """The kernel that a B-spline's prefilter and the B-spline make together: infinite, cut where it is below 1e-10."""
    spline, reach = _spline(order), 24
    at = np.arange(-reach, reach + 1)
    coefficients = np.linalg.solve(spline(at[:, None] - at[None, :]), (at == 0).astype(np.float64))

    def function(x: np.ndarray) -> np.ndarray:
        total = np.zeros_like(x)
        for shift, coefficient in zip(at, coefficients, strict=True):
            total += coefficient * spline(x - shift)
        return total

    name = "cubic spline" if order == 3 else f"spline of degree {order}"
    return Family(f"interpolating {name}", function, lambda: reach - 3.0)


def _window(name: str, window: Callable[[np.ndarray], np.ndarray]) -> Family:
    """A sinc under a window ``window(x / lobes)`` on ``0 <= x / lobes < 1``."""
    return Family(
        name,
        lambda x, lobes: np.sinc(x) * window(np.minimum(x / abs(lobes), 1.0)),
        lambda lobes: abs(lobes),
        ("lobes",),
        ((2.0,), (3.0,), (4.0,), (1.3,)),
    )


_TRIANGLE = Family("triangle", lambda x: 1 - x, lambda: 1.0)
_BOX_COVERAGE = Family(
    "box coverage", _coverage, lambda width: (width + 1) / 2, ("width",), ((1.0,), (2.5,)), has_width=True
)
KEYS_CUBIC = Family("Keys' cubic", lambda x, a: cubic(x, 0.0, -a), lambda a: 2.0, ("a",), ((-0.6,),))
TWO_PARAMETER_CUBIC = Family("cubic", cubic, lambda b, c: 2.0, ("B", "C"), ((0.0, 0.5), (0.33, 0.33)))
_QUADRATIC_SPLINE = _spline(2)
_LANCZOS = _window("Lanczos", np.sinc)
_HAMMING = _window("sinc under a Hamming window", lambda t: 0.54 + 0.46 * np.cos(np.pi * t))
GAUSSIAN = Family(
    "Gaussian",
    lambda x, sigma: np.exp(-0.5 * (x / sigma) ** 2),
    lambda sigma: np.inf,
    ("sigma",),
    ((0.5,), (1.2,)),
    has_width=True,
)

FAMILIES: tuple[Family, ...] = (
    _TRIANGLE,
    _BOX_COVERAGE,
    _QUADRATIC_SPLINE,
    *map(_spline, (4, 5)),
    *map(_interpolating, (3, 2, 4, 5)),
    Family("Magic Kernel Sharp 2013", _magic_sharp, lambda: 2.5),
    KEYS_CUBIC,
    TWO_PARAMETER_CUBIC,
    _LANCZOS,
    GAUSSIAN,
    _HAMMING,
    _window("sinc under a Hann window", lambda t: 0.5 + 0.5 * np.cos(np.pi * t)),
    _window("sinc under a Blackman window", lambda t: 0.42 + 0.5 * np.cos(np.pi * t) + 0.08 * np.cos(2 * np.pi * t)),
    _window("sinc under a Welch window", lambda t: 1 - t**2),
    _window("sinc under a cosine window", lambda t: np.cos(np.pi * t / 2)),
    _window("sinc under a triangular window", lambda t: 1 - t),
    Family(
        "sinc under a Kaiser window",
        lambda x, lobes, beta: np.sinc(x) * np.i0(beta * np.sqrt(np.maximum(1 - (x / lobes) ** 2, 0))) / np.i0(beta),
        lambda lobes, beta: abs(lobes),
        ("lobes", "beta"),
        ((3.0, 5.0),),
    ),
)
"""The simplest first: of families that fit as well, the first is named. A Gaussian has no end of its own: it ends where
the measured kernel does. A cubic comes before windows because its two numbers describe most implementations."""


def family_text(family: Family, parameters: tuple[float, ...]) -> str:
    """A kernel with its parameters, such as ``cubic a = -0.6 (B = 0, C = 0.6)``."""
    coefficients = mitchell_netravali(family, parameters)
    if coefficients is not None:
        b, c = coefficients
        if family is TWO_PARAMETER_CUBIC:
            return f"cubic B = {_round(b):g}, C = {_round(c):g}{_KNOWN_CUBICS.get((round(b, 3), round(c, 3)), '')}"
        return f"cubic a = {_round(-c):g} (B = 0, C = {_round(c):g})"
    values = ", ".join(f"{name} {_round(value):g}" for name, value in zip(family.parameters, parameters, strict=True))
    return f"{family.name} ({values})" if values else family.name


_KNOWN_CUBICS = {(1.0, 0.0): " (B-spline)", (0.333, 0.333): " (Mitchell)", (0.378, 0.311): " (Robidoux)"}


def mitchell_netravali(family: Family, parameters: tuple[float, ...]) -> tuple[float, float] | None:
    """``(B, C)`` of a cubic; ``None`` for another family."""
    if family is KEYS_CUBIC:
        return 0.0, -parameters[0]
    return (parameters[0], parameters[1]) if family is TWO_PARAMETER_CUBIC else None


def _round(value: float) -> float:
    """Four digits after the point, or the value of a simple fraction close by."""
    simple = Fraction(value).limit_denominator(20)
    return float(simple) if abs(simple - Fraction(value)) < 2e-5 else round(value, 4) + 0.0


_KNOWN: tuple[tuple[str, Family, tuple[float, ...]], ...] = (
    ("triangle", _TRIANGLE, ()),
    ("cubic a = -0.5", TWO_PARAMETER_CUBIC, (0.0, 0.5)),
    ("cubic a = -0.75", TWO_PARAMETER_CUBIC, (0.0, 0.75)),
    ("cubic a = -1", TWO_PARAMETER_CUBIC, (0.0, 1.0)),
    ("Hermite cubic", TWO_PARAMETER_CUBIC, (0.0, 0.0)),
    ("Mitchell", TWO_PARAMETER_CUBIC, (1 / 3, 1 / 3)),
    ("cubic B-spline", TWO_PARAMETER_CUBIC, (1.0, 0.0)),
    ("B-spline of degree 2", _QUADRATIC_SPLINE, ()),
    ("Hamming", _HAMMING, (1.0,)),
    ("Gaussian of sigma 0.5", GAUSSIAN, (0.5,)),
    ("box coverage", _BOX_COVERAGE, (1.0,)),
    *((f"Lanczos {lobes}", _LANCZOS, (float(lobes),)) for lobes in range(1, 6)),
)


def nearest_kernel(offsets: np.ndarray, weights: np.ndarray, pair: Pair) -> tuple[str, float]:
    """The known kernel nearest to the measured weights, stretched when shrinking or not, and the largest difference."""
    distances: dict[str, float] = {}
    for stretch in dict.fromkeys((1.0, max(1.0, pair[0] / pair[1]))):
        for name, family, parameters in _KNOWN:
            values = family(offsets / stretch, *parameters)
            if family is GAUSSIAN:
                values = np.where(np.abs(offsets) < 1.5 * stretch, values, 0) / np.sqrt(np.pi / 2)
            stretched = name if stretch == 1 else f"{name} stretched by {pair[0]}/{pair[1]}"
            distances[stretched] = float(np.abs(values / stretch - weights).max(initial=0))
    nearest = min(distances, key=lambda name: round(distances[name], 7))
    return nearest, distances[nearest]
