"""The output strides that the audit goes by, against the features that mmsegmentation's backbones and necks make."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from halfpixel.segmentation.configs.sizes import RESIZING_INSIDE, STRIDE_AFTER_RESIZING

ROOT = Path(__file__).parents[2]

# Built without weights worth speaking of, and called with tensors that have a shape and no memory. What mmcv-lite lacks
# are operators that none of these call. A SyncBN wants a GPU; a BN makes the same shapes.
PROGRAM = """
import json, sys, types

class Missing(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: 1 / 0

sys.modules["mmcv._ext"] = Missing("mmcv._ext")
import torch
import mmseg.models
from mmseg.registry import MODELS
from halfpixel.segmentation.configs.audit import shipped_configs
from halfpixel.segmentation.configs.read import read_statically
from halfpixel.segmentation.configs.sizes import RESIZING_INSIDE, output_stride

def built(config):
    if isinstance(config, dict):
        config = {key: built(value) for key, value in config.items() if key not in ("init_cfg", "pretrained")}
        return config | {"type": "BN"} if config.get("type") == "SyncBN" else config
    return type(config)(map(built, config)) if isinstance(config, (list, tuple)) else config

def model(config):
    made = MODELS.build(built(config))
    made.eval()
    return made.to("meta")

def coarsest(features, n):
    maps = features if isinstance(features, (list, tuple)) else [features]
    return max(n // feature_map.shape[-1] for feature_map in maps)

strides = {}
for file in shipped_configs():
    values = read_statically(file).values
    backbone, neck = values.get("model", "backbone"), values.get("model", "neck")
    if backbone is None or values.get("train_dataloader") is None:
        continue
    backbone, neck = backbone.plain(), neck.plain() if neck is not None and neck.content else None
    stride = output_stride(backbone, neck)
    key = f"{backbone['type']} {neck['type'] if neck else ''} {stride}".replace("  ", " ")
    if key in strides or key in sys.argv[1:] or backbone["type"].startswith("mmpretrain."):
        continue
    made, made_neck = model(backbone), model(neck) if neck else None
    n = backbone.get("img_size", 512)
    n = n if isinstance(n, int) else n[0]
    with torch.no_grad(), torch.device("meta"):
        features = made(torch.zeros(1, 3, n, n))
        coarse = coarsest(features, n)
        coarse = max(coarse, coarsest(made_neck(features), n)) if neck else coarse
    given = 0
    if backbone["type"] in RESIZING_INSIDE:
        index = values.get("model", "decode_head", "in_index")
        head_map = features[index.plain()] if isinstance(features, (list, tuple)) and index is not None else features
        given = n // head_map.shape[-1]
    strides[key] = [stride, coarse, given]
print(json.dumps(strides))
"""

# Their coarsest features are resized inside, where no output shows them.
INSIDE = {"BiSeNetV1 32", "DDRNet 64", "ERFNet 8", "PIDNet 64", "STDCContextPathNet 32"}
# VPD wants packages that are not here, UNet cannot be built by these versions of mmcv and mmengine, and one
# VisionTransformer gives tokens, which have no height and width.
LEFT_OUT = ("VPD None", "UNet 16", "VisionTransformer 16")


@pytest.fixture(scope="module")
def strides(mmseg_version: str) -> dict[str, list[int]]:
    """By backbone, neck and stride: the stride that the audit goes by, the coarsest seen, and the decode head's."""
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, *LEFT_OUT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    measured: dict[str, list[int]] = json.loads(done.stdout.splitlines()[-1])
    return measured


def test_backbones_have_the_stride_that_the_audit_goes_by(strides: dict[str, list[int]]) -> None:
    wrong = {key: row for key, row in strides.items() if row[0] != row[1] and key not in INSIDE}
    assert wrong == {}
    assert len(strides) > 20


def test_what_is_resized_inside_is_coarser_there_than_any_output(strides: dict[str, list[int]]) -> None:
    assert {key for key, (stride, coarsest, _) in strides.items() if coarsest < stride} == INSIDE


def test_the_decode_head_is_given_what_the_audit_goes_by_where_a_backbone_resizes_inside(
    strides: dict[str, list[int]],
) -> None:
    given = {key.split()[0]: head_stride for key, (_, _, head_stride) in strides.items() if head_stride}
    assert given == dict.fromkeys(RESIZING_INSIDE, STRIDE_AFTER_RESIZING)
