"""Texts of what can be done by hand around a call, or in its place; each defines ``translated(x, h, w)``."""

from __future__ import annotations

from fractions import Fraction

from golden import Convention, kernel
from probe.candidates import differences
from probe.translation.text import AXES_OF

CONVENTION, OPERATION, FRAMEWORK = "{convention}", "{operation}", "{framework}"
"""Where a text leaves room for a convention's expression, an operation's id and its framework, as Python source."""

WEIGHTS, MEASURED, INDICES, FRAME, BLUR = "weights", "measured weights", "indices", "pad and crop", "blur first"

# numpy.pad's names for borders.
_PADS = {
    "replicate": 'mode="edge"',
    "reflect": 'mode="symmetric"',
    "mirror": 'mode="reflect"',
    "wrap": 'mode="wrap"',
    "constant": 'mode="constant"',
    "renormalise": 'mode="constant"',
}
_DECAYED = 40
"""Pixels after which a B-spline prefilter's response is below float32 rounding, for orders up to 5 (0.43 ** 40)."""

_STEP = {
    "half_pixel": ("Fraction(n_in, n_out)", "(step - 1) / 2"),
    "asymmetric": ("Fraction(n_in, n_out)", "Fraction(0)"),
    "align_corners": ("Fraction(n_in - 1, n_out - 1) if n_out > 1 else Fraction(0)", "Fraction(0)"),
}
_SIZE = {"half_pixel": "n / step", "asymmetric": "n / step", "align_corners": "(n - 1) / step + 1"}

_ROUNDED = {
    "floor": "top // bottom",
    "ceil": "-(-top // bottom)",
    "round_prefer_ceil": "(2 * top + bottom) // (2 * bottom)",
    "round_prefer_floor": "-((bottom - 2 * top) // (2 * bottom))",
    "round_half_even": "top // bottom + (2 * (top % bottom) + (top // bottom) % 2 > bottom)",
}
_FRACTION = {
    "half_pixel": "(2 * np.arange(n_out) + 1) * n_in - n_out, 2 * n_out",
    "tf_half_pixel_for_nn": "(2 * np.arange(n_out) + 1) * n_in, 2 * n_out",
    "asymmetric": "np.arange(n_out) * n_in, n_out",
    "align_corners": "np.arange(n_out) * (n_in - 1), max(n_out - 1, 1)",
}

_KERNELS = {
    "linear": "np.maximum(0, 1 - np.abs(t))",
    "box": "np.where((t > -0.5) & (t <= 0.5), 1.0, 0.0)",
    "lanczos": "np.where(np.abs(t) < {lobes}, np.sinc(t) * np.sinc(t / {lobes}), 0.0)",
    "cubic": (
        "np.where(np.abs(t) <= 1, (({a}) + 2) * np.abs(t) ** 3 - (({a}) + 3) * t**2 + 1, np.where(np.abs(t) < 2, "
        "({a}) * (np.abs(t) ** 3 - 5 * t**2 + 8 * np.abs(t) - 4), 0.0))"
    ),
}


def expression(convention: Convention) -> str:
    """The convention as Python source: what differs from the defaults."""
    plain, parts = Convention().as_dict(), []
    for name, value in convention.as_dict().items():
        if name == "kernel" or plain.get(name) != value:
            parts.append(f"{name}={tuple(value) if isinstance(value, list) else value!r}")
    return f"Convention({', '.join(parts)})"


def weights(layout: str) -> str:
    """Multiply by the exact weights of a convention: right for every size, with this project beside NumPy."""
    return f"""\
import numpy as np

from golden import Convention, matrix  # of this project

convention = {CONVENTION}


def translated(x, h, w):
    rows = matrix(convention, x.shape[{AXES_OF[layout][0]}], h).to_array()
    columns = matrix(convention, x.shape[{AXES_OF[layout][1]}], w).to_array()
{_products(layout)}"""


def measured_weights(layout: str) -> str:
    """Multiply by the weights that the call was measured to have: where no convention says them."""
    return f"""\
import numpy as np

from adapters import operations  # of this project
from probe import measure

subject = next(each for each in operations({FRAMEWORK}) if each.id == {OPERATION})


def translated(x, h, w):
    rows = measure(subject, x.shape[{AXES_OF[layout][0]}], h, "height")
    columns = measure(subject, x.shape[{AXES_OF[layout][1]}], w, "width")
{_products(layout)}"""


def _products(layout: str) -> str:
    height, width = AXES_OF[layout]
    return f"""\
    y = np.moveaxis(np.tensordot(rows, x, (1, {height})), 0, {height})
    y = np.moveaxis(np.tensordot(columns, y, (1, {width})), 0, {width})
    return y.astype(np.float32)
"""


def indices(convention: Convention, layout: str) -> str | None:
    """Take pixels by whole numbers, without a rounding error anywhere; ``None`` where it is no nearest to be taken so.

    Only for borders and modes under which every output is one pixel of the image.
    """
    if convention.kernel != "nearest" or convention.prefilter != "none" or convention.border != "replicate":
        return None
    places = _FRACTION.get(convention.coordinate_transformation_mode)
    if places is None:
        return None
    height, width = AXES_OF[layout]
    return f"""\
import numpy as np


def places(n_in, n_out):
    top, bottom = {places}
    return np.clip({_ROUNDED[convention.nearest_mode]}, 0, n_in - 1)


def translated(x, h, w):
    y = np.take(x, places(x.shape[{height}], h), axis={height})
    return np.take(y, places(x.shape[{width}], w), axis={width})
"""


