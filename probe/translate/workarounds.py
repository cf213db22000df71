"""Programs around a call, or in its place, where no call of the other framework is the same; each was run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import Convention, kernel, matrix
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, gain_tolerance, row_gain
from halfpixel.golden.vocabulary import Cause
from halfpixel.probe.compare.candidates import differences
from halfpixel.probe.measure.sizes import Pair, describe_pairs
from halfpixel.probe.translate.call_programs import AXES_OF, call_program, run_program
from halfpixel.probe.translate.function_comparison import FunctionIndex, MeasuredFunction

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


def convention_expression(convention: Convention) -> str:
    """The convention as Python source: what differs from the defaults."""
    plain, parts = Convention().as_dict(), []
    for name, value in convention.as_dict().items():
        if name == "kernel" or plain.get(name) != value:
            parts.append(f"{name}={tuple(value) if isinstance(value, list) else value!r}")
    return f"Convention({', '.join(parts)})"


def indices_program(convention: Convention, layout: str) -> str | None:
    """Pick pixels by integer arithmetic, without rounding errors; ``None`` where that does not do ``convention``.

    Only for borders and modes under which every output is one pixel of the image.
    """
    if (
        convention.nearest_mode is None
        or convention.kernel != "nearest"
        or convention.prefilter != "none"
        or convention.border != "replicate"
    ):
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


def padding_program(convention: Convention, own: Convention, layout: str) -> tuple[str, tuple[str, ...]] | None:
    """Pad, resize with a call that does ``own``, and crop, so that it does ``convention``; ``None`` if it never can.

    A wide enough border of the wanted kind keeps the call's own border away from what is kept; padding and cropping by
    the right amounts moves its coordinates. The text raises ``ValueError`` where no amounts do.
    """
    mode, own_mode = convention.coordinate_transformation_mode, own.coordinate_transformation_mode
    if mode not in _STEP or own_mode not in _STEP or convention.border not in _PADS or convention.kernel == "nearest":
        return None
    if not set(differences(convention, own)) <= {Cause.COORDINATES, Cause.BORDER}:
        return None
    stretch = " * max(1, step)" if convention.antialias else ""
    reach = f"int({_support(convention)}{stretch}) + {_DECAYED if convention.prefilter != 'none' else 2}"
    final = "kept(x) / kept(np.ones_like(x))" if convention.border == "renormalise" else "kept(x)"
    step, offset = _STEP[mode]
    height, width = AXES_OF[layout]
    values = (
        step,
        offset,
        _STEP[own_mode][1],
        reach,
        _SIZE[own_mode],
        _PADS[convention.border],
        final,
        str(height),
        str(width),
    )
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


def fill_template(template: str, values: tuple[str, ...]) -> str:
    """The text with ``values`` at ``{0}``, ``{1}`` and so on."""
    for place, value in enumerate(values):
        template = template.replace(f"{{{place}}}", value)
    return template


def blur_program(convention: Convention, own: Convention, layout: str) -> str | None:
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


_LONGER = 16
"""How much longer than the line a padded one may be, which enlarges the rounding error of its coordinates."""


@dataclass(frozen=True, slots=True)
class Workaround:
    """A text that, after the program of ``to`` where it calls ``resize``, is the wanted function.

    Its text, ``template`` with ``values``, was run at ``proved`` of the ``of`` few pairs, and was within rounding
    (``error`` at most, for images in [-1, 1]) at every one; elsewhere it refuses. ``where`` says at which, in words,
    empty when at all; ``where_is_rule`` whether these words are a rule of sizes, not a number of pairs.
    """

    kind: str
    to: Operation
    template: str
    values: tuple[str, ...]
    proved: int
    of: int
    where: str
    error: float
    where_is_rule: bool = False

    @property
    def program(self) -> str:
        """The whole text to copy."""
        return (call_program(self.to) if self.calls else "") + fill_template(self.template, self.values)

    @property
    def calls(self) -> bool:
        """Whether it calls the framework."""
        return self.kind in (FRAME, BLUR)


@dataclass(frozen=True, slots=True)
class Workarounds:
    """Recipes that were verified, the one that holds at most sizes first, and which weights are always right.

    ``exact`` is ``weights`` where a convention has them, and ``measured weights`` elsewhere.
    """

    recipes: tuple[Workaround, ...]
    exact: str


def find_workarounds(source: MeasuredFunction, candidates: list[Operation], functions: FunctionIndex) -> Workarounds:
    """The programs around the calls of a framework that are the function ``source``.

    ``candidates`` are those calls, the plainest first.
    """
    convention = source.convention
    if convention is None:
        return Workarounds((), MEASURED)
    texts = _workaround_texts(convention, candidates, functions)
    verified = (_verified(text, source, convention, functions) for text in texts)
    recipes = [recipe for recipe in verified if recipe is not None]
    return Workarounds(tuple(sorted(recipes, key=lambda recipe: -recipe.proved)), WEIGHTS)


@dataclass(frozen=True, slots=True)
class _WorkaroundText:
    """A workaround that is to be verified."""

    kind: str
    to: Operation
    template: str
    values: tuple[str, ...] = ()


def _workaround_texts(
    convention: Convention, candidates: list[Operation], functions: FunctionIndex
) -> Iterator[_WorkaroundText]:
    """The first call of each kind of recipe that can be the base of it."""
    kinds = set()
    for to in candidates:
        if to.call is None or to.cost or to.same_scale_on_both_axes:
            continue
        layout, own = to.call.layout, functions.convention(to)
        texts: list[tuple[str, str | None, tuple[str, ...]]] = [(INDICES, indices_program(convention, layout), ())]
        if own is not None and own != convention:
            template, values = padding_program(convention, own, layout) or (None, ())
            texts += [(FRAME, template, values), (BLUR, blur_program(convention, own, layout), ())]
        for kind, text, values in texts:
            # A call that differs in one thing less is tried before others of the same kind; then no other is.
            if text is not None and kind not in kinds:
                kinds.add(kind)
                yield _WorkaroundText(kind, to, text, values)


def _verified(
    text: _WorkaroundText, source: MeasuredFunction, convention: Convention, functions: FunctionIndex
) -> Workaround | None:
    """The recipe, if it is right wherever it answers, and answers somewhere that matters."""
    program = (call_program(text.to) if text.kind in (FRAME, BLUR) else "") + fill_template(text.template, text.values)
    few = [pair for pair in functions.few if pair in source.defined]
    proved, error = [], 0.0
    for pair in few:
        measured = _recipe_error(text.to, program, convention, pair, pair)
        if measured is None:
            continue
        if not measured[0] <= measured[1]:
            return None
        proved.append(pair)
        error = max(error, measured[0])
    # Two different pairs at once distinguish height and width.
    for rows, columns in zip(proved, proved[len(proved) // 2 :], strict=False):
        measured = _recipe_error(text.to, program, convention, rows, columns)
        if measured is None or not measured[0] <= measured[1]:
            return None
    if not any(n_in != n_out and min(n_in, n_out) > 1 for n_in, n_out in proved):
        return None
    words, is_rule = describe_pairs(tuple(proved), tuple(few))
    where = words.removeprefix(", ")
    return Workaround(
        text.kind, text.to, text.template, text.values, len(proved), len(few), where, error, bool(where) and is_rule
    )


def _recipe_error(
    to: Operation, text: str, convention: Convention, rows: Pair, columns: Pair
) -> tuple[float, float] | None:
    """The largest difference on a random image, and what rounding explains of it; ``None`` where the text refuses."""
    image = np.random.default_rng(rows[0] * 1000 + columns[1]).uniform(-1, 1, (rows[0], columns[0])).astype(np.float32)
    try:
        got = run_program(to, text, "translated", image[None, :, :, None], (rows[1], columns[1]))[0, :, :, 0]
    except ValueError:
        return None
    except WrongShape:
        return np.inf, 0.0
    except Exception:
        return None
    height, width = (matrix(convention, *pair).to_array() for pair in (rows, columns))
    gains = row_gain(height), row_gain(width)
    bounds = [
        _LONGER * (gain_tolerance(convention, *pair, round(gain, 3)) + 4 * UNIT_ROUNDOFF * gain)
        for pair, gain in zip((rows, columns), gains, strict=True)
    ]
    error = float(np.abs(got - height @ image.astype(np.float64) @ width.T).max())
    return error, bounds[0] * gains[1] + bounds[1] * gains[0] + bounds[0] * bounds[1]
