"""Runs Python programs as copied, each in a process of its own, without importing the same frameworks a thousand times.

Programs that begin with the same imports share a parent that has done those and nothing else; each runs in a fork of
it. A program that fails there is run again as its reader would, ``python program.py``, and that is what counts.
"""

from __future__ import annotations

import ast
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

PROGRAMS_PER_PARENT = 100
"""How many programs share a parent at most: so many are left to the others when it goes down."""

IMPORT_LIMIT_SECONDS = 300.0
"""Seconds that a parent has for its imports, on a busy machine."""

_THREADS = "/proc/self/task"

FORK_LIMIT_SECONDS = 40.0
"""After so many seconds a fork is given up: threads that an import started are missing in it, and it may wait for them.
"""

SLOW_IMPORT_SECONDS = 1.0
"""Seconds of processor time above which an import is shared although it starts threads."""


@dataclass(frozen=True, slots=True)
class Program:
    """A complete program, how many seconds it has, and whether it has an interpreter of its own from the start."""

    source: str
    seconds: float = 120.0
    own_interpreter: bool = False


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """How a program ended: its exit status (negative: the signal), what it printed, and how long it took.

    ``own_interpreter`` is whether it had an interpreter of its own, ``timed_out`` whether its time was up.
    """

    status: int
    out: str
    err: str
    seconds: float = 0.0
    own_interpreter: bool = False
    timed_out: bool = False

    @property
    def missing(self) -> str:
        """The module that is not installed, where that is why it failed."""
        last = self.err.rstrip().rpartition("\n")[2]
        return last.partition("'")[2].partition("'")[0] if last.startswith("ModuleNotFoundError") else ""


def run(programs: Sequence[Program], workers: int = 1) -> Iterator[tuple[int, ProgramResult]]:
    """Run the programs, ``workers`` at a time; yields ``(index, how it ended)`` as they end, in no certain order."""
    jobs = _jobs(programs)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        for number, program in enumerate(programs):
            place = Path(folder, str(number))
            place.mkdir()
            (place / "program.py").write_text(program.source, encoding="utf-8")
            (place / "halfpixel.py").write_text(_NO_PROJECT, encoding="utf-8")
        for ended in pool.map(lambda job: _run_job(Path(folder), programs, *job), jobs):
            yield from ended


def imports(source: str) -> str:
    """The imports of a program, and what it puts into the environment before them: what may be done once for many."""
    kept = []
    for statement in ast.parse(source).body:
        text = ast.unparse(statement)
        if isinstance(statement, ast.Import | ast.ImportFrom) or text.startswith("os.environ"):
            kept.append(text)
    return "\n".join(dict.fromkeys(kept))


def _jobs(programs: Sequence[Program]) -> list[tuple[str, list[int]]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number, program in enumerate(programs):
        try:
            first = "" if program.own_interpreter else imports(program.source)
        except (SyntaxError, ValueError):
            first = ""
        groups[first].append(number)
    return [
        (first, numbers[start : start + PROGRAMS_PER_PARENT])
        for first, numbers in groups.items()
        for start in range(0, len(numbers), PROGRAMS_PER_PARENT)
    ]


def _run_job(
    folder: Path, programs: Sequence[Program], first: str, numbers: list[int]
) -> list[tuple[int, ProgramResult]]:
    ended: dict[int, ProgramResult] = {}
    if first and len(numbers) > 1 and Path(_THREADS).exists():
        ended = _run_forked(folder, programs, first, numbers)
    return [(number, _final_result(folder, programs[number], number, ended.get(number))) for number in numbers]


def _final_result(folder: Path, program: Program, number: int, forked: ProgramResult | None) -> ProgramResult:
    if forked is not None and forked.status == 0:
        return forked
    if forked is not None and forked.missing:
        return forked
    return _run_alone(folder / str(number), program)


_NO_PROJECT = """raise ModuleNotFoundError("No module named 'halfpixel'; no program may need it", name="halfpixel")\n"""
"""Stands before the installed package on the path of each program."""


def _environment() -> dict[str, str]:
    """That of this process, without the way to this project, which a reproduction must not need, and without pools."""
    here = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} | here


def _run_alone(place: Path, program: Program) -> ProgramResult:
    started = time.monotonic()
    command = [sys.executable, "program.py"]
    with (place / "out").open("wb") as out, (place / "err").open("wb") as err:
        process = subprocess.Popen(
            command, cwd=place, env=_environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        try:
            status, late = process.wait(program.seconds), False
        except subprocess.TimeoutExpired:
            process.kill()
            status, late = process.wait(), True
    return replace(_read_result(place, status, time.monotonic() - started), own_interpreter=True, timed_out=late)


def _read_result(place: Path, status: int, seconds: float) -> ProgramResult:
    out, err = ((place / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
    return ProgramResult(status, out, err, seconds)


def _run_forked(folder: Path, programs: Sequence[Program], first: str, numbers: list[int]) -> dict[int, ProgramResult]:
    shared = [(str(folder / str(n)), min(programs[n].seconds, FORK_LIMIT_SECONDS)) for n in numbers]
    limit = IMPORT_LIMIT_SECONDS + sum(seconds for _, seconds in shared)
    task = folder / f"task-{numbers[0]}.json"
    task.write_text(json.dumps({"imports": first.splitlines(), "programs": shared}), encoding="utf-8")
    try:
        # -P: not even the folder of this file is on the path of what it runs.
        parent = subprocess.run(
            [sys.executable, "-P", __file__, str(task)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=_environment(),
            cwd=folder,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return {}
    ended = {}
    for line in parent.stdout.splitlines():
        try:
            place, status, seconds = json.loads(line)
            ended[int(Path(place).name)] = _read_result(Path(place), status, seconds)
        except (ValueError, TypeError, OSError):
            # What a framework says while it is imported.
            continue
    return ended


def _serve_forks(task: str, *left_out: str) -> None:
    """Do the imports of a task, then be the parent of its programs; ``left_out`` are imports that each does itself."""
    task_values = json.loads(Path(task).read_text(encoding="utf-8"))
    names: dict[str, object] = {"__name__": "imports"}
    # Where this project cannot be imported; each program comes to a folder of its own.
    guard = task_values["programs"][0][0]
    sys.path.insert(0, guard)
    for statement in task_values["imports"]:
        if statement in left_out:
            continue
        threads, started = _threads(), time.process_time()
        exec(compile(statement, "<import>", "exec"), names)
        if _threads() > threads and time.process_time() - started < SLOW_IMPORT_SECONDS:
            # A fork has none of the threads, so whoever waits for them waits for ever. What is imported stays imported.
            os.execv(sys.executable, [sys.executable, "-P", __file__, task, *left_out, statement])
    sys.path.remove(guard)
    for place, seconds in task_values["programs"]:
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            _run_in_fork(Path(place), seconds)
            return
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps([place, status, time.monotonic() - started]), flush=True)
        if status == -signal.SIGALRM:
            # It may be that nothing comes back here: the others are run alone.
            return


def _threads() -> int:
    return len(os.listdir(_THREADS))


def _run_in_fork(place: Path, seconds: float) -> None:
    """Be the program, until its time is up: the signal ends native code and a dead lock too."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    os.chdir(place)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    sys.argv = ["program.py"]
    sys.path.insert(0, str(place))
    runpy.run_path("program.py", run_name="__main__")


if __name__ == "__main__":
    _serve_forks(*sys.argv[1:])
