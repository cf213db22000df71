"""Made-up frameworks that runs of pytest measure: one operation is right, others wrong in ways that are known."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests import ROOT

_PLUGIN = """
import os
import pathlib
import signal
import time

from halfpixel import adapters
adapters.__path__.append({folder!r})

def pytest_runtest_call(item):
    if os.environ.get("PRETEND_HANGS_AT", "nowhere") in item.nodeid:
        pathlib.Path(os.environ["PRETEND_MARK"]).touch()
        time.sleep(600)
    if os.environ.get("PRETEND_DIES_AT", "nowhere") in item.nodeid:
        os.kill(os.getpid(), signal.SIGKILL)
"""

_ADAPTER = """
import numpy as np

from halfpixel.adapters import Framework, native
from halfpixel.golden import Convention, matrix

FRAMEWORK = Framework({name!r}, {module!r}, ("numpy",), "import halfpixel.golden")
CLAIM = Convention(kernel="linear")

def right(image, size):
    rows = matrix(CLAIM, image.shape[0], size[0]).to_array()
    columns = matrix(CLAIM, image.shape[1], size[1]).to_array()
    return (rows @ image @ columns.T).astype(np.float32)

def wrong(image, size):
    return 1.5 * right(image, size)

def truncating(image, size):
    exact = right(image, size)
    return exact if image.dtype.kind == "f" else np.clip(exact, 0, 255).astype(image.dtype)

def raising(image, size):
    raise RuntimeError("cannot resize on a Sunday")

def operations():
    helpers = (right, wrong, truncating, raising)
    return [
        native(FRAMEWORK, name, function + "(x, (h, w))", "HW", helpers=helpers, claim=CLAIM, is_default=is_default)
        for name, function, is_default in {calls!r}
    ]
"""


def write_framework(folder: Path, name: str, calls: Sequence[tuple[str, str, bool]], module: str = "numpy") -> None:
    """Write an adapter; ``calls`` are ``(name, function, is_default)``, ``module`` is what must be installed."""
    adapters = folder / "adapters"
    adapters.mkdir(exist_ok=True)
    (adapters / f"{name}.py").write_text(_ADAPTER.format(name=name, module=module, calls=tuple(calls)))
    (folder / "pretend_plugin.py").write_text(_PLUGIN.format(folder=str(adapters)))


def pytest_command(folder: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command that runs pytest with the adapters written to ``folder``, and its environment."""
    command = [sys.executable, "-m", "pytest", "-p", "pretend_plugin", "-p", "no:cacheprovider"]
    return [*command, *arguments], os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in the repository with the adapters written to ``folder``."""
    command, environment = pytest_command(folder, *arguments)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
