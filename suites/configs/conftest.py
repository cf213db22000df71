"""The configs named with ``--mmseg-config``, and what the suite needs to be installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfpixel import adapters

PACKAGE = "mmsegmentation"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each config that was named."""
    if "named_config" in metafunc.fixturenames:
        metafunc.parametrize("named_config", metafunc.config.getoption("--mmseg-config") or [], ids=str)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where configs are named, nothing else of this suite is asked."""
    named = bool(config.getoption("--mmseg-config"))
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    others = [item for item in here if ("named_config" in getattr(item, "fixturenames", ())) is not named]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def mmseg_version() -> str:
    """The version of mmsegmentation; what asks for it is skipped where it is not installed."""
    version = adapters.frameworks()["mmseg"].version
    if version is None:
        pytest.skip(f"{PACKAGE} is not installed")
    return version
