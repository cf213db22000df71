"""Cross-tables of records, and the geometry of the pictures."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest

from halfpixel.golden.vocabulary import ALSO_CALLED, IMPORTED_AS, Verdict
from halfpixel.probe.search_words import frameworks_named
from halfpixel.reports.page.report_page import render_report
from halfpixel.reports.page.templating import template_text, vocabulary_script
from halfpixel.reports.page.weights_picture import weights_picture
from halfpixel.reports.records import aggregate
from halfpixel.reports.records.record_types import Finding, PairComparison
from tests.reports.test_sample import LINEAR, divergence, finding, header, linear_row, samples, worst


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_its_colours_and_its_sign(verdict: Verdict) -> None:
    """In the style sheet, light and dark, and in the vocabulary that the scripts read."""
    style, name = template_text("style.css"), verdict.replace(" ", "-")
    assert [style.count(f" --{name}{part}: #") for part in ("", "-bg")] == [2, 2]
    assert f'"name": "{verdict}"' in vocabulary_script()


@pytest.mark.parametrize(("name", "framework"), (ALSO_CALLED | IMPORTED_AS).items())
def test_the_page_and_the_command_understand_the_same_names(name: str, framework: str) -> None:
    """The page cannot ask the adapters."""
    assert frameworks_named(name)[0] == framework
    assert f'"{name}": "{framework}"' in vocabulary_script()


def test_a_cell_shows_the_worst_verdict() -> None:
    """Of torch's two operations claiming half_pixel, one agrees and one diverges."""
    matrix = aggregate.agreement_matrix(aggregate.of_type(samples(), Finding), [])
    rows = {(kernel, rest): cells for kernel, group in matrix.groups for rest, cells in group}
    cell = rows["linear", "half_pixel"][matrix.frameworks.index("torch")]
    assert (cell.verdict, cell.count, cell.total) == ("diverges", 1, 2)
    assert rows["linear", "align_corners"][matrix.frameworks.index("opencv")] is None
    refused = rows["area", "half_pixel"][matrix.frameworks.index("opencv")]
    assert refused.verdict == "unsupported"


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (("exact", "agrees"), "agrees"),
        (("agrees", "unsupported"), "unsupported"),
        (("unsupported", "diverges"), "diverges"),
        (("diverges", "error"), "error"),
        (("ties", "approximates"), "ties"),
    ],
)
def test_the_order_of_verdicts_in_a_cell(verdicts: tuple[str, ...], expected: str) -> None:
    """No cell reads better than its worst part."""
    found = [finding("torch", f"x{i}()", LINEAR, verdict) for i, verdict in enumerate(verdicts)]
    matrix = aggregate.agreement_matrix(found, [])
    assert matrix.groups[0][1][0][1][0].verdict == expected


def test_two_frameworks_agree_on_a_convention_only_when_all_pairs_do() -> None:
    """And a pair that was not compared never counts."""
    pairs = [
        PairComparison(a="torch a", b="opencv a", claim="one", verdict="exact"),
        PairComparison(a="torch b", b="opencv a", claim="one", verdict="agrees"),
        PairComparison(a="torch c", b="opencv c", claim="two", verdict="agrees"),
        PairComparison(a="opencv c", b="torch d", claim="two", verdict="diverges"),
        PairComparison(a="torch e", b="opencv e", claim="three", verdict="unsupported"),
        PairComparison(a="torch e", b="opencv e", claim=None, verdict="diverges"),
    ]
    frameworks, table = aggregate.shared_conventions(pairs)
    assert frameworks == ("torch", "opencv")
    assert (
        table["torch", "opencv"]
        == table["opencv", "torch"]
        == aggregate.SharedConventions(agree=1, compared=2, not_compared=1)
    )
    assert [pair.b for pair in aggregate.disagreeing_pairs(pairs)] == ["torch d"]


def test_the_picture_shows_where_the_output_samples() -> None:
    """Bars as high as the weights, the exact coordinate between its pixels, the border where it is."""
    drawn = weights_picture(worst(linear_row(5, 0.0), linear_row(5, 0.25), 10, 0, Fraction(-1, 4)))
    expected, got = drawn.rows
    assert [text for _, _, text in expected.values] == ["1"]
    assert [text for _, _, text in got.values] == ["0.75", "0.25"]
    assert (drawn.label, drawn.first, drawn.last) == ("−1/4 = −0.25", 0, 2)
    first, second = (x for x, _, _ in got.values)
    pitch = second - first
    assert drawn.sample == pytest.approx(first - pitch / 4, abs=0.1)
    assert drawn.centroid[0] == pytest.approx(first + pitch / 4, abs=0.1)
    assert drawn.edges == (pytest.approx(first - pitch / 2, abs=0.1),)
    heights = [float(h) for h in re.findall(r"v-([\d.]+)h", got.path)]
    assert heights[0] == pytest.approx(3 * heights[1], rel=1e-4)
    assert {kind: path.count("M") for kind, path in drawn.pixels.items()} == {"plus": 1, "minus": 1, "zero": 1}
    assert drawn.description.startswith("Output 0 samples input position -1/4 = -0.25. Expected weights: 1 at 0.")


@pytest.mark.parametrize(
    ("expected", "got", "coordinate"),
    [
        (np.zeros(4), np.zeros(4), Fraction(0)),
        (np.ones(1), np.ones(1), Fraction(0)),
        (np.ones(4), np.full(4, np.nan), Fraction(2)),
        (np.ones(2000) / 2000, np.eye(2000)[1999], Fraction(1999, 2)),
        (np.eye(4)[3], np.eye(4)[0], Fraction(10**9, 7)),
        (-np.ones(3), np.ones(3), Fraction(-40)),
    ],
)
def test_the_picture_stands_odd_rows(expected: np.ndarray, got: np.ndarray, coordinate: Fraction) -> None:
    """Nothing outside the frame, and no number that SVG cannot read."""
    place = worst(expected, got, 3, 1, coordinate)
    drawn = weights_picture(place)
    text = render_report([header(), divergence("torch", "x()", LINEAR, place, None)])
    svg = re.search(r'<svg viewBox="0 0 420.*?</svg>', text, re.DOTALL)[0]
    assert "nan" not in re.sub(r'aria-label="[^"]*"', "", svg)
    assert all(0 <= float(x) <= 420 for x in re.findall(r'\bx="(-?[\d.]+)"', svg))
    assert all(0 <= float(y) <= drawn.height for y in re.findall(r'\by="(-?[\d.]+)"', svg))


@pytest.mark.parametrize(
    ("options", "left_out"),
    [
        ({"frameworks": ["torch", "jax"], "chapters_of": ["jax"]}, ["torch"]),
        ({"frameworks": ["torch", "jax"], "chapters_of": ["torch", "jax"]}, []),
        ({"frameworks": ["torch"]}, []),
        ({"frameworks": 3, "chapters_of": "<b>"}, []),
    ],
)
def test_whose_variants_were_not_asked_is_said(options, left_out) -> None:
    run = header(options=options)
    assert aggregate.frameworks_without_variants(run) == left_out
    assert ("did not ask torch" in render_report([run, *samples()[1:]])) is bool(left_out)
