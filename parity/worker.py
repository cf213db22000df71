"""A process for each runtime, which loads and runs models there: a crash or a hang is an outcome, and not the end."""

from __future__ import annotations

import importlib
import os
import pickle
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from parity.status import Status
from parity.telling import one_line

if TYPE_CHECKING:
    from adapters.process import Process

PATIENCE = 300.0
"""Seconds by the clock that loading a model and running it may take together."""

_STARTING = 600.0
"""Seconds by the clock until the runtime is imported, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Job:
    """A model to be loaded, and what it is to be run on.

    load
        ``package.module:function``, called as ``load(path, inputs, outputs)`` in the process; what it returns is called
        with a dictionary of arrays and returns the outputs, in order.
    feeds
        One dictionary a run: paths of ``.npy`` files by the names of inputs.
    folder
        Where the outputs are written.
    """

    load: str
    path: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    feeds: tuple[Mapping[str, str], ...]
    folder: str


@dataclass(frozen=True, slots=True)
class Answer:
    """How a job ended. ``files`` has, for each run, the path of each output (``None`` for one that is missing).

    What is refused may have ``files``, too: those of the runs before the one that was refused.
    """

    status: Status
    message: str = ""
    files: tuple[tuple[str | None, ...], ...] = ()
    outputs: tuple[str, ...] = ()
    import_seconds: float = 0.0
    load_seconds: float = 0.0
    run_seconds: float = 0.0
    notes: tuple[str, ...] = field(default=())

    def arrays(self, run: int = 0) -> dict[str, np.ndarray]:
        """The outputs of one run by name, mapped from their files."""
        pairs = zip(self.outputs, self.files[run], strict=True)
        return {name: np.load(path, mmap_mode="r") for name, path in pairs if path is not None}


class Worker:
    """One runtime's process; started by the first job, and started again after a death."""

    def __init__(self, environment: Mapping[str, str] | None = None, patience: float = PATIENCE) -> None:
        self.environment, self.patience = dict(environment or {}), patience
        self.process: Process | None = None

    def warm(self, module: str) -> None:
        """Start the process and have it import ``module`` while the parent does something else."""
        if self.process is None:
            from adapters.process import Process  # only here, since the process itself needs no adapters

            self.process = Process(__name__, self.environment)
            try:
                self.process.to.send_bytes(pickle.dumps((list(sys.path), module)))
            except OSError:
                self.end()

    def do(self, job: Job) -> Answer:
        """Have it done; never raises for what the runtime does."""
        self.warm(job.load.partition(":")[0])
        if self.process is None:
            return Answer(Status.CRASHED, "its process could not be started")
        started = self.process.written
        try:
            self.process.to.send_bytes(pickle.dumps((list(sys.path), job, self.patience)))
            while True:
                if not self.process.of.poll(_STARTING):
                    return self._hung()
                kind, content = pickle.loads(self.process.of.recv_bytes())
                if kind == "answer":
                    return content
                if not self.process.of.poll(self.patience + 10):
                    return self._hung()
        except (EOFError, OSError):
            return self._death(started)

    def _hung(self) -> Answer:
        self.end()
        return Answer(Status.HUNG, f"did not answer within {self.patience:.0f} s")

    def _death(self, started: int) -> Answer:
        status, last_line = self.process.process.wait(), self.process.last_line(started)
        self.end()
        if -status == signal.SIGALRM:
            return Answer(Status.HUNG, f"did not answer within {self.patience:.0f} s")
        how = f"exit status {status}" if status >= 0 else signal.Signals(-status).name
        if -status == signal.SIGKILL:
            how = "killed, as when memory runs out"
        return Answer(Status.CRASHED, f"the process it ran in ended ({how})" + (f": {last_line}" if last_line else ""))

    def end(self) -> None:
        """End the process; a later job starts another."""
        if self.process is not None:
            self.process.end()
            self.process = None


def serve(to_read: int, to_write: int) -> None:
    """The other end: do one job after another until the parent closes the connection, or dies.

    Ends the process without the exit handlers of runtimes, some of which crash.
    """
    of, to = Connection(to_read, writable=False), Connection(to_write, readable=False)
    _limit_memory()
    loaded = _Loaded()
    while True:
        try:
            message = of.recv_bytes()
        except EOFError:
            os._exit(0)
        sys.path[:], *rest = pickle.loads(message)
        importlib.invalidate_caches()
        if len(rest) == 1:
            loaded.bring(rest[0])
            continue
        job, patience = rest
        loaded.bring(job.load.partition(":")[0])
        to.send_bytes(pickle.dumps(("begun", None)))
        # Its default action ends the process whatever native code holds the interpreter, also when the parent is gone.
        signal.setitimer(signal.ITIMER_REAL, patience)
        answer = loaded.done(job)
        signal.setitimer(signal.ITIMER_REAL, 0)
        to.send_bytes(pickle.dumps(("answer", answer)))


def _limit_memory() -> None:
    """No more address space than the machine has memory: a model that wants more is refused, and takes down nothing."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = physical if hard == resource.RLIM_INFINITY else min(physical, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


class _Loaded:
    """What the process holds: how long its imports took, and how many files it has written."""

    def __init__(self) -> None:
        self.seconds, self.missing, self.written = 0.0, "", 0

    def bring(self, module: str) -> None:
        started = time.perf_counter()
        try:
            importlib.import_module(module)
            importlib.import_module(module).bring()
        except ImportError as absent:
            self.missing = one_line(absent)
        except Exception as error:
            self.missing = one_line(error)
        self.seconds += time.perf_counter() - started

    def done(self, job: Job) -> Answer:
        if self.missing:
            return Answer(Status.NOT_INSTALLED, self.missing)
        # What runtimes put aside goes with the run's own folder: this process is killed, and cleans nothing up.
        tempfile.tempdir = job.folder
        started = time.perf_counter()
        files: list[tuple[str | None, ...]] = []
        outputs = job.outputs
        try:
            module, _, name = job.load.partition(":")
            run = getattr(importlib.import_module(module), name)(job.path, job.inputs, job.outputs)
            load_seconds = time.perf_counter() - started
            run_seconds = 0.0
            for feeds in job.feeds:
                arrays = {name: np.load(path) for name, path in feeds.items()}
                started = time.perf_counter()
                found = run(arrays)
                run_seconds += time.perf_counter() - started
                if isinstance(found, Mapping):
                    outputs, found = tuple(found), list(found.values())
                files.append(self._write(found, job.folder))
        except Exception as error:
            return Answer(Status.REFUSED, one_line(error), tuple(files), outputs, self.seconds)
        notes = tuple(getattr(run, "notes", ()))
        return Answer(Status.RAN, "", tuple(files), outputs, self.seconds, load_seconds, run_seconds, notes)

    def _write(self, arrays: Sequence[object], folder: str) -> tuple[str | None, ...]:
        paths: list[str | None] = []
        for array in arrays:
            if array is None:
                paths.append(None)
                continue
            array = np.asarray(array)
            if array.dtype.kind not in "fiub":  # bfloat16 and its like, which no .npy file can say
                array = array.astype(np.float32)
            self.written += 1
            path = Path(folder) / f"{id(self):x}_{self.written}.npy"
            np.save(path, array)
            paths.append(str(path))
        return tuple(paths)
