"""How it went with a runtime; apart from the other outcomes, since the processes of runtimes need nothing else."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """How it went with a runtime. Only ``ran`` gives anything to compare."""

    RAN = "ran"
    REFUSED = "refused"
    CRASHED = "crashed"
    HUNG = "hung"
    NOT_INSTALLED = "not installed"
