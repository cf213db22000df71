"""What every refusal of ``halfpixel parity`` must look like: a fixture for the tests of bad models and arguments."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from halfpixel.parity import inspection
from halfpixel.parity_command import main

SECONDS = 10.0
"""For any file here: they are small, and the slowest, an archive that unpacks to 300 MB, takes one."""


@pytest.fixture
def refused(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """``refused(path, *arguments)``: the one line that the command says of it, after nothing was run."""
    monkeypatch.setattr(inspection, "run_in_session", lambda *_, **__: pytest.fail("the model was run"))

    def line(path: object, *arguments: str) -> str:
        started = time.perf_counter()
        assert main([str(path), *arguments]) == 2
        assert time.perf_counter() - started < SECONDS
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1
        assert "Traceback" not in told.err
        assert told.err.strip().isprintable()
        assert len(told.err) < 700
        return told.err

    return line
