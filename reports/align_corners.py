"""The chapter on ``align_corners``: its pictures, drawn from exact values, and its tables of claims and masks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from golden.align_corners import (
    MODES,
    exact_axis,
    largest_shift_in_input,
    largest_shift_in_output,
    magnification,
    mixed,
    shift_in_output,
)
from golden.textbook import CLAIMS
from reports.record import Claim, MaskShift, Record

N_IN, N_OUT = 3, 5
"""The sizes that tutorials use."""

FIELD = 8, 64
"""The sizes of the picture of displacements: a small feature map, and a factor that decode heads have."""

_ORDER = {claim.name: place for place, claim in enumerate(CLAIMS)}
_UNIT = 60.0
_LEFT = 44.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A pixel's centre at ``x``, in units of the view box, with its index."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A pixel's square along one axis."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class GridPicture:
    """Input and output pixels of one mode over each other; ``samples`` pairs an output's centre and what it reads.

    Of an output that reads beyond the outermost centres, ``samples`` has the clamped place, and ``clamped`` its index.
    """

    title: str
    inputs: tuple[Dot, ...]
    input_cells: tuple[Cell, ...]
    outputs: tuple[Dot, ...]
    output_cells: tuple[Cell, ...]
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
    listed = ", ".join(f"output {o} at {mixed(place)}" for o, place in enumerate(places))
    return GridPicture(
        f"align_corners={setting}",
        tuple(Dot(x(i), str(i)) for i in range(N_IN)),
        tuple(Cell(x(i - half), _UNIT) for i in range(N_IN)),
        tuple(Dot(x(place), str(o)) for o, place in enumerate(places)),
        tuple(Cell(x(place - step / 2), _UNIT * float(step)) for place in places),
        tuple(_minus(mixed(place)) for place in places),
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
    largest = mixed(largest_shift_in_output(n_in, n_out))
    text = (
        f"{n_in} by {n_in} pixels enlarged to {n_out} by {n_out}: arrows from where False puts each input pixel to "
        f"where True does point outwards. They are longest at the corners, {largest} output pixels along each axis, "
        "and fall to nothing in the middle, in proportion."
    )
    return FieldPicture(arrows, n_in, n_out, 320.0, largest, text)


@dataclass(frozen=True, slots=True)
class Size:
    """How far the modes are apart for one pair of sizes, in fractions."""

    n_in: int
    n_out: int
    in_output: str
    in_input: str
    magnified: str


def sizes() -> tuple[Size, ...]:
    """The closed form for the factors of decode heads, and for crops that suit either mode."""
    pairs = ((256, 512), (128, 512), (64, 512), (32, 512), (16, 512), (65, 513), (97, 769))
    return tuple(
        Size(
            n,
            m,
            mixed(largest_shift_in_output(n, m)),
            mixed(largest_shift_in_input(n, m)),
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


def mask_picture(shift: MaskShift) -> MaskPicture:
    """The picture of a record that has one."""
    picture = shift.picture
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
class Chapter:
    """Everything that the chapter shows."""

    claims: tuple[Claim, ...]
    verdicts: dict[str, int]
    grids: tuple[GridPicture, ...]
    field: FieldPicture
    sizes: tuple[Size, ...]
    edges: tuple[MaskShift, ...]
    by_size: tuple[MaskShift, ...]
    mismatched: tuple[tuple[str, tuple[MaskShift, ...]], ...]
    classes: tuple[MaskShift, ...]
    pictures: tuple[MaskPicture, ...]

    @property
    def frameworks(self) -> tuple[str, ...]:
        """Those whose calls the claims and masks were held against."""
        named = {operation.split(" ", 1)[0] for claim in self.claims for operation in claim.measured}
        shown = {name for _, masks in self.mismatched for mask in masks for name in mask.frameworks}
        return tuple(sorted(named | shown))


def chapter(records: Iterable[Record]) -> Chapter | None:
    """The chapter of a run that asked about claims or masks; ``None`` for one that did not."""
    records = list(records)
    claims = sorted((each for each in records if isinstance(each, Claim)), key=lambda each: _ORDER.get(each.name, 999))
    masks = [each for each in records if isinstance(each, MaskShift)]
    if not claims and not masks:
        return None
    masks.sort(key=lambda each: (each.n_out / each.n_in, each.trained, each.scene))
    ways: dict[str, list[MaskShift]] = {}
    for each in masks:
        if each.n_out == 8 * each.n_in:
            ways.setdefault(each.scene, []).append(each)
    verdicts = {name: sum(each.verdict == name for each in claims) for name in ("true", "true only when", "false")}
    edges = [each for each in masks if each.edge and each.trained]
    by_size = [each for each in masks if each.kind == "disc" and _is_mismatch(each) and each.trained]
    return Chapter(
        tuple(claims),
        verdicts,
        (grid_picture(True), grid_picture(False)),
        field_picture(),
        sizes(),
        tuple(sorted(edges, key=lambda each: (each.scene, -each.n_in))),
        tuple(sorted(by_size, key=lambda each: (each.size, -each.n_in))),
        tuple((scene, tuple(found)) for scene, found in ways.items()),
        tuple(each for each in masks if each.kind == "scene" and each.deployed is not None),
        tuple(mask_picture(each) for each in masks if each.picture and each.trained),
    )


def _is_mismatch(mask: MaskShift) -> bool:
    return mask.deployed is not None and mask.deployed != mask.trained


def pixels(text: str) -> str:
    """A fraction of pixels for people: its value to three digits."""
    return f"{float(Fraction(text)):.3g}".replace("-", "−")


def _minus(text: str) -> str:
    return text.replace("-", "−")
