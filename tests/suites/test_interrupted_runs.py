"""A run that does not come to its end says so everywhere, loses no answer, and can be resumed."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from halfpixel.reports.command import main
from halfpixel.reports.records.json_lines import read
from halfpixel.reports.records.record_types import Finding, Record, RecordError, Run
from halfpixel.suites.journal import NAME, Journal, answered_before
from tests import ROOT
from tests.reports.test_sample import header
from tests.suites.pretend_framework import pytest_command, write_framework

ENDED, ALL = 2, 3
"""Questions of conformance, one of which has nothing to ask where nothing is absent; and those with structure's."""
_DEADLINE = 300
"""Seconds that a run may take to ask its second question."""


class Home:
    """A made-up framework of one right call, and runs of conformance and structure on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.report = folder, folder / "report"
        write_framework(folder, "pretend", [("resize()", "right", False)])
        (folder / "ledger").mkdir()

    def start(self, *options: str, **variables: str) -> subprocess.Popen[str]:
        """A run in the background; ``variables`` are of its environment, read by what hangs or kills."""
        suites = ("suites/conformance", "suites/structure")
        chosen = ["--frameworks", "pretend", "--ledger", str(self.folder / "ledger"), "--report", str(self.report)]
        command, environment = pytest_command(self.folder, *suites, *chosen, *options)
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell lets what it starts in the background ignore Ctrl-C, and so would what that starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def run(self, *options: str, **variables: str) -> tuple[int, str]:
        """The exit status of a run, and what it printed, as words with one space between."""
        process = self.start(*options, **variables)
        said, _ = process.communicate(timeout=_DEADLINE)
        return process.returncode, " ".join(said.split())

    def stop_at(self, question: str, how: Callable[[subprocess.Popen[str]], None], *options: str) -> tuple[int, str]:
        """End a run while it asks ``question`` (a part of its id), which then hangs."""
        mark = self.folder / "hanging"
        process = self.start(*options, PRETEND_HANGS_AT=question, PRETEND_MARK=str(mark))
        deadline = time.monotonic() + _DEADLINE
        while not mark.exists():
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        how(process)
        said, _ = process.communicate(timeout=_DEADLINE)
        return process.returncode, " ".join(said.split())

    def records(self) -> list[Record]:
        """What the report's folder holds."""
        return read(self.report / "results.jsonl")

    def header(self) -> Run:
        """The only run header."""
        (header,) = [record for record in self.records() if isinstance(record, Run)]
        return header


def _questions(records: list[Record]) -> set[tuple[str, str, str]]:
    return {(found.suite, found.operation, found.verdict) for found in records if isinstance(found, Finding)}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str, str]]:
    """What a run answers that comes to its end."""
    other = Home(tmp_path_factory.mktemp("whole"))
    assert other.run()[0] == 0
    assert other.header().shortfall == ""
    assert not (other.report / NAME).exists()
    return _questions(other.records())


def _signal(number: signal.Signals) -> Callable[[subprocess.Popen[str]], None]:
    return lambda process: process.send_signal(number)


@pytest.mark.parametrize(
    ("number", "reason", "workers"),
    [(signal.SIGINT, "interrupted", ["-n", "1"]), (signal.SIGTERM, "stopped by SIGTERM", [])],
    ids=["interrupted", "told to end"],
)
def test_a_run_that_is_stopped_says_so_everywhere(home: Home, number, reason, workers, capsys) -> None:
    junit = home.folder / "junit.xml"
    status, said = home.stop_at("structure", _signal(number), f"--junitxml={junit}", *workers)
    assert status == 2
    shortfall = f"{ENDED} of {ALL} questions were answered ({reason}); not answered: structure"
    assert f"CUT SHORT: {shortfall} 1" in said
    assert shortfall in home.header().shortfall
    assert shortfall in (home.report / "index.html").read_text()
    (stated,) = ElementTree.parse(junit).getroot().iter("property")
    assert (stated.get("name"), shortfall in stated.get("value")) == ("cut short", True)
    results = str(home.report / "results.jsonl")
    assert main(["markdown", results]) == 0
    assert "This run was cut short" in capsys.readouterr().out
    assert main(["merge", results, "-o", str(home.folder / "merged.jsonl")]) == 1
    assert shortfall in capsys.readouterr().err
    assert main(["diff", results, results]) == 1
    assert f"the old run was cut short: {shortfall}" in capsys.readouterr().out
    assert main(["badges", results, "-o", str(home.folder / "badges")]) == 2


