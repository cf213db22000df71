"""Decode heads of real configs, exported to ONNX with both settings of ``align_corners``: do runtimes do as torch does?

The heads are mmsegmentation's own; weights are seeded, not trained, and channels are a thirty-second of the config's.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from halfpixel.golden.align_corners import keeps_grid, largest_shift_in_output
from halfpixel.segmentation.configs.audit import shipped_configs
from halfpixel.segmentation.configs.read import read
from halfpixel.segmentation.label_maps import label_difference

FCN_769 = "fcn_r50-d8_4xb2-40k_cityscapes-769x769.py"
FCN_512 = "fcn_r50-d8_4xb2-40k_cityscapes-512x1024.py"
PSP_769 = "pspnet_r50-d8_4xb2-40k_cityscapes-769x769.py"
PSP_480 = "pspnet_r50-d8_4xb4-40k_pascal-context-480x480.py"
ASPP_769 = "deeplabv3_r50-d8_4xb2-40k_cityscapes-769x769.py"


@dataclass(frozen=True)
class HeadCase:
    """A config: its own setting, its head's class and file, and the sizes of what the head resizes inside."""

    align_corners: bool
    head: str
    file: str
    inside: tuple[int, ...]


# Crops of both forms, one wider than high, heads with and without a resize inside.
CASES = {
    FCN_769: HeadCase(True, "FCNHead", "fcn_head.py", ()),
    FCN_512: HeadCase(False, "FCNHead", "fcn_head.py", ()),
    PSP_769: HeadCase(True, "PSPHead", "psp_head.py", (1, 2, 3, 6)),
    PSP_480: HeadCase(False, "PSPHead", "psp_head.py", (1, 2, 3, 6)),
    ASPP_769: HeadCase(True, "ASPPHead", "aspp_head.py", (1,)),
}
SETTINGS = (True, False)
EXPORTERS = ("dynamo", "torchscript")
RUNTIMES = ("onnxruntime", "onnx reference", "opencv")
WRITTEN = {True: "align_corners", False: "half_pixel"}

Record = Callable[[str, object], None]

# Features of 97 x 97 cannot be divided into 2 x 2, 3 x 3 or 6 x 6 equal parts.
REFUSED = {(PSP_769, "torchscript"): "adaptive_avg_pool2d, output size that are not factor of input size"}
# Its convolution of dilated kernels is a loop in Python: minutes for 97 x 97.
SLOW = {(ASPP_769, "onnx reference")}
# OpenCV 5.0.0 clamps a linear coordinate to n_in - 1 - 1e-6. For one pixel that is below zero, and it reads before the
# pixel, with weight 1e-6, whatever memory holds there: it may be harmless, so agreement is no sign of a repair.
ONE_PIXEL = (
    "OpenCV reads outside of an input of one pixel: resizeBilinear in "
    "https://github.com/opencv/opencv/blob/5.x/modules/dnn/src/layers/resize2_layer.cpp"
)


@pytest.fixture(autouse=True)
def _needs_mmseg(mmseg_version: str) -> None:
    """All of this file builds heads of mmsegmentation."""


@pytest.fixture(scope="module")
def head_module(mmseg_version: str) -> ModuleType:
    """``halfpixel.segmentation.decode_heads``, which needs torch and onnx."""
    from halfpixel.segmentation import decode_heads

    return decode_heads


@pytest.fixture(scope="module")
def runs(mmseg_version: str) -> ModuleType:
    """``halfpixel.segmentation.decode_head_runs``, which needs the runtimes as well."""
    from halfpixel.segmentation import decode_head_runs

    return decode_head_runs


def _file(config: str) -> Path:
    return next(file for file in shipped_configs() if file.name == config)


@cache
def _deployed(config: str, setting: bool) -> tuple[Any, np.ndarray]:
    """The model that is deployed, and its features."""
    from halfpixel.segmentation import decode_heads

    built = decode_heads.decode_head(_file(config), setting)
    size = decode_heads.crop_size(_file(config))
    x = decode_heads.random_features(built.in_channels, decode_heads.feature_size(size))
    return decode_heads.DeployedHead(built, size).eval(), x


@lru_cache(maxsize=4)
def _torchs(config: str, setting: bool) -> dict[str, np.ndarray]:
    import torch

    from halfpixel.segmentation import decode_heads

    model, x = _deployed(config, setting)
    with torch.no_grad():
        outputs = zip(decode_heads.OUTPUTS, model(torch.from_numpy(x)), strict=True)
        return {name: tensor.numpy() for name, tensor in outputs}


