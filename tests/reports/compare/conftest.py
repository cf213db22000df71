"""The fixtures of the timelines."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfpixel.reports.records.json_lines import write
from tests.reports.compare.test_timeline import three


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The three versions, each in a folder of its own, as tox writes them."""
    for name, records in three():
        write(tmp_path / "runs" / name / "results.jsonl", records)
    return tmp_path / "runs"
