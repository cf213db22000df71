"""End runs at random moments in random ways, and count what was lost, what reads as whole and is not, what resumes."""

from __future__ import annotations

import os
import random
import re
import resource
import signal
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from halfpixel.reports.records.json_lines import read
from halfpixel.reports.records.record_types import Finding, RecordError, Run
from halfpixel.suites.journal import NAME
from tests import ROOT
from tests.suites.pretend_framework import pytest_command, write_framework

WAYS = ("interrupted", "told to end", "killed", "worker killed", "files limited", "memory limited", "second run")
_CALLS = 4
_SUITES = ("suites/conformance", "suites/dtypes")
_PRINTED = re.compile(r"(suites/\S+::\S+\[.+?\]) PASSED")
Answers = frozenset[tuple[str, str, str, str]]


@dataclass(frozen=True, slots=True)
class Trial:
    """One run that was ended: how, after how many seconds, its exit status, and what is wrong with what it left."""

    way: str
    seconds: float
    status: int
    faults: tuple[str, ...]
    is_whole: bool


def interruptions(trials: int, seed: int = 0) -> list[Trial]:
    """Run a made-up framework ``trials`` times, end each run, and resume it."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        write_framework(home, "pretend", [(f"resize{i}()", "right", False) for i in range(_CALLS)])
        (home / "ledger").mkdir()
        started = time.monotonic()
        process = _start(home, home / "whole")
        process.communicate()
        usual = time.monotonic() - started
        whole = _answers(home / "whole")
        return [_trial(home, i, chance, usual, whole) for i in range(trials)]


def _start(home: Path, report: Path, *options: str, limit: tuple[int, int] | None = None) -> subprocess.Popen[str]:
    chosen = ["--frameworks", "pretend", "--ledger", str(home / "ledger"), "--report", str(report), "-v"]
    command, environment = pytest_command(home, *_SUITES, *chosen, *options)
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=None if limit is None else lambda: resource.setrlimit(limit[0], (limit[1], limit[1])),
    )


def _trial(home: Path, number: int, chance: random.Random, usual: float, whole: Answers) -> Trial:
    way, seconds, report = chance.choice(WAYS), chance.uniform(0, 1.1 * usual), home / f"report{number}"
    limit = None
    if way == "files limited":
        limit = (resource.RLIMIT_FSIZE, chance.randrange(1, 200_000))
    elif way == "memory limited":
        limit = (resource.RLIMIT_AS, chance.randrange(300, 1500) << 20)
    options = ["-n", "1"] if way == "worker killed" or chance.random() < 0.3 else []
    process = _start(home, report, *options, limit=limit)
    if way not in ("files limited", "memory limited"):
        time.sleep(seconds)
    if way == "second run":
        _start(home, report).communicate()
    elif way == "worker killed":
        for child in _children(process.pid):
            os.kill(child, signal.SIGKILL)
    elif process.poll() is None and limit is None:
        process.send_signal({"interrupted": 2, "told to end": 15, "killed": 9}[way])
    said, _ = process.communicate()
    faults = list(_left(report, process.returncode, said, whole))
    is_whole = _is_whole(report)
    if (report / NAME).exists():
        again = _start(home, report, "--resume")
        printed, _ = again.communicate()
        if again.returncode or _answers(report) != whole:
            # Before its first answer a run has nothing that could be resumed.
            faults.append(f"not resumed: {printed.strip().splitlines()[-1]}")
    return Trial(way, seconds, process.returncode, tuple(faults), is_whole)


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def _left(report: Path, status: int, said: str, whole: Answers) -> list[str]:
    """The faults in the files of a run that was ended."""
    faults = []
    if "Traceback (most recent call last)" in said and "MemoryError" not in said:
        faults.append("a traceback")
    if status == 0 and _answers(report) != whole:
        faults.append("exit status 0, and answers are missing")
    if _is_whole(report) and _answers(report) != whole:
        faults.append("reads as whole, and answers are missing")
    kept = (report / NAME).read_text(errors="replace") if (report / NAME).exists() else ""
    ended = set(_PRINTED.findall(said))
    lost = [test for test in ended if test not in kept] if not _is_whole(report) else []
    # The last answer may be printed and not yet written.
    if len(lost) > 1:
        faults.append(f"{len(lost)} answers that were printed are lost")
    return faults


def _is_whole(report: Path) -> bool:
    try:
        return not any(record.shortfall for record in read(report / "results.jsonl") if isinstance(record, Run))
    except (OSError, RecordError):
        return False


def _answers(report: Path) -> Answers:
    try:
        records = read(report / "results.jsonl")
    except (OSError, RecordError):
        return frozenset()
    found = (record for record in records if isinstance(record, Finding))
    return frozenset((each.suite, each.operation, each.variant, each.verdict) for each in found)


def rows(trials: list[Trial]) -> list[dict[str, object]]:
    """For each way to end a run: trials, of which came to their end, of which left something wrong."""
    counted = Counter(trial.way for trial in trials)
    return [
        {
            "ended by": way,
            "runs": counted[way],
            "came to their end": sum(trial.is_whole for trial in trials if trial.way == way),
            "something wrong": sum(bool(trial.faults) for trial in trials if trial.way == way),
        }
        for way in WAYS
        if counted[way]
    ]
