"""In a browser: the page of what changed, and the page of runs of several versions that were merged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from halfpixel.reports.compare.diff import difference
from halfpixel.reports.compare.merge import merge_records
from halfpixel.reports.page.comparison_pages import render_diff
from tests.reports.browser.page import (
    violations,
)
from tests.reports.page.test_safety import HOSTILE
from tests.reports.test_sample import LINEAR, finding, header, samples

PHONE, LAPTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


def _runs() -> tuple[list, list]:
    """A change of every kind, among them of hostile names."""
    names = [*(f"{i}()" for i in range(40)), *HOSTILE]
    old = [header(), *(finding("torch", name, LINEAR) for name in names), finding("torch", "gone()", LINEAR)]
    new = [
        header(versions={"torch": "2.14.0", "opencv": "5.0.0", "jax": "0.10"}),
        *(replace(each, verdict="diverges", gain=0.5) for each in old[1:-1]),
        finding("torch", "new()", LINEAR, "diverges", gain=0.25),
        finding("jax", "new()", LINEAR),
    ]
    return old, new


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "dark"), (LAPTOP, "light")], ids=["phone", "laptop"])
def test_what_changed_can_be_read_by_everyone(browser, tmp_path: Path, viewport: dict, scheme: str) -> None:
    """No fault that axe-core knows, nothing beyond the edge, no script, no request."""
    path = tmp_path / "diff.html"
    path.write_text(render_diff(difference(*_runs())), encoding="utf-8")
    context = browser.new_context(viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialog: requests.append(dialog.message))
    page.goto(path.as_uri())
    assert requests == [path.as_uri()]
    assert page.evaluate("document.scripts.length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert violations(page) == []
    page.get_by_role("link", name="Newly diverging").click()
    assert page.get_by_role("heading", name="Newly diverging").is_visible()
    assert page.get_by_role("rowheader", name="torch 0()").is_visible()
    page.get_by_role("link", name="The runs").press("Enter")
    assert page.url.endswith("#runs")
    context.close()


def test_versions_that_were_merged_stand_in_columns_of_their_own(opened) -> None:
    runs = [
        [
            header(versions=header().versions | {"opencv": version}, started=f"2026-01-0{version[0]}T00:00"),
            *samples()[1:],
        ]
        for version in ("4.10.0", "5.0.0")
    ]
    page = opened(merge_records(runs).records).page
    heads = page.locator("#matrix thead").all_text_contents()
    text = " ".join(heads).replace("\u200b", "")
    assert "opencv@4.10.0" in text
    assert "opencv@5.0.0" in text
    assert page.get_by_role("heading", name="Run 2 of 2").count() == 1
