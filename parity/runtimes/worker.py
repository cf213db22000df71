"""A process for each runtime that loads and runs models, so that a crash or a hang is a result.

The process itself imports this module: nothing here may import adapters, onnx or the rooms above when it is loaded.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import pickle
import re
import resource
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from halfpixel.adapters.subprocess_runner import WorkerProcess

Feeds: TypeAlias = Mapping[str, np.ndarray]
"""Arrays by the names of a model's inputs."""

RunFunction: TypeAlias = Callable[[Feeds], Sequence[np.ndarray | None]]
"""What a runtime's ``load`` returns: runs the model, and returns its outputs in order, ``None`` for a missing one."""


class RunStatus(StrEnum):
    """The outcome of a job on a runtime. Only ``ran`` gives anything to compare."""

    RAN = "ran"
    REFUSED = "refused"
    CRASHED = "crashed"
    HUNG = "hung"
    NOT_INSTALLED = "not installed"
    NOT_REPEATABLE = "not repeatable"


_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_SOURCE_LOCATION = re.compile(r"(Exception from|Check '.*' failed at) \S+:\d+:?$")
"""Lines of OpenVINO with nothing but a place in its own source."""
_QUOTED_EXCEPTION = re.compile(r"\w*(?:Error|Exception): \S")
"""The beginning of a line that quotes another exception, as TensorFlow's AutoGraph prints after a stack of code."""
_MLIR_LOCATION = re.compile(r"<unknown>:0: |loc\(.*\): ")
"""The prefix of MLIR's errors: https://mlir.llvm.org/docs/Dialects/Builtin/#location-attributes."""


def summarise_exception(error: BaseException) -> str:
    """An exception's type and the informative lines of its message, as one line of a thousand characters at most."""
    lines = [line for line in (_ESCAPE.sub("", line).strip() for line in str(error).splitlines()) if line]
    quoted = [k for k, line in enumerate(lines) if k and _QUOTED_EXCEPTION.match(line)]
    if quoted:
        text = " ".join(lines[quoted[-1] :][:2])
    elif lines:
        text = f"{type(error).__name__}: {' '.join(_without_locations(lines)[:2])}"
    else:
        text = type(error).__name__
    return shorten_middle(_MLIR_LOCATION.sub("", text), 1000)


def shorten_middle(text: str, limit: int) -> str:
    """A text of at most ``limit`` characters: a longer one keeps its beginning and its end."""
    if len(text) <= limit:
        return text
    half = (limit - 5) // 2
    return f"{text[:half]} ... {text[len(text) - half :]}"


def _without_locations(lines: Sequence[str]) -> Sequence[str]:
    """The lines that are not places in source code; where there is a summary, that."""
    if "Summary:" in lines[:-1]:
        return lines[lines.index("Summary:") + 1 :]
    return [line for line in lines if not _SOURCE_LOCATION.match(line)] or lines


TIME_LIMIT = 300.0
"""Seconds by the clock that loading a model and running it may take together."""

