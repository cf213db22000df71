"""The command ``halfpixel size``: which output size each library makes, by which rule, and where two of them part."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from halfpixel.golden.library_sizes import LIBRARY_SIZES, LibrarySize, Size, SizeRefused, SizeRequest
from halfpixel.golden.options import CommandParser, parse_number
from halfpixel.probe.installed_sizes import InstalledAnswer, ask_installed

AGREE, CONTRADICTED, BAD_INPUT = 0, 1, 2
_LARGEST = 100_000
"""Pixels of a side at most: beyond it asking would need gigabytes."""
_MOST_PIXELS = 64_000_000
"""An image of more pixels is not made to ask the installed libraries."""
_SHOWN = 12


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer the command.

    Returns 0; 1 where an installed library makes another size than its rule; 2 for bad input.
    """
    options = _parser().parse_args(arguments)
    try:
        request = _request(options)
        rules = [rule for rule in LIBRARY_SIZES if rule.kind is request.kind]
        if options.disagree is not None:
            return _print_disagreements(options.size or "NxN", _range(options.disagree), request, rules)
        if options.size is None:
            raise ValueError("give the size of the image, such as 600x1200 (height x width)")
        return _print_sizes(_size("size", options.size), request, rules)
    except ValueError as error:
        print(f"halfpixel: size: {error}", file=sys.stderr)
        return BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(prog="halfpixel size", description=__doc__)
    parser.add_argument(
        "size", nargs="?", metavar="HEIGHTxWIDTH", help="of the image; N stands for the side with --disagree"
    )
    parser.add_argument("--scale", metavar="S[,S]", help="output over input, for both sides or for height,width")
    parser.add_argument("--shortest", metavar="PIXELS", help="what the shorter side becomes")
    parser.add_argument("--longest", metavar="PIXELS", help="what the longer side becomes; a limit beside --shortest")
    parser.add_argument("--letterbox", metavar="SIDE|HxW", help="the box that the image is fitted into, then padded")
    parser.add_argument("--multiple-of", metavar="PIXELS", help="what both sides become multiples of")
    parser.add_argument("--disagree", metavar="A:B", help="the sides N from A to B for which two rules part")
    return parser


def _request(options: argparse.Namespace) -> SizeRequest:
    box = None
    if options.letterbox is not None:
        side = options.letterbox
        box = _size("--letterbox", side if "x" in side.lower() else f"{side}x{side}")
    return SizeRequest(
        None if options.scale is None else _scales(options.scale),
        _pixels("--shortest", options.shortest),
        _pixels("--longest", options.longest),
        box,
        _pixels("--multiple-of", options.multiple_of),
    )


def _scales(text: str) -> tuple[Fraction, Fraction]:
    numbers = [parse_number("--scale", part) for part in text.split(",")]
    if len(numbers) > 2 or min(numbers) <= 0 or max(numbers) > _LARGEST:
        raise ValueError(f"--scale must be one or two positive numbers, such as 0.5 or 0.5,2, not {text!r}")
    return numbers[0], numbers[-1]


def _pixels(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,9}", text) or not 1 <= int(text) <= _LARGEST:
        raise ValueError(f"{option} must be a whole number of pixels from 1 to {_LARGEST:,}, not {text!r}")
    return int(text)


def _size(option: str, text: str) -> Size:
    sides = re.split("[xX]", text)
    if len(sides) != 2:
        raise ValueError(f"{option} must be HEIGHTxWIDTH, such as 600x1200, not {text!r}")
    height, width = (_pixels(option, side) for side in sides)
    if height is None or width is None:
        raise ValueError(f"{option} must be HEIGHTxWIDTH, such as 600x1200, not {text!r}")
    return height, width


