"""Every size rule that is known, by library and call, with the address of the code or page that states it."""

from __future__ import annotations

from math import floor

import numpy as np

from halfpixel.golden.library_sizes.rules import (
    LibrarySize,
    RequestKind,
    by_one_scale,
    contain,
    detectron2,
    detr,
    divided_fit,
    fitted,
    float32_scale,
    half_up,
    mmcv,
    multiples,
    qwen,
    scaled,
    thumbnail,
    torchvision,
    whole_factors,
)

_SCALE, _SHORT, _LONG, _BOX, _MULTIPLE = RequestKind
_HF = "https://github.com/huggingface/transformers/blob/main/src/transformers/"
_PIL = "https://pillow.readthedocs.io/en/stable/reference/"
_TORCHVISION = "https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Resize.html"
_MMCV = "https://github.com/open-mmlab/mmcv/blob/main/mmcv/image/geometric.py"
_ALBUMENTATIONS = (
    "https://github.com/albumentations-team/albumentations/blob/main/albumentations/augmentations/geometric/resize.py"
)
_DETECTRON2 = "https://github.com/facebookresearch/detectron2/blob/main/detectron2/data/transforms/augmentation_impl.py"
_ULTRALYTICS = "https://github.com/ultralytics/ultralytics/blob/main/ultralytics/data/augment.py"
_SAM = "https://github.com/facebookresearch/segment-anything/blob/main/segment_anything/utils/transforms.py"
_DETR = "https://github.com/facebookresearch/detr/blob/main/datasets/transforms.py"
_TORCH = "https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html"
_OPENCV = "https://github.com/opencv/opencv/blob/5.x/modules/imgproc/src/resize.cpp"
_SCIPY = "https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.zoom.html"
_SKIMAGE = "https://github.com/scikit-image/scikit-image/blob/main/skimage/transform/_warps.py"
_ONNX = "https://onnx.ai/onnx/operators/onnx__Resize.html"
_ORT = "https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/providers/cpu/tensor/upsamplebase.h"
_KERAS = "https://keras.io/api/layers/reshaping_layers/up_sampling2d/"
_TF = "https://www.tensorflow.org/api_docs/python/tf/image/resize_with_pad"