_START_LIMIT = 600.0
"""Seconds by the clock until the runtime is imported, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Job:
    """A model to load and the inputs to run it on.

    load
        ``package.module:function``, called as ``load(path, inputs, outputs)`` in the process; it returns a
        :data:`RunFunction`, or ``None`` when there is nothing to run.
    feeds
        One dictionary a run: paths of ``.npy`` files by the names of inputs.
    folder
        Where the outputs are written.
    is_repeated
        Whether the model is then loaded anew and run on the first feeds again, in memory that is filled differently.
    """

    load: str
    path: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    feeds: tuple[Mapping[str, str], ...]
    folder: str
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class JobResult:
    """The result of a job. ``files`` has, for each run, the path of each output (``None`` for one that is missing).

    A refused job may have ``files``, too: those of the runs before the one that was refused. ``changes`` has for each
    output of a repeated job its largest change beyond rounding, infinite where it is no number, and its largest value.
    """

    status: RunStatus
    message: str = ""
    files: tuple[tuple[str | None, ...], ...] = ()
    outputs: tuple[str, ...] = ()
    load_seconds: float = 0.0
    run_seconds: float = 0.0
    changes: tuple[tuple[float, float], ...] = ()

    def arrays(self, run: int = 0) -> dict[str, np.ndarray]:
        """The outputs of one run by name, mapped from their files."""
        pairs = zip(self.outputs, self.files[run], strict=True)
        return {name: np.load(path, mmap_mode="r") for name, path in pairs if path is not None}


class Worker:
    """One runtime's process; started by the first job, and started again after a crash."""

    def __init__(self, environment: Mapping[str, str] | None = None, time_limit: float = TIME_LIMIT) -> None:
        self.environment, self.time_limit = dict(environment or {}), time_limit
        self.process: WorkerProcess | None = None

    def warm(self, module: str) -> None:
        """Start the process and have it import ``module`` meanwhile."""
        if self.process is None:
            from halfpixel.adapters.subprocess_runner import WorkerDied, WorkerProcess

            self.process = WorkerProcess(__name__, self.environment)
            try:
                self.process.send(pickle.dumps((module,)))
            except WorkerDied:
                self.process = None

    def run(self, job: Job) -> JobResult:
        """Run a job in the process; a failure of the runtime is a result, and never raises."""
        from halfpixel.adapters.subprocess_runner import WorkerDied

        self.warm(job.load.partition(":")[0])
        if self.process is None:
            return JobResult(RunStatus.CRASHED, "its process could not be started")
        try:
            self.process.send(pickle.dumps((job, self.time_limit)))
            result: JobResult | None = pickle.loads(self.process.receive(_START_LIMIT))
            while result is None:
                result = pickle.loads(self.process.receive(self.time_limit + 10))
            return result
        except WorkerDied as death:
            self.process = None
            if death.timed_out or death.returncode == -signal.SIGALRM:
                return JobResult(RunStatus.HUNG, f"did not answer within {self.time_limit:.0f} s")
            return JobResult(RunStatus.CRASHED, str(death))

    def end(self) -> None:
        """End the process; a later job starts another."""
        if self.process is not None:
            self.process.kill()
            self.process = None


