"""Phrases that sentences are made of: each cause as a verb phrase, the worst case, an example, the sizes affected."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from halfpixel.golden.convention import NEAREST_MODES
from halfpixel.golden.vocabulary import GREY_LEVELS, Cause, Suite
from halfpixel.reports.records.record_types import Finding, WorstCase
from halfpixel.reports.text.text_escaping import number, single_line

_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d*)?(e[-+]?\d+)?|-?inf|nan", re.IGNORECASE)


def shorten_call(text: str, limit: int) -> str:
    """A call in at most ``limit`` characters: arguments are left out whole, ``resize(mode=cubic, …)``."""
    whole = single_line(text, limit)
    if not whole.endswith("…"):
        return whole
    kept, comma, _ = whole[:-3].rpartition(", ")
    return f"{kept}, …)" if comma and "(" in kept else whole


def input_pixels(count: float) -> str:
    """``half an input pixel``, ``one input pixel``, ``1.5 input pixels``."""
    if math.isclose(count, 0.5, abs_tol=1e-3):
        return "half an input pixel"
    return "one input pixel" if math.isclose(count, 1, abs_tol=1e-3) else f"{number(count)} input pixels"


def worst_case_phrase(finding: Finding) -> str:
    """How far an output can be off, in grey levels where they were measured; empty if no size of it was."""
    grey, gain = finding.grey_levels, finding.gain
    if grey is not None and math.isfinite(grey) and grey > 0:
        if math.isclose(grey, GREY_LEVELS, rel_tol=1e-3):
            return "worst case: the whole range"
        if grey > GREY_LEVELS:
            return f"worst case: more than the whole range ({number(grey)} grey levels of 255)"
        return f"worst case: {number(grey)} of 255 grey levels" + (", less than one" if grey < 1 else "")
    if gain is None or gain == 0:
        return ""
    if not math.isfinite(gain):
        return "worst case: not a finite number"
    if not finding.is_of_images:
        return _singular(f"worst case: {number(gain)} {single_line(finding.unit, 40)}")
    return f"worst case: {number(gain)} for images from -1 to 1"


def displacement_phrase(finding: Finding) -> str:
    """By how much samples move, where a hundredth of a pixel or more was measured."""
    by = finding.pixels_moved
    return f"samples move by up to {input_pixels(by)}" if by is not None and math.isfinite(by) and by >= 0.01 else ""


def direction_phrase(finding: Finding) -> str:
    """In which direction sizes differ, if not in all, and at how many: what a sentence goes on with."""
    counts = {
        "enlarging": finding.differing_up,
        "shrinking": finding.differing_down,
        "the size stays": finding.differing_same,
    }
    directions = [name for name, count in counts.items() if count]
    if not directions:
        return ""
    pairs = _singular(f"{finding.pairs_differing:,} pairs of sizes")
    if len(directions) == 3:
        return f" at {pairs}"
    return f", when {' or '.join(directions)} ({pairs})"


def example_phrase(finding: Finding) -> str:
    """What came out and what should have, at the worst place."""
    if finding.worst is not None:
        return _row(finding.worst)
    figures = (str(finding.figures.get(name, "")) for name in ("worst at", "got", "expected"))
    longest = (120, 72, 72)
    place, got, expected = (_singular(single_line(text, limit)) for text, limit in zip(figures, longest, strict=True))
    if not got or not expected:
        return ""
    start = f"{place}: " if place else ""
    kind = re.search(r" \(\w+\)$", got)
    if kind and expected.endswith(kind[0]):
        got, expected = got.removesuffix(kind[0]), expected.removesuffix(kind[0])
    if _PLAIN_NUMBER.fullmatch(got):
        return f"{start}{' instead of '.join(_trimmed(got, expected))}"
    return f"{start}{got}; expected {expected}"


def _singular(text: str) -> str:
    """``1 outputs`` as ``1 output``."""
    units = "input pixel|output pixel|pixel|output|image|pair|case|channel|level"
    return re.sub(rf"(?<![\d.,-])1 ({units})s\b( that are)?", lambda m: f"1 {m[1]}{' that is' * bool(m[2])}", text)


def _trimmed(got: str, expected: str) -> tuple[str, str]:
    """Two numbers with as few digits as show that they differ; what is not a plain number as it is."""
    if not (_PLAIN_NUMBER.fullmatch(got) and _PLAIN_NUMBER.fullmatch(expected)):
        return got, expected
    if "." not in got + expected:
        return got, expected
    return _distinguishable(float(got), float(expected))


def _row(row: WorstCase) -> str:
    place = f"from {row.n_in} to {_singular(f'{row.n_out} pixels')}, output {row.output_index}"
    expected, got = _picked_pixel(row.expected), _picked_pixel(row.got)
    if expected is not None and got is not None:
        return f"{place} takes {_pixel(got)} instead of {_pixel(expected)}"
    differences = [abs(a - b) for a, b in zip(row.got, row.expected, strict=True)]
    if not differences:
        return ""
    broken = next((at for at, by in enumerate(differences) if not math.isfinite(by)), None)
    at = broken if broken is not None else max(range(len(differences)), key=differences.__getitem__)
    a, b = _distinguishable(row.got[at], row.expected[at])
    return f"{place} gives pixel {at} the weight {a} instead of {b}"


def _distinguishable(got: float, expected: float) -> tuple[str, str]:
    """Both with as few digits as show that they differ."""
    for digits in range(4, 18):
        a, b = f"{got:.{digits}g}", f"{expected:.{digits}g}"
        if a != b:
            return a, b
    return str(got), str(expected)


def _picked_pixel(weights: tuple[float, ...]) -> int | None:
    """The pixel that a row takes whole; -1 if it takes none; ``None`` if it mixes."""
    heavy = [at for at, weight in enumerate(weights) if weight]
    if not heavy:
        return -1
    return heavy[0] if len(heavy) == 1 and math.isclose(weights[heavy[0]], 1, abs_tol=1e-3) else None


def _pixel(index: int) -> str:
    return "no pixel" if index < 0 else f"pixel {index}"


SAMPLING_PHRASES = {
    "half_pixel": "at half-pixel centres",
    "asymmetric": "from the corner (output index times scale)",
    "align_corners": "with the corner pixels aligned",
    "pytorch_half_pixel": "at half-pixel centres, and at 0 for a single output",
    "half_pixel_symmetric": "at half-pixel centres about the middle of the image",
    "tf_half_pixel_for_nn": "at (output index + 1/2) times scale",
    "tf_crop_and_resize": "inside a region",
}
"""Where each ``coordinate_transformation_mode`` samples; the names are those of ONNX's Resize."""


