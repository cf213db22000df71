"""``INTER_CUBIC`` of uint8 as Intel's IPP computes it for OpenCV: the default of wheels for x86 since 4.14.

Found by measurement, as IPP's source is closed: impulses give the float32 weights, random float32 images the order of
the sums. IPP chooses code by the CPU; this is what it does with AVX2.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from halfpixel.golden.integer_rules.rule import Size
from halfpixel.golden.integer_rules.tap_tables import TapTable, products, rounded

IPP_CUBIC_STEPS = (
    "Images of fewer than 4 pixels an axis or of 2 channels: opencv-cubic-uint8. Otherwise, in float32: i and f are "
    "the whole part and the fraction of the exact position, f rounded. With d = 1 + f, rounded, the distances of "
    "pixels i - 1 to i + 2 are d, d - 1, 2 - d and 3 - d, and the weights Keys' cubic with a = -3/4, in float64, "
    "rounded to float32. An index outside the image reads the edge pixel. Rows first; t0 to t3 are the terms value * "
    "weight, and ~ means that the term beside it is not rounded before it is added (a fused multiply-add). Where all "
    "16 pixels lie inside: along rows (~t1 + t2) + (~t0 + t3) for 3 and 4 channels; for one channel (t0 + t1) + (t2 +"
    " t3), but (t0 + t2) + (t1 + t3) for the last n % 4 of the n outputs of a row that lie inside; down the columns "
    "(~t0 + t1) + (~t2 + t3). Elsewhere: along the second and third row (((~t0 + t1) + ~t2) + ~t3), along the first "
    "and fourth ((t0 + ~t1) + ~t2) + ~t3; down the columns (t0 + t2) + (t1 + t3). Round to the nearest integer, ties "
    "to even, and clip."
)


@lru_cache(maxsize=4096)
def _taps(n_in: int, n_out: int) -> tuple[TapTable, np.ndarray]:
    """Indices and float32 weights, and which outputs read no pixel outside."""
    numerators = (2 * np.arange(n_out) + 1) * n_in - n_out
    whole = numerators // (2 * n_out)
    fractions = ((numerators - whole * 2 * n_out) / (2 * n_out)).astype(np.float32)
    first = np.float32(1) + fractions

    def polynomial(d: np.ndarray, cubed: float, squared: float, linear: float, constant: float) -> np.ndarray:
        value: np.ndarray = ((cubed * d + squared) * d + linear) * d + constant
        return value.astype(np.float32)

    near, far = (1.25, -2.25, 0.0, 1.0), (-0.75, 3.75, -6.0, 3.0)
    d = first.astype(float)
    weights = np.stack(
        [polynomial(d, *far), polynomial(d - 1, *near), polynomial(2 - d, *near), polynomial(3 - d, *far)], axis=1
    )
    indices = np.clip(whole[:, None] + np.arange(-1, 3), 0, n_in - 1)
    return TapTable(indices, weights), (whole >= 1) & (whole + 2 < n_in)


def _fused(values: np.ndarray, weights: np.ndarray, addend: np.ndarray) -> np.ndarray:
    """``values * weights + addend``, rounded once to float32 (by way of float64, which holds the product exactly)."""
    total: np.ndarray = values.astype(np.float64) * weights.astype(np.float64) + addend
    return total.astype(np.float32)


def cubic_ipp(image: np.ndarray, size: Size) -> np.ndarray:
    """A uint8 image ``(H, W, C)`` of 4 pixels an axis and more, of 1, 3 or 4 channels, resized as IPP does."""
    (down, inside_down), (along, inside_along) = (_taps(image.shape[axis], size[axis]) for axis in (0, 1))
    floats = image.astype(np.float32)
    pixels = [floats[:, along.indices[:, tap]] for tap in range(4)]
    weights = [along.weights[:, tap][:, None] for tap in range(4)]
    terms = products(floats, along, axis=1)

    def ending_in_the_last_two(start: np.ndarray) -> np.ndarray:
        return _fused(pixels[3], weights[3], _fused(pixels[2], weights[2], start))

    middle_rows = ending_in_the_last_two(_fused(pixels[0], weights[0], terms[1]))
    outer_rows = ending_in_the_last_two(_fused(pixels[1], weights[1], terms[0]))
    if image.shape[2] == 1:
        rows = (terms[0] + terms[1]) + (terms[2] + terms[3])
        outputs = np.flatnonzero(inside_along)
        last = outputs[len(outputs) // 4 * 4 :]
        rows[:, last] = ((terms[0] + terms[2]) + (terms[1] + terms[3]))[:, last]
    else:
        rows = _fused(pixels[1], weights[1], terms[2]) + _fused(pixels[0], weights[0], terms[3])
    weights = [down.weights[:, tap][:, None, None] for tap in range(4)]
    read = [rows[down.indices[:, tap]] for tap in range(4)]
    inner = _fused(read[0], weights[0], read[1] * weights[1]) + _fused(read[2], weights[2], read[3] * weights[3])
    outer_terms = [
        from_rows[down.indices[:, tap]] * weights[tap]
        for tap, from_rows in enumerate((outer_rows, middle_rows, middle_rows, outer_rows))
    ]
    outer = (outer_terms[0] + outer_terms[2]) + (outer_terms[1] + outer_terms[3])
    inside = (inside_down[:, None] & inside_along)[..., None]
    return rounded(np.where(inside, inner, outer), "uint8")
