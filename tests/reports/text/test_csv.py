"""The tables for a spreadsheet: every record has its row, and no cell computes anything."""

from __future__ import annotations

import csv
import io

import pytest

from halfpixel.reports.command import main
from halfpixel.reports.records.json_lines import write
from halfpixel.reports.records.translation_records import Translation, TranslationCall
from halfpixel.reports.text import columns
from halfpixel.reports.text.csv_tables import LONGEST_CELL, spreadsheet_cell, tables
from halfpixel.reports.text.sentences import sentence
from tests.reports.test_sample import LINEAR, finding, header, samples


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_record_has_its_row():
    found = tables(samples())
    assert {name: tuple(_rows(text)[0]) for name, text in found.items() if _rows(text)} == {
        "findings.csv": columns.names(columns.FINDINGS),
        "defaults.csv": columns.names(columns.DEFAULTS),
        "classes.csv": columns.names(columns.CLASSES),
    }
    assert {name: len(_rows(text)) for name, text in found.items()} == {
        "findings.csv": 14,
        "translations.csv": 0,
        "defaults.csv": 3,
        "classes.csv": 11,
    }


def test_names_and_order_of_the_columns_are_a_contract():
    header_of = {name: text.partition("\n")[0] for name, text in tables(samples()).items()}
    assert header_of == {
        "findings.csv": "suite,framework,operation,variant,against,verdict,headline,factors,sentence,gain,unit,"
        "grey_levels,pixels_moved,tolerance,smallest_tolerance,pairs_measured,pairs_differing,differing_up,"
        "differing_down,differing_same,worst_axis,worst_n_in,worst_n_out,worst_output,worst_coordinate,refused,ledger,"
        "defect,reason,link,source,question",
        "translations.csv": "operation,framework,in,verdict,to,pairs,of,gain,grey_levels,factors,reason",
        "defaults.csv": "framework,operation,call,identified,nearest,claim,evidence",
        "classes.csv": "class,operation,frameworks,members,convention,pairs,explanation",
    }


def test_a_finding_has_its_numbers_and_its_sentence():
    row = next(
        row for row in _rows(tables(samples())["findings.csv"]) if row["operation"] == "opencv resize(INTER_CUBIC)"
    )
    expected = next(each for each in samples() if getattr(each, "operation", "") == "opencv resize(INTER_CUBIC)")
    assert float(row["gain"]) == expected.gain
    assert row["sentence"] == sentence(expected)
    assert (row["factors"], row["ledger"], row["defect"]) == ("cubic coefficient", "new", "")
    assert (row["worst_n_in"], row["worst_n_out"], row["worst_output"], row["worst_coordinate"]) == (
        "8",
        "12",
        "5",
        "10/3",
    )


def test_a_finding_names_its_defect():
    named = {row["operation"]: row["defect"] for row in _rows(tables(samples())["findings.csv"]) if row["defect"]}
    assert named == {
        "tensorflow compat.v1.image.resize(bilinear)": "v1-coordinates",
        "tensorflow image.resize(method=bicubic)": "bicubic-table",
        "opencv resize(INTER_NEAREST)": "nearest-ties",
        "torch interpolate(mode=bilinear, antialias=True)": "no-antialias",
    }


def test_a_translation_has_a_row_for_each_answer():
    answers = {"opencv": {"verdict": "exact", "to": "k"}, "scipy": {"verdict": "diverges", "to": "?", "gain": 0.5}}
    found = tables(
        [
            header(),
            TranslationCall(operation="opencv resize()", key="k", framework="opencv", call="c", setup="s", layout="HW"),
            Translation(operation="torch f()", framework="torch", answers=answers, pairs=96),
            Translation(operation="torch g()", framework="torch", reason="not linear"),
        ]
    )
    rows = _rows(found["translations.csv"])
    assert tuple(rows[0]) == columns.names(columns.TRANSLATIONS)
    assert [(row["operation"], row["in"], row["to"], row["gain"], row["reason"]) for row in rows] == [
        ("torch f()", "opencv", "opencv resize()", "", ""),
        ("torch f()", "scipy", "?", "0.5", ""),
        ("torch g()", "", "", "", "not linear"),
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", " =1", "\n@x", "＝1"])
def test_text_that_would_be_a_formula_is_text(text):
    assert str(spreadsheet_cell(text)).startswith("'")
    row = _rows(tables([header(), finding("lib", "f()", LINEAR, note="", message=text, source=text)])["findings.csv"])[
        0
    ]
    assert row["source"] == spreadsheet_cell(text)


def test_numbers_stay_numbers_and_other_text_as_it_is():
    assert (spreadsheet_cell(-1.5), spreadsheet_cell(None), spreadsheet_cell("a = b"), spreadsheet_cell("1/2")) == (
        -1.5,
        None,
        "a = b",
        "1/2",
    )


def test_cells_are_bounded_and_visible():
    assert len(spreadsheet_cell("=" + "x" * 1_000_000)) <= LONGEST_CELL + 1
    assert spreadsheet_cell("a\u202eb\x00") == "a\\u202eb\\u0000"


def test_the_command_writes_them_and_says_where(tmp_path, capsys):
    write(tmp_path / "a.jsonl", samples())
    assert main(["csv", str(tmp_path / "a.jsonl"), "-o", str(tmp_path / "tables")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert (tmp_path / "tables" / "findings.csv").read_text() == tables(samples())["findings.csv"]
