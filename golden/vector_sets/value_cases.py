"""The cases of the test vectors, as tables: each row is one case, named by the rule that it decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from halfpixel.golden.convention import NEAREST_MODES, Convention
from halfpixel.golden.vector_sets.problem import VectorAxis


@dataclass(frozen=True, slots=True)
class VectorCase:
    """``values``, integers in row-major order, are the input; without them it is the first primes.

    Primes, because no polynomial of low degree fits them: kernels that all reproduce one would agree on it.
    """

    id: str
    rule: str
    axes: tuple[VectorAxis, ...]
    values: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class VectorFile:
    """One file of cases; ``has_matrices`` says whether those of one axis state its matrix, too."""

    file: str
    title: str
    cases: tuple[VectorCase, ...]
    has_matrices: bool = True


LINEAR = Convention(kernel="linear")
CUBIC_075 = Convention(kernel="cubic", cubic_coeff_a=Fraction(-3, 4))
KEYS = Convention(kernel="cubic", cubic_coeff_a=Fraction(-1, 2))
SPLINE = Convention(kernel="bspline", order=3, prefilter="bspline", border="mirror")


def with_coordinates(convention: Convention, mode: str, **more: object) -> Convention:
    """The same convention with another ``coordinate_transformation_mode``."""
    return convention.but(coordinate_transformation_mode=mode, **more)


def nearest_convention(mode: str, nearest_mode: str) -> Convention:
    """The nearest pixel."""
    return Convention(kernel="nearest", coordinate_transformation_mode=mode, nearest_mode=nearest_mode)


def crop_convention(start: str, end: str, border: str = "extrapolate", kernel: str = "linear") -> Convention:
    """A box from ``start`` to ``end``, where the input spans 0 to 1."""
    return Convention(
        kernel=kernel,
        coordinate_transformation_mode="tf_crop_and_resize",
        border=border,
        roi=(Fraction(start), Fraction(end)),
    )


def axis_case(
    rule: str,
    convention: Convention,
    n_in: int,
    n_out: int,
    scale: Fraction | None = None,
    values: tuple[int, ...] = (),
) -> VectorCase:
    """A case of one axis."""
    scale_text = "" if scale is None else f" by {scale}"
    return VectorCase(
        f"{convention}, {n_in} to {n_out}{scale_text}", rule, (VectorAxis(convention, n_in, n_out, scale),), values
    )


def axis_cases(
    *rows: tuple[str, Convention, int, int] | tuple[str, Convention, int, int, Fraction],
) -> list[VectorCase]:
    """A case of one axis for each row ``(rule, convention, n_in, n_out, [scale])``."""
    return [axis_case(*row) for row in rows]


_SWITCH = {"align_corners": "align_corners=True", "half_pixel": "align_corners=False"}
_COUNT = ("1 to 9", tuple(range(1, 10)))
_DOT = ("one bright pixel", (0, 0, 0, 0, 1, 0, 0, 0, 0))
_DOWN, _UP, _FLOOR = (
    nearest_convention("half_pixel", rule) for rule in ("round_prefer_floor", "round_prefer_ceil", "floor")
)

_WORKED = {
    "align_corners": (
        (LINEAR, _COUNT, "The step is (3 - 1) / (5 - 1) = 1/2: outputs 0, 2, 4 are pixels, 1 and 3 plain means."),
        (LINEAR, _DOT, "The outer product of (0, 1/2, 1, 1/2, 0) with itself."),
        (CUBIC_075, _COUNT, "Outputs 1 and 3 take four taps, one of them outside and clamped, so the plane bends."),
        (KEYS, _DOT, "The other common coefficient, on the same taps."),
        (_DOWN, _COUNT, "Outputs 1 and 3 are ties, 1/2 and 3/2: both go down."),
        (_UP, _COUNT, "Outputs 1 and 3 are ties, 1/2 and 3/2: both go up."),
    ),
    "half_pixel": (
        (LINEAR, _COUNT, "The step is 3/5 and the first sample -1/5, which the border clamps; output 2 is pixel 1."),
        (LINEAR, _DOT, "The outer product of (0, 2/5, 1, 2/5, 0) with itself."),
        (CUBIC_075, _COUNT, "Five different sets of four weights, and taps outside on both sides."),
        (KEYS, _DOT, "The other common coefficient, on the same taps."),
        (_DOWN, _COUNT, "No ties: 0, 0, 1, 2, 2 whichever way ties go."),
        (_FLOOR, _COUNT, "-1/5 floors to -1 and is clamped, and 8/5 no longer joins 11/5."),
    ),
}


def worked_examples() -> Iterator[VectorFile]:
    """A 3x3 image to 5x5, as it is taught, in both modes."""
    for number, (mode, rows) in zip(("01", "02"), _WORKED.items(), strict=True):
        cases = []
        for convention, (what, values), rule in rows:
            axis = VectorAxis(with_coordinates(convention, mode), 3, 5)
            cases.append(VectorCase(f"{axis.convention}, 3x3 to 5x5, {what}", rule, (axis, axis), values))
        name = mode.replace("_", "-")
        yield VectorFile(f"{number}-{name}-3x3-to-5x5", f"The worked example, {_SWITCH[mode]}", tuple(cases))


_LENGTHS = (
    (2, 5, "enlarging from the fewest pixels that have a slope"),
    (3, 4, "a step that is no power of two"),
    (4, 8, "twice the size, the commonest case"),
    (5, 3, "shrinking by less than two"),
    (8, 4, "half the size, where align_corners samples unevenly and half_pixel between pixels"),
    (7, 2, "shrinking so far that most pixels are skipped"),
)
_MODE_KERNELS = (
    (LINEAR, "Two taps", _LENGTHS),
    (CUBIC_075, "Four taps, clamped at the border", _LENGTHS),
    (SPLINE, "Every pixel counts through the spline's coefficients", _LENGTHS[:4]),
)


def both_modes() -> Iterator[VectorFile]:
    """The two modes of ``align_corners``, in one and two dimensions, up and down."""
    for number, mode in (("03", "align_corners"), ("04", "half_pixel")):
        cases = [
            axis_case(f"{what}: {why}.", with_coordinates(kernel, mode), n_in, n_out)
            for kernel, what, lengths in _MODE_KERNELS
            for n_in, n_out, why in lengths
        ]
        linear = with_coordinates(LINEAR, mode)
        axes = (VectorAxis(linear, 2, 3), VectorAxis(linear, 4, 7))
        cases.append(
            VectorCase(f"{linear}, 2x4 to 3x7", "The axes have different steps, so swapping them shows.", axes)
        )
        yield VectorFile(f"{number}-{mode.replace('_', '-')}", f"One axis and two, {_SWITCH[mode]}", tuple(cases))


def other_coordinates() -> VectorFile:
    """The remaining coordinate modes."""
    asymmetric, pytorch = with_coordinates(LINEAR, "asymmetric"), with_coordinates(LINEAR, "pytorch_half_pixel")
    for_nn = "tf_half_pixel_for_nn"
    cases = axis_cases(
        ("The step is 1/2 from 0: the last output, at 5/2, repeats the last pixel.", asymmetric, 3, 6),
        ("Only the first of each pair is read: nothing is averaged.", asymmetric, 6, 3),
        ("As half_pixel, because more than one pixel comes out.", pytorch, 4, 2),
        ("One pixel comes out: it is input pixel 0, where half_pixel takes the middle.", pytorch, 4, 1),
        ("Without a given scale it is half_pixel.", with_coordinates(LINEAR, "half_pixel_symmetric"), 3, 5),
        ("Samples at 1, 3, 5: half a pixel to the right of half_pixel's.", nearest_convention(for_nn, "floor"), 6, 3),
        ("The last samples, 21/10 and 27/10, lie outside and are clamped.", with_coordinates(LINEAR, for_nn), 3, 5),
        ("The middle half of 0 to 3, corner-aligned: 3/4, 3/2, 9/4.", crop_convention("1/4", "3/4"), 4, 3),
        (
            "The box leaves the image on the right: outputs outside are 0, not clamped.",
            crop_convention("1/2", "3/2"),
            5,
            5,
        ),
        ("The same box, clamped.", crop_convention("1/2", "3/2", "replicate"), 5, 5),
        ("The box runs backwards: the image is flipped.", crop_convention("1", "0"), 4, 4),
        ("One pixel comes out: the middle of the box.", crop_convention("1/4", "1"), 5, 1),
        (
            "Nearest too gives 0 outside, even where it would round inside.",
            crop_convention("-1/8", "1", kernel="nearest"),
            5,
            10,
        ),
    )
    return VectorFile("05-other-coordinates", "The remaining coordinate modes", tuple(cases))


_PICKS = (
    ("half_pixel", 2, 3, "output 1 is a tie at 1/2"),
    ("half_pixel", 6, 3, "every output is a tie, 1/2, 5/2, 9/2; half-even takes 0, 2, 4"),
    ("half_pixel", 8, 2, "both are ties, 3/2 and 11/2; half-even goes up"),
    ("half_pixel", 20, 6, "ties at 9/2 and 29/2 among samples that are none"),
    ("half_pixel", 5, 3, "no ties, yet floor and ceil part from rounding"),
    ("half_pixel", 10, 3, "the middle output is a tie at 9/2"),
    ("asymmetric", 3, 6, "ties at 1/2, 3/2 and 5/2; going up leaves the image at the end"),
    ("asymmetric", 5, 3, "no ties: 0, 5/3, 10/3"),
    ("asymmetric", 26, 64, "output 32 is exactly 13, which rounding in float32 can miss"),
    ("align_corners", 2, 3, "output 1 is a tie at 1/2"),
    ("align_corners", 4, 3, "output 1 is a tie at 3/2"),
    ("align_corners", 3, 7, "no ties, and the corners are exact"),
    ("tf_half_pixel_for_nn", 5, 2, "no ties: 5/4 and 15/4"),
    ("tf_half_pixel_for_nn", 3, 6, "1/4, 3/4, 5/4, ...: floor repeats each pixel"),
)


def nearest() -> VectorFile:
    """Every rounding rule, with and without ties; the values are 10, 20, 30, so that picks can be read off."""
    cases = [
        axis_case(
            f"{nearest_mode}: {why}.",
            nearest_convention(mode, nearest_mode),
            n_in,
            n_out,
            values=tuple(range(10, 10 * n_in + 1, 10)),
        )
        for (mode, n_in, n_out, why), nearest_mode in product(_PICKS, NEAREST_MODES)
    ]
    return VectorFile("06-nearest", "Nearest: every rounding rule, with and without ties", tuple(cases))


def scales() -> VectorFile:
    """A scale given by the caller, which is not the ratio of the sizes."""
    given, larger, same = Fraction(3, 5), Fraction(23, 10), Fraction(13, 10)
    aligned, asymmetric = with_coordinates(LINEAR, "align_corners"), with_coordinates(LINEAR, "asymmetric")
    cases = axis_cases(
        ("Given 2.3, floor(4.6) = 4 pixels come out, and the step is 1 / 2.3, not 2/4.", LINEAR, 2, 4, larger),
        ("Without a scale the step is 2/4: the same sizes, another image.", LINEAR, 2, 4),
        ("The same size, yet the step is 1 / 1.3: not a copy.", LINEAR, 3, 3, same),
        ("Given 0.8 where the sizes say 3/4.", CUBIC_075, 4, 3, Fraction(4, 5)),
        ("Given 0.6 where the sizes say 1/2: samples at 1/3 and 2, off centre.", LINEAR, 4, 2, given),
        (
            "Samples at 2/3 and 7/3: symmetric about the middle.",
            with_coordinates(LINEAR, "half_pixel_symmetric"),
            4,
            2,
            given,
        ),
        ("align_corners ignores a given scale.", aligned, 4, 2, given),
        ("The step is 5/3 from 0.", asymmetric, 4, 2, given),
        ("1/3 and 2: no ties, where 1/2 and 5/2 would both be.", _DOWN, 4, 2, given),
        ("The kernel is stretched by 5/3, not by 2.", LINEAR.but(antialias=True), 4, 2, given),
        ("Boxes of width 5/3 leave the last two thirds of a pixel out.", Convention(kernel="area"), 4, 2, given),
    )
    return VectorFile("12-scales", "A scale given by the caller", tuple(cases))


_ONE_OUT = (
    ("half_pixel", "the middle"),
    ("pytorch_half_pixel", "pixel 0, by decree"),
    ("align_corners", "pixel 0"),
    ("asymmetric", "pixel 0"),
    ("tf_half_pixel_for_nn", "half a pixel after the middle"),
    ("tf_crop_and_resize", "the middle"),
)
_IDENTITIES = (
    *(LINEAR, CUBIC_075, KEYS, SPLINE, Convention(kernel="area"), Convention(kernel="adaptive_average")),
    *(
        with_coordinates(LINEAR, "align_corners"),
        with_coordinates(LINEAR, "asymmetric"),
        nearest_convention("half_pixel", "round_prefer_floor"),
    ),
)


def degenerate() -> VectorFile:
    """One pixel in, one pixel out, the same size."""
    cases = [
        axis_case(f"One pixel comes out: {where} of {n}.", with_coordinates(kernel, mode), n, 1)
        for kernel, (mode, where), n in product((LINEAR, CUBIC_075), _ONE_OUT, (2, 5))
    ]
    cases += [
        axis_case("One pixel goes in: it is all there is.", with_coordinates(LINEAR, mode), 1, n)
        for (mode, _), n in product(_ONE_OUT, (1, 4))
    ]
    cases += [axis_case("The same size is the identity.", convention, 4, 4) for convention in _IDENTITIES]
    cases += axis_cases(
        ("One pixel goes in, through four clamped taps.", CUBIC_075, 1, 3),
        ("One pixel goes in, through a spline.", SPLINE, 1, 3),
        ("The same size is no identity: mitchell blurs.", Convention(kernel="mitchell"), 4, 4),
    )
    return VectorFile("13-degenerate-sizes", "One pixel in, one pixel out, the same size", tuple(cases))


def three_dimensions() -> VectorFile:
    """Three axes."""
    cubes = (
        (with_coordinates(LINEAR, "align_corners"), "The centre is the mean of all eight pixels."),
        (LINEAR, "The centre is the mean of all eight pixels, and corners are corners."),
        (CUBIC_075, "Overshoot in three dimensions."),
    )
    cases = [
        VectorCase(f"{convention}, 2x2x2 to 3x3x3", rule, (VectorAxis(convention, 2, 3),) * 3)
        for convention, rule in cubes
    ]
    mixed = (
        VectorAxis(with_coordinates(LINEAR, "align_corners"), 3, 2),
        VectorAxis(LINEAR, 2, 3),
        VectorAxis(_UP, 4, 2),
    )
    cases.append(VectorCase("a rule for each axis, 3x2x4 to 2x3x2", "Applying an axis's rule to another shows.", mixed))
    return VectorFile("14-three-dimensions", "Three axes", tuple(cases))


def cubic() -> VectorFile:
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
        axis_case(
            f"a = {a} ({who}), taps outside {how}: {why}.",
            Convention(kernel="cubic", cubic_coeff_a=Fraction(a), border=border),
            n_in,
            n_out,
        )
        for (n_in, n_out, why), (a, who), (border, how) in product(sizes, coefficients, borders)
    ]
    return VectorFile("07-cubic", "Cubic convolution: the coefficient and the border", tuple(cases))


def antialias() -> VectorFile:
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
        CUBIC_075.but(antialias=True),
        KEYS.but(antialias=True),
        Convention(kernel="box", antialias=True),
        Convention(kernel="mitchell", antialias=True),
    )
    borders = (("replicate", "taps outside clamped"), ("renormalise", "taps outside dropped"))
    cases = [
        axis_case(f"{why[0].upper()}{why[1:]}; {how}.", kernel.but(border=border), n_in, n_out)
        for kernel, (border, how), (n_in, n_out, why) in product(kernels, borders, sizes)
    ]
    rule = "Corners aligned, yet the width follows n_in / n_out, not the step."
    cases += [axis_case(rule, with_coordinates(kernel, "align_corners"), 10, 3) for kernel in kernels[:3]]
    return VectorFile("08-antialias", "Antialias: kernels stretched when shrinking", tuple(cases))


def area() -> VectorFile:
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
        axis_case(f"{what}; {why}.", Convention(kernel=kernel), n_in, n_out)
        for (n_in, n_out, why), (kernel, what) in product(sizes, kernels)
    ]
    return VectorFile("09-area", "Area: exact coverage, and pooling", tuple(cases))


_BORDERS = (
    ("replicate", "aaa|abcd|ddd"),
    ("renormalise", "taps outside dropped, the rest divided by their sum"),
    ("reflect", "cba|abcd|dcb"),
    ("mirror", "dcb|abcd|cba"),
    ("wrap", "bcd|abcd|abc"),
    ("constant", "000|abcd|000, tap by tap"),
    ("extrapolate", "0 for every output whose coordinate lies outside 0 to n_in - 1, replicate within"),
)


def borders() -> VectorFile:
    """What stands for pixels outside."""
    shapes = (
        (CUBIC_075, 4, 6, "two taps outside at the ends, one next to them"),
        (CUBIC_075, 2, 5, "the image is no wider than the part of the kernel outside"),
        (LINEAR, 4, 6, "only the first and the last output look outside"),
        (LINEAR.but(antialias=True), 7, 2, "a stretched kernel looks far outside"),
        (crop_convention("-1/2", "3/2", "replicate"), 4, 7, "the samples themselves lie outside"),
    )
    cases = [
        axis_case(f"{border}, {what}: {why}.", convention.but(border=border), n_in, n_out)
        for (convention, n_in, n_out, why), (border, what) in product(shapes, _BORDERS)
    ]
    rule = "wrap_overlap: coordinates outside come back by multiples of n_in - 1, so first and last pixel coincide."
    cases += [
        axis_case(rule, LINEAR.but(border="wrap_overlap"), 4, 6),
        axis_case(rule, crop_convention("-1/2", "3/2", "wrap_overlap"), 4, 5),
    ]
    return VectorFile("10-borders", "Borders: what stands for pixels outside", tuple(cases))


def bspline() -> VectorFile:
    """B-splines, interpolating and not."""
    cases = [
        axis_case(
            f"Degree {order}, coefficients go on as {border}: the curve passes through every pixel.",
            SPLINE.but(order=order, border=border),
            n_in,
            n_out,
        )
        for order, border, (n_in, n_out) in product((2, 3, 4, 5), ("mirror", "reflect", "wrap"), ((4, 7), (5, 3)))
    ]
    plain, corners = Convention(kernel="bspline", order=3), "align_corners"
    zoom = with_coordinates(SPLINE, corners, border="extrapolate")
    cases += axis_cases(
        ("Without the prefilter a spline blurs: even the same size changes the image.", plain, 5, 5),
        ("Without the prefilter the first output is (5 a + b) / 6, not a.", with_coordinates(plain, corners), 3, 5),
        ("SciPy's default zoom: mirrored coefficients, corners aligned.", zoom, 5, 8),
    )
    return VectorFile("11-bspline", "B-splines, interpolating and not", tuple(cases))


def decimals() -> VectorFile:
    """Conventions whose weights are no fractions."""
    skimage = Convention(kernel="linear", border="mirror", prefilter="gaussian")
    cases = axis_cases(
        ("Three lobes reach beyond four pixels.", Convention(kernel="lanczos", lobes=3), 4, 8),
        ("OpenCV's eight taps, divided by their sum.", Convention(kernel="lanczos", lobes=4), 8, 5),
        ("Pillow's LANCZOS.", Convention(kernel="lanczos", lobes=3, antialias=True, border="renormalise"), 8, 4),
        ("TensorFlow's lanczos5.", Convention(kernel="lanczos", lobes=5, border="renormalise"), 5, 7),
        ("Pillow's HAMMING.", Convention(kernel="hamming", antialias=True, border="renormalise"), 8, 4),
        ("TensorFlow's gaussian.", Convention(kernel="gaussian", border="renormalise"), 4, 6),
        ("The last pixels go on for ever: a spline through them is irrational.", SPLINE.but(border="replicate"), 4, 7),
        ("Zeros go on for ever: a spline through them is irrational.", SPLINE.but(border="constant"), 4, 7),
        ("scikit-image's default: a gaussian of sigma 1 first.", skimage, 9, 3),
    )
    return VectorFile("15-decimals", "Weights that are no fractions: decimals and their bound", tuple(cases))
