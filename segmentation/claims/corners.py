"""Claims about where corners and pixels go."""

from __future__ import annotations

from fractions import Fraction

from halfpixel.golden.align_corners import (
    ALIGN_CORNERS,
    HALF,
    HALF_PIXEL,
    Sampler,
    keeps_grid,
    linear_row,
    mixed_number,
)
from halfpixel.golden.convention import Convention
from halfpixel.golden.vocabulary import ClaimVerdict
from halfpixel.segmentation.claims.claim import (
    Claim,
    SampledCondition,
    all_sizes,
    lands,
    no_sizes,
    reads,
)

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


def _corners_copied(mode: Convention) -> SampledCondition:
    def holds(sampler: Sampler, n_in: int, n_out: int) -> bool:
        picks = sampler(mode, n_in, n_out).picks
        return picks.get(0) == 0 and picks.get(n_out - 1) == n_in - 1

    return holds


def _corner_positions_differ(sampler: Sampler, n_in: int, n_out: int) -> bool:
    axis = sampler(HALF_PIXEL, n_in, n_out)
    return axis.samples(0) != 0 and axis.samples(n_out - 1) != n_in - 1


def _origin_stays(mode: Convention) -> SampledCondition:
    return lambda sampler, n, m: sampler(mode, n, m).lands(0) == 0


def _meets_a_centre(sampler: Sampler, n_in: int, n_out: int) -> bool:
    return any(x.denominator == 1 and 0 <= x < n_in for x in sampler(HALF_PIXEL, n_in, n_out).places)


def _evenness(n: int) -> int:
    """The power of two in ``n``."""
    return n & -n


def _edges_meet(sampler: Sampler, n_in: int, n_out: int) -> bool:
    axis = sampler(HALF_PIXEL, n_in, n_out)
    return axis.samples(-HALF) == -HALF and axis.samples(n_out - HALF) == n_in - HALF


def _only_false_keeps_the_middle(sampler: Sampler, n_in: int, n_out: int) -> bool:
    middle_in, middle_out = Fraction(n_in - 1, 2), Fraction(n_out - 1, 2)
    axes = {mode: sampler(mode, n_in, n_out) for mode in (ALIGN_CORNERS, HALF_PIXEL)}
    return axes[HALF_PIXEL].samples(middle_out) == middle_in and axes[ALIGN_CORNERS].samples(middle_out) != middle_in


def _clamps(sampler: Sampler, n_in: int, n_out: int) -> bool:
    axis = sampler(HALF_PIXEL, n_in, n_out)
    return all(row == linear_row(x, n_in) for x, row in zip(axis.places, axis.rows, strict=True))


