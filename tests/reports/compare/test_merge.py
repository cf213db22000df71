"""Joining runs of several machines, environments and versions; and files that are not what they should be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfpixel.reports.command import main
from halfpixel.reports.compare.merge import Merged, merge, merge_records, merge_sources
from halfpixel.reports.page.report_page import render_report
from halfpixel.reports.records.json_lines import read, to_dict, write
from halfpixel.reports.records.record_types import (
    EquivalenceClass,
    Finding,
    LedgerStatus,
    PairComparison,
    Record,
    RecordError,
    Run,
    TextbookClaim,
)
from halfpixel.reports.records.run_sources import RunSource, sources
from halfpixel.reports.records.showcase_records import ShowcaseMatrix, ShowcaseOperation
from halfpixel.reports.records.translation_records import Translation, TranslationCall
from tests.reports.test_sample import CUBIC, LINEAR, finding, header, samples


def at(year: int) -> str:
    """When a run of that year started."""
    return f"{year}-01-02T03:04:05+00:00"


def _findings(merged: Merged) -> list[Finding]:
    return [record for record in merged.records if isinstance(record, Finding)]


def as_json(records: Sequence[Record]) -> list[str]:
    """Records in an order of their own."""
    return sorted(json.dumps(to_dict(record), sort_keys=True) for record in records)


def test_a_run_given_twice_changes_nothing_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path, samples())
    merged = merge([path, path])
    assert as_json(merged.records) == as_json(samples())
    assert merged.records[0] == samples()[0]
    assert merged.notes == (f"the run of 2026-11-22T15:04:05+00:00, 1,024 size pairs (quick) is given 2 times: {path}",)
    assert merged.is_whole


def test_time_taken_is_no_conflict() -> None:
    quick, slow = (finding("torch", "x()", LINEAR, seconds=seconds) for seconds in (0.1, 9.0))
    merged = merge_records([[header(), quick], [header(started=at(2027)), slow]])
    assert (len(merged.duplicates), merged.conflicts) == (1, ())
    assert merged.records == (header(), quick, header(started=at(2027)))


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"gain": 0.25 * (1 + 1e-9), "worst": None, "message": "elsewhere"}, "equal_up_to_rounding"),
        ({"gain": 0.26}, "conflicts"),
        ({"verdict": "ties"}, "conflicts"),
        ({"pairs_differing": 7}, "conflicts"),
        ({"headline": "wraps around"}, "conflicts"),
    ],
)
def test_what_rounding_changes_is_no_conflict_and_what_it_does_not_is(changes: dict, outcome: str) -> None:
    one = finding("torch", "x()", LINEAR, "diverges", gain=0.25, message="here")
    merged = merge_records([[header(), one], [header(started=at(2027)), replace(one, **changes)]])
    assert [name for name in ("duplicates", "equal_up_to_rounding", "conflicts") if getattr(merged, name)] == [outcome]
    assert len(_findings(merged)) == (2 if outcome == "conflicts" else 1)


def test_conflicts_are_named_both_are_kept_and_each_says_who_measured_it() -> None:
    good, bad = finding("torch", "x()", LINEAR), finding("torch", "x()", LINEAR, "diverges", gain=0.25, note="old")
    groups = [[header(), good], [header(started=at(2027)), bad]]
    merged = merge_records(groups)
    by = "(measured by the run of {}, 1,024 size pairs (quick), on Linux-6.1-x86_64)"
    assert [(each.verdict, each.note) for each in _findings(merged)] == [
        ("agrees", by.format("2026-11-22T15:04:05+00:00")),
        ("diverges", "old " + by.format(at(2027))),
    ]
    (line,) = merged.conflicts
    assert line.startswith(
        "finding / conformance / does torch x() resize as documented?: "
        "agrees (gain 1.2e-07) against diverges (gain 0.25): 2026-11-22"
    )
    assert not merged.is_whole
    again = merge_records([list(merged.records), *groups])
    assert again.records == merged.records
    assert len(again.conflicts) == 1


@pytest.mark.parametrize("reverse", [False, True])
def test_what_one_environment_lacks_another_fills(reverse: bool) -> None:
    absent = Finding(
        suite="conformance",
        question="is keras installed?",
        operation="keras (every call)",
        framework="keras",
        against="",
        verdict="not installed",
    )
    here = [header(started=at(2024)), finding("keras", "x()", LINEAR, "not installed"), absent]
    there = [
        header(started=at(2025), versions={"keras": "3.15.1", "torch": None}),
        finding("keras", "x()", LINEAR),
    ]
    merged = merge_records([there, here] if reverse else [here, there])
    assert [each.verdict for each in _findings(merged)] == ["agrees"]
    assert sum(isinstance(record, Run) for record in merged.records) == 2
    assert [line.partition(": ")[0] for line in merged.measured_elsewhere] == [
        "finding / conformance / does keras x() resize as documented?",
        "finding / conformance / is keras installed?",
    ]
    assert (merged.duplicates, merged.conflicts) == ((), ())


def _version(version: str, verdict: str, started: str) -> list[Record]:
    """A run of one version of a framework beside another one that both runs have."""
    mine, other = f"cv {verdict}", "torch x()"
    keys = {"cv": "aaaaaaaa", "torch": "bbbbbbbb"}
    call = TranslationCall(operation="cv y()", key=keys["cv"], framework="cv", call="y()", setup="", layout="HW")
    other_call = replace(call, operation=other, key=keys["torch"], framework="torch")
    answers = {"cv": {"to": keys["cv"], "verdict": verdict}, "torch": {"to": keys["torch"], "verdict": "agrees"}}
    between = replace(finding("cv", "y()", LINEAR, verdict, gain=0.5), question="are both the same?", suite="agreement")
    return [
        header(started=started, versions={"cv": version, "torch": "2.13.0"}, options={"frameworks": ["cv", "torch"]}),
        finding("cv", "y()", LINEAR, verdict, gain=0.5),
        replace(between, operation="linear", framework="between frameworks"),
        finding("torch", "x()", LINEAR),
        PairComparison(a="cv y()", b=other, verdict=verdict, gain=0.5),
        EquivalenceClass(members=("cv y()", other), frameworks=("cv", "torch"), convention=None, pairs=3),
        TextbookClaim(name="c", statement="s", verdict="true", why="w", arithmetic="a", measured={"cv y()": len(mine)}),
        call,
        other_call,
        Translation(operation="cv y()", framework="cv", answers=answers, pairs=3),
        Translation(operation=other, framework="torch", answers=answers, pairs=3),
    ]


def test_versions_of_one_framework_stand_side_by_side() -> None:
    """Nothing that was found of one is said of the other, on the page either."""
    old, new = _version("4.10.0", "diverges", at(2024)), _version("5.0.0", "agrees", at(2025))
    merged = merge_records([new, old])
    assert merged.notes == ("several versions of cv, kept apart: cv@4.10.0, cv@5.0.0",)
    assert (merged.conflicts, merged.missing, merged.is_whole) == ((), (), True)
    assert sorted((each.framework, each.question, each.verdict) for each in _findings(merged)) == [
        ("between frameworks", "are both the same? (cv@4.10.0)", "diverges"),
        ("between frameworks", "are both the same? (cv@5.0.0)", "agrees"),
        ("cv@4.10.0", "does cv@4.10.0 y() resize as documented?", "diverges"),
        ("cv@5.0.0", "does cv@5.0.0 y() resize as documented?", "agrees"),
        ("torch", "does torch x() resize as documented?", "agrees"),
    ]
    runs = [record for record in merged.records if isinstance(record, Run)]
    assert [run.versions for run in runs] == [
        {"cv@4.10.0": "4.10.0", "torch": "2.13.0"},
        {"cv@5.0.0": "5.0.0", "torch": "2.13.0"},
    ]
    assert [run.options["frameworks"] for run in runs] == [["cv@4.10.0", "torch"], ["cv@5.0.0", "torch"]]
    (claim,) = [record for record in merged.records if isinstance(record, TextbookClaim)]
    assert claim.measured == {"cv@4.10.0 y()": 11, "cv@5.0.0 y()": 9}
    calls = {record.operation: record.key for record in merged.records if isinstance(record, TranslationCall)}
    assert sorted(calls) == ["cv@4.10.0 y()", "cv@5.0.0 y()", "torch x()"]
    assert len(set(calls.values())) == 3
    to = {
        (record.operation, name): answer["to"]
        for record in merged.records
        if isinstance(record, Translation)
        for name, answer in record.answers.items()
    }
    assert to["cv@5.0.0 y()", "cv@5.0.0"] == to["torch x()", "cv@5.0.0"] == calls["cv@5.0.0 y()"]
    assert to["torch x()", "cv@4.10.0"] == calls["cv@4.10.0 y()"]
    page = render_report(merged.records)
    assert "Run 2 of 2" in page
    assert "cv@<wbr>4" in page or "cv@4.10.0" in page


def test_a_third_version_joins_two_that_were_merged() -> None:
    three = [_version(version, "agrees", at(2020 + int(version[0]))) for version in ("4.1", "5.0", "6.0")]
    first = merge_records(three[:2])
    assert as_json(merge_records([list(first.records), three[2]]).records) == as_json(merge_records(three).records)


def test_a_version_with_spaces_does_not_end_the_name() -> None:
    merged = merge_records(
        [_version(version, "agrees", at(2030 + i)) for i, version in enumerate(("1.0", "1.0 (mine)"))]
    )
    assert {each.operation.split(" ")[0] for each in _findings(merged)} == {
        "cv@1.0",
        "cv@1.0_(mine)",
        "torch",
        "linear",
    }


def test_other_sizes_are_said_and_are_no_conflict() -> None:
    full = header(started=at(2027), pair_list_digest="ffff", size_pairs=1040)
    small, large = finding("torch", "x()", LINEAR), finding("torch", "x()", LINEAR, "ties", gain=2.0)
    merged = merge_records([[header(), small], [full, large]])
    assert len(_findings(merged)) == 2
    assert (merged.conflicts, merged.is_whole) == ((), True)
    assert [line.partition(": ")[2] for line in merged.other_sizes] == ["agrees (gain 1.2e-07) against ties (gain 2)"]
    (note,) = merged.notes
    assert note.startswith("different lists of size pairs: 1,024 pairs (9f2c41d0)")
    assert "1,040 pairs (ffff)" in note


POOL = [
    [header(), finding("torch", "x()", LINEAR), finding("keras", "x()", LINEAR, "not installed")],
    [header(started=at(2027)), finding("torch", "x()", LINEAR, "diverges", gain=0.5), finding("torch", "y()", CUBIC)],
    [header(started=at(2028), pair_list_digest="ffff"), finding("torch", "x()", LINEAR, "ties", gain=2.0)],
    [header(started=at(2029), versions={"keras": "3", "torch": None}), finding("keras", "x()", LINEAR)],
    [header(started=at(2030), tests=5, tests_ended=4, cut_short="interrupted"), finding("torch", "y()", CUBIC)],
    [header(started=at(2031), options={"shard": "2/3"}, tests=5, tests_ended=5), finding("torch", "y()", CUBIC)],
    [header(), finding("torch", "x()", LINEAR, "diverges", gain=0.5 + 1e-9)],
    _version("4.10.0", "diverges", at(2032)),
    _version("5.0.0", "agrees", at(2033)),
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(range(len(POOL))), min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_the_order_of_the_files_does_not_matter(chosen: list[int], random) -> None:
    """Neither to the records nor to what is said of them."""

    def merged(order: list[int]) -> Merged:
        return merge_sources([source for i in order for source in sources(POOL[i], f"{i}.jsonl")])

    shuffled = list(chosen)
    random.shuffle(shuffled)
    assert merged(shuffled) == merged(chosen)


def test_every_order_of_conflicting_runs_is_the_same() -> None:
    kept = {tuple(map(repr, merge_records(order).records)) for order in permutations(POOL[:4])}
    assert len(kept) == 1


def test_nothing_that_any_run_says_is_lost() -> None:
    """Every verdict of every question of every run is in the merged file, or not installed and measured elsewhere."""
    merged = merge_records(POOL[:6])
    kept = {(each.question, each.verdict) for each in _findings(merged)}
    said = {(each.question, each.verdict) for group in POOL[:6] for each in group if isinstance(each, Finding)}
    assert said - kept == {("does keras x() resize as documented?", "not installed")}


def test_a_merged_file_says_of_each_record_whose_it_is(tmp_path: Path) -> None:
    merged = merge_records(POOL[:3])
    write(tmp_path / "merged.jsonl", merged.records)
    found = sources(read(tmp_path / "merged.jsonl"))
    assert [(each.run.started, [record.verdict for record in each.records]) for each in found] == [
        ("2026-11-22T15:04:05+00:00", ["not installed", "agrees"]),
        (at(2027), ["diverges", "agrees"]),
        (at(2028), ["ties"]),
    ]


def test_records_without_a_run_are_refused() -> None:
    with pytest.raises(RecordError, match="no run header before the first record"):
        sources(samples()[1:], "a.jsonl")


def test_nothing_to_merge_is_an_error() -> None:
    with pytest.raises(RecordError, match="nothing to merge"):
        merge([])


def test_a_merge_in_which_nothing_was_measured_is_not_whole() -> None:
    merged = merge_records([[header(), finding("torch", "x()", LINEAR, "unsupported")]])
    assert merged.missing == ("nothing was measured: whatever was asked is not installed, refuses or fails",)


def test_a_file_to_merge_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "a.jsonl"
    write(path, samples())
    before = path.read_bytes()
    assert main(["merge", str(path), "-o", str(tmp_path / "." / "a.jsonl")]) == 2
    assert "would be overwritten, and is one of those to read" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_hostile_names_steer_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Nor break its lines, nor fill them."""
    name = "x\x1b[2J\n\u202e" + "y" * 10_000 + "()"
    for i, verdict in enumerate(("agrees", "diverges")):
        write(
            tmp_path / f"{i}.jsonl", [header(started=at(2024 + i)), finding("torch", name, LINEAR, verdict, gain=0.5)]
        )
    files = [str(tmp_path / "0.jsonl"), str(tmp_path / "1.jsonl")]
    assert main(["merge", *files, "-o", str(tmp_path / "out.jsonl")]) == 1
    told = capsys.readouterr().err
    assert "conflict, both kept: finding" in told
    assert all(character.isprintable() for character in told.replace("\n", ""))
    assert max(map(len, told.splitlines())) < 1100


