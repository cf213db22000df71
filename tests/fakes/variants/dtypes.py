"""Resizers that treat images of some dtype wrongly, with one fault each, and others that round in ways that are right.

Each computes in float64 from weights that are not golden's; what is done to the values of a dtype is its fault.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from halfpixel.adapters import Operation, from_callable
from halfpixel.golden import Convention
from tests.fakes import claims
from tests.fakes.image import Resize
from tests.fakes.right import CUBIC, LINEAR
from tests.fakes.variants.dtype_faults import (
    BYTES,
    COARSE,
    HALF_PLACED,
    INTEGER_DTYPES,
    PICKED,
    RIGHT_CUBIC,
    RIGHT_LINEAR,
    as_a_byte,
    as_unsigned,
    clipped,
    dithered,
    float64_in_float32,
    half_away,
    half_up,
    in_float32,
    in_storage,
    integers,
    nearest_then_one_more,
    of_high_bytes,
    of_whole_pixels,
    only,
    passes,
    returning_float32,
    rounded,
    rounded_between,
    scaled_to_one,
    short_weights,
    with_float32_weights,
    wrapped,
)

SMALL = "int32, values up to 1024"
UNSIGNED = frozenset({"uint8", "uint16"})
SIGNED = frozenset({"int8", "int16", "int32", SMALL})
INTEGERS = UNSIGNED | SIGNED
AT_THE_ENDS = INTEGERS - {SMALL}
"""Dtypes whose images reach the ends of the range."""
TOLD_APART = INTEGERS - {"int32"}
"""Dtypes whose images are not so wide that float32 is off by more than roundings are."""


@dataclass(frozen=True)
class DtypeFake:
    """A resizer whose faults are known beforehand.

    ``variants`` are the dtypes that it treats wrongly, and ``factors`` the attributions that would be fair; both are
    empty for a right one.
    """

    name: str
    operation: Operation
    factors: frozenset[str] = frozenset()
    variants: frozenset[str] = frozenset()


def _fake(
    name: str, claim: Convention, resize: Resize, factors: tuple[str, ...] = (), variants: frozenset[str] = frozenset()
) -> DtypeFake:
    return DtypeFake(name, from_callable(resize, name, claim=claim), frozenset(factors), frozenset(variants))


# What is wrong; what is claimed; the resize; the attributions that would be fair; the dtypes that it is wrong for.
WRONG: tuple[DtypeFake, ...] = tuple(
    _fake(*row)
    for row in [
        ("truncates", claims.LINEAR, integers(LINEAR, rounded(np.trunc)), ("rounding",), INTEGERS),
        ("rounds down", claims.CUBIC, integers(CUBIC, rounded(np.floor)), ("rounding",), INTEGERS),
        ("rounds up", claims.LINEAR, integers(LINEAR, rounded(np.ceil)), ("rounding",), INTEGERS),
        ("adds one", claims.LINEAR, integers(LINEAR, nearest_then_one_more), ("rounding",), INTEGERS),
        (
            "adds a fixed pattern before it rounds",
            claims.LINEAR,
            integers(LINEAR, dithered),
            ("rounding",),
            TOLD_APART,
        ),
        ("wraps around", claims.CUBIC, integers(CUBIC, rounded(np.rint, wrapped)), ("saturation",), AT_THE_ENDS),
        (
            "truncates and wraps around",
            claims.CUBIC,
            integers(CUBIC, rounded(np.trunc, wrapped)),
            ("saturation", "rounding"),
            INTEGERS,
        ),
        ("saturates as if unsigned", claims.CUBIC, integers(CUBIC, as_unsigned), ("saturation",), SIGNED),
        (
            "saturates at 0 and 255, whatever the dtype",
            claims.CUBIC,
            only(("int16", "uint16"), integers(CUBIC, as_a_byte), RIGHT_CUBIC),
            ("saturation", "dtype"),
            {"int16", "uint16"},
        ),
        ("rounds between passes", claims.LINEAR, passes(LINEAR, lambda v, _: half_up(v)), ("rounding",), TOLD_APART),
        (
            "rounds and clamps between passes",
            claims.CUBIC,
            passes(CUBIC, lambda v, dtype: clipped(half_up(v), dtype)),
            ("clamping", "rounding"),
            INTEGERS,
        ),
        ("clamps between passes", claims.CUBIC, passes(CUBIC, clipped), ("clamping",), AT_THE_ENDS),
        ("has 8-bit weights for bytes", claims.LINEAR, short_weights(8), ("precision",), {"uint8", "int8"}),
        (
            "has coordinates in sixteenths of a pixel for bytes",
            claims.CUBIC,
            only(BYTES, COARSE, RIGHT_CUBIC),
            ("coordinates", "precision"),
            {"uint8", "int8"},
        ),
        ("takes the nearest pixel of bytes", claims.LINEAR, only(BYTES, PICKED, RIGHT_LINEAR), ("dtype",), BYTES),
        (
            "computes int32 in float32",
            claims.LINEAR,
            only(("int32",), integers(LINEAR, in_float32), RIGHT_LINEAR),
            ("precision",),
            {"int32"},
        ),
        (
            "keeps only the high byte of uint16",
            claims.LINEAR,
            only(("uint16",), of_high_bytes, RIGHT_LINEAR),
            ("dtype", "precision"),
            {"uint16"},
        ),
        (
            "scales integers to 0..1 and returns float32",
            claims.LINEAR,
            only(INTEGER_DTYPES, scaled_to_one, RIGHT_LINEAR),
            ("dtype",),
            INTEGERS,
        ),
        (
            "accumulates in the dtype of the image",
            claims.CUBIC,
            only(("float16", "bfloat16"), in_storage, RIGHT_CUBIC),
            ("precision",),
            {"float16", "bfloat16"},
        ),
        (
            "rounds short floats between passes",
            claims.CUBIC,
            only(("float16", "bfloat16"), rounded_between, RIGHT_CUBIC),
            ("precision", "rounding"),
            {"float16", "bfloat16"},
        ),
        (
            "computes coordinates in float16",
            claims.LINEAR,
            only(("float16",), HALF_PLACED, RIGHT_LINEAR),
            ("coordinates",),
            {"float16"},
        ),
        (
            "computes float64 in float32",
            claims.LINEAR,
            only(("float64",), float64_in_float32, RIGHT_LINEAR),
            ("precision",),
            {"float64"},
        ),
        (
            "weighs float64 with float32 weights",
            claims.LINEAR,
            only(("float64",), with_float32_weights, RIGHT_LINEAR),
            ("precision",),
            {"float64"},
        ),
        (
            "truncates float64 pixels to integers",
            claims.LINEAR,
            only(("float64",), of_whole_pixels, RIGHT_LINEAR),
            ("rounding", "linearity"),
            {"float64"},
        ),
    ]
)


RIGHT: tuple[DtypeFake, ...] = tuple(
    _fake(*row)
    for row in [
        ("half-even, saturates", claims.CUBIC, RIGHT_CUBIC),
        ("half-up, saturates", claims.CUBIC, integers(CUBIC, rounded(half_up))),
        ("half-away, saturates", claims.CUBIC, integers(CUBIC, rounded(half_away))),
        ("half-down, saturates", claims.CUBIC, integers(CUBIC, rounded(lambda v: np.ceil(v - 0.5)))),
        ("half-even, linear", claims.LINEAR, RIGHT_LINEAR),
        ("copies", claims.NEAREST_PREFER_CEIL, PICKED),
        (
            "computes small integers in float32",
            claims.CUBIC,
            only(("uint8", "int8", "int16", "uint16"), integers(CUBIC, in_float32), RIGHT_CUBIC),
        ),
        ("returns float32, whatever it is given", claims.CUBIC, returning_float32),
    ]
)
