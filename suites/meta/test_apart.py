"""Calls of a framework that needs its own environment run in a process that has it, and come back as if from here."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from adapters import NotInstalled, apart
from adapters.framework import Framework
from adapters.layout import WrongShape
from adapters.operation import native
from probe import measure
from probe.isolated import ask

ENVIRONMENT = (("HALFPIXEL_APART", "yes"),)
ELSEWHERE = Framework("elsewhere", "numpy", ("numpy",), "import os", environment=ENVIRONMENT)


def _call(expression: str, framework: Framework = ELSEWHERE):
    return native(framework, expression, expression, "HW")


def test_it_runs_where_the_variable_is_set_and_stays_there():
    pid = _call("x * 0 + os.getpid() * (os.environ['HALFPIXEL_APART'] == 'yes')")
    image = np.zeros((1, 2, 2, 1), dtype=np.float64)
    first, second = (pid.run(image, (2, 2)).max() for _ in range(2))
    assert first == second
    assert first not in (0, os.getpid())


def test_it_is_measured_like_any_other():
    np.testing.assert_array_equal(measure(_call("np.repeat(x, 2, axis=0)[:h, :w]"), 2, 3), [[1, 0], [1, 0], [0, 1]])


def test_an_environment_that_is_set_already_needs_no_other_process():
    name, value = next(iter(os.environ.items()))
    assert not apart.is_elsewhere(((name, value),))
    assert apart.is_elsewhere(((name, f"not {value}"),))


def test_what_it_raises_comes_back_by_name_and_with_its_words():
    with pytest.raises(Exception, match=r"^no such axis$") as raised:
        _call("exec('class AxisTrouble(Exception): pass\\nraise AxisTrouble(\"no such axis\")')").run(
            np.zeros((1, 2, 2, 1)), (2, 2)
        )
    assert raised.type.__name__ == "AxisTrouble"
    with pytest.raises(WrongShape, match="returned shape"):
        _call("x").run(np.zeros((1, 2, 2, 1)), (3, 3))


def test_its_death_is_an_error_with_its_last_words_and_the_next_call_works():
    image = np.zeros((1, 2, 2, 1), dtype=np.float32)
    with pytest.raises(RuntimeError, match=r"ended \(SIGABRT\): farewell"):
        _call("(os.write(1, b'farewell\\n'), os.abort())").run(image, (2, 2))
    assert _call("x").run(image, (2, 2)).shape == (1, 2, 2, 1)


def test_absence_is_told_before_any_process_is_started():
    absent = Framework("elsewhere", "numpy", ("numpy",), "", requires=("no_such_module",), environment=ENVIRONMENT)
    assert absent.version is None
    with pytest.raises(NotInstalled, match=r"pip install no_such_module"):
        _call("x", absent).run(np.zeros((1, 2, 2, 1)), (2, 2))


def _signal_of(subject) -> int:
    return signal.SIGABRT if apart.is_elsewhere(subject.call.framework.environment) else 0


def test_a_question_about_it_is_asked_where_the_variable_is_set():
    assert ask(_signal_of, _call("x")) == 0