def test_lists_are_cut_unless_all_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    for i in range(2):
        found = (finding("torch", f"{name}()", LINEAR) for name in range(30))
        write(tmp_path / f"{i}.jsonl", [header(started=at(2024 + i)), *found])
    command = ["merge", str(tmp_path / "0.jsonl"), str(tmp_path / "1.jsonl"), "-o", str(tmp_path / "out.jsonl")]
    assert main(command) == 0
    told = capsys.readouterr()
    assert told.err.count("duplicate, one kept: finding / ") == 20
    assert "duplicate, one kept: and 10 more, named with --all" in told.err
    assert "32 records; 30 duplicates dropped" in told.out
    assert main([*command, "--all"]) == 0
    assert capsys.readouterr().err.count("duplicate, one kept: finding / ") == 30


def test_a_source_is_the_run_it_was(tmp_path: Path) -> None:
    """The files that a run came from take no part in what it is."""
    (one,), (other,) = sources(samples(), "a"), sources(samples(), "b")
    assert one.sort_key == other.sort_key
    assert one == RunSource(samples()[0], tuple(samples()[1:]), ("a",))


def _showcase(weight: float, name: str, year: int) -> list[Record]:
    matrix = ShowcaseMatrix(name=name, n_in=3, n_out=2, rows=((0, 1.0 - weight, weight), (2, 1.0)))
    matrices = {"3x2": {"height": name, "width": name}}
    operation = ShowcaseOperation(operation="torch x()", framework="torch", claim="linear", matrices=matrices)
    return [header(started=at(year)), matrix, operation]


@pytest.mark.parametrize(
    ("weight", "outcome"),
    [(0.25, None), (0.25 + 1e-8, "equal_up_to_rounding"), (0.26, "conflicts"), (float("nan"), "conflicts")],
)
def test_matrices_that_differ_by_rounding_are_the_same(weight: float, outcome: str | None) -> None:
    merged = merge_records([_showcase(0.25, "a", 2030), _showcase(weight, "a" if outcome is None else "b", 2031)])
    assert [name for name in ("equal_up_to_rounding", "conflicts") if getattr(merged, name)] == [outcome][
        : outcome is not None
    ]


def test_the_word_of_the_ledger_is_no_measurement() -> None:
    one = finding("torch", "x()", LINEAR, "diverges", gain=0.25, ledger=LedgerStatus(status="new"))
    other = replace(one, ledger=LedgerStatus(status="known", reason="r", link="l"))
    merged = merge_records([[header(), one], [header(started=at(2030)), other]])
    assert (merged.conflicts, len(_findings(merged))) == ((), 1)
