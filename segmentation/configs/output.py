"""Audits as text for people and as plain data for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from halfpixel.segmentation.configs.audit import ConfigAudit, ConfigKind, ConfigReadFailure, Remark, usage_table
from halfpixel.segmentation.configs.deployment_targets import deployment_targets
from halfpixel.segmentation.configs.sizes import ConfigSize, window_count


def audit_lines(audit: ConfigAudit) -> list[str]:
    """One config, for people."""
    verdict = f"{len(audit.faults)} inconsistent" if audit.faults else "consistent"
    what = "a whole config" if audit.kind is ConfigKind.WHOLE else f"a fragment: {audit.kind}"
    text = [f"{audit.file}: {verdict} ({what}, {len(audit.files)} file{'s'[: len(audit.files) > 1]})"]
    text += [f"  {line}" for line in (*_setting_lines(audit), *_size_lines(audit))]
    text += [f"  {_remark(remark)}" for remark in audit.remarks]
    return text


def _setting_lines(audit: ConfigAudit) -> list[str]:
    rows = []
    for module in audit.resizers:
        origin = f"by default ({module.type})" if module.setting is None else module.setting.origin()
        rows.append((f"{module.path} {module.type}", module.align_corners, origin))
    used = {module.setting.path for module in audit.resizers if module.setting is not None}
    rows += [(setting.path, setting.value, setting.origin()) for setting in audit.settings if setting.path not in used]
    if audit.deciding is not None:
        rows.append(("test and loss", audit.deciding.align_corners, "as the head that gives the logits"))
    width = max((len(name) for name, _, _ in rows), default=0)
    return [f"{name:<{width}}  {f'align_corners={value}':<19}  {origin}" for name, value, origin in rows]


def _size_lines(audit: ConfigAudit) -> list[str]:
    text = [f"output stride {audit.stride if audit.stride is not None else 'not known'}"] if audit.resizers else []
    text += [f"{size.what} {size}  {size.place}" for size in audit.crops]
    for image, keeps_ratio in audit.images:
        bound = "at most " if keeps_ratio else ""
        text.append(f"test images {bound}{image}  {image.place}{_slide(audit, image)}")
    if audit.slide is not None:
        text.append(f"test windows {audit.slide.window} every {audit.slide.step}  {audit.slide.window.place}")
    return text


def _slide(audit: ConfigAudit, image: ConfigSize) -> str:
    if audit.slide is None:
        return ""
    window, step = audit.slide.window, audit.slide.step
    down = window_count(image.height, window.height, step.height)
    return f"  in {down}x{window_count(image.width, window.width, step.width)} windows"


def _remark(remark: Remark) -> str:
    return f"{'INCONSISTENT' if remark.is_fault else 'note'}: {remark.kind}: {remark.message}  {remark.place}"


def deployment_lines(align_corners: bool) -> list[str]:
    """What becomes of a setting where models are deployed."""
    text = [f"align_corners={align_corners} where models are deployed:"]
    for row in deployment_targets(align_corners):
        text.append(f"  {row.target}: {row.outcome}: {row.becomes}{'; ' + row.note if row.note else ''}")
        text.append(f"    {row.source}")
    return text


def table_lines(answers: Sequence[ConfigAudit | ConfigReadFailure]) -> list[str]:
    """What many configs use, which of them are inconsistent, and which could not be read."""
    audits = [answer for answer in answers if isinstance(answer, ConfigAudit)]
    kinds = Counter(config.kind for config in audits)
    text = [f"{len(answers)} configs: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()), ""]
    heads: dict[tuple[str, str], Counter[str]] = {}
    for use, count in usage_table(audits).items():
        heads.setdefault((str(use.align_corners), use.crop), Counter())[use.head] += count
    text.append(f"{'align_corners':<14}{'crop':<11}{'configs':>7}  decode heads")
    for (setting, crop), counts in sorted(heads.items(), key=lambda item: (item[0][0], -item[1].total(), item[0][1])):
        by_count = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        named = ", ".join(f"{head} {count}" for head, count in by_count)
        text.append(f"{setting:<14}{crop:<11}{counts.total():>7}  {named}")
    inconsistent = [config for config in audits if config.faults]
    text += ["", f"{len(inconsistent)} inconsistent:"]
    for config in inconsistent:
        text.append(f"  {config.file}")
        text += [f"    {remark.kind}: {remark.message}  {remark.place}" for remark in config.faults]
    failures = [answer for answer in answers if isinstance(answer, ConfigReadFailure)]
    if failures:
        text += [f"{len(failures)} could not be read:", *(f"  {failure.message}" for failure in failures)]
    return text


def audit_data(answer: ConfigAudit | ConfigReadFailure) -> dict[str, Any]:
    """One answer as plain data: strings, numbers, lists and dicts."""
    if isinstance(answer, ConfigReadFailure):
        return {"file": str(answer.file), "error": answer.message}
    deciding = answer.deciding.align_corners if answer.deciding is not None else None
    return {
        "file": str(answer.file),
        "kind": answer.kind,
        "consistent": not answer.faults,
        "files": [str(file) for file in answer.files],
        "settings": [
            {
                "path": setting.path,
                "part": setting.part,
                "value": setting.value,
                "place": str(setting.place),
                "replaced": [{"value": value, "place": str(place)} for value, place in setting.replaced],
            }
            for setting in answer.settings
        ],
        "resizers": [
            {
                "path": module.path,
                "part": module.part,
                "type": module.type,
                "align_corners": module.align_corners,
                "set_at": None if module.setting is None else str(module.place),
            }
            for module in answer.resizers
        ],
        "stride": answer.stride,
        "crops": [_size(size) for size in answer.crops],
        "test": {
            "align_corners": deciding,
            "window": None if answer.slide is None else _size(answer.slide.window),
            "step": None if answer.slide is None else _size(answer.slide.step),
            "images": [_size(size) | {"is_bound": keeps_ratio} for size, keeps_ratio in answer.images],
        },
        "remarks": [
            {"kind": remark.kind, "message": remark.message, "place": str(remark.place), "is_fault": remark.is_fault}
            for remark in answer.remarks
        ],
        "deployment": [asdict(row) for row in deployment_targets(deciding)] if isinstance(deciding, bool) else [],
    }


def _size(size: ConfigSize) -> dict[str, Any]:
    return {"what": size.what, "height": size.height, "width": size.width, "place": str(size.place)}
