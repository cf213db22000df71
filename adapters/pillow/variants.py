"""Pillow's other paths for a resize: arrays of another memory layout, and images that are parts of others.

Pillow resizes on one thread, and has no path for more.
"""

from __future__ import annotations

from halfpixel.adapters.native_call import Variant


def cropped(x):  # type: ignore[no-untyped-def]  # printed
    """The pixels of ``x`` as a crop of a larger image."""
    from PIL import Image

    image = Image.fromarray(x)
    larger = Image.new(image.mode, (image.width + 3, image.height + 2), 7)
    larger.paste(image, (2, 1))
    return larger.crop((2, 1, 2 + image.width, 1 + image.height))


def list_variants() -> list[Variant]:
    """Every path. https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.fromarray."""
    return [
        Variant("transposed in memory", to_native="Image.fromarray(np.asfortranarray(x))"),
        Variant("cropped from a larger image", to_native="cropped(x)", helpers=(cropped,)),
    ]
