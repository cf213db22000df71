"""Badges: well-formed SVG that says in words what it shows, whatever the names are."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from halfpixel.reports.command import main
from halfpixel.reports.page.badges import BAD, GOOD, NONE, SOME, badges
from halfpixel.reports.records.json_lines import write
from halfpixel.reports.records.record_types import LedgerStatus
from tests.reports.test_sample import LINEAR, entry, finding, header, known, samples

SVG = "{http://www.w3.org/2000/svg}"


def _read(svg: str) -> tuple[str, list[str], str]:
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.find(f"{SVG}title").text
    words = [text.text for text in root.iter(f"{SVG}text")]
    return root.find(f"{SVG}title").text, words, root.findall(f"{SVG}rect")[1].get("fill")


def test_each_framework_has_one_with_its_version_and_what_is_known():
    drawn = badges(samples())
    assert list(drawn) == ["torch.svg", "keras.svg", "opencv.svg", "tensorflow.svg"]
    assert _read(drawn["torch.svg"]) == (
        "torch 2.13.0: 2 known defects",
        ["torch 2.13.0", "2 known defects"],
        SOME,
    )
    assert _read(drawn["opencv.svg"])[1:] == (["opencv 5.0.0", "1 new, 1 changed"], BAD)
    assert _read(drawn["keras.svg"]) == ("keras: not measured", ["keras", "not measured"], NONE)


@pytest.mark.parametrize(
    ("changes", "entries", "words", "colour"),
    [
        ({}, [], "no known defects", GOOD),
        ({}, [entry("torch", "gone")], "no known defects", GOOD),
        ({}, [entry("torch", "one", asked=False)], "1 known defect", SOME),
        ({"verdict": "diverges", "ledger": known("one")}, [entry("torch", "one")], "1 known defect", SOME),
        (
            {"verdict": "diverges", "ledger": known("one")},
            [entry("torch", "one", "by design")],
            "no known defects",
            GOOD,
        ),
        ({"verdict": "diverges"}, [], "1 not explained", SOME),
        ({"verdict": "diverges", "ledger": LedgerStatus(status="new")}, [], "1 new", BAD),
        ({"ledger": LedgerStatus(status="stale", defect="one")}, [entry("torch", "one")], "1 changed", BAD),
        ({"verdict": "unsupported"}, [], "not measured", NONE),
    ],
)
def test_words_and_colour_say_how_it_stands(changes, entries, words, colour):
    (svg,) = badges([header(), finding("torch", "f()", LINEAR, **changes), *entries]).values()
    assert _read(svg)[1:] == (["torch 2.13.0", words], colour)


def _luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-relative-luminance"""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [GOOD, SOME, BAD, NONE, "#333333"])
def test_white_is_read_on_every_colour(colour):
    assert 1.05 / (_luminance(colour) + 0.05) >= 4.5


def test_hostile_names_make_neither_markup_nor_paths():
    names = ["../../etc/x", "<script>&\"'\u202e", "a/b", "a_b", "A_B", "y" * 1_000_000]
    drawn = badges([header(), *(finding(name, "f()", LINEAR) for name in names)])
    assert len(drawn) == len(names)
    assert len({file.lower() for file in drawn}) == len(names)
    for file, svg in drawn.items():
        assert "/" not in file
        assert not file.startswith(".")
        assert len(file) < 100
        assert len(svg) < 2_000
        assert not list(ElementTree.fromstring(svg).iter(f"{SVG}script"))
        assert "\u202e" not in svg


def test_the_command_writes_them_and_says_where(tmp_path, capsys):
    write(tmp_path / "a.jsonl", samples())
    assert main(["badges", str(tmp_path / "a.jsonl"), "-o", str(tmp_path / "badges")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert _read((tmp_path / "badges" / "opencv.svg").read_text())[0] == "opencv 5.0.0: 1 new, 1 changed"


def test_a_record_without_such_findings_is_an_error(tmp_path, capsys):
    write(tmp_path / "a.jsonl", [header()])
    assert main(["badges", str(tmp_path / "a.jsonl"), "-o", str(tmp_path / "badges")]) == 2
    assert "no framework was asked anything" in capsys.readouterr().err
    assert not (tmp_path / "badges").exists()
