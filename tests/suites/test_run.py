"""Runs of pytest as a user makes them: what passes, what fails and why, and what a report then says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from halfpixel import adapters
from halfpixel.reports.records import json_lines, record_types
from tests.suites.conftest import CATALOGUE, locked


def _findings(folder: Path) -> list[record_types.Finding]:
    return [record for record in json_lines.read(folder / "results.jsonl") if isinstance(record, record_types.Finding)]


def test_agreement_passes_and_is_reported(run, tmp_path):
    done = run("right")
    assert done.returncode == 0, done.stdout
    (finding,) = _findings(tmp_path / "report")
    assert (finding.operation, finding.verdict, finding.pairs_measured) == ("pretend resize()", "exact", 192)
    assert "from 1 answer about 1 call" in (tmp_path / "report" / "index.html").read_text()


def test_a_report_is_the_same_from_workers(run, tmp_path):
    done = run("right", "-n", "2", suite="suites/structure")
    assert done.returncode == 0, done.stdout
    assert [finding.verdict for finding in _findings(tmp_path / "report")] == ["agrees"]


def test_a_difference_that_no_entry_explains_fails_with_its_message(run, tmp_path):
    done = run("wrong", lock=[], catalogue=CATALOGUE.replace('"normalisation", ', ""))
    assert done.returncode == 1
    assert "a difference that no entry explains" in done.stdout
    assert "attribution: normalisation: rows sum to between 1.5 and 1.5, and else are right" in done.stdout
    assert "the smallest that would pass is 0.5" in done.stdout
    assert [finding.ledger.status for finding in _findings(tmp_path / "report")] == ["new"]


def test_a_known_difference_is_an_expected_failure(run, tmp_path):
    done = run("wrong", lock=[locked()])
    assert done.returncode == 0, done.stdout
    assert "1 xfailed" in done.stdout
    (finding,) = _findings(tmp_path / "report")
    assert (finding.ledger.status, finding.ledger.defect) == ("known", "heavy-weights")
    assert finding.ledger.reason == "resize weights are half as large again"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (locked(gain=0.25), "the gain was 0.25 and is 0.5"),
        (locked(verdict="approximates"), "the verdict was approximates and is diverges"),
        (locked(causes=("border",)), "the attribution was border and is normalisation"),
    ],
    ids=["its gain changes", "its verdict changes", "its causes change"],
)
def test_a_lock_no_longer_holds_when(run, answer, words):
    done = run("wrong", lock=[answer])
    assert done.returncode == 1
    assert words in done.stdout


def test_at_a_locked_version_a_known_kind_that_is_not_locked_is_news(run, tmp_path):
    done = run("wrong", lock=[])
    assert done.returncode == 1
    assert "a difference that is not in the lock; entry heavy-weights would explain it" in done.stdout
    assert [finding.ledger.status for finding in _findings(tmp_path / "report")] == ["new"]


def test_a_locked_difference_that_disappeared_fails_the_run(run, tmp_path):
    done = run("right", lock=[locked()])
    assert done.returncode == 1
    assert "it agrees now; run: halfpixel ledger update" in done.stdout
    assert [finding.ledger.status for finding in _findings(tmp_path / "report")] == ["stale"]


def test_without_a_lock_what_an_entry_explains_is_known_and_said(run, tmp_path):
    done = run("wrong")
    assert done.returncode == 0, done.stdout
    said = " ".join(done.stdout.split())
    assert "not locked; 1 of 1 known defects and differences are here, 0 differences that no entry explains" in said
    (finding,) = _findings(tmp_path / "report")
    assert (finding.ledger.status, finding.ledger.defect) == ("known", "heavy-weights")


def test_without_a_lock_an_entry_that_finds_nothing_is_said_to_be_gone(run):
    done = run("right")
    assert done.returncode == 0, done.stdout
    assert "0 of 1 known defects and differences are here, 1 are not (fixed or not there yet)" in " ".join(
        done.stdout.split()
    )


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--strict",), 1)], ids=["as it is", "strict"])
def test_without_a_lock_what_no_entry_explains_is_listed_and_fails_only_where_strict(run, tmp_path, options, status):
    done = run("wrong", *options, catalogue=CATALOGUE.replace('"normalisation", ', ""))
    assert done.returncode == status, done.stdout
    assert "1 differences that no entry explains" in " ".join(done.stdout.split())
    assert [finding.ledger.status for finding in _findings(tmp_path / "report")] == ["new"]


def test_the_record_has_the_entries_and_whether_they_were_asked(run, tmp_path):
    run("wrong")
    records = json_lines.read(tmp_path / "report" / "results.jsonl")
    (defect,) = [record for record in records if isinstance(record, record_types.KnownDefect)]
    assert (defect.framework, defect.id, defect.asked) == ("pretend", "heavy-weights", True)
    run("right", suite="suites/structure")
    records = json_lines.read(tmp_path / "report" / "results.jsonl")
    assert [record.asked for record in records if isinstance(record, record_types.KnownDefect)] == [False]
    run("raising")  # A call that is refused was not asked.
    records = json_lines.read(tmp_path / "report" / "results.jsonl")
    assert [record.asked for record in records if isinstance(record, record_types.KnownDefect)] == [False]


def test_an_adapter_that_raises_is_never_agreement(run, tmp_path):
    done = run("raising")
    assert done.returncode == 1
    (finding,) = _findings(tmp_path / "report")
    assert (finding.verdict, finding.pairs_measured) == ("unsupported", 0)
    assert finding.refused.message == "RuntimeError: cannot resize on a Sunday"
    assert "nothing was measured" in done.stdout


def test_a_framework_that_is_not_installed_is_skipped_and_said(run, tmp_path):
    """Named by nobody, it is skipped; the run still fails, for nothing at all was measured."""
    done = run("right", "-k", "pretend", module="no_such_module")
    assert done.returncode == 1, done.stdout
    (finding,) = _findings(tmp_path / "report")
    assert finding.verdict == "not installed"
    assert "ERROR: nothing was measured" in done.stdout
    assert "1 skipped" in done.stdout


def _of_uint8(folder: Path) -> record_types.Finding:
    (finding,) = [finding for finding in _findings(folder) if finding.variant == "uint8"]
    return finding


def test_a_variant_diverges_by_itself_and_says_how(run, tmp_path):
    done = run("truncating", suite="suites/dtypes", lock=[])
    assert done.returncode == 1
    finding = _of_uint8(tmp_path / "report")
    assert (finding.verdict, finding.ledger.status) == ("approximates", "new")
    assert finding.headline == "truncates or floors"
    assert finding.figures["bias"] < -0.3
    assert "reproduce with:\n    import numpy as np" in done.stdout
    assert "uint8" in Path(tmp_path / "report" / "index.html").read_text()


def test_a_variant_that_is_locked_is_an_expected_failure(run, tmp_path):
    run("truncating", suite="suites/dtypes")
    gain = _of_uint8(tmp_path / "report").gain
    lock = [locked(verdict="approximates", gain=gain, suite="dtypes", variant="uint8", causes=("rounding",))]
    done = run("truncating", suite="suites/dtypes", lock=lock)
    assert _of_uint8(tmp_path / "report").ledger.status == "known"
    assert "[uint8]" not in done.stdout


def test_a_locked_variant_that_is_not_asked_fails_the_run(run):
    done = run("right", suite="suites/gradients", lock=[locked(suite="gradients", variant="uint9", causes=())])
    assert done.returncode == 1
    assert "has an answer that was not asked: gradients of 'resize() [uint9]'" in done.stdout


def test_a_variant_that_is_refused_is_no_agreement_and_needs_no_entry(run, tmp_path):
    done = run("right", suite="suites/gradients")
    assert "1 skipped" in done.stdout
    assert "ERROR: nothing was measured" in done.stdout
    (finding,) = _findings(tmp_path / "report")
    assert (finding.verdict, finding.variant) == ("unsupported", "backward")


def _one_line(done: subprocess.CompletedProcess, *words: str) -> None:
    assert done.returncode == 4, done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, lines
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--frameworks", "tensorfow"], ["'tensorfow'", "allowed:", "tensorflow"]),
        (["--frameworks", ","], ["names none", "allowed:"]),
        (["--without", "tensorfow"], ["'tensorfow'", "allowed:", "tensorflow"]),
        (["--without", "pretend"], ["--without leaves no framework to ask"]),
        (["--chapters-of", "tensorflow"], ["'tensorflow'", "allowed: pretend"]),
        (["--sizes", "huge"], ["'huge'", "allowed: quick, full"]),
        (["--ledger", "no/such/folder"], ["no/such/folder", "no such folder"]),
        (["--report", "README.md/inside"], ["README.md", "Not a directory"]),
    ],
    ids=[
        "unknown framework",
        "no framework",
        "unknown left out",
        "all left out",
        "variants of what is not asked",
        "unknown sizes",
        "missing ledger",
        "unwritable report",
    ],
)
def test_bad_input_is_one_line_and_nothing_is_run(run, options, words, tmp_path):
    _one_line(run("right", *options), *words)
    assert not (tmp_path / "report").exists()


def test_what_is_absent_is_said_once_and_what_is_left_out_is_not_asked(run, tmp_path):
    done = run("right", "--without", ",".join(adapters.frameworks()), module="no_such_module")
    (absent,) = _findings(tmp_path / "report")
    assert (absent.framework, absent.verdict) == ("pretend", "not installed")
    assert done.returncode == 1
    assert "nothing was measured" in done.stdout


def test_the_suites_of_variants_ask_some_and_the_others_all(run):
    asked = "suites/dtypes", "--frameworks", "pretend,scipy", "--chapters-of", "scipy", "--collect-only", "-q"
    listed = run("right", *asked).stdout
    assert "test_does_what_its_documentation_says[pretend resize()]" in listed
    assert "test_images_of_every_dtype_are_resized_alike[scipy" in listed
    assert "test_images_of_every_dtype_are_resized_alike[pretend" not in listed


def test_a_framework_named_but_not_installed_is_refused(run):
    done = run("right", "--frameworks", "pretend", module="no_such_module")
    _one_line(done, "'pretend' is not installed", "pip install numpy")


def _changed(old: str, new: str) -> str:
    assert old in CATALOGUE
    return CATALOGUE.replace(old, new)


@pytest.mark.parametrize(
    ("catalogue", "words"),
    [
        ("[[defect", "pretend.toml"),
        (_changed("unspecified", "odd"), "pretend.toml:13: unknown kind 'odd'; allowed: memory, crash"),
        (_changed("normalisation", "magic"), "pretend.toml:13: unknown causes 'magic'; allowed: determinism"),
        (_changed("unspecified", "crash"), "pretend.toml:13: first_bad is missing"),
        (_changed("contract =", "promise ="), "pretend.toml:13: unknown field 'promise'; allowed: affects, checked"),
        (_changed("causes", "cause"), "pretend.toml:13: a pattern has some of call, causes"),
        (_changed("project =", "projects ="), "unknown 'projects'"),
        (CATALOGUE + CATALOGUE[CATALOGUE.index("[[defect]]") :], "pretend.toml:20: id 'heavy-weights' is there twice"),
    ],
    ids=["not TOML", "kind", "cause", "no first bad", "unknown field", "pattern", "header", "twice"],
)
def test_a_catalogue_that_cannot_be_used_is_refused(run, catalogue, words):
    _one_line(run("right", catalogue=catalogue), words)


def test_a_lock_of_a_call_that_is_not_there_is_refused(run):
    _one_line(run("right", lock=[locked(call="rezise()")]), "a call that is not there: conformance of 'rezise()'")
