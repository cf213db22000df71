"""Real models: parity as they are; every change of a Resize's attributes is found, located and named."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from halfpixel.adapters.onnx_resize import convention_of, resize_attributes
from halfpixel.golden import Convention, matrix
from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity.diagnose.pipeline import run_in_session
from halfpixel.parity.diagnose.results import ParityExit
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.runtimes.registry import runtime_named, runtimes_for
from halfpixel.parity.runtimes.session import Session

WANTED = ("onnxruntime", "openvino", "opencv-dnn")


@pytest.fixture(scope="module")
def session():
    with Session() as one:
        yield one


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("models")


def _installed(*names: str) -> list[str]:
    """Those of the runtimes that are here: ONNX Runtime and OpenCV always, OpenVINO where it is installed."""
    return [name for name in names if not runtime_named(name).missing]


def detector() -> Path:
    """The text detector in the wheel of rapidocr-onnxruntime: six Resize nodes, sizes open."""
    found = importlib.util.find_spec("rapidocr_onnxruntime")
    if found is None:
        pytest.skip("rapidocr-onnxruntime is not installed")
    return Path(found.submodule_search_locations[0]) / "models" / "ch_PP-OCRv4_det_infer.onnx"


class _Networks:
    """torch modules, made when they are asked for: torch takes seconds to import."""

    @staticmethod
    def segmentation(align_corners: bool):
        """Two strides of two, features of both joined, scores of seven classes at the size of the image."""
        import torch
        from torch.nn.functional import interpolate, relu

        class Segmentation(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.first, self.second = torch.nn.Conv2d(3, 8, 3, 2, 1), torch.nn.Conv2d(8, 12, 3, 2, 1)
                self.scores = torch.nn.Conv2d(20, 7, 1)

            def forward(self, x):
                fine = relu(self.first(x))
                coarse = relu(self.second(fine))
                coarse = interpolate(coarse, size=fine.shape[2:], mode="bilinear", align_corners=align_corners)
                y = self.scores(torch.cat([fine, coarse], 1))
                return interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=align_corners)

        torch.manual_seed(0)
        return Segmentation().eval(), torch.randn(1, 3, 36, 52)

    @staticmethod
    def yolo():
        """The neck of a YOLO: features are enlarged twice by two, nearest, and joined with finer ones."""
        import torch
        from torch.nn.functional import silu

        class Neck(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.downs = torch.nn.ModuleList([torch.nn.Conv2d(n, m, 3, 2, 1) for n, m in ((3, 6), (6, 8), (8, 10))])
                self.up = torch.nn.Upsample(scale_factor=2, mode="nearest")
                self.joined = torch.nn.ModuleList([torch.nn.Conv2d(18, 8, 1), torch.nn.Conv2d(14, 9, 1)])

            def forward(self, x):
                levels = [x]
                for down in self.downs:
                    levels.append(silu(down(levels[-1])))
                y = silu(self.joined[0](torch.cat([self.up(levels[3]), levels[2]], 1)))
                z = self.joined[1](torch.cat([self.up(y), levels[1]], 1))
                return y, z

        torch.manual_seed(0)
        return Neck().eval(), torch.randn(1, 3, 40, 56)


def exported(folder: Path, name: str) -> Path:
    """One of the networks as ONNX, by torch's own exporter, and as an exported program beside it."""
    import torch

    path = folder / f"{name}.onnx"
    if not path.exists():
        if name == "yolo":
            network, x = _Networks.yolo()
        else:
            network, x = _Networks.segmentation(name == "segmentation-True")
        torch.onnx.export(network, (x,), str(path), opset_version=18, dynamo=False)
        torch.export.save(torch.export.export(network, (x,)), folder / f"{name}.pt2")
    return path


NETWORKS = ("segmentation-True", "segmentation-False", "yolo")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_an_export_agrees_with_its_torch_original_on_every_runtime(name, session, folder):
    model = load_model(exported(folder, name))
    original = load_model(folder / f"{name}.pt2")
    wanted = _installed(*WANTED)
    found = run_in_session(session, model, wanted, original=original)
    assert found.exit is ParityExit.PARITY, found.differing or found.outputs
    assert {one.runtime for one in found.nodes} == {"", *wanted}
    assert {one.key for one in found.nodes} == {one.key for one in model.resizes}
    assert found.against == f"{name}.pt2 on torch"
    assert all(one.labels.changed == 0 for one in found.outputs if one.output == model.outputs[-1].name)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_other_align_corners_is_found_in_both_resizes(session, folder):
    model = load_model(exported(folder, "segmentation-True"))
    exported(folder, "segmentation-False")
    found = run_in_session(session, model, ["onnxruntime"], original=load_model(folder / "segmentation-False.pt2"))
    assert found.exit is ParityExit.DIVERGENCE
    assert [one.factors for one in found.differing] == [("coordinates",)] * 2
    assert {one.key for one in found.differing} == {one.key for one in model.resizes}
    assert {one.runtime for one in found.differing} == {""}
    assert {str(one.convention) for one in found.differing} == {"linear half_pixel"}
    assert {str(one.measured) for one in found.differing} == {"linear align_corners"}
    assert found.outputs[0].labels.changed > 0
    # Each of the two is a part of it; with both exact, nothing is left.
    assert all(0 < one.goes_away < 1 for one in found.differing)
    assert found.unexplained == ()


