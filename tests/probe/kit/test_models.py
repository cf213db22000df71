"""Kits for models: images of the input's size, dtype and layout; models of other shapes are refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from halfpixel import cli

onnx = pytest.importorskip("onnx")
pytestmark = pytest.mark.framework
FLOAT, BYTE, INT = onnx.TensorProto.FLOAT, onnx.TensorProto.UINT8, onnx.TensorProto.INT32


def _model(path: Path, dtype: int, before: list, after: list, inputs: int = 1) -> Path:
    helper = onnx.helper
    fixed = [side if isinstance(side, int) else 9 for side in after]
    sizes = helper.make_tensor("sizes", onnx.TensorProto.INT64, [len(fixed)], fixed)
    node = helper.make_node("Resize", ["image", "", "", "sizes"], ["resized"], mode="linear")
    images = [helper.make_tensor_value_info(name, dtype, before) for name in ("image", "other")[:inputs]]
    graph = helper.make_graph([node], "g", images, [helper.make_tensor_value_info("resized", dtype, after)], [sizes])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


def test_a_model_is_run_on_the_device(tmp_path, capsys):
    onnxruntime = pytest.importorskip("onnxruntime")
    model = _model(tmp_path / "m.onnx", FLOAT, [1, 3, 20, 30], [1, 3, 40, 33])
    folder = tmp_path / "kit"
    assert cli.main(["kit", "make", str(folder), "--model", str(model)]) == 0
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["model"] == {"file": "model.onnx", "input": "image", "output": "resized"}
    assert (folder / "model.onnx").read_bytes() == model.read_bytes()
    assert "Run model.onnx on each image, its input 'image'" in (folder / "README.txt").read_text(encoding="utf-8")
    session = onnxruntime.InferenceSession(folder / manifest["model"]["file"])
    for file in manifest["files"]:
        assert (file["shape"], file["size"]) == ([20, 30, 3], [40, 33])
        image = np.fromfile(folder / file["input"], np.float32).reshape(1, 3, 20, 30)
        session.run(["resized"], {"image": image})[0].tofile(folder / file["output"])
    capsys.readouterr()
    assert cli.main(["kit", "read", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "explains:    linear half_pixel (" in out
    assert "files:       4 of 4, float32 NCHW" in out


@pytest.mark.parametrize(
    ("dtype", "before", "after", "inputs", "words"),
    [
        (FLOAT, [1, 3, "h", "w"], [1, 3, 9, 9], 1, "four fixed sides"),
        (FLOAT, [2, 3, 8, 8], [2, 3, 9, 9], 1, "one image of 1, 3 or 4 channels"),
        (FLOAT, [1, 16, 8, 8], [1, 16, 9, 9], 1, "one image of 1, 3 or 4 channels"),
        (FLOAT, [3, 8, 8], [3, 9, 9], 1, "four fixed sides"),
        (INT, [1, 3, 8, 8], [1, 3, 9, 9], 1, "of int32"),
        (FLOAT, [1, 3, 8, 8], [1, 1, 9, 9], 1, "makes 1 channels NCHW of float32 from 3"),
        (FLOAT, [1, 3, 8, 8], [1, 3, 9, 9], 2, "2 inputs and 1 outputs"),
    ],
)
def test_other_models_are_refused(dtype, before, after, inputs, words, tmp_path, capsys):
    model = _model(tmp_path / "m.onnx", dtype, before, after, inputs)
    assert cli.main(["kit", "make", str(tmp_path / "kit"), "--model", str(model)]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "kit").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--dtype", "float32"], "--dtype is float32, and the model takes uint8"),
        (["--layout", "NCHW"], "--layout is NCHW, and the model takes NHWC"),
        (["--channels", "1"], "--channels is 1, and the model takes 3"),
        (["--sizes", "8:5"], "leave out --sizes"),
    ],
)
def test_a_model_decides(options, words, tmp_path, capsys):
    model = _model(tmp_path / "m.onnx", BYTE, [1, 20, 30, 3], [1, 40, 33, 3])
    assert cli.main(["kit", "make", str(tmp_path / "kit"), "--model", str(model), *options]) == 2
    assert words in capsys.readouterr().err
