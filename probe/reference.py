"""The float32 behaviour that variants are held against: exact where the claim holds, otherwise as measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from adapters import Operation
from adapters.operation import PREPARED
from golden import Convention, matrix
from golden.matrix import ExactMatrix
from golden.ties import tie_distance
from probe.measure import call
from probe.sizes import Pair
from probe.tolerance import UNIT_ROUNDOFF, coordinate_error, gain_tolerance


@dataclass(frozen=True, slots=True)
class Reference:
    """What an operation does to a plane of one shape: ``y.ravel() = weights @ x.ravel()``.

    weights
        float64, ``(h * w, H * W)``. The product of the exact matrices of the claim where the float32 call agrees with
        it, so that a fault of a variant is measured from the definition; otherwise as the float32 call has them, so
        that a divergence which conformance already reports is not reported again for every variant.
    exact
        The exact matrices along the height and the width, where ``weights`` are theirs; ``None`` otherwise.
    tolerance
        By how much ``sum_i |W_measured - weights|`` may differ in float32, for any output.
    """

    size_in: Pair
    size_out: Pair
    weights: np.ndarray
    exact: tuple[ExactMatrix, ExactMatrix] | None
    tolerance: float

    @property
    def gain(self) -> float:
        """The largest ``sum_i |w_i|`` of an output: how much the resize can enlarge a value."""
        return float(np.abs(self.weights).sum(axis=1).max())

    def of(self, image: np.ndarray) -> np.ndarray:
        """The resized ``(H, W)`` image, float64 ``(h, w)``."""
        return (self.weights @ image.astype(np.float64).ravel()).reshape(self.size_out)


def accepts(operation: Operation, size_in: Pair, size_out: Pair) -> bool:
    """Whether the call is defined for these (height, width) of input and output."""
    (height, width), (h, w) = size_in, size_out
    if operation.uniform and (height < h) != (width < w):
        return False
    return operation.accepts(height, h) and operation.accepts(width, w)


def shapes(operation: Operation, among: Iterable[tuple[Pair, Pair]]) -> list[tuple[Pair, Pair]]:
    """Those (height, width) of input and output that the call is defined for; the first two where each is dear."""
    defined = [shape for shape in among if accepts(operation, *shape)]
    return defined[:2] if operation.cost == PREPARED else defined


def near_ties(claim: Convention | None, before: tuple[int, ...], after: tuple[int, ...]) -> np.ndarray:
    """Of each output, bool of shape ``after``: whether it samples within float32 rounding of a jump along some axis.

    ``before`` and ``after`` are the lengths of the axes of input and output. Nowhere without a claim.
    """
    near = np.zeros(after, dtype=bool)
    for axis, (n_in, n_out) in enumerate(zip(before, after, strict=True)):
        if claim is not None:
            line = tie_distance(claim, n_in, n_out) <= coordinate_error(n_in)
            near |= line.reshape([n_out if k == axis else 1 for k in range(len(after))])
    return near


@lru_cache(maxsize=4096)
def reference(operation: Operation, size_in: Pair, size_out: Pair) -> Reference:
    """The :class:`Reference` of a float32 call.

    Raises ``Refused`` when the framework refuses, ``WrongShape`` when it returns another shape, ``NotInstalled``.
    """
    pixels = size_in[0] * size_in[1]
    impulses = np.eye(pixels, dtype=np.float32).reshape(pixels, *size_in, 1)
    measured = call(operation, impulses, size_out)[..., 0].reshape(pixels, -1).T.astype(np.float64)
    # Reading the response to an impulse costs one rounding of each weight.
    own = UNIT_ROUNDOFF * float(np.abs(np.nan_to_num(measured)).sum(axis=1).max())
    if operation.claim is None:
        return Reference(size_in, size_out, measured, None, own)
    exact = tuple(matrix(operation.claim, *pair) for pair in zip(size_in, size_out, strict=True))
    arrays = [each.to_array() for each in exact]
    gains = [float(np.abs(each).sum(axis=1).max()) for each in arrays]
    y, x = (
        gain_tolerance(operation.claim, *pair, gain)
        for pair, gain in zip(zip(size_in, size_out, strict=True), gains, strict=True)
    )
    tolerance = y * gains[1] + x * gains[0] + y * x + 2 * UNIT_ROUNDOFF * gains[0] * gains[1]
    weights = np.kron(*arrays)
    if np.abs(measured - weights).sum(axis=1).max() <= tolerance:
        return Reference(size_in, size_out, weights, exact, tolerance)
    return Reference(size_in, size_out, measured, None, own)
