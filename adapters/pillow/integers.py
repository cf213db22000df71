"""Pillow's modes of several channels, and those that pick pixels whatever they are asked for: bytes only."""

from __future__ import annotations

from collections.abc import Callable

from halfpixel.adapters.conventions import AREA, LINEAR
from halfpixel.adapters.operation import Operation, OperationFactory, any_size, divides
from halfpixel.adapters.pillow.calls import FILTERS, FRAMEWORK, REDUCE, RESIZE, TRANSFORM
from halfpixel.golden import Convention

_ALPHA_NOTE = "The page does not say that colours are weighted by alpha; PIL/Image.py converts to RGBa, or La, for it."
_CHANNELS = {"LA": 2, "RGB": 3, "RGBA": 4}
# Filters by mode; modes with alpha differ from RGB in what is done to alpha, which is the same for all filters.
_FILTERS = {
    "RGB": ("NEAREST", "BOX", "BILINEAR", "HAMMING", "BICUBIC", "LANCZOS"),
    "RGBA": ("NEAREST", "BILINEAR", "BICUBIC", "LANCZOS"),
    "LA": ("NEAREST", "BICUBIC"),
}


_BYTES = OperationFactory(FRAMEWORK, "HWC")


def _of_bytes(
    mode: str,
    name: str,
    expression: str,
    claim: Convention | None,
    note: str,
    source: str = RESIZE,
    accepts: Callable[[int, int], bool] = any_size,
) -> Operation:
    if mode in ("LA", "RGBA") and "NEAREST" not in name:
        note = f"{_ALPHA_NOTE} {note}"
    channels = _CHANNELS.get(mode, 1)
    name = f"{name} of {mode}"
    return _BYTES(name, expression, claim, source, note, accepts=accepts, dtype="uint8", channels=channels)


def integer_operations() -> list[Operation]:
    """Every call on images of bytes that has no twin on planes of floats.

    ``Image.fromarray`` makes an image of three channels RGB, of four RGBA, and of two LA:
    https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.fromarray.
    """
    operations = []
    for mode, filters in _FILTERS.items():
        operations.append(_of_bytes(mode, "resize()", "x.resize((w, h))", *FILTERS["BICUBIC"]))
        for name in filters:
            call = f"x.resize((w, h), Image.Resampling.{name})"
            operations.append(_of_bytes(mode, f"resize({name})", call, *FILTERS[name]))
    reduced, note = "x.reduce((x.width // w, x.height // h))", "The page does not say that it takes the mean."
    extent = "x.transform((w, h), Image.Transform.EXTENT, (0, 0, x.width, x.height), Image.Resampling.BILINEAR)"
    _, bilinear_note = FILTERS["BILINEAR"]
    for mode in ("RGB", "RGBA"):
        operations.append(_of_bytes(mode, "reduce()", reduced, AREA, note, REDUCE, accepts=divides))
        operations.append(_of_bytes(mode, "transform(EXTENT, BILINEAR)", extent, LINEAR, bilinear_note, TRANSFORM))
    palette = 'Image.fromarray(np.asarray(x), "P").resize((w, h))'
    return [*operations, _of_bytes("P", "resize()", palette, *FILTERS["NEAREST"])]
