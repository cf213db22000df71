"""Side by side, in a browser: every number that the page shows is the one that ``probe`` and NumPy give."""

from __future__ import annotations

import math
import re
from collections import Counter
from urllib.parse import urlencode

import numpy as np
import pytest

from halfpixel.adapters import Operation
from halfpixel.golden import matrix
from halfpixel.golden.catalogue import SIZES
from halfpixel.golden.tolerance import grey_levels
from halfpixel.probe import Verdict, compare
from halfpixel.probe.measure.axis_matrix import AXES, measure
from halfpixel.probe.measure.sizes import Pair
from halfpixel.reports.page import side_by_side
from halfpixel.reports.records.record_types import Record
from halfpixel.reports.sections.translations import deduplicated
from halfpixel.suites.records.showcases import convention_records, operation_records
from tests.reports.browser.page import (
    violations,
)
from tests.reports.showcase_examples import CASES, CONVENTIONS, operations, silent
from tests.reports.test_sample import header


@pytest.fixture(scope="module")
def known() -> dict[str, Operation]:
    return {one.id: one for one in operations()}


@pytest.fixture(scope="module")
def records(known) -> list[Record]:
    claims = [one.claim for one in known.values() if one.claim is not None]
    found = [header(), *convention_records(dict.fromkeys([*CONVENTIONS.values(), *claims]))]
    for one in known.values():
        found += operation_records(one)
    return deduplicated(found)


def fragment(**params: str) -> str:
    return f"#compare?{urlencode(params)}"


def number(text: str) -> float:
    """A number as the page writes it."""
    return float(re.search(r"[-−]?\d[\d.e+−-]*|∞", text)[0].replace("−", "-").replace("∞", "inf"))


def same_digits(text: str, value: float) -> bool:
    """Whether ``text`` is ``value`` to the four digits that the page shows."""
    shown = number(text)
    if not math.isfinite(value) or value == 0:
        return shown == value
    return abs(shown - value) <= 0.501 * 10 ** (math.floor(math.log10(abs(value))) - 3)


def shown(opened_page, a: str, b: str, size: str):
    page = opened_page.at(fragment(a=a, b=b, size=size))
    page.wait_for_selector("#compare-shown:not([hidden])")
    return page


def follow(page, a: str, b: str, size: str) -> None:
    """Change the fragment, as a link in the page does, and wait for what it shows."""
    page.evaluate(
        "async to => { location.hash = to; await new Promise((go) => setTimeout(go, 60)); }",
        fragment(a=a, b=b, size=size),
    )
    page.wait_for_selector("#compare-shown:not([hidden])")


def pair_of(size: str) -> Pair:
    return tuple(map(int, size.split("x")))


def weights(one, pair: Pair, axis: str) -> np.ndarray:
    return measure(one, *pair, axis) if isinstance(one, Operation) else matrix(one, *pair).to_array()


def test_numbers_are_those_of_probe(opened, records, known):
    page = opened(records, "#compare").page
    page.wait_for_selector("#compare-shown:not([hidden])")
    verdicts: Counter[str] = Counter()
    for name_a, name_b, size in CASES:
        a, b = silent(name_a, known), silent(name_b, known)
        sides = [CONVENTIONS.get(name) or known[name] for name in (a, b)]
        expected = compare(*sides, sizes=(pair_of(size),))
        follow(page, a, b, size)
        case = f"{a} | {b} | {size}"
        verdict = page.inner_text("#compare-verdict .v").split()[-1]
        verdicts[verdict] += 1
        assert verdict == expected.verdict, case
        if not expected.measured:
            assert not page.is_visible("#compare-measured"), case
            continue
        assert same_digits(page.inner_text("#compare-gain"), expected.gain), case
        if expected.verdict.is_agreement:
            continue
        assert same_digits(page.inner_text("#compare-grey"), expected.grey_levels), case
        assert same_digits(page.inner_text("#compare-bound"), expected.tolerance), case
        moved = page.inner_text("#compare-moved")
        if math.isnan(expected.pixels_moved):
            assert "none" in moved, case
        elif expected.pixels_moved < 1e-6:
            assert moved == "under 0.000001 input pixels", case
        else:
            assert same_digits(moved, expected.pixels_moved), case
        if expected.verdict is Verdict.ERROR:
            continue
        told = re.search(r"at output (\d+) along the (\w+)", page.inner_text("#compare-worst"))
        lit = np.array(page.inner_text("#compare-image").split(), float)
        row, other = (weights(one, pair_of(size), told[2])[int(told[1])].astype(float) for one in sides)
        # Several outputs may be the worst, but for the last digit of a sum.
        assert np.abs(row - other).sum() == pytest.approx(expected.gain, rel=1e-9), case
        assert abs((row - other) @ lit) == pytest.approx(grey_levels(row - other)), case
        ours, its = (text.inner_text() for text in page.query_selector_all("#compare-worst b"))
        assert number(ours) == pytest.approx(row @ lit, rel=1e-3, abs=1e-4), case
        assert number(its) == pytest.approx(other @ lit, rel=1e-3, abs=1e-4), case
    assert set(verdicts) == {"exact", "agrees", "approximates", "ties", "diverges", "unsupported", "error"}
    assert sum(verdicts.values()) == len(CASES) > 30


