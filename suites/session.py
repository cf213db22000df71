"""Options, parametrisation and fixtures of the suites, and the hooks that end each test as the ledger says."""

from __future__ import annotations

import datetime
import os
import tempfile
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any, Protocol

import pytest

from halfpixel import adapters
from halfpixel.defects.catalogue import LEDGER, CatalogueError
from halfpixel.golden.vocabulary import VARIANT_SUITES
from halfpixel.parity.exports import registry
from halfpixel.parity.exports.export_cases import resize_calls as exported_calls
from halfpixel.probe import SIZE_SETS
from halfpixel.probe.compare.equivalence_classes import operations_by_claim
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.reports.records import json_lines
from halfpixel.reports.records.record_types import Finding, Record, RecordError
from halfpixel.suites import framework_selection
from halfpixel.suites.framework_selection import default_pairs
from halfpixel.suites.journal import answered_before
from halfpixel.suites.ledger.outcomes import read_ledger
from halfpixel.suites.progress import Progress, suite_of
from halfpixel.suites.records.findings import AnyCall
from halfpixel.suites.run_report import RUN, Collector, SuiteRun, run_header

ORDER = (
    *("", "conformance", "structure", *VARIANT_SUITES, "claims", "segmentation"),
    *("showcase", "defaults", "agreement", "translation"),
)
"""Agreement, defaults and translation read what conformance measured, so they come after it."""

RECORDS = pytest.StashKey[list[Record]]()

Keep = Callable[[Record], None]
"""Puts a record in the report."""


