"""LiteRT models, SavedModels and exported programs of torch: what they say of their resizes, without being run."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import types
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from halfpixel.golden import Convention
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.model import BadModel, parse_shape
from halfpixel.parity.formats.pt2 import refuse_pickles
from halfpixel.parity.printable_text import join_names, printable
from tests import ROOT

_ASYMMETRIC = Convention(coordinate_transformation_mode="asymmetric")
_ALIGNED = Convention(coordinate_transformation_mode="align_corners")


def _axes(node):
    return [(axis.axis, axis.convention, axis.n_in, axis.n_out, axis.scale) for axis in node.axes]


@pytest.fixture
def lite(monkeypatch, tmp_path):
    """``lite(operator, size, **flags)``: the path of a LiteRT model of one operator on (1, 8, 8, 3)."""
    from halfpixel.adapters.litert import resize_model

    if importlib.util.find_spec("ai_edge_litert") is None:
        monkeypatch.setitem(sys.modules, "ai_edge_litert", _schema())

    def made(operator, size, **flags):
        path = tmp_path / "model.tflite"
        path.write_bytes(resize_model(operator, "float32", size, **flags))
        return path

    return made


def _schema() -> types.ModuleType:
    """The schema that TensorFlow ships, alone: importing TensorFlow takes seconds."""
    package = importlib.util.find_spec("tensorflow")
    if package is None:
        pytest.skip("neither LiteRT nor TensorFlow is installed")
    place = Path(package.submodule_search_locations[0]) / "lite/python/schema_py_generated.py"
    spec = importlib.util.spec_from_file_location("schema_py_generated", place)
    module = types.ModuleType("ai_edge_litert")
    module.schema_py_generated = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module.schema_py_generated)
    return module


@pytest.mark.parametrize(
    ("operator", "flags", "expected"),
    [
        ("RESIZE_BILINEAR", {}, _ASYMMETRIC),
        ("RESIZE_BILINEAR", {"align_corners": True}, _ALIGNED),
        ("RESIZE_BILINEAR", {"half_pixel_centers": True}, Convention()),
        (
            "RESIZE_NEAREST_NEIGHBOR",
            {},
            Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        ),
        (
            "RESIZE_NEAREST_NEIGHBOR",
            {"half_pixel_centers": True},
            Convention(kernel="nearest", nearest_mode="round_prefer_ceil"),
        ),
    ],
)
def test_lite_models_say_their_convention_by_two_flags(operator, flags, expected, lite):
    model = load_model(lite(operator, (12, 20), **flags))
    (node,) = model.resizes
    assert (model.kind, node.key, node.convention) == ("tflite", f"main/0:{operator}", expected)
    assert [(axis.axis, axis.n_in, axis.n_out) for axis in node.axes] == [(1, None, 12), (2, None, 20)]
    assert [(port.name, port.dtype, port.shape) for port in model.inputs] == [("x", "float32", ("?",) * 4)]


def test_a_lite_model_that_computes_its_size_is_left_to_the_run(lite):
    (node,) = load_model(lite("RESIZE_BILINEAR", None)).resizes
    assert node.fed == {"sizes": "size"}


def test_a_lite_model_cut_short_anywhere_is_refused_or_read(lite, tmp_path):
    whole = lite("RESIZE_BILINEAR", (12, 20)).read_bytes()
    refused = 0
    for length in range(8, len(whole), 7):
        (tmp_path / "cut.tflite").write_bytes(whole[:length])
        try:
            load_model(tmp_path / "cut.tflite")
        except BadModel:
            refused += 1
    assert refused > 10


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """An exported program with a resize of each kind."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    functional = torch.nn.functional

    class Module(torch.nn.Module):
        def forward(self, x):
            y = functional.interpolate(x, scale_factor=1.5, mode="bilinear", align_corners=False)
            y = functional.interpolate(y, size=(20, 10), mode="bicubic", align_corners=True)
            y = functional.interpolate(y, size=(5, 5), mode="bilinear", antialias=True)
            y = functional.interpolate(y, size=(8, 9), mode="nearest-exact")
            y = functional.avg_pool2d(y, 2)
            return functional.adaptive_avg_pool2d(y, (3, 3)), functional.adaptive_avg_pool2d(y, 1)

    path = tmp_path_factory.mktemp("exported") / "model.pt2"
    torch.export.save(torch.export.export(Module().eval(), (torch.rand(1, 3, 9, 9),)), path)
    return path


