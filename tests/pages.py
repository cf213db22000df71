"""Run the commands of a page of the documentation as they are printed, and compare what they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests import ROOT

_BLOCK = re.compile(r"```sh\n(.*?)```(?:\n+```text\n(.*?)```)?", re.DOTALL)

_NO_ANSWER = (2, 126, 127)
"""Exit statuses of what cannot tell, cannot be run, or is not there."""


def run_page(name: str, folder: Path, environment: Mapping[str, str] | None = None) -> int:
    """Run every ``sh`` block of ``docs/NAME`` in ``folder``, one after the other; the number of blocks.

    A ``text`` block that follows has the beginnings of lines that must be printed, in that order; a line ``...`` stands
    for any others. A block may fail only if such a block follows it. Blocks with ``pip
    install`` are left out: what they install is what is tested.
    """
    blocks = _BLOCK.findall((ROOT / "docs" / name).read_text(encoding="utf-8"))
    run = [(commands, printed) for commands, printed in blocks if "pip install" not in commands]
    for commands, printed in run:
        _run(commands, printed.splitlines(), folder, environment or {})
    return len(run)


def _run(commands: str, expected: list[str], folder: Path, environment: Mapping[str, str]) -> None:
    functions = [
        f'{name}() {{ {sys.executable} {how} "$@"; }}' for name, how in (("halfpixel", "-m halfpixel"), ("python", ""))
    ]
    script = "\n".join(["set -eo pipefail", *functions, commands])
    # The project is found where it is installed, and not because of the folder that this runs in.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    is_answered = ran.returncode not in _NO_ANSWER if expected else ran.returncode == 0
    assert is_answered, f"{commands}\n{ran.stdout}\n{ran.stderr}"
    lines = iter((ran.stdout + ran.stderr).splitlines())
    for line in expected:
        assert line == "..." or any(printed.startswith(line) for printed in lines), (
            f"not printed, or not here: {line}\n{ran.stdout}\n{ran.stderr}"
        )
