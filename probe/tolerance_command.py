"""The command ``halfpixel tolerance``: which tolerance a test should have, why, and what it would hide."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

from halfpixel.adapters import operations
from halfpixel.golden import Convention
from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.golden.options import CommandParser, parse_number
from halfpixel.probe.compare.argued_tolerance import DifferentFunctionsError, argued_tolerance
from halfpixel.probe.compare.value_tolerance import DTYPES
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.operation_search import find_operation

_LARGEST = 16_384
_RIGHT, _NONE_IS_RIGHT, _BAD_INPUT = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer the command.

    Returns 0; 1 where two calls are different functions, so that no tolerance is right; 2 for bad input.
    """
    options = _parser().parse_args(arguments)
    try:
        size_in, size_out = _sizes(options.size)
        named = [_named(text) for text in (options.call, options.against) if text is not None]
        chosen = None if options.tolerance is None else float(parse_number("--tolerance", options.tolerance))
        if chosen is not None and chosen < 0:
            raise ValueError(f"--tolerance must not be negative, not {options.tolerance!r}")
        return _answer(named, size_in, size_out, options.dtype, chosen)
    except ValueError as error:
        print(f"halfpixel: tolerance: {error}", file=sys.stderr)
        return _BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(prog="halfpixel tolerance", description=__doc__)
    parser.add_argument(
        "call", metavar="CALL", help='a convention\'s name, or a call: "cv2.INTER_CUBIC", torch-bicubic'
    )
    parser.add_argument(
        "against", nargs="?", metavar="CALL", help="what the test holds it against; the exact result by default"
    )
    parser.add_argument(
        "--size", required=True, metavar="HxW:hxw", help="of the input and of the output: 224x224:64x64"
    )
    parser.add_argument("--dtype", choices=DTYPES, default="float32", help="of the images; float32 by default")
    parser.add_argument("--tolerance", metavar="T", help="a tolerance of your own, absolute: what does it hide?")
    return parser


def _sizes(text: str) -> tuple[Pair, Pair]:
    numbers = re.fullmatch(r"(\d{1,6})[xX](\d{1,6}):(\d{1,6})[xX](\d{1,6})", text)
    sides = [int(number) for number in numbers.groups()] if numbers else [0]
    if min(sides) < 1 or max(sides) > _LARGEST:
        raise ValueError(f"--size must be HxW:hxw of sides from 1 to {_LARGEST:,}, such as 224x224:64x64, not {text!r}")
    return (sides[0], sides[1]), (sides[2], sides[3])


def _named(text: str) -> tuple[str, Convention]:
    """A name and the convention: of the catalogue, or what a call's documentation claims."""
    for entry in CATALOGUE:
        if entry.name == text:
            return text, entry.convention
    operation, _ = find_operation(text, operations())
    if operation.claim is None:
        raise ValueError(f"{operation.id}: its documentation claims no convention, so there is no exact result")
    return operation.id, operation.claim


def _answer(
    named: list[tuple[str, Convention]], size_in: Pair, size_out: Pair, dtype: str, chosen: float | None
) -> int:
    (name, convention), *others = named
    print(f"{name}: {convention}")
    for other, claim in others:
        print(f"against:     {other}: {claim}")
    try:
        right = argued_tolerance(convention, size_in, size_out, dtype, others[0][1] if others else None)
    except DifferentFunctionsError as different:
        print(f"tolerance:   {different}")
        return _NONE_IS_RIGHT
    values = "grey levels" if dtype == "uint8" else "values in [-1, 1]"
    print(f"images:      {_text(size_in)} -> {_text(size_out)}, {dtype}, {values}")
    print(f"tolerance:   {right}")
    for line in right.because:
        print(f"because:     {line}")
    if chosen is not None:
        print(f"yours:       {right.text(chosen)}: {_held_against(chosen, right)}")
    for line in right.hides if chosen is None else right.would_hide(chosen):
        print(f"it hides:    {line}")
    return _RIGHT


def _held_against(chosen: float, right: float) -> str:
    if chosen < right:
        return (
            f"too small by {right / chosen:.2g} times: a correct call can fail" if chosen else "a correct call can fail"
        )
    return f"{chosen / right:.2g} times what rounding explains"


def _text(size: Pair) -> str:
    return f"{size[0]} x {size[1]}"
