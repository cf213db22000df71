"""torch's resizes of one and of three axes: sequences ``(N, C, L)`` and volumes ``(N, C, D, H, W)``."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from adapters.framework import Framework
from adapters.ranked import RankedOperation, ranked
from golden import Convention

if TYPE_CHECKING:
    import torch

_FRAMEWORK = Framework(
    "torch",
    "torch",
    ("torch",),
    "import torch\nimport torch.nn.functional as F",
    to_native="torch.from_numpy(x)",
    to_numpy="y.numpy()",
)
_DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional."
_INTERPOLATE = _DOCS + "interpolate.html"
_GRID_SAMPLE = _DOCS + "grid_sample.html"
_POOL = _DOCS + "adaptive_avg_pool{}d.html"

_LINEAR = Convention(kernel="linear")
_ADAPTIVE = Convention(kernel="adaptive_average")
_NEAREST = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
_NEAREST_EXACT = Convention(kernel="nearest", nearest_mode="round_prefer_ceil")
_GRID_NEAREST = Convention(kernel="nearest", nearest_mode="round_half_even")


def identity_volume_grid(n: int, size: tuple[int, int, int], align_corners: bool) -> torch.Tensor:
    """The sampling grid, ``(n, *size, 3)``, that spreads the outputs over the whole of the input."""
    import torch
    import torch.nn.functional as F

    return F.affine_grid(torch.eye(3, 4).expand(n, 3, 4), (n, 1, *size), align_corners=align_corners)


def _corners(claim: Convention, align_corners: bool) -> Convention:
    return claim.but(coordinate_transformation_mode="align_corners" if align_corners else "half_pixel")


def ranked_operations() -> list[RankedOperation]:
    """``interpolate``, adaptive pooling and ``grid_sample`` on one axis and on three."""
    found = []
    for rank, linear, axes in ((1, "linear", "1 axis"), (3, "trilinear", "3 axes")):
        for mode, claim in (("nearest", _NEAREST), ("nearest-exact", _NEAREST_EXACT), ("area", _ADAPTIVE)):
            call = f'F.interpolate(x, size=size, mode="{mode}")'
            name = f"interpolate(mode={mode}) of {axes}"
            about = {"claim": claim, "source": _INTERPOLATE, "like": f"interpolate(mode={mode})"}
            found.append(ranked(_FRAMEWORK, name, rank, call, "NCS", **about))
        for align_corners in (False, True):
            arguments = f'mode="{linear}", align_corners={align_corners}'
            name = f"interpolate(mode={linear}, align_corners={align_corners}) of {axes}"
            call = f"F.interpolate(x, size=size, {arguments})"
            about = {"claim": _corners(_LINEAR, align_corners), "source": _INTERPOLATE}
            about["like"] = f"interpolate(mode=bilinear, align_corners={align_corners})"
            found.append(ranked(_FRAMEWORK, name, rank, call, "NCS", **about))
        pool = f"adaptive_avg_pool{rank}d"
        about = {"claim": _ADAPTIVE, "source": _POOL.format(rank), "like": "adaptive_avg_pool2d"}
        found.append(ranked(_FRAMEWORK, pool, rank, f"F.{pool}(x, size)", "NCS", **about))
    for (mode, claim), padding_mode, align_corners in product(
        (("bilinear", _LINEAR), ("nearest", _GRID_NEAREST)), ("zeros", "border", "reflection"), (False, True)
    ):
        reflection = "mirror" if align_corners else "reflect"
        border = {"zeros": "constant", "border": "replicate", "reflection": reflection}[padding_mode]
        corners = {"coordinate_transformation_mode": "tf_crop_and_resize"} if align_corners else {}
        arguments = f'mode="{mode}", padding_mode="{padding_mode}", align_corners={align_corners}'
        name = f"grid_sample(mode={mode}, padding_mode={padding_mode}, align_corners={align_corners})"
        found.append(
            ranked(
                _FRAMEWORK,
                f"{name} of 3 axes",
                3,
                f"F.grid_sample(x, identity_volume_grid(len(x), size, {align_corners}), {arguments})",
                "NCS",
                helpers=(identity_volume_grid,),
                claim=claim.but(border=border, **corners),
                source=_GRID_SAMPLE,
                like=name,
            )
        )
    return found
