"""The processes and the folder of one run: hands jobs to runtimes, several at a time, and keeps what they wrote."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from parity.runtimes import Runtime
from parity.status import Status
from parity.worker import PATIENCE, Answer, Job, Worker


class Session:
    """A folder of its own, and one process for each runtime, all gone at the end.

    Jobs of different runtimes run at the same time, as many as there are processors.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="parity-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self.patience = patience
        self._workers: dict[str, Worker] = {}
        self._numbers = itertools.count()  # drawn by several threads

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers.values():
            worker.end()
        self._temporary.cleanup()

    def warm(self, runtimes: Sequence[Runtime]) -> None:
        """Let these runtimes be imported while something else is done."""
        for runtime in runtimes:
            if not runtime.missing:
                self._worker(runtime).warm(runtime.load.partition(":")[0])

    def _worker(self, runtime: Runtime) -> Worker:
        if runtime.name not in self._workers:
            self._workers[runtime.name] = Worker(runtime.environment, self.patience)
        return self._workers[runtime.name]

    def saved(self, feeds: Mapping[str, np.ndarray]) -> dict[str, str]:
        """Files of arrays, by the same names."""
        paths = {}
        for name, array in feeds.items():
            path = self.folder / f"feed_{next(self._numbers)}.npy"
            np.save(path, array)
            paths[name] = str(path)
        return paths

    def path(self, suffix: str) -> Path:
        """A new path in the folder."""
        return self.folder / f"model_{next(self._numbers)}{suffix}"

    def job(
        self,
        runtime: Runtime,
        path: str | Path,
        inputs: Sequence[str],
        outputs: Sequence[str],
        feeds: Sequence[Mapping[str, str]],
        load: str = "",
    ) -> Job:
        """A job for :meth:`do`; ``load`` in the place of the runtime's own."""
        return Job(load or runtime.load, str(path), tuple(inputs), tuple(outputs), tuple(feeds), str(self.folder))

    def do(self, runtime: Runtime, job: Job) -> Answer:
        """Have one job done; a runtime that is not installed is an answer, too."""
        if runtime.missing:
            return Answer(Status.NOT_INSTALLED, runtime.missing)
        answer = self._worker(runtime).do(job)
        if runtime.is_fragile and answer.status is not Status.RAN:
            self._worker(runtime).end()
        return answer

    def do_all(self, jobs: Mapping[Runtime, Job]) -> dict[Runtime, Answer]:
        """Have one job done by each runtime, side by side."""
        with ThreadPoolExecutor(max(1, min(len(jobs), os.cpu_count() or 1))) as pool:
            answers = pool.map(lambda pair: self.do(*pair), jobs.items())
            return dict(zip(jobs, answers, strict=True))
