"""Test vectors that decide how outputs weigh pixels: kernels, antialias, borders, prefilters."""

from __future__ import annotations

from itertools import product

from golden._cases import KEYS, LINEAR, SHARP, SPLINE, Suite, at, crop, line, lines
from golden.convention import Convention

_STRETCHED = {"antialias": True, "border": "renormalise"}


def cubic() -> Suite:
    """The coefficient and the border of cubic convolution."""
    sizes = (
        (4, 8, "taps outside on both sides"),
        (5, 7, "seven different sets of weights"),
        (8, 5, "shrinking without antialias skips pixels"),
        (2, 6, "half of the taps or more lie outside"),
    )
    coefficients = (("-3/4", "torch, OpenCV, ONNX"), ("-1/2", "Keys, Pillow, TensorFlow 2"), ("0", "Hermite"))
    borders = (("replicate", "clamped"), ("renormalise", "dropped, the rest divided by their sum"))
    cases = [
        line(
            f"a = {a} ({who}), taps outside {how}: {why}.",
            Convention(kernel="cubic", cubic_coeff_a=a, border=border),
            n_in,
            n_out,
        )
        for (n_in, n_out, why), (a, who), (border, how) in product(sizes, coefficients, borders)
    ]
    return Suite("07-cubic", "Cubic convolution: the coefficient and the border", tuple(cases))


def antialias() -> Suite:
    """Kernels stretched when shrinking."""
    sizes = (
        (8, 4, "stretched by 2, a whole factor"),
        (10, 3, "stretched by 10/3, different weights for each output"),
        (7, 5, "stretched by 7/5"),
        (5, 7, "enlarging, so antialias changes nothing"),
        (9, 1, "stretched by 9, so every pixel counts for the only output"),
    )
    kernels = (
        LINEAR.but(antialias=True),
        SHARP.but(antialias=True),
        KEYS.but(antialias=True),
        Convention(kernel="box", antialias=True),
        Convention(kernel="mitchell", antialias=True),
    )
    borders = (("replicate", "taps outside clamped"), ("renormalise", "taps outside dropped"))
    cases = [
        line(f"{why[0].upper()}{why[1:]}; {how}.", kernel.but(border=border), n_in, n_out)
        for kernel, (border, how), (n_in, n_out, why) in product(kernels, borders, sizes)
    ]
    rule = "Corners aligned, yet the width follows n_in / n_out, not the step."
    cases += [line(rule, at(kernel, "align_corners"), 10, 3) for kernel in kernels[:3]]
    return Suite("08-antialias", "Antialias: kernels stretched when shrinking", tuple(cases))


def area() -> Suite:
    """Exact coverage, and adaptive average pooling."""
    sizes = (
        (8, 4, "whole blocks: both rules agree"),
        (7, 5, "blocks cut pixels in two: coverage weighs the parts, pooling counts them whole"),
        (10, 3, "a third of a pixel at one side or both"),
        (5, 3, "each output touches two pixels or three"),
        (3, 5, "enlarging: an output can straddle two pixels"),
        (4, 8, "enlarging by a whole factor: both repeat pixels"),
    )
    kernels = (("area", "Exact coverage"), ("adaptive_average", "Adaptive average pooling"))
    cases = [
        line(f"{what}; {why}.", Convention(kernel=kernel), n_in, n_out)
        for (n_in, n_out, why), (kernel, what) in product(sizes, kernels)
    ]
    return Suite("09-area", "Area: exact coverage, and pooling", tuple(cases))


_BORDERS = (
    ("replicate", "aaa|abcd|ddd"),
    ("renormalise", "taps outside dropped, the rest divided by their sum"),
    ("reflect", "cba|abcd|dcb"),
    ("mirror", "dcb|abcd|cba"),
    ("wrap", "bcd|abcd|abc"),
    ("constant", "000|abcd|000, tap by tap"),
    ("extrapolate", "0 for every output whose coordinate lies outside 0 to n_in - 1, replicate within"),
)


def borders() -> Suite:
    """What stands for pixels outside."""
    shapes = (
        (SHARP, 4, 6, "two taps outside at the ends, one next to them"),
        (SHARP, 2, 5, "the image is no wider than the part of the kernel outside"),
        (LINEAR, 4, 6, "only the first and the last output look outside"),
        (LINEAR.but(antialias=True), 7, 2, "a stretched kernel looks far outside"),
        (crop("-1/2", "3/2", "replicate"), 4, 7, "the samples themselves lie outside"),
    )
    cases = [
        line(f"{border}, {what}: {why}.", convention.but(border=border), n_in, n_out)
        for (convention, n_in, n_out, why), (border, what) in product(shapes, _BORDERS)
    ]
    rule = "wrap_overlap: coordinates outside come back by multiples of n_in - 1, so first and last pixel coincide."
    cases += [
        line(rule, LINEAR.but(border="wrap_overlap"), 4, 6),
        line(rule, crop("-1/2", "3/2", "wrap_overlap"), 4, 5),
    ]
    return Suite("10-borders", "Borders: what stands for pixels outside", tuple(cases))


def bspline() -> Suite:
    """B-splines, interpolating and not."""
    cases = [
        line(
            f"Degree {order}, coefficients go on as {border}: the curve passes through every pixel.",
            SPLINE.but(order=order, border=border),
            n_in,
            n_out,
        )
        for order, border, (n_in, n_out) in product((2, 3, 4, 5), ("mirror", "reflect", "wrap"), ((4, 7), (5, 3)))
    ]
    plain, corners = Convention(kernel="bspline", order=3), "align_corners"
    zoom = at(SPLINE, corners, border="extrapolate")
    cases += lines(
        ("Without the prefilter a spline blurs: even the same size changes the image.", plain, 5, 5),
        ("Without the prefilter the first output is (5 a + b) / 6, not a.", at(plain, corners), 3, 5),
        ("SciPy's default zoom: mirrored coefficients, corners aligned.", zoom, 5, 8),
    )
    return Suite("11-bspline", "B-splines, interpolating and not", tuple(cases))


def decimals() -> Suite:
    """Conventions whose weights are no fractions."""
    skimage = Convention(kernel="linear", border="mirror", prefilter="gaussian")
    cases = lines(
        ("Three lobes reach beyond four pixels.", Convention(kernel="lanczos", lobes=3), 4, 8),
        ("OpenCV's eight taps, divided by their sum.", Convention(kernel="lanczos", lobes=4), 8, 5),
        ("Pillow's LANCZOS.", Convention(kernel="lanczos", lobes=3, **_STRETCHED), 8, 4),
        ("TensorFlow's lanczos5.", Convention(kernel="lanczos", lobes=5, border="renormalise"), 5, 7),
        ("Pillow's HAMMING.", Convention(kernel="hamming", **_STRETCHED), 8, 4),
        ("TensorFlow's gaussian.", Convention(kernel="gaussian", border="renormalise"), 4, 6),
        ("The last pixels go on for ever: a spline through them is irrational.", SPLINE.but(border="replicate"), 4, 7),
        ("Zeros go on for ever: a spline through them is irrational.", SPLINE.but(border="constant"), 4, 7),
        ("scikit-image's default: a gaussian of sigma 1 first.", skimage, 9, 3),
    )
    return Suite("15-decimals", "Weights that are no fractions: decimals and their bound", tuple(cases))
