"""External data of ONNX models: read from the model's own folder, and from nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from halfpixel.parity.formats.loader import load_model
from tests.parity import graphs as models
from tests.parity.refusals import refused

__all__ = ["refused"]


def _external(tmp_path: Path, **entries: object) -> onnx.ModelProto:
    proto = models.resize(scales=[1, 1, 2, 2], mode="linear")
    tensor = next(tensor for tensor in proto.graph.initializer if tensor.name == "scales")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))
    return proto


@pytest.mark.parametrize("where", ["../outside.bin", "/etc/passwd", "a/../../outside.bin", "link.bin", "", "nul\0.bin"])
def test_external_data_outside_the_folder_is_never_read(where, refused, tmp_path):
    (tmp_path / "outside.bin").write_bytes(np.float32([1, 1, 2, 2]).tobytes())
    folder = tmp_path / "inside"
    (folder / "a").mkdir(parents=True)
    (folder / "link.bin").symlink_to(tmp_path / "outside.bin")
    assert "external data" in refused(models.saved(_external(tmp_path, location=where), folder))


@pytest.mark.parametrize(
    "told",
    [
        {"location": "absent.bin"},
        {"location": "data.bin", "offset": 8},
        {"location": "data.bin", "offset": -4, "length": 16},
        {"location": "data.bin", "length": 10**30},
        {"location": "data.bin", "offset": "three"},
        {"location": "folder"},
    ],
)
def test_external_data_that_is_not_there(told, refused, tmp_path):
    (tmp_path / "data.bin").write_bytes(bytes(16))
    (tmp_path / "folder").mkdir()
    assert "external data" in refused(models.saved(_external(tmp_path, **told), tmp_path))


def test_external_data_in_the_folder_is_read(tmp_path):
    (tmp_path / "data.bin").write_bytes(bytes(8) + np.float32([1, 1, 2, 3]).tobytes())
    proto = _external(tmp_path, location="data.bin", offset=8, length=16)
    (node,) = load_model(models.saved(proto, tmp_path)).resizes
    assert [axis.scale for axis in node.axes] == [2, 3]
