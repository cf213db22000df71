"""Export every resize call of a framework through every exporter, and run the files on every runtime.

Many calls are exported as one model with an output for each. A model that an exporter or a runtime refuses is bisected,
until the refused calls are alone. Results are kept in a folder that processes share; one process makes each.
"""

from __future__ import annotations

import fcntl
import hashlib
import pickle
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from halfpixel.parity.exports.export_cases import (
    IMAGES,
    ExportCase,
    ExportJob,
    Shape,
    cases_of,
    export_images,
    keep_outputs,
    read_refusals,
    runtimes_of_export,
    scales_of_case,
    shapes_of_case,
)
from halfpixel.parity.exports.registry import DYNAMIC, Exporter
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.runtimes.registry import Runtime
from halfpixel.parity.runtimes.session import Session
from halfpixel.parity.runtimes.worker import JobResult, RunStatus, Worker, shorten_middle
from halfpixel.probe.measure.sizes import Pair

_TIME_LIMIT = 120.0
"""Seconds by the clock for an export, and for a run."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ExportRun:
    """One exported call on one runtime: ``arrays`` are its outputs, one for each shape, in the runtime's layout.

    Of a call that is refused at one shape, they are the outputs at the shapes before it.
    """

    status: RunStatus
    message: str = ""
    arrays: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportResult:
    """One call through one exporter: ``status`` of the export, and the runs of the file by runtime."""

    status: RunStatus
    message: str = ""
    runs: dict[str, ExportRun] = field(default_factory=dict)


Cell = tuple[Exporter, str, int]
"""An exporter, :data:`FIXED` or :data:`DYNAMIC` shapes, an opset."""


class ExportMatrix:
    """The matrix of one run. Use it as a context: its processes end with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "exports"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._session = Session(_TIME_LIMIT)
        self._exporters: dict[str, Worker] = {}
        self._known: dict[str, dict[str, ExportResult]] = {}

    def __enter__(self) -> ExportMatrix:
        self._session.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._exporters.values():
            worker.end()
        self._session.__exit__(*error)

    def cells(self, exporters: Sequence[Exporter]) -> dict[Cell, dict[str, ExportResult]]:
        """The result of every call, by id, in every cell of the exporters that are installed.

        Cells that another process is working on are waited for last.
        """
        wanted = [(exporter, *cell) for exporter in exporters if not exporter.missing for cell in exporter.cells]
        results: dict[Cell, dict[str, ExportResult]] = {}
        for is_patient in (False, True):
            for cell in wanted:
                if cell not in results:
                    result = self._cell(*cell, is_patient)
                    if result is not None:
                        results[cell] = result
        return {cell: results[cell] for cell in wanted}

    def _cell(self, exporter: Exporter, shapes: str, opset: int, is_patient: bool) -> dict[str, ExportResult] | None:
        title = f"{exporter.source} {exporter.load} {exporter.cell(shapes, opset)}"
        name = hashlib.sha256(title.encode()).hexdigest()[:16]
        if name in self._known:
            return self._known[name]
        path = self.folder / f"{name}.pickle"
        if not path.exists():
            with _file_lock(self.folder / f"{name}.lock", is_patient) as has_lock:
                if not has_lock:
                    return None
                if not path.exists():
                    results = self._make_cell(exporter, shapes, opset)
                    with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as beside:
                        beside.write(pickle.dumps(results))
                    Path(beside.name).replace(path)
        self._known[name] = pickle.loads(path.read_bytes())
        return self._known[name]

    def _make_cell(self, exporter: Exporter, shapes: str, opset: int) -> dict[str, ExportResult]:
        groups: dict[tuple[Shape, ...], list[ExportCase]] = {}
        for case in cases_of(exporter):
            defined = shapes_of_case(case, shapes == DYNAMIC)
            if defined:
                groups.setdefault(defined, []).append(case)
        results: dict[str, ExportResult] = {}
        for defined, cases in groups.items():
            parts = [[case] for case in cases] if exporter.is_single else [cases]
            exports = (export for part in parts for export in self._exports(exporter, shapes, opset, defined, part))
            for job, answer in exports:
                message = _stable_message(answer.message)
                results |= {name: ExportResult(answer.status, message) for name in job.ids}
                if answer.status is not RunStatus.RAN:
                    continue
                for runtime in runtimes_of_export(exporter, shapes, opset):
                    if runtime.missing:
                        continue
                    for name, run in self._runs(exporter, runtime, job, defined).items():
                        results[name].runs[runtime.name] = run
        return results

    def _exports(
        self, exporter: Exporter, shapes: str, opset: int, defined: tuple[Shape, ...], cases: Sequence[ExportCase]
    ) -> Iterator[tuple[ExportJob, JobResult]]:
        """Jobs of calls that are exported as one model, and of single calls that are not exported."""

        def attempt(part: Sequence[ExportCase]) -> tuple[ExportJob, JobResult]:
            (size_in, size_out), path = defined[0], self._session.new_path(exporter.suffix)
            count = IMAGES if shapes == DYNAMIC else size_in[0] * size_in[1] + 1
            ids, scales = tuple(case.id for case in part), tuple(map(scales_of_case, part))
            job = ExportJob(exporter.source, ids, shapes, opset, size_in, size_out, count, scales, str(path))
            return job, self._export(exporter, job)

        for _, (job, answer) in _bisect(cases, attempt, lambda attempted: attempted[1].status):
            refused = read_refusals(job)
            for place, name in enumerate(job.ids):
                if name in refused:
                    yield job.with_calls([place]), JobResult(RunStatus.REFUSED, refused[name])
            exported = [place for place, name in enumerate(job.ids) if name not in refused]
            if exported:
                yield job.with_calls(exported), answer

    def _export(self, exporter: Exporter, job: ExportJob) -> JobResult:
        module = exporter.load.partition(":")[0]
        if module not in self._exporters:
            self._exporters[module] = Worker(exporter.environment, _TIME_LIMIT)
        path = self._session.new_path(".json")
        job.write(path)
        return self._exporters[module].run(self._session.job(exporter.load, path, (), (), ()))

    def _runs(
        self, exporter: Exporter, runtime: Runtime, job: ExportJob, defined: tuple[Shape, ...]
    ) -> dict[str, ExportRun]:
        """The run of each call of a model on a runtime."""
        feeds = [_feeds(exporter, job, *shape) for shape in defined]

        def attempt(ids: Sequence[str]) -> JobResult:
            path = job.path
            if len(ids) < len(job.ids):
                path, answer = self._narrowed(exporter, job, ids)
                if answer.status is not RunStatus.RAN:
                    return answer
            inputs = _inputs(exporter, path)
            files = [self._session.save_feeds({name: feed[role] for name, role in inputs.items()}) for feed in feeds]
            outputs = [job.outputs[job.ids.index(name)] for name in ids]
            return self._session.run(runtime, self._session.job(runtime.load, path, tuple(inputs), outputs, files))

        results = {}
        for ids, answer in _bisect(job.ids, attempt, lambda answer: answer.status):
            for place, name in enumerate(ids):
                results[name] = _export_run(answer, place, len(ids))
        return results

    def _narrowed(self, exporter: Exporter, job: ExportJob, ids: Sequence[str]) -> tuple[str, JobResult]:
        """The path of a model of fewer calls, and how its export went; what is not ONNX is exported anew."""
        path = str(self._session.new_path(exporter.suffix))
        places = [job.ids.index(name) for name in ids]
        if exporter.kind == "onnx":
            keep_outputs(job.path, [job.outputs[place] for place in places], path)
            return path, JobResult(RunStatus.RAN)
        return path, self._export(exporter, replace(job.with_calls(places), path=path))


