"""No test reads or writes the cache of whoever runs it."""

from __future__ import annotations

import pytest

from halfpixel.probe.compare import measurement_store


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache folder of every system, in a folder of the test's own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setenv("LOCALAPPDATA", str(folder))
    monkeypatch.setenv("HOME", str(folder))


@pytest.fixture
def along_axes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measurements take each axis alone: for questions that whole images do not decide, and would make slow."""
    monkeypatch.setattr(measurement_store, "verified", lambda discrepancy, *_: discrepancy)
