"""Programs that need NumPy alone: the weights of a convention, or of a call by its answers, and their product."""

from __future__ import annotations

from fractions import Fraction

from halfpixel.adapters import Operation
from halfpixel.adapters.framework import Framework
from halfpixel.golden import Convention, kernel
from halfpixel.golden.kernels import PiecewisePolynomial
from halfpixel.golden.prefilter import (
    PADDING,
    bspline_at,
    needs_extended_signal,
    uses_mirrored_coefficients,
)

_COORDINATES = {
    "half_pixel": ("x_in = (x_out + 1/2) n_in / n_out - 1/2", "step = Fraction(n_in, n_out)", "(step - 1) / 2"),
    "asymmetric": ("x_in = x_out n_in / n_out", "step = Fraction(n_in, n_out)", "Fraction(0)"),
    "align_corners": (
        "x_in = x_out (n_in - 1) / (n_out - 1)",
        "step = Fraction(n_in - 1, n_out - 1) if n_out > 1 else Fraction(0)",
        "Fraction(0)",
    ),
    "pytorch_half_pixel": (
        "x_in = (x_out + 1/2) n_in / n_out - 1/2, or 0 for one output",
        "step = Fraction(n_in, n_out) if n_out > 1 else Fraction(0)",
        "(step - 1) / 2 if n_out > 1 else Fraction(0)",
    ),
    "tf_half_pixel_for_nn": ("x_in = (x_out + 1/2) n_in / n_out", "step = Fraction(n_in, n_out)", "step / 2"),
}
# A size asked for makes both the same: half_pixel_symmetric differs where a scale is given.
_COORDINATES["half_pixel_symmetric"] = _COORDINATES["half_pixel"]

_FORMULAS = {
    "lanczos": "np.sinc(t) * np.sinc(t / {lobes})",
    "hamming": "np.sinc(t) * (0.54 + 0.46 * np.cos(np.pi * t))",
    "gaussian": "np.exp(-2 * t * t)",
}
"""Kernels that are no polynomials, of the distance ``t``; the sources are those of ``golden.kernels``."""

_PICKED = {
    "floor": "top // bottom",
    "ceil": "-(-top // bottom)",
    "round_prefer_ceil": "(2 * top + bottom) // (2 * bottom)",
    "round_prefer_floor": "-((bottom - 2 * top) // (2 * bottom))",
    "round_half_even": "top // bottom + (2 * (top % bottom) + (top // bottom) % 2 > bottom)",
}

_FOLDED = {
    "replicate": "np.clip(taps, 0, n - 1)",
    "reflect": "np.minimum(taps % (2 * n), 2 * n - 1 - taps % (2 * n))",
    "mirror": "np.minimum(taps % max(2 * n - 2, 1), max(2 * n - 2, 0) - taps % max(2 * n - 2, 1))",
    "wrap": "taps % n",
    "wrap_overlap": "np.where((taps >= 0) & (taps < n), taps, taps % max(n - 1, 1))",
}
"""The pixel that stands for a tap, by border; for the others taps outside have no weight."""


def weights_program(convention: Convention) -> str:
    """Source of ``weights(size_in, size_out, axis)``: the matrix of an axis, float64 ``(n_out, n_in)``.

    Sizes are (height, width); the matrix depends on those of the axis alone.
    It computes coordinates in integers, so that ties fall as the convention says at every size.
    """
    lines = [
        "from fractions import Fraction",
        "from functools import lru_cache",
        "from math import ceil",
        "",
        "import numpy as np",
        "",
        "",
    ]
    lines += _fold(_border_of(convention), "fold")
    lines += _kernel(convention)
    lines += ["@lru_cache(maxsize=64)", "def weights(size_in, size_out, axis):", f"    # {convention}"]
    lines += ["    n_in, n_out = size_in[axis], size_out[axis]"]
    lines += _coordinates(convention)
    if convention.border == "wrap_overlap":
        lines += [
            "    last = (n_in - 1) * bottom",
            "    top = np.where((top < 0) | (top > last), top % max(last, 1), top)",
        ]
    lines += _taps(convention)
    lines += _placed(convention)
    lines += _filtered(convention)
    text = "\n".join(lines) + "\n"
    for name in ("from math import ceil\n", "from fractions import Fraction\n"):
        if name.split()[-1] + "(" not in text:
            text = text.replace(name, "")
    return text


