"""Exports every resize call of a framework through every exporter, and runs what came of it on every runtime.

Many calls are exported as one model with an output for each. What exporter or runtime refuses as a whole is asked by
halves, until those that are refused stand alone. Results are kept in a folder that processes share, and each is made by
one of them.
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

import numpy as np

from parity.export_questions import IMAGES, asked_of, images, prune, runtimes_of, scales_of, shapes_of
from parity.exporters import DYNAMIC, Exporter
from parity.exporters.source import Asked, Order, refused
from parity.model import load
from parity.runtimes import Runtime
from parity.session import Session
from parity.status import Status
from parity.telling import without_middle
from parity.worker import Answer, Worker
from probe.sizes import Pair

_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What a runtime made of an exported call: ``arrays`` are its outputs, one for each shape, in its own layout.

    Where it refuses, they are those of the shapes before the one that it refuses.
    """

    status: Status
    message: str = ""
    arrays: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of one call: ``status`` of the export, and what each runtime made of the file."""

    status: Status
    message: str = ""
    ran: dict[str, Ran] = field(default_factory=dict)


class ExportMatrix:
    """The matrix of one run. Use it as a context: its processes end with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "exports"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._session = Session(_PATIENCE)
        self._exporters: dict[str, Worker] = {}
        self._known: dict[str, dict[str, Exported]] = {}

    def __enter__(self) -> ExportMatrix:
        self._session.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._exporters.values():
            worker.end()
        self._session.__exit__(*error)

    def cells(self, exporters: Sequence[Exporter]) -> dict[tuple[Exporter, str, int], dict[str, Exported]]:
        """What became of every call, by id, for every cell of exporters that are installed.

        Cells that another process is working on are waited for last.
        """
        wanted = [(one, *cell) for one in exporters if not one.missing for cell in one.cells]
        results: dict[tuple[Exporter, str, int], dict[str, Exported]] = {}
        for patient in (False, True):
            for cell in wanted:
                if cell not in results:
                    made = self._cell(*cell, patient)
                    if made is not None:
                        results[cell] = made
        return {cell: results[cell] for cell in wanted}

    def _cell(self, exporter: Exporter, shapes: str, opset: int, patient: bool) -> dict[str, Exported] | None:
        title = f"{exporter.source} {exporter.load} {exporter.cell(shapes, opset)}"
        name = hashlib.sha256(title.encode()).hexdigest()[:16]
        if name in self._known:
            return self._known[name]
        path = self.folder / f"{name}.pickle"
        if not path.exists():
            with _held(self.folder / f"{name}.lock", patient) as mine:
                if not mine:
                    return None
                if not path.exists():
                    made = self._made(exporter, shapes, opset)
                    with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as beside:
                        beside.write(pickle.dumps(made))
                    Path(beside.name).replace(path)
        self._known[name] = pickle.loads(path.read_bytes())
        return self._known[name]

    def _made(self, exporter: Exporter, shapes: str, opset: int) -> dict[str, Exported]:
        groups: dict[tuple, list[Asked]] = {}
        for asked in asked_of(exporter):
            defined = shapes_of(asked, shapes == DYNAMIC)
            if defined:
                groups.setdefault(defined, []).append(asked)
        results: dict[str, Exported] = {}
        for defined, those in groups.items():
            parts = [[one] for one in those] if exporter.is_single else [those]
            made = (each for part in parts for each in self._exports(exporter, shapes, opset, defined, part))
            for few, order, answer in made:
                status, message = answer.status, _said(answer.message)
                results |= {asked.id: Exported(status, message) for asked in few}
                if status is not Status.RAN:
                    continue
                for runtime in runtimes_of(exporter, shapes, opset):
                    if runtime.missing:
                        continue
                    for name, ran in self._runs(exporter, runtime, order, defined).items():
                        results[name].ran[runtime.name] = ran
        return results

    def _exports(
        self, exporter: Exporter, shapes: str, opset: int, defined: tuple, those: Sequence[Asked]
    ) -> Iterator[tuple[Sequence[Asked], Order, Answer]]:
        """Groups that are exported as one model, and single calls that are not exported."""

        def attempt(few: Sequence[Asked]) -> tuple[Order, Answer]:
            (size_in, size_out), path = defined[0], self._session.path(exporter.suffix)
            count = IMAGES if shapes == DYNAMIC else size_in[0] * size_in[1] + 1
            ids, scales = tuple(one.id for one in few), tuple(map(scales_of, few))
            order = Order(exporter.source, ids, shapes, opset, size_in, size_out, count, scales, str(path))
            return order, self._export(exporter, order)

        for few, (order, answer) in _divided(those, attempt, lambda made: made[1].status):
            without = refused(order)
            for asked in few:
                if asked.id in without:
                    yield [asked], order, Answer(Status.REFUSED, without[asked.id])
            kept = [k for k, asked in enumerate(few) if asked.id not in without]
            if kept:
                ids, scales = tuple(few[k].id for k in kept), tuple(order.scales[k] for k in kept)
                yield [few[k] for k in kept], replace(order, ids=ids, scales=scales), answer

    def _export(self, exporter: Exporter, order: Order) -> Answer:
        module = exporter.load.partition(":")[0]
        if module not in self._exporters:
            self._exporters[module] = Worker(exporter.environment, _PATIENCE)
        asked = self._session.path(".json")
        order.write(asked)
        job = self._session.job(None, asked, (), (), ({},), exporter.load)
        return self._exporters[module].do(job)

    def _runs(self, exporter: Exporter, runtime: Runtime, order: Order, defined: tuple) -> dict[str, Ran]:
        """What a runtime makes of each call in a model."""
        feeds = [_feeds(exporter, order, *shape) for shape in defined]

        def attempt(few: Sequence[str]) -> Answer:
            path = order.path
            if len(few) < len(order.ids):
                path = self._narrowed(exporter, order, few)
                if isinstance(path, Answer):
                    return path
            present = _inputs(exporter, path)
            saved = [self._session.saved({name: one[ours] for name, ours in present.items()}) for one in feeds]
            places = [order.outputs[order.ids.index(name)] for name in few]
            return self._session.do(runtime, self._session.job(runtime, path, present, places, saved))

        results = {}
        for few, answer in _divided(order.ids, attempt, lambda answer: answer.status):
            for place, name in enumerate(few):
                results[name] = _ran(answer, place, len(few))
        return results

    def _narrowed(self, exporter: Exporter, order: Order, few: Sequence[str]) -> str | Answer:
        """A model of fewer calls: what leads to their outputs, or, for files that are not ONNX, exported anew."""
        path = str(self._session.path(exporter.suffix))
        places = [order.ids.index(name) for name in few]
        if exporter.kind == "onnx":
            prune(order.path, [order.outputs[place] for place in places], path)
            return path
        scales = tuple(order.scales[place] for place in places)
        shape = (order.shapes, order.opset, order.size_in, order.size_out, order.images)
        answer = self._export(exporter, Order(order.source, tuple(few), *shape, scales, path))
        return path if answer.status is Status.RAN else answer


