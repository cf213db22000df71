"""torch's resizes of one and of three axes: sequences ``(N, C, L)`` and volumes ``(N, C, D, H, W)``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

from halfpixel.adapters.conventions import (
    ADAPTIVE_AVERAGE,
    CENTRED_NEAREST,
    GRID_NEAREST,
    LINEAR,
    REPEATING_NEAREST,
    with_corners,
)
from halfpixel.adapters.nd import NdOperation, native_nd
from halfpixel.adapters.torch.calls import FRAMEWORK, GRID_SAMPLE, INTERPOLATE, PADDING_MODES, grid_claim

if TYPE_CHECKING:
    import torch

_POOL = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.adaptive_avg_pool{}d.html"


def identity_volume_grid(n: int, size: tuple[int, int, int], align_corners: bool) -> torch.Tensor:
    """The sampling grid, ``(n, *size, 3)``, that spreads the outputs over the whole of the input."""
    import torch
    import torch.nn.functional as F

    return F.affine_grid(torch.eye(3, 4).expand(n, 3, 4), (n, 1, *size), align_corners=align_corners)


def _interpolate_and_pool(rank: int, linear: str, axes: str) -> Iterator[NdOperation]:
    # Mode, its further arguments, claim, and the equivalent mode of two axes.
    modes = [
        ("nearest", "", REPEATING_NEAREST, "nearest"),
        ("nearest-exact", "", CENTRED_NEAREST, "nearest-exact"),
        ("area", "", ADAPTIVE_AVERAGE, "area"),
        (linear, ", align_corners=False", LINEAR, "bilinear"),
        (linear, ", align_corners=True", with_corners(LINEAR, True), "bilinear"),
    ]
    for mode, further, claim, mode_2d in modes:
        name, call = (
            f"interpolate(mode={mode}{further}) of {axes}",
            f'F.interpolate(x, size=size, mode="{mode}"{further})',
        )
        equivalent = f"interpolate(mode={mode_2d}{further})"
        yield native_nd(FRAMEWORK, name, rank, call, "NCS", claim, INTERPOLATE, equivalent_2d=equivalent)
    pool, source = f"adaptive_avg_pool{rank}d", _POOL.format(rank)
    call, equivalent = f"F.{pool}(x, size)", "adaptive_avg_pool2d"
    yield native_nd(FRAMEWORK, pool, rank, call, "NCS", ADAPTIVE_AVERAGE, source, equivalent_2d=equivalent)


def _grid_sample() -> Iterator[NdOperation]:
    modes = (("bilinear", LINEAR), ("nearest", GRID_NEAREST))
    for (mode, claim), padding_mode, align_corners in product(modes, PADDING_MODES, (False, True)):
        arguments = f'mode="{mode}", padding_mode="{padding_mode}", align_corners={align_corners}'
        name = f"grid_sample(mode={mode}, padding_mode={padding_mode}, align_corners={align_corners})"
        yield native_nd(
            FRAMEWORK,
            f"{name} of 3 axes",
            3,
            f"F.grid_sample(x, identity_volume_grid(len(x), size, {align_corners}), {arguments})",
            "NCS",
            grid_claim(claim, padding_mode, align_corners),
            GRID_SAMPLE,
            helpers=(identity_volume_grid,),
            equivalent_2d=name,
        )


def operations_nd() -> list[NdOperation]:
    """``interpolate``, adaptive pooling and ``grid_sample`` on one axis and on three."""
    sequences, volumes = _interpolate_and_pool(1, "linear", "1 axis"), _interpolate_and_pool(3, "trilinear", "3 axes")
    return [*sequences, *volumes, *_grid_sample()]
