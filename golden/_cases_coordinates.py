"""Test vectors that decide where outputs sample: coordinates, rounding, given scales, degenerate sizes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from golden._cases import KEYS, LINEAR, SHARP, SPLINE, Axis, Case, Suite, at, crop, line, lines, pick
from golden.convention import NEAREST_MODES, Convention

_SWITCH = {"align_corners": "align_corners=True", "half_pixel": "align_corners=False"}
_COUNT = ("1 to 9", tuple(range(1, 10)))
_DOT = ("one bright pixel", (0, 0, 0, 0, 1, 0, 0, 0, 0))
_DOWN, _UP, _FLOOR = (pick("half_pixel", rule) for rule in ("round_prefer_floor", "round_prefer_ceil", "floor"))

_WORKED = {
    "align_corners": (
        (LINEAR, _COUNT, "The step is (3 - 1) / (5 - 1) = 1/2: outputs 0, 2, 4 are pixels, 1 and 3 plain means."),
        (LINEAR, _DOT, "The outer product of (0, 1/2, 1, 1/2, 0) with itself."),
        (SHARP, _COUNT, "Outputs 1 and 3 take four taps, one of them outside and clamped, so the plane bends."),
        (KEYS, _DOT, "The other common coefficient, on the same taps."),
        (_DOWN, _COUNT, "Outputs 1 and 3 are ties, 1/2 and 3/2: both go down."),
        (_UP, _COUNT, "Outputs 1 and 3 are ties, 1/2 and 3/2: both go up."),
    ),
    "half_pixel": (
        (LINEAR, _COUNT, "The step is 3/5 and the first sample -1/5, which the border clamps; output 2 is pixel 1."),
        (LINEAR, _DOT, "The outer product of (0, 2/5, 1, 2/5, 0) with itself."),
        (SHARP, _COUNT, "Five different sets of four weights, and taps outside on both sides."),
        (KEYS, _DOT, "The other common coefficient, on the same taps."),
        (_DOWN, _COUNT, "No ties: 0, 0, 1, 2, 2 whichever way ties go."),
        (_FLOOR, _COUNT, "-1/5 floors to -1 and is clamped, and 8/5 no longer joins 11/5."),
    ),
}


def worked_examples() -> Iterator[Suite]:
    """A 3x3 image to 5x5, as it is taught, in both modes."""
    for number, (mode, rows) in zip(("01", "02"), _WORKED.items(), strict=True):
        cases = []
        for convention, (what, values), rule in rows:
            axis = Axis(at(convention, mode), 3, 5)
            cases.append(Case(f"{axis.convention}, 3x3 to 5x5, {what}", rule, (axis, axis), values))
        name = mode.replace("_", "-")
        yield Suite(f"{number}-{name}-3x3-to-5x5", f"The worked example, {_SWITCH[mode]}", tuple(cases))


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
    (SHARP, "Four taps, clamped at the border", _LENGTHS),
    (SPLINE, "Every pixel counts through the spline's coefficients", _LENGTHS[:4]),
)


def both_modes() -> Iterator[Suite]:
    """The two modes of ``align_corners``, in one and two dimensions, up and down."""
    for number, mode in (("03", "align_corners"), ("04", "half_pixel")):
        cases = [
            line(f"{what}: {why}.", at(kernel, mode), n_in, n_out)
            for kernel, what, lengths in _MODE_KERNELS
            for n_in, n_out, why in lengths
        ]
        linear = at(LINEAR, mode)
        axes = (Axis(linear, 2, 3), Axis(linear, 4, 7))
        cases.append(Case(f"{linear}, 2x4 to 3x7", "The axes have different steps, so swapping them shows.", axes))
        yield Suite(f"{number}-{mode.replace('_', '-')}", f"One axis and two, {_SWITCH[mode]}", tuple(cases))


def other_coordinates() -> Suite:
    """The remaining coordinate modes."""
    asymmetric, pytorch = at(LINEAR, "asymmetric"), at(LINEAR, "pytorch_half_pixel")
    for_nn = "tf_half_pixel_for_nn"
    cases = lines(
        ("The step is 1/2 from 0: the last output, at 5/2, repeats the last pixel.", asymmetric, 3, 6),
        ("Only the first of each pair is read: nothing is averaged.", asymmetric, 6, 3),
        ("As half_pixel, because more than one pixel comes out.", pytorch, 4, 2),
        ("One pixel comes out: it is input pixel 0, where half_pixel takes the middle.", pytorch, 4, 1),
        ("Without a given scale it is half_pixel.", at(LINEAR, "half_pixel_symmetric"), 3, 5),
        ("Samples at 1, 3, 5: half a pixel to the right of half_pixel's.", pick(for_nn, "floor"), 6, 3),
        ("The last samples, 21/10 and 27/10, lie outside and are clamped.", at(LINEAR, for_nn), 3, 5),
        ("The middle half of 0 to 3, corner-aligned: 3/4, 3/2, 9/4.", crop("1/4", "3/4"), 4, 3),
        ("The box leaves the image on the right: outputs outside are 0, not clamped.", crop("1/2", "3/2"), 5, 5),
        ("The same box, clamped.", crop("1/2", "3/2", "replicate"), 5, 5),
        ("The box runs backwards: the image is flipped.", crop("1", "0"), 4, 4),
        ("One pixel comes out: the middle of the box.", crop("1/4", "1"), 5, 1),
        ("Nearest too gives 0 outside, even where it would round inside.", crop("-1/8", "1", kernel="nearest"), 5, 10),
    )
    return Suite("05-other-coordinates", "The remaining coordinate modes", tuple(cases))


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


def nearest() -> Suite:
    """Every rounding rule, with and without ties; the values are 10, 20, 30, so that picks can be read off."""
    cases = [
        line(
            f"{nearest_mode}: {why}.",
            pick(mode, nearest_mode),
            n_in,
            n_out,
            values=tuple(range(10, 10 * n_in + 1, 10)),
        )
        for (mode, n_in, n_out, why), nearest_mode in product(_PICKS, NEAREST_MODES)
    ]
    return Suite("06-nearest", "Nearest: every rounding rule, with and without ties", tuple(cases))


def scales() -> Suite:
    """A scale given by the caller, which is not the ratio of the sizes."""
    given, larger, same = Fraction(3, 5), Fraction(23, 10), Fraction(13, 10)
    aligned, asymmetric = at(LINEAR, "align_corners"), at(LINEAR, "asymmetric")
    cases = lines(
        ("Given 2.3, floor(4.6) = 4 pixels come out, and the step is 1 / 2.3, not 2/4.", LINEAR, 2, 4, larger),
        ("Without a scale the step is 2/4: the same sizes, another image.", LINEAR, 2, 4),
        ("The same size, yet the step is 1 / 1.3: not a copy.", LINEAR, 3, 3, same),
        ("Given 0.8 where the sizes say 3/4.", SHARP, 4, 3, Fraction(4, 5)),
        ("Given 0.6 where the sizes say 1/2: samples at 1/3 and 2, off centre.", LINEAR, 4, 2, given),
        ("Samples at 2/3 and 7/3: symmetric about the middle.", at(LINEAR, "half_pixel_symmetric"), 4, 2, given),
        ("align_corners ignores a given scale.", aligned, 4, 2, given),
        ("The step is 5/3 from 0.", asymmetric, 4, 2, given),
        ("1/3 and 2: no ties, where 1/2 and 5/2 would both be.", _DOWN, 4, 2, given),
        ("The kernel is stretched by 5/3, not by 2.", LINEAR.but(antialias=True), 4, 2, given),
        ("Boxes of width 5/3 leave the last two thirds of a pixel out.", Convention(kernel="area"), 4, 2, given),
    )
    return Suite("12-scales", "A scale given by the caller", tuple(cases))


_ONE_OUT = (
    ("half_pixel", "the middle"),
    ("pytorch_half_pixel", "pixel 0, by decree"),
    ("align_corners", "pixel 0"),
    ("asymmetric", "pixel 0"),
    ("tf_half_pixel_for_nn", "half a pixel after the middle"),
    ("tf_crop_and_resize", "the middle"),
)
_IDENTITIES = (
    *(LINEAR, SHARP, KEYS, SPLINE, Convention(kernel="area"), Convention(kernel="adaptive_average")),
    *(at(LINEAR, "align_corners"), at(LINEAR, "asymmetric"), pick("half_pixel", "round_prefer_floor")),
)


def degenerate() -> Suite:
    """One pixel in, one pixel out, the same size."""
    cases = [
        line(f"One pixel comes out: {where} of {n}.", at(kernel, mode), n, 1)
        for kernel, (mode, where), n in product((LINEAR, SHARP), _ONE_OUT, (2, 5))
    ]
    cases += [
        line("One pixel goes in: it is all there is.", at(LINEAR, mode), 1, n)
        for (mode, _), n in product(_ONE_OUT, (1, 4))
    ]
    cases += [line("The same size is the identity.", convention, 4, 4) for convention in _IDENTITIES]
    cases += lines(
        ("One pixel goes in, through four clamped taps.", SHARP, 1, 3),
        ("One pixel goes in, through a spline.", SPLINE, 1, 3),
        ("The same size is no identity: mitchell blurs.", Convention(kernel="mitchell"), 4, 4),
    )
    return Suite("13-degenerate-sizes", "One pixel in, one pixel out, the same size", tuple(cases))


def three_dimensions() -> Suite:
    """Three axes."""
    cubes = (
        (at(LINEAR, "align_corners"), "The centre is the mean of all eight pixels."),
        (LINEAR, "The centre is the mean of all eight pixels, and corners are corners."),
        (SHARP, "Overshoot in three dimensions."),
    )
    cases = [Case(f"{convention}, 2x2x2 to 3x3x3", rule, (Axis(convention, 2, 3),) * 3) for convention, rule in cubes]
    mixed = (Axis(at(LINEAR, "align_corners"), 3, 2), Axis(LINEAR, 2, 3), Axis(_UP, 4, 2))
    cases.append(Case("a rule for each axis, 3x2x4 to 2x3x2", "Applying an axis's rule to another shows.", mixed))
    return Suite("14-three-dimensions", "Three axes", tuple(cases))
