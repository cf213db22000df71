"""Options, fixtures, and the hooks that hand each test's findings to the ledger and to the report."""

from __future__ import annotations

import datetime
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import adapters
from parity import exporters
from parity.exporters.source import found as exported_calls
from probe import SIZE_SETS
from probe.classes import claims
from probe.store import Store
from reports import reading, record, writing
from reports.html import write_html
from reports.terminal import summary_lines
from reports.translations import distinct
from suites import choice
from suites.ledger import PATH as LEDGER
from suites.ledger import Ledger, LedgerError, load
from suites.questions import default_pairs
from suites.settling import Known
from suites.shard import Shard

SUITES = Path(__file__).parent / "suites"
ORDER = (
    *("meta", "conformance", "structure", *record.CHAPTERS, "claims", "segmentation"),
    *("showcase", "defaults", "agreement", "translation"),
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
    shard: Shard
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
    group.addoption("--record-only", action="store_true", help="write results.jsonl alone; the ledger has no say")
    group.addoption("--compiled", action="store_true", help="ask paths that compile for seconds a call, too")
    group.addoption("--mmseg-config", metavar="FILE", nargs="+", help="configs of mmsegmentation, for suites/configs")
    group.addoption("--model", metavar="FILE", help="a model of your own: suites/parity asks about that alone")
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
    versions = choice.versions(config.getoption("--frameworks"), config.getoption("--without"))
    frameworks = tuple(name for name, version in versions.items() if version is not None)
    named = choice.names("--chapters-of", config.getoption("--chapters-of"), versions)
    in_chapters = tuple(name for name in frameworks if name in (named or frameworks))
    try:
        ledger = load(Path(config.getoption("--ledger")))
        choice.refuse_orphans(ledger)
    except LedgerError as error:
        raise pytest.UsageError(str(error)) from None
    report = Path(config.getoption("--report"))
    folder = Path(worker["halfpixel_folder"]) if worker else Path(tempfile.mkdtemp(prefix="halfpixel-"))
    started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    store = Store(folder, SIZE_SETS[sizes])
    shard = Shard(config)
    config.pluginmanager.register(shard, "halfpixel-shard")
    config.stash[STATE] = RunState(frameworks, in_chapters, sizes, report, ledger, store, versions, started, shard)


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
    sources = [name for name in frameworks if exporters.of(name)]
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
    """``settle(finding, ...)``: keep the findings of one question and end the test as :class:`Known` settles them."""
    state = request.config.stash[STATE]
    known = Known(state.ledger, state.sizes, state.versions)

    def settle_by_ledger(*findings: record.Finding, left_out: Iterable[str] = (), follows: str = "") -> None:
        told, end = known.settled(findings, left_out, follows)
        is_recorded_only = request.config.getoption("--record-only")
        for finding in findings if is_recorded_only else told:
            keep(finding)
        if not is_recorded_only:
            end()

    return settle_by_ledger


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Attach the test's records to its report, which xdist carries to the controller."""
    report = yield
    if call.when == "call":
        report.halfpixel_records = [writing.to_dict(one) for one in item.stash.get(RECORDS, [])]
    return report


class Collector:
    """Gathers records in the controller, and writes the report when all is done."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.written: Path | None = None
        self.problem = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the records that came with a test."""
        self.config.stash[STATE].records += map(reading.from_dict, getattr(report, "halfpixel_records", ()))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report; a run that measured nothing it was asked to measure has failed."""
        state = self.config.stash[STATE]
        shutil.rmtree(state.store.folder, ignore_errors=True)
        findings = [one for one in state.records if isinstance(one, record.Finding)]
        if not state.records and not state.shard.keeps:
            return
        # A shard of few tests may well have none that measures: of the merged shards it would be said.
        if findings and not state.shard.is_one and all(one.verdict in record.NOT_MEASURED for one in findings):
            self.problem = "nothing was measured: whatever was asked is not installed, refuses or fails"
        try:
            self._write(state)
        except (OSError, record.RecordError) as error:
            self.problem = f"the report was not written: {error}"
        if self.problem and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, state: RunState) -> None:
        records = [run_header(state), *sorted(distinct(state.records), key=_order)]
        writing.write(state.report / "results.jsonl", records)
        self.written = state.report / "results.jsonl"
        if not self.config.getoption("--record-only"):
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
            **state.shard.options,
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
