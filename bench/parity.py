"""What the parity of a model costs beside its runtimes' own loading and running: seconds, and memory."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RUNTIMES = ("onnxruntime", "openvino", "opencv-dnn")
REPEATS = 7
"""The median of each figure is reported: other work on the machine changes even processor time by a third."""

_MEASURED = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
seconds = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
figures = {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 2**10}
print(json.dumps(figures | {"status": done.returncode, "out": done.stdout, "err": done.stderr[-2000:]}))
"""
"""In a process of its own, so that the children it has waited for are those of one command alone. ``mb`` is the
memory of the largest of them, in MiB on Linux."""

_OWN = """
import importlib, json, sys, time
import numpy as np
path, shape, load, name, outputs = sys.argv[1:]
x = np.random.default_rng(0).standard_normal(tuple(map(int, shape.split(",")))).astype(np.float32)
started = time.perf_counter()
module, _, function = load.partition(":")
module = importlib.import_module(module)
module.import_framework()
imported = time.perf_counter()
run = getattr(module, function)(path, (name,), tuple(outputs.split(",")))
loaded = time.perf_counter()
run({name: x})
print(json.dumps({"import": imported - started, "load": loaded - imported, "run": time.perf_counter() - loaded}))
"""


def _measured(command: Sequence[str], environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Seconds by the clock, processor time and memory of a command and all that it starts, and what it printed."""
    whole = [sys.executable, "-c", _MEASURED, sys.executable, *command]
    variables = os.environ | dict(environment or {})
    done = subprocess.run(whole, cwd=ROOT, env=variables, capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    if figures["status"]:
        raise RuntimeError(figures["err"] or figures["out"])
    return figures


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


def _once(path: Path, shape: str, outputs: str, installed: Sequence[str]) -> dict[str, float]:
    """Each runtime's own process, one after the other, and then the command on all of them."""
    from halfpixel.parity.runtimes.registry import runtime_named

    own = []
    for runtime in map(runtime_named, installed):
        # As many threads as parity lets it have.
        figures = _measured(["-c", _OWN, str(path), shape, runtime.load, "x", outputs], runtime.environment)
        own.append(figures | json.loads(figures["out"]))
    command = ["-m", "halfpixel", "parity", str(path), "--shape", f"x={shape}", "--against", ",".join(installed)]
    whole = _measured([*command, "--json"])
    parts = {part: sum(figures[part] for figures in own) for part in ("seconds", "cpu", "import", "load", "run")}
    inside = parts["import"] + parts["load"] + parts["run"]
    own_mb = max(figures["mb"] for figures in own)
    return {
        "resizes": len(json.loads(whole["out"])["model"]["resizes"]),
        "seconds": whole["seconds"],
        "own_seconds": parts["seconds"],
        "ratio": whole["seconds"] / parts["seconds"],
        "own_inside": inside,
        "ratio_inside": whole["seconds"] / inside,
        "cpu": whole["cpu"],
        "own_cpu": parts["cpu"],
        "cpu_ratio": whole["cpu"] / parts["cpu"],
        "mb": whole["mb"],
        "own_mb": own_mb,
        "memory_ratio": whole["mb"] / own_mb,
    }


def measure() -> dict[str, Any]:
    """For each model, medians: what every installed runtime takes in a process of its own, one after the other, to be
    imported, load the model and run it once; and what ``halfpixel parity`` on all of them takes. Both are of whole
    processes, from their start to their end; ``own_inside`` leaves out the start of Python and NumPy in each."""
    import onnx

    from halfpixel.parity.runtimes.registry import runtime_named

    installed = [name for name in RUNTIMES if not runtime_named(name).missing]
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for title, (path, shape) in _models(Path(folder)).items():
            outputs = ",".join(port.name for port in onnx.load(path, load_external_data=False).graph.output)
            runs = [_once(path, shape, outputs, installed) for _ in range(REPEATS)]
            figures[title] = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return {"runtimes": installed, "models": figures}


COLUMNS = {
    "resizes": "resizes",
    "seconds": "seconds",
    "runtimes' own": "own_seconds",
    "ratio": "ratio",
    "own inside": "own_inside",
    "ratio to that": "ratio_inside",
    "CPU": "cpu",
    "own CPU": "own_cpu",
    "ratio of CPU": "cpu_ratio",
    "largest MB": "mb",
    "own MB": "own_mb",
    "memory ratio": "memory_ratio",
}


def rows(measured: dict[str, Any]) -> list[dict[str, object]]:
    """What is printed: one row a model."""
    return [
        {"model": title} | {head: figures[key] for head, key in COLUMNS.items()}
        for title, figures in measured["models"].items()
    ]
