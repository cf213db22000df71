"""Reproductions run as copied, each in a process of its own, and one that does not show the fault is found out."""

from __future__ import annotations

import os
import time

import pytest

from halfpixel.reports.command import main
from halfpixel.reports.records.json_lines import write
from halfpixel.reports.records.record_types import Attribution, Finding, PairComparison
from halfpixel.reports.reproduction import program_runner
from halfpixel.reports.reproduction.program_runner import Program, ProgramResult, run
from halfpixel.reports.reproduction.reproductions import Reproduction, reproduction_fault, reproductions, sample_strata
from tests.reports.test_sample import header

SHOWS = "import json\nprint('output [1, 2] is', 1.0, 'and should be -1')  # measured: 1\n"


def one(source: str, factor: str = "kernel", **changes: object) -> Finding:
    values = {
        "suite": "edges",
        "question": "?",
        "operation": "lib f()",
        "framework": "lib",
        "against": "c",
        "verdict": "diverges",
        "reproduction": source,
        "attribution": Attribution(factors=(factor,), explanation="e"),
    }
    return Finding(**values | changes)


def judged(line: str, source: str = "", **changes: object) -> str:
    return reproduction_fault(Reproduction(source, (one(source, **changes),)), ProgramResult(0, f"{line}\n", ""))


def test_each_distinct_program_is_there_once():
    found = reproductions([header(), one("a"), one("b"), one("a", "ties"), one("")])
    assert [(each.source, len(each.records)) for each in found] == [("a", 2), ("b", 1)]


def test_some_of_each_keeps_every_kind():
    found = reproductions([one("a"), one("b"), one("c", "ties"), one("d", framework="other"), one("e", suite="paths")])
    assert [each.source for each in sample_strata(found, 1)] == ["a", "c", "d", "e"]
    assert [each.source for each in sample_strata(found, 2)] == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("line", "source", "changes"),
    [
        ("output [8, 2] is 1.0 and should be -1", "# measured: 1", {}),
        ("output [0, 2] is nan and should be 3", "", {}),
        (
            "output [3, 3] is 0.84391716590607757 and should be 0.84391836734693881",
            "# measured: 0.84391716590607757",
            {},
        ),
        ("output [5, 2] is -128 and should be 127 (129.436764, saturated)", "# measured: -128", {}),
        ("output [35, 0] is 0.1494 and should be 0.14893617", "# measured: 0.149414", {}),
        ("8 outputs are not finite, and should be 0", "", {}),
        ("the result has 4 pixels, and should have 0", "", {}),
        ("off by inf and should be 0", "", {}),
        ("off by 0.1 and should be 0", "# with other images: 0.571", {}),
        ("the shape is (9, 11) and should be that of (1, 9, 11, 129)", "", {}),
        ("the shape is () and should be (0, 1, 8, 4)", "", {}),
        ("gradient (0, 0, 0, 0) is 256.0 and should be 4096", "# measured: 256", {}),
        ("output [0, 0] is nan float32 and should be -0.5 float32 ; it varies by 0.0", "# measured: nan for -0.5", {}),
        ("output [0, 0] is 1.0 float64 and should be 1.0 float32 ; it varies by 0.0", "", {}),
        ("output [0, 0] is 1.0 float32 and should be 1.0 float32 ; it varies by 0.5", "", {"factor": "determinism"}),
        ("output [0, 2, 9, 1] of 1 images of 2 channels is -0.13 and should be -0.17", "# measured: -0.13", {}),
        ("output 3 of shape (1, 1, 1, 4) is nan and should be 16777218", "", {}),
        ("output [1, 2] is 0.5 and 0.6", "", {"gain": 0.1}),
    ],
)
def test_what_shows_the_recorded_difference_is_right(line, source, changes):
    assert judged(line, source, **changes) == ""


@pytest.mark.parametrize(
    ("line", "source", "changes", "said"),
    [
        ("output [8, 2] is 1.0 and should be 1", "# measured: 1", {}, "no difference"),
        ("output [8, 2] is nan and should be nan", "", {}, "no difference"),
        ("off by 0.0 and should be 0", "", {}, "no difference"),
        ("off by 1e-07 and should be 0", "# with other images: 0.571", {}, "says 0.571 with other images"),
        ("8 outputs are not finite, and should be 8", "", {}, "no difference"),
        ("the shape is (9, 11) and should be that of (1, 9, 11)", "", {}, "no difference"),
        ("the shape is (0, 2) and should be (0, 2)", "", {}, "no difference"),
        ("output [8, 2] is 0.5 and should be -1", "# measured: 1", {}, "the record says got 1"),
        ("output [8, 2] is 1 and should be 2", "", {"figures": {"expected": "3"}}, "the record says expected 3"),
        ("output [1, 2] is 0.5 and 0.9", "", {"gain": 0.1}, "differ by 0.1"),
        ("output [0, 0] is 1.0 float32 and should be 1.0 float32 ; it varies by 0.0", "", {}, "no difference"),
        ("hello", "", {}, "nothing of what came out"),
        ("", "", {}, "nothing of what came out"),
    ],
)
def test_what_shows_no_or_another_difference_is_found_out(line, source, changes, said):
    assert said in judged(line, source, **changes)


