"""Build mmsegmentation decode heads from configs as deployable models, and export them to ONNX."""

from __future__ import annotations

import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from halfpixel.segmentation.configs.read import read
from halfpixel.segmentation.configs.sizes import feature_count

SHRINK = 32
"""Channels are divided by this, in and within, for time alone: whole, FCNHead takes 2e11 products at a crop of 769."""

STRIDE = 8
"""Of the ``-d8`` backbones: image pixels for each pixel of the features, https://arxiv.org/abs/1706.05587."""

OUTPUTS = ("low", "logits", "labels")
OPSETS = {"dynamo": 18, "torchscript": 17}
"""What is asked of each exporter."""


class _AbsentOperators(types.ModuleType):
    """Stands for ``mmcv._ext``: any name is a function that raises when it is called."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)

        def absent(*args: object, **kwargs: object) -> None:
            raise NotImplementedError(f"mmcv._ext.{name} is compiled, and mmcv-lite does not have it")

        return absent


@contextmanager
def compiled_operators_absent() -> Iterator[None]:
    """Within, ``mmcv.ops`` can be imported without being compiled.

    ``mmseg.models`` imports every head, and a few need operators that mmcv-lite does not have; the heads here call none
    of them. Afterwards ``mmcv._ext`` is absent again: mmengine asks for it to tell whether mmcv is whole.
    """
    had = sys.modules.get("mmcv._ext")
    if had is None:
        sys.modules["mmcv._ext"] = _AbsentOperators("mmcv._ext")
    try:
        yield
    finally:
        if had is None:
            del sys.modules["mmcv._ext"]


def decode_head(file: Path, align_corners: bool, shrink: int = SHRINK) -> torch.nn.Module:
    """The decode head of a config, built by mmsegmentation's registry, with seeded weights, for inference.

    All is as the config says but ``align_corners`` and the channels, which are divided by ``shrink``. ``SyncBN``
    becomes ``BN`` by mmengine's own function, as mmsegmentation's tools do on a CPU.
    """
    with compiled_operators_absent():
        import mmseg.models  # noqa: F401  fills the registry
        from mmengine.model import revert_sync_batchnorm
        from mmseg.registry import MODELS
    config: dict[str, Any] = read(file).values.get_plain("model", "decode_head")
    config |= {"align_corners": align_corners}
    config |= {name: config[name] // shrink for name in ("in_channels", "channels")}
    with torch.random.fork_rng():
        torch.manual_seed(20)
        head = revert_sync_batchnorm(MODELS.build(config))
        head.init_weights()
    return head.eval()


def crop_size(file: Path) -> tuple[int, int]:
    """Height and width of the config's training crop, which is also what its images are resized to."""
    height, width = read(file).values.get_plain("crop_size")
    return height, width


def feature_size(size: tuple[int, int]) -> tuple[int, int]:
    """What a backbone of stride 8 makes of an image: every convolution of stride 2 rounds up."""
    height, width = (feature_count(n, STRIDE) for n in size)
    return height, width


def random_features(channels: int, size: tuple[int, int]) -> np.ndarray:
    """float32 ``(1, channels, *size)`` from a fixed seed: waves longer than a quarter of the image, and no negatives.

    The backbone's last layer is a ReLU. Long waves make regions, and so boundaries, as images have; noise would not.
    """
    random = np.random.default_rng(20)
    y, x = (np.arange(n) / n for n in size)
    total = np.zeros((channels, *size))
    for _ in range(6):
        fy, fx, phase, weight = random.uniform(-4, 4, (4, channels, 1, 1))
        total += weight * np.cos(2 * np.pi * (fy * y[:, None] + fx * x + phase))
    return np.maximum(total, 0).astype(np.float32)[None]


class DeployedHead(torch.nn.Module):  # type: ignore[misc]  # torch is not installed where types are checked
    """What is deployed: features to the head's logits, these resized to the image, and the largest class.

    The resize is the head's own: ``EncoderDecoder.predict`` ends in ``predict_by_feat`` of the head, and then in
    ``argmax`` (``postprocess_result``; its resize to the original image is none where that has the crop's size).
    Source: https://github.com/open-mmlab/mmsegmentation/blob/v1.2.2/mmseg/models/decode_heads/decode_head.py
    """

    def __init__(self, head: torch.nn.Module, size: tuple[int, int]) -> None:
        super().__init__()
        self.head = head
        self.size = size

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """``(low, logits, labels)``: the head's logits, the same resized to the image, and the labels."""
        low = self.head([x] * (self.head.in_index + 1))
        logits = self.head.predict_by_feat(low, [{"img_shape": self.size}])
        return low, logits, logits.argmax(dim=1)


def export(model: DeployedHead, x: np.ndarray, exporter: str) -> onnx.ModelProto:
    """Export with static shapes by ``dynamo`` or ``torchscript``; the exporter's error where it refuses."""
    names = {"input_names": ["features"], "output_names": list(OUTPUTS)}
    arguments = names | {"opset_version": OPSETS[exporter]}
    example = (torch.from_numpy(x),)
    with warnings.catch_warnings():
        # That TorchScript's exporter is deprecated, that shapes are taken for constants: both are meant.
        warnings.simplefilter("ignore")
        if exporter == "dynamo":
            return torch.onnx.export(model, example, dynamo=True, verbose=False, **arguments).model_proto
        written = BytesIO()
        torch.onnx.export(model, example, written, dynamo=False, **arguments)
    return onnx.load_from_string(written.getvalue())


@dataclass(frozen=True, slots=True)
class ExportedResize:
    """A Resize of an exported file: the attributes that say where it samples, and the sizes along H and W."""

    mode: str
    coordinate_transformation_mode: str
    size_in: tuple[int, int]
    size_out: tuple[int, int]


def resize_nodes(model: onnx.ModelProto) -> list[ExportedResize]:
    """Every Resize, in the order of the graph, the last being that to the image."""
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {
        value.name: tuple(d.dim_value for d in value.type.tensor_type.shape.dim[2:])
        for value in (*inferred.input, *inferred.value_info, *inferred.output)
    }
    resizes = []
    for node in inferred.node:
        if node.op_type == "Resize":
            attributes = {field.name: onnx.helper.get_attribute_value(field) for field in node.attribute}
            mode, coordinates = (attributes[name].decode() for name in ("mode", "coordinate_transformation_mode"))
            resizes.append(ExportedResize(mode, coordinates, shapes[node.input[0]], shapes[node.output[0]]))
    return resizes
