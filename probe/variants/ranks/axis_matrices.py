"""Measure matrices of a resize with any number of axes, and write a program that shows one output."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from halfpixel import adapters
from halfpixel.adapters import NdOperation, NotInstalled
from halfpixel.adapters.layout import Layout, WrongShape
from halfpixel.golden import Convention, matrix
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, gain_tolerance, row_gain
from halfpixel.probe.compare.reproduction import result_line
from halfpixel.probe.measure.axis_matrix import Refused, measure
from halfpixel.probe.measure.sizes import Pair

Size = tuple[int, ...]

_COMPANIONS = (3, 2, 4, 2, 2)
"""Lengths, of input and output, of the axes that are left alone."""


@dataclass(frozen=True, slots=True)
class AxesCase:
    """The measured matrix of one pair of sizes.

    axis
        The axis that was measured alone, with its matrix ``(n_out, n_in)``; ``None`` for the matrix of all axes, with a
        row for each output and a column for each input, the last axis fastest.
    error, tolerance
        The largest ``sum_i |got - expected|`` of an output, and the rounding bound of it.
    """

    axis: int | None
    size_in: Size
    size_out: Size
    expected: np.ndarray
    got: np.ndarray
    error: float
    tolerance: float

    @property
    def differs(self) -> bool:
        """Whether rounding leaves some of the difference unexplained."""
        return not self.error <= self.tolerance

    @property
    def pair(self) -> Pair:
        """Lengths of the axis that was measured alone; of the first one where none was."""
        axis = self.axis or 0
        return self.size_in[axis], self.size_out[axis]

    @property
    def worst_row(self) -> int:
        """The output that is furthest off."""
        return int(np.argmax(np.nan_to_num(np.abs(self.got - self.expected), nan=np.inf).sum(axis=1)))

    def place(self, row: int) -> str:
        """A row's output, in words."""
        if self.axis is not None:
            return f"output {row} along axis {self.axis}"
        return f"output {tuple(int(index) for index in np.unravel_index(row, self.size_out))}"


_SHOWN = 400
"""Characters of a framework's message that are kept: some name on later lines the shapes that they take."""


