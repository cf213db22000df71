"""Options, fixtures, and the hooks that hand each test's findings to the ledger and to the report."""

from __future__ import annotations

import datetime
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

import adapters
from parity import exporters
from parity.exporters.source import found as exported_calls
from probe import SIZE_SETS
from probe.classes import claims
from probe.observation import NOT_HERE
from probe.store import Store
from reports import record
from reports.html import write_html
from reports.terminal import summary_lines
from reports.translations import distinct
from suites.ledger import PATH as LEDGER
from suites.ledger import Ledger, LedgerError, load
from suites.questions import BETWEEN, default_pairs

SUITES = Path(__file__).parent / "suites"
ORDER = (
    *("meta", "conformance", "structure", *record.CHAPTERS, "claims", "segmentation"),
    *("defaults", "agreement", "translation"),
)
"""Agreement, defaults and translation read what conformance measured, so they come after it."""


@dataclass
class RunState:
    """What one pytest process knows of the run; the controller's also collects every record."""

    frameworks: tuple[str, ...]
    in_chapters: tuple[str, ...]
    sizes: str
    report: Path
    ledger: Ledger
    store: Store
    versions: dict[str, str | None]
    started: str
    records: list[record.Record] = field(default_factory=list)


STATE = pytest.StashKey[RunState]()
RECORDS = pytest.StashKey[list]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is measured, with what and where it is told; and for ``suites/parity``, a model to ask about."""
    group = parser.getgroup("halfpixel")
    group.addoption("--frameworks", metavar="NAMES", help="comma-separated; all that are installed by default")
    group.addoption("--without", metavar="NAMES", help="comma-separated; frameworks not to ask about")
    group.addoption("--chapters-of", metavar="NAMES", help="frameworks that the suites of variants ask; by default all")
    group.addoption("--sizes", default="quick", help=f"which pairs of sizes: {', '.join(SIZE_SETS)}")
    group.addoption("--ledger", metavar="FILE", default=LEDGER, help="the ledger of known divergences")
    group.addoption("--report", metavar="DIR", default="reports/latest", help="where results.jsonl and index.html go")
    group.addoption("--compiled", action="store_true", help="ask paths that compile for seconds a call, too")
    group.addoption("--exports", action="store_true", help="ask what exporters make of each call, in suites/parity")
    group.addoption("--mmseg-config", metavar="FILE", nargs="+", help="configs of mmsegmentation, for suites/configs")
    group.addoption("--model", metavar="FILE", help="a model of your own, for suites/parity")
    group.addoption("--against", metavar="NAMES", help="for --model: runtimes, comma-separated; by default all of them")
    group.addoption("--input", metavar="FILE", action="append", help="for --model: .npy, .npz or image; NAME=FILE")
    group.addoption("--shape", metavar="NAME=1,3,512,512", action="append", help="for --model: fixes an input")
    group.addoption("--reference", metavar="FILE", help="for --model: the original, .pt2, SavedModel, .onnx or .tflite")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what cannot be run before anything is run, in one line."""
    # Read when a framework loads: images here are small, and pools inside each worker would only contend.
    for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(variable, "1")
    worker = getattr(config, "workerinput", None)
    sizes = config.getoption("--sizes")
    if sizes not in SIZE_SETS:
        raise pytest.UsageError(f"unknown sizes {sizes!r}; allowed: {', '.join(SIZE_SETS)}")
    versions = _versions(config.getoption("--frameworks"), config.getoption("--without"))
    frameworks = tuple(name for name, version in versions.items() if version is not None)
    named = _names("--chapters-of", config.getoption("--chapters-of"), versions)
    in_chapters = tuple(name for name in frameworks if name in (named or frameworks))
    try:
        ledger = load(Path(config.getoption("--ledger")))
        _refuse_orphans(ledger)
    except LedgerError as error:
        raise pytest.UsageError(str(error)) from None
    report = Path(config.getoption("--report"))
    folder = Path(worker["halfpixel_folder"]) if worker else Path(tempfile.mkdtemp(prefix="halfpixel-"))
    started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    store = Store(folder, SIZE_SETS[sizes])
    config.stash[STATE] = RunState(frameworks, in_chapters, sizes, report, ledger, store, versions, started)


