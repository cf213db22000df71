"""The command ``halfpixel tolerance``: which tolerance a test should have, why, and what it would hide."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

from halfpixel.adapters import operations
from halfpixel.golden import Convention, matrix
from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.golden.options import CommandParser, parse_number
from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.compare.tolerance import coordinate_error
from halfpixel.probe.compare.value_tolerance import DTYPES, ValueTolerance, hidden_by, joint_gain, value_tolerance
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
        if claim != convention and (apart := _levels_apart(convention, claim, size_in, size_out)) > 0:
            print(f"tolerance:   none is right: they are different functions, up to {apart:.4g} grey levels apart here")
            return _NONE_IS_RIGHT
    bound = value_tolerance(convention, size_in, size_out, dtype)
    count = len(named)
    values = "grey levels" if dtype == "uint8" else "values in [-1, 1]"
    print(f"images:      {_text(size_in)} -> {_text(size_out)}, {dtype}, {values}")
    print(f"tolerance:   {_amount(bound, count * bound.total)}{', the sum of both calls' if count == 2 else ''}")
    for line in _reasons(bound, size_in):
        print(f"because:     {line}")
    tolerance = count * bound.total if chosen is None else chosen
    if chosen is not None:
        print(f"yours:       {_amount(bound, chosen)}: {_held_against(chosen, count * bound.total)}")
    for line in _hides(convention, size_in, size_out, tolerance / bound.unit * 2 / GREY_LEVELS):
        print(f"it hides:    {line}")
    return _RIGHT


def _levels_apart(a: Convention, b: Convention, size_in: Pair, size_out: Pair) -> float:
    """At most how many grey levels two conventions are apart at a size."""
    pairs = list(zip(size_in, size_out, strict=True))
    exact, other = ([matrix(convention, *pair).to_array() for pair in pairs] for convention in (a, b))
    return joint_gain(exact, other) / 2 * GREY_LEVELS


def _amount(bound: ValueTolerance, value: float) -> str:
    if bound.dtype == "uint8":
        return f"{value:.3g} of {GREY_LEVELS} grey levels"
    return f"{value:.3g} ({value / bound.unit:.2g} of {GREY_LEVELS} grey levels)"


def _reasons(bound: ValueTolerance, size_in: Pair) -> list[str]:
    error = coordinate_error(max(size_in))
    lines = [
        f"weights, {bound.weights:.2g}: a float32 coordinate is off by up to {error:.2g} pixels, and a weight by that "
        "times the kernel's slope",
        f"sums, {bound.sums:.2g}: each product and each addition is rounded to float32",
    ]
    if bound.result:
        lines.append(f"the result, {bound.result:.2g}: it is rounded to {bound.dtype} once")
    if bound.between_passes:
        lines.append(
            f"a call that rounds after its first pass, too, as Pillow does, is off by up to {bound.between_passes:.2g} "
            "levels more"
        )
    return lines


def _held_against(chosen: float, right: float) -> str:
    if chosen < right:
        return (
            f"too small by {right / chosen:.2g} times: a correct call can fail" if chosen else "a correct call can fail"
        )
    return f"{chosen / right:.2g} times what rounding explains"


def _hides(convention: Convention, size_in: Pair, size_out: Pair, tolerance: float) -> list[str]:
    hidden = hidden_by(convention, size_in, size_out, tolerance)
    lines = []
    if hidden.coefficient is not None:
        low, high = hidden.coefficient
        lines.append(
            f"a cubic coefficient from {low:.6g} to {high:.6g}, where {float(convention.cubic_coeff_a or 0):g} is right"
        )
    if hidden.shift:
        lines.append(f"a shift of the whole image by {hidden.shift:.2g} input pixels")
    lines.append(f"weights that are too large by {hidden.brightness:.2g} of themselves")
    if hidden.names:
        lines.append(f"other conventions, at this size: {', '.join(hidden.names)}")
    return lines


def _text(size: Pair) -> str:
    return f"{size[0]} x {size[1]}"