def frame(convention: Convention, own: Convention, layout: str) -> tuple[str, tuple[str, ...]] | None:
    """Pad, resize with a call that does ``own``, and crop, so that it does ``convention``; ``None`` if it never can.

    A wide enough border of the wanted kind keeps the call's own border away from what is kept; padding and cropping by
    the right amounts moves its coordinates. The text raises ``ValueError`` where no amounts do.
    """
    mode, its = convention.coordinate_transformation_mode, own.coordinate_transformation_mode
    if mode not in _STEP or its not in _STEP or convention.border not in _PADS or convention.kernel == "nearest":
        return None
    if not set(differences(convention, own)) <= {"coordinates", "border"}:
        return None
    stretch = " * max(1, step)" if convention.antialias else ""
    reach = f"int({_support(convention)}{stretch}) + {_DECAYED if convention.prefilter != 'none' else 2}"
    final = "kept(x) / kept(np.ones_like(x))" if convention.border == "renormalise" else "kept(x)"
    step, offset = _STEP[mode]
    height, width = AXES_OF[layout]
    values = step, offset, _STEP[its][1], reach, _SIZE[its], _PADS[convention.border], final, str(height), str(width)
    return _FRAME, values


_FRAME = """

from fractions import Fraction


def frame(n_in, n_out):
    # Pixels to put before and after a line, the size to resize it to, and the first output to keep.
    step = {0}
    if not step:
        raise ValueError(f"no padding lines up {n_in} -> {n_out}")
    offset, own = {1}, {2}
    reach = {3}
    for before in range(reach, reach + 2 * step.numerator + 2):
        first = (offset + before - own) / step
        for after in range(reach, reach + step.numerator + 1) if first.denominator == 1 else ():
            n = n_in + before + after
            size = {4}
            if size.denominator == 1 and first + n_out <= size:
                return before, after, int(size), int(first)
    raise ValueError(f"no padding lines up {n_in} -> {n_out}")


def translated(x, h, w):
    top, bottom, rows, first_row = frame(x.shape[{7}], h)
    left, right, columns, first_column = frame(x.shape[{8}], w)
    room = [(0, 0)] * x.ndim
    room[{7}], room[{8}] = (top, bottom), (left, right)

    def kept(x):
        y = resize(np.pad(x, room, {5}), rows, columns)
        y = np.take(y, range(first_row, first_row + h), axis={7})
        return np.take(y, range(first_column, first_column + w), axis={8})

    return {6}
"""


def filled(template: str, values: tuple[str, ...]) -> str:
    """The text with ``values`` at ``{0}``, ``{1}`` and so on."""
    for place, value in enumerate(values):
        template = template.replace(f"{{{place}}}", value)
    return template


def blur(convention: Convention, own: Convention, layout: str) -> str | None:
    """Blur, then resize with a call that does ``own``, linear at pixel centres; ``None`` if that never is right.

    Shrinking by a whole factor k puts every output at the same place among the pixels: on one (k odd), or midway
    between two (k even), where linear interpolation takes their mean. The stretched kernel, or what remains of it after
    that mean is divided out, is then one blur for all outputs. By any other factor, no blur is right.
    """
    if not convention.antialias or convention.kernel not in _KERNELS or convention.prefilter != "none":
        return None
    if convention.coordinate_transformation_mode != "half_pixel" or convention.border not in _PADS:
        return None
    if own.but(border="replicate") != Convention(kernel="linear"):
        return None
    shape = _KERNELS[convention.kernel].replace("{lobes}", str(convention.lobes))
    shape = shape.replace("{a}", str(convention.cubic_coeff_a))
    height, width = AXES_OF[layout]
    normalise = convention.border == "renormalise"
    line = "blurred(x) / blurred(np.ones_like(x))" if normalise else "blurred(x)"
    enlarge = ""
    if convention.kernel == "linear" and convention.border in ("replicate", "renormalise"):
        if own.border != "replicate":
            return None
        enlarge = """
    if n_out >= n_in:
        return resize(x, *[n_out if i == axis else n for i, n in enumerate(x.shape) if i in AXES])
"""
    return f"""
AXES = {height}, {width}


def taps(k):
    t = (np.arange(-{_support(convention)} * k, {_support(convention)} * k + 1) + (0.5 if k % 2 == 0 else 0)) / k
    row = {shape}
    row = np.trim_zeros(row / row.sum())
    return row if k % 2 else np.polydiv(row, [0.5, 0.5])[0]


def along(x, axis, n_out):
    n_in = x.shape[axis]{enlarge}
    if n_in % n_out:
        raise ValueError(f"no blur is right for {{n_in}} -> {{n_out}}: not a whole factor")
    k = n_in // n_out
    row = taps(k)
    more = len(row) // (2 * k) + 2  # outputs added on either side, and cropped again
    room = [(more * k, more * k) if i == axis else (0, 0) for i in range(x.ndim)]
    sizes = [n_out + 2 * more if i == axis else n for i, n in enumerate(x.shape) if i in AXES]

    def blurred(x):
        padded = np.pad(x, room, {_PADS[convention.border]}).astype(np.float64)
        soft = np.apply_along_axis(np.convolve, axis, padded, row, "same").astype(np.float32)
        return np.take(resize(soft, *sizes), range(more, more + n_out), axis=axis)

    return {line}


def translated(x, h, w):
    return along(along(x, {height}, h), {width}, w)
"""


def _support(convention: Convention) -> int:
    support = Fraction(kernel(convention).support)
    return -(-support.numerator // support.denominator)
