"""pnnx, which converts to ncnn. Only its program is used: to import its package would import torch."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Sequence
from pathlib import Path

_PATIENCE = 240.0


def convert(source: Path, param: Path, arguments: Sequence[str]) -> None:
    """Have it write ``param``, and a ``.bin`` with it, of a file; ``RuntimeError`` with what it says where it does not.

    Weights are not rounded to float16, which is its default.
    """
    program = Path(importlib.util.find_spec("pnnx").origin).with_name("pnnx")
    done = subprocess.run(
        [str(program), source.name, *arguments, "fp16=0"],
        cwd=source.parent,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode or not param.exists():
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise RuntimeError(f"pnnx ended with {done.returncode}: {lines[-1] if lines else ''}")
