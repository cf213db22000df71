"""What a run found, as frozen records; `reports.reading` and `reports.writing` have them as lines of JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from reports.model_record import ModelCheck
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
