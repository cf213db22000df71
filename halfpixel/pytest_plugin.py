"""Loads the options and hooks of the suites when pytest is asked for ``halfpixel.suites``, and nothing otherwise.

It is installed as a plugin of pytest, so every pytest session of the environment imports it: it imports nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_SUITES = "halfpixel.suites"


def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Register the plugin of the suites before pytest reads its options."""
    if any(argument == _SUITES or argument.startswith((f"{_SUITES}.", f"{_SUITES}::")) for argument in args):
        early_config.pluginmanager.import_plugin(f"{_SUITES}.session")
