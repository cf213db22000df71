"""Takes the README's pictures of a report: python docs/screenshots.py reports/latest/index.html (needs Chromium)."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
HERE = Path(__file__).parent
COMPARED = {
    "a": "opencv resize(INTER_LINEAR)",
    "b": "torch interpolate(mode=bilinear, align_corners=True)",
    "size": "5x3",
}
WIDTH, HEIGHT = 1200, 1240


def _summary(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()


def _side_by_side(page: Page, address: str) -> None:
    page.goto(f"{address}#compare?{urlencode(COMPARED)}")
    page.wait_for_selector("#compare-weights figure:nth-child(3) .heat > *", state="attached")


def main(arguments: list[str]) -> int:
    """Write report.png and side-by-side.png beside this file; 2 when there is no report or no browser."""
    report = Path(arguments[0] if arguments else "reports/latest/index.html")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not report.is_file() or browser is None:
        print(f"screenshots: {'no Chromium' if browser is None else f'{report}: no such file'}", file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        # Chromium's sandbox refuses to start as root, as in a container; the page is our own.
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        for name, show in (("report", _summary), ("side-by-side", _side_by_side)):
            show(page, report.absolute().as_uri())
            page.screenshot(path=HERE / f"{name}.png")
        chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
