"""Does a resize do what it did once it is exported, through every exporter and on every runtime?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from halfpixel.golden.vocabulary import Suite
from halfpixel.parity.exports import registry
from halfpixel.parity.exports.export_cases import ExportCase
from halfpixel.parity.exports.matrix import ExportMatrix
from halfpixel.parity.exports.observations import not_installed_observations, observations
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.probe.variants.observation import Observation
from halfpixel.suites.records.findings import EveryCall, variant_findings
from halfpixel.suites.session import Settle


@pytest.fixture(scope="session")
def export_matrix(store: Store) -> Iterator[ExportMatrix]:
    """What every exporter makes of every call, and every runtime of that; made once, for all processes of the run."""
    with ExportMatrix(store.folder) as made:
        yield made


def test_does_the_same_once_exported(
    exported_operation: ExportCase, export_matrix: ExportMatrix, settle: Settle
) -> None:
    left_out: list[str] = []

    def observe() -> list[Observation]:
        observed, absent = observations(exported_operation, export_matrix)
        left_out.extend(absent)
        return observed

    question = "does {id} do the same once exported [{variant}]?"
    findings = variant_findings(Suite.PARITY, question, exported_operation, observe)
    settle(*findings, left_out=left_out)


def test_every_exporter_and_runtime_is_installed(export_source: str, settle: Settle) -> None:
    absent = not_installed_observations(export_source)
    if not absent:
        assert all(not exporter.missing for exporter in registry.exporters_of(export_source))
        return
    question = f"is all that {export_source} is exported with installed [{{variant}}]?"
    settle(*variant_findings(Suite.PARITY, question, EveryCall(export_source), lambda: absent))