def test_every_resize_of_the_detector_agrees_on_every_runtime(session):
    """The final outputs are not asked: those of MNN 3.6.1 differ by 4.5e-5, which no resize explains."""
    wanted = _installed(*(runtime.name for runtime in runtimes_for("onnx")))
    found = run_in_session(session, load_model(detector()), wanted, shapes={"x": (1, 3, 96, 160)}, examine_all=True)
    assert found.differing == ()
    assert len({(one.key, one.runtime) for one in found.nodes}) == 6 * len(wanted)
    assert all(one.compared for one in found.nodes)
    assert {one.runtime for one in found.outputs} == set(wanted[1:])


def test_the_detector_agrees_on_three_runtimes(session):
    wanted = _installed(*WANTED)
    found = run_in_session(session, load_model(detector()), wanted, shapes={"x": (1, 3, 96, 160)}, examine_all=True)
    assert found.exit is ParityExit.PARITY, found.differing
    assert len(found.nodes) == 6 * len(wanted)
    assert {one.verdict for one in found.nodes} == {Verdict.EXACT}
    assert all(one.in_place == 0 for one in found.nodes)


def _changed(source: Path, target: Path, which: int, attributes: dict[str, object]) -> str:
    """A copy with other attributes at one Resize, and its roi where they have one; the key of that resize."""
    model = onnx.load(source)
    index, node = [(k, one) for k, one in enumerate(model.graph.node) if one.op_type == "Resize"][which]
    attributes = dict(attributes)
    start, end = attributes.pop("roi", (0, 1))
    model.graph.initializer.append(
        numpy_helper.from_array(np.array([0, 0, start, start, 1, 1, end, end], np.float32), "a_roi")
    )
    node.input[1] = "a_roi"
    del node.attribute[:]
    node.attribute.extend(helper.make_node("Resize", [], [], **attributes).attribute)
    onnx.save(model, target)
    return f"main/{index}:Resize"


def _is_another(ours: Convention, theirs: Convention, sizes: tuple[tuple[int, int], ...]) -> bool:
    return any(not np.array_equal(matrix(ours, *pair).to_array(), matrix(theirs, *pair).to_array()) for pair in sizes)


@pytest.mark.parametrize("name", ["detector", *NETWORKS])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_every_change_of_attributes_is_found_located_and_named(name, session, folder):
    """One after another; which Resize is changed goes round. Regions are left out where scales give the size."""
    source = detector() if name == "detector" else exported(folder, name)
    shapes = {"x": (1, 3, 64, 96)} if name == "detector" else {}
    original = load_model(source, shapes)
    has_sizes = name.startswith("segmentation")
    opset = 11 if name == "detector" else 18
    settings = [one for one in resize_attributes(opset) if has_sizes or "roi" not in one]
    differing = 0
    for number, attributes in enumerate(settings):
        key = _changed(source, folder / "changed.onnx", number % len(original.resizes), attributes)
        found = run_in_session(
            session, load_model(folder / "changed.onnx", shapes), ["onnxruntime"], shapes=shapes, original=original
        )
        (of_file,) = [one for one in found.nodes if one.key == key and not one.runtime]
        ours, theirs = convention_of(attributes), of_file.convention
        if _is_another(ours, theirs, of_file.sizes):
            differing += 1
            assert found.exit is ParityExit.DIVERGENCE, attributes
            assert [one.key for one in found.differing if not one.runtime] == [key], attributes
            assert of_file.factors, attributes
            assert of_file.gain > 0
        else:
            assert not of_file.differs, attributes
        if of_file.measured != theirs:
            assert of_file.factors, attributes
            assert str(of_file.measured) in of_file.explanation
        # What is right in the file is right in ONNX Runtime, and all of the difference is the change.
        assert not [one for one in found.differing if one.runtime], attributes
        assert found.unexplained == (), attributes
    assert differing > len(settings) / 2