def test_a_refusal_on_either_side_is_no_agreement(opened, records):
    start = opened(records)
    for a, b in (("callable refuses five", "callable linear"), ("callable linear", "callable refuses five")):
        page = shown(start, a, b, "5x3")
        assert page.inner_text("#compare-verdict .v").split()[-1] == "unsupported"
        assert "five pixels <b>are</b> too many" in page.inner_text("#compare-verdict")


def test_verdicts_at_the_other_sizes_are_those_of_probe(opened, records, known):
    a, b = "opencv resize()", "pillow resize()"
    page = shown(opened(records), a, b, "5x3")
    lines = page.query_selector_all("#compare-sizes tbody tr")
    assert len(lines) == len(SIZES)
    for line, size in zip(lines, SIZES, strict=True):
        found = compare(known[a], known[b], sizes=((size.n_in, size.n_out),))
        verdict, grey = (cell.inner_text() for cell in line.query_selector_all("td")[:2])
        assert verdict.split()[-1] == found.verdict
        assert found.verdict.is_agreement or same_digits(grey, found.grey_levels)


def test_pictures_are_the_matrices_times_what_the_page_shows(opened, records, known):
    a, b, size = "opencv resize()", "pillow resize()", "8x5"
    page = shown(opened(records), a, b, size)
    page.get_by_text("On pictures").click()
    seen = page.query_selector_all("#compare-pictures .seen")
    assert [each.query_selector("h4").inner_text().partition(",")[0] for each in seen] == [
        *("Zone plate", "Circle", "Bars as in text", "Photograph")
    ]
    for each in seen:
        picture = np.array(
            each.query_selector("canvas").evaluate(
                "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
            )
        )
        n = math.isqrt(len(picture) // 4)
        image = picture.reshape(n, n, 4)[..., 0].astype(float)
        assert len(np.unique(image)) > 1
        pair = pair_of(size) if n == 8 else side_by_side.PHOTOGRAPH_SIZE
        one, other = (
            weights(known[name], pair, AXES[0]).astype(float)
            @ image
            @ weights(known[name], pair, AXES[1]).astype(float).T
            for name in (a, b)
        )
        difference = np.abs(one - other)
        told = each.query_selector(".told").inner_text()
        found = re.match(r"(\d+) of (\d+) pixels moved, by at most (\S+) grey levels, (\S+) on average", told)
        assert (int(found[1]), int(found[2])) == ((difference >= 0.5).sum(), difference.size)
        assert same_digits(found[3], difference.max())
        assert same_digits(found[4], difference.mean())
    width, pixels = side_by_side.photograph()
    assert n == width
    assert image.astype(np.uint8).tobytes() == pixels


def test_where_outputs_sample_is_told_in_fractions_and_pixels(opened, records):
    page = shown(opened(records), "callable linear", "callable corners", "5x3")
    lines = [line.inner_text() for line in page.query_selector_all("#compare-where tbody tr")]
    assert "1/3 = 0.3333" in lines[0]
    assert "reads 0, 1 (centre 0.3333)" in lines[0]
    assert "at 2" in lines[1]
    assert "at 4" in lines[2]


def test_weights_can_be_read_as_a_table(opened, records):
    page = shown(opened(records), "callable linear", "callable corners", "5x3")
    page.click("#compare-numbers summary")
    cells = page.locator("#compare-numbers .scroll:nth-of-type(1) tbody tr:first-child td")
    cells.nth(4).wait_for()
    assert [number(text) for text in cells.all_inner_texts()] == [0.6667, 0.3333, 0, 0, 0]


def test_heat_maps_are_drawn_under_the_policy_of_the_page(opened, records):
    page = shown(opened(records), "opencv resize()", "pillow resize()", "5x3")
    for place in (1, 2, 3):
        page.wait_for_selector(f"#compare-weights figure:nth-child({place}) .heat > *", state="attached")
    page.select_option("#compare select[name=size]", "8x5")
    page.wait_for_selector("#compare-why:has-text('8 → 5')")
    page.wait_for_selector("#compare-weights figure:nth-child(3) .heat > *", state="attached")
    assert page.locator("#compare-weights figure").count() == 3


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"a": "opencv resiez", "b": "pillow resize()"}, "Nothing here is called “opencv resiez”."),
        ({"a": "pillow resize()", "b": "<img src=x>"}, "Nothing here is called “<img src=x>”."),
        ({"a": "pillow resize()", "b": "exact: nonsense"}, "Nothing here is called “exact: nonsense”."),
        ({"a": "pillow resize()", "b": "pillow resize(BOX)", "size": "9x9x9"}, "no size “9x9x9” here; there are 5x3"),
        ({"a": "x" * 5000, "b": "pillow resize()"}, "xxx…”."),
    ],
    ids=["a slip", "markup", "no convention", "no size", "very long"],
)  # fmt: skip
def test_what_is_not_known_is_said_in_one_line(opened, records, params, told):
    page = opened(records, fragment(**params)).page
    page.wait_for_selector("#compare-trouble:has-text('no'), #compare-trouble:has-text('Nothing')")
    assert told in page.inner_text("#compare-trouble")
    assert not page.is_visible("#compare-shown")
    assert page.locator("#compare-trouble img").count() == 0


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("opencv linear", "opencv resize()"),
        ("cv2.resize", "opencv resize()"),
        ("PIL box", "pillow resize(BOX)"),
        ("Image.BOX", "pillow resize(BOX)"),
    ],
)
def test_names_are_understood_as_people_write_them(opened, records, written, name):
    page = opened(records, fragment(a=written, b="callable linear", size="8x5")).page
    page.wait_for_selector("#compare-shown:not([hidden])")
    assert page.input_value("#compare input[name=a]") == name
    assert f"“{written}” is read as {name}." in page.inner_text("#compare-trouble")


