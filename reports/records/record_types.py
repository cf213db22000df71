"""The records of a run as frozen dataclasses: header, findings, defects, comparisons, models; and the list of all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from halfpixel.golden.vocabulary import IMAGE_UNIT, NOT_ATTRIBUTED, Verdict, every_call
from halfpixel.reports.records.showcase_records import ShowcaseConvention, ShowcaseMatrix, ShowcaseOperation
from halfpixel.reports.records.translation_records import Snippet, Translation, TranslationCall
from halfpixel.reports.records.tuple_fields import WithTuples

SHARED_TYPES = (Snippet, TranslationCall, ShowcaseMatrix, ShowcaseConvention)
"""Types of which many tests keep the same record: a run writes each once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCheck(WithTuples):
    """The verdict on a model of one's own.

    ``verdict`` is ``parity``, ``divergence`` or ``cannot tell``, and ``summary`` the sentence to it. Each of
    ``resizes`` has its ``key`` and ``name`` in the file, its ``convention`` in words, its ``sizes``, and by runtime
    (``results``) its own error and the bound of that, what it inherited, its verdict and cause, and which part of the
    final difference goes away with it exact; ``advice`` has the line to change, ``remarks`` what the audit says. The
    other lists are lines to be shown. All names come from the model's file, and nothing in them is to be trusted.
    """

    type: ClassVar[str] = "model"
    path: str
    kind: str
    verdict: str
    summary: str
    against: str = ""
    runtimes: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    resizes: tuple[dict[str, Any], ...] = field(default_factory=tuple)


SCHEMA = 1


