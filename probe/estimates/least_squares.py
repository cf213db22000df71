"""Nonlinear least squares with a handful of parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def least_squares(
    model: Callable[[np.ndarray], np.ndarray], wanted: np.ndarray, start: np.ndarray, steps: int = 40
) -> np.ndarray:
    """The values that bring ``model(values)`` nearest to ``wanted``: Levenberg's damped Gauss-Newton from ``start``.

    Derivatives are differences. What is not finite counts as far off.
    """
    values, damping = start.astype(np.float64), 1e-3

    def residual(at: np.ndarray) -> np.ndarray:
        return np.nan_to_num((wanted - model(at)).ravel(), nan=1e3)

    with np.errstate(all="ignore"):
        left = residual(values)
        for _ in range(steps):
            moves = 1e-6 * np.maximum(np.abs(values), 0.1)
            slopes = np.stack(
                [(left - residual(values + move)) / size for move, size in zip(np.diag(moves), moves, strict=True)]
            )
            square, toward = slopes @ slopes.T, slopes @ left
            for _ in range(8):
                step = np.linalg.lstsq(square + damping * np.diag(np.diag(square) + 1e-12), toward, rcond=None)[0]
                after = residual(values + step)
                if after @ after < left @ left:
                    damping = max(damping / 10, 1e-12)
                    break
                damping *= 10
            else:
                break
            is_done = left @ left - after @ after < 1e-14 * (1 + left @ left) and np.abs(step).max() < 1e-9
            values, left = values + step, after
            if is_done:
                break
    return values
