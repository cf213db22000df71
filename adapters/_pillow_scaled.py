"""Pillow's calls that decide the size themselves: ``ImageOps.scale``, ``contain`` and ``cover``, and ``thumbnail``."""

from __future__ import annotations

from dataclasses import replace

from adapters.framework import Framework
from adapters.scaled import ScaledOperation, scaled

_OPS = "https://pillow.readthedocs.io/en/stable/reference/ImageOps.html#PIL.ImageOps."
_THUMBNAIL = "https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image.thumbnail"
_SCALE_NOTE = (
    "The page gives no rule for the output size, and does not say whether coordinates follow the factor or the ratio "
    "of the sizes."
)
_FIT_NOTE = "The page says that the aspect ratio is kept, not how the other length is rounded."
_THUMBNAIL_NOTE = (
    f"{_FIT_NOTE} It never enlarges, which is a refusal here; a copy is taken, since it changes its image."
)


def thumbnail(x, h: int, w: int):
    """A copy of ``x``, made into a thumbnail no larger than ``(h, w)``; ``ValueError`` where nothing would shrink."""
    if h >= x.height and w >= x.width:
        raise ValueError("a thumbnail is never larger than the image")
    x = x.copy()
    x.thumbnail((w, h))
    return x


def scaled_operations() -> list[ScaledOperation]:
    """Every call of Pillow that is given a factor, or sizes to fit."""
    from adapters.pillow import FRAMEWORK, operations

    framework: Framework = replace(FRAMEWORK, imports="from PIL import Image, ImageOps")
    default = next(operation for operation in operations() if operation.is_default)
    fits = (("contain", "not_larger"), ("cover", "not_smaller"))
    return [
        scaled(
            framework,
            "ImageOps.scale()",
            "ImageOps.scale(x, sy)",
            "HW",
            claim=default.claim,
            one_scale=True,
            by_size=default,
            source=_OPS + "scale",
            note=_SCALE_NOTE,
        ),
        *(
            scaled(
                framework,
                f"ImageOps.{name}()",
                f"ImageOps.{name}(x, (w, h))",
                "HW",
                claim=default.claim,
                policy=policy,
                by_size=default,
                source=_OPS + name,
                note=_FIT_NOTE,
            )
            for name, policy in fits
        ),
        scaled(
            framework,
            "thumbnail(reducing_gap=2.0)",
            "thumbnail(x, h, w)",
            "HW",
            helpers=(thumbnail,),
            claim=default.claim,
            policy="not_larger",
            source=_THUMBNAIL,
            note=_THUMBNAIL_NOTE,
        ),
    ]
