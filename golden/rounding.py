"""How exact values become integers: rounding rules and what happens beyond the range, on integers over a denominator.

Every function takes values as ``numerators / denominators``, arrays of integers that broadcast (int64, or Python's own
in object arrays where those would overflow), so that a tie is met exactly.
"""

from __future__ import annotations

import numpy as np

ROUNDING_RULES = ("half_even", "half_up", "half_away", "half_down", "truncate", "floor", "ceil")
"""The rules of :func:`rounded`.

half_even
    To the nearest, ties to even: IEEE 754 ``roundTiesToEven``, C's ``rint`` in the default mode, ``numpy.rint``,
    ``cvRound`` of OpenCV. https://docs.opencv.org/4.x/db/de0/group__core__utils.html
half_up
    ``floor(v + 1/2)``, as fixed-point code adds half a unit and shifts.
half_away
    To the nearest, ties away from zero: IEEE 754 ``roundTiesToAway``, C's ``round``.
    https://en.cppreference.com/w/c/numeric/math/round
half_down
    ``ceil(v - 1/2)``.
truncate
    Towards zero, as C converts a floating value to an integer: C17 6.3.1.4.
    https://en.cppreference.com/w/c/language/conversion
floor
    Towards minus infinity, as an arithmetic shift does.
ceil
    Towards plus infinity.
"""
NEAREST_RULES = ("half_even", "half_up", "half_away", "half_down")
"""The rules that are correct rounding to the nearest, and differ only at ties."""

OVERFLOWS = ("saturate", "wrap")
"""Beyond the range: the nearest end of it, as ``saturate_cast`` does, or modulo its length, as C's unsigned types do.

https://docs.opencv.org/4.x/db/de0/group__core__utils.html, https://en.cppreference.com/w/c/language/conversion
"""


def rounded(rule: str, numerators: np.ndarray, denominators: np.ndarray | int) -> np.ndarray:
    """The integer that ``rule`` makes of ``numerators / denominators`` (positive denominators below 2**62).

    Raises ``ValueError`` for a rule that is not among :data:`ROUNDING_RULES`.
    """
    whole = numerators // denominators
    return rounded_parts(rule, whole, numerators - whole * denominators, denominators)


def rounded_parts(rule: str, whole: np.ndarray, remainders: np.ndarray, denominators: np.ndarray | int) -> np.ndarray:
    """As :func:`rounded`, of ``whole + remainders / denominators`` with ``0 <= remainders < denominators``."""
    if rule not in ROUNDING_RULES:
        raise ValueError(f"unknown rounding rule {rule!r}; allowed: {', '.join(ROUNDING_RULES)}")
    if rule == "floor":
        return whole
    beyond = 2 * remainders - denominators
    if rule == "ceil":
        goes_up = remainders > 0
    elif rule == "truncate":
        goes_up = (remainders > 0) & (whole < 0)
    elif rule == "half_up":
        goes_up = beyond >= 0
    elif rule == "half_down":
        goes_up = beyond > 0
    else:
        ties_up = whole >= 0 if rule == "half_away" else whole % 2 == 1
        goes_up = (beyond > 0) | ((beyond == 0) & ties_up)
    result: np.ndarray = whole + goes_up
    return result


def within_range(values: np.ndarray, lowest: int, highest: int, overflow: str) -> np.ndarray:
    """Integers brought into ``lowest..highest``; ``ValueError`` for an overflow that is not among :data:`OVERFLOWS`."""
    if overflow not in OVERFLOWS:
        raise ValueError(f"unknown overflow {overflow!r}; allowed: {', '.join(OVERFLOWS)}")
    in_range: np.ndarray = (
        np.minimum(np.maximum(values, lowest), highest)
        if overflow == "saturate"
        else (values - lowest) % (highest - lowest + 1) + lowest
    )
    return in_range


def to_integers(
    numerators: np.ndarray,
    denominators: np.ndarray | int,
    lowest: int,
    highest: int,
    rule: str = "half_even",
    overflow: str = "saturate",
) -> np.ndarray:
    """Exact values as integers of ``lowest..highest``: rounded by ``rule``, then brought into range by ``overflow``."""
    return within_range(rounded(rule, numerators, denominators), lowest, highest, overflow)


def fixed_point_weights(numerators: np.ndarray, denominators: np.ndarray | int, bits: int) -> np.ndarray:
    """Weights as integers of ``bits`` fractional bits, the nearest ones, ties away from zero; integers as Python's own.

    As Pillow makes them, with 22 bits: ``PRECISION_BITS`` and ``normalize_coeffs_8bpc`` in
    https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c
    """
    scaled = numerators.astype(object) * 2**bits
    return rounded("half_away", scaled, np.asarray(denominators).astype(object))


def fixed_point_sums(weights: np.ndarray, pixels: np.ndarray, bits: int, lowest: int, highest: int) -> np.ndarray:
    """``weights @ pixels`` of integers, half a unit added, shifted right by ``bits`` and clipped: ``clip8`` of Pillow.

    ``weights`` ``(n_out, n_in)`` are those of :func:`fixed_point_weights`; sums must be below 2**62.
    """
    sums = weights.astype(np.int64) @ pixels.astype(np.int64)
    return within_range((sums + (1 << (bits - 1))) >> bits, lowest, highest, "saturate")
