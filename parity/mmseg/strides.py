"""The output stride of a backbone, from its config: how many pixels apart its coarsest features are."""

from __future__ import annotations

from math import prod

SOURCE = "https://github.com/open-mmlab/mmsegmentation/tree/v1.2.2/mmseg/models/backbones"

# The coarsest features that any head or neck of these is given, whatever their options.
_FIXED = {
    "BiSeNetV1": 32,
    "BiSeNetV2": 32,
    "CGNet": 8,
    "DDRNet": 64,
    "ERFNet": 8,
    "FastSCNN": 32,
    "HRNet": 32,
    "ICNet": 32,
    "MSCAN": 32,
    "MixVisionTransformer": 32,
    "MobileNetV3": 8,
    "PCPVT": 32,
    "PIDNet": 64,
    "STDCContextPathNet": 32,
    "SVT": 32,
    "mmpretrain.ConvNeXt": 32,
    "mmpretrain.PoolFormer": 32,
}
# These resize their coarsest features inside, by a setting of their own; the decode head is given these.
OUTSIDE = {
    "BiSeNetV1": 8,
    "BiSeNetV2": 8,
    "DDRNet": 8,
    "FastSCNN": 8,
    "PIDNet": 8,
    "STDCContextPathNet": 8,
}
_RESNETS = ("ResNet", "ResNetV1c", "ResNetV1d", "ResNeXt", "ResNeSt")
_PATCHES = ("VisionTransformer", "BEiT", "MAE")
# Necks that make a pyramid of one resolution: the smallest factor by which they resize it, unless the config says.
_PYRAMIDS = {"Feature2Pyramid": ("rescales", 0.5), "MultiLevelNeck": ("scales", 0.5)}


def output_stride(backbone: dict, neck: dict | None = None, as_given: bool = False) -> int | None:
    """The stride of the coarsest features, in pixels; ``None`` for a backbone that is not known here.

    ``backbone`` and ``neck`` are the dicts of a config. ``as_given``: of the features that the decode head is given,
    rather than of those that the backbone resizes inside. Source of each rule: :data:`SOURCE`, the backbone's file.
    """
    kind = backbone.get("type")
    if not isinstance(kind, str):
        return None
    if as_given and kind in OUTSIDE:
        return OUTSIDE[kind]
    try:
        return _stride(kind, backbone, neck or {})
    except (TypeError, ValueError, ArithmeticError):
        # Options that are not of their kind: it is for the backbone to refuse them.
        return None


def _stride(kind: str, backbone: dict, neck: dict) -> int | None:
    if kind in _RESNETS:
        return 4 * _product(backbone.get("strides", (1, 2, 2, 2)))
    if kind == "MobileNetV2":
        return 2 * _product(backbone.get("strides", (1, 2, 2, 2, 1, 2, 1)))
    if kind == "UNet":
        halvings = sum(map(bool, backbone.get("downsamples", (True,) * 4)))
        return 2**halvings * _product(backbone.get("strides", (1,) * 5))
    if kind == "SwinTransformer":
        return _product(backbone.get("strides", (4, 2, 2, 2)))
    if kind in _PATCHES:
        option, smallest = _PYRAMIDS.get(neck.get("type"), ("", 1))
        factor = min(1, *neck.get(option, (smallest,)))
        return round(backbone.get("patch_size", 16) / factor)
    return _FIXED.get(kind)


def _product(strides: object) -> int:
    if not isinstance(strides, list | tuple) or not all(isinstance(stride, int) and stride > 0 for stride in strides):
        raise ValueError("not strides")
    return prod(strides)
