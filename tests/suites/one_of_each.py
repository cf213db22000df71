"""A pytest plugin that keeps, of what is locked, an operation for each framework and each cause of a suite."""

from __future__ import annotations

import pytest

from halfpixel.defects.lock import load_lock, locked_frameworks, locked_versions


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect all tests but the first of each framework and each cause that is locked for a suite."""
    by_subject = {(item.path.parent.name, item.callspec.id): item for item in items if hasattr(item, "callspec")}
    covered: set[tuple[str, str]] = set()
    chosen: set[int] = set()
    for framework in locked_frameworks():
        for answer in load_lock(framework, locked_versions(framework)[-1]).answers:
            kinds = {(answer.suite, framework), *((answer.suite, cause) for cause in answer.causes)}
            item = by_subject.get((answer.suite, f"{framework} {answer.call}"))
            if item is not None and not kinds <= covered:
                covered |= kinds
                chosen.add(id(item))
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in chosen])
    items[:] = [item for item in items if id(item) in chosen]
