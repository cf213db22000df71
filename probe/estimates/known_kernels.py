"""Which of the kernels that have names is nearest to measured weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from probe.estimates.families import FAMILIES, GAUSSIAN
from probe.sizes import Pair

_KNOWN: Sequence[tuple[str, str, tuple[float, ...]]] = (
    ("triangle", "triangle", ()),
    ("cubic a = -0.5", "cubic", (0.0, 0.5)),
    ("cubic a = -0.75", "cubic", (0.0, 0.75)),
    ("cubic a = -1", "cubic", (0.0, 1.0)),
    ("Hermite cubic", "cubic", (0.0, 0.0)),
    ("Mitchell", "cubic", (1 / 3, 1 / 3)),
    ("cubic B-spline", "cubic", (1.0, 0.0)),
    ("B-spline of degree 2", "B-spline of degree 2", ()),
    ("Hamming", "sinc under a Hamming window", (1.0,)),
    ("Gaussian of sigma 0.5", "Gaussian", (0.5,)),
    ("box coverage", "box coverage", (1.0,)),
    *((f"Lanczos {lobes}", "Lanczos", (float(lobes),)) for lobes in range(1, 6)),
)


def nearest_kernel(offsets: np.ndarray, weights: np.ndarray, pair: Pair) -> tuple[str, float]:
    """The known kernel nearest to the measured weights, stretched when shrinking or not, and the largest difference."""
    named = {family.name: family for family in FAMILIES}
    found = []
    for stretch in dict.fromkeys((1.0, max(1.0, pair[0] / pair[1]))):
        for name, family, parameters in _KNOWN:
            values = named[family](offsets / stretch, *parameters)
            if named[family] is GAUSSIAN:
                values = np.where(np.abs(offsets) < 1.5 * stretch, values, 0) / np.sqrt(np.pi / 2)
            words = name if stretch == 1 else f"{name} stretched by {pair[0]}/{pair[1]}"
            found.append((float(np.abs(values / stretch - weights).max(initial=0)), words))
    distance, words = min(found, key=lambda one: round(one[0], 7))
    return words, distance