def start_worker(send: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The other end, as ``WorkerProcess`` starts it.

    A request is a module to import, or a job with its time limit; a job is answered by ``None`` when it begins, and by
    its result.
    """
    _limit_memory()
    runtime = _RuntimeProcess()

    def answer(request: bytes) -> None:
        content = pickle.loads(request)
        if len(content) == 1:
            runtime.import_module(content[0])
            return
        job, time_limit = content
        runtime.import_module(job.load.partition(":")[0])
        send(pickle.dumps(None))
        # Its default action ends the process whatever native code holds the interpreter, also when the parent is gone.
        signal.setitimer(signal.ITIMER_REAL, time_limit)
        result = runtime.run(job)
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(pickle.dumps(result))

    return answer


def _limit_memory() -> None:
    """Limit the address space to the machine's memory: a model that wants more is refused, and nothing is killed."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = physical if hard == resource.RLIM_INFINITY else min(physical, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


class _RuntimeProcess:
    """The state of the process: what it could not import, and how many files it has written."""

    def __init__(self) -> None:
        self.missing, self.written = "", 0

    def import_module(self, module: str) -> None:
        """Import a module beside this one, or of a test, and have it import its framework."""
        try:
            importlib.import_module(module).import_framework()
        except Exception as error:
            self.missing = summarise_exception(error)

    def run(self, job: Job) -> JobResult:
        if self.missing:
            return JobResult(RunStatus.NOT_INSTALLED, self.missing)
        # Temporary files of runtimes go into the run's own folder: this process is killed, and cleans nothing up.
        tempfile.tempdir = job.folder
        started = time.perf_counter()
        files: list[tuple[str | None, ...]] = []
        changes: tuple[tuple[float, float], ...] = ()
        try:
            module, _, name = job.load.partition(":")
            load = getattr(importlib.import_module(module), name)
            run = load(job.path, job.inputs, job.outputs)
            load_seconds = time.perf_counter() - started
            run_seconds = 0.0
            for feeds in job.feeds:
                arrays = {name: np.load(path) for name, path in feeds.items()}
                started = time.perf_counter()
                results = run(arrays)
                run_seconds += time.perf_counter() - started
                files.append(self._write(results, job.folder))
            if job.is_repeated:
                with _MemoryFilledDifferently() as memory:
                    del run
                    run = load(job.path, job.inputs, job.outputs)
                    arrays = {name: np.load(path) for name, path in job.feeds[0].items()}
                    memory.fill_cached()
                    again = run(arrays)
                changes = tuple(map(_change, files[0], again))
        except Exception as error:
            return JobResult(RunStatus.REFUSED, summarise_exception(error), tuple(files), job.outputs)
        return JobResult(RunStatus.RAN, "", tuple(files), job.outputs, load_seconds, run_seconds, changes)

    def _write(self, arrays: Iterable[np.ndarray | None], folder: str) -> tuple[str | None, ...]:
        paths: list[str | None] = []
        for array in arrays:
            if array is None:
                paths.append(None)
                continue
            array = np.asarray(array)
            if array.dtype.kind not in "fiub":  # bfloat16 and its like, which no .npy file can hold
                array = array.astype(np.float32)
            self.written += 1
            path = Path(folder) / f"{id(self):x}_{self.written}.npy"
            np.save(path, array)
            paths.append(str(path))
        return tuple(paths)


_M_PERTURB, _FILLING = -6, 165
"""Of ``mallopt`` in GNU's C library: memory is filled as it is given out, and as it comes back.
https://man7.org/linux/man-pages/man3/mallopt.3.html"""
_CACHED_SIZES, _CACHED = range(24, 1040, 16), 7
"""Blocks that it keeps for each thread, so many of each size, and fills with nothing.
https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html"""


class _MemoryFilledDifferently:
    """While it is entered, memory is filled as it is given out, or is not where it is usually: what is never written
    to then changes. Does nothing without GNU's C library."""

    def __init__(self) -> None:
        self.usual = int(os.environ.get("MALLOC_PERTURB_", 0))
        library = ctypes.CDLL(None) if os.name == "posix" else None
        self.library = library if hasattr(library, "mallopt") else None

    def __enter__(self) -> _MemoryFilledDifferently:
        self._fill(0 if self.usual else _FILLING)
        return self

    def __exit__(self, *_: object) -> None:
        self._fill(self.usual)

    def _fill(self, value: int) -> None:
        if self.library is not None:
            self.library.mallopt(_M_PERTURB, value)

    def fill_cached(self) -> None:
        """Fill the small blocks that the library keeps for this thread."""
        if self.library is None:
            return
        self.library.malloc.restype = ctypes.c_void_p
        for size in _CACHED_SIZES:
            blocks = [ctypes.c_void_p(self.library.malloc(ctypes.c_size_t(size))) for _ in range(_CACHED)]
            for block in blocks:
                ctypes.memset(block, 0 if self.usual else 255 - _FILLING, size)
            for block in blocks:
                self.library.free(block)


_REPEATABLE_WITHIN = 1024 * float(np.finfo(np.float32).eps)
"""Two runs may add up a million terms in another order, as threads do, which rounds so many times more."""


def _change(path: str | None, again: np.ndarray | None) -> tuple[float, float]:
    """The largest change of an output that was written to ``path``, 0 within rounding, and its largest value at first.

    Rounding is that of each value itself, or of a middling one where it is smaller, and none of whole numbers: what was
    never written may be larger than all else.
    """
    if path is None or again is None:
        return (0.0 if path is None and again is None else np.inf), 0.0
    first, again = np.load(path, mmap_mode="r"), np.asarray(again)
    if again.shape == first.shape and np.array_equal(first, again, equal_nan=first.dtype.kind == "f"):
        return 0.0, 0.0
    before = np.abs(np.asarray(first, np.float64))
    largest = float(np.nan_to_num(before, posinf=0.0).max(initial=0.0))
    if again.shape != first.shape:
        return np.inf, largest
    with np.errstate(invalid="ignore", over="ignore"):
        change = np.abs(np.subtract(first, again, dtype=np.float64))
        allowed = np.maximum(np.maximum(before, np.abs(np.asarray(again, np.float64))), np.nanmedian(before))
    is_same = np.asarray(first == again) | ((first != first) & (again != again))
    if first.dtype.kind == "f":
        is_same |= change <= _REPEATABLE_WITHIN * allowed
    return float(np.nan_to_num(change[~is_same], nan=np.inf, posinf=np.inf).max(initial=0.0)), largest
