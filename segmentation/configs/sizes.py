"""Output stride, crop, window and test sizes of a config, and which sizes suit each setting of ``align_corners``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from halfpixel.segmentation.configs.values import ConfigValue, SourceLine

SOURCE = "https://github.com/open-mmlab/mmsegmentation/tree/v1.2.2/mmseg/models/backbones"

# The coarsest features that any head or neck of these is given, whatever their options.
_FIXED_STRIDES = {
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
# These resize their coarsest features inside, by a setting of their own; the decode head is given features of stride 8.
RESIZING_INSIDE = ("BiSeNetV1", "BiSeNetV2", "DDRNet", "FastSCNN", "PIDNet", "STDCContextPathNet")
STRIDE_AFTER_RESIZING = 8
_RESNETS = ("ResNet", "ResNetV1c", "ResNetV1d", "ResNeXt", "ResNeSt")
_PATCHES = ("VisionTransformer", "BEiT", "MAE")
# Necks that make a pyramid of one resolution: the smallest factor by which they resize it, unless the config says.
_PYRAMIDS = {"Feature2Pyramid": ("rescales", 0.5), "MultiLevelNeck": ("scales", 0.5)}


def output_stride(
    backbone: Mapping[str, Any], neck: Mapping[str, Any] | None = None, as_given: bool = False
) -> int | None:
    """The stride of the coarsest features, in pixels; ``None`` for a backbone that is not known here.

    ``backbone`` and ``neck`` are the dicts of a config. ``as_given``: of the features that the decode head is given,
    rather than of those that the backbone resizes inside. Source of each rule: :data:`SOURCE`, the backbone's file.
    """
    kind = backbone.get("type")
    if not isinstance(kind, str):
        return None
    if as_given and kind in RESIZING_INSIDE:
        return STRIDE_AFTER_RESIZING
    try:
        return _stride(kind, backbone, neck or {})
    except (TypeError, ValueError, ArithmeticError):
        # Options that are not of their kind: it is for the backbone to refuse them.
        return None


def _stride(kind: str, backbone: Mapping[str, Any], neck: Mapping[str, Any]) -> int | None:
    if kind in _RESNETS:
        return 4 * _product(backbone.get("strides", (1, 2, 2, 2)))
    if kind == "MobileNetV2":
        return 2 * _product(backbone.get("strides", (1, 2, 2, 2, 1, 2, 1)))
    if kind == "UNet":
        halvings = sum(map(bool, backbone.get("downsamples", (True,) * 4)))
        return int(2**halvings) * _product(backbone.get("strides", (1,) * 5))
    if kind == "SwinTransformer":
        return _product(backbone.get("strides", (4, 2, 2, 2)))
    if kind in _PATCHES:
        option, smallest = _PYRAMIDS.get(neck.get("type", ""), ("", 1))
        factor = min(1, *neck.get(option, (smallest,)))
        return round(float(backbone.get("patch_size", 16) / factor))
    return _FIXED_STRIDES.get(kind)


def _product(strides: object) -> int:
    if not isinstance(strides, list | tuple) or not all(isinstance(stride, int) and stride > 0 for stride in strides):
        raise ValueError("not strides")
    return prod(strides)


@dataclass(frozen=True, slots=True)
class ConfigSize:
    """A height and a width in pixels, what they are, and where they are set."""

    what: str
    height: int
    width: int
    place: SourceLine

    def __str__(self) -> str:
        return f"{self.height}x{self.width}"


@dataclass(frozen=True, slots=True)
class SlidingWindow:
    """Slide inference: the window, and the step from one window to the next."""

    window: ConfigSize
    step: ConfigSize


def crop_sizes(values: ConfigValue) -> list[ConfigSize]:
    """The sizes that training crops or pads images to; the first is the crop."""
    crops = [
        _size("the training crop", transform.get("crop_size"))
        for transform in _transforms(values.get("train_dataloader", "dataset"), "RandomCrop")
    ]
    crops.append(_size("the size that data_preprocessor pads to", values.get("model", "data_preprocessor", "size")))
    if not any(crops):
        crops.append(_size("crop_size", values.get("crop_size")))
    return list(dict.fromkeys(size for size in crops if size is not None))


def sliding_window(values: ConfigValue) -> SlidingWindow | None:
    """The windows of slide inference, or ``None`` for a config that tests whole images."""
    test = values.get("model", "test_cfg")
    if test is None or test.get_plain("mode") != "slide":
        return None
    window, step = _size("the test window", test.get("crop_size")), _size("the test step", test.get("stride"))
    return SlidingWindow(window, step) if window is not None and step is not None else None


def image_sizes_in_testing(values: ConfigValue) -> list[tuple[ConfigSize, bool]]:
    """What test images are resized to, and whether the aspect ratio is kept, so that this only bounds them.

    ``scale`` of ``Resize`` is ``(width, height)``. Source:
    https://github.com/open-mmlab/mmcv/blob/v2.1.0/mmcv/transforms/processing.py
    """
    sizes = []
    for transform in _transforms(values.get("test_dataloader", "dataset"), "Resize"):
        scale = _size("the test image", transform.get("scale"))
        if scale is not None:
            size = ConfigSize(scale.what, height=scale.width, width=scale.height, place=scale.place)
            sizes.append((size, bool(transform.get_plain("keep_ratio"))))
    return sizes


def _transforms(dataset: ConfigValue | None, kind: str) -> Iterator[ConfigValue]:
    if dataset is None:
        return
    for _, value in dataset.walk():
        name = value.get("type")
        if name is not None and name.content == kind:
            yield value


def _size(what: str, value: ConfigValue | None) -> ConfigSize | None:
    if value is None:
        return None
    sides = value.plain()
    sides = (sides, sides) if isinstance(sides, int) else sides
    if not isinstance(sides, list | tuple) or len(sides) != 2 or not all(_is_length(side) for side in sides):
        return None
    return ConfigSize(what, sides[0], sides[1], value.place)


def _is_length(side: object) -> bool:
    return isinstance(side, int) and not isinstance(side, bool) and side > 0


def feature_count(n: int, stride: int) -> int:
    """How many features a backbone makes of ``n`` pixels: ``ceil(n / stride)``.

    A convolution of stride 2 with kernel ``2 p + 1`` and padding ``p`` gives ``floor((n - 1) / 2) + 1``, centred on
    every other pixel from pixel 0 on; so feature ``i`` of many such is centred on pixel ``stride * i``.
    """
    return -(-n // stride)


def is_suited_size(n: int, stride: int, align_corners: bool) -> bool:
    """Whether the features of ``n`` pixels, resized to ``n`` pixels, all move by one and the same distance.

    With ``align_corners`` that is so for ``n = k * stride + 1``: feature ``i`` is put on pixel ``stride * i``, the one
    that convolutions centre it on. Without, for ``n = k * stride``: it is put in the middle of the patch of ``stride``
    pixels that begins there, ``(stride - 1) / 2`` farther, where patch embeddings take it.
    """
    return feature_displacement(n, stride, align_corners) == 0


def feature_displacement(n: int, stride: int, align_corners: bool) -> Fraction:
    """By how many pixels of the image the features are pulled apart: the farthest two, more or less than they were.

    Features are ``stride`` pixels apart where they are taken. The resize puts them ``(n - 1) / (m - 1)`` apart with
    ``align_corners``, ``n / m`` without; over ``m - 1`` steps the difference adds up to this.
    """
    m = feature_count(n, stride)
    if m == 1:
        return Fraction(0)
    distance = Fraction(n - 1, m - 1) if align_corners else Fraction(n, m)
    return abs(distance - stride) * (m - 1)


def suited_sizes(n: int, stride: int, align_corners: bool) -> tuple[int, ...]:
    """The nearest sizes, below and above ``n``, of the form that the setting suits."""
    offset = 1 if align_corners else 0
    below = (n - offset) // stride * stride + offset
    return tuple(size for size in (below, below + stride) if size > offset)


def window_count(n: int, crop: int, step: int) -> int:
    """How many windows slide inference takes along an axis of ``n`` pixels; one where the image is no longer than it.

    Source: https://github.com/open-mmlab/mmsegmentation/blob/v1.2.2/mmseg/models/segmentors/encoder_decoder.py
    """
    return max(n - crop + step - 1, 0) // step + 1
