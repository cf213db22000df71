"""Files that are named on the command line: what may be written, and what may be read without waiting for ever."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from parity.model import BadModel


def refuse_output(out: Path, others: Iterable[str | Path | None]) -> None:
    """Raises ``BadModel`` for what is not to be written over: a folder, a device or pipe, one of ``others``.

    A file is written beside and moved to its place, which would put it in the place of a device, too.
    """
    try:
        mode = os.stat(out).st_mode
    except OSError:
        mode = stat.S_IFREG
    if stat.S_ISDIR(mode):
        raise BadModel(f"{out}: a folder: name another file")
    if not stat.S_ISREG(mode):
        raise BadModel(f"{out}: neither a new nor an ordinary file: name another")
    real = os.path.realpath(out)
    if any(real == os.path.realpath(other) for other in others if other is not None):
        raise BadModel(f"{out}: the model itself, or another file that is named: name another file")


def is_readable(path: Path) -> bool:
    """Whether reading it ends, or fails at once: a pipe or a device may do neither."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return True
