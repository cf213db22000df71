"""Final outputs are judged channel by channel, each by its own rounding; a runtime that is not repeatable is told."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper

from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity.diagnose.output_comparison import LEEWAY, SILENT_SPREADS, compare_output
from halfpixel.parity.diagnose.pipeline import run_model
from halfpixel.parity.diagnose.results import ParityExit, RunStatus
from halfpixel.parity.diagnose.rounding_floor import (
    channel_axis_of,
    outputs_within_one,
    rounding_factor,
    rounding_floor,
)
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.output.terminal import output_line, run_lines, summary
from halfpixel.parity.output.verdict import ModelVerdict
from halfpixel.parity.runtimes import registry, worker
from tests.fakes import runtimes as fakes
from tests.parity.small_models import convolutional, saved


def _uniform(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape)


def _boxes_and_scores(path, is_inverted: bool = False, change: float = 0.0):
    """Boxes of hundreds of pixels and scores from 0 to 1 in one output, as YOLO writes them."""
    scores = ["plain", "turned"][is_inverted]
    nodes = [
        helper.make_node("Resize", ["x", "", "scales"], ["u"], mode="linear"),
        helper.make_node("Conv", ["u", "weights"], ["all"], pads=[1, 1, 1, 1]),
        helper.make_node("Split", ["all", "parts"], ["offsets", "logits"], axis=1),
        helper.make_node("Mul", ["offsets", "stride"], ["boxes"]),
        helper.make_node("Sigmoid", ["logits"], ["plain"]),
        helper.make_node("Sub", ["one", "plain"], ["turned"]),
        helper.make_node("Concat", ["boxes", scores], ["y"], axis=1),
    ]
    constants = {
        "scales": np.float32([1, 1, 2, 2]),
        "weights": np.random.default_rng(1).standard_normal((6, 3, 3, 3)).astype(np.float32) * np.float32(0.3 + change),
        "parts": np.int64([4, 2]),
        "stride": np.float32(400),
        "one": np.float32(1),
    }
    return load_model(saved(path, nodes, {"x": [1, 3, 16, 16]}, {"y": [1, 6, 32, 32]}, constants))


def test_scores_beside_boxes_are_judged_on_their_own_scale(tmp_path):
    original, model = _boxes_and_scores(tmp_path / "a.onnx"), _boxes_and_scores(tmp_path / "b.onnx", True)
    run = run_model(model, ["onnxruntime"], original=original)
    assert run.exit is ParityExit.DIVERGENCE
    (output,) = run.outputs
    assert output.channel in (4, 5)
    assert output.channels == 6
    assert output.at[1] == output.channel
    assert 0.5 < output.worst < 1
    assert output.spread < 1
    assert f"% of the range of channel {output.channel}" in output_line(output)


def test_boxes_and_scores_that_are_the_same_agree(tmp_path):
    original = _boxes_and_scores(tmp_path / "a.onnx")
    run = run_model(original, ["onnxruntime", "onnx-reference"], original=original)
    assert run.exit is ParityExit.PARITY
    assert all(output.verdict.is_agreement for output in run.outputs)


@pytest.mark.parametrize(
    ("shape", "is_last", "axis"),
    [
        ((1, 84, 20, 32), False, 1),
        ((1, 20, 32, 84), True, 3),
        ((1, 84, 8400), False, 1),
        ((1, 8400, 85), False, 2),
        ((1, 64, 96), False, None),
        ((300, 6), False, 1),
        ((1, 1000), False, None),
        ((7,), False, None),
        ((1, 512, 1, 1), False, None),
    ],
    ids=str,
)
def test_the_channels_of_outputs(shape, is_last, axis):
    assert channel_axis_of(np.zeros(shape, np.float32), is_last) == axis


def test_each_channel_has_a_floor_of_its_own():
    y = np.stack([np.linspace(0, 1, 64), np.linspace(0, 1000, 64)]).astype(np.float32).reshape(1, 2, 8, 8)
    moved = np.nextafter(y, np.float32(np.inf))
    floor = rounding_floor({"y": y}, {"y": moved}, 2.0)["y"]
    assert floor.shape == (1, 2, 1, 1)
    eps = float(np.finfo(np.float32).eps)
    np.testing.assert_allclose(floor.ravel(), [2 * eps, 2 * eps * 1000], rtol=0.01)
    # Scores of a sigmoid are off by roundings of 1, however small they are; boxes beside them by their own.
    small = {"y": y * np.float32([[[[1e-6]], [[1]]]])}
    within = rounding_floor(small, small, 2.0, {"y"})["y"].ravel()
    np.testing.assert_allclose(within, [16 * eps, 2 * eps * 1000], rtol=0.01)


def test_a_difference_in_the_smallest_channel_is_found_and_one_within_its_rounding_is_not():
    y = np.stack([_uniform(64), 1000 * _uniform(64, seed=1)]).astype(np.float32).reshape(1, 2, 8, 8)
    floor = np.float64([1e-6, 1e-3]).reshape(1, 2, 1, 1)
    other = y.copy()
    other[0, 0, 3, 4] += 0.5
    found = compare_output("y", "b", "a", y, other, floor)
    assert (found.verdict, found.channel, found.at) == (Verdict.DIVERGES, 0, (0, 0, 3, 4))
    assert compare_output("y", "b", "a", y, y + np.float32([[[[5e-7]], [[5e-4]]]]), floor).verdict is Verdict.AGREES
    assert compare_output("y", "b", "a", y, y + np.float32([[[[3e-6]], [[0]]]]), floor).verdict is Verdict.APPROXIMATES
    assert compare_output("y", "b", "a", y, y + np.float32([[[[1e-5]], [[0]]]]), floor).verdict is Verdict.DIVERGES


def test_what_hardly_moves_says_nothing_unless_it_differs():
    y = (0.5 + 3e-6 * _uniform(1, 1, 8, 8)).astype(np.float32)
    other = y + np.float32(2e-6)
    found = compare_output("y", "b", "a", y, other, 1e-6)
    assert (found.verdict, found.compared) == (Verdict.UNSUPPORTED, False)
    assert "it says nothing on this input: its values span 3e-06, of which rounding explains 1e-06" in found.message
    assert compare_output("y", "b", "a", y, y + np.float32(0.1), 1e-6).verdict is Verdict.DIVERGES
    # A channel of it moves: that one is judged, the other is only counted.
    both = np.concatenate([y, _uniform(1, 1, 8, 8).astype(np.float32)], 1)
    found = compare_output("y", "b", "a", both, both, np.full((1, 2, 1, 1), 1e-6))
    assert (found.verdict, found.channels, found.silent_channels) == (Verdict.EXACT, 2, 1)
    assert output_line(found) == "y on b: exact; 1 of 2 channels hardly move on this input"


def test_a_floor_is_no_licence():
    """Where rounding explains nearly the whole range, agreement says nothing."""
    y = _uniform(1, 1, 8, 8).astype(np.float32)
    floor = 0.9 / SILENT_SPREADS * float(y.max() - y.min())
    assert compare_output("y", "b", "a", y, y + np.float32(0.9 * LEEWAY * floor), floor).verdict is Verdict.APPROXIMATES
    assert compare_output("y", "b", "a", y, y + np.float32(1.1 * LEEWAY * floor), floor).verdict is Verdict.DIVERGES
    assert compare_output("y", "b", "a", y, y + np.float32(0.5), 10.0).verdict is Verdict.UNSUPPORTED


def test_without_a_floor_a_grey_level_of_each_channel_counts():
    y = np.stack([_uniform(64), 1000 * _uniform(64, seed=1)]).astype(np.float32).reshape(1, 2, 8, 8)
    assert compare_output("y", "b", "a", y, y + np.float32([[[[1e-3]], [[1]]]])).verdict is Verdict.AGREES
    assert compare_output("y", "b", "a", y, y + np.float32([[[[0.1]], [[1]]]])).channel == 0


def test_a_small_change_of_weights_is_found_and_half_precision_has_more_room(tmp_path):
    original, model = _boxes_and_scores(tmp_path / "a.onnx"), _boxes_and_scores(tmp_path / "b.onnx", change=5e-4)
    run = run_model(model, ["onnxruntime"], original=original)
    assert run.exit is ParityExit.DIVERGENCE
    assert all(output.share < 1 / 255 for output in run.outputs)
    floors = [
        rounding_floor({"y": _uniform(1, 1, 8, 8)}, {"y": _uniform(1, 1, 8, 8)}, 1.0, is_coarse=is_coarse)["y"].item()
        for is_coarse in (False, True)
    ]
    assert floors[0] < 1e-6
    assert floors[1] == pytest.approx(1 / 255, rel=0.05)


def test_channels_that_are_constant_and_differ_from_each_other_are_compared():
    y = np.repeat(np.float32([0.1, 0.7]), 64).reshape(1, 2, 8, 8)
    assert compare_output("y", "b", "a", y, y, np.full((1, 2, 1, 1), 1e-7)).verdict is Verdict.EXACT


def test_the_factor_counts_the_terms_of_sums(tmp_path):
    from halfpixel.parity.diagnose.model_under_test import model_under_test
    from halfpixel.parity.runtimes.session import Session

    with Session() as session:
        feeds = {"x": np.zeros((1, 3, 32, 48), np.float32)}
        subject = model_under_test(load_model(convolutional(tmp_path / "m.onnx", {"mode": "linear"})), session, feeds)
        # Two convolutions of 3 x 3, of 3 and 4 channels, a Relu and a Resize.
        assert rounding_factor(subject, 0.0, 0.0) == pytest.approx(np.sqrt(27 + 36 + 2))
        assert rounding_factor(subject, 0.5, 2.0) == pytest.approx(np.sqrt(27 + 36 + 2) + 4)
        assert outputs_within_one(subject) == set()
        scores = model_under_test(_boxes_and_scores(tmp_path / "b.onnx"), session, {})
        assert outputs_within_one(scores) == {"y"}


def test_a_runtime_that_is_not_repeatable_is_told_and_compared_with_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "RUNTIMES", (*registry.RUNTIMES, fakes.fake(fakes.unsteady)))
    model = load_model(convolutional(tmp_path / "m.onnx", {"mode": "linear"}))
    run = run_model(model, ["onnxruntime", "unsteady", "onnx-reference"])
    assert [result.status for result in run.outcomes] == [RunStatus.RAN, RunStatus.NOT_REPEATABLE, RunStatus.RAN]
    assert run.exit is ParityExit.DIVERGENCE
    assert {output.runtime for output in run.outputs} == {"onnx-reference"}
    text = summary(ModelVerdict(model, (), run))
    assert text.startswith("unsteady is not repeatable: two runs on the same input differ by up to 1, where values go")
    assert "1 of 1 resize compared on onnxruntime, onnx-reference, and all agree" in text
    alone = run_model(model, ["unsteady"])
    assert alone.exit is ParityExit.CANNOT_TELL
    text = " ".join(" ".join(run_lines(ModelVerdict(model, (), alone))).split())
    assert "CANNOT TELL: no runtime gave the same result twice (unsteady: not repeatable two runs" in text


@pytest.mark.parametrize(
    ("again", "change"),
    [
        ([1, 2, 3, 4e20], 0),
        ([1, 2, 3 + 1e-5, 4e20], 0),
        ([1, 2.5, 3, 4e20], 0.5),
        ([1, 2, 3, 4.5e20], 5e19),
        ([1, 2, np.nan, 4e20], np.inf),
        ([1, 2, 3], np.inf),
        (None, np.inf),
    ],
    ids=str,
)
def test_a_change_is_one_beyond_the_rounding_of_the_value(again, change, tmp_path):
    path = str(tmp_path / "y.npy")
    np.save(path, np.float32([1, 2, 3, 4e20]))
    found, _ = worker._change(path, None if again is None else np.float32(again))
    assert found == pytest.approx(change)


def test_opencv_is_not_repeatable_after_a_global_average(tmp_path):
    """OpenCV 5.0 reads memory that it never wrote, in the convolution of the one pixel that is left."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    if not cv2.__version__.startswith("5.0.0"):
        pytest.skip("seen with OpenCV 5.0.0")
    nodes = [
        helper.make_node("Conv", ["x", "first"], ["features"], pads=[1, 1, 1, 1]),
        helper.make_node("GlobalAveragePool", ["features"], ["mean"]),
        helper.make_node("Conv", ["mean", "second"], ["mixed"]),
        helper.make_node("Resize", ["mixed", "", "", "sizes"], ["y"], mode="linear"),
    ]
    random = np.random.default_rng(0)
    constants = {
        "first": random.standard_normal((8, 3, 3, 3)).astype(np.float32),
        "second": random.standard_normal((8, 8, 1, 1)).astype(np.float32),
        "sizes": np.int64([1, 8, 32, 32]),
    }
    path = saved(tmp_path / "m.onnx", nodes, {"x": [1, 3, 32, 32]}, {"y": [1, 8, 32, 32]}, constants)
    run = run_model(load_model(path), ["onnxruntime", "opencv-dnn"])
    assert [result.status for result in run.outcomes] == [RunStatus.RAN, RunStatus.NOT_REPEATABLE]
    assert run.exit is ParityExit.DIVERGENCE
    healthy = run_model(load_model(path), ["onnxruntime", "onnx-reference"])
    assert healthy.exit is ParityExit.PARITY
