"""What each factor of an attribution means, as a phrase whose subject is the call: one rule for every factor."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from golden.convention import NEAREST_MODES
from reports.record import Finding

SAMPLES = {
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
class Named:
    """The parts of a convention's text, such as ``cubic half_pixel cubic_coeff_a=-3/4 antialias``; empty if unsaid."""

    kernel: str = ""
    mode: str = ""
    pick: str = ""
    coefficient: str = ""
    antialias: bool = False
    border: str = ""
    roi: str = ""

    @classmethod
    def of(cls, text: str | None) -> Named:
        """The parts; all empty for a text that is not a convention's."""
        words = (text or "").split()
        if len(words) < 2 or words[1] not in SAMPLES:
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


def phrase(factor: str, finding: Finding) -> str:
    """What the call does, for one factor: ``samples from the corner ..., not at half-pixel centres``."""
    rule = CAUSES.get(factor)
    return rule(finding) if rule else f"differs in {factor}"


def _claimed(finding: Finding) -> Named:
    return Named.of(finding.against)


def _measured(finding: Finding) -> Named:
    return Named.of(finding.attribution.convention if finding.attribution else None)


def _always(text: str) -> Callable[[Finding], str]:
    return lambda finding: text


def _other(name: str, told: str, untold: str) -> Callable[[Finding], str]:
    """``told`` where both conventions say ``name`` and differ in it, else ``untold``."""

    def rule(finding: Finding) -> str:
        claimed, measured = getattr(_claimed(finding), name), getattr(_measured(finding), name)
        return told.format(measured, claimed) if claimed and measured and claimed != measured else untold

    return rule


def _coordinates(finding: Finding) -> str:
    claimed, measured = _claimed(finding), _measured(finding)
    if claimed.mode and measured.mode and claimed.mode != measured.mode:
        return f"samples {SAMPLES[measured.mode]}, not {SAMPLES[claimed.mode]}"
    if claimed.roi and measured.roi and claimed.roi != measured.roi:
        return f"samples the region {measured.roi}, not {claimed.roi}"
    return "samples at other coordinates"


def _antialias(finding: Finding) -> str:
    claimed, measured = _claimed(finding), _measured(finding)
    if claimed.antialias and measured.kernel and not measured.antialias:
        return "does not widen its kernel (no antialias)"
    if measured.antialias and claimed.kernel and not claimed.antialias:
        return "widens its kernel (antialias)"
    return "treats antialias otherwise"


def _scale_source(finding: Finding) -> str:
    scale = finding.figures.get("scale")
    if scale == "recomputed":
        return "recomputes the scale from the sizes instead of using the given one"
    if scale == "given":
        return "uses the given scale instead of the one that the sizes have"
    return "takes its scale from elsewhere"


def _precision(finding: Finding) -> str:
    explanation = finding.attribution.explanation if finding.attribution else ""
    phase = re.search(r"coordinates are rounded to (1/\d{1,9}) of a pixel", explanation)
    return f"rounds coordinates to {phase[1]} of a pixel" if phase else "computes with less precision"


def _rounding(finding: Finding) -> str:
    claimed, measured = _claimed(finding).pick, _measured(finding).pick
    if claimed and measured and claimed != measured:
        return f"rounds coordinates by {measured}, not by {claimed}"
    return "rounds otherwise than to the nearest" if finding.suite == "dtypes" else "rounds otherwise"


def _undefined(finding: Finding) -> str:
    return (
        "crashes the process"
        if str(finding.figures.get("got", "")).startswith("crashed")
        else "does what nothing defines"
    )


CAUSES: dict[str, Callable[[Finding], str]] = {
    "determinism": _always("gives other results for the same input"),
    "state": _always("gives results that depend on earlier calls"),
    "output size": _always("returns another size"),
    "axis order": _always("takes one axis for the other"),
    "batch": _always("resizes an image of a batch otherwise than alone"),
    "channel": _always("resizes a channel otherwise among others than alone"),
    "linearity": _always("is not linear (the result of a sum is not the sum of the results)"),
    "offset": _always("does not keep an image of zeros at zero"),
    "separability": _always("resizes an axis otherwise together with the other than alone"),
    "ties": _always("picks another pixel at rounding ties"),
    "coordinates": _coordinates,
    "scale source": _scale_source,
    "cubic coefficient": _other("coefficient", "has the cubic coefficient {}, not {}", "has another cubic coefficient"),
    "antialias": _antialias,
    "border": _other("border", "has the border {}, not {}", "differs at the border"),
    "kernel": _other("kernel", "weights pixels by the {} kernel, not the {} one", "gives pixels other weights"),
    "normalisation": _always("has weights that do not sum to one"),
    "precision": _precision,
    "rounding": _rounding,
    "saturation": _always("does not stop at the ends of the range"),
    "clamping": _always("clamps between its passes"),
    "dtype": _always("treats this dtype otherwise than float32"),
    "rank": _always("treats arrays of this rank otherwise"),
    "memory layout": _always("does not heed how the array lies in memory"),
    "execution path": _always("gives another result down this path"),
    "gradient": _always("has a gradient that is not the transpose of its matrix"),
    "non-finite values": _always("lets non-finite values come out otherwise"),
    "crash": _always("crashes the process"),
    "undefined behaviour": _undefined,
    "time limit": _always("does not return within its time limit"),
}
"""A rule for every factor of ``probe.discrepancy.FACTORS``."""
