"""Which sizes each setting of ``align_corners`` suits, exactly: where features are, and where a resize puts them."""

from __future__ import annotations

from fractions import Fraction

from golden import Convention, coordinates

_ALIGNED = Convention(kernel="linear", coordinate_transformation_mode="align_corners")


def keeps_grid(n_in: int, n_out: int) -> bool:
    """Whether ``align_corners=True`` puts every input pixel of an axis exactly on an output pixel.

    Of the exact coordinates alone: every input index is where some output samples. That is so for ``n_in = 1``, and
    else exactly where ``n_out > 1`` and ``n_in - 1`` divides ``n_out - 1``.
    """
    sampled = coordinates(_ALIGNED, n_in, n_out)
    return {Fraction(i) for i in range(n_in)} <= {sampled[o] for o in range(n_out)}


def features(n: int, stride: int) -> int:
    """How many features a backbone makes of ``n`` pixels: ``ceil(n / stride)``.

    A convolution of stride 2 with kernel ``2 p + 1`` and padding ``p`` gives ``floor((n - 1) / 2) + 1``, centred on
    every other pixel from pixel 0 on; so feature ``i`` of many such is centred on pixel ``stride * i``.
    """
    return -(-n // stride)


def suits(n: int, stride: int, align_corners: bool) -> bool:
    """Whether the features of ``n`` pixels, resized to ``n`` pixels, all move by one and the same distance.

    With ``align_corners`` that is so for ``n = k * stride + 1``: feature ``i`` is put on pixel ``stride * i``, the one
    that convolutions centre it on. Without, for ``n = k * stride``: it is put in the middle of the patch of ``stride``
    pixels that begins there, ``(stride - 1) / 2`` farther, where patch embeddings take it.
    """
    return displacement(n, stride, align_corners) == 0


def displacement(n: int, stride: int, align_corners: bool) -> Fraction:
    """By how many pixels of the image the features are pulled apart: the farthest two, more or less than they were.

    Features are ``stride`` pixels apart where they are taken. The resize puts them ``(n - 1) / (m - 1)`` apart with
    ``align_corners``, ``n / m`` without; over ``m - 1`` steps the difference adds up to this.
    """
    m = features(n, stride)
    if m == 1:
        return Fraction(0)
    apart = Fraction(n - 1, m - 1) if align_corners else Fraction(n, m)
    return abs(apart - stride) * (m - 1)


def suited_sizes(n: int, stride: int, align_corners: bool) -> tuple[int, ...]:
    """The nearest sizes, below and above ``n``, of the form that the setting suits."""
    offset = 1 if align_corners else 0
    below = (n - offset) // stride * stride + offset
    return tuple(size for size in (below, below + stride) if size > offset)


def window_count(n: int, crop: int, step: int) -> int:
    """How many windows slide inference takes along an axis of ``n`` pixels; one where the image is no longer than it.

    Source: https://github.com/open-mmlab/mmsegmentation/blob/v1.2.2/mmseg/models/segmentors/encoder_decoder.py
    """
    return max(n - crop + step - 1, 0) // step + 1
