"""What the ledger of known divergences has measured of operations like those of a model."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from parity.resizes import ResizeNode

LEDGER = Path(__file__).resolve().parent.parent / "suites" / "known_divergences.toml"
"""Read as the data that it is; nothing of ``suites`` is imported here."""

_TABLE = "[[divergence]]"
_OPSETS = (10, 11, 13, 18, 19)
_FLAGS = ("mode", "coordinate_transformation_mode", "nearest_mode", "cubic_coeff_a", "antialias", "exclude_outside")


@dataclass(frozen=True, slots=True)
class Measured:
    """An entry of the ledger; ``gain`` is the worst error measured, over all sizes, for images in [-1, 1]."""

    framework: str
    versions: str
    subject: str
    verdict: str
    gain: float
    factors: tuple[str, ...]
    reason: str
    link: str


def measured(node: ResizeNode) -> list[Measured]:
    """The ledger's entries of the conformance suite for the same operator with the same attributes, worst first."""
    labels = _labels(node)
    found = [one for label in sorted(labels) for one in _entries(label)]
    return sorted(found, key=lambda one: (one.verdict != "diverges", -one.gain, one.framework))


def _labels(node: ResizeNode) -> set[str]:
    """The names that adapters give to such an operation; those of an engine apart are left out."""
    opset = max((one for one in _OPSETS if one <= (node.opset or 0)), default=0)
    if node.op == "Upsample" or (node.op == "Resize" and opset == 10):
        name = "Upsample-9" if node.op == "Upsample" else "Resize-10"
        return {f"{name}(mode={node.attributes.get('mode', 'nearest')})"}
    if node.op == "Resize":
        # Those that run one code for every opset are asked at the newest.
        return {f"Resize-{one}({_attributes(node)})" for one in {opset, _OPSETS[-1]}}
    if node.op in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"):
        flags = ", ".join(f"{name}={value}" for name, value in node.attributes.items() if value)
        return {f"{node.op}({flags})"}
    return set()


def _attributes(node: ResizeNode) -> str:
    mode = str(node.attributes.get("mode", "nearest"))
    values = {
        "mode": mode,
        "coordinate_transformation_mode": node.attributes.get("coordinate_transformation_mode", "half_pixel"),
        "nearest_mode": node.attributes.get("nearest_mode", "round_prefer_floor") if mode == "nearest" else None,
        "cubic_coeff_a": node.attributes.get("cubic_coeff_a", -0.75) if mode == "cubic" else None,
        "antialias": node.attributes.get("antialias") or None,
        "exclude_outside": (node.attributes.get("exclude_outside") or None) if mode != "nearest" else None,
    }
    return ", ".join(f"{name}={values[name]}" for name in _FLAGS if values[name] is not None)


@functools.cache
def _blocks() -> tuple[str, ...]:
    """The ledger's entries on conformance, as text: to parse them all takes longer than to read most models."""
    try:
        text = LEDGER.read_text(encoding="utf-8")
    except OSError:
        return ()
    return tuple(f"{_TABLE}{one}" for one in text.split(_TABLE)[1:] if '\nsuite = "conformance"\n' in one)


@functools.cache
def _entries(label: str) -> tuple[Measured, ...]:
    """Those of the subjects of that label, whatever the framework; only their lines are parsed."""
    end = f' {label}" = '
    found = []
    for text in _blocks():
        if end not in text:
            continue
        lines = (line for line in text.splitlines() if not line.startswith('"') or end in line)
        block = tomllib.loads("\n".join(lines))["divergence"][0]
        found += [_entry(block, subject, gain) for subject, gain in block["gain"].items()]
    return tuple(found)


def _entry(block: dict, subject: str, gain: object) -> Measured:
    numbers = gain.values() if isinstance(gain, dict) else [gain]
    return Measured(
        framework=block["framework"],
        versions=block.get("versions", ""),
        subject=subject,
        verdict=block["verdict"],
        gain=max((float(one) for one in numbers if isinstance(one, int | float)), default=float("inf")),
        factors=tuple(block.get("attribution", ())),
        reason=block.get("reason", ""),
        link=block.get("link", ""),
    )
