"""Resizes of a file are paired with the original's by what they read and make, whatever their order and names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from halfpixel.parity.diagnose.pipeline import run_model
from halfpixel.parity.diagnose.results import ModelRun, ParityExit
from halfpixel.parity.fix.corrected_model import CannotFix, fix_model
from halfpixel.parity.formats.loader import load_model
from tests.parity.small_models import saved

_NEAREST = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
_LINEAR = {"mode": "linear"}
_ALIGNED = {"mode": "linear", "coordinate_transformation_mode": "align_corners"}
_CUBIC = {"mode": "cubic"}


def _resize(source: str, target: str, attributes: Mapping[str, object], scales: str = "up") -> onnx.NodeProto:
    return helper.make_node("Resize", [source, "", scales], [target], name=target, **attributes)


_SCALES = {"up": np.float32([1, 1, 2, 2]), "down": np.float32([1, 1, 0.5, 0.5])}


def _saved(path: Path, nodes: list[onnx.NodeProto], *outputs: str) -> Path:
    weights = np.random.default_rng(0).standard_normal((3, 3, 3, 3)).astype(np.float32) * 0.3
    return saved(path, nodes, {"x": [1, 3, 16, 16]}, dict.fromkeys(outputs or ("y",)), {**_SCALES, "w": weights})


def _against(original: Path, changed: Path) -> ModelRun:
    return run_model(load_model(changed), ["onnxruntime"], original=load_model(original))


def _differing(run: ModelRun) -> dict[str, str]:
    """The resizes of the file that differ from the original's, with those."""
    of_file = [finding for finding in run.differing if not finding.runtime]
    return {finding.key: finding.against.removesuffix(" of the reference") for finding in of_file}


def test_two_resizes_of_one_tensor_in_another_order_agree(tmp_path):
    nodes = [_resize("x", "a", _NEAREST), _resize("x", "b", _CUBIC)]
    joined = helper.make_node("Concat", ["a", "b"], ["y"], axis=1)
    original = _saved(tmp_path / "original.onnx", [*nodes, joined])
    run = _against(original, _saved(tmp_path / "m.onnx", [*nodes[::-1], joined]))
    assert run.exit is ParityExit.PARITY
    assert run.unpaired == ()


@pytest.mark.parametrize("reads", ["a", "b"])
def test_the_wrong_one_of_two_is_found_by_what_reads_it(tmp_path, reads):
    """The file resizes twice linearly, where the original resizes once to the nearest pixel: which of the two is it?"""
    nodes = [
        _resize("x", "a", _NEAREST if reads == "a" else _LINEAR),
        _resize("x", "b", _NEAREST if reads == "b" else _LINEAR),
        helper.make_node("Relu", ["a"], ["y"]),
        helper.make_node("Conv", ["b", "w"], ["z"], pads=[1] * 4),
    ]
    original = _saved(tmp_path / "original.onnx", nodes, "y", "z")
    both = [_resize("x", "p", _LINEAR), _resize("x", "q", _LINEAR)]
    readers = [helper.make_node("Conv", ["p", "w"], ["z"], pads=[1] * 4), helper.make_node("Relu", ["q"], ["y"])]
    run = _against(original, _saved(tmp_path / "m.onnx", [*both, *readers], "y", "z"))
    assert _differing(run) == (
        {"main/1:Resize": "main/0:Resize"} if reads == "a" else {"main/0:Resize": "main/1:Resize"}
    )


def test_area_made_nearest_is_found_beside_a_right_bicubic_of_the_same_sizes(tmp_path):
    pooled = helper.make_node("AveragePool", ["x"], ["d"], kernel_shape=[2, 2], strides=[2, 2])
    cubic, relu = _resize("x", "u", _CUBIC, "down"), helper.make_node("Relu", ["u"], ["m"])
    conv = helper.make_node("Conv", ["d", "w"], ["c"], pads=[1] * 4)
    original = _saved(tmp_path / "original.onnx", [pooled, cubic, relu, conv], "c", "m")
    changed = _saved(tmp_path / "m.onnx", [cubic, relu, _resize("x", "d", _NEAREST, "down"), conv], "c", "m")
    run = _against(original, changed)
    assert _differing(run) == {"main/2:Resize": "main/0:AveragePool"}
    fixed = fix_model(load_model(changed), run, tmp_path / "fixed.onnx", original=load_model(original))
    assert fixed.run.exit is ParityExit.PARITY
    assert [change.key for change in fixed.changes] == ["main/2:Resize"]
    assert "which from 16 to 8 is the same as 'area half_pixel'" in fixed.changes[0].words


