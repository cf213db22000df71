"""The page of one model: the same chapter as in a run's report, alone."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path

from parity.chapter import chapter
from parity.verdict import ModelVerdict


def write_page(path: str | Path, verdict: ModelVerdict) -> None:
    """Write it, whole or not at all; raises ``OSError`` when it cannot be written."""
    from reports.html import write_model_html
    from reports.record import ModelCheck, Run

    outcomes = verdict.run.outcomes if verdict.run is not None else ()
    run = Run(
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={one.runtime: one.version if one.ran else None for one in outcomes},
        python=platform.python_version(),
        platform=platform.platform(),
        cpu=platform.processor(),
        size_pairs=0,
        pair_list_digest="",
    )
    write_model_html(path, run, ModelCheck(**chapter(verdict)))
