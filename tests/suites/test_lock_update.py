"""``halfpixel ledger update``: what runs found becomes locks, and what no entry explains is not written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from halfpixel.defects.lock import load_lock
from halfpixel.suites.ledger.command import main
from tests.suites.conftest import CATALOGUE, locked


@pytest.fixture
def update(run, tmp_path, capsys):
    """``update(function, ...)``: runs conformance, updates the lock; the exit status, what is said, and the lock."""

    def made(function="wrong", *words, **options):
        run(function, **options)
        results = str(tmp_path / "report" / "results.jsonl")
        status = main(["--ledger", str(tmp_path / "ledger"), "update", results, *words])
        load_lock.cache_clear()
        out, err = capsys.readouterr()
        return status, out + err, load_lock("pretend", np.__version__, tmp_path / "ledger")

    return made


def test_a_difference_is_locked_with_its_entry(update):
    status, _, lock = update()
    assert status == 0
    (answer,) = lock.answers
    assert (answer.call, answer.verdict, answer.causes) == ("resize()", "diverges", ("normalisation",))
    assert (answer.gains, answer.defect) == ({"quick": 0.5}, "heavy-weights")


def test_what_is_locked_passes_the_next_run(update, run):
    update()
    done = run("wrong")
    assert done.returncode == 0, done.stdout


def test_what_was_not_asked_stays_and_what_agrees_now_goes(update):
    other = locked(suite="dtypes", variant="uint8", causes=("rounding",))
    _, _, lock = update("right", lock=[locked(), other])
    assert [(answer.suite, answer.variant) for answer in lock.answers] == [("dtypes", "uint8")]


@pytest.mark.parametrize(("words", "kept"), [((), ["uint9"]), (("--drop-unasked",), [])], ids=["as it is", "told to"])
def test_a_variant_that_a_run_does_not_ask_goes_only_when_told_to(update, words, kept):
    """It may be of a runtime that is not installed where the run was made."""
    gone = locked(suite="dtypes", variant="uint9", causes=("rounding",))
    _, _, lock = update("right", *words, suite="suites/dtypes", lock=[gone])
    assert [answer.variant for answer in lock.answers] == kept


def test_an_answer_of_every_size_set_stays_one(update):
    _, _, lock = update(lock=[replace(locked(), gains={"any": 0.5})])
    assert [answer.gains for answer in lock.answers] == [{"any": 0.5}]
    _, _, lock = update(lock=[replace(locked(), gains={"any": 0.25})])
    assert [answer.gains for answer in lock.answers] == [{"any": 0.5}]


def test_a_gain_that_differs_in_its_last_digit_leaves_the_line_as_it_is(update):
    _, _, lock = update(lock=[locked(gain=0.5004)])
    assert lock.answers[0].gains == {"quick": 0.5004}


def test_what_no_entry_explains_is_listed_and_nothing_is_written(update):
    status, said, lock = update(catalogue=CATALOGUE.replace('"normalisation", ', ""))
    assert (status, lock) == (1, None)
    assert "conformance of 'resize()' (diverges; normalisation): no entry explains it" in said
    assert "not written; 1 answers need an entry" in said


def test_what_cannot_be_read_is_one_line(tmp_path, capsys):
    assert main(["--ledger", str(tmp_path), "update", str(tmp_path / "none.jsonl")]) == 2
    assert capsys.readouterr().err == f"halfpixel ledger: {tmp_path / 'none.jsonl'}: No such file or directory\n"
    (tmp_path / "bad.jsonl").write_text("{}\n")
    assert main(["--ledger", str(tmp_path), "update", str(tmp_path / "bad.jsonl")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_check_of_what_has_no_catalogue_is_no_agreement(tmp_path, capsys):
    (tmp_path / "pretend.toml").write_text(CATALOGUE)
    assert main(["--ledger", str(tmp_path), "check", "pretent"]) == 2
    assert capsys.readouterr().err == "halfpixel ledger: no catalogue of 'pretent'; there are: pretend\n"
    assert main(["--ledger", str(tmp_path / "none"), "check"]) == 2
    assert "no catalogue there" in capsys.readouterr().err
