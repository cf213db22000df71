"""The one line of an exception that says most: runtimes and exporters put where they are before what is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_PLACE = re.compile(r"(Exception from|Check '.*' failed at) \S+:\d+:?$")
"""Lines of OpenVINO that name a place in its own source and nothing else."""
_QUOTED = re.compile(r"\w*(?:Error|Exception): \S")
"""How a line begins that quotes another exception, as TensorFlow's AutoGraph does after the code it was raised in."""
_LOCATION = re.compile(r"<unknown>:0: |loc\(.*\): ")
"""What MLIR puts before an error: https://mlir.llvm.org/docs/Dialects/Builtin/#location-attributes."""


def one_line(error: BaseException) -> str:
    """An exception's type and the lines of its message that say most, as one line of a thousand characters at most."""
    lines = [line for line in (_ESCAPE.sub("", line).strip() for line in str(error).splitlines()) if line]
    quoted = [k for k, line in enumerate(lines) if k and _QUOTED.match(line)]
    if quoted:
        text = " ".join(lines[quoted[-1] :][:2])
    elif lines:
        text = f"{type(error).__name__}: {' '.join(_after_places(lines)[:2])}"
    else:
        text = type(error).__name__
    return without_middle(_LOCATION.sub("", text), 1000)


def without_middle(text: str, limit: int) -> str:
    """A text of at most ``limit`` characters: what is too long keeps its beginning and its end."""
    if len(text) <= limit:
        return text
    half = (limit - 5) // 2
    return f"{text[:half]} ... {text[len(text) - half :]}"


def _after_places(lines: Sequence[str]) -> Sequence[str]:
    """What is left without the lines that name places; where there is a summary, that."""
    if "Summary:" in lines[:-1]:
        return lines[lines.index("Summary:") + 1 :]
    return [line for line in lines if not _PLACE.match(line)] or lines
