"""kornia: ``resize`` and ``Resize``, its warps and crops used as a resize, and its image pyramid."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from adapters._torch_gradient import torch_backward
from adapters.framework import Framework
from adapters.gradient import Gradient
from adapters.operation import Operation, native
from adapters.scaled import ScaledOperation, scaled, sharing_size_rules
from golden import Convention

if TYPE_CHECKING:
    import torch

__all__ = ["FRAMEWORK", "gradients", "operations", "scaled_operations"]

FRAMEWORK = Framework(
    "kornia",
    "kornia",
    ("kornia",),
    "import kornia\nimport kornia.augmentation\nimport torch",
    to_native="torch.from_numpy(x)",
    to_numpy="y.numpy()",
    to_bfloat16="torch.from_numpy(x).to(torch.bfloat16)",
    from_bfloat16="y.float().numpy()",
    requires=("torch",),
)

_SOURCE = "https://github.com/kornia/kornia/blob/v0.9.0/kornia/"
_AFFWARP = _SOURCE + "geometry/transform/affwarp.py"
_WARP = _SOURCE + "geometry/transform/imgwarp.py"
_CROP = _SOURCE + "geometry/transform/crop2d.py"
_PYRAMID = _SOURCE + "geometry/transform/pyramid.py"
_AUGMENTATION = _SOURCE + "augmentation/_2d/geometric/resize.py"

_LINEAR = Convention(kernel="linear")
_CUBIC = Convention(kernel="cubic", cubic_coeff_a="-3/4")
_NEAREST = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
_NEAREST_EXACT = Convention(kernel="nearest", nearest_mode="round_prefer_ceil")
_GRID_NEAREST = Convention(kernel="nearest", nearest_mode="round_half_even")

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
# constant, darkens small images along both axes at once, and no axis can be measured without the other.
_BORDERS = {"reflect": "mirror", "replicate": "replicate", "circular": "wrap"}


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


def _kornia(name: str, call: str, claim: Convention | None, source: str, **about: object) -> Operation:
    return native(FRAMEWORK, name, call, "NCHW", claim=claim, source=source, **about)


def _aligned(claim: Convention) -> Convention:
    return claim.but(coordinate_transformation_mode="align_corners")


_RESIZE = (
    ("nearest", "", _NEAREST),
    ("nearest-exact", "", _NEAREST_EXACT),
    ("area", "", Convention(kernel="adaptive_average")),
    ("bilinear", "", _LINEAR),
    ("bilinear", ", align_corners=True", _aligned(_LINEAR)),
    ("bicubic", "", _CUBIC),
    ("bicubic", ", align_corners=True", _aligned(_CUBIC)),
)


def _resizes() -> list[Operation]:
    follows = {"source": _AFFWARP, "note": _FOLLOWS_TORCH}
    default = "kornia.geometry.transform.resize(x, (h, w))"
    found = [_kornia("resize()", default, _LINEAR, is_default=True, **follows)]
    for mode, further, claim in _RESIZE:
        call = f'kornia.geometry.transform.resize(x, (h, w), interpolation="{mode}"{further})'
        found.append(_kornia(f"resize({mode}{further})", call, claim, **follows))
    for mode in ("nearest", "bilinear", "bicubic"):
        call = f'kornia.geometry.transform.resize(x, (h, w), interpolation="{mode}", antialias=True)'
        found.append(_kornia(f"resize({mode}, antialias=True)", call, None, _AFFWARP, note=_GAUSSIAN_NOTE))
    layer = "kornia.geometry.transform.Resize((h, w))(x)"
    return [
        *found,
        _kornia("Resize()", layer, _LINEAR, is_default=True, **follows),
        _kornia(
            "augmentation Resize()",
            "kornia.augmentation.Resize((h, w))(x)",
            _aligned(_LINEAR),
            _AUGMENTATION,
            is_default=True,
        ),
        _kornia(
            "augmentation Resize(nearest)",
            'kornia.augmentation.Resize((h, w), resample="nearest")(x)',
            _NEAREST_EXACT,
            _AUGMENTATION,
            note="The text says: the half-pixel grid, and torch's nearest-exact.",
        ),
    ]


def _two_pixels(n_in: int, n_out: int) -> bool:
    # Pixels are normalised by n - 1, which is zero for one pixel.
    return n_in > 1


def _two_pixels_each(n_in: int, n_out: int) -> bool:
    # The four corners of a line of pixels span no area, from which no transform follows.
    return n_in > 1 and n_out > 1


def _warps() -> list[Operation]:
    transform = "kornia.geometry.transform."
    affine = "warp_affine(x, forward_matrix(x, h, w), (h, w)"
    remap, crop = "remap(x, *coordinate_maps(x, h, w)", "crop_and_resize(x, whole_image(x), (h, w))"
    # Not warp_affine by nearest: it inverts the matrix, and the last bits of that, which differ between processors, say
    # where a tie goes.
    calls = (
        (affine, "bilinear", _LINEAR, ""),
        (remap, "bilinear", _LINEAR, ""),
        (remap, "nearest", _GRID_NEAREST, _TIE_NOTE),
    )
    about = {"source": _WARP, "accepts": _two_pixels}
    found = [
        _kornia(
            f"{call.partition('(')[0]}({mode}, border, align_corners=True, half_pixel map)",
            f'{transform}{call}, mode="{mode}", padding_mode="border", align_corners=True)',
            claim,
            note=note,
            helpers=(forward_matrix if call == affine else coordinate_maps,),
            **about,
        )
        for call, mode, claim, note in calls
    ]
    return [
        *found,
        _kornia(
            "remap(border, half_pixel map)",
            f'{transform}{remap}, padding_mode="border")',
            None,
            note=_REMAP_NOTE,
            helpers=(coordinate_maps,),
            **about,
        ),
        _kornia(
            "crop_and_resize(whole image)",
            transform + crop,
            _aligned(_LINEAR),
            _CROP,
            note="The text has no formula; it says that the corners of a box are pixels, and belong to it.",
            accepts=_two_pixels_each,
            helpers=(whole_image,),
        ),
    ]


def _halves(n_in: int, n_out: int) -> bool:
    # The border reflects or repeats two pixels, and there must be more than those.
    return n_in > 2 and n_out == n_in // 2


def _doubles(n_in: int, n_out: int) -> bool:
    return n_in > 1 and n_out == 2 * n_in


def _pyramids() -> list[Operation]:
    found = []
    for (border_type, border), align_corners in product(_BORDERS.items(), (False, True)):
        if align_corners and border_type != "reflect":
            continue
        claim = _LINEAR.but(prefilter="binomial", border=border)
        found.append(
            _kornia(
                f"pyrdown({border_type}, align_corners={align_corners})",
                f'kornia.geometry.transform.pyrdown(x, border_type="{border_type}", align_corners={align_corners})',
                _aligned(claim) if align_corners else claim,
                _PYRAMID,
                accepts=_halves,
                uniform=True,
            )
        )
    up = "kornia.geometry.transform.pyrup(x)"
    return [*found, _kornia("pyrup()", up, None, _PYRAMID, note=_PYRUP_NOTE, accepts=_doubles, uniform=True)]


def operations() -> list[Operation]:
    """Every call of kornia that resizes, or can be made to."""
    return [*_resizes(), *_warps(), *_pyramids()]


def scaled_operations() -> list[ScaledOperation]:
    """``rescale`` in the modes of ``resize``, which it calls with the size that it makes of the factors."""
    by_size = {operation.name: operation for operation in operations()}
    found = []
    for mode, further, claim in _RESIZE:
        found.append(
            scaled(
                FRAMEWORK,
                f"rescale({mode}{further})",
                f'kornia.geometry.transform.rescale(x, (sy, sx), interpolation="{mode}"{further})',
                "NCHW",
                claim=claim,
                size_rule="floor",
                scale_source="recomputed",
                source=_AFFWARP,
                note="The text says that the size is made of the factor, not which way it is rounded.",
                by_size=by_size[f"resize({mode}{further})"],
            )
        )
    return sharing_size_rules(found, lambda operation: True)


def gradients() -> list[Gradient]:
    """torch's autograd; that its kernels differentiate in every layout and dtype is asked of torch itself."""
    return [Gradient("autograd", torch_backward)]
