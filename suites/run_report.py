"""Collect the records of a run and write its report: the run's state, the pytest plugin that writes, the header."""

from __future__ import annotations

import hashlib
import platform
import shutil
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import xml_key  # pytest has no public way to say something of a whole session

from halfpixel.defects.catalogue import Defect
from halfpixel.golden.vocabulary import NOT_MEASURED, Verdict
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.reports.page.report_page import write_html
from halfpixel.reports.records import json_lines
from halfpixel.reports.records.record_types import Finding, KnownDefect, Record, RecordError, Run
from halfpixel.reports.sections.translations import deduplicated
from halfpixel.reports.text.terminal import summary_lines
from halfpixel.suites.journal import NAME, Entry, Journal
from halfpixel.suites.ledger.outcomes import Ledger, Question, question_of
from halfpixel.suites.progress import Progress, suite_of


@dataclass
class SuiteRun:
    """What one pytest process knows of the run; the controller's also collects every record."""

    frameworks: tuple[str, ...]
    in_chapters: tuple[str, ...]
    sizes: str
    report: Path
    ledger: Ledger
    store: Store
    versions: dict[str, str | None]
    started: str
    progress: Progress
    records: list[Record] = field(default_factory=list)
    earlier: list[Entry] = field(default_factory=list)
    answered_before: frozenset[str] = frozenset()


RECORDED = sorted({field.name for field in fields(Defect)} & {field.name for field in fields(KnownDefect)})
"""The fields that a record takes of an entry as they are."""

RUN = pytest.StashKey[SuiteRun]()


class Collector:
    """Gathers records in the controller, keeps them as they come, and writes the report when all is done."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.written: Path | None = None
        self.problem = ""
        self.journal: Journal | None = None
        self._outcomes: dict[str, Entry] = {}
        run = config.stash[RUN]
        run.records += [json_lines.from_dict(record) for entry in run.earlier for record in entry["records"]]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the records that came with a test; keep them once it has come to its end."""
        records: list[dict[str, Any]] = getattr(report, "halfpixel_records", [])
        self.config.stash[RUN].records += map(json_lines.from_dict, records)
        if not suite_of(report.nodeid):
            return
        entry = self._outcomes.setdefault(report.nodeid, {"passed": True, "records": []})
        entry["passed"] &= not report.failed
        entry["records"] += records
        if report.when == "teardown":
            self._keep(report.nodeid, self._outcomes.pop(report.nodeid))

    def _keep(self, test: str, entry: Entry) -> None:
        run = self.config.stash[RUN]
        try:
            if self.journal is None:
                self.journal = Journal(run.report, run_header(run), run.earlier)
            self.journal.answered(test, entry["passed"], entry["records"])
        except BlockingIOError:
            pytest.exit(f"another run writes its report to {run.report}: --report DIR chooses another folder", 2)
        except OSError as error:
            # The records are in memory, too: the report says at its end whether they could be written.
            self.problem = f"{run.report / NAME} could not be written: {error.strerror}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report; a run that measured nothing it was asked to measure has failed.

        A run that did not ask everything, or whose report could not be written, ends with the status 2.
        """
        run = self.config.stash[RUN]
        shutil.rmtree(run.store.folder, ignore_errors=True)
        findings = [record for record in run.records if isinstance(record, Finding)]
        is_whole, is_written = not run.progress.cut_short, True
        if run.records or run.progress.keeps:
            # A shard of few tests may well have none that measures: merging the shards tells.
            if findings and not run.progress.is_one and all(finding.verdict in NOT_MEASURED for finding in findings):
                self.problem = "nothing was measured: whatever was asked is not installed, refuses or fails"
            try:
                self._write(run)
            except (OSError, RecordError) as error:
                is_written = False
                self.problem = f"the report was not written: {error}"
                if self.journal is not None:
                    self.problem += f"; what was answered is in {self.journal.path}"
        if self.journal is not None:
            self.journal.end(is_whole and is_written)
        if not (is_whole and is_written):
            session.exitstatus = pytest.ExitCode.INTERRUPTED
        elif run.answered_before and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            # All had been answered before; only the report was missing.
            session.exitstatus = pytest.ExitCode.OK
        elif self.problem and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, run: SuiteRun) -> None:
        header = run_header(run)
        records = [header, *sorted(deduplicated(run.records), key=_order), *known_defects(run)]
        json_lines.write(run.report / "results.jsonl", records)
        self.written = run.report / "results.jsonl"
        write_html(run.report / "index.html", records)
        self.written = run.report / "index.html"
        junit = self.config.stash.get(xml_key, None)
        if junit is not None and header.shortfall:
            junit.add_global_property("cut short", header.shortfall)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What was measured, what is new, where the page is."""
        run = self.config.stash[RUN]
        if run.records:
            terminalreporter.section("halfpixel")
            records = [run_header(run), *deduplicated(run.records), *known_defects(run)]
            for line in summary_lines(records, terminalreporter._tw.fullwidth, self.written):
                terminalreporter.write_line(line)
        if self.problem:
            terminalreporter.write_line(f"ERROR: {self.problem}", red=True)


def known_defects(run: SuiteRun) -> list[KnownDefect]:
    """The entries of the catalogues of the frameworks that were measured, worst first."""
    asked: dict[str, list[Question]] = {}
    for record in run.records:
        if isinstance(record, Finding) and record.verdict != Verdict.NOT_INSTALLED:
            questions = asked.setdefault(record.framework, [])
            # A call that is refused was not asked: nothing is known of its defects.
            if record.ledger or record.verdict not in NOT_MEASURED:
                questions.append(question_of(record))
    return [
        KnownDefect(
            framework=framework,
            version=run.versions[framework] or "",
            project=catalogue.project,
            tracker=catalogue.tracker,
            security=catalogue.security,
            fixed=defect.is_fixed(run.versions[framework] or ""),
            asked=any(map(defect.asks, asked[framework])),
            since=defect.since,
            **{name: getattr(defect, name) for name in RECORDED},
        )
        for framework, catalogue in run.ledger.catalogues.items()
        if framework in asked
        for defect in catalogue.defects
    ]


def run_header(run: SuiteRun) -> Run:
    """The header of this run's records."""
    pairs = run.store.sizes.pairs
    return Run(
        started=run.started,
        versions=run.versions,
        python=platform.python_version(),
        platform=platform.platform(),
        cpu=_cpu(),
        options={
            "sizes": run.sizes,
            "frameworks": list(run.frameworks),
            "chapters_of": list(run.in_chapters),
            "locked": sorted(run.ledger.locks),
            **run.progress.options,
        },
        size_pairs=len(pairs),
        pair_list_digest=hashlib.sha256(repr(pairs).encode()).hexdigest()[:16],
        tests=len(run.progress.questions),
        tests_ended=len(run.progress.questions & run.progress.ended),
        not_answered=run.progress.not_answered,
        cut_short=run.progress.cut_short,
    )


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _order(record: Record) -> tuple[str, str]:
    names = (getattr(record, name, "") for name in ("question", "operation", "a", "name", "scene"))
    return record.type, next(filter(None, names), "")
