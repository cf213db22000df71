"""The words that every room shares: verdicts, causes, suites, kinds of defects, and what people write for a resize."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """The outcome of a comparison; only ``exact`` and ``agrees`` count as agreement."""

    EXACT = "exact"
    AGREES = "agrees"
    APPROXIMATES = "approximates"
    TIES = "ties"
    DIVERGES = "diverges"
    UNSUPPORTED = "unsupported"
    ERROR = "error"
    NOT_INSTALLED = "not installed"

    @property
    def is_agreement(self) -> bool:
        """Whether the two are the same function up to rounding."""
        return self in AGREEMENT

    @property
    def is_measured(self) -> bool:
        """Whether two functions were compared at all."""
        return self not in NOT_MEASURED

    @property
    def meaning(self) -> str:
        """What the verdict says, in a few words."""
        return _MEANINGS[self][1]

    @property
    def sign(self) -> str:
        """One character that stands for the verdict beside its colour."""
        return _MEANINGS[self][0]

    @property
    def severity(self) -> int:
        """The rank of the verdict: 0 is harmless, higher is worse.

        What was not measured outranks small differences, so that no summary reads better than its worst part, yet does
        not hide a divergence that was measured beside it.
        """
        return len(WORST_FIRST) - 1 - WORST_FIRST.index(self)


AGREEMENT = (Verdict.EXACT, Verdict.AGREES)
"""The two are the same function, up to rounding that is argued for."""
DISAGREEMENT = (Verdict.APPROXIMATES, Verdict.TIES, Verdict.DIVERGES)
"""Both were measured, and they differ."""
NOT_MEASURED = (Verdict.UNSUPPORTED, Verdict.ERROR, Verdict.NOT_INSTALLED)
"""Nothing was compared: never a pass."""
WRONG = (*DISAGREEMENT, Verdict.ERROR)
"""The call differs or failed: what a page lists one by one."""

WORST_FIRST = (
    Verdict.ERROR,
    Verdict.DIVERGES,
    Verdict.NOT_INSTALLED,
    Verdict.UNSUPPORTED,
    Verdict.TIES,
    Verdict.APPROXIMATES,
    Verdict.AGREES,
    Verdict.EXACT,
)
"""The order in which findings are listed."""

_MEANINGS = {
    Verdict.EXACT: ("=", "bit for bit"),
    Verdict.AGREES: ("≈", "within the rounding bound"),
    Verdict.APPROXIMATES: ("~", "outside the bound, under one grey level"),
    Verdict.TIES: ("½", "differs only at rounding ties"),
    Verdict.DIVERGES: ("≠", "differs"),
    Verdict.UNSUPPORTED: ("–", "the framework refuses"),
    Verdict.ERROR: ("!", "crashed or misbehaved"),
    Verdict.NOT_INSTALLED: ("○", "not installed"),
}


class Cause(StrEnum):
    """What differs between two functions: the closed list that every attribution draws from."""

    DETERMINISM = "determinism"
    STATE = "state"
    OUTPUT_SIZE = "output size"
    AXIS_ORDER = "axis order"
    BATCH = "batch"
    CHANNEL = "channel"
    LINEARITY = "linearity"
    OFFSET = "offset"
    SEPARABILITY = "separability"
    TIES = "ties"
    COORDINATES = "coordinates"
    SCALE_SOURCE = "scale source"
    CUBIC_COEFFICIENT = "cubic coefficient"
    ANTIALIAS = "antialias"
    BORDER = "border"
    KERNEL = "kernel"
    NORMALISATION = "normalisation"
    PRECISION = "precision"
    ROUNDING = "rounding"
    SATURATION = "saturation"
    CLAMPING = "clamping"
    DTYPE = "dtype"
    RANK = "rank"
    MEMORY_LAYOUT = "memory layout"
    EXECUTION_PATH = "execution path"
    GRADIENT = "gradient"
    NON_FINITE_VALUES = "non-finite values"
    CRASH = "crash"
    UNDEFINED_BEHAVIOUR = "undefined behaviour"
    TIME_LIMIT = "time limit"
    REFUSAL = "refusal"

    @property
    def is_structural(self) -> bool:
        """Whether the call is then no matrix along an axis, the same for every image and channel."""
        return self in _STRUCTURAL


_STRUCTURAL = (
    Cause.SEPARABILITY,
    Cause.LINEARITY,
    Cause.OFFSET,
    Cause.BATCH,
    Cause.CHANNEL,
    Cause.STATE,
    Cause.DETERMINISM,
    Cause.AXIS_ORDER,
)


FATAL_CAUSES = (Cause.CRASH, Cause.TIME_LIMIT)
"""The process ends, or the call never returns."""
UNREPEATABLE_CAUSES = (Cause.UNDEFINED_BEHAVIOUR, Cause.DETERMINISM, Cause.STATE, *FATAL_CAUSES)
"""Another run gives other numbers: only the defect itself can be shown again."""

NOT_ATTRIBUTED = "not attributed"
"""Stands for the causes of a difference that none explains."""


class Suite(StrEnum):
    """The suites that put questions; each finding belongs to one."""

    CONFORMANCE = "conformance"
    STRUCTURE = "structure"
    AGREEMENT = "agreement"
    DEFAULTS = "defaults"
    DTYPES = "dtypes"
    SCALES = "scales"
    RANKS = "ranks"
    GRADIENTS = "gradients"
    EDGES = "edges"
    PATHS = "paths"
    PARITY = "parity"


PLAIN_IMAGE_SUITES = (Suite.CONFORMANCE, Suite.STRUCTURE, Suite.AGREEMENT)
"""Suites about float images in the usual layout, where a worst error has a size in grey levels."""
VARIANT_SUITES = (
    Suite.DTYPES,
    Suite.SCALES,
    Suite.RANKS,
    Suite.GRADIENTS,
    Suite.EDGES,
    Suite.PATHS,
    Suite.PARITY,
)
"""Suites that ask one question of several variants of an operation; each has a section of the page."""

BETWEEN_FRAMEWORKS = "between frameworks"
"""Stands for the framework where a question is about several."""
PAIR_SEPARATOR = " | "
"""Between the two operations of a question about a pair."""
ROUTE_SEPARATOR = " -> "
"""Between exporter and runtime in the variants of suite ``parity``."""


def every_call(framework: str) -> str:
    """Stands for the operation where a finding is about a framework as a whole."""
    return f"{framework} (every call)"


class ClaimVerdict(StrEnum):
    """How far a textbook claim about ``align_corners`` is true."""

    TRUE = "true"
    TRUE_ONLY_WHEN = "true only when"
    FALSE = "false"


class ParityAnswer(StrEnum):
    """Whether an exported model resizes as its original does."""

    PARITY = "parity"
    DIVERGENCE = "divergence"
    CANNOT_TELL = "cannot tell"


class DefectKind(StrEnum):
    """What a defect does to those who meet it, worst first; the last two are no defects."""

    MEMORY = "memory"
    CRASH = "crash"
    SILENT_VALUES = "silent values"
    SHAPE = "shape"
    REFUSAL = "refusal"
    PRECISION = "precision"
    UNSPECIFIED = "unspecified"
    BY_DESIGN = "by design"

    @property
    def is_defect(self) -> bool:
        """Whether something that the project promises is broken."""
        return self not in (DefectKind.UNSPECIFIED, DefectKind.BY_DESIGN)

    @property
    def meaning(self) -> str:
        """What the kind says, in a few words."""
        return _KIND_MEANINGS[self]


_KIND_MEANINGS = {
    DefectKind.MEMORY: "reads or writes memory that is not the image's",
    DefectKind.CRASH: "ends the process, or never returns",
    DefectKind.SILENT_VALUES: "wrong values, without a word",
    DefectKind.SHAPE: "a result of another size",
    DefectKind.REFUSAL: "refuses what its documentation allows",
    DefectKind.PRECISION: "loses more digits than its arithmetic must",
    DefectKind.UNSPECIFIED: "the documentation leaves it open, and others do it another way",
    DefectKind.BY_DESIGN: "documented, and another way than most do it",
}


class Reach(StrEnum):
    """How ordinary a call must be to meet a defect, most ordinary first."""

    DEFAULT = "default call"
    OPTION = "documented option"
    RARE = "rare size or dtype"
    EXTREME = "extreme input"


class LedgerState(StrEnum):
    """How a finding stands to the lock and the catalogue of its framework."""

    KNOWN = "known"
    NEW = "new"
    STALE = "stale"


IMAGE_UNIT = "for images in [-1, 1]"
"""The unit of a gain that is a worst error over images."""
GREY_LEVELS = 255
"""The range of an 8-bit image, in which worst errors are told."""

SPELLINGS = (
    ("bilinear", "linear", "triangle"),
    ("bicubic", "cubic"),
    ("nearest", "nearest_neighbor", "nearest_neighbour"),
    ("lanczos", "lanczos3", "antialias_lanczos"),
    ("antialias", "anti_aliasing", "antialiasing", "antialiased", "anti_aliased", "aa"),
    ("align_corners", "align_corner", "corner_aligned", "corners_aligned"),
    ("half_pixel", "half_pixel_centers", "half_pixel_centres", "half_pixel_center"),
    ("adaptive_average", "adaptive_avg"),
    ("gaussian", "gauss"),
)
"""Words that are written for the same thing."""

KERNEL_PARAMETERS = frozenset(
    ("mode", "method", "interpolation", "resample", "filter", "kernel", "interp", "order_name")
)
"""Parameters that name the kernel; frameworks call it by any of these."""

ALSO_CALLED = {
    "pytorch": "torch",
    "F": "torch",
    "nn": "torch",
    "Resampling": "pillow",
    "transforms": "torchvision",
    "InterpolationMode": "torchvision",
    "tflite": "litert",
    "ort": "onnxruntime",
    "cv": "opencv",
    "jnp": "jax",
    "sk": "skimage",
    "ndimage": "scipy",
    "mmsegmentation": "mmseg",
}
"""Names that people write for a framework, beside its own and those of its module, distributions and imports."""

IMPORTED_AS = {"cv2": "opencv", "Image": "pillow", "PIL": "pillow", "tf": "tensorflow"}
"""Names of modules in programs, for those who cannot ask the adapters; ``F`` and ``Image`` count in this case alone."""

NOISE = frozenset(
    {
        *("s", "a", "an", "and", "as", "by", "for", "in", "of", "or", "the", "to", "use", "using", "with", "python"),
        *("call", "function", "layer", "mode", "method", "filter", "kernel", "plain", "float", "float32", "uint8"),
        *("resize", "resizing", "resized", "resample", "resampling", "interpolate", "interpolation", "interpolated"),
        *("image", "images", "img", "input", "output", "x", "h", "w", "height", "width", "size", "scale"),
    }
)
"""Words that decide nothing where a call does not have them."""
