"""Does a resize do what it did once it is exported, through every exporter and on every runtime?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from parity import exporters
from parity.export_cells import absences, observations
from parity.export_matrix import ExportMatrix
from suites.findings import observed


@pytest.fixture(scope="session")
def export_matrix(store) -> Iterator[ExportMatrix]:
    """What every exporter makes of every call, and every runtime of that; made once, for all processes of the run."""
    with ExportMatrix(store.folder) as made:
        yield made


def test_does_the_same_once_exported(exported_operation, export_matrix, settle) -> None:
    started = time.perf_counter()
    found, left_out = observations(exported_operation, export_matrix)
    seconds = (time.perf_counter() - started) / max(1, len(found))
    settle(
        *(
            observed(
                "parity",
                f"does {exported_operation.id} do the same once exported [{one.variant}]?",
                exported_operation,
                one,
                seconds,
            )
            for one in found
        ),
        left_out=left_out,
    )


def test_every_exporter_and_runtime_is_installed(export_source, settle) -> None:
    every = SimpleNamespace(id=f"{export_source} (every call)", framework=export_source, source="", note="")
    absent = absences(export_source)
    if not absent:
        assert all(not one.missing for one in exporters.of(export_source))
        return
    settle(
        *(
            observed(
                "parity", f"is all that {export_source} is exported with installed [{one.variant}]?", every, one, 0.0
            )
            for one in absent
        )
    )