def _versions(named: str | None, left_out: str | None) -> dict[str, str | None]:
    """What is asked about, and its version: the frameworks named, or all but those left out; ``None`` where absent."""
    known = adapters.frameworks()
    chosen, dropped = _names("--frameworks", named, known), _names("--without", left_out, known)
    for name in chosen:
        if known[name].version is None:
            package = known[name].distributions[0]
            raise pytest.UsageError(f"framework {name!r} is not installed; install it with: pip install {package}")
    asked = [name for name in chosen or known if name not in dropped]
    if not asked:
        raise pytest.UsageError("--without leaves no framework to ask")
    return {name: known[name].version for name in asked}


def _names(option: str, text: str | None, known: Iterable[str]) -> tuple[str, ...]:
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise pytest.UsageError(f"{option} names none; allowed: {', '.join(known)}")
    for name in names:
        if name not in known:
            raise pytest.UsageError(f"unknown framework {name!r}; allowed: {', '.join(known)}")
    return names


def _refuse_orphans(ledger: Ledger) -> None:
    """Every entry must name a question that exists."""
    operations = adapters.operations()
    known = {operation.id for operation in operations}
    subjects = {
        "conformance": known,
        "structure": known,
        "agreement": set(claims(operations)),
        "defaults": {f"{a.id} | {b.id}" for a, b in default_pairs(operations)},
    }
    others = (adapters.integer_operations, adapters.scaled_operations, adapters.ranked_operations)
    asked = known | {call.id for listed in others for call in listed()}
    for suite in record.SUITES:
        named = {subject: subject for subject in ledger.subjects(suite)}
        if suite in record.CHAPTERS:
            named = {subject: subject.rpartition(" [")[0] for subject in named}
        orphans = sorted(subject for subject, name in named.items() if name not in subjects.get(suite, asked))
        if orphans:
            raise LedgerError(f"ledger: {suite} entry matches nothing: {orphans[0]!r}")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Tell each xdist worker where measurements are shared."""
    node.workerinput["halfpixel_folder"] = str(node.config.stash[STATE].store.folder)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test an operation, a claim, or a pair of defaults, of the frameworks asked for."""
    state = metafunc.config.stash[STATE]
    frameworks = state.in_chapters if _suite(metafunc.definition) in record.CHAPTERS else state.frameworks
    operations = [operation for name in frameworks for operation in adapters.operations(name)]
    if "claimed_operation" in metafunc.fixturenames:
        # Operations with one claim side by side: the exact matrices they are held against are then made once.
        chosen = sorted(
            (operation for operation in operations if operation.claim is not None),
            key=lambda operation: (operation.framework, str(operation.claim), operation.id),
        )
        metafunc.parametrize("claimed_operation", chosen, ids=[operation.id for operation in chosen])
    if "operation" in metafunc.fixturenames:
        metafunc.parametrize("operation", operations, ids=[operation.id for operation in operations])
    for fixture, listed in (
        ("scaled_operation", adapters.scaled_operations),
        ("ranked_operation", adapters.ranked_operations),
        ("integer_operation", adapters.integer_operations),
    ):
        if fixture in metafunc.fixturenames:
            chosen = [call for name in frameworks for call in listed(name)]
            metafunc.parametrize(fixture, chosen, ids=[call.id for call in chosen])
    if "translated_operation" in metafunc.fixturenames:
        chosen = [*operations, *(call for name in state.frameworks for call in adapters.integer_operations(name))]
        metafunc.parametrize("translated_operation", chosen, ids=[call.id for call in chosen])
    asked = metafunc.config.getoption("--exports")
    sources = [name for name in state.frameworks if exporters.of(name)] if asked else []
    if "export_source" in metafunc.fixturenames:
        metafunc.parametrize("export_source", sources)
    if "exported_operation" in metafunc.fixturenames:
        chosen = [call for name in sources for call in exported_calls(name).values()]
        metafunc.parametrize("exported_operation", chosen, ids=[call.id for call in chosen])
    if "absent_framework" in metafunc.fixturenames:
        absent = [name for name, version in state.versions.items() if version is None]
        metafunc.parametrize("absent_framework", absent)
    if "shared_claim" in metafunc.fixturenames:
        shared = claims(operations)
        metafunc.parametrize("shared_claim", list(shared.items()), ids=list(shared))
    if "default_operation" in metafunc.fixturenames:
        defaults = [operation for operation in operations if operation.is_default]
        metafunc.parametrize("default_operation", defaults, ids=[operation.id for operation in defaults])
    if "default_pair" in metafunc.fixturenames:
        pairs = default_pairs(operations)
        metafunc.parametrize("default_pair", pairs, ids=[f"{a.id} | {b.id}" for a, b in pairs])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measurements first, comparisons of them last; otherwise in the order collected."""

    items.sort(key=lambda item: ORDER.index(_suite(item)) if _suite(item) in ORDER else len(ORDER))


def _suite(item: pytest.Item) -> str:
    """The folder of ``suites/`` that it is in, or nothing."""
    return item.path.relative_to(SUITES).parts[0] if item.path.is_relative_to(SUITES) else ""


@pytest.fixture(scope="session")
def store(request: pytest.FixtureRequest) -> Store:
    """Measurements of this run, shared between processes."""
    return request.config.stash[STATE].store


@pytest.fixture(scope="session")
def chosen_operations(request: pytest.FixtureRequest) -> list[adapters.Operation]:
    """Every operation of the frameworks asked for that are installed."""
    state = request.config.stash[STATE]
    names = [name for name in state.frameworks if state.versions[name] is not None]
    return [operation for name in names for operation in adapters.operations(name)]


@pytest.fixture
def keep(request: pytest.FixtureRequest):
    """``keep(record)``: put a record in the report."""
    return request.node.stash.setdefault(RECORDS, []).append


@pytest.fixture
def settle(request: pytest.FixtureRequest, keep):
    """``settle(finding, ...)``: record the findings of one question and end the test as the ledger says.

    Agreement passes, unless the ledger says that there is none any more. A known divergence is an expected failure. A
    new or changed one fails with its message. A framework that is not installed is skipped, and recorded as that. A
    variant that the framework refuses is recorded with its message, and is neither; the test is skipped when all are.
    ``left_out`` are variants that this run does not ask, and of which the ledger may therefore speak. ``follows`` says
    of what is known already a disagreement between operations is the consequence, where it is: it needs no entry then.
    """
    state = request.config.stash[STATE]

    def settled(*findings: record.Finding, left_out: Iterable[str] = (), follows: str = "") -> None:
        outcomes = [_outcome(state, finding, follows) for finding in findings]
        for _, finding, _ in outcomes:
            keep(finding)
        failures = [text for end, _, text in outcomes if end == "fail"]
        failures += _orphans(state, findings, set(left_out))
        if failures:
            pytest.fail("\n\n".join(failures), pytrace=False)
        known = [text for end, _, text in outcomes if end == "xfail"]
        if known:
            pytest.xfail("; ".join(dict.fromkeys(known)))
        if all(end == "skip" for end, _, _ in outcomes):
            pytest.skip("; ".join(dict.fromkeys(text for _, _, text in outcomes)) or "nothing to ask")

    return settled


def _outcome(state: RunState, finding: record.Finding, follows: str) -> tuple[str, record.Finding, str]:
    """How a finding ends its test (pass, skip, xfail, fail), the finding with the ledger's word, and what to say."""
    version = "0" if finding.framework == BETWEEN else state.versions[finding.framework]
    entry = state.ledger.entry(finding.suite, finding.subject, state.sizes, version)
    if finding.verdict == "not installed":
        return "skip", finding, f"{finding.framework} is not installed"
    is_here = finding.headline != NOT_HERE
    if finding.verdict == "unsupported" and finding.suite in record.CHAPTERS and (entry is None or not is_here):
        return "skip", finding, f"{finding.subject}: refused: {finding.refused.message}"
    if finding.verdict in record.AGREEMENT:
        if entry is None:
            return "pass", finding, ""
        reason = f"the ledger says {entry.verdict} with gain {entry.gain}, and it agrees now"
        stale = record.Ledger(status="stale", reason=reason, link=_link(entry.link))
        return "fail", replace(finding, ledger=stale), f"{finding.subject}: {reason}; remove its entry from the ledger"
    if follows and entry is None:
        return "xfail", replace(finding, ledger=record.Ledger(status="known", reason=follows)), follows
    changed = entry.explains(finding) if entry is not None else None
    if changed == "":
        known = record.Ledger(status="known", reason=entry.reason, link=_link(entry.link))
        return "xfail", replace(finding, ledger=known), f"{entry.reason} ({entry.link})"
    if changed:
        stale = record.Ledger(status="stale", reason=changed, link=_link(entry.link))
        return "fail", replace(finding, ledger=stale), f"the ledger no longer holds: {changed}\n{_told(finding)}"
    new = replace(finding, ledger=record.Ledger(status="new"))
    return "fail", new, f"a divergence that the ledger does not know\n{_told(finding)}"


