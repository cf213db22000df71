"""The page in a browser: Chromium, once for each module, and a fixture that opens the page of any records as a file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from halfpixel.reports.page.report_page import write_html
from halfpixel.reports.records.record_types import Record

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """One headless Chromium for the tests of a module; skips where there is none."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield started
        started.close()


@dataclass
class Opened:
    """A page in the browser, and what it did that it should not: errors, warnings of the console, requests.

    Its policy forbids ``eval``: wait for locators and addresses, not with ``wait_for_function``.
    """

    page: object
    address: str
    faults: list[str] = field(default_factory=list)

    def at(self, fragment: str) -> object:
        """Open the address with another fragment, as a link from elsewhere would."""
        self.page.goto("about:blank")
        self.page.goto(self.address + fragment)
        return self.page


@pytest.fixture
def opened(browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """``opened(records, fragment="", **context)`` gives the page as :class:`Opened`; any fault fails the test.

    ``context`` are the options of a browser's context, such as ``color_scheme="dark"`` or
    ``viewport={"width": 375, "height": 800}``.
    """
    made: list[Opened] = []
    contexts = []

    def start(records: Iterable[Record], fragment: str = "", **options: object) -> Opened:
        path = tmp_path / "index.html"
        write_html(path, records)
        context = browser.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        found = Opened(context.new_page(), path.as_uri())
        found.page.on("pageerror", lambda error: found.faults.append(f"error: {error}"))
        found.page.on(
            "console",
            lambda line: (
                found.faults.append(f"{line.type}: {line.text}") if line.type in ("error", "warning") else None
            ),
        )
        found.page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((path.as_uri(), "data:", "about:"))
                else found.faults.append(f"request: {request.url}")
            ),
        )
        made.append(found)
        found.page.goto(found.address + fragment)
        return found

    yield start
    for context in contexts:
        context.close()
    assert [fault for each in made for fault in each.faults] == []


def violations(page: object) -> list[str]:
    """What axe-core finds against WCAG 2, levels A and AA: the rule, and the first elements that break it."""
    from axe_playwright_python.sync_playwright import Axe

    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]}}
    found = Axe().run(page, options=rules).response["violations"]
    return [f"{each['id']}: {[node['html'][:200] for node in each['nodes'][:3]]}" for each in found]
