"""A program that shows one output of a resize of any rank, with nothing but the framework and NumPy."""

from __future__ import annotations

import numpy as np

from adapters import RankedOperation
from adapters.ranked import axes
from probe.ranks.cases import Case


def program(operation: RankedOperation, case: Case) -> str:
    """It resizes the volume that is worst for one output and prints that beside what it should be.

    Empty for a plain callable, which only its owner can call, and where values are not finite.
    """
    if operation.call is None or not np.isfinite(case.got).all():
        return ""
    row = case.worst_row
    signs = np.sign(case.got[row] - case.expected[row]).astype(int)
    values = f"np.array({signs.tolist()}, dtype=np.float32)"
    if case.axis is None:
        made = f"x = {values}.reshape{_tuple(case.before)}"
        at = tuple(int(index) for index in np.unravel_index(row, case.after))
        place = str(list(at))
    else:
        shape = tuple(length if axis == case.axis else 1 for axis, length in enumerate(case.before))
        made = f"x = np.broadcast_to({values}.reshape{_tuple(shape)}, {_tuple(case.before)}).copy()"
        place = "[" + ", ".join(str(row) if axis == case.axis else ":" for axis in range(operation.rank)) + "]"
    lines = [operation.call.preamble(), made, *_native_axes(operation), f"size = {_tuple(case.after)}"]
    framework = operation.call.framework
    lines += [f"x = {framework.to_native}"] if framework.to_native != "x" else []
    lines += [f"y = {operation.call.expression}", f"y = np.asarray({framework.to_numpy}).reshape(size)"]
    expected, got = float(case.expected[row] @ signs), float(case.got[row] @ signs)
    # Along one axis the others may differ; the value furthest off is the one that was measured.
    lines += [
        f"found = np.ravel(y{place})",
        f"found = found[np.argmax(np.abs(found - {expected:.9g}))]",
        f"print('output {place} is', found, 'and should be {expected:.9g}')  # measured: {got:.9g}",
    ]
    return "\n".join(lines) + "\n"


def _tuple(values: tuple[int, ...]) -> str:
    return repr(tuple(int(value) for value in values))


def _native_axes(operation: RankedOperation) -> list[str]:
    """The axes of images and of channels, of length one, where the layout has them."""
    layout = operation.call.layout
    if layout == "S":
        return []
    if layout == "SC":
        return ["x = x[..., None]"]
    there, _ = axes(layout, operation.rank)
    return [f"x = x[None, ..., None].transpose({there})"]
