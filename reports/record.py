"""What a run found, as frozen records, written to and read from JSON lines that a schema checks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar

from reports import schema
from reports.files import write_whole
from reports.model_record import ModelCheck
from reports.schema import WEIGHTS
from reports.showcase_record import ShowcaseConvention, ShowcaseMatrix, ShowcaseOperation
from reports.translations_record import Call, Snippet, Translation

SCHEMA = 1

VERDICTS = ("exact", "agrees", "approximates", "ties", "diverges", "unsupported", "error", "not installed")
AGREEMENT = ("exact", "agrees")
DISAGREEMENT = ("approximates", "ties", "diverges")
NOT_MEASURED = ("unsupported", "error", "not installed")
CHAPTERS = ("dtypes", "scales", "ranks", "gradients", "edges", "paths", "parity")
"""Suites that ask one question of several variants of an operation; each is a chapter of the page."""
SUITES = ("conformance", "structure", "agreement", "defaults", *CHAPTERS)


class RecordError(Exception):
    """A record, or a file of records, is not what the schema says; the message says where and what."""


def _to_tuple(record: object, *names: str) -> None:
    for name in names:
        value = getattr(record, name)
        if not isinstance(value, tuple):
            object.__setattr__(record, name, tuple(value.tolist() if hasattr(value, "tolist") else value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The header: where and with what a run measured. ``versions`` maps a framework to ``None`` if not installed."""

    type: ClassVar[str] = "run"
    started: str
    versions: dict[str, str | None]
    python: str
    platform: str
    cpu: str
    size_pairs: int
    pair_list_digest: str
    options: dict[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """Where the worst case is reached: one row of the matrix along one axis.

    ``expected`` and ``got`` are the ``n_in`` weights of output ``output_index``; ``coordinate`` is the exact input
    coordinate it samples (pixels, the centre of input pixel 0 is 0), as a fraction; ``image`` the ``n_in`` values in
    {-1, 0, 1} that reach the gain. Arrays are taken and kept as tuples.
    """

    axis: str
    n_in: int
    n_out: int
    output_index: int
    region: str
    coordinate: str
    expected: tuple[float, ...]
    got: tuple[float, ...]
    image: tuple[float, ...]

    def __post_init__(self) -> None:
        """Lists and arrays become tuples."""
        _to_tuple(self, "expected", "got", "image")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """What differs from the claim; ``convention`` is the one that explains what was measured, if one does."""

    factors: tuple[str, ...]
    explanation: str
    convention: str | None = None

    def __post_init__(self) -> None:
        """Lists and arrays become tuples."""
        _to_tuple(self, "factors")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """How many size pairs the framework refused, and what it said."""

    pairs: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the ledger of known divergences says: ``status`` is ``known``, ``new`` or ``stale``."""

    status: str
    reason: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer to one question about one operation.

    ``gain`` is the worst error over images in [-1, 1], ``grey_levels`` over images in 0..255, ``pixels_moved`` in input
    pixels; ``tolerance`` is the rounding bound at the worst pair and ``smallest_tolerance`` the one that would pass.
    ``differing_up``, ``differing_down`` and ``differing_same`` split ``pairs_differing`` by ``n_out`` against ``n_in``.
    In the suites of ``CHAPTERS``, ``variant`` is the dtype, path or case, ``headline`` the answer in a few words,
    ``unit`` that of the gain, and ``figures`` further measured quantities by name; pairs are cases there.
    """

    type: ClassVar[str] = "finding"
    suite: str
    question: str
    operation: str
    framework: str
    against: str
    verdict: str
    variant: str = ""
    headline: str = ""
    unit: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    claim: dict[str, Any] | None = None
    source: str = ""
    note: str = ""
    gain: float | None = None
    grey_levels: float | None = None
    pixels_moved: float | None = None
    tolerance: float | None = None
    smallest_tolerance: float | None = None
    pairs_measured: int = 0
    pairs_differing: int = 0
    differing_up: int = 0
    differing_down: int = 0
    differing_same: int = 0
    worst: Worst | None = None
    attribution: Attribution | None = None
    refused: Refused | None = None
    message: str = ""
    reproduction: str = ""
    ledger: Ledger | None = None
    seconds: float = 0.0

    @property
    def subject(self) -> str:
        """What the ledger calls it: the operation, with the variant in brackets where there is one."""
        return f"{self.operation} [{self.variant}]" if self.variant else self.operation


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalenceClass:
    """Operations that are the same function on ``pairs`` size pairs; ``convention`` is the exact one they apply.

    Where there is none, ``explanation`` says how far the function is from what its members claim.
    """

    type: ClassVar[str] = "equivalence_class"
    members: tuple[str, ...]
    frameworks: tuple[str, ...]
    convention: str | None
    pairs: int
    explanation: str = ""

    def __post_init__(self) -> None:
        """Lists and arrays become tuples."""
        _to_tuple(self, "members", "frameworks")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairComparison:
    """Two operations compared; ``claim`` is the convention both document, ``n_in -> n_out`` the worst pair."""

    type: ClassVar[str] = "pair"
    a: str
    b: str
    verdict: str
    claim: str | None = None
    gain: float | None = None
    grey_levels: float | None = None
    pixels_moved: float | None = None
    n_in: int | None = None
    n_out: int | None = None
    explanation: str = ""
    reproduction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """What a framework does when given nothing but a size.

    ``identified`` is the convention named by measurement; ``convention`` has the parameters of it, or of ``nearest``.
    """

    type: ClassVar[str] = "default"
    framework: str
    operation: str
    call: str
    identified: str | None = None
    nearest: str | None = None
    claim: str | None = None
    evidence: str = ""
    convention: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A textbook sentence about ``align_corners``, decided over all pairs of sizes up to ``largest``.

    ``verdict`` is ``true``, ``true only when`` (then ``condition`` says when) or ``false``; it holds for ``held`` of
    the ``pairs`` it is about. ``outputs`` and ``inputs`` spell out both maps, from output to input and back, at one
    example. ``measured`` counts, by operation, the pairs at which a real call was found to bear it out.
    """

    type: ClassVar[str] = "claim"
    name: str
    statement: str
    verdict: str
    why: str
    arithmetic: str
    condition: str = ""
    asked: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    pairs: int = 0
    held: int = 0
    largest: int = 0
    measured: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Lists become tuples."""
        _to_tuple(self, "asked", "outputs", "inputs")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskShift:
    """What a change of ``align_corners`` between training and deployment does to one mask.

    ``trained`` and ``deployed`` are values of ``align_corners``; ``deployed`` is ``None`` for labels enlarged by
    nearest. ``changed`` labels, their ``share`` and by how many pixels boundaries ``moved`` are against the same logits
    deployed as trained; IoUs are against the true labels, by class in ``classes`` as ``[IoU, boundary IoU]``.
    ``largest`` is the closed form of the largest shift between the modes in output pixels, a fraction; ``edge`` that of
    this straight edge, as measured and in closed form. ``frameworks`` counts, by framework, the labels that its own
    resize gave otherwise. ``picture`` is a window of the label maps: see :class:`reports.align_corners.MaskPicture`.
    """

    type: ClassVar[str] = "mask_shift"
    scene: str
    kind: str
    n_in: int
    n_out: int
    trained: bool
    deployed: bool | None
    changed: int
    share: float
    iou: float
    boundary_iou: float
    largest: str
    size: int | None = None
    moved: int | None = None
    classes: dict[str, Any] = field(default_factory=dict)
    edge: tuple[str, ...] = ()
    frameworks: dict[str, int] = field(default_factory=dict)
    picture: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Lists become tuples."""
        _to_tuple(self, "edge")


Record = (
    Run
    | Finding
    | EquivalenceClass
    | PairComparison
    | Default
    | Claim
    | MaskShift
    | Snippet
    | Call
    | Translation
    | ShowcaseMatrix
    | ShowcaseConvention
    | ShowcaseOperation
    | ModelCheck
)

_TYPES: dict[str, type] = {each.type: each for each in Record.__args__}
_PARTS = {"worst": Worst, "attribution": Attribution, "refused": Refused, "ledger": Ledger}
_NUMBERS = ("gain", "grey_levels", "pixels_moved", "tolerance", "smallest_tolerance")


_MANY = (Finding, Call, Translation, ShowcaseConvention, ShowcaseOperation)
"""Types of which there are thousands: what they leave at its default is left out."""
_NEEDED = {
    kind: {each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING}
    for kind in _MANY
}
_DEFAULTS = {
    kind: {each.name: each.default if each.default_factory is MISSING else {} for each in fields(kind)}
    for kind in _MANY
}


def _number(value: float | str | None) -> float | None:
    return None if value is None else float(value)


def to_dict(record: Record) -> dict[str, Any]:
    """The record as plain values that JSON and a process boundary carry."""
    values = schema.plain(record) if is_dataclass(record) else {}
    if isinstance(record, _MANY):
        needed, defaults = _NEEDED[type(record)], _DEFAULTS[type(record)]
        values = {name: value for name, value in values.items() if name in needed or value != defaults[name]}
    return {"type": getattr(record, "type", None)} | values


def from_dict(entry: dict[str, Any]) -> Record:
    """The inverse of :func:`to_dict` for an entry without fault."""
    values = {name: value for name, value in entry.items() if name != "type"}
    for name, part in _PARTS.items():
        if values.get(name) is not None:
            values[name] = part(**{key: _restored(key, value) for key, value in values[name].items()})
    return _TYPES[entry["type"]](**{key: _restored(key, value) for key, value in values.items()})


def _restored(name: str, value: Any) -> Any:
    if name in WEIGHTS:
        return tuple(map(_number, value))
    return _number(value) if name in _NUMBERS else value


def write(path: str | Path, records: Iterable[Record]) -> None:
    """Write the records, the run header first, as JSON lines; a last line counts them so that a cut file is noticed.

    The file appears whole or not at all. Raises ``RecordError`` for a record that the schema refuses, or when the first
    is not a :class:`Run`; ``OSError`` when the file cannot be written.
    """
    lines = []
    for number, record in enumerate(records, start=1):
        if number == 1 and not isinstance(record, Run):
            raise RecordError(f"{path}: the first record is no run header but {type(record).__name__}")
        entry = to_dict(record)
        fault = schema.fault(entry)
        if fault is not None:
            raise RecordError(f"{path}: record {number}, {getattr(record, 'question', entry['type'])}: {fault}")
        try:
            lines.append(json.dumps(entry, allow_nan=False))
        except TypeError as error:
            raise RecordError(f"{path}: record {number}: {error}") from None
    if not lines:
        raise RecordError(f"{path}: no records, not even a run header")
    lines.append(json.dumps({"type": "end", "records": len(lines)}))
    write_whole(Path(path), "\n".join(lines) + "\n")


def read(path: str | Path) -> list[Record]:
    """The records of a file, each after the header of its run (a merged file has several runs, one after the other).

    Raises ``RecordError`` naming the file, the line and the fault: bad JSON, a schema violation, a file cut short, a
    missing header, an empty file. ``OSError`` when the file cannot be read.
    """
    records: list[Record] = []
    for number, found in lines(path):
        if isinstance(found, str):
            raise RecordError(f"{path}:{number}: {found}")
        records.append(found)
    return records


class HeaderFault(str):
    """What is wrong with a line that is, or was, a run header: whose the records after it are, nobody can tell."""

    __slots__ = ()


def lines(path: str | Path) -> Iterator[tuple[int, Record | str]]:
    """Each line of a file by its number: its record, or what is wrong with it; nothing for a right end line."""
    found = Path(path).read_bytes().split(b"\n")
    complete = found[-1] == b""
    if complete:
        found.pop()
    if not found:
        yield 1, "empty file"
        return
    counted, ended = 0, False
    for number, line in enumerate(found, start=1):
        is_header = line.startswith(b'{"type": "run"')
        try:
            # As bytes, json would guess at the encoding, and take a line with zeros in it for UTF-16.
            entry = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            counted, ended = counted + 1, False
            if number == len(found) and not complete:
                yield number, "cut short in the middle of this line"
                return
            yield number, (HeaderFault if is_header else str)(f"bad JSON: {error}")
            continue
        wrong = schema.fault(entry)
        if wrong is None and number == 1 and entry["type"] != "run":
            yield number, f"the first line is no run header but of type {entry['type']!r}"
        if wrong is None and entry["type"] == "end":
            if entry["records"] != counted or number != len(found):
                yield number, f"the end line counts {entry['records']} records and is line {number} of {len(found)}"
            counted, ended = 0, True
            continue
        counted, ended = counted + 1, False
        if wrong is not None:
            is_header |= isinstance(entry, dict) and entry.get("type") == "run"
            yield number, (HeaderFault if is_header else str)(wrong)
            continue
        try:
            yield number, from_dict(entry)
        except OverflowError as error:
            yield number, str(error)
    if not ended:
        yield len(found), "cut short: there is no end line after this one"


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