def _told(finding: record.Finding) -> str:
    """The message of a finding, its reproduction included."""
    if not finding.reproduction or "reproduce with:" in finding.message:
        return finding.message
    lines = [f"    {line}" for line in finding.reproduction.rstrip().splitlines()]
    return "\n".join([finding.message, "reproduce with:", *lines])


def _orphans(state: RunState, findings: tuple[record.Finding, ...], left_out: set[str]) -> list[str]:
    """What the ledger says of variants of these operations that were neither among the findings nor left out."""
    asked = {finding.subject for finding in findings}
    asked |= {f"{finding.operation} [{variant}]" for finding in findings for variant in left_out}
    about = {(finding.suite, finding.operation, finding.framework) for finding in findings}
    return [
        f"ledger: {suite} entry matches nothing: {subject!r}"
        for suite, operation, framework in sorted(about)
        if suite in record.CHAPTERS
        for subject in sorted(state.ledger.variants(suite, operation, state.versions.get(framework)) - asked)
    ]


def _link(text: str) -> str:
    return text if text.startswith(("https://", "http://")) else ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Attach the test's records to its report, which xdist carries to the controller."""
    report = yield
    if call.when == "call":
        report.halfpixel_records = [record.to_dict(one) for one in item.stash.get(RECORDS, [])]
    return report


