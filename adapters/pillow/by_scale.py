"""Pillow's calls that decide the size themselves: ``ImageOps.scale``, ``contain`` and ``cover``, and ``thumbnail``."""

from __future__ import annotations

from dataclasses import replace

from halfpixel.adapters.by_scale import UNSTATED_SCALE_NOTE, ByScaleOperation, native_by_scale
from halfpixel.adapters.pillow.calls import FRAMEWORK, operations

_OPS = "https://pillow.readthedocs.io/en/stable/reference/ImageOps.html#PIL.ImageOps."
_THUMBNAIL = "https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image.thumbnail"
_FIT_NOTE = "The page says that the aspect ratio is kept, not how the other length is rounded."
_THUMBNAIL_NOTE = (
    f"{_FIT_NOTE} It never enlarges, which is a refusal here; a copy is taken, since it changes its image."
)


def thumbnail(x, h: int, w: int):  # type: ignore[no-untyped-def]  # printed
    """A copy of ``x``, made into a thumbnail no larger than ``(h, w)``; ``ValueError`` where nothing would shrink."""
    if h >= x.height and w >= x.width:
        raise ValueError("a thumbnail is never larger than the image")
    x = x.copy()
    x.thumbnail((w, h))
    return x


def operations_by_scale() -> list[ByScaleOperation]:
    """Every call of Pillow that is given a factor, or sizes to fit."""
    framework = replace(FRAMEWORK, imports="from PIL import Image, ImageOps")
    default = next(operation for operation in operations() if operation.is_default)
    scale = native_by_scale(
        framework,
        "ImageOps.scale()",
        "ImageOps.scale(x, sy)",
        "HW",
        claim=default.claim,
        one_scale=True,
        size_variant=default,
        source=_OPS + "scale",
        note=UNSTATED_SCALE_NOTE,
    )
    fits = [
        native_by_scale(
            framework,
            f"ImageOps.{name}()",
            f"ImageOps.{name}(x, (w, h))",
            "HW",
            claim=default.claim,
            keep_aspect_ratio_policy=policy,
            size_variant=default,
            source=_OPS + name,
            note=_FIT_NOTE,
        )
        for name, policy in (("contain", "not_larger"), ("cover", "not_smaller"))
    ]
    reduced = native_by_scale(
        framework,
        "thumbnail(reducing_gap=2.0)",
        "thumbnail(x, h, w)",
        "HW",
        helpers=(thumbnail,),
        claim=default.claim,
        keep_aspect_ratio_policy="not_larger",
        source=_THUMBNAIL,
        note=_THUMBNAIL_NOTE,
    )
    return [scale, *fits, reduced]
