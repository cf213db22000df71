"""Run the program of an entry as it is printed, in a process of its own, and say whether it still shows its defect.

A program assigns ``actual`` and ``expected`` and prints the version and both. It shows its defect when the two differ
by more than float32 rounding of a few operations, when a ``refusal`` ends in an exception, or when a ``crash`` or a
``memory`` fault ends the process by a signal or lets it run out of time.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from halfpixel.defects.catalogue import Defect
from halfpixel.golden.vocabulary import DefectKind

SECONDS = 120.0
"""How long a program may take; importing the largest framework takes a tenth of it."""
SECONDS_OF_A_HANG = 40.0
"""After so long a program of a crash or a memory fault never returns; importing a framework takes a third of it."""
TOLERANCE = 1e-6
"""By how much ``actual`` may differ from ``expected``, relative to it or, below one, absolute: sixteen roundings of
float32, 2**-24 each. What is finer is told by the program itself, with a yes or no as ``actual``."""

_MARK = "\x1ehalfpixel same="
_COMPARED = f"""

import numpy as _numpy
_a, _e = _numpy.asarray(actual), _numpy.asarray(expected)
try:
    _numpy.broadcast_shapes(_a.shape, _e.shape)
    _fits = _e.ndim == 0 or _a.shape == _e.shape
except ValueError:
    _fits = False
if _fits and _a.dtype.kind in "fiub" and _e.dtype.kind in "fiub":
    _a, _e = _a.astype(float), _e.astype(float)
    _fits = bool(_numpy.allclose(_a, _e, rtol={TOLERANCE}, atol={TOLERANCE}, equal_nan=True))
elif _fits:
    _fits = bool((_a == _e).all())
print("{_MARK}" + str(int(_fits)))
"""


class ProgramState(StrEnum):
    """Whether a program shows its defect."""

    SHOWN = "shown"
    NOT_SHOWN = "not shown"
    NOT_INSTALLED = "not installed"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class ProgramOutcome:
    """Whether a program shows its defect, what it printed, and how it ended where that is not at its last line."""

    state: ProgramState
    printed: str
    ending: str = ""


def run_program(defect: Defect, python: str = sys.executable) -> ProgramOutcome:
    """Run the program of an entry with this interpreter, in an empty folder."""
    ends_the_process = defect.kind in (DefectKind.CRASH, DefectKind.MEMORY)
    seconds = SECONDS_OF_A_HANG if ends_the_process else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "program.py")
        file.write_text(defect.program + _COMPARED, encoding="utf-8")
        try:
            ended = subprocess.run(
                [python, str(file)], capture_output=True, text=True, timeout=seconds, cwd=folder, check=False
            )
        except subprocess.TimeoutExpired:
            state = ProgramState.SHOWN if ends_the_process else ProgramState.BROKEN
            return ProgramOutcome(state, "", f"did not end within {seconds:.0f} s")
    printed, _, same = ended.stdout.partition(_MARK)
    last = (ended.stderr.strip().splitlines() or [""])[-1]
    if same:
        return ProgramOutcome(ProgramState.NOT_SHOWN if same.strip() == "1" else ProgramState.SHOWN, printed.strip())
    if ended.returncode < 0:
        state = ProgramState.SHOWN if ends_the_process else ProgramState.BROKEN
        return ProgramOutcome(state, printed.strip(), f"killed by signal {-ended.returncode}")
    if last.startswith("ModuleNotFoundError"):
        return ProgramOutcome(ProgramState.NOT_INSTALLED, printed.strip(), last)
    state = ProgramState.SHOWN if defect.kind is DefectKind.REFUSAL else ProgramState.BROKEN
    return ProgramOutcome(state, printed.strip(), last)