def _divided(those: Sequence, attempt: Callable, status: Callable) -> Iterator[tuple[Sequence, object]]:
    """``attempt(those)`` where that ran, else of each half, down to one; with what it was an attempt of."""
    made = attempt(those)
    if status(made) in (Status.RAN, Status.NOT_INSTALLED) or len(those) == 1:
        yield those, made
        return
    half = len(those) // 2
    yield from _divided(those[:half], attempt, status)
    yield from _divided(those[half:], attempt, status)


# What onnxruntime and OpenCV say of a node: exporters give it, and what it takes, one of several names for the same.
_NODES = r"In Node, \(.*\) , Error |onnx_node![^\s\")]+"


def _said(message: str) -> str:
    """A message without what is another in each run: the folders, file numbers, addresses and nodes that it names."""
    line = next((line for line in message.splitlines() if line.strip()), "")
    line = re.sub(r"(?:/[\w.+\-]+){2,}", lambda found: found[0].rpartition("/")[2], line)
    return without_middle(re.sub(rf"model_\d+|0x[0-9a-f]+|(?<=line )\d+|{_NODES}", "...", line), 300)


def _ran(answer: Answer, place: int, count: int) -> Ran:
    arrays = []
    for files in answer.files:
        if len(files) != count or files[place] is None:
            return Ran(Status.REFUSED, f"it gave {len(files)} outputs, where the model has {count}")
        arrays.append(np.load(files[place]))
    return Ran(answer.status, _said(answer.message), tuple(arrays))


def _feeds(exporter: Exporter, order: Order, size_in: Pair, size_out: Pair) -> dict[str, np.ndarray]:
    x, like = images(size_in, order.images), np.zeros((1, *size_out, 1), np.float32)
    if exporter.source == "torch":
        x, like = (np.ascontiguousarray(one.transpose(0, 3, 1, 2)) for one in (x, like))
    return {"x": x, "like": like}


def _inputs(exporter: Exporter, path: str) -> dict[str, str]:
    """The file's names of its inputs, in its order, and which of ``x`` and ``like`` each is."""
    if exporter.kind == "onnx":
        import onnx

        names = [one.name for one in onnx.load(path).graph.input]
    elif exporter.kind == "tflite":
        names = [one.name for one in load(path).inputs]
    else:
        names = ["x", "like"]
    # From a SavedModel, LiteRT's converter has the signature's name before it and the number of the output after.
    return {name: name.removeprefix("serving_default_").removesuffix(":0") for name in names}


@contextmanager
def _held(path: Path, patient: bool) -> Iterator[bool]:
    """Whether this process alone holds the lock of a file."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
