"""Times the check of every operation at every pair of sizes, and the part of it spent inside the frameworks."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from time import perf_counter, process_time
from typing import Any

import numpy as np

from halfpixel import adapters, probe
from halfpixel.adapters import Operation
from halfpixel.probe.compare.comparison import judge
from halfpixel.probe.measure.axis_matrix import AXES
from halfpixel.probe.measure.sizes import SIZE_SETS

_IMPORTS_MAY_TAKE = 600
_SUMMED = ("measuring", "inside", "calls", "matrices", "structure", "judging")


@dataclass
class Timing:
    """Seconds that one operation took: measuring its matrices, the part of that inside native calls, and the rest."""

    framework: str
    measuring: float = 0.0
    inside: float = 0.0
    calls: int = 0
    matrices: int = 0
    structure: float = 0.0
    judging: float = 0.0
    cpu: float = 0.0
    verdict: str = "no claim"
    process: int = 0
    peak_mb: float = 0.0


def timed(operation: Operation, timing: Timing) -> Operation:
    """The same operation, its native calls timed where ``halfpixel.adapters.layout`` makes them.

    The clock's own cost is counted as overhead. Layout changes and checks of shapes are overhead; what the expression
    of the call does in Python (tensors to arrays, coordinate maps) is what any caller must do, and is inside.
    """
    native = operation.call.on_arrays

    def clocked(x: np.ndarray, h: int, w: int) -> np.ndarray:
        started = perf_counter()
        try:
            return native(x, h, w)
        finally:
            timing.inside += perf_counter() - started
            timing.calls += 1

    return replace(operation, run=lambda images, size: operation.call.layout.apply(clocked, images, size, size))


@cache
def _operations() -> dict[str, Operation]:
    versions = {name: framework.version for name, framework in adapters.frameworks().items()}
    return {call.id: call for call in adapters.operations() if versions[call.framework] is not None}


def _prepare(everyone_ready) -> None:
    """Import every framework; TensorFlow and Keras finish their imports only when something is called."""
    for operation in _operations().values():
        if operation.is_default:
            operation.run(np.zeros((1, 4, 4, 1), np.float32), (4, 4))
    everyone_ready.wait(_IMPORTS_MAY_TAKE)


def _lap(function: Callable, *arguments: object) -> tuple[float, object]:
    started = perf_counter()
    result = function(*arguments)
    return perf_counter() - started, result


def _timing(task: tuple[str, str]) -> Timing:
    """The steps of :func:`halfpixel.probe.compare.comparison`, each timed."""
    name, sizes = task
    operation, pairs = _operations()[name], SIZE_SETS[sizes].pairs
    timing = Timing(operation.framework, process=os.getpid())
    clocked, started = timed(operation, timing), process_time()
    timing.measuring, sweeps = _lap(lambda: [probe.sweep(clocked, pairs, axis) for axis in AXES])
    timing.matrices = sum(len(along.matrices) for along in sweeps)
    timing.structure, structure = _lap(probe.structure, operation)
    if operation.claim is not None:
        timing.judging, judged = _lap(judge, sweeps, operation.claim, structure)
        timing.verdict = str(judged.verdict)
    timing.cpu = process_time() - started
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    timing.peak_mb = kilobytes / 1024
    return timing


def measure(sizes: str, processes: int) -> dict[str, Any]:
    """Check every operation of the installed frameworks; the clock starts when every process has imported them.

    Times are seconds; memory is the largest resident set of each process, MB of 2**20 bytes; ``ratio`` is measuring
    over inside.
    """
    context = multiprocessing.get_context("spawn")
    everyone_ready = context.Barrier(processes + 1)
    tasks = [(name, sizes) for name in _operations()]
    started = perf_counter()
    with context.Pool(processes, _prepare, (everyone_ready,)) as pool:
        everyone_ready.wait(_IMPORTS_MAY_TAKE)
        ready = perf_counter()
        timings = list(pool.imap_unordered(_timing, tasks))
        wall = perf_counter() - ready
    peaks: dict[int, float] = {}
    for timing in timings:
        peaks[timing.process] = max(peaks.get(timing.process, 0.0), timing.peak_mb)
    names = sorted({timing.framework for timing in timings})
    groups = {name: [timing for timing in timings if timing.framework == name] for name in names} | {"all": timings}
    return {
        "wall_seconds": wall,
        "import_seconds": ready - started,
        "cpu_seconds": sum(timing.cpu for timing in timings),
        "peak_mb": sorted(peaks.values()),
        "frameworks": {name: _sums(group) for name, group in groups.items()},
    }


def _sums(timings: list[Timing]) -> dict[str, object]:
    sums = {name: sum(getattr(timing, name) for timing in timings) for name in _SUMMED}
    ratio = sums["measuring"] / sums["inside"]
    verdicts = Counter(timing.verdict for timing in timings)
    return {"operations": len(timings), **sums, "ratio": ratio, "verdicts": dict(verdicts)}


def rows(measured: dict[str, Any]) -> list[dict[str, object]]:
    """What is printed: one row a framework, and one for all."""
    return [
        {"framework": name} | {key: value for key, value in sums.items() if key != "verdicts"}
        for name, sums in measured["frameworks"].items()
    ]
