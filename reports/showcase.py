"""The showcase: a dozen sizes that tell conventions apart, and the matrices at them as the page's script takes them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.record import DISAGREEMENT, Finding, PairComparison, Record
from reports.showcase_record import ShowcaseConvention, ShowcaseMatrix, ShowcaseOperation
from reports.shown import LONGEST_NAME, shortened, visible

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ShowcaseSize:
    """A pair of sizes and what it tells apart; ``apart`` are two catalogue names that part there, as ``why`` says."""

    n_in: int
    n_out: int
    why: str
    apart: tuple[str, str]


SIZES: tuple[ShowcaseSize, ...] = (
    ShowcaseSize(
        *(5, 3, "shrinking by no whole number: antialias shows, and every coordinate rule parts from the others"),
        ("torch-bilinear", "torch-bilinear-antialias"),
    ),
    ShowcaseSize(
        *(3, 5, "enlarging by no whole number: each coordinate rule has fractions of its own"),
        ("torch-bilinear", "tf1-bilinear"),
    ),
    ShowcaseSize(
        *(2, 7, "a strong enlargement: most outputs lie near a border, where half_pixel and align_corners part most"),
        ("torch-bilinear", "torch-bilinear-align-corners"),
    ),
    ShowcaseSize(
        *(3, 6, "doubling: half_pixel reads quarters, asymmetric halves, align_corners fifths"),
        ("tf1-bilinear", "torch-bilinear-align-corners"),
    ),
    ShowcaseSize(
        *(8, 4, "halving: every half-pixel coordinate is a tie between two pixels, so rounding rules part"),
        ("onnx-nearest", "torch-nearest-exact"),
    ),
    ShowcaseSize(
        *(8, 5, "what is called area: coverage weighs cut pixels by their part, a box filter takes them whole or not"),
        ("opencv-area", "pillow-box"),
    ),
    ShowcaseSize(
        *(7, 4, "a step of 2 with aligned corners: align_corners picks pixels as they are, half_pixel mixes them"),
        ("torch-bilinear", "torch-bilinear-align-corners"),
    ),
    ShowcaseSize(
        *(1, 4, "one input pixel: every output should repeat it, unless a border of zeros shines through"),
        ("torch-bilinear", "torch-grid-sample-zeros"),
    ),
    ShowcaseSize(
        *(4, 1, "one output pixel: half_pixel reads the middle, align_corners the first pixel"),
        ("onnx-linear", "onnx-linear-align-corners"),
    ),
    ShowcaseSize(
        *(6, 6, "nothing changes size: kernels that blur all the same stand out"),
        ("tf2-mitchellcubic", "tf2-bicubic"),
    ),
    ShowcaseSize(
        *(14, 18, "coordinates that are ties or whole numbers exactly, and that float32 misses by its rounding"),
        ("onnx-nearest", "torch-nearest"),
    ),
    ShowcaseSize(
        *(20, 6, "a strong reduction: antialias reads windows of seven pixels and more; ties that float32 misses"),
        ("pillow-bicubic", "opencv-cubic"),
    ),
    ShowcaseSize(
        *(48, 36, "the photograph: a step of 4/3 passes every phase of a kernel, and antialias has a little to do"),
        ("torch-bicubic", "pillow-bicubic"),
    ),
)
PHOTOGRAPH_SIZE = (48, 36)
PHOTOGRAPH = Path(__file__).with_name("photograph.pgm")
PHOTOGRAPH_CREDIT = (
    "Eileen Collins, photograph by NASA, in the public domain; skimage.data.astronaut() of scikit-image, cut to 240 x "
    "240 pixels around the face, grey, and means of 5 x 5 pixels."
)
"""How it is made stands in ``suites/meta/test_reports_showcase.py``, which makes it again."""

_STRUCTURAL = ("separability", "linearity", "offset", "batch", "channel", "state", "determinism", "axis order")


def key(size: Size) -> str:
    """How records and fragments name a pair of sizes: ``5x3`` from 5 pixels to 3."""
    return f"{size[0]}x{size[1]}"


def photograph() -> tuple[int, bytes]:
    """Its width, which is its height, and its grey levels, a byte a pixel, line by line."""
    magic, width, height, _, pixels = PHOTOGRAPH.read_bytes().split(maxsplit=4)
    if magic != b"P5" or width != height or len(pixels) != int(width) * int(height):
        raise ValueError(f"{PHOTOGRAPH} is no square PGM of one byte a pixel")
    return int(width), pixels


def values(records: Sequence[Record]) -> dict[str, object] | None:
    """The packed value ``showcase`` of the view: sizes, matrices, operations and conventions; ``None`` without any.

    ``matrices`` are lists of rows, and all else names them by their places. ``operations`` have, in the order of the
    sizes, the matrices ``m`` (``[height, width]``, ``null`` for what was not measured) and the bounds ``b`` of those
    that document nothing; ``refused`` and ``misshapen`` by the place of the size; ``claim`` is the place of a
    convention, or -1; ``caution`` what the suite of structure found that makes matrices say less than all.
    ``start`` are two operations to begin with, and ``palette`` colours whose middle stands for zero.
    ``conventions`` have, in the order of the sizes, matrix ``m``, bound ``b``, coordinates ``at`` and ``ties``.
    """
    # Here, for a run that only records makes no page, and has none of the page's libraries.
    from bokeh.palettes import PuOr11, interp_palette

    by_name: dict[str, ShowcaseOperation] = {}
    for each in records:
        # Runs that measured an operation with other roundings are both in a merged file: the first stands for both.
        if isinstance(each, ShowcaseOperation):
            by_name.setdefault(each.operation, each)
    operations = [by_name[name] for name in sorted(by_name)]
    found = [each for each in records if isinstance(each, ShowcaseConvention)]
    if not operations:
        return None
    sizes = {key((one.n_in, one.n_out)): place for place, one in enumerate(SIZES)}
    given = {each.name: each for each in records if isinstance(each, ShowcaseMatrix) and _fits(each)}
    wanted = _Places(given)
    conventions = _conventions(found, sizes, wanted)
    places = {each["name"]: place for place, each in enumerate(conventions)}
    cautions = _cautions(records)
    width, pixels = photograph()
    return {
        "showcase": {
            "sizes": [
                {"key": key((one.n_in, one.n_out)), "n_in": one.n_in, "n_out": one.n_out, "why": one.why}
                for one in SIZES
            ],
            "operations": [_operation(one, sizes, wanted, places, cautions) for one in operations],
            "conventions": conventions,
            "matrices": [given[name].rows for name in wanted.places],
            "start": _start(records, [one.operation for one in operations]),
            "palette": list(interp_palette(PuOr11, 255)),
            "photograph": {
                "size": SIZES.index(next(one for one in SIZES if (one.n_in, one.n_out) == PHOTOGRAPH_SIZE)),
                "width": width,
                "pixels": base64.b64encode(pixels).decode("ascii"),
                "credit": PHOTOGRAPH_CREDIT,
            },
        }
    }


def _start(records: Iterable[Record], operations: Sequence[str]) -> list[str]:
    """What is compared before anybody chose: the two defaults that differ most, or the first two operations."""
    known = set(operations)
    pairs = [
        each
        for each in records
        if isinstance(each, PairComparison) and each.claim is None and {each.a, each.b} <= known
    ]
    worst = max(pairs, key=lambda pair: (pair.grey_levels or 0.0, pair.a, pair.b), default=None)
    first = [worst.a, worst.b] if worst is not None else operations[:2]
    return [str(visible(shortened(name, LONGEST_NAME))) for name in first]


class _Places:
    """The place of each matrix that something names, in the order they are named."""

    def __init__(self, given: dict[str, ShowcaseMatrix]) -> None:
        self.given = given
        self.places: dict[str, int] = {}

    def of(self, name: str | None, size: str) -> int | None:
        known = self.given.get(name) if name is not None else None
        if known is None or key((known.n_in, known.n_out)) != size:
            return None
        return self.places.setdefault(name, len(self.places))


def _fits(matrix: ShowcaseMatrix) -> bool:
    """Whether it has the rows and pixels that it says, and they are numbers, or names of those that JSON lacks."""
    return len(matrix.rows) == matrix.n_out and all(
        isinstance(row, tuple)
        and row
        and type(row[0]) is int
        and row[0] >= 0
        and row[0] + len(row) - 1 <= matrix.n_in
        and all(type(weight) in (int, float) or weight in ("nan", "inf", "-inf") for weight in row[1:])
        for row in matrix.rows
    )


def _conventions(
    found: Iterable[ShowcaseConvention], sizes: dict[str, int], wanted: _Places
) -> list[dict[str, object]]:
    by_name: dict[str, dict[str, object]] = {}
    for each in sorted(found, key=lambda one: (not one.known_as, one.name)):
        place = sizes.get(key((each.n_in, each.n_out)))
        if place is None or len(each.at) != each.n_out:
            continue
        empty = {
            "name": each.name,
            "known_as": each.known_as,
            **{part: [None] * len(sizes) for part in ("m", "b", "at", "ties")},
        }
        told = by_name.setdefault(each.name, empty)
        told["m"][place] = wanted.of(each.matrix, key((each.n_in, each.n_out)))
        told["b"][place], told["at"][place], told["ties"][place] = each.bound, each.at, each.near_ties
    return list(by_name.values())


def _operation(
    one: ShowcaseOperation,
    sizes: dict[str, int],
    wanted: _Places,
    conventions: dict[str, int],
    cautions: dict[str, str],
) -> dict[str, object]:
    measured: list[object] = [None] * len(sizes)
    bounds: list[object] = [None] * len(sizes)
    for size, place in sizes.items():
        if by_axis := one.matrices.get(size):
            measured[place] = [wanted.of(by_axis.get(axis), size) for axis in ("height", "width")]
        if by_axis := one.bounds.get(size):
            bounds[place] = [by_axis.get(axis) for axis in ("height", "width")]
    refused, documented = _by_place(one.refusals, sizes), conventions.get(one.claim, -1)
    if one.claim and documented < 0:
        # What rounding explains is told with the convention: without it no verdict would be sound.
        measured = [None] * len(sizes)
        refused = dict.fromkeys(range(len(sizes)), "these records lack the convention that it documents")
    told: dict[str, object] = {
        "id": visible(shortened(one.operation, LONGEST_NAME)),
        "claim": documented,
        "m": measured,
        "refused": refused,
        "misshapen": _by_place(one.misshapen, sizes),
        "caution": cautions.get(one.operation, ""),
    }
    return told if one.claim else told | {"b": bounds}


def _by_place(messages: dict[str, str], sizes: dict[str, int]) -> dict[int, object]:
    return {sizes[size]: visible(shortened(text, 1_000)) for size, text in messages.items() if size in sizes}


def _cautions(records: Iterable[Record]) -> dict[str, str]:
    """By operation, what else it does than apply one matrix to each axis."""
    return {
        each.operation: str(visible(shortened(each.attribution.explanation, 1_000)))
        for each in records
        if isinstance(each, Finding)
        and each.suite == "structure"
        and each.verdict in DISAGREEMENT
        and each.attribution is not None
        and set(each.attribution.factors) & set(_STRUCTURAL)
    }
