"""A run in pieces, over cores and over machines: what the shards say together is what one run says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from halfpixel.reports.command import main
from halfpixel.reports.compare.diff import diff
from halfpixel.reports.compare.merge import merge, merge_records
from halfpixel.reports.page.report_page import render_report
from halfpixel.reports.records.json_lines import read, to_dict, write
from halfpixel.reports.records.record_types import Record, Run
from halfpixel.reports.records.run_sources import shard_faults, sources
from tests import ROOT
from tests.reports.test_sample import LINEAR, finding, header
from tests.suites.pretend_framework import run_pytest, write_framework

SUITES = [f"suites/{name}" for name in ("conformance", "structure", "defaults", "agreement", "translation")]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory):
    """``run(folder, *options)``: two made-up frameworks, which agree and do not, asked with these options."""
    home = tmp_path_factory.mktemp("home")
    write_framework(home, "pretend", [("resize()", "right", True), ("other()", "wrong", False)])
    write_framework(home, "feign", [("resize()", "wrong", True), ("other()", "right", False)])
    (home / "ledger").mkdir()

    def made(report: str, *options: str, suites: list[str] = SUITES) -> subprocess.CompletedProcess:
        arguments = ["--frameworks", "pretend,feign"]
        arguments += ["--ledger", str(home / "ledger"), "--report", str(home / report)]
        done = run_pytest(home, *arguments, *suites, *options)
        done.file = home / report / "results.jsonl"
        return done

    return made


@pytest.fixture(scope="module")
def whole(run) -> list[Record]:
    """What the run finds in one piece."""
    return read(run("whole").file)


@pytest.fixture(scope="module")
def shards(run) -> list[Path]:
    """The same in three, one of them with two workers."""
    asked = [run(f"shard{i}", "--splits", "3", "--group", str(i), *(["-n", "2"] if i == 3 else [])) for i in (1, 2, 3)]
    assert all(done.returncode in (0, 1) for done in asked), asked[-1].stdout
    return [done.file for done in asked]


def _sorted_json(records: list[Record]) -> list[str]:
    """All records but the headers, without the time they took."""
    return sorted(
        json.dumps(to_dict(replace(record, seconds=0.0) if hasattr(record, "seconds") else record), sort_keys=True)
        for record in records
        if not isinstance(record, Run)
    )


def test_the_shards_together_are_the_whole_run(whole: list[Record], shards: list[Path]) -> None:
    """Also of the suites that read what another one measured: the shard that lacks it measures again."""
    merged = merge(shards)
    assert merged.is_whole
    assert merged.notes == ()
    assert diff(whole, merged.records) == []
    assert _sorted_json(list(merged.records)) == _sorted_json(whole)
    kinds = {record.type for record in whole}
    assert {"finding", "pair", "equivalence_class", "default", "translation", "call"} <= kinds


def test_every_shard_says_which_it_is_and_how_much_it_asked(shards: list[Path]) -> None:
    headers = [record for path in shards for record in read(path) if isinstance(record, Run)]
    options = [run.options for run in headers]
    assert [each["shard"] for each in options] == ["1/3", "2/3", "3/3"]
    assert [run.tests for run in headers] == [run.tests_ended for run in headers]
    assert {each["tests_of"] for each in options} == {sum(run.tests for run in headers)}
    assert len({each["tests_digest"] for each in options}) == 1


def test_a_missing_shard_is_said_to_be_missing(
    shards: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """Exit code 1 and a line; what is there is written."""
    output = tmp_path / "out.jsonl"
    assert main(["merge", str(shards[0]), str(shards[2]), "-o", str(output)]) == 1
    assert "missing: shard 2/3 of the run of pretend, feign at quick sizes is missing\n" in capsys.readouterr().err
    assert main(["merge", str(output), str(shards[1]), "-o", str(tmp_path / "all.jsonl")]) == 0


def test_a_shard_given_twice_is_named_and_counts_once(
    whole: list[Record], shards: list[Path], run, capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    again = run("again", "--splits", "3", "--group", "1").file
    merged = merge([*shards, again, shards[1]])
    first, second = merged.notes
    assert first.startswith("shard 1/3 of the run of pretend, feign at quick sizes was run 2 times: ")
    assert second.startswith("the run of ")
    assert second.endswith(f"shard 2/3 is given 2 times: {shards[1]}")
    assert _sorted_json(list(merged.records)) == _sorted_json(whole)
    assert (merged.conflicts, merged.missing) == ((), ())


def test_the_page_of_a_merged_file_says_what_it_is_made_from(shards: list[Path]) -> None:
    page = render_report(merge(shards).records)
    for i in (1, 2, 3):
        assert f"Run {i} of 3" in page
        assert f"shard={i}/3" in page


def test_a_shard_in_which_nothing_can_be_measured_is_no_failure(run) -> None:
    """Of all shards together it would be one."""
    gradients = ["suites/gradients"]
    alone = run("alone", suites=gradients)
    assert alone.returncode == 1
    assert "nothing was measured" in alone.stdout
    parts = [run(f"part{i}", "--splits", "2", "--group", str(i), suites=gradients) for i in (1, 2)]
    assert [done.returncode for done in parts] == [0, 0]
    assert merge([done.file for done in parts]).missing == (
        "nothing was measured: whatever was asked is not installed, refuses or fails",
    )


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "with a worker"])
def test_a_shard_to_which_no_test_falls_is_done(run, workers: list[str]) -> None:
    """And is not missing."""
    asked = "-k", "test_every_operation_is_in_exactly_one_class"
    done = [run(f"few{i}", *asked, "--splits", "2", "--group", str(i), *workers) for i in (1, 2)]
    assert [each.returncode for each in done] == [0, 0], done[1].stdout
    assert [len(read(each.file)) > 1 for each in done] == [True, False]
    assert merge([each.file for each in done]).is_whole


def test_tests_that_keep_no_records_write_none(run) -> None:
    """Sharded or not."""
    done = run("none", "--splits", "2", "--group", "1", suites=["tests/segmentation/test_guide.py"])
    assert not done.file.exists()


def test_a_shard_that_ended_early_is_said_to_have(run) -> None:
    """The first divergence ends it, and it cannot tell what the others are."""
    few = ["suites/conformance"]
    done = [run(f"early{i}", "--splits", "2", "--group", str(i), "-x", "--strict", suites=few) for i in (1, 2)]
    assert [each.returncode for each in done] == [1, 2]
    lines = merge([each.file for each in done]).missing
    assert any("1 of 2 questions were answered (stopping after 1 failures)" in line for line in lines)


def _shard(group: int, **changes: object) -> Run:
    options = {"shard": f"{group}/3", "tests_of": 12, "tests_digest": "d"} | changes
    return header(options=options, tests=4, tests_ended=4)


def test_shards_of_different_runs_do_not_complete_each_other() -> None:
    """Another list of tests, another version, another number of shards."""
    others = [
        _shard(3, tests_digest="e"),
        replace(_shard(3), versions={"torch": "2.14.0"}),
        _shard(3, shard="3/4"),
        replace(_shard(3), pair_list_digest="ffff"),
    ]
    for other in others:
        missing, several = shard_faults(sources([_shard(1), _shard(2), other]))
        assert sum("shard 3/3" in line for line in missing) == 1
        assert sum("is missing" in line for line in missing) >= 3
        assert several == []
    assert shard_faults(sources([_shard(1), _shard(2), _shard(3)])) == ([], [])


def test_shards_that_do_not_add_up_are_named() -> None:
    missing, _ = shard_faults(sources([_shard(1), replace(_shard(2), tests=3, tests_ended=3), _shard(3)]))
    assert missing == ["the shards of the run of opencv, tensorflow, torch ask 11 tests of 12"]


@pytest.mark.parametrize("shard", ["", "1", "0/3", "4/3", "a/b", "1/", "-1/3", 7, None, "²/³"])
def test_what_is_no_shard_is_a_whole_run(shard: object) -> None:
    assert shard_faults(sources([header(options={"shard": shard})])) == ([], [])


def test_absurdly_many_shards_are_counted() -> None:
    missing, _ = shard_faults(sources([header(options={"shard": "1/1000000000"})]))
    assert missing == ["999999999 of 1000000000 shards of the run of opencv, tensorflow, torch are missing"]


def test_shards_of_two_versions_are_kept_apart_and_complete(tmp_path: Path) -> None:
    groups = []
    for version in ("1.0", "2.0"):
        for i in (1, 2, 3):
            run = replace(_shard(i), versions={"torch": version}, started=f"2026-01-0{i}T00:00")
            groups.append([run, finding("torch", f"{i}()", LINEAR, gain=float(version))])
    merged = merge_records(groups)
    assert merged.is_whole
    assert len({record.operation for record in merged.records if record.type == "finding"}) == 6
    write(tmp_path / "merged.jsonl", merged.records)
    assert merge([tmp_path / "merged.jsonl"]).records == merged.records


COMMAND = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EXPECTED = {"--keep-sound": 1, "diff": 1}
"""What the commands of the guide exit with, where it is not 0: the damaged file is damaged, and the runs differ."""


def test_the_commands_of_the_guide_do_what_it_says(tmp_path: Path) -> None:
    """In their order, of one small framework and one suite, in a folder of their own."""
    commands = [
        line for block in COMMAND.findall((ROOT / "docs" / "runs.md").read_text()) for line in block.splitlines()
    ]
    assert len(commands) >= 9
    old = [header(), finding("torch", "a()", LINEAR)]
    write(tmp_path / "old.jsonl", old)
    write(tmp_path / "new.jsonl", [old[0], replace(old[1], verdict="diverges", gain=1.0)])
    (tmp_path / "damaged.jsonl").write_bytes((tmp_path / "old.jsonl").read_bytes()[:-10])
    small = ["-p", "no:cacheprovider", "--frameworks", "pillow", "-k", "BICUBIC"]
    for command in commands:
        program, *arguments = command.split()
        if program == "pytest":
            # Where the suites are; the report is beside the other files of this test.
            place = arguments.index("--report") + 1
            arguments[place] = str(tmp_path / arguments[place])
            arguments[arguments.index("-n") : arguments.index("-n") + 2] = small
            done = [sys.executable, "-m", "pytest", "suites/structure", *arguments]
        else:
            assert program == "halfpixel"
            done = [sys.executable, "-m", "halfpixel", *arguments]
        ran = subprocess.run(
            done,
            cwd=ROOT if program == "pytest" else tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        expected = next((code for word, code in EXPECTED.items() if word in arguments), 0)
        assert ran.returncode == expected, (command, ran.stdout, ran.stderr)
    assert "Run 3 of 3" in (tmp_path / "merged" / "results.html").read_text()
    assert "newly-diverging" in (tmp_path / "diff.html").read_text()
    assert "### What changed in resize" in ran.stdout


def test_continuous_integration_runs_every_shard_and_merges_them() -> None:
    workflow = (ROOT / ".github" / "workflows" / "conformance.yml").read_text(encoding="utf-8")
    (shards,) = re.findall(r"shard: \[(.*)\]", workflow)
    (splits,) = re.findall(r"--splits (\d+) --group \$\{\{ matrix.shard \}\}", workflow)
    assert [int(shard) for shard in shards.split(",")] == list(range(1, int(splits) + 1))
    commands = re.findall(r"- run: halfpixel report (\w+) (\S+)", workflow)
    assert commands == [
        ("merge", "shards/*/results.jsonl"),
        *[(name, "merged/results.jsonl") for name in ("markdown", "render")],
    ]
