"""What a test vector is: one row a case, named by the rule it decides; the tables build on this."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from golden.convention import Convention


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a case: its convention, lengths in pixels, and output over input where the caller gives that."""

    convention: Convention
    n_in: int
    n_out: int
    scale: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """``values``, integers in row-major order, are the input; without them it is the first primes.

    Primes, because no polynomial of low degree fits them: kernels that all reproduce one would agree on it.
    """

    id: str
    rule: str
    axes: tuple[Axis, ...]
    values: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Suite:
    """One file of cases."""

    file: str
    title: str
    cases: tuple[Case, ...]


LINEAR = Convention(kernel="linear")
SHARP = Convention(kernel="cubic", cubic_coeff_a="-3/4")
KEYS = Convention(kernel="cubic", cubic_coeff_a="-1/2")
SPLINE = Convention(kernel="bspline", order=3, prefilter="bspline", border="mirror")


def at(convention: Convention, mode: str, **more: object) -> Convention:
    """The same convention with another ``coordinate_transformation_mode``."""
    return convention.but(coordinate_transformation_mode=mode, **more)


def pick(mode: str, nearest_mode: str) -> Convention:
    """The nearest pixel."""
    return Convention(kernel="nearest", coordinate_transformation_mode=mode, nearest_mode=nearest_mode)


def crop(start: str, end: str, border: str = "extrapolate", kernel: str = "linear") -> Convention:
    """A box from ``start`` to ``end``, where the input spans 0 to 1."""
    return Convention(
        kernel=kernel, coordinate_transformation_mode="tf_crop_and_resize", border=border, roi=(start, end)
    )


def line(
    rule: str,
    convention: Convention,
    n_in: int,
    n_out: int,
    scale: Fraction | None = None,
    values: tuple[int, ...] = (),
) -> Case:
    """A case of one axis."""
    given = "" if scale is None else f" by {scale}"
    return Case(f"{convention}, {n_in} to {n_out}{given}", rule, (Axis(convention, n_in, n_out, scale),), values)


def lines(*rows: tuple) -> list[Case]:
    """A case of one axis for each row ``(rule, convention, n_in, n_out, [scale])``."""
    return [line(*row) for row in rows]
