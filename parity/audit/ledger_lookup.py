"""Look up the ledger entries that were measured for an operator like a node of the model."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity.formats.model import ResizeNode
from halfpixel.parity.formats.onnx.operators import reads_attribute, resize_attribute

LEDGER = Path(__file__).resolve().parents[2] / "suites" / "ledger" / "known_divergences.toml"
"""Read as data: nothing of ``suites`` is imported here."""

_TABLE = "[[divergence]]"
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
    versions: str
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
def _ledger_blocks() -> tuple[str, ...]:
    """The ledger's entries on conformance, as text: to parse them all takes longer than to read most models."""
    try:
        text = LEDGER.read_text(encoding="utf-8")
    except OSError:
        return ()
    return tuple(f"{_TABLE}{block}" for block in text.split(_TABLE)[1:] if '\nsuite = "conformance"\n' in block)


@functools.cache
def _entries_of(label: str) -> tuple[LedgerEntry, ...]:
    """The entries of one label in all frameworks; only its lines are parsed."""
    end = f' {label}" = '
    entries: list[LedgerEntry] = []
    for text in _ledger_blocks():
        if end not in text:
            continue
        lines = (line for line in text.splitlines() if not line.startswith('"') or end in line)
        block = tomllib.loads("\n".join(lines))["divergence"][0]
        entries += [_entry(block, subject, gain) for subject, gain in block["gain"].items()]
    return tuple(entries)


def _entry(block: Mapping[str, Any], subject: str, gain: object) -> LedgerEntry:
    numbers = gain.values() if isinstance(gain, dict) else [gain]
    return LedgerEntry(
        framework=block["framework"],
        versions=block.get("versions", ""),
        subject=subject,
        verdict=block["verdict"],
        gain=max((float(number) for number in numbers if isinstance(number, int | float)), default=float("inf")),
        factors=tuple(block.get("attribution", ())),
        reason=block.get("reason", ""),
        link=block.get("link", ""),
    )
