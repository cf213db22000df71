"""Models that are damaged, hostile or not what they seem: one clear line, exit status 2, nothing run or written."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import random
import signal
import struct
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from halfpixel.parity.audit.remarks import audit_model
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.model import BadModel
from halfpixel.parity.formats.onnx import shape_inference
from halfpixel.parity.formats.tflite import DamagedFile, root_table
from halfpixel.parity_command import main
from tests.parity import graphs as models
from tests.parity.refusals import refused

__all__ = ["refused"]


def _written(tmp_path: Path, content: bytes, name: str = "model.onnx") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def _good() -> onnx.ModelProto:
    return models.resize(sizes=[1, 2, 16, 16], mode="linear")


def test_files_that_are_no_files(refused, tmp_path):
    assert "No such file" in refused(tmp_path / "absent.onnx")
    assert "no SavedModel" in refused(tmp_path)
    os.mkfifo(tmp_path / "pipe.onnx")
    assert "neither a file nor a folder" in refused(tmp_path / "pipe.onnx")
    assert refused(str(tmp_path / "nul\0.onnx"))


@pytest.mark.parametrize("content", [b"", b"hello, I am text", b"\x00" * 4096, b"\x89PNG\r\n\x1a\n" + b"\x01" * 99])
def test_what_is_no_model(content, refused, tmp_path):
    assert refused(_written(tmp_path, content))


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.9, 0.99])
def test_an_onnx_model_cut_short(share, refused, tmp_path):
    whole = models.many(50).SerializeToString()
    assert refused(_written(tmp_path, whole[: int(len(whole) * share)]))


@pytest.mark.parametrize("name", ["model.tflite", "model.pt2"])
def test_other_kinds_cut_short(name, refused, tmp_path):
    content = b"\x1c\x00\x00\x00TFL3" + b"\xff" * 64 if name.endswith("tflite") else b"PK\x03\x04" + b"\x00" * 64
    assert "cut short" in refused(_written(tmp_path, content, name))


def test_a_saved_model_cut_short(refused, tmp_path):
    assert "1 to" in refused(_written(tmp_path, b"", "saved_model.pb").parent)
    assert refused(_written(tmp_path, b"\x08\x01\x12\xff\xff\xff\xff\x0f", "saved_model.pb").parent)
    assert "name its folder" in refused(tmp_path / "saved_model.pb")


class _Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("kind", ["pickle", "torch.save", "input", "pt2"])
def test_nothing_is_ever_unpickled(kind, refused, tmp_path):
    mark = tmp_path / "was unpickled"
    bomb = pickle.dumps(_Bomb(mark))
    if kind == "pickle":
        assert "pickle" in refused(_written(tmp_path, bomb, "model.pt"))
    elif kind == "torch.save":
        with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
            archive.writestr("model/data.pkl", bomb)
        assert "not opened" in refused(tmp_path / "model.pt")
    elif kind == "pt2":
        with zipfile.ZipFile(tmp_path / "model.pt2", "w") as archive:
            archive.writestr("model/models/model.json", "{}")
            archive.writestr("model/data/sample_inputs/model.pt", bomb)
        assert refused(tmp_path / "model.pt2")
    else:
        buffer = np.empty(1, dtype=object)
        buffer[0] = _Bomb(mark)
        np.save(tmp_path / "x.npy", buffer, allow_pickle=True)
        assert "x.npy" in refused(models.saved(_good(), tmp_path), "--input", str(tmp_path / "x.npy"))
    assert not mark.exists()


def test_an_archive_that_unpacks_to_more_than_it_says_is_worth(refused, tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.pt2", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/models/model.json", bytes(300 * 2**20))
    assert "unpacks to" in refused(tmp_path / "bomb.pt2")


@pytest.mark.parametrize("dims", [[2**40], [2**31], [-1], [2**20, 2**20], [3]])
def test_tensors_that_say_they_are_larger_than_they_are(dims, refused, tmp_path):
    proto = _good()
    proto.graph.initializer.append(TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims, raw_data=b"abcd"))
    assert "'w'" in refused(models.saved(proto, tmp_path))


@pytest.mark.parametrize("shape", [[1, 3, 2**40, 8], [2**16, 2**16, 8, 8], [1, 3, -7, 8]])
def test_inputs_of_absurd_dimensions(shape, refused, tmp_path):
    proto = models.resize(scales=[1, 1, 2, 2], before=shape, mode="linear")
    assert "absurd shape" in refused(models.saved(proto, tmp_path))


def test_cycles_and_orders_that_cannot_be_mended(refused, tmp_path):
    cycle = [helper.make_node("Add", ["x", "b"], ["a"]), helper.make_node("Relu", ["a"], ["b"])]
    proto = models.model([*cycle, helper.make_node("Relu", ["b"], ["y"])])
    assert "cyclic" in refused(models.saved(proto, tmp_path))
    itself = models.model([helper.make_node("Add", ["x", "y"], ["y"])])
    assert "cyclic" in refused(models.saved(itself, tmp_path))
    late = models.model([helper.make_node("Relu", ["c"], ["y"]), helper.make_node("Relu", ["x"], ["c"]), *cycle])
    assert "not in order" in refused(models.saved(late, tmp_path))
    absent = models.model([helper.make_node("Relu", ["nowhere"], ["y"])])
    assert "which nothing makes" in refused(models.saved(absent, tmp_path))


def test_names_used_twice(refused, tmp_path):
    twice = models.model([helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Abs", ["x"], ["y"])])
    assert "two tensors are called 'y'" in refused(models.saved(twice, tmp_path))
    proto = _good()
    proto.graph.initializer.append(numpy_helper.from_array(np.float32([1]), "sizes"))
    assert "two initializers" in refused(models.saved(proto, tmp_path))
    ports = _good()
    ports.graph.input.append(models.port("x", [1]))
    assert "two inputs" in refused(models.saved(ports, tmp_path))


@pytest.mark.parametrize("what", ["node", "output", "dimension"])
def test_names_a_megabyte_long(what, refused, tmp_path):
    proto, name = _good(), "n" * 2**20
    if what == "node":
        proto.graph.node[0].name = name
    elif what == "output":
        proto.graph.node[0].output[0] = proto.graph.output[0].name = name
    else:
        proto.graph.input[0].type.tensor_type.shape.dim[2].dim_param = name
    assert "1048576 characters" in refused(models.saved(proto, tmp_path))


def test_functions_that_call_each_other_without_end(refused, tmp_path):
    opset = [helper.make_opsetid("", 19), helper.make_opsetid("d", 1)]
    functions = [
        helper.make_function("d", name, ["a"], ["b"], [helper.make_node(other, ["a"], ["b"], domain="d")], opset)
        for name, other in (("F", "G"), ("G", "F"))
    ]
    call = helper.make_node("F", ["x"], ["y"], domain="d")
    proto = models.model([call], functions=functions, domains=["d"])
    assert "calls itself" in refused(models.saved(proto, tmp_path))


def test_opsets_and_versions_that_are_not_known(refused, tmp_path):
    newest = onnx.defs.onnx_opset_version()
    for opset in (newest + 1, 2**40, 0, -1):
        proto = _good()
        proto.opset_import[0].version = opset
        assert f"opset {opset}" in refused(models.saved(proto, tmp_path))
    proto = _good()
    proto.ir_version = onnx.IR_VERSION + 1
    assert "IR version" in refused(models.saved(proto, tmp_path))
    proto = _good()
    del proto.opset_import[:]
    assert "names no opset" in refused(models.saved(proto, tmp_path))


def test_a_model_without_a_resize_and_one_without_a_node(refused, tmp_path):
    without = models.saved(models.model([helper.make_node("Relu", ["x"], ["y"])]), tmp_path)
    assert "no resize" in refused(without)
    assert "no resize" in refused(without, "--audit")
    empty = models.model([], outputs=["x"])
    assert "without a node" in refused(models.saved(empty, tmp_path))


def test_names_that_are_no_text(refused, tmp_path):
    content = _good().SerializeToString().replace(b"the_resize", b"the_\xff\xfesize")
    assert "no text" in refused(_written(tmp_path, content))


@pytest.mark.parametrize("name", ["\x1b[2J\x1b]0;owned\x07", "<script>alert(1)</script>", "a\nb\r\nc", "‮evil"])
def test_names_that_a_terminal_would_obey_are_shown_escaped(name, capsys, tmp_path):
    proto = _good()
    proto.graph.node[0].name = name
    proto.graph.node[0].op_type = "Resize"
    proto.graph.input[0].name = proto.graph.node[0].input[0] = f"x{name}"
    path = models.saved(proto, tmp_path)
    assert main([path, "--audit"]) == 0
    shown = capsys.readouterr().out
    assert all(line.isprintable() for line in shown.splitlines())
    assert "\x1b" not in shown
    assert main([path, "--audit", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["resizes"][0]["name"] == name


def test_keys_hold_escaped_text_only(tmp_path):
    proto = models.model([helper.make_node("Resize\x1b\nUp", ["x"], ["y"], domain="d")], domains=["d"])
    (node,) = load_model(models.saved(proto, tmp_path)).resizes
    assert node.key == "main/0:Resize\\x1b\\nUp"


def _length(content: bytes) -> bytes:
    """A protobuf length, and what it is of."""
    number, encoded = len(content), b""
    while number > 127:
        encoded, number = encoded + bytes([number & 127 | 128]), number >> 7
    return encoded + bytes([number]) + content


def test_graphs_in_graphs_without_end(refused, tmp_path):
    node = helper.make_node("If", ["c"], ["y"]).SerializeToString()
    graph = b"\x0a" + _length(node)
    for _ in range(2000):
        branch = b"\x0a" + _length(b"then_branch") + b"\x32" + _length(graph) + b"\xa0\x01\x05"
        graph = b"\x0a" + _length(node + b"\x2a" + _length(branch))
    whole = b"\x08\x09\x3a" + _length(graph) + b"\x42" + _length(helper.make_opsetid("", 19).SerializeToString())
    assert "cannot be parsed" in refused(_written(tmp_path, whole))


def test_a_shape_inference_that_dies_or_hangs_is_a_remark(tmp_path, monkeypatch):
    path = models.saved(models.resize(sizes=[1, 2, 16, 16], before=(1, 2, "h", "w"), mode="linear"), tmp_path)
    assert load_model(path).problem == ""
    shape_inference._processes[0].popen.kill()
    dead = load_model(path)
    assert "crashed" in dead.problem
    assert next(remark.kind for remark in audit_model(dead)) == "size"
    assert load_model(path).problem == ""
    monkeypatch.setattr(shape_inference, "TIME_LIMIT", 0.2)
    os.kill(shape_inference._processes[0].popen.pid, signal.SIGSTOP)
    assert "took more than" in load_model(path).problem


def test_flatbuffers_that_lead_out_of_the_file_are_refused():
    data = memoryview(struct.pack("<I", 1 << 30))
    with pytest.raises(DamagedFile, match="out of the file"):
        root_table(data).number(0, "<i")
    # A table whose one field is a vector of a billion numbers.
    table = struct.pack("<IHHH", 10, 6, 8, 4) + struct.pack("<i", 6) + struct.pack("<II", 4, 10**9)
    with pytest.raises(DamagedFile, match="longer than the file"):
        root_table(memoryview(table)).numbers(0, "<i")


@pytest.mark.parametrize("seed", range(4))
def test_bytes_changed_at_random_never_give_a_traceback(seed, tmp_path):
    rng = random.Random(seed)
    for proto in (models.in_a_branch(), models.in_a_function(), models.resize(11, sizes=[1, 2, 5, 5], mode="cubic")):
        whole = proto.SerializeToString()
        for _ in range(12):
            damaged = bytearray(whole)
            for _ in range(rng.choice((1, 1, 3, 10))):
                damaged[rng.randrange(len(damaged))] = rng.choice((0, 127, 128, 255, rng.randrange(256)))
            path = _written(tmp_path, bytes(damaged))
            # Anything but BadModel fails the test.
            with contextlib.suppress(BadModel):
                audit_model(load_model(path))


def test_a_zip_inside_out_is_refused(refused, tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("notes.txt", "nothing")
    assert "no exported program" in refused(_written(tmp_path, buffer.getvalue(), "model.pt2"))


def test_an_executorch_program_is_refused_in_one_line(tmp_path):
    path = tmp_path / "m.pte"
    path.write_bytes(b"\x30\x00\x00\x00ET12" + b"\0" * 64)
    with pytest.raises(BadModel, match="an ExecuTorch program, of which nothing is read") as caught:
        load_model(path)
    assert "\n" not in str(caught.value)
