"""Runs of the suites on a made-up operation."""

from __future__ import annotations

import subprocess
import textwrap
from pathlib import Path

import pytest

from tests.suites.pretend_framework import run_pytest, write_framework

ENTRY = """
[[divergence]]
suite = "conformance"
framework = "pretend"
versions = "{versions}"
verdict = "{verdict}"
attribution = ["normalisation"]
reason = "weights are half as large again"
link = "no thread found"
[divergence.gain]
"pretend {operation}" = {{ quick = {gain} }}
"""


@pytest.fixture
def run(tmp_path: Path):
    """``run(function, *options, ledger=..., module=...)``: a run of the conformance suite on one made-up operation."""

    def made(
        function: str = "right",
        *options: str,
        name: str = "resize()",
        ledger: str = "",
        module: str = "numpy",
        suite: str = "suites/conformance",
    ) -> subprocess.CompletedProcess[str]:
        write_framework(tmp_path, "pretend", [(name, function, False)], module)
        (tmp_path / "ledger.toml").write_text(textwrap.dedent(ledger))
        defaults = {"--ledger": str(tmp_path / "ledger.toml"), "--report": str(tmp_path / "report")}
        if module == "numpy":
            defaults["--frameworks"] = "pretend"
        arguments = [word for option in defaults.items() if option[0] not in options for word in option]
        return run_pytest(tmp_path, suite, *arguments, *options)

    return made
