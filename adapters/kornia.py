"""kornia: ``resize`` and ``Resize``, its warps and crops used as a resize, and its image pyramid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from halfpixel.adapters.by_scale import ByScaleOperation, mark_shared_size_rules, native_by_scale
from halfpixel.adapters.conventions import (
    ADAPTIVE_AVERAGE,
    CENTRED_NEAREST,
    GRID_NEAREST,
    LINEAR,
    OPENCV_CUBIC,
    REPEATING_NEAREST,
    with_corners,
)
from halfpixel.adapters.gradients import Gradient
from halfpixel.adapters.operation import AllBut, Operation, OperationFactory, doubles, is_one_pixel
from halfpixel.adapters.torch.calls import FRAMEWORK as TORCH
from halfpixel.adapters.torch.gradients import torch_backward

if TYPE_CHECKING:
    import torch

FRAMEWORK = replace(
    TORCH,
    name="kornia",
    module="kornia",
    distributions=("kornia",),
    imports="import kornia\nimport kornia.augmentation\nimport torch",
    requires=("torch",),
)

_SOURCE = "https://github.com/kornia/kornia/blob/v0.9.0/kornia/"
_AFFWARP = _SOURCE + "geometry/transform/affwarp.py"
_WARP = _SOURCE + "geometry/transform/imgwarp.py"
_CROP = _SOURCE + "geometry/transform/crop2d.py"
_PYRAMID = _SOURCE + "geometry/transform/pyramid.py"
_AUGMENTATION = _SOURCE + "augmentation/_2d/geometric/resize.py"

_FOLLOWS_TORCH = "The text gives no formula; it says that the call follows torch.nn.functional.interpolate."
_GAUSSIAN_NOTE = (
    "The text says that a Gaussian filters the image first, not which; the code has a sigma of (n_in / n_out - 1) / 2, "
    "cut off at two of them."
)
_REMAP_NOTE = (
    "The text says that pixels are normalised as align_corners=True has them whatever is asked for, so that by default "
    "even an identity map resamples the image: no convention says that."
)
_TIE_NOTE = "The text names the mode, not where a tie goes; torch's grid_sample rounds half to even."
_PYRUP_NOTE = "The text says that the image is upsampled and then blurred: a filter at the output's resolution."

# torch's names of borders, https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.pad.html. The fourth,
# constant, darkens small images along both axes at once, and no axis can be measured without the other. Each with
# golden's name of it, and align_corners.
_BORDERS = (
    ("reflect", "mirror", False),
    ("reflect", "mirror", True),
    ("replicate", "replicate", False),
    ("circular", "wrap", False),
)


def forward_matrix(x: torch.Tensor, h: int, w: int) -> torch.Tensor:
    """The matrix from pixels of ``x`` to those of ``(h, w)``, ``(N, 2, 3)``, that puts the edges of both together."""
    import torch

    sy, sx = h / x.shape[-2], w / x.shape[-1]
    matrix = [[sx, 0, 0.5 * sx - 0.5], [0, sy, 0.5 * sy - 0.5]]
    return torch.tensor([matrix], dtype=torch.float32).expand(len(x), 2, 3)


def coordinate_maps(x: torch.Tensor, h: int, w: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The pixel of ``x``, along the width and along the height, for each of ``(h, w)``; each ``(N, h, w)``."""
    import torch

    columns = (torch.arange(w) + 0.5) * (x.shape[-1] / w) - 0.5
    rows = (torch.arange(h) + 0.5) * (x.shape[-2] / h) - 0.5
    return columns.expand(len(x), h, w), rows[:, None].expand(len(x), h, w)


def whole_image(x: torch.Tensor) -> torch.Tensor:
    """The box of all pixels of ``x``, as its four corners, ``(N, 4, 2)``."""
    import torch

    right, bottom = x.shape[-1] - 1, x.shape[-2] - 1
    corners = [[0, 0], [right, 0], [right, bottom], [0, bottom]]
    return torch.tensor([corners], dtype=torch.float32).expand(len(x), 4, 2)


_kornia = OperationFactory(FRAMEWORK, "NCHW")

_RESIZE = (
    ("nearest", "", REPEATING_NEAREST),
    ("nearest-exact", "", CENTRED_NEAREST),
    ("area", "", ADAPTIVE_AVERAGE),
    ("bilinear", "", LINEAR),
    ("bilinear", ", align_corners=True", with_corners(LINEAR, True)),
    ("bicubic", "", OPENCV_CUBIC),
    ("bicubic", ", align_corners=True", with_corners(OPENCV_CUBIC, True)),
)


