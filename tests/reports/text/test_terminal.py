"""The lines at the end of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from halfpixel.reports.records.record_types import Attribution, DefaultCall, LedgerStatus
from halfpixel.reports.text.terminal import summary_lines
from tests.reports.test_sample import LINEAR, divergence, finding, header, linear_row, samples, worst


def test_a_table_of_verdicts_for_each_framework() -> None:
    """Frameworks that are absent are rows that say so."""
    lines = summary_lines(samples(), 110)
    table = {line.split()[0]: line.split()[1:] for line in lines[:6]}
    assert lines[0].split() == [
        *(
            "framework",
            "exact",
            "agrees",
            "approximates",
            "ties",
            "diverges",
            "unsupported",
            "error",
            "not",
            "installed",
        )
    ]
    assert table["torch"] == ["1", "2", ".", ".", "2", ".", ".", "."]
    assert table["opencv"] == [".", "1", ".", "1", "1", "1", ".", "."]
    assert table["keras"] == [".", ".", ".", ".", ".", ".", ".", "1"]
    assert table["ncnn"] == ["not", "installed"]


def test_columns_are_under_their_headings() -> None:
    """Right-aligned, so that digits stand under digits."""
    lines = summary_lines(samples(), 110)
    column = lines[0].index("diverges") + len("diverges") - 1
    assert [line[column] for line in lines[1:6] if "not installed" not in line] == [".", "1", "1", "2"]


def test_news_is_listed() -> None:
    """New divergences, stale entries, defaults that differ, the page."""
    text = "\n".join(summary_lines(samples(), 100, report="reports/latest/index.html"))
    assert (
        "new differences: 1\n  opencv resize(INTER_CUBIC): diverges (14.2 of 255 grey levels). It uses a = -1/2" in text
    )
    stale = "  opencv resize(INTER_NEAREST): ties (255 of 255 grey levels). the ledger has gain 0.5"
    assert f"changed since locked: 1\n{stale}" in text
    assert "defaults that differ: 3 calls given only a size do 3 different things" in text
    assert "  nearest asymmetric floor: torch interpolate(x, size)" in text
    assert text.endswith("\n\nreport: reports/latest/index.html")


def test_defaults_that_fit_no_convention_are_not_called_the_same() -> None:
    """Two unknown functions are two."""
    unknown = [DefaultCall(framework=f, operation=f"{f} resize()", call="") for f in ("torch", "opencv")]
    assert "2 calls given only a size do 2 different things" in "\n".join(summary_lines([header(), *unknown], 80))
    same = [replace(each, identified=str(LINEAR)) for each in unknown]
    assert "defaults" not in "\n".join(summary_lines([header(), *same], 80))


@pytest.mark.parametrize(
    "records",
    [
        [header()],
        [header(), finding("keras", "x()", LINEAR, "not installed"), finding("torch", "x()", LINEAR, "error")],
    ],
)
def test_nothing_measured_is_said_plainly(records: list) -> None:
    """First of all, and no count of agreement follows."""
    lines = summary_lines(records, 80)
    assert lines[0] == "nothing measured: this run says nothing about agreement"
    assert "agrees" not in "\n".join(lines)
    assert any(line.startswith("keras") for line in lines)


@pytest.mark.parametrize("width", [30, 60, 80, 120])
def test_lines_keep_to_the_width(width: int) -> None:
    """A narrow terminal gets sentences for the table."""
    lines = summary_lines(samples(), width)
    too_long = [line for line in lines if len(line) > width and not line.startswith("defaults that differ")]
    assert too_long == []


def test_long_lists_say_that_they_are_cut() -> None:
    """And where the rest is."""
    place = worst(linear_row(4, 1.0), linear_row(4, 2.0), 8, 2, 1)
    new = [
        divergence(
            "torch",
            f"x{i}()",
            LINEAR,
            place,
            Attribution(factors=("kernel",), explanation="Why."),
            ledger=LedgerStatus(status="new"),
        )
        for i in range(25)
    ]
    lines = summary_lines([header(), *new], 80)
    assert "new differences: 25" in lines
    assert "  and 5 more, all in the report" in lines


def test_a_name_cannot_steer_the_terminal() -> None:
    """Escape codes are shown."""
    record = finding("torch", "x\x1b[2J()", LINEAR, ledger=LedgerStatus(status="stale", reason="a\rb"))
    text = "\n".join(summary_lines([header(), record], 80))
    assert "\x1b" not in text
    assert "\\u001b[2J" in text