def test_what_cannot_be_told_apart_is_said_and_not_corrected(tmp_path):
    """Both resizes of one tensor are changed, and the same nodes read them: either may be either."""
    joined = helper.make_node("Sum", ["a", "b"], ["y"])
    original = _saved(tmp_path / "original.onnx", [_resize("x", "a", _NEAREST), _resize("x", "b", _CUBIC), joined])
    nodes = [_resize("x", "p", _LINEAR), _resize("x", "q", _ALIGNED), helper.make_node("Max", ["p", "q"], ["y"])]
    changed = _saved(tmp_path / "m.onnx", nodes)
    run = _against(original, changed)
    assert run.exit is ParityExit.DIVERGENCE
    assert not run.differing
    assert [key for key, _ in run.unpaired] == [
        "main/0:Resize",
        "main/1:Resize",
        "main/0:Resize of the reference",
        "main/1:Resize of the reference",
    ]
    assert "nothing tells which of them it is: main/0:Resize, main/1:Resize" in run.unpaired[0][1]
    with pytest.raises(CannotFix):
        fix_model(load_model(changed), run, tmp_path / "fixed.onnx", original=load_model(original))
    assert not (tmp_path / "fixed.onnx").exists()


_PYRAMID = (_NEAREST, _LINEAR, _CUBIC, _ALIGNED, _LINEAR, _CUBIC)


def _pyramid(
    path: Path, changes: Mapping[int, Mapping[str, object]], seed: int | None = None, dtype=np.float32
) -> Path:
    """Six convolutions, each of a resize of the one before and of the input's; ``seed`` shuffles and renames all."""
    random = np.random.default_rng(7)
    nodes, constants, last = [], dict(_SCALES), "x"
    for k, attributes in enumerate(_PYRAMID):
        constants[f"w{k}"] = random.standard_normal((3, 3, 3, 3)).astype(np.float32) * 0.3
        nodes += [
            helper.make_node("Conv", [last, f"w{k}"], [f"c{k}"], pads=[1] * 4),
            _resize(f"c{k}", f"r{k}", changes.get(k, attributes)),
            helper.make_node("MaxPool", [f"r{k}"], [f"p{k}"], kernel_shape=[2, 2], strides=[2, 2]),
            helper.make_node("Relu", [f"p{k}"], [f"a{k}"]),
        ]
        last = f"a{k}"
    nodes.append(helper.make_node("Concat", [f"p{k}" for k in range(len(_PYRAMID))], ["y"], axis=1))
    saved(path, nodes, {"x": [1, 3, 16, 16]}, {"y": None}, constants)
    if seed is not None:
        _shuffle(path, seed)
    return path


def _shuffle(path: Path, seed: int) -> None:
    """Another topological order, and other names of all nodes and inner tensors."""
    model, random = onnx.load(path), np.random.default_rng(seed)
    waiting, ordered = list(model.graph.node), []
    known = {"x", "", *(tensor.name for tensor in model.graph.initializer)}
    while waiting:
        ready = [node for node in waiting if known.issuperset(node.input)]
        node = ready[int(random.integers(len(ready)))]
        waiting.remove(node)
        ordered.append(node)
        known.update(node.output)
    names = {name: f"t{k}" for k, name in enumerate(random.permutation([n.output[0] for n in ordered])) if name != "y"}
    for node in ordered:
        node.name = ""
        inputs, outputs = ([names.get(name, name) for name in side] for side in (node.input, node.output))
        del node.input[:], node.output[:]
        node.input.extend(inputs)
        node.output.extend(outputs)
    del model.graph.node[:]
    model.graph.node.extend(ordered)
    onnx.save(model, path)


@pytest.mark.parametrize("seed", range(3))
def test_reordered_and_renamed_resizes_agree(tmp_path, seed):
    run = _against(_pyramid(tmp_path / "original.onnx", {}), _pyramid(tmp_path / "m.onnx", {}, seed))
    assert run.exit is ParityExit.PARITY
    assert run.unpaired == ()


@pytest.mark.parametrize("wrong", [(0,), (0, 3), (0, 1, 2, 4), (0, 1, 2, 3, 4, 5)], ids=str)
def test_wrong_resizes_behind_one_another_are_each_found_and_corrected(tmp_path, wrong):
    """Behind the first wrong one no tensor has the original's values: the next is found with that one exact."""
    original = _pyramid(tmp_path / "original.onnx", {})
    others = dict(enumerate((_LINEAR, _NEAREST, _NEAREST, _LINEAR, _ALIGNED, _LINEAR)))
    changed = _pyramid(tmp_path / "m.onnx", {k: others[k] for k in wrong}, seed=1)
    run = _against(original, changed)
    keys = [node.key for node in load_model(original).resizes]
    assert sorted(_differing(run).values()) == sorted(keys[k] for k in wrong)
    fixed = fix_model(load_model(changed), run, tmp_path / "fixed.onnx", original=load_model(original))
    assert fixed.run.exit is ParityExit.PARITY
    assert len(fixed.changes) == len(wrong)