class RecordError(Exception):
    """A record, or a file of records, is not what the schema says; the message says where and what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The header: where and with what a run measured, and how much of what it was asked it answered.

    ``versions`` maps a framework to ``None`` if not installed. ``tests`` is how many questions there were, and
    ``tests_ended`` how many came to their end; ``not_answered`` counts the others by suite, and ``cut_short`` says why.
    """

    type: ClassVar[str] = "run"
    started: str
    versions: dict[str, str | None]
    python: str
    platform: str
    cpu: str
    size_pairs: int
    pair_list_digest: str
    options: dict[str, Any] = field(default_factory=dict)
    tests: int = 0
    tests_ended: int = 0
    not_answered: dict[str, int] = field(default_factory=dict)
    cut_short: str = ""
    schema: int = SCHEMA

    @property
    def shortfall(self) -> str:
        """How much a run that did not ask everything lacks, and why; empty for a whole one."""
        if not self.cut_short:
            return ""
        suites = ", ".join(f"{suite} {count:,}" for suite, count in self.not_answered.items())
        answered = f"{self.tests_ended:,} of {self.tests:,} questions were answered"
        return f"{answered} ({self.cut_short}); not answered: {suites}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstCase(WithTuples):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution(WithTuples):
    """What differs from the claim; ``convention`` is the one that explains what was measured, if one does."""

    factors: tuple[str, ...]
    explanation: str
    convention: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How many size pairs the framework refused, and what it said."""

    pairs: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStatus:
    """What the ledger says: ``status`` is ``known``, ``new`` or ``stale``.

    ``defect`` is the id of the catalogue's entry that explains the finding; ``reason`` is its title, or what changed.
    """

    status: str
    reason: str = ""
    link: str = ""
    defect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer to one question about one operation.

    ``gain`` is the worst error over images in [-1, 1], ``grey_levels`` over images in 0..255, ``pixels_moved`` in input
    pixels; ``tolerance`` is the rounding bound at the worst pair and ``smallest_tolerance`` the one that would pass.
    ``differing_up``, ``differing_down`` and ``differing_same`` split ``pairs_differing`` by ``n_out`` against ``n_in``.
    In the suites of ``VARIANT_SUITES``, ``variant`` is the dtype, path or case, ``headline`` the answer in a few words,
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
    worst: WorstCase | None = None
    attribution: Attribution | None = None
    refused: Refusal | None = None
    message: str = ""
    reproduction: str = ""
    ledger: LedgerStatus | None = None
    seconds: float = 0.0

    @property
    def factors(self) -> tuple[str, ...]:
        """What the difference is attributed to; empty without an attribution."""
        return self.attribution.factors if self.attribution else ()

    @property
    def causes(self) -> str:
        """The factors in words, ``not attributed`` without any."""
        return " + ".join(self.factors) or NOT_ATTRIBUTED

    @property
    def cause_explanation(self) -> str:
        """The sentence of the attribution; empty without one."""
        return self.attribution.explanation if self.attribution else ""

    @property
    def is_of_images(self) -> bool:
        """Whether the gain is that of images with values in [-1, 1]."""
        return self.unit in ("", IMAGE_UNIT)

    @property
    def ledger_state(self) -> str:
        """``known``, ``new`` or ``stale``; empty where the ledger says nothing."""
        return self.ledger.status if self.ledger else ""

    @property
    def is_absence(self) -> bool:
        """Whether it says of a whole framework that it is not installed."""
        return self.verdict == Verdict.NOT_INSTALLED and self.operation == every_call(self.framework)

    @property
    def subject(self) -> str:
        """What the ledger calls it: the operation, with the variant in brackets where there is one."""
        return f"{self.operation} [{self.variant}]" if self.variant else self.operation


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDefect:
    """An entry of the catalogue of a framework that was measured; its findings name it by ``id``.

    The texts are those of the entry, see :class:`halfpixel.defects.catalogue.Defect`; ``since`` says in words since
    which release. ``fixed`` is whether ``version`` has it fixed, as the entry says. ``asked`` is whether the run put a
    question that could show it: an entry that was asked and has no finding is not there in ``version``; of one that was
    not asked nothing is known.
    """

    type: ClassVar[str] = "defect"
    framework: str
    version: str
    project: str
    tracker: str
    id: str
    title: str
    kind: str
    reach: str
    asked: bool
    fixed: bool = False
    security: str = ""
    fault_in: str = ""
    contract: str = ""
    contract_source: str = ""
    not_affected: str = ""
    since: str = ""
    fixed_in: str = ""
    upstream: str = ""
    searched: str = ""
    source: str = ""
    workaround: str = ""
    program: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalenceClass(WithTuples):
    """Operations that are the same function on ``pairs`` size pairs; ``convention`` is the exact one they apply.

    Where there is none, ``explanation`` says how far the function is from what its members claim.
    """

    type: ClassVar[str] = "equivalence_class"
    members: tuple[str, ...]
    frameworks: tuple[str, ...]
    convention: str | None
    pairs: int
    explanation: str = ""


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
class DefaultCall:
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
class TextbookClaim(WithTuples):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskShift(WithTuples):
    """What a change of ``align_corners`` between training and deployment does to one mask.

    ``trained`` and ``deployed`` are values of ``align_corners``; ``deployed`` is ``None`` for labels enlarged by
    nearest. ``changed`` labels, their ``share`` and by how many pixels boundaries ``moved`` are against the same logits
    deployed as trained; IoUs are against the true labels, by class in ``classes`` as ``[IoU, boundary IoU]``.
    ``largest`` is the closed form of the largest shift between the modes in output pixels, a fraction; ``edge`` that of
    this straight edge, as measured and in closed form. ``frameworks`` counts, by framework, the labels that its own
    resize gave differently. ``picture`` is a window of the label maps: see ``MaskPicture`` in
    ``sections/align_corners.py``.
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


Record = (
    Run
    | Finding
    | KnownDefect
    | EquivalenceClass
    | PairComparison
    | DefaultCall
    | TextbookClaim
    | MaskShift
    | Snippet
    | TranslationCall
    | Translation
    | ShowcaseMatrix
    | ShowcaseConvention
    | ShowcaseOperation
    | ModelCheck
)