def _resizes() -> Iterator[Operation]:
    call = "kornia.geometry.transform.resize(x, (h, w))"
    yield _kornia("resize()", call, LINEAR, _AFFWARP, _FOLLOWS_TORCH, is_default=True)
    for mode, further, claim in _RESIZE:
        call = f'kornia.geometry.transform.resize(x, (h, w), interpolation="{mode}"{further})'
        yield _kornia(f"resize({mode}{further})", call, claim, _AFFWARP, _FOLLOWS_TORCH)
    for mode in ("nearest", "bilinear", "bicubic"):
        call = f'kornia.geometry.transform.resize(x, (h, w), interpolation="{mode}", antialias=True)'
        yield _kornia(f"resize({mode}, antialias=True)", call, None, _AFFWARP, _GAUSSIAN_NOTE)
    layer = "kornia.geometry.transform.Resize((h, w))(x)"
    yield _kornia("Resize()", layer, LINEAR, _AFFWARP, _FOLLOWS_TORCH, is_default=True)
    layer = "kornia.augmentation.Resize((h, w))(x)"
    yield _kornia("augmentation Resize()", layer, with_corners(LINEAR, True), _AUGMENTATION, is_default=True)
    layer = 'kornia.augmentation.Resize((h, w), resample="nearest")(x)'
    note = "The text says: the half-pixel grid, and torch's nearest-exact."
    yield _kornia("augmentation Resize(nearest)", layer, CENTRED_NEAREST, _AUGMENTATION, note)


def _is_one_pixel_on_either_side(n_in: int, n_out: int) -> bool:
    return 1 in (n_in, n_out)


def _warps() -> Iterator[Operation]:
    """``warp_affine``, ``remap`` and ``crop_and_resize`` of the whole image."""
    transform, remap = "kornia.geometry.transform.", "remap(x, *coordinate_maps(x, h, w)"
    # Not warp_affine by nearest: it inverts the matrix, and the last bits of that, which differ between processors, say
    # where a tie goes.
    for call, mode, claim, note, helper in (
        ("warp_affine(x, forward_matrix(x, h, w), (h, w)", "bilinear", LINEAR, "", forward_matrix),
        (remap, "bilinear", LINEAR, "", coordinate_maps),
        (remap, "nearest", GRID_NEAREST, _TIE_NOTE, coordinate_maps),
    ):
        yield _kornia(
            f"{call.partition('(')[0]}({mode}, border, align_corners=True, half_pixel map)",
            f'{transform}{call}, mode="{mode}", padding_mode="border", align_corners=True)',
            claim,
            _WARP,
            note,
            (helper,),
        )
    yield _kornia(
        "remap(border, half_pixel map)",
        f'{transform}{remap}, padding_mode="border")',
        None,
        _WARP,
        _REMAP_NOTE,
        helpers=(coordinate_maps,),
    )
    yield _kornia(
        "crop_and_resize(whole image)",
        f"{transform}crop_and_resize(x, whole_image(x), (h, w))",
        with_corners(LINEAR, True),
        _CROP,
        "The text has no formula; it says that the corners of a box are pixels, and belong to it.",
        helpers=(whole_image,),
        accepts=AllBut(_is_one_pixel_on_either_side, ("crop-one-pixel-nan",)),
    )


def _halves(n_in: int, n_out: int) -> bool:
    return n_out == n_in // 2 > 0


def _is_two_pixels(n_in: int, n_out: int) -> bool:
    return n_in == 2


_REFLECTION_DEFECT = "pyramid-small-image-refused"
"""Both blur by a filter of five, whose border reflects two pixels of an image that must have more."""


def _pyramids() -> Iterator[Operation]:
    for border_type, border, align_corners in _BORDERS:
        yield _kornia(
            f"pyrdown({border_type}, align_corners={align_corners})",
            f'kornia.geometry.transform.pyrdown(x, border_type="{border_type}", align_corners={align_corners})',
            with_corners(LINEAR.but(prefilter="binomial", border=border), align_corners),
            _PYRAMID,
            accepts=AllBut(_is_two_pixels, (_REFLECTION_DEFECT,), _halves) if border_type == "reflect" else _halves,
            same_scale_on_both_axes=True,
        )
    call = "kornia.geometry.transform.pyrup(x)"
    accepts = AllBut(is_one_pixel, (_REFLECTION_DEFECT,), doubles)
    yield _kornia("pyrup()", call, None, _PYRAMID, _PYRUP_NOTE, accepts=accepts, same_scale_on_both_axes=True)


def operations() -> list[Operation]:
    """Every call of kornia that resizes, or can be made to."""
    return [*_resizes(), *_warps(), *_pyramids()]


def operations_by_scale() -> list[ByScaleOperation]:
    """``rescale`` in the modes of ``resize``, which it calls with the size that it makes of the factors."""
    by_name = {operation.name: operation for operation in operations()}
    calls = [
        native_by_scale(
            FRAMEWORK,
            f"rescale({mode}{further})",
            f'kornia.geometry.transform.rescale(x, (sy, sx), interpolation="{mode}"{further})',
            "NCHW",
            claim,
            _AFFWARP,
            "The text says that the size is made of the factor, not which way it is rounded.",
            size_rule="floor",
            scale_source="recomputed",
            size_variant=by_name[f"resize({mode}{further})"],
        )
        for mode, further, claim in _RESIZE
    ]
    return mark_shared_size_rules(calls, lambda operation: "rescale")


def list_gradients() -> list[Gradient]:
    """torch's autograd; that its kernels differentiate in every layout and dtype is asked of torch itself."""
    return [Gradient("autograd", torch_backward)]
