"""PyTorch: ``interpolate`` and ``Upsample``, and ``grid_sample`` and adaptive pooling used as a resize."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

from halfpixel.adapters.conventions import (
    ADAPTIVE_AVERAGE,
    CENTRED_NEAREST,
    GRID_NEAREST,
    KEYS_CUBIC,
    LANCZOS_3,
    LINEAR,
    OPENCV_CUBIC,
    REPEATING_NEAREST,
    stretched,
    with_corners,
)
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.operation import Operation, OperationFactory
from halfpixel.golden import Convention

if TYPE_CHECKING:
    import torch

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
INTERPOLATE = _DOCS + "torch.nn.functional.interpolate.html"
_UPSAMPLE = _DOCS + "torch.nn.Upsample.html"
GRID_SAMPLE = _DOCS + "torch.nn.functional.grid_sample.html"
_ADAPTIVE_POOL = _DOCS + "torch.nn.functional.adaptive_avg_pool2d.html"
PADDING_MODES = ("zeros", "border", "reflection")

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


def along_each_axis(resize, x: torch.Tensor, h: int, w: int) -> torch.Tensor:  # type: ignore[no-untyped-def]  # printed
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


def grid_claim(convention: Convention, padding_mode: str, align_corners: bool) -> Convention:
    """What ``grid_sample`` makes of a kernel: ``align_corners`` moves the mirror of "reflection", too.

    With ``align_corners`` the mirror is the centre of the corner pixel, without it that pixel's edge.
    """
    reflection = "mirror" if align_corners else "reflect"
    claim = convention.but(border={"zeros": "constant", "border": "replicate", "reflection": reflection}[padding_mode])
    return claim.but(coordinate_transformation_mode="tf_crop_and_resize") if align_corners else claim


_torch = OperationFactory(FRAMEWORK, "NCHW")


def _interpolate() -> Iterator[Operation]:
    call = "F.interpolate(x, size=(h, w))"
    yield _torch("interpolate()", call, REPEATING_NEAREST, INTERPOLATE, _NEAREST_NOTE, is_default=True)
    for mode, claim, note in (
        ("nearest", REPEATING_NEAREST, _NEAREST_NOTE),
        ("nearest-exact", CENTRED_NEAREST, _NEAREST_EXACT_NOTE),
        ("area", ADAPTIVE_AVERAGE, _AREA_NOTE),
    ):
        call = f'F.interpolate(x, size=(h, w), mode="{mode}")'
        yield _torch(f"interpolate(mode={mode})", call, claim, INTERPOLATE, note)


def _modes_with_corners(name: str, template: str, source: str) -> Iterator[Operation]:
    """Every mode that has ``align_corners``; ``template`` is a call of ``{t}`` with ``{size}`` and ``{arguments}``."""
    modes = (
        ("bilinear", LINEAR, ""),
        ("bicubic", OPENCV_CUBIC, _CUBIC_NOTE),
        ("linear", LINEAR, ""),
        ("trilinear", LINEAR, ""),
    )
    for (mode, claim, note), align_corners in product(modes, (False, True)):
        call = template.replace("{arguments}", f'mode="{mode}", align_corners={align_corners}')
        if mode == "linear":
            one_axis = call.replace("{t}", "t").replace("{size}", "n")
            call = f"along_each_axis(lambda t, n: {one_axis}, x, h, w)"
        elif mode == "trilinear":
            call = call.replace("{t}", "x[:, :, None]").replace("{size}", "(1, h, w)") + "[:, :, 0]"
        else:
            call = call.replace("{t}", "x").replace("{size}", "(h, w)")
        yield _torch(
            f"{name}(mode={mode}, align_corners={align_corners})",
            call,
            with_corners(claim, align_corners),
            source,
            note,
            (along_each_axis,) if mode == "linear" else (),
        )


def _antialiased() -> Iterator[Operation]:
    # The page of grid_sample gives both cubic coefficients: its own, which is OpenCV's, and Pillow's.
    modes = (("bilinear", LINEAR), ("bicubic", KEYS_CUBIC), ("lanczos", LANCZOS_3))
    for (mode, claim), align_corners in product(modes, (False, True)):
        if mode == "lanczos" and align_corners:
            continue
        yield _torch(
            f"interpolate(mode={mode}, align_corners={align_corners}, antialias=True)",
            f'F.interpolate(x, size=(h, w), mode="{mode}", align_corners={align_corners}, antialias=True)',
            with_corners(stretched(claim), align_corners),
            INTERPOLATE,
            _ANTIALIAS_CORNERS_NOTE if align_corners else _ANTIALIAS_NOTE,
        )


def _grid_sample() -> Iterator[Operation]:
    modes = (("bilinear", LINEAR, ""), ("nearest", GRID_NEAREST, _GRID_NEAREST_NOTE), ("bicubic", OPENCV_CUBIC, ""))
    for (mode, claim, note), padding_mode, align_corners in product(modes, PADDING_MODES, (False, True)):
        arguments = f'mode="{mode}", padding_mode="{padding_mode}", align_corners={align_corners}'
        yield _torch(
            f"grid_sample(mode={mode}, padding_mode={padding_mode}, align_corners={align_corners})",
            f"F.grid_sample(x, identity_grid(x, h, w, {align_corners}), {arguments})",
            grid_claim(claim, padding_mode, align_corners),
            GRID_SAMPLE,
            " ".join(filter(None, (note, _GRID_CORNERS_NOTE if align_corners else ""))),
            (identity_grid,),
        )


def operations() -> list[Operation]:
    """Every resize call of torch."""
    upsample, pool = "torch.nn.Upsample(size=(h, w))(x)", "F.adaptive_avg_pool2d(x, (h, w))"
    return [
        *_interpolate(),
        *_modes_with_corners("interpolate", "F.interpolate({t}, size={size}, {arguments})", INTERPOLATE),
        *_antialiased(),
        _torch("Upsample()", upsample, REPEATING_NEAREST, _UPSAMPLE, "The page gives no formula."),
        *_modes_with_corners("Upsample", "torch.nn.Upsample(size={size}, {arguments})({t})", _UPSAMPLE),
        _torch("adaptive_avg_pool2d", pool, ADAPTIVE_AVERAGE, _ADAPTIVE_POOL, _AREA_NOTE),
        *_grid_sample(),
    ]
