"""Which output size libraries and image processors make of a request such as "shortest side 800", rule by rule.

Each rule is written for any type of number, so that it can be computed in exact arithmetic and in the floating point
that the library uses. Sizes are (height, width), pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor, sqrt
from typing import Any

import numpy as np

Size = tuple[int, int]
Number = Callable[[Any], Any]
"""Makes a number of the arithmetic: ``Fraction``, ``float`` (float64), ``numpy.float32``."""


class SizeRefused(ValueError):
    """The library raises for this request; the message says why."""


class RequestKind(StrEnum):
    """The quantity that decides the output size."""

    SCALE = "scale"
    SHORTEST = "shortest side"
    LONGEST = "longest side"
    LETTERBOX = "letterbox"
    MULTIPLE = "multiple"


@dataclass(frozen=True, slots=True)
class SizeRequest:
    """One request.

    scale
        Output over input along the height and the width, as written.
    shortest, longest
        Pixels of the shorter and of the longer side; with ``shortest``, ``longest`` is a limit.
    letterbox
        The (height, width) that the image is fitted into, keeping its aspect ratio, before it is padded.
    multiple
        Both sides become multiples of it.
    """

    scale: tuple[Fraction, Fraction] | None = None
    shortest: int | None = None
    longest: int | None = None
    letterbox: Size | None = None
    multiple: int | None = None

    @property
    def kind(self) -> RequestKind:
        """The quantity that is given; ``ValueError`` where none is, or more than one."""
        asked = [
            kind
            for kind, value in (
                (RequestKind.SCALE, self.scale),
                (RequestKind.SHORTEST, self.shortest),
                (RequestKind.LONGEST, self.longest if self.shortest is None else None),
                (RequestKind.LETTERBOX, self.letterbox),
                (RequestKind.MULTIPLE, self.multiple),
            )
            if value is not None
        ]
        if len(asked) != 1:
            said = " and ".join(asked) if asked else "nothing"
            raise ValueError(f"ask by one thing: scale, shortest and longest, letterbox or multiple; given: {said}")
        return asked[0]


Rule = Callable[[Size, SizeRequest, Number], Size]


@dataclass(frozen=True, slots=True)
class LibrarySize:
    """The size rule of one call.

    formula
        The rule in a line; ``n`` is the length of a side.
    number
        The arithmetic of the library.
    source
        The address of the code or page that states it.
    """

    library: str
    call: str
    kind: RequestKind
    formula: str
    rule: Rule
    source: str
    number: Number = float

    def size(self, image: Size, request: SizeRequest) -> Size:
        """(height, width) as the library computes it; :class:`SizeRefused` where it raises."""
        return self.rule(image, request, self.number)

    def exact_size(self, image: Size, request: SizeRequest) -> Size:
        """The same rule in exact arithmetic; square roots alone are rounded, to float64."""
        return self.rule(image, request, Fraction)


def half_up(value: Any) -> int:
    """``int(value + 0.5)``, in the arithmetic of ``value``."""
    return int(value + type(value)(0.5))


def scaled(rounding: Callable[[Any], int], least: int = 0) -> Rule:
    """Each side times its scale, rounded."""

    def rule(image: Size, request: SizeRequest, number: Number) -> Size:
        scale = _required(request.scale)
        height, width = (max(least, rounding(number(n) * number(s))) for n, s in zip(image, scale, strict=True))
        return height, width

    return rule


def float32_scale(image: Size, request: SizeRequest, number: Number) -> Size:
    """The scale is a float32, the product exact."""
    height, width = (
        floor(n * (s if number is Fraction else Fraction(float(np.float32(s)))))
        for n, s in zip(image, _required(request.scale), strict=True)
    )
    return height, width


def whole_factors(image: Size, request: SizeRequest, number: Number) -> Size:
    """Each side times a whole factor; others are refused."""
    scale = _required(request.scale)
    if any(s.denominator != 1 for s in scale):
        raise SizeRefused("takes whole factors only")
    return image[0] * int(scale[0]), image[1] * int(scale[1])


def _required(value: Any) -> Any:
    if value is None:
        raise ValueError("the request does not ask for this")
    return value


def _oriented(image: Size, short: int, long: int) -> Size:
    """(height, width) from the new short and long side."""
    height, width = image
    return (long, short) if width <= height else (short, long)


def torchvision(image: Size, request: SizeRequest, number: Number) -> Size:
    """The long side from the ratio, cut off; beyond the limit the short side from that of the new sides, cut off."""
    short, long = sorted(image)
    if request.shortest is None:
        limit = _required(request.longest)
        return _oriented(image, int(number(limit * short) / number(long)), limit)
    new_short, new_long = request.shortest, int(number(request.shortest * long) / number(short))
    if request.longest is not None:
        if request.longest <= request.shortest:
            raise SizeRefused("max_size must be larger than size")
        if new_long > request.longest:
            new_short, new_long = int(number(request.longest * new_short) / number(new_long)), request.longest
    return _oriented(image, new_short, new_long)


def detectron2(image: Size, request: SizeRequest, number: Number) -> Size:
    """Scaled to the shortest side, then to the limit, in floating point; rounded once, halves up."""
    height, width = image
    shortest = number(_required(request.shortest))
    scale = shortest / number(min(image))
    new = (shortest, scale * number(width)) if height < width else (scale * number(height), shortest)
    if request.longest is not None and max(new) > request.longest:
        limit = number(request.longest) / max(new)
        new = (new[0] * limit, new[1] * limit)
    return half_up(new[0]), half_up(new[1])


def detr(keeps_unrounded: bool, multiple: int = 1) -> Rule:
    """DETR's rule; with ``keeps_unrounded`` the long side follows from the short one before that is rounded."""

    def rule(image: Size, request: SizeRequest, number: Number) -> Size:
        short, long = sorted(image)
        new_short: Any = _required(request.shortest)
        unrounded = new_short
        if request.longest is not None and number(long) / number(short) * new_short > request.longest:
            unrounded = number(request.longest) * number(short) / number(long)
            new_short = round(unrounded)
        if new_short == short:
            size = image
        else:
            from_short = unrounded if keeps_unrounded else new_short
            size = _oriented(image, new_short, int(from_short * number(long) / number(short)))
        return size[0] // multiple * multiple, size[1] // multiple * multiple

    return rule


