"""Measures matrices on any number of axes, by impulses along one of them or at every place of a volume."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import adapters
from adapters import NotInstalled, RankedOperation
from adapters.layout import WrongShape
from golden import Convention, matrix
from probe.measure import Refused, measure
from probe.sizes import Pair
from probe.tolerance import UNIT_ROUNDOFF, gain_tolerance

Size = tuple[int, ...]

_COMPANIONS = (3, 2, 4, 2, 2)
"""Lengths, before and after, of the axes that are left alone."""


@dataclass(frozen=True, slots=True)
class Case:
    """What one pair of sizes gave.

    axis
        Which axis was measured alone, its matrix being ``(n_out, n_in)``; ``None`` where it is the whole one, with a
        row for each output and a column for each input, the last axis fastest.
    error, bound
        The largest ``sum_i |got - expected|`` of an output, and what rounding explains of it.
    """

    axis: int | None
    before: Size
    after: Size
    expected: np.ndarray
    got: np.ndarray
    error: float
    bound: float

    @property
    def differs(self) -> bool:
        """Whether rounding leaves some of the difference unexplained."""
        return not self.error <= self.bound

    @property
    def pair(self) -> Pair:
        """Lengths of the axis that was measured alone."""
        return self.before[self.axis], self.after[self.axis]

    @property
    def worst_row(self) -> int:
        """The output that is furthest off."""
        return int(np.argmax(np.nan_to_num(np.abs(self.got - self.expected), nan=np.inf).sum(axis=1)))

    def place(self, row: int) -> str:
        """A row's output, in words."""
        if self.axis is not None:
            return f"output {row} along axis {self.axis}"
        return f"output {tuple(int(index) for index in np.unravel_index(row, self.after))}"


_SHOWN = 400
"""Characters of a framework's message that are kept: some say on later lines what they would have taken."""


def words(error: Exception) -> str:
    """Type and message of what a framework raised (it refuses with any type), on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:_SHOWN]}" + ("..." if len(text) > _SHOWN else "")


@lru_cache(maxsize=4096)
def axis_matrix(operation: RankedOperation, n_in: int, n_out: int) -> np.ndarray:
    """What one axis is held against: the claim's exact matrix; or what the call on two axes is measured to do.

    The latter where that call does not do what it claims, so that a fault of both is reported once, of that one. Needs
    a claim.
    """
    exact = matrix(operation.claim, n_in, n_out).to_array()
    siblings = adapters.operations(operation.framework) if operation.like else ()
    for sibling in siblings:
        if sibling.name != operation.like or not sibling.accepts(n_in, n_out):
            continue
        try:
            measured = measure(sibling, n_in, n_out).astype(np.float64)
        except (Refused, WrongShape):
            return exact
        gain = float(np.abs(exact).sum(axis=1).max())
        agrees = np.abs(measured - exact).sum(axis=1).max() <= gain_tolerance(operation.claim, n_in, n_out, gain)
        return exact if agrees else measured
    return exact


def asked(operation: RankedOperation, volumes: np.ndarray, size: Size, one_by_one: bool = False) -> np.ndarray:
    """``operation.run`` in float64; raises ``Refused`` in the framework's words, ``WrongShape``, ``NotInstalled``."""
    try:
        if one_by_one:
            result = np.concatenate([operation.run(volume[None].copy(), size) for volume in volumes])
        else:
            result = operation.run(volumes, size)
    except (NotInstalled, WrongShape):
        raise
    except Exception as error:
        raise Refused(words(error)) from error
    expected = (volumes.shape[0], *size, volumes.shape[-1])
    if result.shape != expected:
        raise WrongShape(expected, result.shape)
    return result.astype(np.float64)


def expected_whole(matrices: list[np.ndarray]) -> np.ndarray:
    """The matrix of all axes at once: the Kronecker product of one an axis."""
    product = np.ones((1, 1))
    for each in matrices:
        product = np.kron(product, each)
    return product


def tolerance(claim: Convention | None, before: Size, after: Size) -> float:
    """By how much a row may differ in float32, axes resized one after the other or at once.

    Along axis ``k`` rows may be off by ``t_k`` (``gain_tolerance``) beside sums of ``g_k``; the product of all is then
    off by at most ``prod(g_k + t_k) - prod(g_k)``, and each axis adds the rounding of a product and of a sum. Without a
    claim, rows are taken to sum to 1, and to be off by eight roundings along each axis.
    """
    gains, errors = [], []
    for pair in zip(before, after, strict=True):
        if claim is None:
            gains.append(1.0)
            errors.append(8 * UNIT_ROUNDOFF)
        else:
            gains.append(float(np.abs(matrix(claim, *pair).to_array()).sum(axis=1).max()))
            errors.append(gain_tolerance(claim, *pair, gains[-1]))
    exact = float(np.prod(gains))
    return float(np.prod(np.add(gains, errors))) - exact + 2 * len(gains) * UNIT_ROUNDOFF * exact


def along_axis(operation: RankedOperation, axis: int, pair: Pair, one_by_one: bool = False) -> Case:
    """The matrix along one axis, the others staying as they are, at the place along those where it is furthest off.

    Impulses go in the batch, or ``one_by_one``.
    """
    n_in, n_out = pair
    before, after = list(_COMPANIONS[: operation.rank]), list(_COMPANIONS[: operation.rank])
    before[axis], after[axis] = n_in, n_out
    eye = np.eye(n_in, dtype=np.float32)
    impulses = eye.reshape(n_in, *(n_in if k == axis else 1 for k in range(operation.rank)), 1)
    volumes = np.broadcast_to(impulses, (n_in, *before, 1)).copy()
    found = asked(operation, volumes, tuple(after), one_by_one)[..., 0]
    lines = np.moveaxis(found, axis + 1, 1).reshape(n_in, n_out, -1)
    expected = lines[:, :, 0].T if operation.claim is None else axis_matrix(operation, n_in, n_out)
    errors = np.nan_to_num(np.abs(lines - expected.T[:, :, None]), nan=np.inf).sum(axis=0).max(axis=0)
    place = int(np.argmax(errors))
    bound = tolerance(operation.claim, tuple(before), tuple(after))
    return Case(axis, tuple(before), tuple(after), expected, lines[:, :, place].T, float(errors[place]), bound)


def at_once(operation: RankedOperation, before: Size, after: Size, one_by_one: bool = False) -> Case:
    """The whole matrix, from an impulse at every place.

    Without a claim it is held against the product of what is measured along each axis alone.
    """
    places = int(np.prod(before))
    impulses = np.eye(places, dtype=np.float32).reshape(places, *before, 1)
    got = asked(operation, impulses, after, one_by_one).reshape(places, -1).T
    pairs = zip(before, after, strict=True)
    if operation.claim is None:
        matrices = [along_axis(operation, axis, pair).got for axis, pair in enumerate(pairs)]
    else:
        matrices = [axis_matrix(operation, *pair) for pair in pairs]
    expected = expected_whole(matrices)
    error = float(np.nan_to_num(np.abs(got - expected), nan=np.inf).sum(axis=1).max())
    return Case(None, before, after, expected, got, error, tolerance(operation.claim, before, after))
