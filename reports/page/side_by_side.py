"""The page's side-by-side comparison: the sizes at which conventions differ, and the matrices measured there."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from halfpixel.golden.catalogue import SIZES, size_key
from halfpixel.golden.vocabulary import DISAGREEMENT, Cause, Suite
from halfpixel.reports.records.aggregate import of_type
from halfpixel.reports.records.record_types import EquivalenceClass, Finding, PairComparison, Record
from halfpixel.reports.records.showcase_records import ShowcaseConvention, ShowcaseMatrix, ShowcaseOperation
from halfpixel.reports.text.text_escaping import LONGEST_NAME, shortened, visible

PHOTOGRAPH_SIZE = (48, 36)
PHOTOGRAPH = Path(__file__).with_name("photograph.pgm")
PHOTOGRAPH_CREDIT = (
    "Eileen Collins, photograph by NASA, in the public domain; skimage.data.astronaut() of scikit-image, cut to 240 x "
    "240 pixels around the face, grey, and means of 5 x 5 pixels."
)
"""How it is made stands in ``tests/reports/page/test_showcase.py``, which makes it again."""


def photograph() -> tuple[int, bytes]:
    """Its width, which is its height, and its grey levels, a byte a pixel, line by line."""
    magic, width, height, _, pixels = PHOTOGRAPH.read_bytes().split(maxsplit=4)
    if magic != b"P5" or width != height or len(pixels) != int(width) * int(height):
        raise ValueError(f"{PHOTOGRAPH} is no square PGM of one byte a pixel")
    return int(width), pixels


def side_by_side_values(records: Sequence[Record]) -> dict[str, object] | None:
    """The packed value ``showcase`` of the view: sizes, matrices, operations and conventions; ``None`` without any.

    ``matrices`` are lists of rows, and all else names them by their places. ``operations`` have, in the order of the
    sizes, the matrices ``m`` (``[height, width]``, ``null`` for what was not measured) and the bounds ``b`` of those
    that document nothing; ``refused`` and ``misshapen`` by the place of the size; ``claim`` is the place of a
    convention, or -1; ``caution`` what the suite of structure found that makes matrices say less than all.
    ``pairs`` and ``classes`` are what was compared at all sizes that were swept.
    ``start`` are two operations to begin with, and ``palette`` colours whose middle stands for zero.
    ``conventions`` have, in the order of the sizes, matrix ``m``, bound ``b``, coordinates ``at`` and ``ties``.
    """
    # Here, for a run that only records makes no page, and has none of the page's libraries.
    from bokeh.palettes import PuOr11, interp_palette

    by_name: dict[str, ShowcaseOperation] = {}
    # Runs that measured an operation with other roundings are both in a merged file: the first stands for both.
    for operation in of_type(records, ShowcaseOperation):
        by_name.setdefault(operation.operation, operation)
    if not by_name:
        return None
    operations = [by_name[name] for name in sorted(by_name)]
    places = {size_key((size.n_in, size.n_out)): place for place, size in enumerate(SIZES)}
    matrices = _MatrixPlaces(of_type(records, ShowcaseMatrix))
    conventions = _conventions(of_type(records, ShowcaseConvention), places, matrices)
    convention_places = {str(convention["name"]): place for place, convention in enumerate(conventions)}
    cautions = _cautions(records)
    packed = [_operation(operation, places, matrices, convention_places, cautions) for operation in operations]
    width, pixels = photograph()
    return {
        "showcase": {
            "sizes": [
                {"key": key, "n_in": size.n_in, "n_out": size.n_out, "why": size.why}
                for key, size in zip(places, SIZES, strict=True)
            ],
            "operations": packed,
            "conventions": conventions,
            "matrices": matrices.rows(),
            "pairs": _swept_pairs(records, set(by_name)),
            "classes": [
                {"members": [name for name in record.members if name in by_name], "pairs": record.pairs}
                for record in of_type(records, EquivalenceClass)
            ],
            "start": _start(records, sorted(by_name)),
            "palette": list(interp_palette(PuOr11, 255)),
            "photograph": {
                "size": places[size_key(PHOTOGRAPH_SIZE)],
                "width": width,
                "pixels": base64.b64encode(pixels).decode("ascii"),
                "credit": PHOTOGRAPH_CREDIT,
            },
        }
    }


def _start(records: Iterable[Record], operations: Sequence[str]) -> list[str]:
    """What is compared before anybody chose: the two defaults that differ most, or the first two operations."""
    known = set(operations)
    pairs = [pair for pair in of_type(records, PairComparison) if pair.claim is None and {pair.a, pair.b} <= known]
    worst = max(pairs, key=lambda pair: (pair.grey_levels or 0.0, pair.a, pair.b), default=None)
    first = [worst.a, worst.b] if worst is not None else operations[:2]
    return [str(visible(shortened(name, LONGEST_NAME))) for name in first]


def _swept_pairs(records: Iterable[Record], operations: set[str]) -> list[dict[str, object]]:
    """The pairs of operations that the run compared at every size of its list."""
    return [
        {
            "names": [pair.a, pair.b],
            "verdict": pair.verdict,
            "grey": pair.grey_levels if pair.grey_levels is not None and isfinite(pair.grey_levels) else None,
            "size": None if pair.n_in is None else [pair.n_in, pair.n_out],
        }
        for pair in of_type(records, PairComparison)
        if {pair.a, pair.b} <= operations
    ]


class _MatrixPlaces:
    """The place of each matrix that something names, in the order they are named."""

    def __init__(self, matrices: Iterable[ShowcaseMatrix]) -> None:
        self.known = {matrix.name: matrix for matrix in matrices if matrix.is_well_formed}
        self.places: dict[str, int] = {}

    def of(self, name: str | None, size: str) -> int | None:
        matrix = self.known.get(name or "")
        if matrix is None or size_key((matrix.n_in, matrix.n_out)) != size:
            return None
        return self.places.setdefault(matrix.name, len(self.places))

    def rows(self) -> list[tuple[tuple[Any, ...], ...]]:
        return [self.known[name].rows for name in self.places]


def _conventions(
    records: Iterable[ShowcaseConvention], places: dict[str, int], matrices: _MatrixPlaces
) -> list[dict[str, Any]]:
    by_name: dict[str, dict[str, Any]] = {}
    for record in sorted(records, key=lambda convention: (not convention.known_as, convention.name)):
        key = size_key((record.n_in, record.n_out))
        place = places.get(key)
        if place is None or len(record.at) != record.n_out:
            continue
        empty: dict[str, Any] = {part: [None] * len(places) for part in ("m", "b", "at", "ties")}
        packed = by_name.setdefault(record.name, {"name": record.name, "known_as": record.known_as} | empty)
        packed["m"][place] = matrices.of(record.matrix, key)
        packed["b"][place], packed["at"][place], packed["ties"][place] = record.bound, record.at, record.near_ties
    return list(by_name.values())


def _operation(
    record: ShowcaseOperation,
    places: dict[str, int],
    matrices: _MatrixPlaces,
    conventions: dict[str, int],
    cautions: dict[str, str],
) -> dict[str, object]:
    measured: list[object] = [None] * len(places)
    bounds: list[object] = [None] * len(places)
    for size, place in places.items():
        if by_axis := record.matrices.get(size):
            measured[place] = [matrices.of(by_axis.get(axis), size) for axis in ("height", "width")]
        if by_axis := record.bounds.get(size):
            bounds[place] = [by_axis.get(axis) for axis in ("height", "width")]
    refused, documented = _by_place(record.refusals, places), conventions.get(record.claim, -1)
    if record.claim and documented < 0:
        # What rounding explains is recorded with the convention: without it no verdict would be sound.
        measured = [None] * len(places)
        refused = dict.fromkeys(range(len(places)), "these records lack the convention that it documents")
    packed: dict[str, object] = {
        "id": visible(shortened(record.operation, LONGEST_NAME)),
        "framework": visible(shortened(record.framework, LONGEST_NAME)),
        "claim": documented,
        "m": measured,
        "refused": refused,
        "misshapen": _by_place(record.misshapen, places),
        "caution": cautions.get(record.operation, ""),
    }
    return packed if record.claim else packed | {"b": bounds}


def _by_place(messages: dict[str, str], sizes: dict[str, int]) -> dict[int, object]:
    return {sizes[size]: visible(shortened(text, 1_000)) for size, text in messages.items() if size in sizes}


def _cautions(records: Iterable[Record]) -> dict[str, str]:
    """By operation, what else it does than apply one matrix to each axis."""
    return {
        finding.operation: str(visible(shortened(finding.cause_explanation, 1_000)))
        for finding in of_type(records, Finding)
        if finding.suite == Suite.STRUCTURE
        and finding.verdict in DISAGREEMENT
        and any(cause.is_structural and cause in finding.factors for cause in Cause)
    }
