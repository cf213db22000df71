"""Since which release a divergence is found: derived, kept in a file, and said only as far as it was measured."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from halfpixel.reports.command import main
from halfpixel.reports.compare import regressions
from halfpixel.reports.compare.timeline import QuestionHistory, build_timeline, read_timeline
from halfpixel.reports.page.report_page import render_report
from halfpixel.reports.records.record_types import Finding, RecordError, Run
from tests.reports.compare.test_timeline import (
    HOSTILE,
    ROOT,
    answer,
    run,
)


def words(finding: Finding, path: Path, *runs: Run) -> str:
    """What is said of a finding of ``runs``, or of one of the newest release."""
    return regressions.first_seen_lookup(runs or [run("5.0.0")], path)(finding)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["diverges", "diverges", "diverges"], "since 1 or earlier"),
        (["agrees", "diverges", "diverges"], "since 2; not in 1"),
        (["diverges", "agrees", "diverges"], "since 3; not in 2"),
        (["ties", "ties", "diverges"], "since 3; differs in another way in 2"),
        (["unsupported", "diverges", "diverges"], "since 2; refused in 1"),
        (["diverges", None, "diverges"], "since 1 or earlier"),
        (["agrees", None, "diverges"], "since 3; not in 1"),
        ([None, "diverges", "diverges"], "since 2 or earlier"),
        (["diverges", "diverges", "agrees"], ""),
        (["diverges", "diverges", None], ""),
    ],
)
def test_since_which_version_a_divergence_is_found(verdicts: list[str | None], expected: str) -> None:
    runs = [
        (str(i), [run(str(i)), answer("filler()"), *([answer("a()", v, 1.0)] if v else [])])
        for i, v in enumerate(verdicts, start=1)
    ]
    told = build_timeline(runs)
    line: QuestionHistory = next(one for one in told.lines if one.subject == "opencv a()")
    found = regressions.find_first_seen(told, line)
    assert (found.description if found else "") == expected


@pytest.fixture
def kept(folder: Path) -> Path:
    """What the three versions say (4.9.0, 4.10.0 and 5.0.0: since the last, b() diverges), in a file."""
    path = folder.parent / "first.toml"
    assert main(["timeline", str(folder), "--since", str(path)]) == 0
    return path


B = answer("b()", "diverges", 0.5)
SINCE = "since 5.0.0; not in 4.10.0"


def test_what_is_kept_are_the_releases_what_they_changed_and_since_when(kept: Path, folder: Path) -> None:
    told = tomllib.loads(kept.read_text(encoding="utf-8"))
    assert told["timeline"] == [
        {"framework": "opencv", "releases": ["4.9.0", "4.10.0", "5.0.0"], "sizes": "quick", "pair_list": "9f2c41d0"}
    ]
    assert [(one["release"], one["old"], one["new"], one["questions"], one["subject"]) for one in told["changed"]] == [
        ("4.10.0", "agrees", "diverges", 1, "opencv a()"),
        ("5.0.0", "diverges", "agrees", 1, "opencv a()"),
        ("5.0.0", "agrees", "diverges", 1, "opencv b()"),
    ]
    assert told["found"] == [
        {
            "framework": "opencv",
            "suite": "conformance",
            "since": "5.0.0",
            "verdict": "diverges",
            "factors": ["coordinates"],
            "before": "4.10.0",
            "then": "agrees",
            "subjects": ["opencv b()"],
        }
    ]
    before = kept.read_bytes()
    regressions.update_first_seen(kept, read_timeline([folder]))
    assert kept.read_bytes() == before


def test_what_the_newest_release_does_too_is_dated(kept: Path) -> None:
    assert words(B, kept) == SINCE
    assert words(answer("b()"), kept) == ""
    assert words(answer("a()", "diverges", 2.0), kept) == ""
    assert words(answer("b()", "diverges", 0.5, framework="numpy"), kept) == ""


@pytest.mark.parametrize("other", [{"verdict": "ties"}, {"factors": ("kernel",)}, {"suite": "structure"}])
def test_what_is_another_divergence_than_the_measured_one_is_not_dated(kept: Path, other: dict) -> None:
    """The same call, with another verdict, or for another reason, or asked something else."""
    values = {"verdict": "diverges", "gain": 0.5, "factors": ("coordinates",)} | other
    assert words(answer("b()", **values), kept) == ""


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("5.0.0", SINCE),
        ("5.0.0+cpu", SINCE),
        ("5.0.1", f"{SINCE}; last measured release 5.0.0"),
        ("5.1.0.dev3", f"{SINCE}; last measured release 5.0.0"),
        ("4.12.0", ""),
        ("4.10.0", ""),
        ("4.5.0", ""),
        ("a build of ours", ""),
        (None, ""),
    ],
)
def test_a_release_is_dated_as_far_as_it_was_measured(kept: Path, version: str | None, expected: str) -> None:
    """One that is newer is told so; of one that is older than the date, the date would be wrong."""
    assert words(B, kept, run(version)) == expected


def test_a_release_between_two_that_were_measured_is_dated_where_both_do_the_same(tmp_path: Path) -> None:
    runs = [(v, [run(v), answer("a()", "agrees" if v == "1" else "diverges", 1.0)]) for v in ("1", "2", "3")]
    regressions.update_first_seen(tmp_path / "f.toml", build_timeline(runs))
    found = answer("a()", "diverges", 1.0)
    said = {v: words(found, tmp_path / "f.toml", run(v)) for v in ("1.5", "2", "2.5", "3")}
    assert said == {"1.5": "", "2": "since 2; not in 1", "2.5": "since 2; not in 1", "3": "since 2; not in 1"}


def test_runs_of_several_versions_under_one_name_are_not_dated(kept: Path) -> None:
    assert words(B, kept, run("5.0.0"), run("5.0.0")) == SINCE
    assert words(B, kept, run("5.0.0"), run("5.0.1")) == ""


def test_versions_kept_apart_are_dated_each(kept: Path) -> None:
    runs = run("5.0.0", versions={"opencv@5.0.0": "5.0.0", "opencv@5.1.0": "5.1.0"})
    found = {
        v: answer("b()", "diverges", 0.5, framework=f"opencv@{v}", operation=f"opencv@{v} b()")
        for v in ("5.0.0", "5.1.0")
    }
    assert words(found["5.0.0"], kept, runs) == SINCE
    assert words(found["5.1.0"], kept, runs) == f"{SINCE}; last measured release 5.0.0"


def test_where_the_releases_were_asked_at_other_sizes_it_is_said(folder: Path, kept: Path) -> None:
    """That an older release agrees at a few sizes is not that it agrees; what it disagrees at is enough."""
    full = run("5.0.0", pair_list_digest="full")
    assert words(B, kept, full) == f"{SINCE} (asked at quick sizes)"
    early = [(v, [run(v), answer("a()", "diverges", 1.0)]) for v in ("1", "5.0.0")]
    regressions.update_first_seen(kept, build_timeline(early))
    assert words(answer("a()", "diverges", 1.0), kept, full) == "since 1 or earlier"
    cases = [
        (version, [run(version), answer("a()", verdict, 1.0, suite="dtypes", variant="uint8")])
        for version, verdict in (("1", "agrees"), ("5.0.0", "diverges"))
    ]
    regressions.update_first_seen(kept, build_timeline(cases))
    found = answer("a()", "diverges", 1.0, suite="dtypes", variant="uint8")
    assert words(found, kept, full) == "since 5.0.0; not in 1"


def test_hostile_names_survive_the_file(tmp_path: Path) -> None:
    name = HOSTILE + "\\ \x7f \x00 \t é"
    runs = [(v, [run(v), answer(name, "diverges", float(v))]) for v in ("1", "2")]
    regressions.update_first_seen(tmp_path / "f.toml", build_timeline(runs))
    told = tomllib.loads((tmp_path / "f.toml").read_text(encoding="utf-8"))
    assert told["found"][0]["subjects"] == [f"opencv {name}"]
    assert told["changed"][0]["subject"] == f"opencv {name}"


@pytest.mark.parametrize("text", ["x = 1\n", "[[timeline]]\nframework = 1\n", "timeline = 3\n", "{", "\udcff"])
def test_a_file_that_holds_something_else_is_not_overwritten(folder: Path, capsys, text: str) -> None:
    path = folder.parent / "f.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    assert main(["timeline", str(folder), "--since", str(path)]) == 2
    assert "not a file of first versions" in capsys.readouterr().err
    assert path.read_bytes() == text.encode(errors="surrogateescape")
    with pytest.raises(RecordError):
        regressions.read_first_seen(path)


def test_what_is_kept_here_is_of_the_releases_that_are_measured() -> None:
    releases = tomllib.loads((ROOT / "requirements" / "versions.toml").read_text(encoding="utf-8"))
    known = regressions.read_first_seen()
    assert known.keys() == releases.keys()
    for framework, told in known.items():
        listed = [name for name in releases[framework] if name not in ("package", "with")]
        assert list(told.releases) == listed
        assert told.first_seen
        assert {one.since for one in told.first_seen.values()} <= set(listed)
        assert {each for one in told.changed for each in (one.release, one.before)} <= set(listed)


def test_the_page_has_what_releases_changed_and_links_to_what_they_brought(kept: Path, monkeypatch) -> None:
    monkeypatch.setattr(
        "halfpixel.reports.page.report_page.release_histories",
        lambda records: regressions.release_histories(records, kept),
    )
    undated = answer("z()", "diverges", 1.0)
    text = render_report([run("5.1.0"), B, undated])
    assert f">{SINCE}; last measured release 5.0.0</a>: 1</li>" in text
    assert "since when is not known: 1" in text
    assert 'href="#releases"' in text
    told = regressions.release_histories([run("5.1.0"), B, undated], kept)
    assert [(one.release, one.questions) for one in told[0].changed] == [("5.0.0", 1), ("5.0.0", 1), ("4.10.0", 1)]
    assert told[0].by_release[0][2].startswith("find?framework=opencv&since=since+5.0.0")
    assert "releases-title" not in render_report(
        [run("5.0.0", versions={"torch": "2.0"}), answer("t()", framework="torch")]
    )