@dataclass(frozen=True, slots=True)
class ConventionParts:
    """The parts of a convention's text, such as ``cubic half_pixel cubic_coeff_a=-3/4 antialias``; empty if unsaid."""

    kernel: str = ""
    mode: str = ""
    pick: str = ""
    coefficient: str = ""
    antialias: bool = False
    border: str = ""
    roi: str = ""

    @classmethod
    def of(cls, text: str | None) -> ConventionParts:
        """The parts; all empty for a text that is not a convention's."""
        words = (text or "").split()
        if len(words) < 2 or words[1] not in SAMPLING_PHRASES:
            return cls()
        values = dict(word.split("=", 1) for word in words[2:] if "=" in word)
        return cls(
            kernel=words[0],
            mode=words[1],
            pick=next((word for word in words[2:] if word in NEAREST_MODES), ""),
            coefficient=values.get("cubic_coeff_a", ""),
            antialias="antialias" in words[2:],
            border=values.get("border", "replicate"),
            roi=values.get("roi", ""),
        )


def factor_phrase(factor: str, finding: Finding) -> str:
    """What the call does, for one factor: ``samples from the corner ..., not at half-pixel centres``."""
    phrase = FACTOR_PHRASES.get(factor, f"differs in {factor}")
    return phrase if isinstance(phrase, str) else phrase(finding)


def _claimed(finding: Finding) -> ConventionParts:
    return ConventionParts.of(finding.against)


def _measured(finding: Finding) -> ConventionParts:
    return ConventionParts.of(finding.attribution.convention if finding.attribution else None)


def _differing_part(name: str, both: str, otherwise: str) -> Callable[[Finding], str]:
    """``both`` where the two conventions name a value of ``name`` and differ in it, else ``otherwise``."""

    def rule(finding: Finding) -> str:
        claimed, measured = getattr(_claimed(finding), name), getattr(_measured(finding), name)
        return both.format(measured, claimed) if claimed and measured and claimed != measured else otherwise

    return rule