LIBRARY_SIZES: tuple[LibrarySize, ...] = (
    LibrarySize("torch", "F.interpolate(scale_factor=s)", _SCALE, "floor(n * s)", scaled(floor), _TORCH),
    LibrarySize("opencv", "cv2.resize(fx=s, fy=s)", _SCALE, "round half even (n * s)", scaled(round), _OPENCV),
    LibrarySize("scipy", "scipy.ndimage.zoom(zoom=s)", _SCALE, "round half even (n * s)", scaled(round), _SCIPY),
    LibrarySize("skimage", "rescale(scale=s)", _SCALE, "max(1, round half even (n * s))", scaled(round, 1), _SKIMAGE),
    LibrarySize("onnx", "Resize(scales=s)", _SCALE, "floor(n * float32(s)), exact product", float32_scale, _ONNX),
    LibrarySize("onnxruntime", "Resize(scales=s)", _SCALE, "floor(float32(n * s))", scaled(floor), _ORT, np.float32),
    LibrarySize(
        "pillow", "ImageOps.scale(factor=s)", _SCALE, "round half even (n * s)", scaled(round), f"{_PIL}ImageOps.html"
    ),
    LibrarySize("keras", "UpSampling2D(size=s)", _SCALE, "n * s, whole s only", whole_factors, _KERAS),
    LibrarySize("mmcv", "imrescale(scale=s)", _SCALE, "int(n * s + 1/2)", scaled(half_up), _MMCV),
    LibrarySize("albumentations", "RandomScale", _SCALE, "int(n * s)", scaled(int), _ALBUMENTATIONS),
    LibrarySize(
        "torchvision",
        "Resize(shortest, max_size=longest)",
        _SHORT,
        "long = int(shortest * long / short); beyond the limit short = int(longest * shortest / long)",
        torchvision,
        _TORCHVISION,
    ),
    LibrarySize(
        "detectron2",
        "ResizeShortestEdge",
        _SHORT,
        "int(n * s + 1/2), s = shortest / short, then times longest / max",
        detectron2,
        _DETECTRON2,
    ),
    LibrarySize(
        "detr",
        "datasets.transforms.resize",
        _SHORT,
        "short = round(longest * short / long) beyond the limit; long = int(short' * long / short): rounded twice",
        detr(False),
        _DETR,
    ),
    LibrarySize(
        "transformers",
        "DetrImageProcessor",
        _SHORT,
        "as DETR, but the long side follows from the short one before it is rounded",
        detr(True),
        f"{_HF}image_transforms.py",
    ),
    LibrarySize(
        "transformers",
        "YolosImageProcessor",
        _SHORT,
        "as DetrImageProcessor, then rounded down to multiples of 16",
        detr(True, 16),
        f"{_HF}models/yolos/image_processing_yolos.py",
    ),
    LibrarySize(
        "transformers",
        "CLIPImageProcessor",
        _SHORT,
        "as torchvision",
        torchvision,
        f"{_HF}image_transforms.py",
    ),
    LibrarySize(
        "mmcv",
        "imrescale((longest, shortest))",
        _SHORT,
        "int(n * s + 1/2), s = min(longest / long, shortest / short)",
        mmcv,
        _MMCV,
    ),
    LibrarySize(
        "albumentations",
        "SmallestMaxSize",
        _SHORT,
        "max(1, round half even (n * s)), s = shortest / short",
        by_one_scale(round),
        _ALBUMENTATIONS,
    ),
    LibrarySize(
        "torchvision",
        "Resize(None, max_size=longest)",
        _LONG,
        "int(longest * short / long)",
        torchvision,
        _TORCHVISION,
    ),
    LibrarySize(
        "segment-anything",
        "ResizeLongestSide",
        _LONG,
        "int(n * s + 1/2), s = longest / long",
        by_one_scale(half_up, 0),
        _SAM,
    ),
    LibrarySize(
        "transformers",
        "SamImageProcessor",
        _LONG,
        "int(n * s + 1/2), s = longest / long",
        by_one_scale(half_up, 0),
        f"{_HF}models/sam/image_processing_sam.py",
    ),
    LibrarySize(
        "transformers",
        "JanusImageProcessor",
        _LONG,
        "max(14, round half even (n * s)), s = longest / long",
        by_one_scale(round, 14),
        f"{_HF}models/janus/image_processing_janus.py",
    ),
    LibrarySize(
        "transformers",
        "JanusImageProcessor, until January 2026",
        _LONG,
        "max(14, int(n * s)), s = longest / long",
        by_one_scale(int, 14),
        "https://github.com/huggingface/transformers/pull/43187",
    ),
    LibrarySize(
        "transformers",
        "DetrImageProcessor(max_height, max_width)",
        _LONG,
        "int(n * s), s = longest / long",
        fitted(int, 0),
        f"{_HF}models/detr/image_processing_detr.py",
    ),
    LibrarySize(
        "albumentations",
        "LongestMaxSize",
        _LONG,
        "max(1, round half even (n * s)), s = longest / long",
        by_one_scale(round),
        _ALBUMENTATIONS,
    ),
    LibrarySize(
        "pillow",
        "Image.thumbnail",
        _LONG,
        "the whole number whose aspect ratio is nearest; never enlarges",
        thumbnail,
        f"{_PIL}Image.html",
    ),
    LibrarySize(
        "pillow",
        "ImageOps.contain",
        _LONG,
        "round half even (short / long * longest)",
        contain,
        f"{_PIL}ImageOps.html",
    ),
    LibrarySize("mmcv", "imrescale((longest, longest))", _LONG, "int(n * s + 1/2), s = longest / long", mmcv, _MMCV),
    LibrarySize(
        "ultralytics",
        "LetterBox",
        _BOX,
        "max(1, round half even (n * s)), s = min of both ratios",
        fitted(round),
        _ULTRALYTICS,
    ),
    LibrarySize(
        "tensorflow",
        "tf.image.resize_with_pad",
        _BOX,
        "floor(n / r), r = max of both ratios, in float32",
        divided_fit,
        _TF,
        np.float32,
    ),
    LibrarySize(
        "pillow", "ImageOps.pad", _BOX, "round half even (short / long * side)", contain, f"{_PIL}ImageOps.html"
    ),
    LibrarySize("mmcv", "imrescale, then impad", _BOX, "int(n * s + 1/2), s = min of both ratios", mmcv, _MMCV),
    LibrarySize(
        "transformers",
        "DetrImageProcessor(max_height, max_width)",
        _BOX,
        "int(n * s), s = min of both ratios",
        fitted(int, 0),
        f"{_HF}models/detr/image_processing_detr.py",
    ),
    LibrarySize(
        "qwen",
        "smart_resize(factor=multiple)",
        _MULTIPLE,
        "round half even (n / m) * m; beyond 3,136 to 1,003,520 pixels by a common factor first",
        qwen,
        f"{_HF}models/qwen2_vl/image_processing_qwen2_vl.py",
    ),
    LibrarySize(
        "transformers",
        "DPTImageProcessor(ensure_multiple_of)",
        _MULTIPLE,
        "round half even (n / m) * m",
        multiples(round),
        f"{_HF}models/dpt/image_processing_dpt.py",
    ),
    LibrarySize(
        "transformers",
        "GLPNImageProcessor(size_divisor)",
        _MULTIPLE,
        "floor(n / m) * m",
        multiples(floor),
        f"{_HF}models/glpn/image_processing_glpn.py",
    ),
)
"""Every rule that is known, by kind of request; ``source`` is where it is stated."""
