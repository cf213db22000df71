"""PyTorch: ``interpolate`` and ``Upsample``, and ``grid_sample`` and adaptive pooling used as a resize."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from adapters._torch_gradient import gradients
from adapters._torch_ranked import ranked_operations
from adapters._torch_scaled import scaled_operations
from adapters._torch_variants import variants
from adapters.framework import Framework
from adapters.operation import Operation, native
from golden import Convention

if TYPE_CHECKING:
    import torch

__all__ = ["FRAMEWORK", "gradients", "operations", "ranked_operations", "scaled_operations", "variants"]

FRAMEWORK = Framework(
    "torch",
    "torch",
    ("torch",),
    "import torch\nimport torch.nn.functional as F",
    to_native="torch.from_numpy(x)",
    to_numpy="y.numpy()",
    to_bfloat16="torch.from_numpy(x).to(torch.bfloat16)",
    from_bfloat16="y.float().numpy()",
)

_DOCS = "https://docs.pytorch.org/docs/2.13/generated/"
_INTERPOLATE = _DOCS + "torch.nn.functional.interpolate.html"
_UPSAMPLE = _DOCS + "torch.nn.Upsample.html"
_GRID_SAMPLE = _DOCS + "torch.nn.functional.grid_sample.html"
_ADAPTIVE_POOL = _DOCS + "torch.nn.functional.adaptive_avg_pool2d.html"

# The page of grid_sample gives both coefficients: its own, which it has from OpenCV, and Pillow's.
_A = Fraction(-3, 4)
_PILLOW_A = Fraction(-1, 2)

_NEAREST = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
_NEAREST_EXACT = Convention(kernel="nearest", nearest_mode="round_prefer_ceil")
_ADAPTIVE = Convention(kernel="adaptive_average")

_NEAREST_NOTE = "The page gives no formula; it says that the mode matches OpenCV's INTER_NEAREST."
_NEAREST_EXACT_NOTE = "The page gives no formula and no rule for ties; it says that the mode matches Pillow."
_AREA_NOTE = (
    "The page names the mode and no more; torch/nn/functional.py hands it to adaptive_avg_pool2d, whose page does not "
    "say which pixels each mean takes either."
)
_CUBIC_NOTE = "The page of interpolate names no coefficient; that of grid_sample says -0.75."
_ANTIALIAS_NOTE = "The page promises Pillow's result when shrinking and align_corners=False, and says no more."
_ANTIALIAS_CORNERS_NOTE = "The page does not say what antialias does to the coordinates of align_corners=True."
_GRID_NEAREST_NOTE = "The page gives no rule for ties; the implementation rounds half to even."
_GRID_CORNERS_NOTE = (
    "The page of affine_grid puts an output of one pixel at the centre of the input, where interpolate takes its first "
    "pixel; roi 0:1 of tf_crop_and_resize says just that."
)


def along_each_axis(resize, x: torch.Tensor, h: int, w: int) -> torch.Tensor:
    """Resize the width, then the height, of ``(N, C, H, W)`` by ``resize(t, n)``: ``(N, C, L)`` to ``(N, C, n)``."""
    for length in (w, h):
        n, c, other, last = x.shape
        x = resize(x.reshape(n, c * other, last), length).reshape(n, c, other, length).transpose(2, 3)
    return x


def identity_grid(x: torch.Tensor, h: int, w: int, align_corners: bool) -> torch.Tensor:
    """The sampling grid, ``(N, h, w, 2)``, that spreads ``(h, w)`` outputs over the whole of ``x``, in its dtype."""
    import torch
    import torch.nn.functional as F

    # grid_sample takes a grid of the image's dtype only; affine_grid makes none of integers.
    dtype = x.dtype if x.is_floating_point() else torch.float32
    n = x.shape[0]
    theta = torch.eye(2, 3, dtype=dtype, device=x.device).expand(n, 2, 3)
    return F.affine_grid(theta, (n, 1, h, w), align_corners=align_corners)


def _operation(
    name: str, call: str, claim: Convention, source: str, note: str = "", helpers: tuple = (), is_default: bool = False
) -> Operation:
    about = {"claim": claim, "source": source, "note": note, "is_default": is_default}
    return native(FRAMEWORK, name, call, "NCHW", helpers=helpers, **about)


def _aligned(convention: Convention, align_corners: bool) -> Convention:
    return convention.but(coordinate_transformation_mode="align_corners" if align_corners else "half_pixel")


def _interpolate() -> list[Operation]:
    plain = (
        ("nearest", _NEAREST, _NEAREST_NOTE),
        ("nearest-exact", _NEAREST_EXACT, _NEAREST_EXACT_NOTE),
        ("area", _ADAPTIVE, _AREA_NOTE),
    )
    default = _operation(
        "interpolate()", "F.interpolate(x, size=(h, w))", _NEAREST, _INTERPOLATE, _NEAREST_NOTE, is_default=True
    )
    return [default] + [
        _operation(
            f"interpolate(mode={mode})", f'F.interpolate(x, size=(h, w), mode="{mode}")', claim, _INTERPOLATE, note
        )
        for mode, claim, note in plain
    ]


def _aligning(name: str, template: str, source: str) -> list[Operation]:
    """Every mode that has ``align_corners``; ``template`` is a call of ``{t}`` with ``{size}`` and ``{arguments}``."""
    cubic = Convention(kernel="cubic", cubic_coeff_a=_A)
    modes = (
        ("bilinear", Convention(kernel="linear"), ""),
        ("bicubic", cubic, _CUBIC_NOTE),
        ("linear", Convention(kernel="linear"), ""),
        ("trilinear", Convention(kernel="linear"), ""),
    )
    found = []
    for (mode, claim, note), align_corners in product(modes, (False, True)):
        arguments = f'mode="{mode}", align_corners={align_corners}'
        call = template.replace("{arguments}", arguments)
        if mode == "linear":
            one_axis = call.replace("{t}", "t").replace("{size}", "n")
            call = f"along_each_axis(lambda t, n: {one_axis}, x, h, w)"
        elif mode == "trilinear":
            call = call.replace("{t}", "x[:, :, None]").replace("{size}", "(1, h, w)") + "[:, :, 0]"
        else:
            call = call.replace("{t}", "x").replace("{size}", "(h, w)")
        helpers = (along_each_axis,) if mode == "linear" else ()
        title = f"{name}(mode={mode}, align_corners={align_corners})"
        found.append(_operation(title, call, _aligned(claim, align_corners), source, note, helpers))
    return found


def _antialiased() -> list[Operation]:
    modes = (
        ("bilinear", Convention(kernel="linear", antialias=True, border="renormalise")),
        ("bicubic", Convention(kernel="cubic", cubic_coeff_a=_PILLOW_A, antialias=True, border="renormalise")),
        ("lanczos", Convention(kernel="lanczos", lobes=3, antialias=True, border="renormalise")),
    )
    return [
        _operation(
            f"interpolate(mode={mode}, align_corners={align_corners}, antialias=True)",
            f'F.interpolate(x, size=(h, w), mode="{mode}", align_corners={align_corners}, antialias=True)',
            _aligned(claim, align_corners),
            _INTERPOLATE,
            _ANTIALIAS_CORNERS_NOTE if align_corners else _ANTIALIAS_NOTE,
        )
        for (mode, claim), align_corners in product(modes, (False, True))
        if not (mode == "lanczos" and align_corners)
    ]


def _grid_sample() -> list[Operation]:
    modes = (
        ("bilinear", Convention(kernel="linear"), ""),
        ("nearest", Convention(kernel="nearest", nearest_mode="round_half_even"), _GRID_NEAREST_NOTE),
        ("bicubic", Convention(kernel="cubic", cubic_coeff_a=_A), ""),
    )
    found = []
    for (mode, claim, note), padding_mode, align_corners in product(
        modes, ("zeros", "border", "reflection"), (False, True)
    ):
        # align_corners moves the mirror of "reflection" from the edge of the corner pixel to its centre.
        reflection = "mirror" if align_corners else "reflect"
        border = {"zeros": "constant", "border": "replicate", "reflection": reflection}[padding_mode]
        corners = {"coordinate_transformation_mode": "tf_crop_and_resize"} if align_corners else {}
        arguments = f'mode="{mode}", padding_mode="{padding_mode}", align_corners={align_corners}'
        found.append(
            _operation(
                f"grid_sample(mode={mode}, padding_mode={padding_mode}, align_corners={align_corners})",
                f"F.grid_sample(x, identity_grid(x, h, w, {align_corners}), {arguments})",
                claim.but(border=border, **corners),
                _GRID_SAMPLE,
                " ".join(filter(None, (note, _GRID_CORNERS_NOTE if align_corners else ""))),
                (identity_grid,),
            )
        )
    return found


def operations() -> list[Operation]:
    """Every resize call of torch."""
    return [
        *_interpolate(),
        *_aligning("interpolate", "F.interpolate({t}, size={size}, {arguments})", _INTERPOLATE),
        *_antialiased(),
        _operation(
            "Upsample()",
            "torch.nn.Upsample(size=(h, w))(x)",
            _NEAREST,
            _UPSAMPLE,
            "The page gives no formula.",
        ),
        *_aligning("Upsample", "torch.nn.Upsample(size={size}, {arguments})({t})", _UPSAMPLE),
        _operation("adaptive_avg_pool2d", "F.adaptive_avg_pool2d(x, (h, w))", _ADAPTIVE, _ADAPTIVE_POOL, _AREA_NOTE),
        *_grid_sample(),
    ]