def _border_of(convention: Convention) -> str:
    """The border of the taps; with a prefilter they are those of its coefficients."""
    return "mirror" if uses_mirrored_coefficients(convention) else convention.border


def _fold(border: str, name: str) -> list[str]:
    """Source of a function: the pixel that stands for a tap of a line of ``n``, and whether it counts."""
    if border in ("constant", "renormalise"):
        body = "    inside = (taps >= 0) & (taps < n)\n    return np.where(inside, taps, 0), inside"
    else:
        body = f"    return {_FOLDED['replicate' if border == 'extrapolate' else border]}, np.ones(taps.shape, bool)"
    return [f"def {name}(taps, n):  # {border}", body, "", ""]


def _number(value: Fraction | int) -> str:
    return str(Fraction(value))


def _kernel(convention: Convention) -> list[str]:
    """Source of ``kernel(t)`` of signed distances, in units of the stretched kernel; nothing where there is none."""
    if convention.kernel in ("nearest", "area", "adaptive_average"):
        return []
    shape = kernel(convention)
    support = _number(shape.support)
    lines = ["def kernel(t):"]
    if isinstance(shape, PiecewisePolynomial):
        ends = ", ".join(f"np.abs(t) < {_number(end)}" for end in shape.breaks[1:])
        pieces = ", ".join(
            f"np.polyval([{', '.join(map(_number, reversed(piece)))}], np.abs(t))" for piece in shape.pieces
        )
        lines.append(f"    w = np.select([{ends}], [{pieces}], 0.0)")
        if shape.includes_right_end:
            lines.append(f"    w[t == {support}] = 1  # open on the left, closed on the right")
        lines.append("    return w")
    else:
        formula = _FORMULAS[convention.kernel].replace("{lobes}", str(convention.lobes))
        lines.append(f"    return np.where(np.abs(t) < {support}, {formula}, 0.0)")
    return [*lines, "", ""]


def _coordinates(convention: Convention) -> list[str]:
    """Source of ``top`` and ``bottom``: each output samples at ``top / bottom``, in integers."""
    if convention.roi is not None:
        start, end = (f"Fraction({part.numerator}, {part.denominator})" for part in convention.roi)
        rule = "x_in = (start + x_out (end - start) / (n_out - 1)) (n_in - 1)"
        step = f"step = ({end} - {start}) * (n_in - 1) / (n_out - 1) if n_out > 1 else Fraction(0)"
        first = f"{start} * (n_in - 1) if n_out > 1 else ({start} + {end}) * (n_in - 1) / 2"
    else:
        rule, step, first = _COORDINATES[convention.coordinate_transformation_mode]
    return [
        f"    {step}  # {rule}",
        f"    first = {first}",
        "    bottom = step.denominator * first.denominator",
        "    top = np.arange(n_out) * (step.numerator * first.denominator) + first.numerator * step.denominator",
    ]


def _taps(convention: Convention) -> list[str]:
    """Source of ``taps`` and ``w``, each ``(n_out, taps)``: pixels, and weights that sum to one."""
    if convention.kernel == "nearest":
        return [
            f"    taps = ({_PICKED[str(convention.nearest_mode)]})[:, None]",
            "    w = np.ones(taps.shape)",
        ]
    if convention.kernel == "adaptive_average":
        return [
            "    begin = np.arange(n_out) * n_in // n_out",
            "    end = -(-(np.arange(n_out) + 1) * n_in // n_out)",
            "    taps = begin[:, None] + np.arange((end - begin).max())",
            "    w = (taps < end[:, None]) / (end - begin)[:, None]",
        ]
    if convention.kernel == "area":
        return [
            "    # In units of 1 / (2 bottom n_out) pixels: the box n_in / n_out wide around each coordinate.",
            "    unit, centre, half = 2 * bottom * n_out, (2 * top + bottom) * n_out, n_in * bottom",
            "    taps = ((centre - half) // unit)[:, None] + np.arange(ceil(n_in / n_out) + 1)",
            "    ends = np.minimum((centre + half)[:, None], (taps + 1) * unit)",
            "    w = np.maximum(ends - np.maximum((centre - half)[:, None], taps * unit), 0)",
            "    w = w / w.sum(axis=1, keepdims=True)",
        ]
    support = Fraction(kernel(convention).support)
    shrink = "Fraction(max(n_in, n_out), n_out)" if convention.antialias else "Fraction(1)"
    reach = (
        f"{support} * shrink" if support.denominator == 1 else f"{support.numerator} * shrink / {support.denominator}"
    )
    stretched = "  # the kernel is stretched when shrinking" if convention.antialias else ""
    return [
        f"    shrink = {shrink}{stretched}",
        f"    reach = ceil({reach})",
        "    taps = (top // bottom)[:, None] + np.arange(1 - reach, reach + 1)",
        "    w = kernel((taps * bottom - top[:, None]) * shrink.denominator / (bottom * shrink.numerator))",
        "    w = w / w.sum(axis=1, keepdims=True)",
    ]


