"""Is nothing measured twice, and never an answer taken that other conditions gave?"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from halfpixel.adapters import from_callable
from halfpixel.probe.measure.sizes import SizeSet, exhaustive
from halfpixel.probe.translate import measurement_cache
from halfpixel.probe.translate.measurement_cache import CachedStore, cache_folder
from tests.fakes.translate import fake, refuses, refusing

pytestmark = pytest.mark.usefixtures("along_axes_alone")

SIZES = SizeSet("few", (*exhaustive(4), (8, 5), (5, 8), (3, 6)))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of operations that are measured, not read."""
    ids: list[str] = []
    judgement = measurement_cache.Store.judgement

    def counted(self, operation):
        ids.append(operation.id)
        return judgement(self, operation)

    monkeypatch.setattr(measurement_cache.Store, "judgement", counted)
    return ids


@pytest.fixture
def store(tmp_path: Path) -> CachedStore:
    return CachedStore(tmp_path / "cache", SIZES)


_CALLS = {
    "agrees": fake("here", kernel="linear"),
    "claims nothing": dataclasses.replace(fake("here", kernel="cubic"), claim=None),
    "diverges": dataclasses.replace(fake("here", kernel="cubic"), claim=fake("here", kernel="linear").claim),
    "refuses": refusing("here"),
}


@pytest.mark.parametrize("call", _CALLS.values(), ids=_CALLS.keys())
def test_a_measurement_comes_back_as_it_was(call, store, measured):
    first, second = store.judgement(call), store.judgement(call)
    assert measured == [call.id]
    assert (second.operation, second.swept, second.pairs) == (first.operation, first.swept, first.pairs)
    for before, after in zip(first.sweeps, second.sweeps, strict=True):
        assert (after.axis, after.refused, after.skipped) == (before.axis, before.refused, before.skipped)
        assert before.matrices.keys() == after.matrices.keys()
        assert all(np.array_equal(before.matrices[pair], after.matrices[pair]) for pair in before.matrices)
    if first.discrepancy is None:
        assert second.discrepancy is None
    else:
        assert second.discrepancy is not None
        assert second.discrepancy.verdict is first.discrepancy.verdict
        assert second.discrepancy.refused == first.discrepancy.refused
        assert second.discrepancy.attribution == first.discrepancy.attribution


def test_other_conditions_are_measured_anew(store, measured, monkeypatch):
    """Another source text under the same id, claim, sizes, settings of frameworks, distributions, code of ours."""
    call = fake("here", kernel="linear")
    store.judgement(call)
    other_text = dataclasses.replace(call.native_call, expression=call.native_call.expression + " * 1.0")
    store.judgement(dataclasses.replace(call, run=other_text, call=other_text))
    store.judgement(dataclasses.replace(call, claim=None))
    CachedStore(store.folder, SizeSet("fewer", exhaustive(4))).judgement(call)
    assert len(measured) == 4
    for changed in (
        ("_installed", lambda: iter(["numpy-99.dist-info"])),
        ("_processor", lambda: "another processor"),
        ("_ROOMS", ("golden",)),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(measurement_cache, *changed)
            measurement_cache._conditions.cache_clear()
            store.judgement(call)
    with monkeypatch.context() as patched:
        patched.setenv("TF_ENABLE_ONEDNN_OPTS", "maybe")
        measurement_cache._conditions.cache_clear()
        store.judgement(call)
    measurement_cache._conditions.cache_clear()
    assert len(measured) == 8
    store.judgement(call)
    assert len(measured) == 8


def test_fresh_measures_and_replaces(store, measured):
    call = fake("here", kernel="linear")
    for fresh in (False, True, True, False):
        CachedStore(store.folder, SIZES, fresh).judgement(call)
    assert len(measured) == 3


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not an archive", b"\x93NUMPY"])
def test_a_damaged_file_is_measured_again(damage, store, measured):
    call = fake("here", kernel="linear")
    store.judgement(call)
    (file,) = store.folder.iterdir()
    file.write_bytes(damage)
    assert store.judgement(call).discrepancy.verdict.is_agreement
    assert len(measured) == 2


def test_a_folder_that_cannot_be_written_costs_time_alone(tmp_path, measured):
    (tmp_path / "file").write_text("")
    store = CachedStore(tmp_path / "file" / "cache", SIZES)
    assert store.judgement(fake("here", kernel="linear")).discrepancy.verdict.is_agreement
    store.keep_answer("question", (fake("here", kernel="linear"),), {"answer": 1})
    assert store.answer("question", (fake("here", kernel="linear"),)) is None


def test_what_has_no_source_is_not_kept(store, measured):
    """A callable may be another one tomorrow under the same name."""
    call = from_callable(lambda image, size: refuses(image, *size), "mine")
    store.judgement(call)
    store.judgement(call)
    assert len(measured) == 2
    assert not store.folder.exists()


def test_the_folder_is_that_of_the_system(monkeypatch, tmp_path):
    monkeypatch.setattr(measurement_cache.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "halfpixel"
    monkeypatch.setattr(measurement_cache.sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder() == tmp_path / "local" / "halfpixel"
