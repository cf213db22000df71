"""Which input pixel stands for a tap that falls outside the image."""

from __future__ import annotations

import numpy as np


def fold_index(border: str, taps: np.ndarray, n_in: int) -> tuple[np.ndarray, np.ndarray]:
    """Map tap indices into ``[0, n_in)``.

    Returns the indices and a boolean array of the same shape: whether the tap keeps its weight. ``renormalise`` and
    ``constant`` drop taps outside. Source of the names: ONNX Resize (``exclude_outside``) and the diagrams of
    https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.zoom.html (``reflect``, ``mirror``,
    ``grid-wrap``, ``wrap``, ``grid-constant``).
    """
    inside = (taps >= 0) & (taps < n_in)
    if border in ("renormalise", "constant"):
        return np.where(inside, taps, 0), inside
    if border in ("replicate", "extrapolate"):
        return np.clip(taps, 0, n_in - 1), np.ones_like(inside)
    if border == "reflect":
        folded = taps % (2 * n_in)
        return np.minimum(folded, 2 * n_in - 1 - folded), np.ones_like(inside)
    if border == "mirror":
        period = max(2 * (n_in - 1), 1)
        folded = taps % period
        return np.minimum(folded, period - folded) if n_in > 1 else np.zeros_like(taps), np.ones_like(inside)
    if border == "wrap":
        return taps % n_in, np.ones_like(inside)
    if border == "wrap_overlap":
        return np.where(inside, taps, taps % max(n_in - 1, 1)), np.ones_like(inside)
    raise ValueError(f"unknown border {border!r}")
