"""Claims about where corners and pixels go."""

from __future__ import annotations

from fractions import Fraction

from golden.align_corners import FALSE, HALF, TRUE, Sampler, exact_axis, keeps_grid, linear_row, mixed
from golden.claims import Claim, every, never

TUTORIAL = "https://developer.aliyun.com/article/1625960"
FORUM = "https://discuss.pytorch.org/t/what-we-should-use-align-corners-false/22663"
POINTS_AND_SQUARES = FORUM + "/9"
UPSAMPLE = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.Upsample.html"
INTERPOLATE = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.interpolate.html"
MMSEG_WARNING = "https://github.com/open-mmlab/mmsegmentation/issues/887"
WORKED = "http://www.coloradmin.cn/o/1109985.html"
OUTSIDE = "https://blog.csdn.net/mumuzid/article/details/122230055"
NOTES = "https://blog.csdn.net/xingye_fan/article/details/133538448"
CHINESE = "https://ispacesoft.com/79855.html"
SINGLE_PIXEL = "https://github.com/onnx/onnx/issues/4276"


def _is_3_to_5(n_in: int, n_out: int) -> bool:
    return (n_in, n_out) == (3, 5)


def _same(n_in: int, n_out: int) -> bool:
    return n_in == n_out


def _corners_copied(mode):
    def holds(sampler: Sampler, n_in: int, n_out: int) -> bool:
        picks = sampler(mode, n_in, n_out).picks
        return picks.get(0) == 0 and picks.get(n_out - 1) == n_in - 1

    return holds


def _corner_positions_differ(sampler: Sampler, n_in: int, n_out: int) -> bool:
    axis = sampler(FALSE, n_in, n_out)
    return axis.samples(0) != 0 and axis.samples(n_out - 1) != n_in - 1


def _origin_stays(mode):
    def holds(sampler: Sampler, n_in: int, n_out: int) -> bool:
        return sampler(mode, n_in, n_out).lands(0) == 0

    return holds


def _every_pixel_copied(sampler: Sampler, n_in: int, n_out: int) -> bool:
    return len(set(sampler(TRUE, n_in, n_out).picks.values())) == n_in


def _meets_a_centre(sampler: Sampler, n_in: int, n_out: int) -> bool:
    return any(x.denominator == 1 and 0 <= x < n_in for x in sampler(FALSE, n_in, n_out).places)


def _evenness(n: int) -> int:
    """The power of two in ``n``."""
    return n & -n


def _edges_meet(sampler: Sampler, n_in: int, n_out: int) -> bool:
    axis = sampler(FALSE, n_in, n_out)
    return axis.samples(-HALF) == -HALF and axis.samples(n_out - HALF) == n_in - HALF


def _value_outside(sampler: Sampler, n_in: int, n_out: int) -> bool:
    return any(weight < 0 for row in sampler(FALSE, n_in, n_out).rows for _, weight in row)


def _coordinate_outside(sampler: Sampler, n_in: int, n_out: int) -> bool:
    return sampler(FALSE, n_in, n_out).samples(0) < 0


def _only_false_keeps_the_middle(sampler: Sampler, n_in: int, n_out: int) -> bool:
    middle_in, middle_out = Fraction(n_in - 1, 2), Fraction(n_out - 1, 2)
    axes = {mode: sampler(mode, n_in, n_out) for mode in (TRUE, FALSE)}
    return axes[FALSE].samples(middle_out) == middle_in and axes[TRUE].samples(middle_out) != middle_in


def _clamps(sampler: Sampler, n_in: int, n_out: int) -> bool:
    axis = sampler(FALSE, n_in, n_out)
    return all(row == linear_row(x, n_in) for x, row in zip(axis.places, axis.rows, strict=True))


_AT = {mode: exact_axis(mode, 3, 5) for mode in (TRUE, FALSE)}
_OUTSIDE = exact_axis(FALSE, 2, 4)