def one_line_error(error: Exception) -> str:
    """Type and message of what a framework raised (it refuses with any type), on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:_SHOWN]}" + ("..." if len(text) > _SHOWN else "")


@lru_cache(maxsize=4096)
def axis_matrix(operation: NdOperation, n_in: int, n_out: int) -> np.ndarray:
    """The reference of one axis: the claim's exact matrix; or the measured one of the equivalent call on two axes.

    The latter where that call does not do what it claims, so that a fault of both is reported once, of that one. Raises
    ``ValueError`` without a claim.
    """
    if operation.claim is None:
        raise ValueError(f"{operation.id} claims no convention")
    exact = matrix(operation.claim, n_in, n_out).to_array()
    siblings = adapters.operations(operation.framework) if operation.equivalent_2d else ()
    for sibling in siblings:
        if sibling.name != operation.equivalent_2d or not sibling.accepts(n_in, n_out):
            continue
        try:
            measured = measure(sibling, n_in, n_out).astype(np.float64)
        except (Refused, WrongShape):
            return exact
        tolerance = gain_tolerance(operation.claim, n_in, n_out, row_gain(exact))
        return exact if row_gain(measured - exact) <= tolerance else measured
    return exact


def call_in_float64(operation: NdOperation, volumes: np.ndarray, size: Size, one_by_one: bool = False) -> np.ndarray:
    """``operation.run`` in float64; raises ``Refused`` with the whole message, ``WrongShape``, ``NotInstalled``."""
    try:
        if one_by_one:
            result = np.concatenate([operation.run(volume[None].copy(), size) for volume in volumes])
        else:
            result = operation.run(volumes, size)
    except (NotInstalled, WrongShape):
        raise
    except Exception as error:
        raise Refused(one_line_error(error)) from error
    expected = (volumes.shape[0], *size, volumes.shape[-1])
    if result.shape != expected:
        raise WrongShape(expected, result.shape)
    return result.astype(np.float64)


def whole_matrix(matrices: list[np.ndarray]) -> np.ndarray:
    """The matrix of all axes at once: the Kronecker product of one an axis."""
    product = np.ones((1, 1))
    for axis_weights in matrices:
        product = np.kron(product, axis_weights)
    return product


def axes_tolerance(claim: Convention | None, size_in: Size, size_out: Size) -> float:
    """By how much a row may differ in float32, axes resized one size_out the other or at once.

    Along axis ``k`` rows may be off by ``t_k`` (``gain_tolerance``) beside sums of ``g_k``; the product of all is then
    off by at most ``prod(g_k + t_k) - prod(g_k)``, and each axis adds the rounding of a product and of a sum. Without a
    claim, rows are taken to sum to 1, and to be off by eight roundings along each axis.
    """
    gains, errors = [], []
    for pair in zip(size_in, size_out, strict=True):
        if claim is None:
            gains.append(1.0)
            errors.append(8 * UNIT_ROUNDOFF)
        else:
            gains.append(row_gain(matrix(claim, *pair).to_array()))
            errors.append(gain_tolerance(claim, *pair, gains[-1]))
    exact = float(np.prod(gains))
    return float(np.prod(np.add(gains, errors))) - exact + 2 * len(gains) * UNIT_ROUNDOFF * exact


def axis_case(operation: NdOperation, axis: int, pair: Pair, one_by_one: bool = False) -> AxesCase:
    """The matrix along one axis, the others staying as they are, at the place along those where it is furthest off.

    Impulses go in the batch, or ``one_by_one``.
    """
    n_in, n_out = pair
    others = _COMPANIONS[: operation.rank]
    size_in, size_out = ((*others[:axis], length, *others[axis + 1 :]) for length in pair)
    eye = np.eye(n_in, dtype=np.float32)
    impulses = eye.reshape(n_in, *(n_in if k == axis else 1 for k in range(operation.rank)), 1)
    volumes = np.broadcast_to(impulses, (n_in, *size_in, 1)).copy()
    responses = call_in_float64(operation, volumes, size_out, one_by_one)[..., 0]
    lines = np.moveaxis(responses, axis + 1, 1).reshape(n_in, n_out, -1)
    expected = lines[:, :, 0].T if operation.claim is None else axis_matrix(operation, n_in, n_out)
    errors = np.nan_to_num(np.abs(lines - expected.T[:, :, None]), nan=np.inf).sum(axis=0).max(axis=0)
    place = int(np.argmax(errors))
    tolerance = axes_tolerance(operation.claim, size_in, size_out)
    return AxesCase(axis, size_in, size_out, expected, lines[:, :, place].T, float(errors[place]), tolerance)


def whole_operator_case(operation: NdOperation, size_in: Size, size_out: Size, one_by_one: bool = False) -> AxesCase:
    """The whole matrix, from an impulse at every place.

    Without a claim its reference is the product of the matrices measured along each axis alone.
    """
    places = int(np.prod(size_in))
    impulses = np.eye(places, dtype=np.float32).reshape(places, *size_in, 1)
    got = call_in_float64(operation, impulses, size_out, one_by_one).reshape(places, -1).T
    pairs = zip(size_in, size_out, strict=True)
    if operation.claim is None:
        matrices = [axis_case(operation, axis, pair).got for axis, pair in enumerate(pairs)]
    else:
        matrices = [axis_matrix(operation, *pair) for pair in pairs]
    expected = whole_matrix(matrices)
    error = row_gain(np.nan_to_num(np.abs(got - expected), nan=np.inf))
    return AxesCase(None, size_in, size_out, expected, got, error, axes_tolerance(operation.claim, size_in, size_out))


def axes_program(operation: NdOperation, case: AxesCase) -> str:
    """A program that resizes the volume that is worst for one output and prints that beside what it should be.

    Empty for a plain callable, and where values are not finite.
    """
    if operation.call is None or not np.isfinite(case.got).all():
        return ""
    row = case.worst_row
    signs = np.sign(case.got[row] - case.expected[row]).astype(int)
    values = f"np.array({signs.tolist()}, dtype=np.float32)"
    if case.axis is None:
        volume = f"x = {values}.reshape{case.size_in}"
        place = str([int(index) for index in np.unravel_index(row, case.size_out)])
    else:
        shape = tuple(length if axis == case.axis else 1 for axis, length in enumerate(case.size_in))
        volume = f"x = np.broadcast_to({values}.reshape{shape}, {case.size_in}).copy()"
        place = "[" + ", ".join(str(row) if axis == case.axis else ":" for axis in range(operation.rank)) + "]"
    native = operation.call
    lines = [native.preamble(), volume, *_native_axes(native.layout, operation.rank), f"size = {case.size_out}"]
    lines += [f"x = {native.to_native}"] if native.to_native != "x" else []
    lines += [f"y = {native.expression}", f"y = np.asarray({native.to_numpy}).reshape(size)"]
    expected, got = float(case.expected[row] @ signs), float(case.got[row] @ signs)
    # The places along the other axes may differ; the value furthest off is the one that was measured.
    lines += [
        f"found = np.ravel(y{place})",
        f"found = found[np.argmax(np.abs(found - {expected:.9g}))]",
        result_line(f"output {place}", "found", f"{expected:.9g}", f"{got:.9g}"),
    ]
    return "\n".join(lines) + "\n"


def _native_axes(layout: Layout, rank: int) -> list[str]:
    """The line that adds the axes of images and of channels, of length one, where the layout has them."""
    if layout == Layout.S:
        return []
    if layout == Layout.SC:
        return ["x = x[..., None]"]
    there, _ = layout.axes(rank)
    return [f"x = x[None, ..., None].transpose({there})"]