@lru_cache(maxsize=2)
def _exact(config: str, setting: bool) -> np.ndarray:
    """What the exact resize makes of the logits of torch's head."""
    from halfpixel.segmentation import decode_head_runs

    return decode_head_runs.exact_resize_nchw(
        _torchs(config, setting)["low"], setting, _deployed(config, setting)[0].size
    )


@cache
def _exported(config: str, setting: bool, exporter: str) -> Any:
    from halfpixel.segmentation import decode_heads

    return decode_heads.export(*_deployed(config, setting), exporter)


def _cases(*more: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """One config after another, so that what is made of it is made once."""
    return [case for case in product(CASES, SETTINGS, *more) if (case[0], case[2]) not in REFUSED]


def _name(value: object) -> str:
    return str(value).removesuffix(".py")


def _source(code: Any) -> Path:
    return Path(inspect.getsourcefile(code) or "")


@pytest.mark.parametrize("config", CASES, ids=_name)
def test_the_head_is_mmsegmentations_own_and_as_its_config_says(config: str, head_module: ModuleType) -> None:
    import mmseg
    from torch.nn import Conv2d

    case = CASES[config]
    written = read(_file(config)).values.get_plain("model", "decode_head")
    head = _deployed(config, case.align_corners)[0].head
    heads = Path(mmseg.__file__).parent / "models" / "decode_heads"
    assert _source(type(head)) == heads / case.file
    assert type(head).__name__ == written["type"] == case.head
    assert _source(head.predict_by_feat) == heads / "decode_head.py"
    resize = inspect.unwrap(type(head).predict_by_feat).__globals__["resize"]
    assert _source(resize) == heads.parent / "utils" / "wrappers.py"
    assert head.align_corners == written["align_corners"] == case.align_corners
    assert head.in_channels == written["in_channels"] // head_module.SHRINK
    assert head.channels == written["channels"] // head_module.SHRINK
    assert head.conv_seg.out_channels == written["num_classes"]
    assert sum(isinstance(module, Conv2d) for module in head.modules()) >= 4


def test_a_compiled_operator_that_is_called_says_that_it_is_absent(head_module: ModuleType) -> None:
    _deployed(FCN_769, True)
    import torch
    from mmcv.ops import nms

    with pytest.raises(NotImplementedError, match="mmcv-lite does not have it"):
        nms(torch.zeros(1, 4), torch.zeros(1), 0.5)


@pytest.mark.parametrize(("config", "setting", "exporter"), _cases(EXPORTERS), ids=_name)
def test_exporters_write_the_setting_into_every_resize(
    config: str, setting: bool, exporter: str, head_module: ModuleType, record_property: Record
) -> None:
    model, x = _deployed(config, setting)
    nodes = head_module.resize_nodes(_exported(config, setting, exporter))
    record_property("resizes", [asdict(node) for node in nodes])
    assert {(node.mode, node.coordinate_transformation_mode) for node in nodes} == {("linear", WRITTEN[setting])}
    size = x.shape[2:]
    sizes = [((side, side), size) for side in CASES[config].inside] + [(size, model.size)]
    assert [(node.size_in, node.size_out) for node in nodes] == sizes


@pytest.mark.parametrize(("config", "exporter"), REFUSED, ids=_name)
@pytest.mark.parametrize("setting", SETTINGS)
def test_an_exporter_refuses_pools_of_unequal_parts(config: str, exporter: str, setting: bool) -> None:
    from torch.onnx.errors import SymbolicValueError

    with pytest.raises(SymbolicValueError, match=REFUSED[config, exporter]):
        _exported(config, setting, exporter)


@pytest.mark.parametrize(
    ("config", "setting", "exporter", "runtime"),
    [case for case in _cases(EXPORTERS, RUNTIMES) if (case[0], case[3]) not in SLOW],
    ids=_name,
)
def test_runtimes_compute_what_torch_does(
    config: str, setting: bool, exporter: str, runtime: str, runs: ModuleType, record_property: Record
) -> None:
    model = runs.with_activations(_exported(config, setting, exporter))
    outputs = runs.run(runtime, model, _deployed(config, setting)[1])
    nodes = runs.compare_nodes(model, setting, outputs)
    agreement = runs.agreement(outputs, _torchs(config, setting), _exact(config, setting))
    record_property("agreement", asdict(agreement))
    record_property("nodes", [asdict(node) for node in nodes])
    wrong = [node for node in nodes if not node.share <= 1]
    # The first that goes wrong is at fault; what comes after it is given nonsense.
    if runtime == "opencv" and wrong and (wrong[0].operator, wrong[0].size_in) == ("Resize", (1, 1)):
        pytest.xfail(f"{ONE_PIXEL}; it is off by {wrong[0].worst:.2g}, and {agreement.changed} labels are changed")
    assert wrong == []
    assert [node.operator for node in nodes].count("Resize") == len(CASES[config].inside) + 1
    assert [node.operator for node in nodes].count("Conv") >= 4
    # Rows of the exact matrices sum to one: what the head's own logits differ by is not enlarged.
    low = outputs["low"]
    rounding = runs.resize_bound(setting, low.shape[2:], outputs["logits"].shape[2:]) * np.abs(low).max()
    assert agreement.resize <= rounding + agreement.low
    assert agreement.own_labels == 0
    # Each of two logits is off by what was found at most, so a label that leads by more than twice that stays.
    assert agreement.margin <= 2 * agreement.logits
    # Deployed as it was trained, it is far nearer to torch with that setting than with the other.
    assert 100 * agreement.logits < np.abs(outputs["logits"] - _torchs(config, not setting)["logits"]).max()


@pytest.mark.parametrize(("config", "setting"), list(product(CASES, SETTINGS)), ids=_name)
def test_torch_itself_resizes_exactly_but_for_rounding(
    config: str, setting: bool, runs: ModuleType, record_property: Record
) -> None:
    low, logits, labels = _torchs(config, setting).values()
    worst = float(np.abs(logits - _exact(config, setting)).max())
    record_property("worst", worst)
    assert worst <= runs.resize_bound(setting, low.shape[2:], logits.shape[2:]) * np.abs(low).max()
    assert len(np.unique(labels)) > 5, "a head that says one thing everywhere shows nothing"


@pytest.mark.parametrize("config", CASES, ids=_name)
def test_deploying_the_other_setting_changes_labels(config: str, runs: ModuleType, record_property: Record) -> None:
    own = CASES[config].align_corners
    model, x = _deployed(config, own)
    outputs = {setting: runs.run("onnxruntime", _exported(config, setting, "dynamo"), x) for setting in SETTINGS}
    difference = label_difference(outputs[own]["labels"][0], outputs[not own]["labels"][0])
    torchs = label_difference(_torchs(config, own)["labels"][0], _torchs(config, not own)["labels"][0])
    largest = [str(largest_shift_in_output(*pair)) for pair in zip(x.shape[2:], model.size, strict=True)]
    worst = float(np.abs(outputs[own]["logits"] - outputs[not own]["logits"]).max())
    mismatch = {"runtime": asdict(difference), "torch": asdict(torchs), "largest": largest, "logits": worst}
    record_property("mismatch", mismatch)
    low = outputs[own]["low"]
    # What the other setting does is far more than what the bound of a resize would let pass.
    assert worst > 100 * runs.resize_bound(own, low.shape[2:], model.size) * np.abs(low).max()
    assert difference.changed > 0
    if not CASES[config].inside:
        assert (outputs[not own]["low"] == low).all(), "with no resize inside, its own logits do not know the setting"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_labels_change_where_the_closed_form_says(runtime: str, runs: ModuleType, record_property: Record) -> None:
    _, x = _deployed(FCN_769, True)
    n_in, n_out = x.shape[2], _deployed(FCN_769, True)[0].size[0]
    assert keeps_grid(n_in, n_out)
    assert n_in % 2 == n_out % 2 == 1, "both settings copy the middle row, so that labels move along it alone"
    outputs = {setting: runs.run(runtime, _exported(FCN_769, setting, "dynamo"), x) for setting in SETTINGS}
    rows = {setting: output["logits"][0, :, n_out // 2].T for setting, output in outputs.items()}
    shifts, unread = runs.label_boundary_shifts(rows, n_in, float(np.abs(outputs[True]["low"]).max()))
    moved = [shift.true - shift.false for shift in shifts]
    largest = largest_shift_in_output(n_in, n_out)
    table = [[s.true, move, s.true - s.closed, s.bound] for s, move in zip(shifts, moved, strict=True)]
    record_property("shifts", {"largest": str(largest), "unread": unread, "true, moved, closed, bound": table})
    assert len(shifts) >= 3, "too few labels change along the row to show anything"
    for shift in shifts:
        assert abs(shift.false - shift.closed) <= shift.bound
        assert shift.bound < 0.5, "a bound this wide could not tell a pixel from the next"
    assert max(map(abs, moved)) <= largest + max(shift.bound for shift in shifts)
    # A picture magnified about its centre: left of it labels move to the left, right of it to the right.
    clear = [(shift, move) for shift, move in zip(shifts, moved, strict=True) if abs(move) > shift.bound]
    assert {np.sign(move) for _, move in clear} == {-1, 1}
    assert all(np.sign(move) == np.sign(shift.true - (n_out - 1) / 2) for shift, move in clear)
