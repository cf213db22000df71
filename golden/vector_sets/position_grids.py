"""Cases of position grids: how vision transformers fit the embeddings that they learned to images of another size."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from halfpixel.golden.convention import Convention
from halfpixel.golden.vector_sets.problem import VectorAxis
from halfpixel.golden.vector_sets.value_cases import (
    CUBIC_075,
    KEYS,
    LINEAR,
    VectorCase,
    VectorFile,
    axis_case,
    with_coordinates,
)

_STRETCHED: dict[str, object] = {"antialias": True, "border": "renormalise"}
_CALLS = (
    (CUBIC_075, "torch's bicubic, as DINOv2 and most others call it"),
    (KEYS.but(**_STRETCHED), "torch's bicubic with antialias, whose coefficient is -1/2, as DINOv2 with registers"),
    (LINEAR, "torch's bilinear"),
    (LINEAR.but(**_STRETCHED), "torch's bilinear with antialias, as SigLIP 2 in transformers"),
    (with_coordinates(LINEAR, "align_corners"), "linspace over the grid, as Qwen3-VL in transformers"),
)
_GRIDS = (
    (37, 39, "DINOv2 at 546 pixels: https://github.com/facebookresearch/dinov2/pull/378"),
    (16, 10, "SigLIP 2, which shrinks: https://github.com/Blaizzy/mlx-vlm/pull/2266"),
    (48, 112, "Qwen3-VL at 1792 pixels: https://github.com/ggml-org/llama.cpp/pull/25781"),
    (48, 160, "Qwen3-VL at 2560 pixels: https://github.com/ggml-org/llama.cpp/pull/25781"),
    (64, 36, "SAM's grid of 64, cut to the image: https://github.com/huggingface/transformers/issues/31960"),
    (64, 46, "The other side of the same grid."),
)


def position_grids() -> VectorFile:
    """Grids by size, by scale (which loses a row where a product is floored) and by ``(n_out + 0.1) / n_in``."""
    cases = [
        axis_case(f"By size: {who}. {source}", convention, n_in, n_out, values=_values(n_in))
        for n_in, n_out, source in _GRIDS
        for convention, who in _CALLS
    ]
    for n_in, n_out, source in _GRIDS[:4]:
        double = n_out / n_in
        floored = floor(n_in * double)
        lost = f"floor({n_in} * {double!r}) is {floored}, {'one too few' if floored < n_out else 'as wanted'}"
        cases += [
            axis_case(f"By scale: {lost}. {source}", convention, n_in, floored, Fraction(n_out, n_in), _values(n_in))
            for convention, _ in _CALLS[:3]
        ]
        raised = Fraction(10 * n_out + 1, 10 * n_in)
        cases += [
            axis_case(
                f"By ({n_out} + 0.1) / {n_in}: the right size, other coordinates. {source}",
                convention,
                n_in,
                n_out,
                raised,
                _values(n_in),
            )
            for convention, _ in _CALLS[:3]
        ]
    cases += [_square(convention, who) for convention, who in _CALLS]
    return VectorFile("16-position-grids", "Position grids of vision transformers", tuple(cases), has_matrices=False)


def _square(convention: Convention, who: str) -> VectorCase:
    axes = (VectorAxis(convention, 16, 10), VectorAxis(convention, 16, 22))
    return VectorCase(
        f"{convention}, 16x16 to 10x22", f"An image more than twice as wide as high: {who}.", axes, _values(256)
    )


def _values(count: int) -> tuple[int, ...]:
    """Grey levels without an order."""
    return tuple((37 * i * i + 11 * i) % 251 for i in range(count))