def test_without_a_size_the_worst_is_shown_and_all_are_told(opened, records, known):
    """The verdict at the top is the worst over the sizes here."""
    page = opened(records, fragment(a="opencv resize()", b="pillow resize()")).page
    page.wait_for_selector("#compare-shown:not([hidden])")
    errors = {
        key: compare(known["opencv resize()"], known["pillow resize()"], sizes=(pair_of(key),))
        for key in page.locator("#compare select[name=size] option").evaluate_all("all => all.map((one) => one.value)")
    }
    worst = max(errors, key=lambda key: (errors[key].verdict.severity, errors[key].grey_levels or 0))
    assert page.locator("#compare select[name=size]").input_value() == worst
    told = page.inner_text("#compare-overall")
    assert errors[worst].verdict in told.split(" Of the ")[0]
    assert f"Of the {len(errors)} sizes here" in told


def test_the_keyboard_is_enough(opened, records):
    page = shown(opened(records), "opencv resize()", "pillow resize()", "5x3")
    page.focus("#compare input[name=a]")
    page.keyboard.type("callable linear")
    page.keyboard.press("Tab")
    page.wait_for_selector("#compare-facts:has-text('callable linear: documents')")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#compare-why:has-text('3 → 5')")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#compare-facts dd:has-text('pillow resize()')")
    assert page.input_value("#compare input[name=a]") == "pillow resize()"
    assert "b=callable+linear" in page.url
    assert "size=3x5" in page.url


def test_without_a_fragment_two_operations_are_shown(opened, records):
    page = opened(records).page
    page.locator("#compare").scroll_into_view_if_needed()
    page.wait_for_selector("#compare-shown:not([hidden])")
    assert page.inner_text("#compare-verdict")
    assert "#" not in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1024, 1920])
def test_is_accessible_and_fits(opened, records, scheme, width):
    params = fragment(a="opencv resize()", b="pillow resize()", size="20x6")
    page = opened(records, params, color_scheme=scheme, viewport={"width": width, "height": 900}).page
    page.wait_for_selector("#compare-weights figure:nth-child(3) .heat > *", state="attached")
    page.click("#compare-numbers summary")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
