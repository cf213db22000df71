"""How to ask the libraries that are installed which output size they make of a request."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from halfpixel.adapters.registry import operations_by_scale
from halfpixel.golden.library_sizes import LibrarySize, RequestKind, Size, SizeRequest

SizeQuestion = Callable[[Size, SizeRequest], Any]
"""Resizes an image of zeros as requested, and returns the (height, width) that came out."""


def size_question(library_size: LibrarySize) -> SizeQuestion | None:
    """How to ask a library; ``None`` where it is not installed, or there is no way to ask."""
    if library_size.kind is RequestKind.SCALE:
        return _by_scale(library_size.library)
    module, question = _QUESTIONS.get((library_size.library, library_size.call, library_size.kind), ("", None))
    return question if module and find_spec(module) is not None else None


_ASKED_BY_SCALE = ("torch", "opencv", "scipy", "skimage", "onnxruntime", "pillow", "tensorflow")
"""Of the frameworks whose calls by scale are known, those that are quick on large images, too."""


def _by_scale(library: str) -> SizeQuestion | None:
    name = {"keras": "tensorflow"}.get(library, library)
    if name not in _ASKED_BY_SCALE:
        return None
    calls = [
        call
        for call in operations_by_scale(name)
        if call.decides_size and not call.one_scale and not call.keep_aspect_ratio_policy
    ]
    if not calls:
        return None
    call = calls[0]

    def ask(image: Size, request: SizeRequest) -> Size:
        scale = tuple(float(s) for s in request.scale or ())
        result = call.run(np.zeros((1, *image, 1), np.float32), (scale[0], scale[1]))
        return result.shape[1], result.shape[2]

    return ask


def _torchvision(image: Size, request: SizeRequest) -> Any:
    import torch
    from torchvision.transforms.v2.functional import resize

    shortest = None if request.shortest is None else [request.shortest]
    return resize(torch.zeros(1, *image), shortest, max_size=request.longest).shape[-2:]


def _thumbnail(image: Size, request: SizeRequest) -> Any:
    from PIL import Image

    picture = Image.new("L", image[::-1])
    picture.thumbnail((request.longest, request.longest))
    return picture.size[::-1]


def _contain(image: Size, request: SizeRequest) -> Any:
    from PIL import Image, ImageOps

    box = request.letterbox or (request.longest, request.longest)
    return ImageOps.contain(Image.new("L", image[::-1]), box[::-1]).size[::-1]


def _resize_with_pad(image: Size, request: SizeRequest) -> Any:
    import tensorflow as tf

    # Ones where the image lies, zeros where it is padded.
    height, width = request.letterbox or image
    padded = tf.image.resize_with_pad(tf.ones((*image, 1)), height, width, method="nearest").numpy()[..., 0]
    return int(padded.any(axis=1).sum()), int(padded.any(axis=0).sum())


def _imrescale(image: Size, request: SizeRequest) -> Any:
    import mmcv

    box = request.letterbox or (request.longest or 10**9, request.shortest or request.longest)
    return mmcv.imrescale(np.zeros(image, np.uint8), tuple(box)).shape


_SHORT, _LONG, _BOX = RequestKind.SHORTEST, RequestKind.LONGEST, RequestKind.LETTERBOX
_QUESTIONS: dict[tuple[str, str, RequestKind], tuple[str, SizeQuestion]] = {
    ("torchvision", "Resize(shortest, max_size=longest)", _SHORT): ("torchvision", _torchvision),
    ("torchvision", "Resize(None, max_size=longest)", _LONG): ("torchvision", _torchvision),
    ("pillow", "Image.thumbnail", _LONG): ("PIL", _thumbnail),
    ("pillow", "ImageOps.contain", _LONG): ("PIL", _contain),
    ("pillow", "ImageOps.pad", _BOX): ("PIL", _contain),
    ("tensorflow", "tf.image.resize_with_pad", _BOX): ("tensorflow", _resize_with_pad),
    ("mmcv", "imrescale((longest, shortest))", _SHORT): ("mmcv", _imrescale),
    ("mmcv", "imrescale((longest, longest))", _LONG): ("mmcv", _imrescale),
}
"""By library, call and kind: the module that must be installed, and how to ask."""
