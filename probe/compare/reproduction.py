"""Write programs that show a defect with nothing but the framework and NumPy.

A program ends with a line that prints a result beside what it should be. A plain callable has no source to print: its
program is empty.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.native_call import NativeCall
from halfpixel.golden.vocabulary import Cause
from halfpixel.probe.compare.both_axes.whole_operator import ShapeDifference
from halfpixel.probe.compare.discrepancy import Fault, OutputRow
from halfpixel.probe.measure.joint_shapes import pixels
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.measure.whole_images import image_source

_ACROSS = 4
"""Pixels across the line of the worst image; the same value in each, so that the other axis does not matter."""


def result_line(what: str, value: str, expected: str, measured: str = "") -> str:
    """The line that prints ``value``, an expression, beside the text ``expected``; ``measured`` goes into a comment."""
    return f"print('{what} is', {value}, 'and should be {expected}')" + (
        f"  # measured: {measured}" if measured else ""
    )


def shape_line(what: str, value: str, expected: object) -> str:
    """The line that prints ``value``, an expression, beside the value of the expression ``expected``."""
    return f"print('{what} is', {value}, 'and should be', {expected})"


def image_program(call: NativeCall | None, image: str, shape: Pair, size: tuple[float, float], last: str) -> str:
    """A program that resizes one image, given as source of an array of ``shape``, to ``y``, and ends with ``last``.

    ``size`` is what the call takes: the new height and width, or two scales.
    """
    return "" if call is None else f"{call.script(image, shape, size)}{last}\n"


def array_program(call: NativeCall | None, *lines: str) -> str:
    """A program of ``lines`` that may use ``resize(x, h, w)``, from and to arrays in the call's own layout."""
    return "" if call is None else "\n".join([call.function(), *lines]) + "\n"


def size_line(size: Pair) -> str:
    """The line that sets ``h`` and ``w``."""
    return f"h, w = {size[0]}, {size[1]}"


def repeated_line(axis: str, line: str, length: int, across: int) -> tuple[str, Pair]:
    """Source and shape of an image made of a line, given as source, along ``axis``."""
    if axis == "height":
        return f"np.repeat({line}[:, None], {across}, axis=1)", (length, across)
    return f"np.repeat({line}[None, :], {across}, axis=0)", (across, length)


NATIVE_IMAGES = {"NHWC": "{x}", "NCHW": "np.ascontiguousarray({x}.transpose(0, 3, 1, 2))"}
"""By layout of several images: how source ``{x}`` of an array ``(N, H, W, C)`` is laid out for the call."""

FROM_NATIVE_IMAGES = {"NHWC": "{x}", "NCHW": "{x}.transpose(0, 2, 3, 1)"}
"""The way back, of a result."""

NATIVE_VOLUMES = {
    "NHWC": ("{x}", "y{place}"),
    "NSC": ("{x}", "y{place}"),
    "NCHW": ("np.ascontiguousarray(np.moveaxis({x}, -1, 1))", "np.moveaxis(y, 1, -1){place}"),
    "NCS": ("np.ascontiguousarray(np.moveaxis({x}, -1, 1))", "np.moveaxis(y, 1, -1){place}"),
    "HWC": ("({x})[0]", "y.reshape(1, *y.shape[:2], -1){place}"),
    "SC": ("({x})[0]", "y[None]{place}"),
}
"""The same for any number of axes, and where the output at ``{place}``, ``[n, *spatial, c]``, stands in ``y``."""

ONE_IMAGE = {"NCHW": (".transpose(2, 0, 1)[None]", "[0].transpose(1, 2, 0)"), "NHWC": ("[None]", "[0]")}
"""By layout: what lays one image ``(H, W, C)`` out for the call, and its result back; nothing for other layouts."""


