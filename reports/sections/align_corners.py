"""The report's section on ``align_corners``: pictures from exact values, and tables of claims and masks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from halfpixel.golden.align_corners import (
    MODES,
    exact_axis,
    largest_shift_in_input,
    largest_shift_in_output,
    magnification,
    mixed_number,
    shift_in_output,
)
from halfpixel.golden.vocabulary import ClaimVerdict
from halfpixel.reports.records.aggregate import of_type
from halfpixel.reports.records.record_types import MaskShift, Record, TextbookClaim

N_IN, N_OUT = 3, 5
"""The sizes that tutorials use."""

FIELD = 8, 64
"""The sizes of the picture of displacements: a small feature map, and a factor that decode heads have."""

CLAIM_ORDER = (
    "corners kept by True",
    "input (0,1) lands on output (0,2)",
    "every input pixel survives True",
    "False does not align corners",
    "False keeps corner values",
    "True maps (0,0) to (0,0)",
    "False maps (0,0) to (0,0)",
    "input (0,2) lands at 3.5",
    "False never meets a pixel's centre",
    "False aligns the outer edges",
    "False leaves the range of values",
    "False samples outside the image",
    "False is bilinear but at the border",
    "only False keeps the centre",
    "False keeps a uniform scale",
    "True has no uniform scale",
    "True scales by the ratio of sizes",
    "True depends on the input size",
    "False depends on the input size",
    "True distorts near borders",
    "the modes part most at the corners",
    "the distortion grows with the ratio",
    "the modes are half a pixel apart",
    "the shift is the same everywhere",
    "the choice is negligible",
    "False is smoother",
    "True at twice the size samples halves",
    "False equals OpenCV",
    "False equals Pillow",
    "False is ONNX half_pixel",
    "False is ONNX pytorch_half_pixel",
    "True is ONNX align_corners",
    "False is the same in TensorFlow 1",
    "the modes give different pictures",
    "True can be undone",
    "False can be undone",
    "down then up returns the image",
    "True mirrors",
    "False mirrors",
    "crops of k s + 1 suit True",
    "crops of k s suit False",
)
"""Claims by name, in the order in which one learns them; names that are not here come last."""
_ORDER = {name: place for place, name in enumerate(CLAIM_ORDER)}
_UNIT = 60.0
_LEFT = 44.0


@dataclass(frozen=True, slots=True)
class PixelCentre:
    """A pixel's centre at ``x``, in units of the view box, with its index."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class PixelSquare:
    """A pixel's square along one axis."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class GridPicture:
    """Input and output pixels of one mode over each other; ``samples`` pairs an output's centre and what it reads.

    Of an output that reads beyond the outermost centres, ``samples`` has the clamped place, and ``clamped`` its index.
    """

    title: str
    inputs: tuple[PixelCentre, ...]
    input_cells: tuple[PixelSquare, ...]
    outputs: tuple[PixelCentre, ...]
    output_cells: tuple[PixelSquare, ...]
    places: tuple[str, ...]
    clamped: frozenset[int]
    description: str


def grid_picture(setting: bool) -> GridPicture:
    """3 pixels and 5 on one line, as ``align_corners=setting`` lays them: in input pixels, from exact coordinates."""
    axis = exact_axis(MODES[setting], N_IN, N_OUT)
    step = axis.step

    def x(place: Fraction | int) -> float:
        return _LEFT + _UNIT * float(place + 1)

    half = Fraction(1, 2)
    places = axis.places
    outside = frozenset(o for o, place in enumerate(places) if not 0 <= place <= N_IN - 1)
    listed = ", ".join(f"output {o} at {mixed_number(place)}" for o, place in enumerate(places))
    return GridPicture(
        f"align_corners={setting}",
        tuple(PixelCentre(x(i), str(i)) for i in range(N_IN)),
        tuple(PixelSquare(x(i - half), _UNIT) for i in range(N_IN)),
        tuple(PixelCentre(x(place), str(o)) for o, place in enumerate(places)),
        tuple(PixelSquare(x(place - step / 2), _UNIT * float(step)) for place in places),
        tuple(_with_minus_sign(mixed_number(place)) for place in places),
        outside,
        f"With align_corners={setting}, 3 input pixels and 5 output pixels on one line, in input pixels: {listed}."
        + (f" Outputs {', '.join(map(str, sorted(outside)))} are clamped to the outermost pixel." if outside else ""),
    )


@dataclass(frozen=True, slots=True)
class Arrow:
    """From where ``False`` puts an input pixel to where ``True`` does, in units of the view box."""

    x: float
    y: float
    to_x: float
    to_y: float


@dataclass(frozen=True, slots=True)
class FieldPicture:
    """Where the pixels of a feature map land in the output, by either mode."""

    arrows: tuple[Arrow, ...]
    n_in: int
    n_out: int
    side: float
    largest: str
    description: str


def field_picture() -> FieldPicture:
    """The displacement field at the sizes of ``FIELD``, to scale."""
    n_in, n_out = FIELD
    unit = 320.0 / n_out
    false = exact_axis(MODES[False], n_in, n_out).landings
    moved = [shift_in_output(n_in, n_out, i) for i in range(n_in)]

    def place(coordinate: Fraction) -> float:
        return unit * float(coordinate + Fraction(1, 2))

    arrows = tuple(
        Arrow(place(false[i]), place(false[j]), place(false[i] + moved[i]), place(false[j] + moved[j]))
        for j in range(n_in)
        for i in range(n_in)
    )
    largest = mixed_number(largest_shift_in_output(n_in, n_out))
    text = (
        f"{n_in} by {n_in} pixels enlarged to {n_out} by {n_out}: arrows from where False puts each input pixel to "
        f"where True does point outwards. They are longest at the corners, {largest} output pixels along each axis, "
        "and fall to nothing in the middle, in proportion."
    )
    return FieldPicture(arrows, n_in, n_out, 320.0, largest, text)


@dataclass(frozen=True, slots=True)
class SizeShift:
    """How far the modes are apart for one pair of sizes, in fractions."""

    n_in: int
    n_out: int
    in_output: str
    in_input: str
    magnified: str


def size_shifts() -> tuple[SizeShift, ...]:
    """The closed form for the factors of decode heads, and for crops that suit either mode."""
    pairs = ((256, 512), (128, 512), (64, 512), (32, 512), (16, 512), (65, 513), (97, 769))
    return tuple(
        SizeShift(
            n,
            m,
            mixed_number(largest_shift_in_output(n, m)),
            mixed_number(largest_shift_in_input(n, m)),
            f"{100 * float(magnification(n, m) - 1):.2f} %",
        )
        for n, m in pairs
    )


@dataclass(frozen=True, slots=True)
class MaskPicture:
    """A window of three label maps: a path for each class, and one of the pixels that differ from ``matched``."""

    title: str
    description: str
    width: int
    height: int
    classes: tuple[str, ...]
    maps: tuple[tuple[str, tuple[tuple[int, str], ...]], ...]
    changed: str


_RUN = re.compile(r"(\d+)([a-z])")


def _labels(rows: Sequence[str]) -> list[list[int]]:
    return [[ord(letter) - 97 for count, letter in _RUN.findall(row) for _ in range(int(count))] for row in rows]


def _path(spans: Iterable[tuple[int, int, int]]) -> str:
    """Rows of pixels as one path: ``(x, y, width)`` each."""
    return "".join(f"M{x} {y}h{width}v1h-{width}z" for x, y, width in spans)


def _by_class(rows: Sequence[str]) -> tuple[tuple[int, str], ...]:
    spans: dict[int, list[tuple[int, int, int]]] = {}
    for y, row in enumerate(rows):
        x = 0
        for count, letter in _RUN.findall(row):
            spans.setdefault(ord(letter) - 97, []).append((x, y, int(count)))
            x += int(count)
    return tuple((label, _path(found)) for label, found in sorted(spans.items()))


def mask_picture(shift: MaskShift, picture: dict[str, Any]) -> MaskPicture:
    """The picture of a record, from its label maps."""
    matched, found = _labels(picture["matched"]), _labels(picture["found"])
    differing = [
        (x, y, 1)
        for y, (row, other) in enumerate(zip(matched, found, strict=True))
        for x, (label, got) in enumerate(zip(row, other, strict=True))
        if label != got
    ]
    maps = (
        ("true labels", _by_class(picture["truth"])),
        (f"trained {shift.trained}, deployed {shift.trained}", _by_class(picture["matched"])),
        (f"trained {shift.trained}, deployed {shift.deployed}", _by_class(picture["found"])),
    )
    share = len(differing) / (len(matched) * picture["width"])
    return MaskPicture(
        f"{shift.scene}, {shift.n_in} → {shift.n_out}: {picture['caption']}",
        f"Label maps of the {shift.scene}: the true one, what the same logits give when deployed as trained, and when "
        f"align_corners is {shift.deployed} instead. {100 * share:.1f} % of the pixels shown change their label.",
        picture["width"],
        len(matched),
        tuple(picture["classes"]),
        maps,
        _path(differing),
    )


@dataclass(frozen=True, slots=True)
class AlignCornersSection:
    """Everything that the section shows."""

    claims: tuple[TextbookClaim, ...]
    verdicts: dict[str, int]
    grids: tuple[GridPicture, ...]
    field: FieldPicture
    sizes: tuple[SizeShift, ...]
    edges: tuple[MaskShift, ...]
    by_size: tuple[MaskShift, ...]
    mismatched: tuple[tuple[str, tuple[MaskShift, ...]], ...]
    classes: tuple[MaskShift, ...]
    pictures: tuple[MaskPicture, ...]

    @property
    def frameworks(self) -> tuple[str, ...]:
        """Those whose calls the claims and masks were compared with."""
        named = {operation.split(" ", 1)[0] for claim in self.claims for operation in claim.measured}
        shown = {name for _, masks in self.mismatched for mask in masks for name in mask.frameworks}
        return tuple(sorted(named | shown))


def align_corners_section(records: Iterable[Record]) -> AlignCornersSection | None:
    """The section of a run that asked about claims or masks; ``None`` for one that did not."""
    records = list(records)
    claims = sorted(of_type(records, TextbookClaim), key=lambda claim: _ORDER.get(claim.name, len(CLAIM_ORDER)))
    masks = of_type(records, MaskShift)
    if not claims and not masks:
        return None
    masks.sort(key=lambda mask: (mask.n_out / mask.n_in, mask.trained, mask.scene))
    by_scene: dict[str, list[MaskShift]] = {}
    for mask in masks:
        if mask.n_out == 8 * mask.n_in:
            by_scene.setdefault(mask.scene, []).append(mask)
    verdicts = {str(verdict): sum(claim.verdict == verdict for claim in claims) for verdict in ClaimVerdict}
    edges = [mask for mask in masks if mask.edge and mask.trained]
    discs = [mask for mask in masks if mask.kind == "disc" and _is_mismatch(mask) and mask.trained]
    return AlignCornersSection(
        tuple(claims),
        verdicts,
        (grid_picture(True), grid_picture(False)),
        field_picture(),
        size_shifts(),
        tuple(sorted(edges, key=lambda mask: (mask.scene, -mask.n_in))),
        tuple(sorted(discs, key=lambda mask: (mask.size or 0, -mask.n_in))),
        tuple((scene, tuple(members)) for scene, members in by_scene.items()),
        tuple(mask for mask in masks if mask.kind == "scene" and mask.deployed is not None),
        tuple(mask_picture(mask, mask.picture) for mask in masks if mask.picture and mask.trained),
    )


def _is_mismatch(mask: MaskShift) -> bool:
    return mask.deployed is not None and mask.deployed != mask.trained


def _with_minus_sign(text: str) -> str:
    return text.replace("-", "−")
