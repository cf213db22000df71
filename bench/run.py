"""Prints what a sweep costs, how much of it is overhead, and what it catches; docs/benchmarks.md explains it all."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import detection, integer_rules, interruptions, parity, random_operators, sweep
from bench.table import table
from halfpixel.probe import SIZE_SETS

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("sweep", "suites", "detection", "parity", "random", "integers", "interruptions")
# Two processes on two cores: pools of threads inside each would only contend. They must be set before any import.
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def run_suites(sizes: str, processes: int) -> dict[str, object]:
    """Every suite under pytest-xdist: wall seconds, imports and report included, and what each suite took of it.

    ``suites`` maps a suite to its number of tests and to the seconds that all processes spent in them.
    """
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "suites", "-n", str(processes)]
        command += ["--sizes", sizes, "--report", folder, f"--junitxml={junit}", "-q"]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        suites: dict[str, dict[str, float]] = {}
        for case in ElementTree.parse(junit).iter("testcase"):
            suite = suites.setdefault(case.get("classname").split(".")[1], {"tests": 0, "seconds": 0.0})
            suite["tests"] += 1
            suite["seconds"] += float(case.get("time"))
    last = next(iter(done.stdout.strip().splitlines()[-1:]), "")
    return {"seconds": seconds, "exit_status": done.returncode, "last_line": last, "suites": suites}


def main() -> None:
    """Measure the parts that were asked for, print each as a table, and write everything as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", choices=tuple(SIZE_SETS), default="full", help="which pairs of sizes are swept")
    parser.add_argument("--processes", type=int, default=2, help="how many share the sweep")
    parser.add_argument("--operators", type=int, default=1000, help="how many random wrong operators are asked")
    parser.add_argument("--interruptions", type=int, default=200, metavar="N", help="how many runs are ended early")
    parser.add_argument("--images", type=int, default=10_000, help="on how many each integer rule is compared")
    parser.add_argument("--only", choices=PARTS, action="append", help="leave the other parts out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    parts = options.only or PARTS
    figures: dict[str, object] = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "sizes": options.sizes,
    }
    if "sweep" in parts:
        figures["sweep"] = found = sweep.measure(options.sizes, options.processes)
        print(table(f"Sweep, sizes {options.sizes}, {options.processes} processes, seconds", sweep.rows(found)))
        peaks = ", ".join(f"{peak:.0f}" for peak in found["peak_mb"])
        print(f"wall {found['wall_seconds']:.1f} s after {found['import_seconds']:.1f} s of imports; peak {peaks} MB")
        print(f"processor time of all processes: {found['cpu_seconds']:.1f} s\n")
    if "suites" in parts:
        figures["suites"] = found = run_suites(options.sizes, options.processes)
        title = f"Suites under pytest, sizes {options.sizes}, {options.processes} processes, seconds"
        print(table(title, [{"suite": name} | figures for name, figures in found["suites"].items()]))
        print("wall {seconds:.1f} s, exit status {exit_status}: {last_line}\n".format(**found))
    if "detection" in parts:
        figures["detection"] = found = detection.measure()
        print(table("Detection of wrong resizers, by method", detection.rows(found)))
    if "parity" in parts:
        figures["parity"] = found = parity.measure()
        title = f"Parity of a model on {', '.join(found['runtimes'])}, seconds"
        print(table(title, parity.rows(found)))
    if "random" in parts:
        figures["random"] = found = random_operators.measure(options.operators, options.processes)
        title = f"Random wrong operators: {found['missed']} of {found['asked']} got through, {found['seconds']:.0f} s"
        print(table(title, random_operators.rows(found)))
        print("\n".join(found["examples"]))
    if "interruptions" in parts:
        trials = interruptions.interruptions(options.interruptions)
        figures["interruptions"] = found = interruptions.rows(trials)
        wrong = [trial for trial in trials if trial.faults]
        print(table(f"Runs that were ended early: {len(wrong)} of {len(trials)} left something wrong", found))
        print("\n".join(f"{trial.way} after {trial.seconds:.1f} s: {'; '.join(trial.faults)}" for trial in wrong))
    if "integers" in parts:
        figures["integers"] = found = integer_rules.measure(options.images)
        print(table(f"Integer rules against their libraries, {options.images} images each", found))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
