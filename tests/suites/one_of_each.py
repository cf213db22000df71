"""A pytest plugin that keeps, of what the ledger knows, an operation for each framework and each cause of a suite."""

from __future__ import annotations

import tomllib

import pytest

from tests import ROOT

LEDGER = ROOT / "suites" / "ledger" / "known_divergences.toml"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect all tests but the first of each framework and each cause that the ledger has for a suite."""
    by_subject = {(item.path.parent.name, item.callspec.id): item for item in items if hasattr(item, "callspec")}
    covered: set[tuple[str, str]] = set()
    chosen: set[int] = set()
    for entry in tomllib.loads(LEDGER.read_text(encoding="utf-8"))["divergence"]:
        suite = entry["suite"]
        kinds = {(suite, entry["framework"]), *((suite, factor) for factor in entry["attribution"])}
        subjects = [(suite, subject.partition(" [")[0]) for subject in entry["gain"]]
        item = next((by_subject[subject] for subject in subjects if subject in by_subject), None)
        if item is not None and not kinds <= covered:
            covered |= kinds
            chosen.add(id(item))
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in chosen])
    items[:] = [item for item in items if id(item) in chosen]
