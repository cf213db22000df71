"""The float32 behaviour that variants are compared with: the exact one where the claim holds, else the measured one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.native_call import PREPARED
from halfpixel.golden import Convention, matrix
from halfpixel.golden.matrix import ExactMatrix
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, is_near_tie, operator_tolerance, row_gain
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.measure.whole_images import impulse_responses


@dataclass(frozen=True, slots=True)
class Reference:
    """The operator on a plane of one shape: ``y.ravel() = weights @ x.ravel()``.

    weights
        float64, ``(h * w, H * W)``. The product of the exact matrices of the claim where the float32 call agrees with
        it, so that a fault of a variant is measured from the definition; else the measured weights of the float32 call,
        so that a divergence which conformance already reports is not reported again for every variant.
    exact
        The exact matrices along the height and the width, where ``weights`` are theirs; ``None`` otherwise.
    tolerance
        The float32 rounding bound on ``sum_i |W_measured - weights|`` of any output.
    """

    size_in: Pair
    size_out: Pair
    weights: np.ndarray
    exact: tuple[ExactMatrix, ExactMatrix] | None
    tolerance: float

    @property
    def gain(self) -> float:
        """The largest ``sum_i |w_i|`` of an output: how much the resize can enlarge a value."""
        return row_gain(self.weights)

    @property
    def taps(self) -> int:
        """The largest number of weights of an output that are not zero."""
        return int((self.weights != 0).sum(axis=1).max(initial=0))

    def of(self, image: np.ndarray) -> np.ndarray:
        """The resized ``(H, W)`` image, float64 ``(h, w)``."""
        return np.asarray(self.weights @ image.astype(np.float64).ravel()).reshape(self.size_out)


def accepts(operation: Operation, size_in: Pair, size_out: Pair) -> bool:
    """Whether the call is defined for these (height, width) of input and output."""
    (height, width), (h, w) = size_in, size_out
    if operation.same_scale_on_both_axes and (height < h) != (width < w):
        return False
    return operation.accepts(height, h) and operation.accepts(width, w)


def leaves_out(operation: Operation, size_in: Pair, size_out: Pair) -> bool:
    """Whether the call is documented for these sizes, and known to fail at them."""
    everywhere = replace(operation, accepts=operation.is_documented_for) if operation.left_out else operation
    return accepts(everywhere, size_in, size_out) and not accepts(operation, size_in, size_out)


def shapes(operation: Operation, among: Iterable[tuple[Pair, Pair]]) -> list[tuple[Pair, Pair]]:
    """The (height, width) of input and output that the call is defined for; two where each new shape is slow."""
    defined = [shape for shape in among if accepts(operation, *shape)]
    return defined[:2] if operation.cost == PREPARED else defined


def near_ties(claim: Convention | None, size_in: tuple[int, ...], size_out: tuple[int, ...]) -> np.ndarray:
    """Bool of shape ``size_out``: whether each output samples within float32 rounding of a jump along some axis.

    ``size_in`` and ``size_out`` are the lengths of the axes of input and output. All ``False`` without a claim.
    """
    near = np.zeros(size_out, dtype=bool)
    for axis, pair in enumerate(zip(size_in, size_out, strict=True)):
        if claim is not None:
            near |= is_near_tie(claim, pair).reshape([pair[1] if k == axis else 1 for k in range(len(size_out))])
    return near


@lru_cache(maxsize=4096)
def reference(operation: Operation, size_in: Pair, size_out: Pair) -> Reference:
    """The :class:`Reference` of a float32 call; raises as :func:`impulse_responses` does."""
    outputs, pixels = size_out[0] * size_out[1], size_in[0] * size_in[1]
    measured = impulse_responses(operation, size_in, size_out).reshape(outputs, pixels).astype(np.float64)
    # Reading the response to an impulse costs one rounding of each weight.
    rounding = UNIT_ROUNDOFF * row_gain(np.nan_to_num(measured))
    if operation.claim is None:
        return Reference(size_in, size_out, measured, None, rounding)
    height, width = (matrix(operation.claim, *pair) for pair in zip(size_in, size_out, strict=True))
    rows, columns = height.to_array(), width.to_array()
    tolerance = operator_tolerance(operation.claim, size_in, size_out, (row_gain(rows), row_gain(columns)))
    weights = np.kron(rows, columns)
    if row_gain(measured - weights) <= tolerance:
        return Reference(size_in, size_out, weights, (height, width), tolerance)
    return Reference(size_in, size_out, measured, None, rounding)


def picture(seed: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """A random array of multiples of 1/64 between -1 and 1, none of them 0."""
    steps = np.random.default_rng(seed).integers(1, 65, shape)
    signs = np.random.default_rng(seed + 1).choice((-1, 1), shape)
    return (steps * signs / 64).astype(dtype)  # type: ignore[no-any-return]