def mmcv(image: Size, request: SizeRequest, number: Number) -> Size:
    """Both sides times the smaller of the ratios of the long and of the short sides, halves up."""
    short, long = sorted(image)
    if request.letterbox is not None:
        most_long, most_short = max(request.letterbox), min(request.letterbox)
    else:
        most_long = request.longest if request.longest is not None else 10**9
        most_short = request.shortest if request.shortest is not None else most_long
    scale = min(number(max(most_long, most_short)) / number(long), number(min(most_long, most_short)) / number(short))
    return half_up(number(image[0]) * scale), half_up(number(image[1]) * scale)


def by_one_scale(rounding: Callable[[Any], int], least: int = 1) -> Rule:
    """Both sides times one scale, the ratio of the side that is asked for; then rounded."""

    def rule(image: Size, request: SizeRequest, number: Number) -> Size:
        if request.shortest is not None:
            if request.longest is not None:
                raise SizeRefused("takes no limit of the longest side")
            scale = number(request.shortest) / number(min(image))
        else:
            scale = number(_required(request.longest)) / number(max(image))
        height, width = (max(least, rounding(number(n) * scale)) for n in image)
        return height, width

    return rule


def fitted(rounding: Callable[[Any], int], least: int = 1) -> Rule:
    """Both sides times the smaller of two ratios, rounded."""

    def rule(image: Size, request: SizeRequest, number: Number) -> Size:
        box = request.letterbox or (_required(request.longest),) * 2
        scale = min(number(box[0]) / number(image[0]), number(box[1]) / number(image[1]))
        height, width = (max(least, rounding(number(n) * scale)) for n in image)
        return height, width

    return rule


def divided_fit(image: Size, request: SizeRequest, number: Number) -> Size:
    """Both sides divided by the larger of two ratios, rounded down."""
    box = _required(request.letterbox)
    ratio = max(number(image[0]) / number(box[0]), number(image[1]) / number(box[1]))
    return floor(number(image[0]) / ratio), floor(number(image[1]) / ratio)


def thumbnail(image: Size, request: SizeRequest, number: Number) -> Size:
    """The longest side, and of the two whole numbers about the other side the one whose aspect ratio is nearer."""
    (height, width), limit = image, _required(request.longest)
    if limit >= width and limit >= height:
        return image
    aspect = number(width) / number(height)

    def nearer(length: Any, distance: Callable[[int], Any]) -> int:
        candidates: tuple[int, int] = (floor(length), ceil(length))
        return max(1, min(candidates, key=distance))

    if number(1) >= aspect:
        return limit, nearer(limit * aspect, lambda n: abs(aspect - number(n) / number(limit)))
    return nearer(number(limit) / aspect, lambda n: abs(aspect - number(limit) / number(n)) if n else number(0)), limit


def contain(image: Size, request: SizeRequest, number: Number) -> Size:
    """The side that touches the box as asked, the other one by the aspect ratio, halves to even."""
    (height, width), box = image, request.letterbox or (_required(request.longest),) * 2
    aspect, wanted = number(width) / number(height), number(box[1]) / number(box[0])
    if aspect > wanted:
        return round(number(height) / number(width) * box[1]), box[1]
    if aspect < wanted:
        return box[0], round(number(width) / number(height) * box[0])
    return box


def multiples(rounding: Callable[[Any], int], least: int = 0) -> Rule:
    """Each side as a multiple, rounded."""

    def rule(image: Size, request: SizeRequest, number: Number) -> Size:
        multiple = _required(request.multiple)
        height, width = (max(least, rounding(number(n) / number(multiple))) * multiple for n in image)
        return height, width

    return rule


_QWEN_PIXELS = (56 * 56, 14 * 14 * 4 * 1280)


def qwen(image: Size, request: SizeRequest, number: Number) -> Size:
    """Each side as the nearest multiple, unless that has too many or too few pixels."""
    multiple, (least, most) = _required(request.multiple), _QWEN_PIXELS
    if max(image) > 200 * min(image):
        raise SizeRefused("refuses sides that differ by more than 200 times")
    height, width = (round(number(n) / number(multiple)) * multiple for n in image)
    if height * width > most:
        shrink = sqrt(image[0] * image[1] / most)
        return tuple(max(multiple, floor(n / shrink / multiple) * multiple) for n in image)
    if height * width < least:
        grow = sqrt(least / (image[0] * image[1]))
        return tuple(ceil(n * grow / multiple) * multiple for n in image)
    return height, width
