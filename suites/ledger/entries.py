"""Read the ledger of known divergences strictly, and compare findings with its entries."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from halfpixel.adapters import operations
from halfpixel.golden.vocabulary import AGREEMENT, VARIANT_SUITES, Cause, LedgerState, Suite, Verdict
from halfpixel.reports.records.record_types import Finding

LEDGER_PATH = Path(__file__).with_name("known_divergences.toml")
_FIELDS = {"suite", "framework", "versions", "verdict", "attribution", "condition", "reason", "link", "gain"}
_GAIN_TOLERANCE = 2e-3
"""A measured gain may differ from the ledger's by this much, relative: three digits are written there."""


ANY_SIZE_SET = "any"
"""Stands for the size set where a suite does not depend on it."""


class LedgerError(Exception):
    """The ledger cannot be used; the message is one line that names the entry and the fault."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known to diverge: one operation (or variant of one, claim, or pair of defaults) at one size set.

    ``sizes`` is ``any`` for suites that do not depend on the size set. ``gain`` is the measured worst case, for images
    in [-1, 1] except where the finding says another unit; ``None`` where nothing could be measured.
    """

    suite: str
    subject: str
    sizes: str
    framework: str
    versions: SpecifierSet
    verdict: str
    attribution: tuple[str, ...]
    gain: float | None
    reason: str
    link: str

    def applies_to(self, version: str | None) -> bool:
        """Whether it is about this version of the framework."""
        return version is not None and self.versions.contains(version, prereleases=True)

    def change(self, finding: Finding) -> str:
        """What changed since the entry was written, in a few words; empty when the finding is what it says."""
        if finding.verdict != self.verdict:
            return f"the verdict was {self.verdict} and is {finding.verdict}"
        if set(finding.factors) != set(self.attribution):
            before, after = (", ".join(factors) or "none" for factors in (self.attribution, finding.factors))
            return f"the attribution was {before} and is {after}"
        if self.gain is None or finding.gain is None:
            return "" if self.gain == finding.gain else f"the gain was {self.gain} and is {finding.gain}"
        allowed = _GAIN_TOLERANCE * self.gain + (finding.tolerance or 0)
        # An infinite gain equals itself, and has no distance.
        if finding.gain == self.gain or abs(finding.gain - self.gain) <= allowed:
            return ""
        return f"the gain was {self.gain:.6g} and is {finding.gain:.6g}"


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries, by suite, subject and size set; several where version ranges differ."""

    entries: dict[tuple[str, str, str], tuple[Entry, ...]]

    def entry(self, suite: str, subject: str, sizes: str, version: str | None) -> Entry | None:
        """The entry that applies to this version of the framework, if there is one."""
        entries = (entry for kind in (sizes, ANY_SIZE_SET) for entry in self.entries.get((suite, subject, kind), ()))
        return next((entry for entry in entries if entry.applies_to(version)), None)

    def variants(self, suite: str, operation: str, version: str | None) -> set[str]:
        """Every ``operation [variant]`` of one operation that the suite has an entry for, at this version."""
        return {
            subject
            for (kind, subject, _), entries in self.entries.items()
            if kind == suite
            and subject.startswith(f"{operation} [")
            and any(entry.applies_to(version) for entry in entries)
        }

    def subjects(self, suite: str) -> set[str]:
        """Every subject that a suite has an entry for."""
        return {subject for kind, subject, _ in self.entries if kind == suite}


def load(path: Path = LEDGER_PATH) -> Ledger:
    """Read the ledger; :class:`LedgerError` for a file that is unreadable or an entry that is not complete."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LedgerError(f"ledger {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LedgerError(f"ledger {path}: {error}") from None
    entries: dict[tuple[str, str, str], list[Entry]] = {}
    blocks = raw.pop("divergence", [])
    if raw or not isinstance(blocks, list):
        raise LedgerError(f"ledger {path}: only [[divergence]] tables are allowed, not {', '.join(raw) or 'a value'}")
    for number, block in enumerate(blocks, start=1):
        for entry in _entries(block, f"ledger {path}: divergence {number}"):
            entries.setdefault((entry.suite, entry.subject, entry.sizes), []).append(entry)
    return Ledger({key: tuple(listed) for key, listed in entries.items()})


def _entries(block: dict[str, Any], where: str) -> list[Entry]:
    unknown = set(block) - _FIELDS
    missing = _FIELDS - {"condition"} - set(block)
    if unknown or missing:
        words = f"unknown {sorted(unknown)}" if unknown else f"missing {sorted(missing)}"
        raise LedgerError(f"{where}: {words}; allowed: {', '.join(sorted(_FIELDS))}")
    listed = [("suite", block["suite"], Suite), ("verdict", block["verdict"], Verdict)]
    for name, value, allowed in (*listed, *(("attribution", factor, Cause) for factor in block["attribution"])):
        if value not in tuple(allowed):
            raise LedgerError(f"{where}: unknown {name} {value!r}; allowed: {', '.join(allowed)}")
    if not block["reason"].strip() or not block["link"].strip():
        raise LedgerError(f"{where}: reason and link must say something (link: an address, or 'no thread found')")
    try:
        versions = SpecifierSet(block["versions"])
    except InvalidSpecifier:
        raise LedgerError(f"{where}: {block['versions']!r} is no version range such as '>=2.13,<2.14'") from None
    return [
        Entry(
            suite=block["suite"],
            subject=subject,
            sizes=sizes,
            framework=block["framework"],
            versions=versions,
            verdict=block["verdict"],
            attribution=tuple(block["attribution"]),
            gain=None if gain == "none" else float(gain),
            reason=block["reason"].strip(),
            link=block["link"].strip(),
        )
        for subject, gains in block["gain"].items()
        for sizes, gain in (gains if isinstance(gains, dict) else {ANY_SIZE_SET: gains}).items()
    ]


def draft(findings_by_sizes: dict[str, list[Finding]], versions: dict[str, str | None]) -> str:
    """TOML for every finding that is no agreement, grouped by what they share; reason and link are left to write."""
    groups: dict[tuple[str, str, str, tuple[str, ...]], dict[str, dict[str, str]]] = {}
    costly = {operation.id for operation in operations() if operation.cost}
    for sizes, findings in findings_by_sizes.items():
        for finding in filter(_needs_entry, findings):
            key = (finding.suite, finding.framework, finding.verdict, finding.factors)
            gain = '"none"' if finding.gain is None else f"{finding.gain:.4g}"
            kind = ANY_SIZE_SET if finding.suite in VARIANT_SUITES or finding.operation in costly else sizes
            groups.setdefault(key, {}).setdefault(finding.subject, {})[kind] = gain
    blocks = []
    for (suite, framework, verdict, factors), subjects in sorted(groups.items()):
        # What follows a plus says how a release was built, not which it is.
        version = (versions.get(framework) or "").partition("+")[0]
        lines = ["[[divergence]]", f'suite = "{suite}"', f'framework = "{framework}"']
        lines.append(f'versions = "=={version}"' if version else 'versions = ""')
        lines.append(f'verdict = "{verdict}"')
        lines.append("attribution = [" + ", ".join(f'"{factor}"' for factor in factors) + "]")
        lines += ['reason = ""', 'link = ""', "[divergence.gain]"]
        for subject, gains in subjects.items():
            inner = ", ".join(f"{sizes} = {gain}" for sizes, gain in gains.items())
            lines.append(f'"{subject}" = {gains.get(ANY_SIZE_SET, f"{{ {inner} }}")}')
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _needs_entry(finding: Finding) -> bool:
    if finding.verdict in (*AGREEMENT, Verdict.NOT_INSTALLED) or finding.ledger_state == LedgerState.KNOWN:
        return False
    return finding.verdict != Verdict.UNSUPPORTED or finding.suite not in VARIANT_SUITES
