"""Pillow's modes of several channels, and those that pick pixels whatever they are asked for: bytes only."""

from __future__ import annotations

from dataclasses import replace

from adapters.operation import Operation, native
from golden import Convention

_RESIZE = "https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image.resize"
_REDUCE = "https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image.reduce"
_TRANSFORM = "https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image.transform"
_ALPHA_NOTE = "The page does not say that colours are weighted by alpha; PIL/Image.py converts to RGBa, or La, for it."
_NEAREST = Convention(kernel="nearest", nearest_mode="round_prefer_ceil")

_CHANNELS = {"LA": 2, "RGB": 3, "RGBA": 4}
# Filters by mode; modes with alpha differ from RGB in what is done to alpha, which is the same for all filters.
_FILTERS = {
    "RGB": ("NEAREST", "BOX", "BILINEAR", "HAMMING", "BICUBIC", "LANCZOS"),
    "RGBA": ("NEAREST", "BILINEAR", "BICUBIC", "LANCZOS"),
    "LA": ("NEAREST", "BICUBIC"),
}


def integer_operations() -> list[Operation]:
    """Every call on images of bytes that has no twin on planes of floats.

    ``Image.fromarray`` makes an image of three channels RGB, of four RGBA, and of two LA:
    https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.fromarray.
    """
    from adapters.pillow import FILTERS, FRAMEWORK, divides

    def bytes_of(
        mode: str, name: str, call: str, claim: Convention, source: str = _RESIZE, note: str = ""
    ) -> Operation:
        note = f"{_ALPHA_NOTE} {note}".strip() if mode in ("LA", "RGBA") and "NEAREST" not in name else note
        channels = _CHANNELS.get(mode, 1)
        title = f"{name} of {mode}"
        return native(
            FRAMEWORK, title, call, "HWC", claim=claim, source=source, note=note, dtype="uint8", channels=channels
        )

    found = []
    for mode, filters in _FILTERS.items():
        default, note = FILTERS["BICUBIC"]
        found.append(bytes_of(mode, "resize()", "x.resize((w, h))", default, note=note))
        for name in filters:
            claim, note = FILTERS[name]
            call = f"x.resize((w, h), Image.Resampling.{name})"
            found.append(bytes_of(mode, f"resize({name})", call, claim, note=note))
    area = Convention(kernel="area")
    halves = "x.reduce((x.width // w, x.height // h))"
    affine = "x.transform((w, h), Image.Transform.EXTENT, (0, 0, x.width, x.height), Image.Resampling.BILINEAR)"
    for mode in ("RGB", "RGBA"):
        reduced = bytes_of(mode, "reduce()", halves, area, _REDUCE, "The page does not say that it takes the mean.")
        found.append(replace(reduced, accepts=divides))
        plain = Convention(kernel="linear")
        found.append(bytes_of(mode, "transform(EXTENT, BILINEAR)", affine, plain, _TRANSFORM, FILTERS["BILINEAR"][1]))
    palette = 'Image.fromarray(np.asarray(x), "P").resize((w, h))'
    return [*found, bytes_of("P", "resize()", palette, _NEAREST, note=FILTERS["NEAREST"][1])]