def _bisect(
    items: Sequence[T], attempt: Callable[[Sequence[T]], R], status: Callable[[R], RunStatus]
) -> Iterator[tuple[Sequence[T], R]]:
    """The items and ``attempt(items)`` where that ran, else the same of each half, down to single items."""
    result = attempt(items)
    if status(result) in (RunStatus.RAN, RunStatus.NOT_INSTALLED) or len(items) == 1:
        yield items, result
        return
    half = len(items) // 2
    yield from _bisect(items[:half], attempt, status)
    yield from _bisect(items[half:], attempt, status)


# How onnxruntime and OpenCV name a node: exporters number nodes and tensors differently from run to run.
_NODES = r"In Node, \(.*\) , Error |onnx_node![^\s\")]+"


def _stable_message(message: str) -> str:
    """A message without the folders, file numbers, addresses and node names in it, which change from run to run."""
    line = next((line for line in message.splitlines() if line.strip()), "")
    line = re.sub(r"(?:/[\w.+\-]+){2,}", lambda match: match[0].rpartition("/")[2], line)
    return shorten_middle(re.sub(rf"model_\d+|0x[0-9a-f]+|(?<=line )\d+|{_NODES}", "...", line), 300)


def _export_run(answer: JobResult, place: int, count: int) -> ExportRun:
    arrays = []
    for files in answer.files:
        path = files[place] if len(files) == count else None
        if path is None:
            return ExportRun(RunStatus.REFUSED, f"it gave {len(files)} outputs, where the model has {count}")
        arrays.append(np.load(path))
    return ExportRun(answer.status, _stable_message(answer.message), tuple(arrays))


def _feeds(exporter: Exporter, job: ExportJob, size_in: Pair, size_out: Pair) -> dict[str, np.ndarray]:
    x, like = export_images(size_in, job.images), np.zeros((1, *size_out, 1), np.float32)
    if exporter.source == "torch":
        x, like = (np.ascontiguousarray(images.transpose(0, 3, 1, 2)) for images in (x, like))
    return {"x": x, "like": like}


def _inputs(exporter: Exporter, path: str) -> dict[str, str]:
    """The names of the file's inputs, in its order, and which of ``x`` and ``like`` each is."""
    if exporter.kind == "onnx":
        import onnx

        names = [port.name for port in onnx.load(path).graph.input]
    elif exporter.kind == "tflite":
        names = [port.name for port in load_model(path).inputs]
    else:
        names = ["x", "like"]
    # From a SavedModel, LiteRT's converter puts the signature's name before it, and an output's number after it.
    return {name: name.removeprefix("serving_default_").removesuffix(":0") for name in names}


@contextmanager
def _file_lock(path: Path, is_patient: bool) -> Iterator[bool]:
    """Whether this process alone holds the lock of a file."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if is_patient else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