CORNER_CLAIMS = (
    Claim(
        "corners kept by True",
        "With align_corners=True the four corners of the output equal the four corners of the input, for every size.",
        (TUTORIAL, UPSAMPLE, NOTES),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "The first output samples 0 and the last (m - 1)(n - 1)/(m - 1) = n - 1, shrinking and enlarging alike. A "
        "single output has one place to sample, and takes the first pixel.",
        f"3 -> 5: output 0 samples {reads(ALIGN_CORNERS, 3, 5, 0)}, output 4 samples 4 * 2/4 = "
        f"{reads(ALIGN_CORNERS, 3, 5, 4)}. 3 -> 1: output 0 samples {reads(ALIGN_CORNERS, 3, 1, 0)}, and "
        "pixel 2 is lost.",
        _corners_copied(ALIGN_CORNERS),
        lambda n, m: m > 1 or n == 1,
        "the output has two pixels or more along each axis (or the input has one)",
        modes=(ALIGN_CORNERS,),
    ),
    Claim(
        "input (0,1) lands on output (0,2)",
        "From 3x3 to 5x5 with align_corners=True, input (0,1) lands exactly on output (0,2).",
        (TUTORIAL, WORKED),
        ClaimVerdict.TRUE,
        "Pixel 1 is the middle of the input and 2 the middle of the output; the map keeps both ends.",
        f"1 * (5 - 1)/(3 - 1) = {lands(ALIGN_CORNERS, 3, 5, 1)}. Back: 2 * (3 - 1)/(5 - 1) = "
        f"{reads(ALIGN_CORNERS, 3, 5, 2)}.",
        lambda sampler, n, m: (
            sampler(ALIGN_CORNERS, n, m).picks.get(2) == 1 and sampler(ALIGN_CORNERS, n, m).lands(1) == 2
        ),
        all_sizes,
        about=lambda n, m: (n, m) == (3, 5),
        modes=(ALIGN_CORNERS,),
    ),
    Claim(
        "every input pixel survives True",
        "With align_corners=True every input pixel is found unchanged in the output.",
        (MMSEG_WARNING, CHINESE),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "Input i lands at i (m - 1)/(n - 1): on an output for every i just when that ratio is whole, sizes x + 1 and "
        "k x + 1. That is the rule behind mmsegmentation's warning.",
        f"3 -> 5: ratio 4/2 = 2. 4 -> 8: input 1 lands at 7/3 = {lands(ALIGN_CORNERS, 4, 8, 1)}, between two "
        f"outputs. 80 -> 320: 319/79 = {lands(ALIGN_CORNERS, 80, 320, 1)}; 81 -> 321: 320/80 = "
        f"{lands(ALIGN_CORNERS, 81, 321, 1)}.",
        lambda sampler, n, m: len(set(sampler(ALIGN_CORNERS, n, m).picks.values())) == n,
        keeps_grid,
        "n_in = 1, or n_out > 1 and (n_out - 1) is a multiple of (n_in - 1)",
        modes=(ALIGN_CORNERS,),
    ),
    Claim(
        "False does not align corners",
        "With align_corners=False the centres of the corner pixels are not aligned.",
        (TUTORIAL, POINTS_AND_SQUARES),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "The first output samples (n/m - 1)/2, which is 0 only at equal sizes. It is the outer edges that are aligned.",
        f"3 -> 5: output 0 samples 1/2 * 3/5 - 1/2 = {reads(HALF_PIXEL, 3, 5, 0)}, output 4 samples "
        f"{reads(HALF_PIXEL, 3, 5, 4)}, where pixel 2 is the last.",
        _corner_positions_differ,
        lambda n, m: n != m,
        "the sizes differ",
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "False keeps corner values",
        "With align_corners=False, too, the corner values of the output equal those of the input.",
        (FORUM,),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "When enlarging, the corner outputs sample outside the pixels' centres and are clamped to the corner pixel: "
        "equal values do not prove aligned positions. When shrinking they sample inside.",
        f"3 -> 5: {reads(HALF_PIXEL, 3, 5, 0)} is clamped to 0. 5 -> 3: output 0 samples "
        f"{reads(HALF_PIXEL, 5, 3, 0)}, a mean of pixels 0 and 1.",
        _corners_copied(HALF_PIXEL),
        lambda n, m: m >= n,
        "the output is at least as large as the input",
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "True maps (0,0) to (0,0)",
        "With align_corners=True input (0,0) maps to output (0,0).",
        (TUTORIAL,),
        ClaimVerdict.TRUE,
        "The map has no constant term: o = i (m - 1)/(n - 1).",
        f"3 -> 5: 0 * 4/2 = {lands(ALIGN_CORNERS, 3, 5, 0)}.",
        _origin_stays(ALIGN_CORNERS),
        all_sizes,
        about=lambda n, m: n > 1 and m > 1,
        modes=(ALIGN_CORNERS,),
    ),
    Claim(
        "False maps (0,0) to (0,0)",
        "With align_corners=False input (0,0) maps to output (0,0).",
        (TUTORIAL,),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "It is the corner of the square (0,0), at -1/2, that stays; the centre lands at (m/n - 1)/2.",
        f"3 -> 5: (0 + 1/2) * 5/3 - 1/2 = {lands(HALF_PIXEL, 3, 5, 0)}.",
        _origin_stays(HALF_PIXEL),
        lambda n, m: n == m,
        "the sizes are equal",
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "input (0,2) lands at 3.5",
        "With align_corners=False, input (0,2) of a row of 3 lands at 3.5 in a row of 5.",
        (TUTORIAL,),
        ClaimVerdict.FALSE,
        f"It lands at {lands(HALF_PIXEL, 3, 5, 2)}; without the half pixels it would be 2 * 5/3 = "
        f"{mixed_number(Fraction(10, 3))}. No output size gives 3.5: 5/2 * m/3 - 1/2 = 7/2 asks for m = "
        f"{mixed_number(Fraction(24, 5))}.",
        f"(2 + 1/2) * 5/3 - 1/2 = 25/6 - 3/6 = 22/6 = {lands(HALF_PIXEL, 3, 5, 2)}.",
        lambda sampler, n, m: sampler(HALF_PIXEL, n, m).lands(2) == Fraction(7, 2),
        no_sizes,
        about=lambda n, m: n == 3,
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "False never meets a pixel's centre",
        "With align_corners=False no output falls on the centre of an input pixel, so every value is a mixture.",
        (UPSAMPLE,),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "(o + 1/2) n/m - 1/2 is whole when (2 o + 1) n = (2 i + 1) m: both sides need the same power of two, and then "
        "there is a solution. At even factors there is none; clamped corners aside.",
        f"4 -> 8: outputs sample {reads(HALF_PIXEL, 4, 8, 1)}, "
        f"{reads(HALF_PIXEL, 4, 8, 2)}, ...: quarters. 3 -> 5: output 2 samples "
        f"{reads(HALF_PIXEL, 3, 5, 2)}.",
        lambda sampler, n, m: not _meets_a_centre(sampler, n, m),
        lambda n, m: _evenness(n) != _evenness(m),
        "two divides one of the sizes more often than the other (every factor 2, 4, 8, 16, 32)",
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "False aligns the outer edges",
        "With align_corners=False pixels are squares, and the outer edges of the two images coincide.",
        (POINTS_AND_SQUARES, INTERPOLATE),
        ClaimVerdict.TRUE,
        "Edges lie at -1/2 and n - 1/2; the map takes -1/2 to -1/2 and m - 1/2 to n - 1/2.",
        f"3 -> 5: (-1/2 + 1/2) * 3/5 - 1/2 = {reads(HALF_PIXEL, 3, 5, -HALF)}; (9/2 + 1/2) * 3/5 - 1/2 = "
        f"{reads(HALF_PIXEL, 3, 5, Fraction(9, 2))}.",
        _edges_meet,
        all_sizes,
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "False leaves the range of values",
        "With align_corners=False, enlarging [0, 1] gives values outside [0, 1], such as -0.25 and 1.25.",
        (OUTSIDE,),
        ClaimVerdict.FALSE,
        "Those numbers are coordinates. They are clamped before a value is read, and no weight is ever negative.",
        f"2 -> 4: coordinates {reads(HALF_PIXEL, 2, 4, *range(4))}; values 0, 1/4, 3/4, 1.",
        lambda sampler, n, m: any(weight < 0 for row in sampler(HALF_PIXEL, n, m).rows for _, weight in row),
        no_sizes,
        example=(2, 4),
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "False samples outside the image",
        "With align_corners=False the first output samples left of the first pixel's centre, and is clamped.",
        (OUTSIDE, NOTES),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "(n/m - 1)/2 is negative just when m > n. Never does it lie outside the pixel itself: it is above -1/2.",
        f"3 -> 5: {reads(HALF_PIXEL, 3, 5, 0)}. 5 -> 3: {reads(HALF_PIXEL, 5, 3, 0)}.",
        lambda sampler, n, m: sampler(HALF_PIXEL, n, m).samples(0) < 0,
        lambda n, m: m > n,
        "the output is larger",
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "False is bilinear but at the border",
        "With align_corners=False outputs beyond the outermost centres repeat the edge; all others are plain linear "
        "interpolation.",
        (CHINESE, INTERPOLATE),
        ClaimVerdict.TRUE,
        "The coordinate is clamped to 0 ... n - 1 and nothing else is done.",
        f"3 -> 5: {reads(HALF_PIXEL, 3, 5, *range(5))} becomes 0, 2/5, 1, 1 3/5, 2.",
        _clamps,
        all_sizes,
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "only False keeps the centre",
        "Only align_corners=False aligns the centres of the two images.",
        ("https://runebook.dev/zh/docs/pytorch/generated/torch.nn.functional.interpolate", SINGLE_PIXEL),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "Both maps take the middle (m - 1)/2 to the middle (n - 1)/2. A single output is the exception: True reads the "
        "first pixel for it.",
        f"3 -> 5: output 2 samples {reads(ALIGN_CORNERS, 3, 5, 2)} and {reads(HALF_PIXEL, 3, 5, 2)}. 10 -> 1: "
        f"{reads(ALIGN_CORNERS, 10, 1, 0)} and {reads(HALF_PIXEL, 10, 1, 0)}.",
        _only_false_keeps_the_middle,
        lambda n, m: m == 1 and n > 1,
        "the output is a single pixel, and the input is not",
    ),
)
