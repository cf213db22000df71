"""Test vectors of image resize, flagged with the faults that they reveal. Files alone: no code but this."""

from __future__ import annotations

from pathlib import Path

__version__ = "1.0.0"


def folder() -> Path:
    """Where the files are; ``README.md`` there describes them."""
    return Path(__file__).parent
