"""LiteRT files: by LiteRT's two kinds of kernels, and by OpenCV, which has their images in another layout."""

from __future__ import annotations

import numpy as np
import pytest

from halfpixel.parity.diagnose.pipeline import run_model
from halfpixel.parity.diagnose.results import ParityExit
from halfpixel.parity.exports import observations, registry
from halfpixel.parity.exports.export_cases import resize_calls as calls_of
from halfpixel.parity.exports.registry import FIXED
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.output.terminal import summary
from halfpixel.parity.output.verdict import ModelVerdict
from tests.parity.exports.test_matrix import assert_shows_agreement


@pytest.mark.parametrize("operator", ["RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"])
def test_a_litert_model_by_its_two_kinds_of_kernels(operator, tmp_path):
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")
    from halfpixel.adapters.litert import resize_model

    path = tmp_path / "m.tflite"
    path.write_bytes(resize_model(operator, "float32", (9, 14), half_pixel_centers=True))
    name = load_model(path).inputs[0].name
    run = run_model(load_model(path), ["litert", "litert-reference"], shapes={name: (1, 6, 5, 2)})
    assert run.exit is ParityExit.PARITY
    assert {finding.sizes for finding in run.nodes} == {((6, 9), (5, 14))}
    assert {finding.runtime for finding in run.nodes if finding.compared} == {"litert", "litert-reference"}


@pytest.fixture(scope="module")
def enlarging(tmp_path_factory):
    """A SavedModel of two resizes of three channels, and the LiteRT file that is made of it."""
    tf = pytest.importorskip("tensorflow")

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([1, 8, 10, 3], tf.float32, name="x")])
        def enlarge(self, x):
            y = tf.image.resize(x, (12, 25))
            return {"y": tf.nn.relu(tf.raw_ops.ResizeNearestNeighbor(images=y, size=(30, 20), align_corners=True))}

    folder, module = tmp_path_factory.mktemp("enlarging"), Module()
    tf.saved_model.save(module, str(folder / "saved"), signatures={"serving_default": module.enlarge})
    (folder / "m.tflite").write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved")).convert())
    return folder


def test_opencv_is_given_channels_first_and_gives_them_back_last(enlarging):
    model = load_model(enlarging / "m.tflite")
    run = run_model(model, ["opencv-dnn"], original=load_model(enlarging / "saved"))
    assert [result.message for result in run.outcomes] == ["", ""]
    assert [output.worst < 1e-5 < output.spread for output in run.outputs] == [True]
    # OpenCV does not show the resizes of such a file: that its output agrees says nothing of each.
    assert run.exit is ParityExit.CANNOT_TELL
    assert summary(ModelVerdict(model, (), run)).startswith("none of 2 resizes could be compared with anything (1 of 1")


def test_resizes_of_a_litert_file_are_run_alone_by_opencv(enlarging):
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")
    run = run_model(load_model(enlarging / "m.tflite"), ["litert", "opencv-dnn"])
    assert run.exit is ParityExit.PARITY
    assert [finding.runtime for finding in run.nodes if finding.compared].count("opencv-dnn") == 2


LITERT = [
    exporter
    for source in ("tensorflow", "keras")
    for exporter in registry.exporters_of(source)
    if exporter.kind == "tflite"
]


@pytest.mark.parametrize("exporter", LITERT, ids=[exporter.name for exporter in LITERT])
def test_a_program_for_opencv_runs_as_it_is(exporter, tmp_path):
    if exporter.missing:
        pytest.skip(f"{exporter.name} is not installed")
    names = {"tensorflow": "tensorflow image.resize()", "keras": "keras layers.Resizing() on tensorflow"}
    call = calls_of(exporter.source)[names[exporter.source]]
    case, _ = observations._expected(call, (5, 7), (8, 4))
    text = observations.reproduction_program(
        call, exporter, FIXED, 0, "opencv-dnn", case, np.arange(35) % 3 - 1, (1, 2)
    )
    assert_shows_agreement(text, tmp_path, (1, 8, 4, 1))
