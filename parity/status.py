"""How it went with a runtime, and the verdict on a model; apart from what else a run finds: processes need no more."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Exit(IntEnum):
    """The verdict on a model, as the exit code of the command."""

    PARITY = 0
    DIVERGENCE = 1
    CANNOT_TELL = 2


class Status(StrEnum):
    """How it went with a runtime. Only ``ran`` gives anything to compare."""

    RAN = "ran"
    REFUSED = "refused"
    CRASHED = "crashed"
    HUNG = "hung"
    NOT_INSTALLED = "not installed"