CORNERS = (
    Claim(
        "corners kept by True",
        "With align_corners=True the four corners of the output equal the four corners of the input, for every size.",
        (TUTORIAL, UPSAMPLE, NOTES),
        "true only when",
        "The first output samples 0 and the last (m - 1)(n - 1)/(m - 1) = n - 1, shrinking and enlarging alike. A "
        "single output has one place to sample, and takes the first pixel.",
        f"3 -> 5: output 0 samples {mixed(_AT[TRUE].samples(0))}, output 4 samples 4 * 2/4 = "
        f"{mixed(_AT[TRUE].samples(4))}. 3 -> 1: output 0 samples {mixed(exact_axis(TRUE, 3, 1).samples(0))}, and "
        "pixel 2 is lost.",
        _corners_copied(TRUE),
        lambda n, m: m > 1 or n == 1,
        "the output has two pixels or more along each axis (or the input has one)",
        modes=(TRUE,),
    ),
    Claim(
        "input (0,1) lands on output (0,2)",
        "From 3x3 to 5x5 with align_corners=True, input (0,1) lands exactly on output (0,2).",
        (TUTORIAL, WORKED),
        "true",
        "Pixel 1 is the middle of the input and 2 the middle of the output; the map keeps both ends.",
        f"1 * (5 - 1)/(3 - 1) = {mixed(_AT[TRUE].lands(1))}. Back: 2 * (3 - 1)/(5 - 1) = "
        f"{mixed(_AT[TRUE].samples(2))}.",
        lambda sampler, n, m: sampler(TRUE, n, m).picks.get(2) == 1 and sampler(TRUE, n, m).lands(1) == 2,
        every,
        about=_is_3_to_5,
        modes=(TRUE,),
    ),
    Claim(
        "every input pixel survives True",
        "With align_corners=True every input pixel is found unchanged in the output.",
        (MMSEG_WARNING, CHINESE),
        "true only when",
        "Input i lands at i (m - 1)/(n - 1): on an output for every i just when that ratio is whole, sizes x + 1 and "
        "k x + 1. That is the rule behind mmsegmentation's warning.",
        f"3 -> 5: ratio 4/2 = 2. 4 -> 8: input 1 lands at 7/3 = {mixed(exact_axis(TRUE, 4, 8).lands(1))}, between two "
        f"outputs. 80 -> 320: 319/79 = {mixed(exact_axis(TRUE, 80, 320).lands(1))}; 81 -> 321: 320/80 = "
        f"{mixed(exact_axis(TRUE, 81, 321).lands(1))}.",
        _every_pixel_copied,
        keeps_grid,
        "n_in = 1, or n_out > 1 and (n_out - 1) is a multiple of (n_in - 1)",
        modes=(TRUE,),
    ),
    Claim(
        "False does not align corners",
        "With align_corners=False the centres of the corner pixels are not aligned.",
        (TUTORIAL, POINTS_AND_SQUARES),
        "true only when",
        "The first output samples (n/m - 1)/2, which is 0 only at equal sizes. It is the outer edges that are aligned.",
        f"3 -> 5: output 0 samples 1/2 * 3/5 - 1/2 = {mixed(_AT[FALSE].samples(0))}, output 4 samples "
        f"{mixed(_AT[FALSE].samples(4))}, where pixel 2 is the last.",
        _corner_positions_differ,
        lambda n, m: n != m,
        "the sizes differ",
        modes=(FALSE,),
    ),
    Claim(
        "False keeps corner values",
        "With align_corners=False, too, the corner values of the output equal those of the input.",
        (FORUM,),
        "true only when",
        "When enlarging, the corner outputs sample outside the pixels' centres and are clamped to the corner pixel: "
        "equal values do not prove aligned positions. When shrinking they sample inside.",
        f"3 -> 5: {mixed(_AT[FALSE].samples(0))} is clamped to 0. 5 -> 3: output 0 samples "
        f"{mixed(exact_axis(FALSE, 5, 3).samples(0))}, a mean of pixels 0 and 1.",
        _corners_copied(FALSE),
        lambda n, m: m >= n,
        "the output is at least as large as the input",
        modes=(FALSE,),
    ),
    Claim(
        "True maps (0,0) to (0,0)",
        "With align_corners=True input (0,0) maps to output (0,0).",
        (TUTORIAL,),
        "true",
        "The map has no constant term: o = i (m - 1)/(n - 1).",
        f"3 -> 5: 0 * 4/2 = {mixed(_AT[TRUE].lands(0))}.",
        _origin_stays(TRUE),
        every,
        about=lambda n, m: n > 1 and m > 1,
        modes=(TRUE,),
    ),
    Claim(
        "False maps (0,0) to (0,0)",
        "With align_corners=False input (0,0) maps to output (0,0).",
        (TUTORIAL,),
        "true only when",
        "It is the corner of the square (0,0), at -1/2, that stays; the centre lands at (m/n - 1)/2.",
        f"3 -> 5: (0 + 1/2) * 5/3 - 1/2 = {mixed(_AT[FALSE].lands(0))}.",
        _origin_stays(FALSE),
        _same,
        "the sizes are equal",
        modes=(FALSE,),
    ),
    Claim(
        "input (0,2) lands at 3.5",
        "With align_corners=False, input (0,2) of a row of 3 lands at 3.5 in a row of 5.",
        (TUTORIAL,),
        "false",
        f"It lands at {mixed(_AT[FALSE].lands(2))}; without the half pixels it would be 2 * 5/3 = "
        f"{mixed(Fraction(10, 3))}. No output size gives 3.5: 5/2 * m/3 - 1/2 = 7/2 asks for m = "
        f"{mixed(Fraction(24, 5))}.",
        f"(2 + 1/2) * 5/3 - 1/2 = 25/6 - 3/6 = 22/6 = {mixed(_AT[FALSE].lands(2))}.",
        lambda sampler, n, m: sampler(FALSE, n, m).lands(2) == Fraction(7, 2),
        never,
        about=lambda n, m: n == 3,
        modes=(FALSE,),
    ),
    Claim(
        "False never meets a pixel's centre",
        "With align_corners=False no output falls on the centre of an input pixel, so every value is a mixture.",
        (UPSAMPLE,),
        "true only when",
        "(o + 1/2) n/m - 1/2 is whole when (2 o + 1) n = (2 i + 1) m: both sides need the same power of two, and then "
        "there is a solution. At even factors there is none; clamped corners aside.",
        f"4 -> 8: outputs sample {mixed(exact_axis(FALSE, 4, 8).samples(1))}, "
        f"{mixed(exact_axis(FALSE, 4, 8).samples(2))}, ...: quarters. 3 -> 5: output 2 samples "
        f"{mixed(_AT[FALSE].samples(2))}.",
        lambda sampler, n, m: not _meets_a_centre(sampler, n, m),
        lambda n, m: _evenness(n) != _evenness(m),
        "two divides one of the sizes more often than the other (every factor 2, 4, 8, 16, 32)",
        modes=(FALSE,),
    ),
    Claim(
        "False aligns the outer edges",
        "With align_corners=False pixels are squares, and the outer edges of the two images coincide.",
        (POINTS_AND_SQUARES, INTERPOLATE),
        "true",
        "Edges lie at -1/2 and n - 1/2; the map takes -1/2 to -1/2 and m - 1/2 to n - 1/2.",
        f"3 -> 5: (-1/2 + 1/2) * 3/5 - 1/2 = {mixed(_AT[FALSE].samples(-HALF))}; (9/2 + 1/2) * 3/5 - 1/2 = "
        f"{mixed(_AT[FALSE].samples(Fraction(9, 2)))}.",
        _edges_meet,
        every,
        modes=(FALSE,),
    ),
    Claim(
        "False leaves the range of values",
        "With align_corners=False, enlarging [0, 1] gives values outside [0, 1], such as -0.25 and 1.25.",
        (OUTSIDE,),
        "false",
        "Those numbers are coordinates. They are clamped before a value is read, and no weight is ever negative.",
        f"2 -> 4: coordinates {', '.join(mixed(_OUTSIDE.samples(o)) for o in range(4))}; values 0, 1/4, 3/4, 1.",
        _value_outside,
        never,
        example=(2, 4),
        modes=(FALSE,),
    ),
    Claim(
        "False samples outside the image",
        "With align_corners=False the first output samples left of the first pixel's centre, and is clamped.",
        (OUTSIDE, NOTES),
        "true only when",
        "(n/m - 1)/2 is negative just when m > n. Never does it lie outside the pixel itself: it is above -1/2.",
        f"3 -> 5: {mixed(_AT[FALSE].samples(0))}. 5 -> 3: {mixed(exact_axis(FALSE, 5, 3).samples(0))}.",
        _coordinate_outside,
        lambda n, m: m > n,
        "the output is larger",
        modes=(FALSE,),
    ),
    Claim(
        "False is bilinear but at the border",
        "With align_corners=False outputs beyond the outermost centres repeat the edge; all others are plain linear "
        "interpolation.",
        (CHINESE, INTERPOLATE),
        "true",
        "The coordinate is clamped to 0 ... n - 1 and nothing else is done.",
        f"3 -> 5: {', '.join(mixed(_AT[FALSE].samples(o)) for o in range(5))} becomes 0, 2/5, 1, 1 3/5, 2.",
        _clamps,
        every,
        modes=(FALSE,),
    ),
    Claim(
        "only False keeps the centre",
        "Only align_corners=False aligns the centres of the two images.",
        ("https://runebook.dev/zh/docs/pytorch/generated/torch.nn.functional.interpolate", SINGLE_PIXEL),
        "true only when",
        "Both maps take the middle (m - 1)/2 to the middle (n - 1)/2. A single output is the exception: True reads the "
        "first pixel for it.",
        f"3 -> 5: output 2 samples {mixed(_AT[TRUE].samples(2))} and {mixed(_AT[FALSE].samples(2))}. 10 -> 1: "
        f"{mixed(exact_axis(TRUE, 10, 1).samples(0))} and {mixed(exact_axis(FALSE, 10, 1).samples(0))}.",
        _only_false_keeps_the_middle,
        lambda n, m: m == 1 and n > 1,
        "the output is a single pixel, and the input is not",
    ),
)
