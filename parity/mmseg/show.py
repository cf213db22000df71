"""Audits as text for people, and as plain data for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

from parity.mmseg.audit import Audit, Remark
from parity.mmseg.deployment import deployed
from parity.mmseg.grids import window_count
from parity.mmseg.many import Failure, uses
from parity.mmseg.sizes import Size


def lines(audit: Audit) -> list[str]:
    """One config, for people."""
    verdict = f"{len(audit.faults)} inconsistent" if audit.faults else "consistent"
    what = "a whole config" if audit.kind == "config" else f"a fragment: {audit.kind}"
    text = [f"{audit.file}: {verdict} ({what}, {len(audit.files)} file{'s'[: len(audit.files) > 1]})"]
    text += [f"  {line}" for line in (*_setting_lines(audit), *_size_lines(audit))]
    text += [f"  {_remark(remark)}" for remark in audit.remarks]
    return text


def _setting_lines(audit: Audit) -> list[str]:
    rows = []
    for one in audit.resizers:
        origin = f"by default ({one.type})" if one.setting is None else one.setting.origin()
        rows.append((f"{one.path} {one.type}", f"align_corners={one.align_corners}", origin))
    shown = {one.setting.path for one in audit.resizers if one.setting is not None}
    rows += [
        (setting.path, f"align_corners={setting.value}", setting.origin())
        for setting in audit.settings
        if setting.path not in shown
    ]
    if audit.deciding is not None:
        rows.append(
            ("test and loss", f"align_corners={audit.deciding.align_corners}", "as the head that gives the logits")
        )
    width = max((len(name) for name, _, _ in rows), default=0)
    return [f"{name:<{width}}  {value:<19}  {origin}" for name, value, origin in rows]


def _size_lines(audit: Audit) -> list[str]:
    text = [f"output stride {audit.stride if audit.stride is not None else 'not known'}"] if audit.resizers else []
    text += [f"{size.what} {size}  {size.place}" for size in audit.crops]
    for image, keeps_ratio in audit.images:
        bound = "at most " if keeps_ratio else ""
        text.append(f"test images {bound}{image}  {image.place}{_slide(audit, image)}")
    if audit.slide is not None:
        text.append(f"test windows {audit.slide.window} every {audit.slide.step}  {audit.slide.window.place}")
    return text


def _slide(audit: Audit, image: Size) -> str:
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
    for row in deployed(align_corners):
        text.append(f"  {row.target}: {row.outcome}: {row.becomes}{'; ' + row.note if row.note else ''}")
        text.append(f"    {row.source}")
    return text


def table_lines(found: list[Audit | Failure]) -> list[str]:
    """What many configs use, which of them are inconsistent, and which could not be read."""
    audits = [one for one in found if isinstance(one, Audit)]
    kinds = Counter(one.kind for one in audits)
    text = [f"{len(found)} configs: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()), ""]
    table = uses(audits)
    by_crop = Counter()
    heads: dict[tuple, Counter] = {}
    for use, count in table.items():
        key = (str(use.align_corners), use.crop)
        by_crop[key] += count
        heads.setdefault(key, Counter())[use.head] += count
    text.append(f"{'align_corners':<14}{'crop':<11}{'configs':>7}  decode heads")
    for key in sorted(by_crop, key=lambda key: (key[0], -by_crop[key], key[1])):
        named = ", ".join(
            f"{head} {count}" for head, count in sorted(heads[key].items(), key=lambda each: (-each[1], each[0]))
        )
        text.append(f"{key[0]:<14}{key[1]:<11}{by_crop[key]:>7}  {named}")
    inconsistent = [one for one in audits if one.faults]
    text += ["", f"{len(inconsistent)} inconsistent:"]
    for one in inconsistent:
        text.append(f"  {one.file}")
        text += [f"    {remark.kind}: {remark.message}  {remark.place}" for remark in one.faults]
    failures = [one for one in found if isinstance(one, Failure)]
    text += [f"{len(failures)} could not be read:", *(f"  {one.message}" for one in failures)] if failures else []
    return text


def data(found: Audit | Failure) -> dict:
    """One answer as plain data: strings, numbers, lists and dicts."""
    if isinstance(found, Failure):
        return {"file": str(found.file), "error": found.message}
    deciding = found.deciding.align_corners if found.deciding is not None else None
    return {
        "file": str(found.file),
        "kind": found.kind,
        "consistent": not found.faults,
        "files": [str(file) for file in found.files],
        "settings": [
            {
                "path": one.path,
                "part": one.part,
                "value": one.value,
                "place": str(one.place),
                "replaced": [{"value": value, "place": str(where)} for value, where in one.replaced],
            }
            for one in found.settings
        ],
        "resizers": [
            {
                "path": one.path,
                "part": one.part,
                "type": one.type,
                "align_corners": one.align_corners,
                "set_at": None if one.setting is None else str(one.place),
            }
            for one in found.resizers
        ],
        "stride": found.stride,
        "crops": [_size(size) for size in found.crops],
        "test": {
            "align_corners": deciding,
            "window": None if found.slide is None else _size(found.slide.window),
            "step": None if found.slide is None else _size(found.slide.step),
            "images": [_size(size) | {"is_bound": keeps_ratio} for size, keeps_ratio in found.images],
        },
        "remarks": [
            {"kind": one.kind, "message": one.message, "place": str(one.place), "is_fault": one.is_fault}
            for one in found.remarks
        ],
        "deployment": [asdict(row) for row in deployed(deciding)] if isinstance(deciding, bool) else [],
    }


def _size(size: Size) -> dict:
    return {"what": size.what, "height": size.height, "width": size.width, "place": str(size.place)}
