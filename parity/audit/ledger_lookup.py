"""Look up the ledger entries that were measured for an operator like a node of the model."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from halfpixel.defects.catalogue import load
from halfpixel.defects.lock import LockedAnswer, load_lock, locked_frameworks, locked_versions
from halfpixel.golden.vocabulary import Suite, Verdict
from halfpixel.parity.formats.model import ResizeNode
from halfpixel.parity.formats.onnx.operators import reads_attribute, resize_attribute

_OPSETS = (10, 11, 13, 18, 19)
_ATTRIBUTES = (
    "mode",
    "coordinate_transformation_mode",
    "nearest_mode",
    "cubic_coeff_a",
    "antialias",
    "exclude_outside",
)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An entry of the ledger; ``gain`` is the worst error measured, over all sizes, for images in [-1, 1]."""

    framework: str
    version: str
    subject: str
    verdict: str
    gain: float
    factors: tuple[str, ...]
    reason: str
    link: str


def ledger_entries(node: ResizeNode) -> list[LedgerEntry]:
    """The ledger's entries of the conformance suite for the same operator with the same attributes, worst first."""
    entries = [entry for label in sorted(_labels(node)) for entry in _entries_of(label)]
    return sorted(entries, key=lambda entry: (entry.verdict != Verdict.DIVERGES, -entry.gain, entry.framework))


def _labels(node: ResizeNode) -> set[str]:
    """The names that adapters give to such an operation."""
    opset = max((opset for opset in _OPSETS if opset <= (node.opset or 0)), default=0)
    if node.op == "Upsample" or (node.op == "Resize" and opset == 10):
        name = "Upsample-9" if node.op == "Upsample" else "Resize-10"
        return {f"{name}(mode={resize_attribute(node.attributes, 'mode')})"}
    if node.op == "Resize":
        values = {name: resize_attribute(node.attributes, name) for name in _ATTRIBUTES if _is_named(node, name)}
        text = ", ".join(f"{name}={value}" for name, value in values.items())
        # Adapters whose code is the same for every opset measure the newest.
        return {f"Resize-{version}({text})" for version in {opset, _OPSETS[-1]}}
    if node.op in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"):
        flags = ", ".join(f"{name}={value}" for name, value in node.attributes.items() if value)
        return {f"{node.op}({flags})"}
    return set()


def _is_named(node: ResizeNode, name: str) -> bool:
    """Whether adapters name an attribute: flags that are on, and the others that the mode reads."""
    if name == "antialias":
        return bool(node.attributes.get(name))
    if name == "exclude_outside":
        return bool(node.attributes.get(name)) and resize_attribute(node.attributes, "mode") != "nearest"
    return reads_attribute(node.attributes, name)


@functools.cache
def _locked_answers() -> Mapping[str, tuple[tuple[str, str, LockedAnswer], ...]]:
    """The answers of the conformance suite in the newest lock of each framework, by the name of the call."""
    answers: dict[str, list[tuple[str, str, LockedAnswer]]] = {}
    for framework in locked_frameworks():
        version = locked_versions(framework)[-1]
        lock = load_lock(framework, version)
        for answer in lock.answers if lock else ():
            if answer.suite == Suite.CONFORMANCE:
                answers.setdefault(answer.call, []).append((framework, version, answer))
    return {call: tuple(listed) for call, listed in answers.items()}


@functools.cache
def _entries_of(label: str) -> tuple[LedgerEntry, ...]:
    """The entries of one label in all frameworks."""
    return tuple(_entry(*found) for found in _locked_answers().get(label, ()))


def _entry(framework: str, version: str, answer: LockedAnswer) -> LedgerEntry:
    defect = load(framework).defect(answer.defect)
    return LedgerEntry(
        framework=framework,
        version=version,
        subject=f"{framework} {answer.subject}",
        verdict=answer.verdict,
        gain=max((gain for gain in answer.gains.values() if gain is not None), default=float("inf")),
        factors=answer.causes,
        reason=defect.title if defect else "",
        link=defect.upstream if defect else "",
    )