def _placed(convention: Convention) -> list[str]:
    """Source of ``rows``, ``(n_out, n)``: the taps at the pixels that stand for them."""
    lines = []
    if convention.border == "extrapolate":
        lines.append("    w = np.where(((top < 0) | (top > (n_in - 1) * bottom))[:, None], 0, w)")
    if needs_extended_signal(convention):
        lines += [
            f"    n = n_in + {2 * PADDING}  # pixels beyond the image, where the coefficients fade",
            f"    taps, kept = np.clip(taps + {PADDING}, 0, n - 1), True",
        ]
    else:
        lines += ["    n = n_in", "    taps, kept = fold(taps, n)"]
    lines.append("    w = np.where(kept, w, 0)")
    if convention.border == "renormalise":
        lines += ["    inside = w.sum(axis=1, keepdims=True)", "    w = w / np.where(inside == 0, 1, inside)"]
    return [
        *lines,
        "    rows = np.zeros((n_out, n))",
        "    np.add.at(rows, (np.arange(n_out)[:, None], taps), w)",
    ]


def _filtered(convention: Convention) -> list[str]:
    """Source of the end: the filter at the input's own resolution, if any."""
    if convention.prefilter == "none":
        return ["    return rows"]
    if convention.prefilter == "gaussian":
        automatic = convention.sigma in (None, "auto")
        sigma = "max(0, (n_in / n_out - 1) / 2)" if automatic else f"{Fraction(str(convention.sigma))}"
        return [
            f"    sigma = {sigma}  # of a gaussian before, input pixels",
            "    reach = int(4 * sigma + 0.5)",
            "    if not reach:",
            "        return rows",
            "    offsets = np.arange(-reach, reach + 1)",
            "    blur = np.exp(-(offsets**2) / (2 * sigma * sigma))",
            *_banded(convention.border),
            "    return rows @ band",
        ]
    if convention.prefilter == "binomial":
        return [
            "    offsets, blur = np.arange(-2, 3), np.array([1, 4, 6, 4, 1])",
            *_banded(convention.border),
            "    return rows @ band",
        ]
    assert convention.order is not None
    samples = ", ".join(_number(bspline_at(convention.order, k)) for k in range(-2, 3))
    lines = [f"    offsets, samples = np.arange(-2, 3), np.array([{samples}])  # of the B-spline, at the pixels"]
    if needs_extended_signal(convention):
        period = "2 * n - 2"
        return [
            *lines,
            "    nodes = np.arange(n)[:, None]",
            f"    nodes = np.minimum((nodes + offsets) % ({period}), {period} - (nodes + offsets) % ({period}))",
            "    band = np.zeros((n, n))",
            "    np.add.at(band, (np.arange(n)[:, None], nodes), samples)",
            f"    pixels, kept = fold(np.arange(-{PADDING}, n_in + {PADDING}), n_in)",
            "    signal = np.zeros((n, n_in))",
            "    signal[np.arange(n)[kept], pixels[kept]] = 1",
            "    return rows @ np.linalg.solve(band, signal)",
        ]
    return [
        *lines,
        "    nodes, kept = fold(np.arange(n)[:, None] + offsets, n)",
        "    band = np.zeros((n, n))",
        "    np.add.at(band, (np.arange(n)[:, None], nodes), np.where(kept, samples, 0))",
        "    return rows @ np.linalg.inv(band)",
    ]