def test_resizes_behind_another_difference_are_likely_pairs_and_not_corrected(tmp_path):
    """A weight differs: the resizes behind it read other values, so that none of their pairs is proved."""
    original, changed = _pyramid(tmp_path / "original.onnx", {}), _pyramid(tmp_path / "m.onnx", {2: _NEAREST})
    model = onnx.load(changed)
    (tensor,) = [tensor for tensor in model.graph.initializer if tensor.name == "w0"]
    tensor.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(tensor), "w0"))
    onnx.save(model, changed)
    run = _against(original, changed)
    keys = [node.key for node in load_model(original).resizes]
    assert _differing(run) == {keys[2]: keys[2]}
    with pytest.raises(CannotFix, match="likely, and not proved"):
        fix_model(load_model(changed), run, tmp_path / "fixed.onnx", original=load_model(original))


def test_a_file_of_half_precision_pairs_with_its_original(tmp_path):
    original = _pyramid(tmp_path / "original.onnx", {})
    model = onnx.load(_pyramid(tmp_path / "m.onnx", {4: _ALIGNED}, seed=2))
    for tensor in model.graph.initializer:
        if tensor.name.startswith("w"):
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name))
    first = helper.make_node("Cast", ["x"], ["half"], to=TensorProto.FLOAT16)
    last = helper.make_node("Cast", ["y_half"], ["y"], to=TensorProto.FLOAT)
    nodes = [first, *model.graph.node, last]
    for node in nodes[1:-1]:
        node.input[:] = ["half" if name == "x" else name for name in node.input]
        node.output[:] = ["y_half" if name == "y" else name for name in node.output]
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(copies)
    onnx.save(model, tmp_path / "m.onnx")
    run = _against(original, tmp_path / "m.onnx")
    assert list(_differing(run).values()) == [load_model(original).resizes[4].key]


def _open(path: Path, attributes: Mapping[str, object]) -> Path:
    nodes = [helper.make_node("MaxPool", ["x"], ["p"], kernel_shape=[2, 2], strides=[2, 2])]
    nodes += [
        helper.make_node("Shape", ["x"], ["size"]),
        helper.make_node("Resize", ["p", "", "", "size"], ["y"], **attributes),
    ]
    return saved(path, nodes, {"x": ["n", 3, "h", "w"]}, {"y": None}, {})


def test_a_correction_is_verified_at_further_shapes(tmp_path):
    original = _open(tmp_path / "original.onnx", _ALIGNED)
    changed = _open(tmp_path / "m.onnx", _LINEAR)
    run = _against(original, changed)
    fixed = fix_model(load_model(changed), run, tmp_path / "fixed.onnx", original=load_model(original))
    assert "x (1, 3, 75, 93)" in fixed.verified


def test_quantised_resizes_pair_with_those_of_floats(tmp_path):
    """The file resizes bytes, of which scale and zero point make the floats that the original resizes."""
    ends = [helper.make_node("Relu", ["a"], ["y"]), helper.make_node("Neg", ["b"], ["z"])]
    original = _saved(
        tmp_path / "original.onnx", [_resize("x", "a", _LINEAR), _resize("x", "b", _NEAREST), *ends], "y", "z"
    )
    quantised = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
        _resize("q", "qb", _NEAREST),
        _resize("q", "qa", _ALIGNED),
        *(helper.make_node("DequantizeLinear", [f"q{name}", "scale", "zero"], [name]) for name in "ab"),
    ]
    constants = {**_SCALES, "scale": np.float32(0.04), "zero": np.uint8(128)}
    path = saved(tmp_path / "m.onnx", [*quantised, *ends], {"x": [1, 3, 16, 16]}, {"y": None, "z": None}, constants)
    assert _differing(_against(original, path)) == {"main/2:Resize": "main/0:Resize"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_wrong_one_of_two_is_found_by_what_reads_it_in_torch(tmp_path):
    torch = pytest.importorskip("torch")

    class Network(torch.nn.Module):
        """Two resizes of one tensor; an output of each."""

        def forward(self, x):
            first = torch.nn.functional.interpolate(x, size=(32, 32), mode="nearest")
            second = torch.nn.functional.interpolate(x, size=(32, 32), mode="bilinear")
            return torch.relu(first), torch.nn.functional.max_pool2d(second, 2)

    torch.export.save(torch.export.export(Network(), (torch.zeros(1, 3, 16, 16),)), tmp_path / "original.pt2")
    nodes = [_resize("x", "p", _LINEAR), _resize("x", "q", _LINEAR), helper.make_node("Relu", ["q"], ["y"])]
    nodes.append(helper.make_node("MaxPool", ["p"], ["z"], kernel_shape=[2, 2], strides=[2, 2]))
    run = _against(tmp_path / "original.pt2", _saved(tmp_path / "m.onnx", nodes, "y", "z"))
    ((own, original),) = _differing(run).items()
    assert own == "main/1:Resize"
    assert "nearest" in original
