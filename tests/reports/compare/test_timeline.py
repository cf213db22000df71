"""One framework over its versions: what changed, as text, as Markdown and as a page; bad input; first versions."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from halfpixel.defects.catalogue import frameworks, load
from halfpixel.reports.command import main
from halfpixel.reports.compare import timeline as timeline_text
from halfpixel.reports.compare.timeline import build_timeline
from halfpixel.reports.page import comparison_pages
from halfpixel.reports.records.record_types import Attribution, Finding, RecordError, Run
from tests import ROOT
from tests.reports.test_sample import header

HOSTILE = 'x(<script>alert(1)</script> | `"&\u202e)'


def run(version: str, **changes: object) -> Run:
    """The header of a run of opencv alone."""
    return header(**{"versions": {"opencv": version}} | changes)


def answer(
    call: str, verdict: str = "agrees", gain: float | None = 1e-7, suite: str = "conformance", **more
) -> Finding:
    """What one call of opencv was found to do."""
    factors = more.pop("factors", ("coordinates",) if verdict == "diverges" else ())
    values = {
        "suite": suite,
        "question": f"{suite}: opencv {call} {more.get('variant', '')}",
        "operation": f"opencv {call}",
        "framework": "opencv",
        "against": "",
        "verdict": verdict,
        "gain": gain,
        "tolerance": 1e-6,
        "pairs_measured": 100,
        "pairs_differing": 7 if verdict == "diverges" else 0,
        "attribution": Attribution(factors=factors, explanation="") if factors else None,
    }
    return Finding(**values | more)


def three() -> list[tuple[str, list]]:
    """Three versions, out of order: one answer changes twice, one once, one only by rounding, one never."""
    return [
        ("b", [run("4.10.0"), answer("a()", "diverges", 2.0), answer("b()"), answer("c()", gain=2e-7)]),
        ("c", [run("5.0.0"), answer("a()", "exact", 0.0), answer("b()", "diverges", 0.5), answer("c()")]),
        ("a", [run("4.9.0"), answer("a()"), answer("b()"), answer("c()")]),
    ]


def test_versions_are_in_the_order_of_releases() -> None:
    assert build_timeline(three()).versions == ("4.9.0", "4.10.0", "5.0.0")


def test_a_step_names_what_changed_from_what_to_what() -> None:
    first, second = build_timeline(three()).steps()
    assert (first.before, first.after, first.count) == ("4.9.0", "4.10.0", 1)
    assert list(first.changed) == [("conformance", "agrees", "diverges")]
    assert list(second.changed) == [("conformance", "diverges", "agrees"), ("conformance", "agrees", "diverges")]
    [(subject, old, new)] = second.changed["conformance", "agrees", "diverges"]
    assert (subject, old.gain, new.gain) == ("opencv b()", 1e-7, 0.5)


def test_rounding_within_an_agreement_is_no_change() -> None:
    told = build_timeline(three())
    assert [line.subject for line in told.changed] == ["opencv a()", "opencv b()"]
    assert len(told.lines) == 3


@pytest.mark.parametrize(
    ("changed", "is_change"),
    [
        ({"gain": 0.5}, False),
        ({"gain": 0.5004}, False),
        ({"gain": 0.6}, True),
        ({"factors": ("kernel",)}, True),
        ({"pairs_differing": 8}, True),
        ({"verdict": "ties"}, True),
        ({"verdict": "exact", "factors": ()}, True),
        ({"gain": float("nan")}, True),
    ],
)
def test_what_counts_as_a_change_of_a_divergence(changed: dict, is_change: bool) -> None:
    new = {"verdict": "diverges", "gain": 0.5, "factors": ("coordinates",), "pairs_differing": 7} | changed
    runs = [("a", [run("1.0"), answer("a()", "diverges", 0.5)]), ("b", [run("2.0"), answer("a()", **new)])]
    assert bool(build_timeline(runs).changed) is is_change


def test_two_gains_that_are_no_number_are_the_same() -> None:
    runs = [(v, [run(v), answer("a()", "diverges", float("nan"))]) for v in ("1.0", "2.0")]
    assert build_timeline(runs).changed == []


def test_what_a_version_was_not_asked_changes_nothing_and_is_counted() -> None:
    """The answers on both sides of the gap are compared."""
    runs = [
        ("a", [run("1.0"), answer("a()")]),
        ("b", [run("2.0"), answer("b()")]),
        ("c", [run("3.0"), answer("a()", "diverges", 1.0), answer("b()")]),
    ]
    told = build_timeline(runs)
    assert [(step.before, step.after) for step in told.steps()] == [("1.0", "3.0")]
    assert told.partly_measured == 2
    assert "2 questions were not asked of every version" in timeline_text.timeline_headline(told)


def test_what_changed_together_is_one_group() -> None:
    runs = [
        ("a", [run("1.0"), *(answer(name) for name in ("a()", "b()", "c()"))]),
        ("b", [run("2.0"), *(answer(name, "diverges", 1.0) for name in ("a()", "b()")), answer("c()")]),
    ]
    [group] = build_timeline(runs).groups()
    assert ([line.subject for line in group.lines], group.verdicts) == (
        ["opencv a()", "opencv b()"],
        ("agrees", "diverges"),
    )
    assert len(build_timeline(runs).groups(with_unchanged=True)) == 2


def test_a_run_said_twice_is_one_run_and_halves_of_one_version_join() -> None:
    name, records = three()[0]
    assert build_timeline([*three(), (name, records)]) == build_timeline(three())
    halves = [(name, records[:2]), (name, [records[0], *records[2:]]), *three()[1:]]
    assert build_timeline(halves).changed == build_timeline(three()).changed


def test_a_joined_file_is_taken_apart_at_its_headers() -> None:
    joined = [record for _, records in three() for record in records]
    assert build_timeline([("all", joined)]) == build_timeline(three())


@pytest.mark.parametrize(
    ("runs", "complaint"),
    [
        ([], "no framework was measured"),
        (three()[:1], "needs two versions of opencv; there are measurements only of 4.10.0"),
        ([*three(), ("d", [run("5.0.0"), answer("b()")])], "d: contradicts another run of opencv 5.0.0: conformance"),
        ([*three(), ("d", [run("not a version"), answer("b()")])], "'not a version' is no version"),
        ([*three(), ("d", [run("6.0", pair_list_digest="other"), answer("b()")])], "runs at different sizes"),
        ([*three(), ("d", [run("6.0"), run("7.0"), answer("b()")])], "6.0 and 7.0 of opencv under one header"),
        (
            [*three(), ("d", [header(versions={"scipy": "1.0"}), answer("x()", framework="scipy")])],
            "these runs are about opencv, scipy: choose one with --framework",
        ),
    ],
)
def test_what_makes_no_timeline_is_refused(runs: list, complaint: str) -> None:
    with pytest.raises(RecordError, match=re.escape(complaint)):
        build_timeline(runs)


def test_one_framework_is_chosen_among_several() -> None:
    other = ("d", [header(versions={"scipy": "1.0"}), answer("x()", framework="scipy")])
    assert build_timeline([*three(), other], "opencv") == build_timeline(three())
    with pytest.raises(RecordError, match="two versions of numpy; there are measurements of none"):
        build_timeline(three(), "numpy")


def test_the_command_prints_the_changes_and_writes_the_page(folder: Path, capsys) -> None:
    page = folder.parent / "timeline.html"
    assert main(["timeline", str(folder), "-o", str(page)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("opencv, 3 versions from 4.9.0 to 5.0.0: 2 of 3 answers changed, 1 did not\n")
    assert "\n5.0.0 (after 4.10.0): 2 changed\n" in out
    assert "    a(): worst case 2 → 0, in 7 of 100 → 0 of 100; coordinates\n" in out
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in html.unescape(text)
    assert "<script" not in text
    assert re.findall(r'(?:src|href)="(?!#)', text) == []
    assert "c()" not in text
    assert main(["timeline", str(folder), "--all"]) == 0
    assert "    c()\n" in capsys.readouterr().out


def test_markdown_is_a_table_for_each_version(folder: Path, capsys) -> None:
    assert main(["timeline", str(folder), "--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "# `opencv` over its versions"
    assert "| conformance | agrees | diverges | 1 | 1e−7 → 0.5, in 0 of 100 → 7 of 100 | coordinates | `b()` |" in lines


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "empty file"), ("{", "bad JSON|cut short"), ('{"type": "finding"}\n', ".")],
)
def test_a_damaged_file_is_one_line_and_exit_code_2(folder: Path, capsys, text: str, complaint: str) -> None:
    (folder / "d.jsonl").write_text(text)
    assert main(["timeline", str(folder)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "d.jsonl" in err
    assert re.search(complaint, err)


def test_an_empty_folder_is_refused(tmp_path: Path, capsys) -> None:
    assert main(["timeline", str(tmp_path)]) == 2
    assert "no .jsonl file" in capsys.readouterr().err


def test_names_are_shown_as_text_and_cut_when_long() -> None:
    """Nothing of a name acts, in any of the three."""
    names = (HOSTILE, "y" * 1_000_000)
    runs = [(v, [run(v), *(answer(name, "diverges", float(v)) for name in names)]) for v in ("1.0", "2.0")]
    told = build_timeline(runs)
    page, told_in_markdown = comparison_pages.render_timeline(told), timeline_text.timeline_markdown(told)
    lines = timeline_text.timeline_lines(told, 80)
    assert "<script" not in page
    assert "alert(" in page
    assert all("\u202e" not in each for each in (page, told_in_markdown, *lines))
    assert max(map(len, (page, told_in_markdown, "".join(lines)))) < 100_000
    [row] = [line for line in told_in_markdown.splitlines() if line.startswith("| conformance")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 8


def test_every_release_has_an_environment_and_exact_requirements() -> None:
    measured = [catalogue for catalogue in map(load, frameworks()) if catalogue.releases]
    assert len(measured) >= 6
    for catalogue in measured:
        assert 2 <= len(catalogue.releases) <= 10, catalogue.framework
        for text in " ".join(catalogue.releases.values()).split():
            assert re.fullmatch(r"==\d+(\.\d+)*", str(Requirement(text).specifier)), text


def test_what_measures_a_release_is_pinned_as_everywhere() -> None:
    texts = [(ROOT / "requirements" / name).read_text(encoding="utf-8") for name in ("constraints.txt", "versions.txt")]
    everywhere, here = ({line for line in text.splitlines() if "==" in line} for text in texts)
    assert here
    assert here <= everywhere


def test_a_run_that_records_needs_nothing_of_the_page() -> None:
    """The environments of old releases cannot hold it: it needs newer companions than they do."""
    program = (
        "import sys; sys.modules |= dict.fromkeys(('bokeh', 'itables', 'playwright')); import halfpixel.suites.session"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