def test_exported_programs_name_their_operators_and_the_lines_they_came_from(exported):
    model = load_model(exported)
    half = Fraction(1, 2)
    expected = [
        (Convention(), (9, 13), (9, 13), Fraction(3, 2)),
        (Convention(kernel="cubic").but(coordinate_transformation_mode="align_corners"), (13, 20), (13, 10), None),
        (Convention(antialias=True, border="renormalise"), (20, 5), (10, 5), None),
        (Convention(kernel="nearest", nearest_mode="round_prefer_ceil"), (5, 8), (5, 9), None),
        (Convention(kernel="area"), (8, 4), (9, 4), half),
        (Convention(kernel="adaptive_average"), (4, 3), (4, 3), None),
    ]
    assert [_axes(node) for node in model.resizes] == [
        [(2, convention, *h, scale), (3, convention, *w, scale)] for convention, h, w, scale in expected
    ]
    assert model.inputs[0].shape == (1, 3, 9, 9)
    lines = [node.origin.rpartition(":")[2] for node in model.resizes]
    assert all(Path(__file__).name in node.origin for node in model.resizes)
    assert sorted(set(map(int, lines))) == list(map(int, lines))


def test_pickled_weights_are_refused_and_plain_ones_are_not(exported, tmp_path):
    import zipfile

    refuse_pickles(exported)
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(tmp_path / "m.pt2", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("model_weights_config.json"):
                content = b'{"config": {"w": {"path_name": "weight_0", "use_pickle": true}}}'
            new.writestr(name, content)
    with pytest.raises(BadModel, match="pickled tensor, 'w'"):
        refuse_pickles(tmp_path / "m.pt2")


_SAVED = """
import sys, tensorflow as tf
class M(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([1, 8, 8, 3], tf.float32, name="x")])
    def f(self, x):
        y = tf.image.resize(x, (16, 12))
        y = tf.compat.v1.image.resize_bilinear(y, (20, 20), align_corners=True)
        y = tf.image.resize(y, (10, 10), method="nearest")
        z = tf.image.resize(y, (5, 5), method="bicubic")
        return {"y": tf.nn.avg_pool2d(y, 2, 2, "SAME"), "z": z}
m = M()
tf.saved_model.save(m, sys.argv[1], signatures=m.f)
"""


def test_saved_models_are_read_without_tensorflow(tmp_path):
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed")
    subprocess.run([sys.executable, "-c", _SAVED, str(tmp_path)], check=True, capture_output=True, timeout=120)
    model = load_model(tmp_path)
    assert [node.op for node in model.resizes] == [
        *("ResizeBilinear", "ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "AvgPool")
    ]
    keys = Convention(kernel="cubic", cubic_coeff_a=Fraction(-1, 2), border="renormalise")
    assert [node.convention for node in model.resizes] == [
        *(Convention(), _ALIGNED, Convention(kernel="nearest", nearest_mode="round_prefer_ceil"), keys),
        Convention(kernel="area"),
    ]
    assert [(axis.n_in, axis.n_out) for axis in model.resizes[1].axes] == [(16, 20), (12, 20)]
    assert [(port.name, port.shape) for port in model.outputs] == [("y", (1, 5, 5, 3)), ("z", (1, 5, 5, 3))]
    loaded = (
        "import sys; from halfpixel.parity.formats.loader import load_model; load_model(sys.argv[1]); "
        "print('tensorflow' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", loaded, str(tmp_path)], cwd=ROOT, check=True, capture_output=True, text=True, timeout=60
    )
    assert answer.stdout.strip() == "False"


def test_text_from_files_is_shown_on_one_line_and_cut():
    assert printable("a\x1b[31m\nb‮c") == "a\\x1b[31m\\nb\\u202ec"
    assert printable("x" * 500, 30) == "x" * 12 + "… (500 characters)"
    assert len(printable("\x1b" * 500, 30)) == 30
    assert join_names("abcdefgh") == "a, b, c, d, e, f and 2 more"


def test_shapes_as_they_are_typed():
    assert parse_shape("x=1,3,512,512") == ("x", (1, 3, 512, 512))
    assert parse_shape("a=b:0=1x3x8x8") == ("a=b:0", (1, 3, 8, 8))
    for wrong in ("x", "=1,2", "x=", "x=1,a"):
        with pytest.raises(ValueError, match="not a shape"):
            parse_shape(wrong)


def test_arrays_and_images_become_inputs(tmp_path):
    from halfpixel.parity.formats.model import Port
    from halfpixel.parity.input_files import read_inputs

    array = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
    np.save(tmp_path / "x.npy", array)
    np.savez(tmp_path / "both.npz", x=array, z=array + 1)
    ports = [Port("x", "float32", (1, 3, "h", "w")), Port("z", "uint8", (1, "h", "w", 3))]
    assert np.array_equal(read_inputs([str(tmp_path / "x.npy")], ports)["x"], array)
    assert np.array_equal(read_inputs([f"z={tmp_path / 'x.npy'}"], ports)["z"], array)
    assert set(read_inputs([str(tmp_path / "both.npz")], ports)) == {"x", "z"}
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    image.fromarray(pixels).save(tmp_path / "x.png")
    got = read_inputs([str(tmp_path / "x.png"), f"z={tmp_path / 'x.png'}"], ports)
    assert np.array_equal(got["x"], (np.moveaxis(pixels, -1, 0)[None] / 255).astype(np.float32))
    assert np.array_equal(got["z"], pixels[None])