def _range(text: str) -> range:
    sides = text.split(":")
    if len(sides) != 2:
        raise ValueError(f"--disagree must be A:B, such as 1:4096, not {text!r}")
    first, last = (_pixels("--disagree", side) or 1 for side in sides)
    if first > last:
        raise ValueError(f"--disagree must go from the smaller to the larger side, not {text!r}")
    return range(first, last + 1)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one rule for one image: the size, or why it is refused; and that of the installed library."""

    rule: LibrarySize
    size: Size | None
    exact: Size | None = None
    refused: str = ""
    installed: InstalledAnswer | None = None

    @property
    def is_contradicted(self) -> bool:
        """Whether the installed library made another size."""
        return self.installed is not None and self.installed.size is not None and self.installed.size != self.size


def answers(image: Size, request: SizeRequest, rules: Sequence[LibrarySize], *, asks: bool = True) -> list[Answer]:
    """An :class:`Answer` for each rule; with ``asks`` the installed libraries are asked, too."""
    found = []
    for rule in rules:
        try:
            size, exact, refused = rule.size(image, request), rule.exact_size(image, request), ""
        except SizeRefused as refusal:
            size, exact, refused = None, None, str(refusal)
        small = image[0] * image[1] <= _MOST_PIXELS and (size is None or 0 < size[0] * size[1] <= _MOST_PIXELS)
        found.append(
            Answer(rule, size, exact, refused, ask_installed(rule, image, request) if asks and small else None)
        )
    return found


def _print_sizes(image: Size, request: SizeRequest, rules: Sequence[LibrarySize]) -> int:
    found = answers(image, request, rules)
    sizes = list(dict.fromkeys(answer.size for answer in found if answer.size is not None))
    sizes.sort(key=lambda size: -sum(answer.size == size for answer in found))
    print(
        f"{_text(image)} (height x width), asked by {request.kind}: {len(sizes)} different sizes"
        if len(sizes) != 1
        else f"{_text(image)} (height x width), asked by {request.kind}: every library makes {_text(sizes[0])}"
    )
    for size in sizes:
        print(f"\n{_text(size)}")
        _print_rows([answer for answer in found if answer.size == size])
    if refusing := [answer for answer in found if answer.size is None]:
        print("\nrefused")
        _print_rows(refusing)
    contradicted = [answer for answer in found if answer.is_contradicted]
    for answer in contradicted:
        made = answer.installed.size if answer.installed is not None else None
        print(f"\n{answer.rule.library} {answer.rule.call}: the installed version makes {_text(made)}, another size")
    return CONTRADICTED if contradicted else AGREE


def _print_rows(found: Sequence[Answer]) -> None:
    names = [f"{answer.rule.library} {answer.rule.call}" for answer in found]
    width = max(map(len, names))
    for name, answer in zip(names, found, strict=True):
        print(f"  {name:<{width}}  {'; '.join(_notes(answer))}")


def _notes(answer: Answer) -> Iterator[str]:
    yield answer.refused or answer.rule.formula
    if answer.exact != answer.size:
        yield f"floating point decides: exact arithmetic gives {_text(answer.exact)}"
    if answer.installed is not None:
        if answer.installed.refused:
            yield f"the installed version refuses: {answer.installed.refused}"
        elif not answer.is_contradicted:
            yield "the installed version agrees"


def _print_disagreements(pattern: str, sides: range, request: SizeRequest, rules: Sequence[LibrarySize]) -> int:
    height, width = _pattern(pattern)
    parting: dict[tuple[tuple[str, ...], ...], list[int]] = {}
    for side in sides:
        found = _by_size(answers((height or side, width or side), request, rules, asks=False))
        if len(found) > 1:
            parting.setdefault(tuple(map(tuple, found.values())), []).append(side)
    print(
        f"images of {pattern} (height x width), N from {sides[0]} to {sides[-1]}, asked by {request.kind}: "
        f"two rules part at {sum(map(len, parting.values())):,} of {len(sides):,}"
    )
    for where in sorted(parting.values(), key=len, reverse=True):
        first = (height or where[0], width or where[0])
        more = ", ..." if len(where) > _SHOWN else ""
        print(f"\nN = {', '.join(map(str, where[:_SHOWN]))}{more} ({len(where):,} in all); at {_text(first)}:")
        for size, names in _by_size(answers(first, request, rules, asks=False)).items():
            print(f"  {_text(size)}: {', '.join(names)}")
    return AGREE


def _by_size(found: Sequence[Answer]) -> dict[Size, list[str]]:
    """The names of the calls that make each size, the size that most make first."""
    names: dict[Size, list[str]] = {}
    for answer in found:
        if answer.size is not None:
            names.setdefault(answer.size, []).append(f"{answer.rule.library} {answer.rule.call}")
    return dict(sorted(names.items(), key=lambda item: -len(item[1])))


def _pattern(text: str) -> tuple[int | None, int | None]:
    """Height and width of a pattern such as ``NxN`` or ``Nx1200``; ``None`` for N."""
    sides = re.split("[xX]", text)
    if len(sides) != 2 or "N" not in sides:
        raise ValueError(f"the size must be a pattern with N for --disagree, such as NxN or Nx1200, not {text!r}")
    height, width = (None if side == "N" else _pixels("size", side) for side in sides)
    return height, width


def _text(size: Size | None) -> str:
    return "nothing" if size is None else f"{size[0]} x {size[1]}"
