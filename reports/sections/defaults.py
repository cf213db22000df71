"""The table of defaults: what each framework does when it is given nothing but a size."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from halfpixel.golden.vocabulary import Suite
from halfpixel.reports.records.aggregate import framework_order
from halfpixel.reports.records.record_types import DefaultCall, Finding

_DASH = "–"
_COORDINATES = {
    "half_pixel": "pixel centres (half_pixel)",
    "align_corners": "corner pixels aligned (align_corners)",
    "asymmetric": "from the top left corner (asymmetric)",
}
_NEAREST_MODES = {"floor": "rounds down", "ceil": "rounds up"}


@dataclass(frozen=True, slots=True)
class DefaultRow:
    """One default call, in words; what was not measured in this run is a dash.

    ``uint8`` is what becomes of whole numbers, and ``scale`` how the framework's calls that take a scale factor find
    the output size; both are read off the findings of other suites.
    """

    default: DefaultCall
    kernel: str
    samples: str
    shrinking: str
    border: str
    uint8: str
    scale: str


def default_groups(defaults: Iterable[DefaultCall]) -> list[tuple[str | None, list[DefaultCall]]]:
    """Defaults by the convention that was identified, the most common first; ``None`` for those that fit none."""
    groups: dict[str | None, list[DefaultCall]] = defaultdict(list)
    for default in sorted(defaults, key=lambda call: (framework_order(call.framework), call.operation)):
        groups[default.identified].append(default)
    return sorted(groups.items(), key=lambda item: (item[0] is None, -len(item[1]), item[0] or ""))


def defaults_table(
    defaults: Iterable[DefaultCall], findings: Iterable[Finding]
) -> list[tuple[str | None, list[DefaultRow]]]:
    """The rows of :func:`default_groups`."""
    findings = list(findings)
    uint8 = {
        finding.operation: finding
        for finding in findings
        if finding.suite == Suite.DTYPES and finding.variant == "uint8"
    }

    def row(default: DefaultCall) -> DefaultRow:
        return DefaultRow(
            default,
            *_convention(default.convention),
            uint8=_uint8(uint8.get(default.operation)),
            scale=_scale(default.framework, findings),
        )

    return [(identified, list(map(row, members))) for identified, members in default_groups(defaults)]


def _convention(values: dict[str, object] | None) -> tuple[str, str, str, str]:
    """Kernel, where it samples, what it does when shrinking, and what lies beyond the border."""
    if not values:
        return (_DASH,) * 4
    kernel = str(values["kernel"])
    if "cubic_coeff_a" in values:
        kernel += f", a = {values['cubic_coeff_a']}"
    if "lobes" in values:
        kernel += f", {values['lobes']} lobes"
    if "order" in values:
        kernel += f", order {values['order']}"
    if "nearest_mode" in values:
        mode = str(values["nearest_mode"])
        kernel += f", {_NEAREST_MODES.get(mode, mode)}"
    if values.get("prefilter", "none") != "none":
        kernel += f", {values['prefilter']} filter first"
    mode = str(values["coordinate_transformation_mode"])
    if values.get("antialias"):
        shrinking = "antialiased: the kernel is stretched"
    elif values["kernel"] in ("area", "adaptive_average"):
        shrinking = "averages all pixels"
    else:
        shrinking = "blurred first" if values.get("prefilter") in ("gaussian", "binomial") else "aliases: skips pixels"
    return kernel, _COORDINATES.get(mode, mode), shrinking, str(values.get("border", _DASH))


def _uint8(finding: Finding | None) -> str:
    if finding is None:
        return _DASH
    if finding.refused is not None:
        return "refuses"
    return finding.headline or finding.verdict


def _scale(framework: str, findings: Iterable[Finding]) -> str:
    """The size rules that calls of the framework were measured to follow, the most common first."""
    rules = Counter(
        f"{finding.figures['rule'].replace('_', ' ')}, {finding.figures['arithmetic']}"
        for finding in findings
        if finding.suite == Suite.SCALES
        and finding.framework == framework
        and {"rule", "arithmetic"} <= set(finding.figures)
    )
    return "; ".join(rule for rule, _ in rules.most_common(2)) or _DASH