def _banded(border: str) -> list[str]:
    lines = [
        "    nodes, kept = fold(np.arange(n)[:, None] + offsets, n)",
        "    band = np.zeros((n, n))",
        "    np.add.at(band, (np.arange(n)[:, None], nodes), np.where(kept, blur / blur.sum(), 0))",
    ]
    return [*lines, "    band /= band.sum(axis=1, keepdims=True)"] if border == "renormalise" else lines


_TO_LAYOUT = {"NCHW": ("[None, None]", "[0, 0]"), "NHWC": ("[None, :, :, None]", "[0, :, :, 0]")}


def measured_weights_program(operation: Operation) -> str:
    """Source of ``weights(size_in, size_out, axis)`` after a program of the call: what it answers to one bright line.

    The other axis is resized along with it, as what some calls do to one depends on both. Right for a call that is
    linear, and that resizes each axis by a matrix at any two sizes.
    """
    to_call, from_call = _TO_LAYOUT.get(str(operation.native_call.layout), ("", ""))
    return f"""

from functools import lru_cache


@lru_cache(maxsize=64)
def weights(size_in, size_out, axis):
    # Measured: one bright line at a time, and the middle of what the call makes of it.
    columns = []
    for i in range(size_in[axis]):
        image = np.zeros(size_in, np.float32)
        np.moveaxis(image, axis, 0)[i] = 1
        y = np.asarray(resize(image{to_call}, *size_out){from_call}, np.float64)
        columns.append(np.take(y, size_out[1 - axis] // 2, axis=1 - axis))
    return np.stack(columns, axis=1)
"""


_PRODUCTS = {"NCHW": "ncij", "NHWC": "nijc", "HWC": "ij...", "HW": "ij"}

# How each kind of tensor is made, given weights in its dtype and on its device, and multiplied; ``{}`` is the sum.
_TORCH = ("torch.as_tensor(x)", "torch.from_numpy({weights}).to(x)", 'torch.einsum("{}", rows, x, columns)')
_TENSORS = {
    "torch.from_numpy(x)": ("import torch", *_TORCH),
    "tf.constant(x)": (
        "import tensorflow as tf",
        "tf.convert_to_tensor(x)",
        "tf.constant({weights}, x.dtype)",
        'tf.einsum("{}", rows, x, columns)',
    ),
    "jnp.asarray(x)": (
        "import jax.numpy as jnp",
        "jnp.asarray(x)",
        "jnp.asarray({weights}, x.dtype)",
        'jnp.einsum("{}", rows, x, columns, precision="highest")',
    ),
    "keras.ops.convert_to_tensor(x)": (
        "import keras",
        "keras.ops.convert_to_tensor(x)",
        "keras.ops.convert_to_tensor({weights}, x.dtype)",
        'keras.ops.einsum("{}", rows, x, columns)',
    ),
}
_ARRAYS = ("", "np.asarray(x)", "{weights}", 'np.einsum("{}", rows, x, columns, optimize=True).astype(np.float32)')


def product_program(framework: Framework, layout: str) -> str:
    """Source of ``translated(x, h, w)`` after one of ``weights``: both axes by their weights, in the target's tensors.

    ``x`` holds floats in the layout of the framework's calls.
    """
    imports, tensor, weights, product = _TENSORS.get(framework.to_native, _ARRAYS)
    pixels = _PRODUCTS[layout]
    height, width = pixels.index("i"), pixels.index("j")
    formula = product.replace("{}", f"oi,{pixels},pj->{pixels.replace('i', 'o').replace('j', 'p')}")
    lines = ["", "", *([imports, "", ""] if imports else []), "def translated(x, h, w):", f"    x = {tensor}"]
    lines.append(f"    before, after = (x.shape[{height}], x.shape[{width}]), (h, w)")
    lines.append(
        f"    rows, columns = ({weights.replace('{weights}', 'weights(before, after, axis)')} for axis in (0, 1))"
    )
    return "\n".join([*lines, f"    return {formula}"]) + "\n"
