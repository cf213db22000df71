"""The fixtures of the browser: Chromium, and a page of any records."""

from __future__ import annotations

from tests.reports.browser.page import browser, opened

__all__ = ["browser", "opened"]
