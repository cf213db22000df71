"""Make report records of what a device made of a kit: it joins a run as a framework of its own, ``device:NAME``."""

from __future__ import annotations

import hashlib
import platform
from datetime import UTC, datetime

from halfpixel.golden.vocabulary import GREY_LEVELS, Suite
from halfpixel.probe.kit.answer import KitAnswer
from halfpixel.reports.records.record_types import DefaultCall, Finding, Record, Run

UNKNOWN_VERSION = "unknown"
"""A kit does not tell the version of what resized it: the name of the device may."""


def device_records(answer: KitAnswer, asked: bool) -> list[Record]:
    """The header of a run, what the device does, and the finding on it; ``asked`` says that a convention was given."""
    results = answer.results
    manifest = results.manifest
    sizes = sorted((file.shape[:2], file.size) for file in (one.file for one in results.results))
    run = Run(
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={answer.device: UNKNOWN_VERSION},
        python=platform.python_version(),
        platform=platform.platform(),
        cpu=platform.processor(),
        options={"kit": f"{manifest.dtype} {manifest.layout}", "frameworks": [answer.device]},
        size_pairs=len(sizes),
        pair_list_digest=hashlib.sha256(repr(sizes).encode()).hexdigest()[:16],
    )
    operation = f"{answer.device} resize ({manifest.dtype})"
    described = answer.convention or answer.nearest
    if asked:
        suite, question = Suite.CONFORMANCE, f"does {operation} do {answer.convention}?"
    else:
        suite, question = Suite.DEFAULTS, f"what does {operation} do when given nothing but a size?"
    # What agrees may be far from the exact value where it is clipped between the axes, and is no error.
    one = None if answer.verdict.is_agreement else answer.explanation
    finding = Finding(
        suite=suite,
        question=question,
        operation=operation,
        framework=answer.device,
        against=str(described) if described is not None else "every known convention",
        verdict=answer.verdict.value,
        claim=answer.convention.as_dict() if asked and answer.convention is not None else None,
        note=f"from {len(results.results)} of {len(manifest.files)} images of a kit, resized on the device",
        # Of images that span the range: a grey level is 2/255 of images in [-1, 1].
        gain=None if one is None else 2 * one.worst / GREY_LEVELS,
        grey_levels=None if one is None else one.worst,
        pairs_measured=len(results.results),
        pairs_differing=len(set(_differing(answer))),
        message="" if answer.is_yes else str(answer),
    )
    if asked:
        return [run, finding]
    default = DefaultCall(
        framework=answer.device,
        operation=operation,
        call="",
        identified=None if answer.convention is None else str(answer.convention),
        nearest=None if answer.nearest is None else str(answer.nearest),
        evidence="; ".join(answer.evidence),
        convention=None if described is None else described.as_dict(),
    )
    return [run, default, finding]


def _differing(answer: KitAnswer) -> list[str]:
    """The files that the convention does not explain, once for each channel."""
    if answer.explanation is None:
        return []
    names = [pair.name.partition(",")[0] for pair in answer.pairs]
    return [names[number] for number in answer.explanation.differing]
