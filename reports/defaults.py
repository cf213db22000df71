"""The table of defaults: what each framework does when it is given nothing but a size, one row a call."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from reports.record import Default, Finding

_NOTHING = "–"
_COORDINATES = {
    "half_pixel": "pixel centres (half_pixel)",
    "align_corners": "corner pixels aligned (align_corners)",
    "asymmetric": "from the top left corner (asymmetric)",
}
_STEPS = {"floor": "rounds down", "ceil": "rounds up"}


@dataclass(frozen=True, slots=True)
class Row:
    """One default call, in words; what was not measured in this run is a dash.

    ``uint8`` is what becomes of whole numbers, and ``scale`` how the framework's calls that take a scale factor find
    the output size; both are read off the findings of other suites.
    """

    default: Default
    kernel: str
    samples: str
    shrinking: str
    border: str
    uint8: str
    scale: str


def default_groups(defaults: Iterable[Default]) -> list[tuple[str | None, list[Default]]]:
    """Defaults by the convention that was identified, the most common first; ``None`` for those that fit none."""
    groups: dict[str | None, list[Default]] = defaultdict(list)
    for default in sorted(defaults, key=lambda each: (each.framework, each.operation)):
        groups[default.identified].append(default)
    return sorted(groups.items(), key=lambda item: (item[0] is None, -len(item[1]), item[0] or ""))


def table(defaults: Iterable[Default], findings: Iterable[Finding]) -> list[tuple[str | None, list[Row]]]:
    """The rows of :func:`default_groups`."""
    findings = list(findings)
    uint8 = {one.operation: one for one in findings if one.suite == "dtypes" and one.variant == "uint8"}

    def row(default: Default) -> Row:
        return Row(
            default,
            *_convention(default.convention),
            uint8=_uint8(uint8.get(default.operation)),
            scale=_scale(default.framework, findings),
        )

    return [(identified, [row(each) for each in those]) for identified, those in default_groups(defaults)]


def _convention(values: dict[str, object] | None) -> tuple[str, str, str, str]:
    """Kernel, where it samples, what it does when shrinking, and what lies beyond the border."""
    if not values:
        return (_NOTHING,) * 4
    kernel = str(values["kernel"])
    if "cubic_coeff_a" in values:
        kernel += f", a = {values['cubic_coeff_a']}"
    if "lobes" in values:
        kernel += f", {values['lobes']} lobes"
    if "order" in values:
        kernel += f", order {values['order']}"
    if "nearest_mode" in values:
        mode = str(values["nearest_mode"])
        kernel += f", {_STEPS.get(mode, mode)}"
    if values.get("prefilter", "none") != "none":
        kernel += f", {values['prefilter']} filter first"
    mode = str(values["coordinate_transformation_mode"])
    if values.get("antialias"):
        shrinking = "antialiased: the kernel is stretched"
    elif values["kernel"] in ("area", "adaptive_average"):
        shrinking = "averages all pixels"
    else:
        shrinking = "blurred first" if values.get("prefilter") in ("gaussian", "binomial") else "aliases: skips pixels"
    return kernel, _COORDINATES.get(mode, mode), shrinking, str(values.get("border", _NOTHING))


def _uint8(finding: Finding | None) -> str:
    if finding is None:
        return _NOTHING
    if finding.refused is not None:
        return "refuses"
    return finding.headline or finding.verdict


def _scale(framework: str, findings: Iterable[Finding]) -> str:
    """The size rules that calls of the framework were measured to follow, the most common first."""
    rules = Counter(
        f"{one.figures['rule'].replace('_', ' ')}, {one.figures['arithmetic']}"
        for one in findings
        if one.suite == "scales" and one.framework == framework and {"rule", "arithmetic"} <= set(one.figures)
    )
    return "; ".join(rule for rule, _ in rules.most_common(2)) or _NOTHING
