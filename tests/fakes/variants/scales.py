"""Resizers by scale: right ones, and wrong ones with exactly one fault each."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor

import numpy as np

from tests.fakes import claims
from tests.fakes.axis import Interpolation, middle_half, when_shrinking
from tests.fakes.image import Fake
from tests.fakes.right import RIGHT as BY_SIZE
from tests.fakes.variants.by_scale import (
    ASYMMETRIC,
    CUBIC,
    LINEAR,
    NEAREST,
    ScaledFake,
    Scales,
    by_scale,
    copied_where_it_stays,
    fitted,
    float32_floor,
    half_even,
    half_up,
    placed,
    recomputed,
    round_half_up_exactly,
    scaled_fake,
    shifted_at_one,
)

_SIZES, _SOURCE, _AXES, _ONE, _STAYS = "output size", "scale source", "per axis", "scale of one", "size that stays"
_POLICY = "keep_aspect_ratio_policy"
_BOX = {"size_rule": "", "scale_source": ""}

WRONG: tuple[ScaledFake, ...] = (
    scaled_fake("the size is rounded, not floored", by_scale(size=half_up), "output size", variants=_SIZES),
    scaled_fake(
        "halves of the size go to the even, not up",
        by_scale(size=half_even),
        "output size",
        variants=_SIZES,
        size_rule="round_half_up",
    ),
    scaled_fake("the size is floored in float32", by_scale(size=float32_floor), "output size", variants=_SIZES),
    scaled_fake(
        "the size is the ceiling",
        by_scale(size=lambda n_in, scale: ceil(n_in * scale)),
        "output size",
        variants=_SIZES,
    ),
    scaled_fake(
        "the size is one too large from 4096 pixels on",
        by_scale(size=lambda n_in, scale: int(n_in * scale) + (n_in >= 4096)),
        "output size",
        variants=_SIZES,
    ),
    scaled_fake(
        "the scale is rounded to two decimals before the size is made",
        by_scale(size=lambda n_in, scale: int(n_in * round(scale, 2))),
        "output size",
        variants=f"{_SIZES}; {_ONE}; {_AXES}",
    ),
    scaled_fake(
        "no rule is documented, and floor loses targets",
        by_scale(),
        "output size",
        variants=_SIZES,
        size_rule="",
    ),
    scaled_fake(
        "the scale is recomputed, though the given one is documented",
        by_scale(used=recomputed),
        "scale source",
        variants=_SOURCE,
    ),
    scaled_fake(
        "the scale is given, though the recomputed one is documented",
        by_scale(),
        "scale source",
        variants=f"{_SOURCE}; {_STAYS}",
        scale_source="recomputed",
    ),
    scaled_fake(
        "coordinates use the scale rounded to one decimal",
        by_scale(used=lambda n_in, n_out, scale: round(scale, 1)),
        "scale source",
        variants=f"{_SOURCE}; {_AXES}; {_STAYS}",
    ),
    scaled_fake(
        "half a pixel is lost where the scale is not the ratio",
        by_scale(
            lambda n_in, n_out, scale: (LINEAR if n_in * scale == n_out else ASYMMETRIC)(n_in, n_out, scale),
        ),
        "coordinates",
        variants=f"{_SOURCE}; {_AXES}; {_STAYS}",
    ),
    scaled_fake(
        "the surplus of half_pixel_symmetric is not centred",
        by_scale(),
        "coordinates",
        variants=f"{_SOURCE}; {_AXES}; {_STAYS}",
        claim=claims.LINEAR_SYMMETRIC,
    ),
    scaled_fake(
        "enlarging floors and shrinking rounds",
        by_scale(size=lambda n_in, scale: int(n_in * scale) if scale > 1 else round(n_in * scale)),
        "output size",
        variants=_SIZES,
    ),
    scaled_fake(
        "antialias is stretched by the ratio of the sizes, and the given scale is documented",
        by_scale(lambda n_in, n_out, scale: _stretched_by_ratio(n_in, n_out, scale)),
        "scale source",
        variants=f"{_SOURCE}; {_AXES}; {_STAYS}",
        claim=claims.LINEAR_ANTIALIAS,
    ),
    scaled_fake(
        "the coordinates of the axes have their scales swapped",
        by_scale(arrange=lambda scales: scales[::-1]),
        "axis order",
        variants=_AXES,
    ),
    scaled_fake(
        "the scales are read as (sx, sy)",
        lambda image, scales: by_scale()(image, scales[::-1]),
        "axis order",
        variants=f"{_SIZES}; {_AXES}",
    ),
    scaled_fake(
        "the height's scale is used for the coordinates of both axes",
        by_scale(arrange=lambda scales: (scales[0], scales[0])),
        "axis order",
        variants=_AXES,
    ),
    scaled_fake(
        "an axis whose scale is one moves by half a pixel",
        by_scale(shifted_at_one(LINEAR)),
        "coordinates",
        variants=_ONE,
    ),
    scaled_fake(
        "an axis whose size stays is copied",
        by_scale(used=copied_where_it_stays),
        "scale source",
        variants=_STAYS,
    ),
    scaled_fake(
        "the region is left out of the size",
        by_scale(lambda n_in, n_out, scale: _middle_half(n_in, n_out)),
        "output size",
        variants=f"roi; {_ONE}",
        claim=claims.LINEAR_MIDDLE_HALF,
    ),
    scaled_fake(
        "a box is fitted by the ratio in float32",
        fitted(round_half_up_exactly, number=np.float32),
        "output size",
        variants=_POLICY,
        keep_aspect_ratio_policy="not_larger",
        **_BOX,
    ),
    scaled_fake(
        "a box is fitted with halves going to the even",
        fitted(round),
        "output size",
        variants=_POLICY,
        keep_aspect_ratio_policy="not_larger",
        **_BOX,
    ),
    scaled_fake(
        "the larger ratio is taken, not the smaller",
        fitted(round_half_up_exactly, pick=max),
        "output size",
        variants=f"{_POLICY}; {_SOURCE}",
        keep_aspect_ratio_policy="not_larger",
        **_BOX,
    ),
)


def _stretched_by_ratio(n_in: int, n_out: int, scale: float) -> np.ndarray:
    return placed(Interpolation(stretch=when_shrinking, border="renormalise"), 0.5)(n_in, n_out, scale)


@lru_cache(maxsize=1024)
def _middle_half(n_in: int, n_out: int) -> np.ndarray:
    return replace(Interpolation(), place=middle_half)(n_in, n_out)


def _from_size(fake: Fake) -> ScaledFake:
    """A right resizer by size, called by scale: rounded half to even, so that targets come back, and recomputed."""
    run = fake.operation.run

    def resize(image: np.ndarray, scales: Scales) -> np.ndarray:
        sizes = tuple(round(n_in * scale) for n_in, scale in zip(image.shape, scales, strict=True))
        if max(image.shape + sizes) > 64:
            return np.broadcast_to(np.float32(0), sizes)
        return run(image[None, :, :, None], sizes)[0, :, :, 0]

    reads = fake.claim.coordinate_transformation_mode not in ("align_corners", "tf_crop_and_resize")
    about = {"scale_source": "recomputed" if reads else "", "decides_size": False}
    return scaled_fake(f"{fake.name}, by scale", resize, claim=fake.claim, **about)


def _symmetric(n_in: int, n_out: int, scale: float) -> np.ndarray:
    surplus = n_in / 2 * (1 - n_out / (scale * n_in))

    def place(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
        return surplus + (o + 0.5) / scale - 0.5, 1

    return Interpolation(place=place)(n_in, n_out)


def _one_scale(image: np.ndarray, scales: Scales) -> np.ndarray:
    if scales[0] != scales[1]:
        raise ValueError("only one scale for both axes")
    return by_scale()(image, scales)


RIGHT: tuple[ScaledFake, ...] = (
    scaled_fake("half_pixel_symmetric, given scale", by_scale(_symmetric), claim=claims.LINEAR_SYMMETRIC),
    scaled_fake("one scale for both axes", _one_scale, one_scale=True),
    scaled_fake("floored, given scale", by_scale()),
    scaled_fake("floored, recomputed scale", by_scale(used=recomputed), scale_source="recomputed"),
    scaled_fake("floored, coordinates from a float32 scale", by_scale(number=np.float32)),
    scaled_fake("rounded, nothing documented", by_scale(size=half_even), size_rule="", scale_source=""),
    scaled_fake("rounded half up where 'round' is documented", by_scale(size=half_up), size_rule="round"),
    scaled_fake("floored in float32 as the scale is", by_scale(size=float32_floor), scale_dtype="float32"),
    scaled_fake("the exact product, floored", by_scale(size=lambda n_in, scale: floor(Fraction(scale) * n_in))),
    scaled_fake("cubic, given scale", by_scale(CUBIC), claim=claims.CUBIC),
    scaled_fake("nearest, given scale", by_scale(NEAREST), claim=claims.NEAREST_PREFER_FLOOR),
    scaled_fake("asymmetric, given scale", by_scale(ASYMMETRIC), claim=claims.LINEAR_ASYMMETRIC),
    scaled_fake("whole factors", by_scale(), scale_dtype="integer"),
    scaled_fake("enlarges only", by_scale(), accepts=lambda n_in, scale: scale >= 1),
    scaled_fake("fits a box", fitted(round_half_up_exactly), keep_aspect_ratio_policy="not_larger", **_BOX),
    scaled_fake(
        "covers a box", fitted(round_half_up_exactly, pick=max), keep_aspect_ratio_policy="not_smaller", **_BOX
    ),
    *(_from_size(fake) for fake in BY_SIZE),
)