class Collector:
    """Gathers records in the controller, and writes the report when all is done."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.written: Path | None = None
        self.problem = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the records that came with a test."""
        self.config.stash[STATE].records += map(record.from_dict, getattr(report, "halfpixel_records", ()))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report; a run that measured nothing it was asked to measure has failed."""
        state = self.config.stash[STATE]
        shutil.rmtree(state.store.folder, ignore_errors=True)
        findings = [one for one in state.records if isinstance(one, record.Finding)]
        if not state.records:
            return
        if findings and all(one.verdict in record.NOT_MEASURED for one in findings):
            self.problem = "nothing was measured: whatever was asked is not installed, refuses or fails"
        try:
            self._write(state)
        except (OSError, record.RecordError) as error:
            self.problem = f"the report was not written: {error}"
        if self.problem and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, state: RunState) -> None:
        records = [run_header(state), *sorted(distinct(state.records), key=_order)]
        record.write(state.report / "results.jsonl", records)
        write_html(state.report / "index.html", records)
        self.written = state.report / "index.html"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What was measured, what is new, where the page is."""
        state = self.config.stash[STATE]
        if state.records:
            terminalreporter.section("halfpixel")
            records = [run_header(state), *distinct(state.records)]
            for line in summary_lines(records, terminalreporter._tw.fullwidth, self.written):
                terminalreporter.write_line(line)
        if self.problem:
            terminalreporter.write_line(f"ERROR: {self.problem}", red=True)


def run_header(state: RunState) -> record.Run:
    """The header of this run's records."""
    pairs = state.store.sizes.pairs
    return record.Run(
        started=state.started,
        versions=state.versions,
        python=platform.python_version(),
        platform=platform.platform(),
        cpu=_cpu(),
        options={
            "sizes": state.sizes,
            "frameworks": list(state.frameworks),
            "chapters_of": list(state.in_chapters),
        },
        size_pairs=len(pairs),
        pair_list_digest=hashlib.sha256(repr(pairs).encode()).hexdigest()[:16],
    )


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _order(one: record.Record) -> tuple[str, str]:
    names = (getattr(one, name, "") for name in ("question", "operation", "a", "name", "scene"))
    return one.type, next(filter(None, names), "")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Only the controller writes; an unwritable folder is refused before hours are spent."""
    config = session.config
    if hasattr(config, "workerinput"):
        return
    config.pluginmanager.register(Collector(config), "halfpixel-collector")
    report = config.stash[STATE].report
    if config.option.collectonly:
        return
    existing = next(parent for parent in (report, *report.absolute().parents) if parent.exists())
    try:
        tempfile.TemporaryFile(dir=existing).close()
    except OSError as error:
        raise pytest.UsageError(f"cannot write the report to {report}: {existing}: {error.strerror}") from None
