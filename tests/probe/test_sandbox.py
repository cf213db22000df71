"""A question asked in another process has an answer, whatever becomes of that process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from halfpixel import adapters
from halfpixel.probe.measure import sandbox
from halfpixel.probe.measure.sandbox import ProcessDeath, run_sandboxed
from tests import ROOT
from tests.fakes import sandbox_questions


def test_an_answer_comes_back_from_one_process_that_stays():
    np.testing.assert_array_equal(run_sandboxed(sandbox_questions.doubled, np.arange(3)), [0, 2, 4])
    first, second = run_sandboxed(sandbox_questions.process), run_sandboxed(sandbox_questions.process)
    assert first == second
    assert first != os.getpid()


def test_what_native_code_writes_does_not_disturb_the_answers():
    assert run_sandboxed(sandbox_questions.talks) == "heard"
    assert run_sandboxed(sandbox_questions.doubled, 4) == 8


def test_a_crash_is_an_answer_with_its_case_and_last_line():
    found = run_sandboxed(sandbox_questions.aborts, "the case")
    assert found == ProcessDeath("crash", "crashed (SIGABRT)", "the case", "last words")
    assert run_sandboxed(sandbox_questions.doubled, 4) == 8


def test_the_end_of_the_process_is_an_answer():
    assert run_sandboxed(sandbox_questions.leaves, 3) == ProcessDeath(
        "crash", "ended the process (exit status 3)", None, ""
    )
    assert run_sandboxed(sandbox_questions.doubled, 4) == 8


def test_a_hang_is_an_answer_after_its_processor_time():
    found = run_sandboxed(sandbox_questions.computes_for_ever, "the case", cpu_seconds=0.2)
    assert found == ProcessDeath("time limit", "did not return within its time limit", "the case", "")


def test_waiting_for_ever_is_an_answer_after_its_time_by_the_clock():
    found = run_sandboxed(sandbox_questions.waits, "the case", 600.0, wall_seconds=0.3)
    assert (found.factor, found.case) == ("time limit", "the case")


def test_the_time_limit_is_that_of_a_case_and_ends_with_the_question():
    assert run_sandboxed(sandbox_questions.works_through, 4, 0.2, cpu_seconds=0.5) == 4
    assert run_sandboxed(sandbox_questions.waits, "a case", 0.1, wall_seconds=2.0) == "waited"
    time.sleep(0.5)
    assert run_sandboxed(sandbox_questions.works_through, 1, 0.6) == 1


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell the size of a process")
def test_memory_is_limited_for_a_case_and_no_longer():
    assert run_sandboxed(sandbox_questions.allocates, 1 << 29, memory=1 << 28) == "refused"
    assert run_sandboxed(sandbox_questions.allocates, 1 << 29, memory=1 << 30) == "granted"


def test_a_fault_of_the_question_is_no_answer():
    with pytest.raises(RuntimeError, match="LookupError: a fault of the question itself"):
        run_sandboxed(sandbox_questions.fails)
    assert run_sandboxed(sandbox_questions.doubled, 4) == 8


def test_what_cannot_be_sent_is_refused():
    with pytest.raises(ValueError, match="cannot be sent to another process"):
        run_sandboxed(sandbox_questions.doubled, lambda: 0)


def test_every_operation_of_the_registry_can_be_sent():
    for operation in adapters.operations():
        sent = sandbox._unpacked(sandbox._packed(operation))
        assert (sent.id, sent.claim, sent.run) == (operation.id, operation.claim, operation.run)


@pytest.mark.framework
def test_another_path_of_an_operation_is_sent_as_what_it_is():
    operation = adapters.operations("opencv")[0].with_variant(
        adapters.Variant("float64", to_native="x.astype(np.float64)")
    )
    sent = sandbox._unpacked(sandbox._packed(operation))
    assert sent.id == "opencv resize() [float64]"
    assert sent.run(np.ones((1, 2, 2, 1), np.float32), (3, 3)).dtype == np.float64


def test_begin_does_nothing_outside():
    assert sandbox_questions.works_through(1, 0.0) == 1


def _is_running(process: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


@pytest.mark.parametrize("hangs", [False, True], ids=["idle", "in a hang"])
def test_the_process_does_not_outlive_its_parent(hangs):
    program = f"""
    from halfpixel.probe.measure.sandbox import run_sandboxed as ask
    from tests.fakes import sandbox_questions as questions
    print(ask(questions.process), flush=True)
    {"ask(questions.computes_for_ever, 'a case', cpu_seconds=1)" if hangs else "input()"}
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        companion = int(parent.stdout.readline())
        assert _is_running(companion)
        time.sleep(0.2)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while _is_running(companion) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_running(companion)


def test_a_module_that_is_found_later_is_found_there_too(tmp_path, monkeypatch):
    """The companion has been running; the folder is not on its path yet."""
    sandbox.run_sandboxed(len, "ab")
    (tmp_path / "found_later.py").write_text("def thrice(number):\n    return 3 * number\n")
    monkeypatch.syspath_prepend(tmp_path)
    import found_later

    assert sandbox.run_sandboxed(found_later.thrice, 4) == 12
