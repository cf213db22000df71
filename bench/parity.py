"""What parity of a model costs beside its runtimes' own loading and running: seconds, and memory."""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIMES = ("onnxruntime", "openvino", "opencv-dnn")
REPEATS = 7
"""Of each figure the median is told: other work on the machine changes even processor time by a third."""

_OWN = """
import importlib, json, sys, time
import numpy as np
path, shape, load = sys.argv[1], tuple(map(int, sys.argv[2].split(","))), sys.argv[3]
inputs, outputs = sys.argv[4].split(","), tuple(sys.argv[5].split(","))
x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
started = time.perf_counter()
module, _, name = load.partition(":")
module = importlib.import_module(module)
module.bring()
imported = time.perf_counter()
run = getattr(module, name)(path, tuple(inputs), outputs)
loaded = time.perf_counter()
run({inputs[0]: x})
done = time.perf_counter()
cpu = time.process_time()
from parity.worker import peak_mb
peak = peak_mb()
seconds = {"import": imported - started, "load": loaded - imported, "run": done - loaded}
print(json.dumps(seconds | {"cpu": cpu, "peak_mb": peak}))
"""

_PARITY = """
import json, sys, time
started = time.perf_counter()
from parity.runtimes import named
from parity.session import Session
path, shape, runtimes = sys.argv[1], tuple(map(int, sys.argv[2].split(","))), sys.argv[3].split(",")
with Session() as session:
    session.warm([named(name) for name in runtimes])
    from parity.model import load
    from parity.run import run_in
    found = run_in(session, load(path, {"x": shape}), runtimes, shapes={"x": shape})
    seconds = time.perf_counter() - started
    peaks = {name: max(a.peak_mb for n, a in session.answers if n == name) for name, _ in session.answers}
from parity.worker import peak_mb
peak = peak_mb()
answers = {"seconds": seconds, "peaks_mb": peaks, "parent_mb": peak, "jobs": session.jobs}
answers["exit"] = int(found.exit)
print(json.dumps(answers | {"resizes": len({one.key for one in found.nodes})}))
"""


def _asked(program: str, *arguments: str, environment: Mapping[str, str] | None = None) -> dict[str, object]:
    """The last line that a program prints, in a process of its own with ``environment`` besides.

    ``cpu`` is what it and all that it started took, until every one of them had ended, where the program itself does
    not say another.
    """
    before = _processor_time()
    command = [sys.executable, "-c", program, *arguments]
    variables = os.environ | dict(environment or {})
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-2000:])
    return {"cpu": _processor_time() - before} | json.loads(done.stdout.strip().splitlines()[-1])


def _processor_time() -> float:
    """Seconds of all processes that this one has started and that have ended, and of those that these did."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def large_model(path: Path) -> Path:
    """Eight convolutions of 512 channels, 66 MB, with a Resize after the fourth and one at the end."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    nodes, tensors, last = [], [], "x"
    for k in range(8):
        shape = (512, 3 if k == 0 else 512, 3, 3)
        weights = random.standard_normal(shape).astype(np.float32) / np.float32(np.sqrt(9 * shape[1]))
        tensors.append(numpy_helper.from_array(weights, f"w{k}"))
        nodes.append(helper.make_node("Conv", [last, f"w{k}"], [f"c{k}"], pads=[1, 1, 1, 1]))
        last = f"c{k}"
        if k in (3, 7):
            nodes.append(helper.make_node("Resize", [last, "", "scales"], [f"r{k}"], mode="linear"))
            last = f"r{k}"
    tensors.append(numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "scales"))
    ports = (("x", [1, 3, 16, 24]), (last, [1, 512, 64, 96]))
    ports = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)] for name, shape in ports]
    graph = helper.make_graph(nodes, "large", *ports, tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


def _models(folder: Path) -> dict[str, tuple[Path, str]]:
    """Paths, and the shape of the input, by name; the detector where its wheel is installed."""
    models = {"66 MB of weights, 2 resizes": (large_model(folder / "large.onnx"), "1,3,16,24")}
    wheel = importlib.util.find_spec("rapidocr_onnxruntime")
    if wheel is not None:
        detector = Path(wheel.submodule_search_locations[0]) / "models" / "ch_PP-OCRv4_det_infer.onnx"
        models["detector 320 x 320"] = (detector, "1,3,320,320")
        models["detector 960 x 960"] = (detector, "1,3,960,960")
    return models


def _once(path: Path, shape: str, outputs: str, installed: Sequence[str]) -> dict[str, object]:
    """Each runtime's own, one after the other, and then parity on all of them."""
    from parity.runtimes import named

    own = {}
    for one in map(named, installed):
        # As many threads as parity lets it have.
        own[one.name] = _asked(_OWN, str(path), shape, one.load, "x", outputs, environment=one.environment)
    found = _asked(_PARITY, str(path), shape, ",".join(installed))
    parts = {part: sum(each[part] for each in own.values()) for part in ("import", "load", "run", "cpu")}
    own_seconds = parts["import"] + parts["load"] + parts["run"]
    largest, own_largest = max(*found["peaks_mb"].values(), found["parent_mb"]), max(o["peak_mb"] for o in own.values())
    return found | {
        "own": own,
        "own_seconds": own_seconds,
        "own_cpu": parts["cpu"],
        "own_without_imports": parts["load"] + parts["run"],
        "own_mb": own_largest,
        "largest_mb": largest,
        "ratio": found["seconds"] / own_seconds,
        "cpu_ratio": found["cpu"] / parts["cpu"],
        "memory": largest / own_largest,
    }


def measure() -> dict[str, object]:
    """For each model: what each installed runtime takes for itself in a fresh process, one after the other, and what
    parity on all of them takes, by turns; medians. ``ratio`` is seconds of parity over the sum of import, load and one
    inference; ``memory`` the largest of parity's processes over the largest of the runtimes' own."""
    import onnx

    from parity.runtimes import named

    installed = [name for name in RUNTIMES if not named(name).missing]
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        for title, (path, shape) in _models(Path(folder)).items():
            outputs = ",".join(one.name for one in onnx.load(path, load_external_data=False).graph.output)
            runs = [_once(path, shape, outputs, installed) for _ in range(REPEATS)]
            numbers = {key for key, value in runs[0].items() if isinstance(value, float)}
            figures[title] = runs[0] | {key: statistics.median(one[key] for one in runs) for key in numbers}
    return {"runtimes": installed, "models": figures}


def rows(found: dict[str, object]) -> list[dict[str, object]]:
    """What is printed: one row a model."""
    return [
        {
            "model": title,
            "resizes": each["resizes"],
            "seconds": each["seconds"],
            "runtimes' own": each["own_seconds"],
            "ratio": each["ratio"],
            "CPU": each["cpu"],
            "own CPU": each["own_cpu"],
            "ratio of CPU": each["cpu_ratio"],
            "jobs": each["jobs"],
            "parent MB": each["parent_mb"],
            "largest MB": each["largest_mb"],
            "own MB": each["own_mb"],
            "memory ratio": each["memory"],
        }
        for title, each in found["models"].items()
    ]