def test_a_resumed_run_is_as_one_that_was_whole(home: Home, whole) -> None:
    home.stop_at("structure", _signal(signal.SIGINT))
    status, said = home.run("--resume")
    assert status == 0
    assert f"1 passed, {ENDED} deselected" in said
    assert home.header().shortfall == ""
    assert _questions(home.records()) == whole
    assert not (home.report / NAME).exists()


def test_a_killed_run_loses_no_answer(home: Home, whole) -> None:
    """Not even its last words are left; what it answered is."""
    status, _ = home.stop_at("structure", _signal(signal.SIGKILL))
    assert status == -signal.SIGKILL
    assert not (home.report / "results.jsonl").exists()
    status, said = home.run("--resume", "-n", "1")
    assert status == 0, said
    assert _questions(home.records()) == whole


def test_a_line_that_was_cut_is_asked_again(home: Home, whole) -> None:
    home.stop_at("structure", _signal(signal.SIGKILL))
    partial = home.report / NAME
    partial.write_bytes(partial.read_bytes()[:-40])
    status, said = home.run("--resume")
    assert (status, f"{ENDED - 1} deselected" in said) == (0, True), said
    assert _questions(home.records()) == whole


def test_the_question_of_a_worker_that_died_is_missing_and_named(home: Home) -> None:
    status, said = home.run("-n", "1", PRETEND_DIES_AT="says[pretend")
    assert status == 2
    assert "CUT SHORT: " in said
    assert home.header().cut_short.startswith("a worker died at suites/conformance/test_documentation.py::")
    assert home.header().not_answered == {"conformance": 1}


def test_the_first_failure_may_end_a_run(home: Home) -> None:
    write_framework(home.folder, "pretend", [("resize()", "right", True), ("other()", "wrong", True)])
    status, said = home.run("-x", "--strict")
    assert (status, "questions were answered (stopping after 1 failures)" in said) == (2, True)


def test_only_one_run_writes_in_a_folder(home: Home) -> None:
    home.report.mkdir()
    with open(home.report / NAME, "a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        status, said = home.run()
    assert (status, f"another run writes its report to {home.report}" in said) == (2, True)


def test_a_report_that_cannot_be_written_leaves_the_answers(home: Home) -> None:
    """As where the disk is full."""
    home.report.mkdir()
    (home.report / "results.jsonl").mkdir()
    status, said = home.run()
    assert (status, f"what was answered is in {home.report / NAME}" in said) == (2, True), said
    (home.report / "results.jsonl").rmdir()
    assert home.run("--resume")[0] == 0
    assert len(_questions(home.records())) == 2


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda partial: partial.unlink(), "nothing to resume"),
        (lambda partial: partial.write_text("{}\n"), "no run header in its first line"),
        (lambda partial: partial.write_text("{\n{}\n"), ":1: bad JSON"),
        (
            lambda partial: partial.write_text(partial.read_text().replace('"python": "', '"python": "x')),
            "python was x",
        ),
    ],
    ids=["nothing there", "no header", "no JSON", "another Python"],
)
def test_what_cannot_be_resumed_is_refused_in_a_line(tmp_path: Path, spoil, words) -> None:
    journal = Journal(tmp_path, header(), [])
    journal.answered("a", True, [])
    journal.answered("b", False, [])
    journal.end(whole=False)
    assert [entry["test"] for entry in answered_before(tmp_path, header())] == ["a"]
    spoil(tmp_path / NAME)
    with pytest.raises(RecordError, match=words) as refused:
        answered_before(tmp_path, header())
    assert "\n" not in str(refused.value)


def test_there_must_be_something_to_resume(home: Home) -> None:
    status, said = home.run("--resume")
    assert (status, f"--resume: nothing to resume in {home.report}" in said, "Traceback" in said) == (4, True, False)


def test_a_failed_question_is_asked_again(home: Home) -> None:
    write_framework(home.folder, "pretend", [("resize()", "wrong", False), ("other()", "right", False)])
    home.stop_at("structure", _signal(signal.SIGINT), "--strict")
    status, said = home.run("--resume", "--strict")
    assert (status, "2 deselected" in said) == (1, True), said
