"""A natural-looking image, and what correct and wrong resizers make of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from halfpixel.golden import Convention, matrix
from halfpixel.golden.rounding import rounded


def photograph(height: int = 64, width: int = 64) -> np.ndarray:
    """Levels with a spectrum of 1/f, edges, and areas at both ends of the range, as photographs have."""
    random = np.random.default_rng(height * width)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    frequency[0, 0] = 1
    noise = np.fft.ifft2(np.fft.fft2(random.normal(size=(height, width))) / frequency).real
    levels = (noise - noise.mean()) / noise.std() * 60 + 120
    y, x = np.mgrid[:height, :width]
    levels[(y - 0.3 * height) ** 2 + (x - 0.6 * width) ** 2 < (0.15 * height) ** 2] = 275
    levels[(y > 0.7 * height) & (x < 0.3 * width)] = -10
    levels[y / height + x / width > 1.7] += 90
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def resized(
    image: np.ndarray, size: tuple[int, int], convention: Convention, passes: str = "once", rule: str = "half_up"
) -> np.ndarray:
    """``image`` by a convention's exact weights: uint8, rounded once or between the passes, too."""
    rows, columns = (matrix(convention, *pair).to_array() for pair in zip(image.shape, size, strict=True))
    levels = image.astype(np.float64)
    if passes == "rows":
        return _levels(_levels(rows @ levels, rule) @ columns.T, rule)
    if passes == "columns":
        return _levels(rows @ _levels(levels @ columns.T, rule), rule)
    return _levels(rows @ levels @ columns.T, rule)


def _levels(values: np.ndarray, rule: str) -> np.ndarray:
    whole = rounded(rule, np.rint(values * 2**30).astype(np.int64), 2**30)
    return np.asarray(whole.clip(0, 255).astype(np.uint8))


def save(path: Path, image: np.ndarray) -> Path:
    """Write ``image`` as .npy, and return its path."""
    np.save(path, image)
    return path
