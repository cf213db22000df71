"""Programs that show a fault with nothing but the frameworks and numpy."""

from __future__ import annotations

import numpy as np

from adapters import Operation
from probe.discrepancy import Row
from probe.structure import Fault

_ACROSS = 4
"""Pixels across the line of the worst image; the same value in each, so that the other axis does not matter."""


_PROPERTIES = {
    "determinism": ("x = random({one})", "resize(x, h, w)", "resize(x, h, w)"),
    "state": (
        "x, z = random({one}), random({one})",
        "(resize(x, h, w), resize(x, h, w))[1]",
        "(resize(z, h, w), resize(x, h, w))[1]",
    ),
    "rounding": ("x, z = random({one}), random({one})", "resize(x + z, h, w)", "(resize(x, h, w) + resize(z, h, w))"),
    "offset": ("x = 0 * random({one})", "resize(x, h, w)", "np.zeros(1)"),
    "separability": (
        "a, b = random({height}), random({width})\n"
        "x = np.outer(a, b).reshape({one})\n"
        "rows = resize(np.outer(a, np.ones({width}, np.float32)).reshape({one}), h, {width}).reshape(h, {width})\n"
        "columns = resize(np.outer(np.ones({height}, np.float32), b).reshape({one}), {height}, w).reshape({height}, w)",
        "resize(x, h, w).reshape(h, w)",
        "np.outer(rows[:, 0], columns[0])",
    ),
    "batch": ("x = random({batch})", "resize(x, h, w)[:1]", "resize(x[:1], h, w)"),
}
"""By factor: how the images are made, and two things that should be the same."""
_PROPERTIES |= {"linearity": _PROPERTIES["rounding"], "axis order": _PROPERTIES["separability"]}


def structure_script(operation: Operation, fault: Fault) -> str:
    """Python source that prints by how much two results differ that should be the same.

    Empty for a plain callable, and for faults that show only in what is measured of a response (a factor, a channel).
    """
    if operation.call is None or fault.size_in is None or fault.factor not in _PROPERTIES:
        return ""
    one, batch = (operation.call.shape(n, fault.size_in, 1) for n in (1, 3))
    height, width = fault.size_in
    words = {"one": one, "batch": batch, "height": height, "width": width}
    images, first, second = (text.format(**words) for text in _PROPERTIES[fault.factor])
    lines = [operation.call.function(), "", "def random(shape):"]
    lines += ["    return rng.uniform(-1, 1, shape).astype(np.float32)", "", "", "rng = np.random.default_rng(0)"]
    lines += [f"h, w = {fault.size_out[0]}, {fault.size_out[1]}", images, f"difference = {first} - {second}"]
    shown = "print('off by', np.abs(difference).max(), 'and should be 0')"
    lines.append(f"{shown}  # with other images: {fault.error:.3g}")
    return "\n".join(lines) + "\n"


def between(one: Operation, other: Operation, row: Row) -> str:
    """Python source that shows both operations the worst image of ``row``, and prints what each makes of it.

    ``row`` expects what ``other`` does. Empty where either is a plain callable.
    """
    if one.call is None or other.call is None or not np.isfinite(row.got).all():
        return ""
    image = _telling(row, (one, row.got), (other, row.expected))
    programs = [_program(operation, row, image) for operation in (one, other)]
    (first, shown), (second, _) = (program.rstrip().rsplit("\n", 1) for program in programs)
    place = shown[shown.index("y[") : shown.index("]", shown.index("y[")) + 1]
    lines = [f"# {one.id}", first, f"first = {place}", "", f"# {other.id}", second]
    note = "" if np.array_equal(image, row.image) else f"  # with other images: {row.gain:.3g}"
    return "\n".join([*lines, f"print('output {place[1:]} is', first, 'and', {place}){note}"]) + "\n"


def script(operation: Operation, row: Row) -> str:
    """Python source that resizes the worst image of ``row`` and prints what came out beside what should have.

    Empty for an operation without native source (a plain callable), which only its owner can call.
    """
    if operation.call is None or not np.isfinite(row.got).all():
        return ""
    return _program(operation, row, _telling(row, (operation, row.got)))


def _telling(row: Row, *measured: tuple[Operation, np.ndarray]) -> np.ndarray:
    """The worst image of a row, or one pixel of it where a call is not linear and makes something else of all of it.

    Matrices are measured with single pixels: those it resizes as measured.
    """
    for operation, weights in measured:
        shape, size, place = _layout(operation, row)
        line = row.image.astype(np.float32)
        plane = np.broadcast_to(line[:, None] if row.axis == "height" else line, shape)
        made = np.asarray(operation.call(np.ascontiguousarray(plane)[None, :, :, None], size))[0][place][0]
        if not abs(float(made) - float(weights @ row.image)) <= 0.01 * row.gain:
            return (np.arange(row.n_in) == np.argmax(np.abs(row.got - row.expected))).astype(float)
    return row.image


def _layout(operation: Operation, row: Row) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """The image's ``(H, W)``, the size asked for and the output to look at."""
    across = (row.n_in, row.n_out) if operation.uniform else (_ACROSS, _ACROSS)
    if row.axis == "height":
        return (row.n_in, across[0]), (row.n_out, across[1]), (row.output_index, across[1] // 2)
    return (across[0], row.n_in), (across[1], row.n_out), (across[1] // 2, row.output_index)


def _program(operation: Operation, row: Row, image: np.ndarray) -> str:
    shape, size, (y, x) = _layout(operation, row)
    pixels = np.array2string(image.astype(int), separator=", ", threshold=row.n_in + 1, max_line_width=100)
    line = f"np.array({pixels}, dtype=np.float32)"
    if row.axis == "height":
        repeated = f"np.repeat({line}[:, None], {shape[1]}, axis=1)"
    else:
        repeated = f"np.repeat({line}[None, :], {shape[0]}, axis=0)"
    expected, got = row.expected @ image, row.got @ image
    shown = f"print('output [{y}, {x}] is', y[{y}, {x}], 'and should be {expected:.9g}')  # measured: {got:.9g}\n"
    return operation.call.script(repeated, shape, size) + shown
