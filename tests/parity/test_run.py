"""Runtimes that resize wrongly are caught and named; those that crash, hang or refuse take down only themselves."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity.diagnose.pipeline import run_in_session, run_model
from halfpixel.parity.diagnose.results import ParityExit, RunStatus
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.model import BadModel
from halfpixel.parity.runtimes import registry
from halfpixel.parity.runtimes.session import Session
from tests.fakes import runtimes as fakes
from tests.parity.small_models import convolutional

LINEAR = {"mode": "linear"}


@pytest.fixture(scope="module")
def session():
    with Session(time_limit=120) as one:
        yield one


@pytest.fixture
def known(monkeypatch):
    """Make fake runtimes known by name."""

    def add(*those: registry.Runtime) -> None:
        monkeypatch.setattr(registry, "RUNTIMES", (*registry.RUNTIMES, *those))

    return add


def _called(fake: fakes.Fake) -> str:
    return f"{fake.runtime.name} {'-'.join(map(str, fake.attributes.values()))}"


@pytest.mark.parametrize("fake", fakes.WRONG, ids=_called)
def test_a_wrong_runtime_is_caught_and_its_fault_named(fake, known, session, tmp_path):
    known(fake.runtime)
    # Shrinking, where antialiasing is something, and by no whole factor, so that every coordinate mode differs.
    path = convolutional(tmp_path / "m.onnx", fake.attributes, sizes=(11, 15))
    found = run_in_session(session, load_model(path), ["onnxruntime", fake.runtime.name])
    assert found.exit is ParityExit.DIVERGENCE
    assert found.base == "onnxruntime"
    assert {one.runtime for one in found.differing} == {fake.runtime.name}
    (worst,) = found.differing
    assert worst.key == "main/2:Resize"
    assert not worst.own <= 10 * worst.bound
    if fake.factor:
        assert fake.factor in worst.factors, worst.explanation
        assert worst.gain > 0 or worst.verdict is Verdict.ERROR
    # ONNX Runtime's own resizes are right, so that all of the difference is this one's.
    if np.isfinite(found.outputs[0].worst):
        assert worst.goes_away == pytest.approx(1, abs=1e-3)
        assert found.unexplained == ()


@pytest.mark.parametrize("attributes", [LINEAR, {"mode": "nearest"}, {"mode": "cubic", "antialias": 1}], ids=str)
def test_a_right_runtime_is_not_accused(attributes, known, session, tmp_path):
    known(fakes.RIGHT)
    path = convolutional(tmp_path / "m.onnx", attributes, sizes=(11, 15))
    found = run_in_session(session, load_model(path), ["onnxruntime", "right"])
    assert found.exit is ParityExit.PARITY
    assert {one.verdict for one in found.nodes} <= {Verdict.EXACT, Verdict.AGREES}
    assert [one.worst for one in found.outputs] == [0.0]
    assert found.outputs[0].labels.changed == 0


def test_a_crash_takes_down_only_its_own_process(known, session, tmp_path):
    known(fakes.fake(fakes.crashes), fakes.RIGHT)
    found = run_in_session(
        session, load_model(convolutional(tmp_path / "m.onnx", LINEAR)), ["crashes", "onnxruntime", "right"]
    )
    outcomes = {one.runtime: one for one in found.outcomes}
    assert outcomes["crashes"].status is RunStatus.CRASHED
    assert "SIGABRT" in outcomes["crashes"].message
    assert "last words" in outcomes["crashes"].message
    assert outcomes["onnxruntime"].ran
    assert found.nodes
    # It was asked for by name, and nothing is known of it.
    assert found.exit is ParityExit.CANNOT_TELL


def test_a_hang_ends_at_the_time_limit(known, tmp_path):
    known(fakes.fake(fakes.hangs))
    found = run_model(load_model(convolutional(tmp_path / "m.onnx", LINEAR)), ["hangs"], time_limit=1)
    assert [one.status for one in found.outcomes] == [RunStatus.HUNG]
    assert found.exit is ParityExit.CANNOT_TELL


def test_a_refusal_is_told_in_one_line(known, session, tmp_path):
    known(fakes.fake(fakes.refuses))
    found = run_in_session(session, load_model(convolutional(tmp_path / "m.onnx", LINEAR)), ["refuses"])
    (outcome,) = found.outcomes
    assert (outcome.status, outcome.message) == (RunStatus.REFUSED, "NotImplementedError: no such operator")
    assert found.exit is ParityExit.CANNOT_TELL


def test_a_runtime_that_is_absent_is_no_parity(known, session, tmp_path):
    absent = dataclasses.replace(fakes.RIGHT, name="absent", modules=("no_such_module",), distributions=("no-such",))
    known(absent)
    found = run_in_session(session, load_model(convolutional(tmp_path / "m.onnx", LINEAR)), ["onnxruntime", "absent"])
    assert [one.status for one in found.outcomes] == [RunStatus.RAN, RunStatus.NOT_INSTALLED]
    assert "pip install no-such" in found.outcomes[1].message
    assert found.exit is ParityExit.CANNOT_TELL


def test_a_runtime_that_cannot_be_looked_into_is_still_run_whole(known, session, tmp_path):
    known(fakes.fake(fakes.crashes_when_looked_at))
    found = run_in_session(
        session, load_model(convolutional(tmp_path / "m.onnx", LINEAR)), ["onnxruntime", "crashes_when_looked_at"]
    )
    blind = found.outcomes[1]
    assert blind.ran
    assert "SIGABRT" in blind.blind
    verdicts = {one.runtime: one.verdict for one in found.nodes}
    assert verdicts["crashes_when_looked_at"] is Verdict.UNSUPPORTED
    assert found.outputs[0].verdict is Verdict.EXACT


def test_inherited_error_is_kept_apart_from_its_own(known, session, tmp_path):
    """Two resizes, of which a runtime gets only the first wrong: the second inherits all of its error."""
    from onnx import helper

    from tests.parity.small_models import saved

    known(fakes.fake(fakes.kernel))
    nodes = [
        helper.make_node("Resize", ["x", "", "scales"], ["middle"], mode="cubic"),
        helper.make_node("Resize", ["middle", "", "scales"], ["y"], mode="linear"),
    ]
    scales = {"scales": np.array([1, 1, 1.5, 1.5], np.float32)}
    path = saved(tmp_path / "m.onnx", nodes, {"x": [1, 2, 8, 12]}, {"y": [1, 2, 18, 27]}, scales)
    found = run_in_session(session, load_model(path), ["onnxruntime", "kernel"])
    by_key = {one.key: one for one in found.nodes if one.runtime == "kernel"}
    first, second = by_key["main/0:Resize"], by_key["main/1:Resize"]
    assert first.verdict is Verdict.DIVERGES
    assert first.factors == ("kernel",)
    assert first.inherited == 0
    assert second.verdict is Verdict.AGREES
    assert second.own <= second.bound
    assert second.inherited > 0.05
    assert first.goes_away == pytest.approx(1, abs=1e-3)


def test_runs_repeat(session, tmp_path):
    model = load_model(convolutional(tmp_path / "m.onnx", LINEAR))
    runs = [run_in_session(session, model, ["onnxruntime", "onnx-reference"]) for _ in range(2)]
    assert runs[0].nodes == runs[1].nodes
    assert runs[0].outputs == runs[1].outputs
    assert runs[0].feeds == ("x: float32 (1, 3, 32, 48), standard normal, seed 0",)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"feeds": {"y": np.zeros((1, 3, 32, 48), np.float32)}}, "no input of the model"),
        ({"feeds": {"x": np.zeros((1, 3, 32), np.float32)}}, "has shape"),
        ({"feeds": {"x": np.zeros((1, 3, 32, 48), np.uint8)}}, "is float32, not uint8"),
        ({"shapes": {"x": (1, 3, 16, 16)}}, "has shape"),
        ({"shapes": {"z": (1, 3, 16, 16)}}, "no input of the model"),
        ({"against": ["litert"]}, "does not read onnx"),
    ],
    ids=["name", "rank", "dtype", "shape", "shape of another", "runtime"],
)
def test_feeds_that_do_not_fit_are_one_line(given, words, tmp_path):
    model = load_model(convolutional(tmp_path / "m.onnx", LINEAR))
    with pytest.raises(BadModel, match=words) as caught:
        run_model(model, **given)
    assert "\n" not in str(caught.value)


def test_an_unknown_runtime_is_named_with_those_there_are(tmp_path):
    with pytest.raises(ValueError, match="unknown runtime 'onnxrutime'; known: onnxruntime"):
        run_model(load_model(convolutional(tmp_path / "m.onnx", LINEAR)), ["onnxrutime"])
