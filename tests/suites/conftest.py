"""Runs of the suites on a made-up operation."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from halfpixel.defects.lock import LockedAnswer, lock_of, write_lock
from tests.defects.conftest import HEAD
from tests.suites.pretend_framework import run_pytest, write_framework

CATALOGUE = f"""{HEAD}
[[defect]]
id = "heavy-weights"
title = "resize weights are half as large again"
kind = "unspecified"
reach = "default call"
contract = "The page says nothing of it."
affects = [{{ suite = ["conformance", "dtypes"], causes = ["normalisation", "rounding"] }}]
"""
"""The catalogue of the made-up framework: one entry, which explains what ``wrong`` and ``truncating`` do."""


def locked(
    call: str = "resize()",
    verdict: str = "diverges",
    gain: float | None = 0.5,
    suite: str = "conformance",
    variant: str = "",
    causes: tuple[str, ...] = ("normalisation",),
) -> LockedAnswer:
    """An answer as a lock of the made-up framework holds it."""
    gains = {"any" if variant else "quick": gain}
    return LockedAnswer(suite, call, variant, verdict, causes, gains, "heavy-weights")


@pytest.fixture
def run(tmp_path: Path):
    """``run(function, *options, catalogue=..., lock=..., module=...)``: conformance asked of one made-up operation."""

    def made(
        function: str = "right",
        *options: str,
        name: str = "resize()",
        catalogue: str = "",
        lock: Iterable[LockedAnswer] | None = None,
        module: str = "numpy",
        suite: str = "suites/conformance",
    ) -> subprocess.CompletedProcess[str]:
        write_framework(tmp_path, "pretend", [(name, function, False)], module)
        ledger = tmp_path / "ledger"
        ledger.mkdir(exist_ok=True)
        (ledger / "pretend.toml").write_text(catalogue or CATALOGUE)
        if lock is not None:
            write_lock(lock_of("pretend", np.__version__, lock), ledger)
        defaults = {"--ledger": str(ledger), "--report": str(tmp_path / "report")}
        if module == "numpy":
            defaults["--frameworks"] = "pretend"
        arguments = [word for option in defaults.items() if option[0] not in options for word in option]
        return run_pytest(tmp_path, suite, *arguments, *options)

    return made