def one_of_images(layout: str, images: str, n: int, c: int, channels: int) -> str:
    """Source of what the call is given of ``images``, the source of an array ``(N, H, W, channels)``.

    All of it where the layout holds several images; otherwise image ``n``, or of that the plane ``c``.
    """
    if layout in NATIVE_IMAGES:
        return NATIVE_IMAGES[layout].format(x=images)
    return f"{images}[{n}, ..., {c}]" if layout == "HW" or channels == 1 else f"{images}[{n}]"


def native_place(layout: str, n: int, y: int, x: int, c: int, channels: int) -> str:
    """The indices, in a result of the call, of row ``y`` and column ``x`` of image ``n`` and channel ``c``."""
    image = (y, x, c) if channels > 1 else (y, x)
    place = {"NCHW": (n, c, y, x), "NHWC": (n, y, x, c), "HWC": image}.get(layout, (y, x))
    return ", ".join(map(str, place))


_PROPERTIES: dict[str, tuple[str, str, str]] = {
    Cause.DETERMINISM: ("x = random({one})", "resize(x, h, w)", "resize(x, h, w)"),
    Cause.STATE: (
        "x, z = random({one}), random({one})",
        "(resize(x, h, w), resize(x, h, w))[1]",
        "(resize(z, h, w), resize(x, h, w))[1]",
    ),
    Cause.ROUNDING: (
        "x, z = random({one}), random({one})",
        "resize(x + z, h, w)",
        "(resize(x, h, w) + resize(z, h, w))",
    ),
    Cause.OFFSET: ("x = 0 * random({one})", "resize(x, h, w)", "np.zeros(1)"),
    Cause.SEPARABILITY: (
        "a, b = random({height}), random({width})\n"
        "x = np.outer(a, b).reshape({one})\n"
        "rows = resize(np.outer(a, np.ones({width}, np.float32)).reshape({one}), h, {width}).reshape(h, {width})\n"
        "columns = resize(np.outer(np.ones({height}, np.float32), b).reshape({one}), {height}, w).reshape({height}, w)",
        "resize(x, h, w).reshape(h, w)",
        "np.outer(rows[:, 0], columns[0])",
    ),
    Cause.BATCH: ("x = random({batch})", "resize(x, h, w)[:1]", "resize(x[:1], h, w)"),
}
"""By cause: how the images are made, and two things that should be the same."""
_PROPERTIES |= {Cause.LINEARITY: _PROPERTIES[Cause.ROUNDING], Cause.AXIS_ORDER: _PROPERTIES[Cause.SEPARABILITY]}


def property_program(operation: Operation, fault: Fault) -> str:
    """Python source that prints by how much two results differ that should be the same.

    Empty for a plain callable, and for faults that show only in what is measured of a response (a factor, a channel).
    """
    parts = _PROPERTIES.get(fault.factor)
    if operation.call is None or fault.size_in is None or fault.size_out is None or parts is None:
        return ""
    one, batch = (operation.call.layout.shape(n, fault.size_in, 1) for n in (1, 3))
    height, width = fault.size_in
    images, first, second = (text.format(one=one, batch=batch, height=height, width=width) for text in parts)
    return array_program(
        operation.call,
        "",
        "def random(shape):",
        "    return rng.uniform(-1, 1, shape).astype(np.float32)",
        "",
        "",
        "rng = np.random.default_rng(0)",
        size_line(fault.size_out),
        images,
        f"difference = {first} - {second}",
        f"print('off by', np.abs(difference).max(), 'and should be 0')  # with other images: {fault.error:.3g}",
    )


