"""What the end of a program says: the defect is there, it is not, or the program does not work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from halfpixel.defects.catalogue import load
from halfpixel.defects.programs import ProgramState, run_program
from halfpixel.golden.vocabulary import DefectKind

DIES = "import os\nactual = expected = 0\nos.kill(os.getpid(), 11)"


@pytest.mark.parametrize(
    ("kind", "program", "state"),
    [
        ("silent values", "actual, expected = 100, 200", ProgramState.SHOWN),
        ("silent values", "actual, expected = 0.7, 0.7 * (1 + 1e-7)", ProgramState.NOT_SHOWN),
        ("silent values", "import numpy as np\nactual, expected = np.full((2, 2), 0.7), 0.7", ProgramState.NOT_SHOWN),
        ("silent values", "import numpy as np\nactual, expected = np.array([1, np.nan]), 1", ProgramState.SHOWN),
        ("shape", "import numpy as np\nactual, expected = np.ones((2, 3)), np.ones((3, 2))", ProgramState.SHOWN),
        ("shape", "actual, expected = (2, 3), (2, 3)", ProgramState.NOT_SHOWN),
        ("silent values", "actual, expected = 'a', 'b'", ProgramState.SHOWN),
        ("silent values", "actual, expected = True, False", ProgramState.SHOWN),
        ("silent values", "raise ValueError('no')", ProgramState.BROKEN),
        ("refusal", "raise ValueError('no')", ProgramState.SHOWN),
        ("refusal", "actual = expected = 1", ProgramState.NOT_SHOWN),
        ("crash", DIES, ProgramState.SHOWN),
        ("memory", DIES, ProgramState.SHOWN),
        ("silent values", DIES, ProgramState.BROKEN),
        ("crash", "actual = expected = 1", ProgramState.NOT_SHOWN),
        ("refusal", "import no_such_framework", ProgramState.NOT_INSTALLED),
    ],
)
def test_a_program_shows_its_defect_or_not(ledger, kind, program, state):
    defect = replace(load("pretend", ledger()).defects[0], kind=DefectKind(kind), program=program)
    assert run_program(defect).state is state


def test_what_it_prints_is_kept_without_our_own_line(ledger):
    outcome = run_program(load("pretend", ledger()).defect("sum-of-bytes"))
    assert (outcome.state, outcome.printed) == (ProgramState.SHOWN, "1.0 actual 72 expected 200")