class Settle(Protocol):
    """Keeps the findings of one question and ends the test as the ledger says.

    ``left_out`` and ``follows`` as in :meth:`Ledger.settled`.
    """

    def __call__(self, *findings: Finding, left_out: Iterable[str] = (), follows: str = "") -> None:
        """Keep ``findings`` and end the test."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is measured and where the report goes; for ``suites/parity``, a model; for ``suites/configs``, configs."""
    group = parser.getgroup("halfpixel")
    group.addoption("--frameworks", metavar="NAMES", help="comma-separated; all that are installed by default")
    group.addoption("--without", metavar="NAMES", help="comma-separated; frameworks to leave out")
    group.addoption(
        "--chapters-of", metavar="NAMES", help="frameworks that the suites of variants measure; default all"
    )
    group.addoption("--sizes", default="quick", help=f"which pairs of sizes: {', '.join(SIZE_SETS)}")
    group.addoption("--ledger", metavar="DIR", default=LEDGER, help="the folder of catalogues and locks")
    group.addoption("--report", metavar="DIR", default="reports/latest", help="where results.jsonl and index.html go")
    group.addoption("--resume", action="store_true", help="go on from a run that ended early in the report's folder")
    group.addoption("--compiled", action="store_true", help="ask paths that compile for seconds a call, too")
    group.addoption("--mmseg-config", metavar="FILE", nargs="+", help="configs of mmsegmentation, for suites/configs")
    group.addoption("--model", metavar="FILE", help="a model of your own: suites/parity then checks that alone")
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
    versions = framework_selection.selected_versions(config.getoption("--frameworks"), config.getoption("--without"))
    frameworks = tuple(name for name, version in versions.items() if version is not None)
    named = framework_selection.parse_names("--chapters-of", config.getoption("--chapters-of"), versions)
    in_chapters = tuple(name for name in frameworks if name in (named or frameworks))
    try:
        folder = Path(config.getoption("--ledger"))
        if not folder.is_dir():
            raise pytest.UsageError(f"--ledger {folder}: no such folder")
        # pytest's own --strict: what no entry explains fails at versions without a lock, too.
        ledger = read_ledger(sizes, versions, config.getini("strict") is True, folder)
        framework_selection.check_locked_calls(ledger.locks)
    except CatalogueError as error:
        raise pytest.UsageError(str(error)) from None
    report = Path(config.getoption("--report"))
    shared = Path(worker["halfpixel_folder"]) if worker else Path(tempfile.mkdtemp(prefix="halfpixel-"))
    started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    store = Store(shared, SIZE_SETS[sizes])
    progress = Progress(config)
    config.pluginmanager.register(progress, "halfpixel-progress")
    run = SuiteRun(frameworks, in_chapters, sizes, report, ledger, store, versions, started, progress)
    config.stash[RUN] = run
    if config.getoption("--resume") and worker is None:
        if progress.is_one:
            raise pytest.UsageError("--resume: a shard cannot be resumed, for its tests would be dealt anew")
        try:
            run.earlier = answered_before(report, run_header(run))
        except (RecordError, OSError) as error:
            raise pytest.UsageError(f"--resume: {error}") from None
    run.answered_before = frozenset(
        worker["halfpixel_answered"] if worker else (entry["test"] for entry in run.earlier)
    )
    progress.resume(run.answered_before)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each xdist worker where measurements are shared, and what need not be asked again."""
    run = node.config.stash[RUN]
    node.workerinput["halfpixel_folder"] = str(run.store.folder)
    node.workerinput["halfpixel_answered"] = sorted(run.answered_before)


Identified = list[tuple[str, object]]
"""Values of an argument of tests, each with its id."""


def _arguments(run: SuiteRun, frameworks: tuple[str, ...]) -> dict[str, Callable[[], Identified]]:
    """The arguments that tests are parametrised by, and the values of each."""
    operations = [operation for name in frameworks for operation in adapters.operations(name)]
    sources = [name for name in frameworks if registry.exporters_of(name)]

    def calls(listed: Callable[[str], Iterable[AnyCall]], names: Iterable[str] = frameworks) -> Identified:
        return _identified(call for name in names for call in listed(name))

    return {
        "operation": lambda: _identified(operations),
        "claimed_operation": lambda: _identified(_claimed(operations)),
        "default_operation": lambda: _identified(operation for operation in operations if operation.is_default),
        "scaled_operation": lambda: calls(adapters.operations_by_scale),
        "ranked_operation": lambda: calls(adapters.operations_nd),
        "integer_operation": lambda: calls(adapters.integer_operations),
        "translated_operation": lambda: [*_identified(operations), *calls(adapters.integer_operations)],
        "export_source": lambda: [(name, name) for name in sources],
        "exported_operation": lambda: calls(lambda name: exported_calls(name).values(), sources),
        "absent_framework": lambda: [(name, name) for name, version in run.versions.items() if version is None],
        "shared_claim": lambda: [(claim[0], claim) for claim in operations_by_claim(operations).items()],
        "default_pair": lambda: [(f"{a.id} | {b.id}", (a, b)) for a, b in default_pairs(operations)],
    }


def _claimed(operations: Iterable[adapters.Operation]) -> list[adapters.Operation]:
    """Operations with one claim side by side: the exact matrices they are compared with are then made once."""
    claimed = [operation for operation in operations if operation.claim is not None]
    return sorted(claimed, key=lambda operation: (operation.framework, str(operation.claim), operation.id))


def _identified(calls: Iterable[AnyCall]) -> Identified:
    return [(call.id, call) for call in calls]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test an operation, a claim, or a pair of defaults, of the chosen frameworks."""
    run = metafunc.config.stash[RUN]
    frameworks = run.in_chapters if _suite(metafunc.definition) in VARIANT_SUITES else run.frameworks
    for name, values in _arguments(run, frameworks).items():
        if name in metafunc.fixturenames:
            cases = values()
            metafunc.parametrize(name, [value for _, value in cases], ids=[identifier for identifier, _ in cases])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Measurements first, comparisons of them last, without those that an earlier run answered."""
    answered = config.stash[RUN].answered_before
    if answered:
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in answered])
        items[:] = [item for item in items if item.nodeid not in answered]
    items.sort(key=lambda item: ORDER.index(_suite(item)) if _suite(item) in ORDER else len(ORDER))


def _suite(item: pytest.Item) -> str:
    """The folder of ``suites/`` that it is in, or nothing for the tests of the project itself."""
    return suite_of(str(item.path.resolve()))


@pytest.fixture(scope="session")
def store(request: pytest.FixtureRequest) -> Store:
    """Measurements of this run, shared between processes."""
    return request.config.stash[RUN].store


@pytest.fixture(scope="session")
def chosen_operations(request: pytest.FixtureRequest) -> list[adapters.Operation]:
    """Every operation of the chosen frameworks that are installed."""
    run = request.config.stash[RUN]
    names = [name for name in run.frameworks if run.versions[name] is not None]
    return [operation for name in names for operation in adapters.operations(name)]


@pytest.fixture(scope="session")
def locked_frameworks(request: pytest.FixtureRequest) -> frozenset[str]:
    """The frameworks whose installed version has a lock (all where strict): at any other, calls are not held to it."""
    run = request.config.stash[RUN]
    return frozenset(run.frameworks if run.ledger.strict else run.ledger.locks)


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Keep:
    """``keep(record)``: put a record in the report."""
    records: list[Record] = request.node.stash.setdefault(RECORDS, [])
    return records.append


@pytest.fixture
def settle(request: pytest.FixtureRequest, keep: Keep) -> Settle:
    """``settle(finding, ...)``: keep the findings of one question and end the test as the ledger says."""
    run = request.config.stash[RUN]

    def settle_by_ledger(*findings: Finding, left_out: Iterable[str] = (), follows: str = "") -> None:
        settled, end_test = run.ledger.settled(findings, left_out, follows)
        for finding in settled:
            keep(finding)
        end_test()

    return settle_by_ledger


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the test's records to its report, which xdist carries to the controller."""
    report = yield
    if call.when == "call":
        records = [json_lines.to_dict(record) for record in item.stash.get(RECORDS, [])]
        report.halfpixel_records = records  # type: ignore[attr-defined]  # pytest carries what plugins attach
    return report


def pytest_sessionstart(session: pytest.Session) -> None:
    """Only the controller writes; an unwritable folder is refused before hours are spent."""
    config = session.config
    if hasattr(config, "workerinput"):
        return
    config.pluginmanager.register(Collector(config), "halfpixel-collector")
    report = config.stash[RUN].report
    if config.option.collectonly:
        return
    existing = next(parent for parent in (report, *report.absolute().parents) if parent.exists())
    try:
        tempfile.TemporaryFile(dir=existing).close()
    except OSError as error:
        raise pytest.UsageError(f"cannot write the report to {report}: {existing}: {error.strerror}") from None
