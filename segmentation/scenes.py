"""The shapes that masks are measured on: edges, discs, thin lines, checkerboards and a road, in unit coordinates.

Lengths are meant for an image of ``SIDE`` pixels, the road's for one of ``ROAD_SIDE``; places are chosen so that few
pixels are divided evenly.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from halfpixel.segmentation.coverage import (
    Checkerboard,
    Disc,
    ExactNumber,
    Layer,
    Polygon,
    Shape,
    half_plane,
    painted,
    points,
    strip,
)

SIDE = 256
ROAD_SIDE = 512
FACTORS = (2, 4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class Scene:
    """Something to segment: ``layers`` cover the image without overlap; those that are objects count for IoU.

    ``kind`` puts scenes of one sort together; ``side`` is the image's in pixels, and ``size`` the object's where it has
    one: the radius of a disc, the width of a line, the side of a square.
    """

    name: str
    kind: str
    layers: tuple[Layer, ...]
    size: int | None = None
    side: int = SIDE


@dataclass(frozen=True, slots=True)
class Edge:
    """A straight edge ``a x + b y = c``, with its scene."""

    a: int
    b: int
    c: Fraction
    scene: Scene


WHOLE_IMAGE = half_plane(0, 0, 1)


def _scene_of_one_shape(name: str, kind: str, shape: Shape, size: int | None = None) -> Scene:
    layers = (Layer("background", (WHOLE_IMAGE,), (shape,)), Layer("object", (shape,)))
    return Scene(name, kind, layers, size)


def _edge(name: str, a: int, b: int, c: str) -> Edge:
    return Edge(a, b, Fraction(c), _scene_of_one_shape(name, "edge", half_plane(a, b, Fraction(c))))


EDGES = (
    _edge("upright edge by the left border", 1, 0, "101/1024"),
    _edge("level edge by the lower border", 0, 1, "921/1024"),
    _edge("upright edge in the middle", 1, 0, "511/1024"),
    _edge("edge at 45 degrees", 1, 1, "525/1024"),
    _edge("edge at 27 degrees", 1, 2, "773/1024"),
    _edge("edge at 18 degrees", -1, 3, "1433/1024"),
)


def _px(pixels: ExactNumber) -> Fraction:
    return Fraction(pixels) / SIDE


_CORNER = (_px("167/4"), _px("689/16"))
_DISCS = tuple(
    _scene_of_one_shape(f"disc of radius {radius} near a corner", "disc", Disc(*_CORNER, _px(radius)), radius)
    for radius in (4, 8, 16, 32)
)
_LINES = tuple(
    _scene_of_one_shape(f"line {width} pixels wide", "line", strip(5, 1, _px("1171/7"), _px(5 * width)), width)
    for width in (2, 4, 8, 16)
)
_BOARDS = tuple(
    _scene_of_one_shape(
        f"checkerboard of {side} pixels", "checkerboard", Checkerboard(_px(side), _px("3/7"), _px("5/7")), side
    )
    for side in (32, 64)
)

_HORIZON = Fraction(97, 239)


def _quad(*pairs: tuple[str, str]) -> Polygon:
    return Polygon(points(*pairs))


def _box(left: str, top: str, right: str, bottom: str) -> Polygon:
    return _quad((left, top), (right, top), (right, bottom), (left, bottom))


_H = str(_HORIZON)
ROAD = Scene(
    "road scene",
    "scene",
    painted(
        {
            "sky": (_quad(("-1", "-1"), ("2", "-1"), ("2", _H), ("-1", _H)),),
            "road": (_quad(("4/9", _H), ("29/50", _H), ("7/4", "2"), ("-2/3", "2")),),
            "verge": (
                _quad(("-1", _H), ("4/9", _H), ("-2/3", "2"), ("-1", "2")),
                _quad(("29/50", _H), ("2", _H), ("2", "2"), ("7/4", "2")),
            ),
        },
        {
            "building": (
                _quad(("1/43", "5/37"), ("13/47", "11/53"), ("13/47", _H), ("1/43", _H)),
                _quad(("31/47", "13/61"), ("41/47", "9/61"), ("41/47", _H), ("31/47", _H)),
            ),
            "car": (
                _quad(("9/41", "29/37"), ("16/41", "29/37"), ("17/41", "35/37"), ("8/41", "35/37")),
                _quad(("21/41", "20/43"), ("23/41", "20/43"), ("23/41", "22/43"), ("21/41", "22/43")),
            ),
            "person": (_box("33/37", "26/41", "34/37", "31/41"), _box("2/37", "18/41", "11/148", "20/41")),
            "pole": (_box("311/331", "3/59", "157/166", "25/41"),),
            "lane": (
                _quad(("41/80", "43/80"), ("83/160", "43/80"), ("67/128", "26/40"), ("65/128", "26/40")),
                _quad(("81/160", "57/80"), ("85/160", "57/80"), ("43/80", "37/40"), ("40/80", "37/40")),
            ),
        },
    ),
    side=ROAD_SIDE,
)

SCENES: tuple[Scene, ...] = (*(edge.scene for edge in EDGES), *_DISCS, *_LINES, *_BOARDS, ROAD)