def test_a_pair_is_held_against_its_gain():
    pair = PairComparison(a="lib f()", b="other g()", verdict="diverges", gain=0.5, reproduction="x")
    (found,) = reproductions([pair])
    assert reproduction_fault(found, ProgramResult(0, "output [1, 1] is 0.25 and 0.75\n", "")) == ""
    assert "differ by 0.5" in reproduction_fault(found, ProgramResult(0, "output [1, 1] is 0.25 and 0.5\n", ""))


def test_what_fails_or_hangs_is_found_out_unless_it_is_to():
    (fails,) = reproductions([one("x")])
    assert (
        reproduction_fault(fails, ProgramResult(1, "", "Traceback\nValueError: no"))
        == "it ended with status 1: ValueError: no"
    )
    assert "did not end" in reproduction_fault(fails, ProgramResult(-9, "", "", timed_out=True))
    for changes in ({"factor": "time limit"}, {"factor": "crash"}, {"figures": {"got": "crashed (SIGFPE)"}}):
        (dies,) = reproductions([one("x", **changes)])
        assert reproduction_fault(dies, ProgramResult(-8, "", "")) == ""
        assert "should not have" in reproduction_fault(dies, ProgramResult(0, "returned shape (2, 2)\n", ""))


def test_programs_share_imports_and_nothing_else():
    leaves = "import json\nimport sys\njson.mark = 1\nprint('left')\n"
    looks = (
        "import json\nimport sys\nprint(hasattr(json, 'mark'), __name__)\nprint(sys.argv, 'reports' in sys.modules)\n"
    )
    ended = dict(run([Program(leaves), Program(looks), Program(looks)]))
    assert [ended[number].out for number in range(3)] == [
        "left\n",
        "False __main__\n['program.py'] False\n",
        "False __main__\n['program.py'] False\n",
    ]
    assert not any(ran.own_interpreter for ran in ended.values())


def test_the_environment_that_is_set_before_an_import_stays_in_its_place():
    source = "import os\nos.environ['BACKEND'] = 'x'\nimport json\nprint(os.environ['BACKEND'])\n"
    assert program_runner.imports(source) == "import os\nos.environ['BACKEND'] = 'x'\nimport json"
    assert [ran.out for _, ran in run([Program(source), Program(source)])] == ["x\n", "x\n"]


@pytest.mark.parametrize("module", ["halfpixel", "halfpixel.golden"])
def test_this_project_is_not_there_to_be_imported(module, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    (_, ran), (_, again) = run([Program(f"import {module}\n"), Program(f"import {module}\n")])
    assert (ran.missing, again.missing) == ("halfpixel", "halfpixel")


def test_crashes_hangs_and_exits_end_one_program_only():
    crash = "import os\nos.abort()\n"
    hang = "import os\nimport time\ntime.sleep(600)\n"
    leave = "import os\nos._exit(3)\n"
    good = "import os\nprint('good')\n"
    started = time.monotonic()
    ended = dict(run([Program(crash), Program(good), Program(leave), Program(hang, 1.0), Program(good)], workers=2))
    assert time.monotonic() - started < 60
    assert [ended[number].status for number in range(5)] == [-6, 0, 3, -9, 0]
    assert ended[3].timed_out
    assert [ended[number].out for number in (1, 4)] == ["good\n", "good\n"]


def test_what_is_no_python_fails_alone():
    ended = dict(run([Program("this is (no Python"), Program("x = '\x00'"), Program("print('good')")]))
    assert [ended[number].status for number in range(3)] == [1, 1, 0]


def _written(tmp_path, *findings):
    write(tmp_path / "a.jsonl", [header(), *findings])
    return str(tmp_path / "a.jsonl")


def test_the_command_counts_and_names_what_does_not_show_the_fault(tmp_path, capsys):
    path = _written(tmp_path, one(SHOWS), one(SHOWS.replace("1.0", "-1.0"), operation="lib wrong()"))
    assert main(["reproduce", path, "-n", "1"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("edges: lib wrong(): it shows no difference: ")
    assert said[1] == "2 reproductions run as copied: 1 show what the record says, 1 do not"


def test_the_command_takes_a_part(tmp_path, capsys):
    other = SHOWS + "# other\n"
    path = _written(tmp_path, one(SHOWS), one(other, framework="other", suite="paths"))
    for options in (["--frameworks", "lib"], ["--suites", "paths"]):
        assert main(["reproduce", path, "-n", "1", *options]) == 0
        assert capsys.readouterr().out.startswith("1 reproductions run as copied: 1 show")


def test_what_is_not_installed_is_counted_apart_and_nothing_run_is_no_success(tmp_path, capsys):
    path = _written(tmp_path, one("import no_such_module\n"), one(SHOWS))
    assert main(["reproduce", path, "-n", "1"]) == 0
    captured = capsys.readouterr()
    assert "1 not run: no_such_module is not installed" in captured.err
    assert captured.out.startswith("1 reproductions run as copied: 1 show")
    assert main(["reproduce", _written(tmp_path, one("import no_such_module\n")), "-n", "1"]) == 2
    assert "no reproduction to run" in capsys.readouterr().err
