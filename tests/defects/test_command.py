"""``halfpixel defects``: the table, a list, one entry whole, a report to paste, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from halfpixel.defects import catalogue, command, lock
from halfpixel.defects.catalogue import load as catalogue_load
from tests.defects.conftest import DEFECT, HEAD, OPEN, ROUNDED, SATURATED


@pytest.fixture
def ask(ledger, monkeypatch, capsys):
    """``ask(word, ...)``: the exit status, what is printed and what is said on stderr, of the made-up catalogue."""
    memory = DEFECT.replace("sum-of-bytes", "reads-beyond").replace("silent values", "memory")
    saturated = replace(SATURATED, defect="sum-of-bytes")
    folder = ledger(HEAD + DEFECT + memory.replace("dtypes", "edges") + OPEN, saturated, ROUNDED)
    for module, name in ((catalogue, "load"), (catalogue, "frameworks"), (lock, "load_lock")):
        monkeypatch.setattr(module, name, _in(folder, getattr(module, name)))
    monkeypatch.setattr(command, "load_lock", lock.load_lock)
    monkeypatch.setattr(command, "locked_versions", _in(folder, lock.locked_versions))
    monkeypatch.setattr(command, "_installed", lambda framework: "2.0")

    def asked(*words: str) -> tuple[int, str, str]:
        status = command.main(words)
        return status, *capsys.readouterr()

    return asked


def _in(folder, function):
    return lambda *arguments: function(*arguments, folder=folder)


def test_the_table_counts_defects_by_kind(ask):
    status, out, _ = ask()
    header, row = (line.split("  ") for line in out.splitlines()[:2])
    cells = dict(zip(filter(None, map(str.strip, header)), filter(None, map(str.strip, row)), strict=True))
    assert status == 0
    counted = [cells[name] for name in ("framework", "memory", "silent values", "unspecified")]
    assert counted == ["pretend 2.0", "1", "1", "1"]
    assert (cells["crash"], cells["reported"]) == (".", ".")


def test_a_list_has_defects_before_what_is_left_open(ask):
    _, out, _ = ask("pretend")
    assert out.index("reads-beyond") < out.index("sum-of-bytes") < out.index("leaves open") < out.index("rounding")
    assert "sum-of-bytes · silent values · default call · since 2.0; not in 1.9 · not reported" in out


def test_what_older_releases_have_comes_last_and_is_not_counted(ask, ledger):
    old = DEFECT.replace("sum-of-bytes", "old-crash").replace("silent values", "crash")
    ledger(HEAD + DEFECT + old.replace("first_bad", 'fixed_in = "2.0"\nfirst_bad') + OPEN)
    catalogue_load.cache_clear()
    _, out, _ = ask("pretend")
    assert out.index("rounding") < out.index("Pretend 2.0: 1 that older releases have") < out.index("old-crash")
    assert "fixed in 2.0" in out


def test_one_entry_is_shown_whole(ask):
    status, out, _ = ask("pretend", "sum-of-bytes")
    assert status == 0
    for words in (
        "kind:         silent values: wrong values, without a word",
        "upstream:     not reported; searched 2026-12-01: resize uint8 overflow",
        "evidence:     1 answer of suite dtypes, pretend 2.0",
        "    expected = 200",
    ):
        assert words in out


def test_a_memory_fault_says_where_it_is_reported_and_has_no_draft(ask):
    assert "report it privately: https://example.org/security" in " ".join(ask("pretend", "reads-beyond")[1].split())
    status, out, err = ask("pretend", "reads-beyond", "--markdown")
    assert (status, out) == (2, "")
    assert err.startswith("halfpixel defects: reads-beyond touches foreign memory: no public draft")


def test_a_report_has_what_a_maintainer_needs(ask):
    status, out, _ = ask("pretend", "sum-of-bytes", "--markdown")
    assert status == 0
    for words in (
        "# resize adds bytes as bytes, so bright images come out dark",
        "The page says that pixels are averaged. (https://example.org/resize)",
        "```python\nimport numpy as np\n",
        "It prints, with numpy 2.0:\n\n```\n1.0 actual 72 expected 200\n```",
        "**Versions.** since 2.0; not in 1.9, of the releases that were tried",
        "**Not affected.** float32",
        "**Where it may come from.** resize.c, add",
        "**Known thread.** none found; searched 2026-12-01: resize uint8 overflow",
    ):
        assert words in out


def test_json_has_every_field_and_how_many_answers_it_explains(ask):
    _, out, _ = ask("pretend", "sum-of-bytes", "--json")
    entry = json.loads(out)
    assert (entry["framework"], entry["id"], entry["kind"]) == ("pretend", "sum-of-bytes", "silent values")
    assert entry["affects"][0]["causes"] == ["saturation"]
    assert [each["id"] for each in json.loads(ask("--json")[1])] == ["reads-beyond", "sum-of-bytes", "rounding"]


def test_programs_are_run(ask):
    status, out, _ = ask("pretend", "sum-of-bytes", "--run")
    assert (status, out.split()) == (0, ["shown", "pretend", "sum-of-bytes:", "1.0", "actual", "72", "expected", "200"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pretent"], "no catalogue of 'pretent' (did you mean pretend?); there are: pretend"),
        (["pretend", "sum-of-byte"], "pretend has no entry 'sum-of-byte' (did you mean sum-of-bytes?)"),
        (["pretend", "--markdown"], "--markdown is a report of one entry"),
        (["pretend", "rounding", "--markdown"], "rounding is unspecified, and has no program to paste"),
        (["pretend", "rounding", "--run"], "no entry with a program"),
    ],
)
def test_a_name_that_is_none_is_one_line(ask, words, said):
    status, out, err = ask(*words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err
