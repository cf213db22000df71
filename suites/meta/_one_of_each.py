"""A pytest plugin that keeps, of what the ledger knows, an operation for each framework and each cause of a suite."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

LEDGER = Path(__file__).parents[1] / "known_divergences.toml"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    found = {(item.path.parent.name, item.callspec.id): item for item in items if hasattr(item, "callspec")}
    covered: set[tuple[str, str]] = set()
    chosen: set[int] = set()
    for entry in tomllib.loads(LEDGER.read_text(encoding="utf-8"))["divergence"]:
        kinds = {(entry["suite"], entry["framework"]), *((entry["suite"], factor) for factor in entry["attribution"])}
        subjects = (subject.partition(" [")[0] for subject in entry["gain"])
        item = next((found[entry["suite"], one] for one in subjects if (entry["suite"], one) in found), None)
        if item is not None and not kinds <= covered:
            covered |= kinds
            chosen.add(id(item))
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in chosen])
    items[:] = [item for item in items if id(item) in chosen]
