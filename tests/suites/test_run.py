"""Runs of pytest as a user makes them: what passes, what fails and why, and what a report then says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from halfpixel import adapters
from halfpixel.reports.records import json_lines, record_types
from tests.suites.conftest import ENTRY


def _findings(folder: Path) -> list[record_types.Finding]:
    return [record for record in json_lines.read(folder / "results.jsonl") if isinstance(record, record_types.Finding)]


def test_agreement_passes_and_is_reported(run, tmp_path):
    done = run("right")
    assert done.returncode == 0, done.stdout
    (finding,) = _findings(tmp_path / "report")
    assert (finding.operation, finding.verdict, finding.pairs_measured) == ("pretend resize()", "exact", 192)
    assert "pretend resize()" in (tmp_path / "report" / "index.html").read_text()


def test_a_report_is_the_same_from_workers(run, tmp_path):
    done = run("right", "-n", "2", suite="suites/structure")
    assert done.returncode == 0, done.stdout
    assert [finding.verdict for finding in _findings(tmp_path / "report")] == ["agrees"]


def test_a_divergence_that_the_ledger_does_not_know_fails_with_its_message(run, tmp_path):
    done = run("wrong")
    assert done.returncode == 1
    assert "a divergence without a ledger entry" in done.stdout
    assert "attribution: normalisation: rows sum to between 1.5 and 1.5, and else are right" in done.stdout
    assert "the smallest that would pass is 0.5" in done.stdout
    assert [finding.ledger.status for finding in _findings(tmp_path / "report")] == ["new"]


def _entry(operation="resize()", verdict="diverges", gain="0.5", versions=">=1") -> str:
    return ENTRY.format(operation=operation, verdict=verdict, gain=gain, versions=versions)


def test_a_known_divergence_is_an_expected_failure(run, tmp_path):
    done = run("wrong", ledger=_entry())
    assert done.returncode == 0, done.stdout
    assert "1 xfailed" in done.stdout
    (finding,) = _findings(tmp_path / "report")
    assert (finding.ledger.status, finding.ledger.reason) == ("known", "weights are half as large again")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (_entry(gain="0.25"), "the gain was 0.25 and is 0.5"),
        (_entry(verdict="approximates"), "the verdict was approximates and is diverges"),
        (_entry(versions="<1"), "a divergence without a ledger entry"),
    ],
    ids=["its gain changes", "its verdict changes", "the version is outside its range"],
)
def test_an_entry_no_longer_holds_when(run, entry, words):
    done = run("wrong", ledger=entry)
    assert done.returncode == 1
    assert words in done.stdout


def test_an_entry_whose_divergence_disappeared_fails_the_run(run, tmp_path):
    done = run("right", ledger=_entry())
    assert done.returncode == 1
    assert "it agrees now; remove its entry from the ledger" in done.stdout
    assert [finding.ledger.status for finding in _findings(tmp_path / "report")] == ["stale"]


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


VARIANT = """
[[divergence]]
suite = "dtypes"
framework = "pretend"
versions = ">=1"
verdict = "approximates"
attribution = ["rounding"]
reason = "values are cut off"
link = "no thread found"
[divergence.gain]
"pretend resize() [{variant}]" = {gain}
"""


def _of_uint8(folder: Path) -> record_types.Finding:
    (finding,) = [finding for finding in _findings(folder) if finding.variant == "uint8"]
    return finding


def test_a_variant_diverges_by_itself_and_says_how(run, tmp_path):
    done = run("truncating", suite="suites/dtypes")
    assert done.returncode == 1
    finding = _of_uint8(tmp_path / "report")
    assert (finding.verdict, finding.ledger.status) == ("approximates", "new")
    assert finding.headline == "truncates or floors"
    assert finding.figures["bias"] < -0.3
    assert "reproduce with:\n    import numpy as np" in done.stdout
    assert "uint8" in Path(tmp_path / "report" / "index.html").read_text()


def test_a_variant_that_the_ledger_knows_is_an_expected_failure(run, tmp_path):
    run("truncating", suite="suites/dtypes")
    gain = _of_uint8(tmp_path / "report").gain
    done = run("truncating", suite="suites/dtypes", ledger=VARIANT.format(variant="uint8", gain=gain))
    assert _of_uint8(tmp_path / "report").ledger.status == "known"
    assert "[uint8]" not in done.stdout


def test_an_entry_for_a_variant_that_is_not_asked_fails_the_run(run):
    done = run(
        "right", suite="suites/gradients", ledger=VARIANT.format(variant="uint9", gain=1).replace("dtypes", "gradients")
    )
    assert done.returncode == 1
    assert "ledger: gradients entry matches nothing: 'pretend resize() [uint9]'" in done.stdout


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
        (["--ledger", "no/such/ledger.toml"], ["no/such/ledger.toml", "No such file"]),
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


@pytest.mark.parametrize(
    ("ledger", "words"),
    [
        ("[[divergence", "ledger.toml"),
        (_entry(operation="rezise()"), "conformance entry matches nothing: 'pretend rezise()'"),
        (_entry(verdict="differs"), "unknown verdict 'differs'; allowed: exact"),
        (_entry(versions="new"), "'new' is no version range"),
        (_entry().replace("no thread found", " "), "reason and link must say something"),
        (_entry().replace("normalisation", "magic"), "unknown attribution 'magic'; allowed: determinism"),
        (_entry().replace("gain]", "gains]"), "allowed: attribution, condition, framework, gain"),
        ("[other]\nx = 1", "only [[divergence]] tables are allowed, not other"),
    ],
    ids=[
        "not TOML",
        "matches nothing",
        "verdict",
        "versions",
        "no link",
        "attribution",
        "unknown field",
        "other table",
    ],
)
def test_a_ledger_that_cannot_be_used_is_refused(run, ledger, words):
    _one_line(run("right", ledger=ledger), words)