def _coordinates(finding: Finding) -> str:
    claimed, measured = _claimed(finding), _measured(finding)
    if claimed.mode and measured.mode and claimed.mode != measured.mode:
        return f"samples {SAMPLING_PHRASES[measured.mode]}, not {SAMPLING_PHRASES[claimed.mode]}"
    if claimed.roi and measured.roi and claimed.roi != measured.roi:
        return f"samples the region {measured.roi}, not {claimed.roi}"
    return "samples at other coordinates"


def _antialias(finding: Finding) -> str:
    claimed, measured = _claimed(finding), _measured(finding)
    if claimed.antialias and measured.kernel and not measured.antialias:
        return "does not widen its kernel (no antialias)"
    if measured.antialias and claimed.kernel and not claimed.antialias:
        return "widens its kernel (antialias)"
    return "differs in antialias"


def _scale_source(finding: Finding) -> str:
    scale = finding.figures.get("scale")
    if scale == "recomputed":
        return "recomputes the scale from the sizes instead of using the given one"
    if scale == "given":
        return "uses the given scale instead of the one that the sizes have"
    return "takes its scale from elsewhere"


def _precision(finding: Finding) -> str:
    phase = re.search(r"coordinates are rounded to (1/\d{1,9}) of a pixel", finding.cause_explanation)
    return f"rounds coordinates to {phase[1]} of a pixel" if phase else "computes with less precision"


def _rounding(finding: Finding) -> str:
    claimed, measured = _claimed(finding).pick, _measured(finding).pick
    if claimed and measured and claimed != measured:
        return f"rounds coordinates by {measured}, not by {claimed}"
    return "does not round to the nearest" if finding.suite == Suite.DTYPES else "rounds differently"


def _undefined(finding: Finding) -> str:
    return (
        "crashes the process"
        if str(finding.figures.get("got", "")).startswith("crashed")
        else "does what nothing defines"
    )


FACTOR_PHRASES: dict[str, str | Callable[[Finding], str]] = {
    Cause.DETERMINISM: "gives other results for the same input",
    Cause.STATE: "gives results that depend on earlier calls",
    Cause.OUTPUT_SIZE: "returns another size",
    Cause.AXIS_ORDER: "takes one axis for the other",
    Cause.BATCH: "resizes an image of a batch differently from the image alone",
    Cause.CHANNEL: "resizes a channel among others differently from the channel alone",
    Cause.LINEARITY: "is not linear (the result of a sum is not the sum of the results)",
    Cause.OFFSET: "does not keep an image of zeros at zero",
    Cause.SEPARABILITY: "resizes an axis together with the other differently from the axis alone",
    Cause.TIES: "picks another pixel at rounding ties",
    Cause.COORDINATES: _coordinates,
    Cause.SCALE_SOURCE: _scale_source,
    Cause.CUBIC_COEFFICIENT: _differing_part(
        "coefficient", "has the cubic coefficient {}, not {}", "has another cubic coefficient"
    ),
    Cause.ANTIALIAS: _antialias,
    Cause.BORDER: _differing_part("border", "has the border {}, not {}", "differs at the border"),
    Cause.KERNEL: _differing_part(
        "kernel", "weights pixels by the {} kernel, not the {} one", "gives pixels other weights"
    ),
    Cause.NORMALISATION: "has weights that do not sum to one",
    Cause.PRECISION: _precision,
    Cause.ROUNDING: _rounding,
    Cause.SATURATION: "does not stop at the ends of the range",
    Cause.CLAMPING: "clamps between its passes",
    Cause.DTYPE: "differs for this dtype from float32",
    Cause.RANK: "differs for arrays of this rank",
    Cause.MEMORY_LAYOUT: "ignores how the array lies in memory",
    Cause.EXECUTION_PATH: "gives another result down this path",
    Cause.GRADIENT: "has a gradient that is not the transpose of its matrix",
    Cause.NON_FINITE_VALUES: "returns other values where non-finite ones go in",
    Cause.CRASH: "crashes the process",
    Cause.UNDEFINED_BEHAVIOUR: _undefined,
    Cause.TIME_LIMIT: "does not return within its time limit",
    Cause.REFUSAL: "refuses what its documentation allows",
}
"""What a call does, for every :class:`Cause`: a phrase, or a rule that makes one."""
