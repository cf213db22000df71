"""torchvision: ``resize`` of its transforms, on tensors, on masks, and on images of Pillow, grey and in colours."""

from __future__ import annotations

from adapters._torch_gradient import torch_backward
from adapters.framework import Framework
from adapters.gradient import Gradient
from adapters.operation import Operation, Variant, native
from golden import Convention

__all__ = ["FRAMEWORK", "gradients", "integer_operations", "operations", "variants"]

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

_ABOUT = {"name": "torchvision", "module": "torchvision", "distributions": ("torchvision",), "imports": _IMPORTS}
_REQUIRES = ("torch", "PIL")

FRAMEWORK = Framework(
    **_ABOUT,
    to_native="torch.from_numpy(x)",
    to_numpy="y.numpy()",
    to_bfloat16="torch.from_numpy(x).to(torch.bfloat16)",
    from_bfloat16="y.float().numpy()",
    requires=_REQUIRES,
)
_ON_IMAGES = Framework(**_ABOUT, requires=_REQUIRES)

_DOCS = "https://docs.pytorch.org/vision/0.28/generated/torchvision.transforms."
_RESIZE = _DOCS + "v2.Resize.html"
_FUNCTIONAL = _DOCS + "v2.functional.resize.html"
_CROP = _DOCS + "v2.functional.resized_crop.html"
_V1_RESIZE = _DOCS + "Resize.html"

_LINEAR = Convention(kernel="linear")
_CUBIC = Convention(kernel="cubic", cubic_coeff_a="-3/4")
_NEAREST = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
_NEAREST_EXACT = Convention(kernel="nearest", nearest_mode="round_prefer_ceil")
_STRETCHED = {"antialias": True, "border": "renormalise"}
_SMOOTH = _LINEAR.but(**_STRETCHED)
_SMOOTH_CUBIC = Convention(kernel="cubic", cubic_coeff_a="-1/2", **_STRETCHED)
_LANCZOS = Convention(kernel="lanczos", lobes=3, **_STRETCHED)

_ANTIALIAS_NOTE = "The page gives no formula; antialias=True is to make tensors consistent with Pillow's images."
_PLAIN_NOTE = "The page names the mode and gives no formula; torch.nn.functional.interpolate, which it calls, has it."
_PIL_NOTE = "The page leaves the formula to Pillow's resize, which it calls."
_PIL_EXACT_NOTE = "The page does not say what this mode is for Pillow's images; the code takes Pillow's NEAREST."
_MASK_NOTE = "The page does not name masks; the code takes nearest for whatever is asked for, but for nearest-exact."

# Mode and antialias, what they mean, note. The default is bilinear with antialias; the other modes are not for tensors.
_ON_TENSORS = (
    ("nearest", None, _NEAREST, _PLAIN_NOTE),
    ("nearest-exact", None, _NEAREST_EXACT, _PLAIN_NOTE),
    ("bilinear", False, _LINEAR, _PLAIN_NOTE),
    ("bicubic", True, _SMOOTH_CUBIC, _ANTIALIAS_NOTE),
    ("bicubic", False, _CUBIC, _PLAIN_NOTE),
    ("lanczos", True, _LANCZOS, _ANTIALIAS_NOTE),
)

# By interpolation, which is bilinear where none is given.
# https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters
_ON_PIL = {
    "nearest": (_NEAREST_EXACT, _PIL_NOTE),
    "nearest-exact": (_NEAREST_EXACT, _PIL_EXACT_NOTE),
    "": (_SMOOTH, _PIL_NOTE),
    "bicubic": (_SMOOTH_CUBIC, _PIL_NOTE),
    "box": (Convention(kernel="box", **_STRETCHED), _PIL_NOTE),
    "hamming": (Convention(kernel="hamming", **_STRETCHED), _PIL_NOTE),
    "lanczos": (_LANCZOS, _PIL_NOTE),
}


def _tensor(name: str, call: str, claim: Convention, source: str, note: str, is_default: bool = False) -> Operation:
    return native(FRAMEWORK, name, call, "NCHW", claim=claim, source=source, note=note, is_default=is_default)


def _on_tensors() -> list[Operation]:
    found = [_tensor("resize()", "v2.functional.resize(x, [h, w])", _SMOOTH, _FUNCTIONAL, _ANTIALIAS_NOTE, True)]
    for mode, antialias, claim, note in _ON_TENSORS:
        further = "" if antialias is None else f", antialias={antialias}"
        call = f'v2.functional.resize(x, [h, w], interpolation="{mode}"{further})'
        found.append(_tensor(f"resize({mode}{further})", call, claim, _FUNCTIONAL, note))
    mask = "v2.functional.resize(tv_tensors.Mask(x), [h, w]).as_subclass(torch.Tensor)"
    crop = "v2.functional.resized_crop(x, 0, 0, x.shape[-2], x.shape[-1], [h, w])"
    return [
        *found,
        _tensor(
            "resize(bilinear, antialias=None)",
            'v2.functional.resize(x, [h, w], interpolation="bilinear", antialias=None)',
            _LINEAR,
            _FUNCTIONAL,
            _PLAIN_NOTE,
        ),
        _tensor("Resize()", "v2.Resize((h, w))(x)", _SMOOTH, _RESIZE, _ANTIALIAS_NOTE, True),
        _tensor("resize(Mask)", mask, _NEAREST, _RESIZE, _MASK_NOTE),
        _tensor("resized_crop()", crop, _SMOOTH, _CROP, _ANTIALIAS_NOTE),
        _tensor(
            "transforms v1 Resize()", "torchvision.transforms.Resize((h, w))(x)", _SMOOTH, _V1_RESIZE, _ANTIALIAS_NOTE
        ),
    ]


def _on_image(mode: str, layout: str, kind: str, **about: object) -> Operation:
    claim, note = _ON_PIL[mode]
    given = f', interpolation="{mode}"' if mode else ""
    return native(
        _ON_IMAGES,
        f"resize({', '.join(filter(None, (kind, mode)))})",
        f"np.asarray(v2.functional.resize(PIL.Image.fromarray(x), [h, w]{given}))",
        layout,
        claim=claim,
        source=_FUNCTIONAL,
        note=note,
        **about,
    )


def operations() -> list[Operation]:
    """``resize`` of tensors in every mode, of masks, and of Pillow's images of one plane, which can be float32."""
    return [*_on_tensors(), *(_on_image(mode, "HW", "PIL image", is_default=not mode) for mode in _ON_PIL)]


def integer_operations() -> list[Operation]:
    """``resize`` of Pillow's colour images, whose pixels are bytes."""
    modes = ("", "nearest", "bicubic")
    return [_on_image(mode, "HWC", "PIL image in RGB", dtype="uint8", channels=3) for mode in modes]


def _takes_tensors(operation: Operation) -> bool:
    return operation.call.layout == "NCHW"


def variants() -> list[Variant]:
    """Images whose channels lie next to each other: torchvision rearranges them before it calls torch."""
    memory = "torch.from_numpy(x).contiguous(memory_format=torch.channels_last)"
    return [Variant("channels_last", to_native=memory, applies=_takes_tensors)]


def gradients() -> list[Gradient]:
    """torch's autograd; that its kernels differentiate in every layout and dtype is asked of torch itself."""
    return [Gradient("autograd", torch_backward)]
