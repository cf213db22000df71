"""torchvision: ``resize`` of its transforms, on tensors, on masks, and on images of Pillow, grey and in colours."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from halfpixel.adapters.conventions import (
    CENTRED_NEAREST,
    KEYS_CUBIC,
    LANCZOS_3,
    LINEAR,
    OPENCV_CUBIC,
    REPEATING_NEAREST,
    stretched,
)
from halfpixel.adapters.gradients import Gradient
from halfpixel.adapters.native_call import NativeCall, Variant
from halfpixel.adapters.operation import CallFields, Operation, OperationFactory, native
from halfpixel.adapters.torch.calls import FRAMEWORK as TORCH
from halfpixel.adapters.torch.gradients import torch_backward
from halfpixel.golden import Convention

# The wheel is built for CUDA, and without its libraries the compiled operators are not loaded: importing torchvision
# then fails where it describes two of them, nms and qnms, to torch, though its transforms use none. Their schemas are
# enough for the import.
_IMPORTS = """\
import PIL.Image
import torch

try:
    import torchvision
except RuntimeError:
    for operator in ("nms", "qnms"):
        torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision
from torchvision import tv_tensors
from torchvision.transforms import v2
"""

FRAMEWORK = replace(
    TORCH,
    name="torchvision",
    module="torchvision",
    distributions=("torchvision",),
    imports=_IMPORTS,
    requires=("torch", "PIL"),
)
_ON_IMAGES = replace(FRAMEWORK, to_native="x", to_numpy="y", to_bfloat16="", from_bfloat16="")

_DOCS = "https://docs.pytorch.org/vision/0.28/generated/torchvision.transforms."
_RESIZE = _DOCS + "v2.Resize.html"
_FUNCTIONAL = _DOCS + "v2.functional.resize.html"
_CROP = _DOCS + "v2.functional.resized_crop.html"
_V1_RESIZE = _DOCS + "Resize.html"

_ANTIALIAS_NOTE = "The page gives no formula; antialias=True is to make tensors consistent with Pillow's images."
_PLAIN_NOTE = "The page names the mode and gives no formula; torch.nn.functional.interpolate, which it calls, has it."
_PIL_NOTE = "The page leaves the formula to Pillow's resize, which it calls."
_PIL_EXACT_NOTE = "The page does not say what this mode is for Pillow's images; the code takes Pillow's NEAREST."
_MASK_NOTE = "The page does not name masks; the code takes nearest for whatever is asked for, but for nearest-exact."

# Mode and antialias, what they mean, note. The default is bilinear with antialias; the other modes are not for tensors.
_ON_TENSORS = (
    ("nearest", "", REPEATING_NEAREST, _PLAIN_NOTE),
    ("nearest-exact", "", CENTRED_NEAREST, _PLAIN_NOTE),
    ("bilinear", ", antialias=False", LINEAR, _PLAIN_NOTE),
    ("bicubic", ", antialias=True", stretched(KEYS_CUBIC), _ANTIALIAS_NOTE),
    ("bicubic", ", antialias=False", OPENCV_CUBIC, _PLAIN_NOTE),
    ("lanczos", ", antialias=True", stretched(LANCZOS_3), _ANTIALIAS_NOTE),
    ("bilinear", ", antialias=None", LINEAR, _PLAIN_NOTE),
)

# By interpolation, which is bilinear where none is given.
# https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters
_ON_PIL = {
    "nearest": (CENTRED_NEAREST, _PIL_NOTE),
    "nearest-exact": (CENTRED_NEAREST, _PIL_EXACT_NOTE),
    "": (stretched(LINEAR), _PIL_NOTE),
    "bicubic": (stretched(KEYS_CUBIC), _PIL_NOTE),
    "box": (stretched(Convention(kernel="box")), _PIL_NOTE),
    "hamming": (stretched(Convention(kernel="hamming")), _PIL_NOTE),
    "lanczos": (stretched(LANCZOS_3), _PIL_NOTE),
}


_tensor = OperationFactory(FRAMEWORK, "NCHW")


def _on_tensors() -> list[Operation]:
    default, mask = stretched(LINEAR), "v2.functional.resize(tv_tensors.Mask(x), [h, w]).as_subclass(torch.Tensor)"
    crop = "v2.functional.resized_crop(x, 0, 0, x.shape[-2], x.shape[-1], [h, w])"
    call = 'v2.functional.resize(x, [h, w], interpolation="{}"{})'
    v1 = "torchvision.transforms.Resize((h, w))(x)"
    return [
        _tensor("resize()", "v2.functional.resize(x, [h, w])", default, _FUNCTIONAL, _ANTIALIAS_NOTE, is_default=True),
        *(
            _tensor(f"resize({mode}{further})", call.format(mode, further), claim, _FUNCTIONAL, note)
            for mode, further, claim, note in _ON_TENSORS
        ),
        _tensor("Resize()", "v2.Resize((h, w))(x)", default, _RESIZE, _ANTIALIAS_NOTE, is_default=True),
        _tensor("resize(Mask)", mask, REPEATING_NEAREST, _RESIZE, _MASK_NOTE),
        _tensor("resized_crop()", crop, default, _CROP, _ANTIALIAS_NOTE),
        _tensor("transforms v1 Resize()", v1, default, _V1_RESIZE, _ANTIALIAS_NOTE),
    ]


def _on_image(mode: str, layout: str, kind: str, **fields: Unpack[CallFields]) -> Operation:
    claim, note = _ON_PIL[mode]
    interpolation = f', interpolation="{mode}"' if mode else ""
    return native(
        _ON_IMAGES,
        f"resize({', '.join(filter(None, (kind, mode)))})",
        f"np.asarray(v2.functional.resize(PIL.Image.fromarray(x), [h, w]{interpolation}))",
        layout,
        claim,
        _FUNCTIONAL,
        note,
        **fields,
    )


def operations() -> list[Operation]:
    """``resize`` of tensors in every mode, of masks, and of Pillow's images of one plane, which can be float32."""
    return [*_on_tensors(), *(_on_image(mode, "HW", "PIL image", is_default=not mode) for mode in _ON_PIL)]


def integer_operations() -> list[Operation]:
    """``resize`` of Pillow's colour images, whose pixels are bytes."""
    modes = ("", "nearest", "bicubic")
    return [_on_image(mode, "HWC", "PIL image in RGB", dtype="uint8", channels=3) for mode in modes]


def _takes_tensors(call: NativeCall) -> bool:
    return call.layout == "NCHW"


def list_variants() -> list[Variant]:
    """Images whose channels lie next to each other: torchvision rearranges them before it calls torch."""
    memory = "torch.from_numpy(x).contiguous(memory_format=torch.channels_last)"
    return [Variant("channels_last", to_native=memory, applies=_takes_tensors)]


def list_gradients() -> list[Gradient]:
    """torch's autograd; that its kernels differentiate in every layout and dtype is asked of torch itself."""
    return [Gradient("autograd", torch_backward)]
