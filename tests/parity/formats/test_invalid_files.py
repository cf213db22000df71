"""A file that ONNX does not allow is told of before anything runs, and is no parity where a runtime refuses it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from halfpixel.parity.audit.remarks import audit_model
from halfpixel.parity.check import ParityRequest
from halfpixel.parity.diagnose.pipeline import run_model
from halfpixel.parity.diagnose.results import ParityExit
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.inspection import check_model
from halfpixel.parity.output.terminal import summary
from halfpixel.parity.output.verdict import ModelVerdict
from tests.parity import small_models
from tests.parity.graphs import in_a_branch, in_a_function, model, resize, saved

_SCALES, _SIZES = np.float32([1, 1, 2, 2]), np.int64([1, 2, 16, 16])


def _resize(
    inputs: list[str], constants: dict[str, np.ndarray], opset: int = 19, **attributes: object
) -> onnx.ModelProto:
    return model([helper.make_node("Resize", ["x", *inputs], ["y"], mode="linear", **attributes)], constants, opset)


_INVALID = {
    "its input scales is float16, and Resize takes float32": _resize(["", "s"], {"s": _SCALES.astype(np.float16)}),
    "its input scales is float64, and Resize takes float32": _resize(["", "s"], {"s": _SCALES.astype(np.float64)}, 13),
    "its input sizes is int32, and Resize takes int64": _resize(["", "", "n"], {"n": _SIZES.astype(np.int32)}),
    "it has both scales and sizes": _resize(["", "s", "n"], {"s": _SCALES, "n": _SIZES}),
    "it has neither scales nor sizes": _resize([], {}),
    "it has 2 scales for 4 axes": _resize(["", "s"], {"s": _SCALES[2:]}),
    "it has 4 sizes for 2 axes": _resize(["", "", "n"], {"n": _SIZES}, axes=[2, 3]),
    "its scales are not all positive": _resize(["", "s"], {"s": np.float32([1, 1, 0, 2])}),
    "its inputs A and B are float32 and float16, and must have one type": model(
        [helper.make_node("Resize", ["x", "", "s"], ["u"]), helper.make_node("Add", ["u", "c"], ["y"])],
        {"s": _SCALES, "c": np.float16([1])},
    ),
}


@pytest.mark.parametrize("message", _INVALID)
def test_the_audit_warns_of_what_onnx_does_not_allow(tmp_path, message):
    found = load_model(saved(_INVALID[message], tmp_path))
    (remark,) = [remark for remark in audit_model(found) if remark.kind == "invalid"]
    assert message in remark.message
    assert remark.is_warning
    assert remark.key == (found.resizes[0].key if "Resize" in remark.key else "")


_VALID = {
    "scales": resize(scales=[1, 1, 2, 2]),
    "sizes of opset 11, with empty scales": resize(11, sizes=[1, 2, 16, 16]),
    "opset 7": resize(7, scales=[1, 1, 2, 2]),
    "opset 10": resize(10, scales=[1, 1, 2, 2]),
    "two axes": _resize(["", "s"], {"s": _SCALES[2:]}, axes=[2, 3]),
    "roi of half precision": _resize(["r", "s"], {"r": np.float16([]), "s": _SCALES}),
    "a branch": in_a_branch(),
    "a function": in_a_function(),
}


@pytest.mark.parametrize("form", _VALID)
def test_every_form_that_onnx_allows_is_without_fault(tmp_path, form):
    assert load_model(saved(_VALID[form], tmp_path)).faults == ()


def test_a_refusal_for_the_fault_of_the_file_is_no_parity(tmp_path):
    """Two runtimes run float16 scales and agree; the one that refuses them was asked, too."""
    node = helper.make_node("Resize", ["x", "", "s"], ["y"], mode="linear")
    constants = {"s": _SCALES.astype(np.float16)}
    path = small_models.saved(tmp_path / "m.onnx", [node], {"x": [1, 2, 8, 8]}, {"y": [1, 2, 16, 16]}, constants)
    found = load_model(path)
    run = run_model(found, ["onnxruntime", "opencv-dnn", "onnx-reference"])
    assert [result.runtime for result in run.refusals] == ["onnxruntime"]
    assert run.exit is ParityExit.CANNOT_TELL
    text = summary(ModelVerdict(found, (), run))
    assert text.startswith("onnxruntime refuses the file: main/0:Resize: its input scales is float16")
    assert text.endswith("write: cast scales to float32")
    assert run_model(found, ["opencv-dnn", "onnx-reference"]).exit is ParityExit.PARITY
    assert check_model(ParityRequest(str(path), audit_only=True)).exit is ParityExit.DIVERGENCE


def test_the_models_of_onnx_itself_are_without_fault():
    folder = Path(onnx.__file__).parent / "backend/test/data"
    paths = sorted(folder.rglob("*.onnx"))
    assert paths
    assert not [path for path in paths if load_model(path).faults]