def comparison_program(first: Operation, second: Operation, row: OutputRow) -> str:
    """Python source that shows both operations the worst image of ``row``, and prints what each makes of it.

    ``row`` expects what ``second`` does. Empty where either is a plain callable.
    """
    if first.call is None or second.call is None or not np.isfinite(row.got).all():
        return ""
    image = _revealing_image(row, (first, row.got), (second, row.expected))
    cases = [_worst_case(operation, row) for operation in (first, second)]
    resized = [
        call.script(_image_source(row, image, shape), shape, size).removesuffix("\n")
        for call, (shape, size, _) in zip((first.call, second.call), cases, strict=True)
    ]
    place = list(cases[0][2])
    note = "" if np.array_equal(image, row.image) else f"  # with other images: {row.gain:.3g}"
    lines = [f"# {first.id}", resized[0], f"first = y{place}", "", f"# {second.id}", resized[1]]
    return "\n".join([*lines, f"print('output {place} is', first, 'and', y{place}){note}"]) + "\n"


def reproduction_program(operation: Operation, row: OutputRow) -> str:
    """Python source that resizes the worst image of ``row`` and prints what came out beside what should have.

    Empty for an operation without native source (a plain callable), which only its owner can call.
    """
    if operation.call is None or not np.isfinite(row.got).all():
        return ""
    image = _revealing_image(row, (operation, row.got))
    shape, size, place = _worst_case(operation, row)
    expected, measured = f"{row.expected @ image:.9g}", f"{row.got @ image:.9g}"
    last = result_line(f"output {list(place)}", f"y{list(place)}", expected, measured)
    return image_program(operation.call, _image_source(row, image, shape), shape, size, last)


def whole_image_program(operation: Operation, differing: Sequence[ShapeDifference]) -> str:
    """Python source that resizes a random image at a shape that differs, and prints an output beside what it should be.

    The smallest shape whose error on that image is half of the largest, at least. Empty for a plain callable.
    """
    shown = [difference for difference in differing if np.isfinite(difference.got)]
    if operation.call is None or not shown:
        return ""
    least = max(abs(difference.got - difference.expected) for difference in shown) / 2
    clear = [difference for difference in shown if abs(difference.got - difference.expected) >= least]
    chosen = min(clear, key=lambda difference: pixels(difference.shape))
    place, (size_in, size_out) = list(chosen.output), chosen.shape
    last = result_line(f"output {place}", f"y{place}", f"{chosen.expected:.9g}", f"{chosen.got:.9g}")
    return image_program(operation.call, image_source(size_in), size_in, size_out, last)


def _revealing_image(row: OutputRow, *measured: tuple[Operation, np.ndarray]) -> np.ndarray:
    """The worst image of a row, or one pixel of it where a call is not linear and makes something else of all of it.

    Matrices are measured with single pixels: those it resizes as measured.
    """
    for operation, weights in measured:
        if operation.call is None:
            continue
        shape, size, place = _worst_case(operation, row)
        line = row.image.astype(np.float32)
        plane = np.broadcast_to(line[:, None] if row.axis == "height" else line, shape)
        resized = operation.call(np.ascontiguousarray(plane)[None, :, :, None], size)
        if not abs(float(np.asarray(resized)[0][place][0]) - float(weights @ row.image)) <= 0.01 * row.gain:
            single: np.ndarray = np.arange(row.n_in) == np.argmax(np.abs(row.got - row.expected))
            return single.astype(float)
    return row.image


def _worst_case(operation: Operation, row: OutputRow) -> tuple[Pair, Pair, Pair]:
    """The image's ``(H, W)``, its new size and the output to look at."""
    across = (row.n_in, row.n_out) if operation.same_scale_on_both_axes else (_ACROSS, _ACROSS)
    if row.axis == "height":
        return (row.n_in, across[0]), (row.n_out, across[1]), (row.output_index, across[1] // 2)
    return (across[0], row.n_in), (across[1], row.n_out), (across[1] // 2, row.output_index)


def _image_source(row: OutputRow, image: np.ndarray, shape: Pair) -> str:
    pixels = np.array2string(image.astype(int), separator=", ", threshold=row.n_in + 1, max_line_width=100)
    across = shape[1] if row.axis == "height" else shape[0]
    return repeated_line(row.axis, f"np.array({pixels}, dtype=np.float32)", row.n_in, across)[0]
