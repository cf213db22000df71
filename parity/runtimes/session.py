"""The worker processes and the temporary folder of one check; runs jobs on several runtimes in parallel."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from halfpixel.parity.runtimes.registry import Runtime
from halfpixel.parity.runtimes.worker import TIME_LIMIT, Job, JobResult, RunStatus, Worker


class Session:
    """A folder of its own, and one process for each runtime, all removed at the end.

    Jobs of different runtimes run at the same time, as many as there are processors.
    """

    def __init__(self, time_limit: float = TIME_LIMIT) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="parity-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self.time_limit = time_limit
        self._workers: dict[str, Worker] = {}
        self._numbers = itertools.count()  # drawn by several threads

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers.values():
            worker.end()
        self._temporary.cleanup()

    def warm(self, runtimes: Sequence[Runtime]) -> None:
        """Start these runtimes' processes, which import them meanwhile."""
        for runtime in runtimes:
            if not runtime.missing:
                self._worker(runtime).warm(runtime.load.partition(":")[0])

    def _worker(self, runtime: Runtime) -> Worker:
        if runtime.name not in self._workers:
            self._workers[runtime.name] = Worker(runtime.environment, self.time_limit)
        return self._workers[runtime.name]

    def save_feeds(self, feeds: Mapping[str, np.ndarray]) -> dict[str, str]:
        """Write arrays to files; returns their paths by the same names."""
        paths = {}
        for name, array in feeds.items():
            path = self.folder / f"feed_{next(self._numbers)}.npy"
            np.save(path, array)
            paths[name] = str(path)
        return paths

    def new_path(self, suffix: str) -> Path:
        """A new path in the folder."""
        return self.folder / f"model_{next(self._numbers)}{suffix}"

    def job(
        self,
        load: str,
        path: str | Path,
        inputs: Sequence[str],
        outputs: Sequence[str],
        feeds: Sequence[Mapping[str, str]],
        is_repeated: bool = False,
    ) -> Job:
        """A job for :meth:`run`, which writes its outputs to the folder."""
        return Job(load, str(path), tuple(inputs), tuple(outputs), tuple(feeds), str(self.folder), is_repeated)

    def run_model(
        self,
        runtimes: Iterable[Runtime],
        path: str | Path,
        inputs: Sequence[str],
        outputs: Sequence[str],
        feeds: Sequence[Mapping[str, str]],
    ) -> dict[Runtime, JobResult]:
        """Run one model on several runtimes."""
        return self.run_all({runtime: self.job(runtime.load, path, inputs, outputs, feeds) for runtime in runtimes})

    def run(self, runtime: Runtime, job: Job) -> JobResult:
        """Run one job; that a runtime is not installed is a result, too."""
        if runtime.missing:
            return JobResult(RunStatus.NOT_INSTALLED, runtime.missing)
        result = self._worker(runtime).run(job)
        if runtime.is_fragile and result.status is not RunStatus.RAN:
            self._worker(runtime).end()
        return result

    def run_all(self, jobs: Mapping[Runtime, Job]) -> dict[Runtime, JobResult]:
        """Run one job on each runtime, side by side."""
        with ThreadPoolExecutor(max(1, min(len(jobs), os.cpu_count() or 1))) as pool:
            results = pool.map(lambda pair: self.run(*pair), jobs.items())
            return dict(zip(jobs, results, strict=True))
