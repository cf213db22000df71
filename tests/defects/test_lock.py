"""Locks: written and read alike, held against new answers, refused when they are no locks."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from halfpixel.defects.catalogue import CatalogueError
from halfpixel.defects.lock import load_lock, lock_of, locked_versions, write_lock
from tests.defects.conftest import ROUNDED, SATURATED


def test_a_lock_is_read_as_it_was_written(tmp_path):
    answers = [
        ROUNDED,
        replace(SATURATED, gains={"any": math.inf}),
        replace(SATURATED, suite="edges", gains={"any": None}),
        replace(SATURATED, suite="conformance", variant="", gains={"quick": 0.25, "full": 0.5}),
    ]
    write_lock(lock_of("pretend", "2.0+cpu", answers), tmp_path)
    lock = load_lock("pretend", "2.0", tmp_path)
    assert sorted(lock.answers, key=repr) == sorted(answers, key=repr)
    assert lock.answer("conformance", "resize(linear)", "", "full").gains["full"] == 0.5
    assert lock.answer("dtypes", "resize(linear)", "uint8", "quick").gains == {"any": math.inf}
    assert lock.answer("conformance", "resize(cubic)", "", "full") is None
    assert lock.variants("dtypes", "resize(linear)") == {"uint8", "int16"}


def test_a_release_without_a_file_has_no_lock(tmp_path):
    assert load_lock("pretend", "3.0", tmp_path) is None


def test_the_newest_locked_version_is_last_and_names_with_dashes_are_kept_apart(tmp_path):
    for framework, version in (("a", "4.14.0"), ("a", "4.9.1"), ("a-b", "1.0")):
        write_lock(lock_of(framework, version, [SATURATED]), tmp_path)
    assert locked_versions("a", tmp_path) == ["4.9.1", "4.14.0"]
    assert locked_versions("a-b", tmp_path) == ["1.0"]


@pytest.mark.parametrize(
    ("verdict", "causes", "gain", "words"),
    [
        ("diverges", ("saturation",), 200.3, ""),
        ("diverges", ("saturation",), 201.0, "the gain was 200 and is 201"),
        ("ties", ("saturation",), 200.0, "the verdict was diverges and is ties"),
        ("diverges", (), 200.0, "the attribution was saturation and is none"),
        ("diverges", ("saturation",), None, "the gain was 200.0 and is None"),
    ],
)
def test_what_changed_is_said(verdict, causes, gain, words):
    assert SATURATED.change(verdict, causes, gain, "quick", 0.0) == words


def test_an_infinite_gain_is_itself():
    assert replace(SATURATED, gains={"any": math.inf}).change("diverges", ("saturation",), math.inf, "full", 0.0) == ""


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], ":1: a lock of schema None"),
        ([{"schema": 2, "framework": "pretend", "version": "2.0"}], "schema 2, where 1 is read; install a newer"),
        ([{"schema": 1, "framework": "other", "version": "2.0"}], ":1: it is about other 2.0"),
        ([{"schema": 1, "framework": "pretend", "version": "2.0"}, {"suite": "dtypes"}], ":2: no locked answer"),
        (
            [
                {"schema": 1, "framework": "pretend", "version": "2.0"},
                *2 * [{"suite": "d", "call": "f()", "verdict": "ties", "causes": [], "gains": {"any": 1}}],
            ],
            ":3: d of 'f()' is locked twice",
        ),
    ],
    ids=["empty", "newer", "other framework", "no answer", "twice"],
)
def test_what_is_no_lock_is_refused_with_file_and_line(tmp_path, lines, words):
    path = tmp_path / "pretend-2.0.lock.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load_lock("pretend", "2.0", tmp_path)
    assert str(raised.value).startswith(f"{path}:")
    assert words in str(raised.value)
