"""The ledger of known divergences: reads it strictly, and says of each finding whether it is what the ledger knows."""

from __future__ import annotations

import argparse
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from adapters import operations
from probe import FACTORS, Verdict
from reports.reading import read
from reports.record import CHAPTERS, SUITES, Finding, RecordError

PATH = Path(__file__).with_name("known_divergences.toml")
_FIELDS = {"suite", "framework", "versions", "verdict", "attribution", "condition", "reason", "link", "gain"}
_RELATIVE = 2e-3
"""A measured gain may differ from the ledger's by this much, relative: three digits are written there."""


ANY = "any"
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

    def explains(self, finding: Finding) -> str:
        """Empty when the finding is what this entry says; otherwise what changed, in a few words."""
        if finding.verdict != self.verdict:
            return f"the verdict was {self.verdict} and is {finding.verdict}"
        factors = tuple(finding.attribution.factors) if finding.attribution else ()
        if set(factors) != set(self.attribution):
            return f"the attribution was {', '.join(self.attribution) or 'none'} and is {', '.join(factors) or 'none'}"
        if (self.gain is None) != (finding.gain is None):
            return f"the gain was {self.gain} and is {finding.gain}"
        allowed = _RELATIVE * (self.gain or 0) + (finding.tolerance or 0)
        if self.gain is not None and finding.gain != self.gain and not abs(finding.gain - self.gain) <= allowed:
            return f"the gain was {self.gain:.6g} and is {finding.gain:.6g}"
        return ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries, by suite, subject and size set; several where version ranges differ."""

    entries: dict[tuple[str, str, str], tuple[Entry, ...]]

    def entry(self, suite: str, subject: str, sizes: str, version: str | None) -> Entry | None:
        """The entry that applies to this version of the framework, if there is one."""
        for entry in (*self.entries.get((suite, subject, sizes), ()), *self.entries.get((suite, subject, ANY), ())):
            if version is not None and entry.versions.contains(version, prereleases=True):
                return entry
        return None

    def variants(self, suite: str, operation: str, version: str | None) -> set[str]:
        """Every ``operation [variant]`` of one operation that the suite has an entry for, at this version."""
        return {
            subject
            for (kind, subject, _), those in self.entries.items()
            if kind == suite and subject.startswith(f"{operation} [")
            for entry in those
            if version is not None and entry.versions.contains(version, prereleases=True)
        }

    def subjects(self, suite: str) -> set[str]:
        """Every subject that a suite has an entry for."""
        return {subject for kind, subject, _ in self.entries if kind == suite}


def load(path: Path = PATH) -> Ledger:
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
    return Ledger({key: tuple(those) for key, those in entries.items()})


def _entries(block: dict, where: str) -> list[Entry]:
    unknown = set(block) - _FIELDS
    missing = _FIELDS - {"condition"} - set(block)
    if unknown or missing:
        words = f"unknown {sorted(unknown)}" if unknown else f"missing {sorted(missing)}"
        raise LedgerError(f"{where}: {words}; allowed: {', '.join(sorted(_FIELDS))}")
    if block["suite"] not in SUITES:
        raise LedgerError(f"{where}: unknown suite {block['suite']!r}; allowed: {', '.join(SUITES)}")
    if block["verdict"] not in list(Verdict):
        raise LedgerError(f"{where}: unknown verdict {block['verdict']!r}; allowed: {', '.join(Verdict)}")
    odd = [factor for factor in block["attribution"] if factor not in FACTORS]
    if odd:
        raise LedgerError(f"{where}: unknown attribution {odd[0]!r}; allowed: {', '.join(FACTORS)}")
    if not block["reason"].strip() or not block["link"].strip():
        raise LedgerError(f"{where}: reason and link must say something (link: an address, or 'no thread found')")
    try:
        versions = SpecifierSet(block["versions"])
    except InvalidSpecifier:
        raise LedgerError(f"{where}: {block['versions']!r} is no version range such as '>=2.13,<2.14'") from None
    found = []
    for subject, gains in block["gain"].items():
        for sizes, gain in (gains if isinstance(gains, dict) else {ANY: gains}).items():
            value = None if gain == "none" else float(gain)
            found.append(
                Entry(
                    block["suite"],
                    subject,
                    sizes,
                    block["framework"],
                    versions,
                    block["verdict"],
                    tuple(block["attribution"]),
                    value,
                    block["reason"].strip(),
                    block["link"].strip(),
                )
            )
    return found


def draft(findings_by_sizes: dict[str, list[Finding]], versions: dict[str, str | None]) -> str:
    """TOML for every finding that is no agreement, grouped by what they share; reason and link are left to write."""
    groups: dict[tuple, dict[str, dict[str, str]]] = {}
    dear = {operation.id for operation in operations() if operation.cost}
    for sizes, findings in findings_by_sizes.items():
        for finding in findings:
            if finding.verdict in ("exact", "agrees", "not installed") or _is_known(finding):
                continue
            if finding.verdict == "unsupported" and finding.suite in CHAPTERS:
                continue
            factors = tuple(finding.attribution.factors) if finding.attribution else ()
            key = (finding.suite, finding.framework, finding.verdict, factors)
            gain = '"none"' if finding.gain is None else f"{finding.gain:.4g}"
            kind = ANY if finding.suite in CHAPTERS or finding.operation in dear else sizes
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
            lines.append(f'"{subject}" = {gains.get(ANY, f"{{ {inner} }}")}')
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _is_known(finding: Finding) -> bool:
    return finding.ledger is not None and finding.ledger.status == "known"


def main(arguments: list[str] | None = None) -> int:
    """``python -m suites.ledger RESULTS.jsonl ...``: print a draft of what the ledger does not know yet."""
    parser = argparse.ArgumentParser(prog="python -m suites.ledger", description=main.__doc__)
    parser.add_argument("results", nargs="+", help="results.jsonl of runs, one for each size set")
    options = parser.parse_args(arguments)
    findings: dict[str, list[Finding]] = {}
    versions: dict[str, str | None] = {}
    try:
        for path in options.results:
            run, *records = read(path)
            versions |= run.versions
            findings.setdefault(str(run.options["sizes"]), []).extend(r for r in records if isinstance(r, Finding))
    except (OSError, RecordError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(draft(findings, versions), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
