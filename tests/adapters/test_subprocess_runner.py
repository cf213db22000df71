"""Calls of a framework that needs its own environment run in a process that has it, and come back as if from here."""

from __future__ import annotations

import os
import pickle
import signal
import time

import numpy as np
import pytest

from halfpixel.adapters import NotInstalled, subprocess_runner
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.layout import WrongShape
from halfpixel.adapters.operation import Operation, native
from halfpixel.adapters.subprocess_runner import WorkerDied, WorkerProcess
from halfpixel.probe import measure
from halfpixel.probe.measure.sandbox import run_sandboxed

ENVIRONMENT = (("HALFPIXEL_APART", "yes"),)
ELSEWHERE = Framework("elsewhere", "numpy", ("numpy",), "import os", environment=ENVIRONMENT)


def _call(expression: str, framework: Framework = ELSEWHERE) -> Operation:
    return native(framework, expression, expression, "HW")


def test_it_runs_where_the_variable_is_set_and_stays_there() -> None:
    pid = _call("x * 0 + os.getpid() * (os.environ['HALFPIXEL_APART'] == 'yes')")
    image = np.zeros((1, 2, 2, 1), dtype=np.float64)
    first, second = (pid.run(image, (2, 2)).max() for _ in range(2))
    assert first == second
    assert first not in (0, os.getpid())


def test_it_is_measured_like_any_other() -> None:
    np.testing.assert_array_equal(measure(_call("np.repeat(x, 2, axis=0)[:h, :w]"), 2, 3), [[1, 0], [1, 0], [0, 1]])


def test_an_environment_that_is_set_already_needs_no_other_process() -> None:
    name, value = next(iter(os.environ.items()))
    assert not subprocess_runner.needs_subprocess(((name, value),))
    assert subprocess_runner.needs_subprocess(((name, f"not {value}"),))


def test_what_it_raises_comes_back_by_name_and_with_its_words() -> None:
    with pytest.raises(Exception, match=r"^no such axis$") as raised:
        _call("exec('class AxisTrouble(Exception): pass\\nraise AxisTrouble(\"no such axis\")')").run(
            np.zeros((1, 2, 2, 1)), (2, 2)
        )
    assert raised.type.__name__ == "AxisTrouble"
    with pytest.raises(WrongShape, match="returned shape"):
        _call("x").run(np.zeros((1, 2, 2, 1)), (3, 3))


def test_its_death_is_an_error_with_its_last_words_and_the_next_call_works() -> None:
    image = np.zeros((1, 2, 2, 1), dtype=np.float32)
    with pytest.raises(RuntimeError, match=r"ended \(SIGABRT\): farewell"):
        _call("(os.write(1, b'farewell\\n'), os.abort())").run(image, (2, 2))
    assert _call("x").run(image, (2, 2)).shape == (1, 2, 2, 1)


def test_absence_is_told_before_any_process_is_started() -> None:
    absent = Framework("elsewhere", "numpy", ("numpy",), "", requires=("no_such_module",), environment=ENVIRONMENT)
    assert absent.version is None
    with pytest.raises(NotInstalled, match=r"pip install no_such_module"):
        _call("x", absent).run(np.zeros((1, 2, 2, 1)), (2, 2))


def test_a_worker_that_does_not_answer_in_time_is_killed() -> None:
    worker = WorkerProcess(subprocess_runner.__name__)
    worker.send(pickle.dumps((time.sleep, (60,))))
    with pytest.raises(WorkerDied, match="no answer in time") as died:
        worker.receive(0.2)
    assert (died.value.timed_out, died.value.returncode) == (True, -signal.SIGKILL)


def test_a_worker_imports_no_framework_from_its_own_folder() -> None:
    worker = WorkerProcess(subprocess_runner.__name__)
    worker.send(pickle.dumps((exec, ("import sys; assert not any(p.endswith('adapters') for p in sys.path)",))))
    assert pickle.loads(worker.receive(60)) == ("answer", None)
    worker.kill()


def _signal_of(subject: Operation) -> int:
    return signal.SIGABRT if subprocess_runner.needs_subprocess(subject.native_call.framework.environment) else 0


def test_a_question_about_it_is_asked_where_the_variable_is_set() -> None:
    assert run_sandboxed(_signal_of, _call("x")) == 0
