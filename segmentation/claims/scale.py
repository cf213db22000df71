"""Claims about scale, distortion, smoothness and the distance between the modes."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from halfpixel.golden.align_corners import (
    ALIGN_CORNERS,
    HALF,
    HALF_PIXEL,
    NotObservable,
    Sampler,
    largest_shift_in_output,
    mixed_number,
    shift_in_input,
    shift_in_output,
)
from halfpixel.golden.convention import Convention
from halfpixel.golden.vocabulary import ClaimVerdict
from halfpixel.segmentation.claims.claim import (
    Claim,
    SampledCondition,
    all_sizes,
    no_sizes,
    reads,
    step,
)
from halfpixel.segmentation.claims.corners import CHINESE, FORUM, INTERPOLATE, TUTORIAL, UPSAMPLE

NEGLIGIBLE = "https://github.com/xuebinqin/U-2-Net/issues/187"
POPULAR = "https://github.com/pytorch/vision/issues/1708"
HALF_PIXEL_OFF = "https://runebook.dev/zh/docs/pytorch/generated/torch.nn.functional.interpolate"
SAMPLE_DOCS = "https://torchsample.readthedocs.io/en/latest/align_corners.html"
POINTS = "https://blog.csdn.net/blanklog/article/details/125940088"


def _wide(n_in: int, n_out: int) -> bool:
    """Sizes at which both maps can be inverted."""
    return n_in > 1 and n_out > 1


def _steps(sampler: Sampler, mode: Convention, n_in: int, n_out: int) -> set[Fraction]:
    places = sampler(mode, n_in, n_out).places
    return {b - a for a, b in pairwise(places)}


def _shifts(sampler: Sampler, n_in: int, n_out: int) -> list[Fraction]:
    """Input pixels between the places that the two modes sample, by output."""
    true, false = sampler(ALIGN_CORNERS, n_in, n_out).places, sampler(HALF_PIXEL, n_in, n_out).places
    return [a - b for a, b in zip(true, false, strict=True)]


def _landing_distances(sampler: Sampler, n_in: int, n_out: int) -> list[Fraction]:
    """Output pixels between the places where the two modes put each input pixel."""
    true, false = sampler(ALIGN_CORNERS, n_in, n_out).landings, sampler(HALF_PIXEL, n_in, n_out).landings
    return [a - b for a, b in zip(true, false, strict=True)]


def _stretched_at_border(sampler: Sampler, n_in: int, n_out: int) -> bool:
    places = sampler(ALIGN_CORNERS, n_in, n_out).places
    if n_out < 3:
        raise NotObservable("no place between the corners")
    middle = n_out // 2
    return places[1] - places[0] != places[middle] - places[middle - 1]


def _farthest_at_corners(sampler: Sampler, n_in: int, n_out: int) -> bool:
    shifts = _shifts(sampler, n_in, n_out)
    far = [abs(shift) for shift in shifts]
    falls = all(a > b for a, b in pairwise(far[: (n_out + 1) // 2]))
    closed = [shift_in_input(n_in, n_out, o) for o in range(n_out)]
    return far[0] == far[-1] == max(far) > 0 and falls and shifts == closed


@lru_cache(maxsize=1 << 13)
def _farthest_landing(sampler: Sampler, n_in: int, n_out: int) -> Fraction:
    return max(map(abs, _landing_distances(sampler, n_in, n_out)))


def _grows(sampler: Sampler, n_in: int, n_out: int) -> bool:
    return _farthest_landing(sampler, n_in, n_out + 1) > _farthest_landing(sampler, n_in, n_out)


def _same_shift_everywhere(sampler: Sampler, n_in: int, n_out: int) -> bool:
    shifts = set(_shifts(sampler, n_in, n_out))
    return len(shifts) == 1 and shifts != {0}


def _smaller_steps_with_false(sampler: Sampler, n_in: int, n_out: int) -> bool:
    return sampler(HALF_PIXEL, n_in, n_out).step < sampler(ALIGN_CORNERS, n_in, n_out).step


def _step_depends_on_size(mode: Convention) -> SampledCondition:
    def holds(sampler: Sampler, n_in: int, n_out: int) -> bool:
        factor = n_out // n_in
        return sampler(mode, n_in, n_out).step != sampler(mode, n_in + 1, factor * (n_in + 1)).step

    return holds


def _is_multiple(n_in: int, n_out: int) -> bool:
    return n_out % n_in == 0 and n_out > 1


def _halves(sampler: Sampler, n_in: int, n_out: int) -> bool:
    return all((2 * place).denominator == 1 for place in sampler(ALIGN_CORNERS, n_in, n_out).places)


def _shift_text(n_in: int, n_out: int) -> str:
    shift = largest_shift_in_output(n_in, n_out)
    return f"{n_in} -> {n_out}: {n_out - n_in}/{2 * n_in} = {mixed_number(shift)} output pixels"


SCALE_CLAIMS = (
    Claim(
        "False keeps a uniform scale",
        "align_corners=False keeps the scale between input and output uniform.",
        (TUTORIAL,),
        ClaimVerdict.TRUE,
        "Every two neighbouring outputs sample n/m apart.",
        f"3 -> 5: steps of {step(HALF_PIXEL, 3, 5)} throughout.",
        lambda sampler, n, m: _steps(sampler, HALF_PIXEL, n, m) == {Fraction(n, m)},
        all_sizes,
        about=lambda n, m: m > 1,
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "True has no uniform scale",
        "align_corners=True does not keep the scale between input and output uniform.",
        (TUTORIAL,),
        ClaimVerdict.FALSE,
        "Its map is affine as well: every two neighbouring outputs sample (n - 1)/(m - 1) apart.",
        f"3 -> 5: steps of {step(ALIGN_CORNERS, 3, 5)} throughout.",
        lambda sampler, n, m: len(_steps(sampler, ALIGN_CORNERS, n, m)) > 1,
        no_sizes,
        about=lambda n, m: m > 1,
        modes=(ALIGN_CORNERS,),
    ),
    Claim(
        "True scales by the ratio of sizes",
        "With align_corners=True the step between samples is the ratio of the sizes, n_in / n_out.",
        (POINTS, SAMPLE_DOCS),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "(n - 1)/(m - 1) = n/m just when n = m. What is uniform is not the ratio of the sizes, but that of the sizes "
        "less one.",
        f"3 -> 5: {step(ALIGN_CORNERS, 3, 5)}, not 3/5.",
        lambda sampler, n, m: _steps(sampler, ALIGN_CORNERS, n, m) == {Fraction(n, m)},
        lambda n, m: n == m,
        "the sizes are equal",
        about=_wide,
        modes=(ALIGN_CORNERS,),
    ),
    Claim(
        "True depends on the input size",
        "At a fixed scale factor the step of align_corners=True depends on the input's size.",
        (UPSAMPLE, FORUM),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "(n - 1)/(s n - 1) changes with n, unless s = 1. It approaches 1/s from below as n grows.",
        f"factor 2: 4 -> 8 {step(ALIGN_CORNERS, 4, 8)}, 32 -> 64 {step(ALIGN_CORNERS, 32, 64)}.",
        _step_depends_on_size(ALIGN_CORNERS),
        lambda n, m: n != m,
        "the factor is not 1",
        about=_is_multiple,
        example=(4, 8),
        modes=(ALIGN_CORNERS,),
    ),
    Claim(
        "False depends on the input size",
        "At a fixed scale factor the step of align_corners=False depends on the input's size.",
        (UPSAMPLE, INTERPOLATE),
        ClaimVerdict.FALSE,
        "It is 1/s whatever the size.",
        f"factor 2: 4 -> 8 {step(HALF_PIXEL, 4, 8)}, 32 -> 64 {step(HALF_PIXEL, 32, 64)}.",
        _step_depends_on_size(HALF_PIXEL),
        no_sizes,
        about=_is_multiple,
        example=(4, 8),
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "True distorts near borders",
        "align_corners=True distorts proportions near the borders.",
        (TUTORIAL,),
        ClaimVerdict.FALSE,
        "Its steps are the same at the border and in the middle: it magnifies the whole image alike. What grows "
        "towards the border is the distance from what False gives.",
        f"3 -> 5: outputs sample {reads(ALIGN_CORNERS, 3, 5, *range(5))}: evenly.",
        _stretched_at_border,
        no_sizes,
        modes=(ALIGN_CORNERS,),
    ),
    Claim(
        "the modes part most at the corners",
        "The two modes part most at the corners and agree in the middle, in proportion to the distance from it.",
        (CHINESE, FORUM),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "At output o they sample (m - n)/(2 m) * (1 - 2 o/(m - 1)) input pixels apart.",
        f"3 -> 5: {', '.join(mixed_number(shift_in_input(3, 5, o)) for o in range(5))} input pixels.",
        _farthest_at_corners,
        lambda n, m: n != m,
        "the sizes differ",
        about=_wide,
    ),
    Claim(
        "the distortion grows with the ratio",
        "The distance between the modes, in output pixels, grows with n_out / n_in.",
        (TUTORIAL,),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "It is |m/n - 1|/2 at the corners: without bound when enlarging, and falling as a shrinking ratio nears 1. In "
        "input pixels it is |1 - n/m|/2, and stays under a half when enlarging.",
        f"{_shift_text(64, 128)}; {_shift_text(64, 512)}; {_shift_text(16, 512)}.",
        _grows,
        lambda n, m: m >= n,
        "enlarging",
        about=_wide,
        example=(4, 8),
    ),
    Claim(
        "the modes are half a pixel apart",
        "Changing the mode shifts the result by half an output pixel.",
        (HALF_PIXEL_OFF,),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "The largest shift is |m/n - 1|/2: a half for a factor of 2, and (s - 1)/2 for a factor of s.",
        f"{_shift_text(32, 64)}; {_shift_text(8, 64)}; {_shift_text(2, 64)}.",
        lambda sampler, n, m: _farthest_landing(sampler, n, m) == HALF,
        lambda n, m: m == 2 * n,
        "the output is twice the input, and then at the corners only",
        about=_wide,
        example=(4, 8),
    ),
    Claim(
        "the shift is the same everywhere",
        "Changing the mode shifts the whole image by the same amount.",
        (HALF_PIXEL_OFF,),
        ClaimVerdict.FALSE,
        "It magnifies about the middle, which stays: one half of the image moves left, the other right.",
        f"3 -> 5: {', '.join(mixed_number(shift_in_output(3, 5, i)) for i in range(3))} output pixels.",
        _same_shift_everywhere,
        no_sizes,
        about=_wide,
    ),
    Claim(
        "the choice is negligible",
        "Changing the mode moves nothing by as much as half an output pixel.",
        (NEGLIGIBLE, POPULAR),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "|m/n - 1|/2 < 1/2 just when m < 2 n. Decode heads enlarge by 4, 8 or more.",
        f"{_shift_text(64, 96)}; {_shift_text(64, 512)}.",
        lambda sampler, n, m: _farthest_landing(sampler, n, m) < HALF,
        lambda n, m: m < 2 * n,
        "the output is less than twice as large",
        about=_wide,
    ),
    Claim(
        "False is smoother",
        "align_corners=False gives smoother results: smaller differences between neighbouring outputs.",
        (TUTORIAL,),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "On a slope neighbours differ by the step: n/m for False, (n - 1)/(m - 1) for True. When enlarging, False's is "
        "the larger; both are linear interpolation of the same pixels.",
        f"3 -> 5: {step(HALF_PIXEL, 3, 5)} against {step(ALIGN_CORNERS, 3, 5)}. 5 -> 3: {step(HALF_PIXEL, 5, 3)} "
        f"against {step(ALIGN_CORNERS, 5, 3)}.",
        _smaller_steps_with_false,
        lambda n, m: m < n,
        "shrinking",
        about=_wide,
    ),
    Claim(
        "True at twice the size samples halves",
        "At twice the size align_corners=True samples at multiples of 1/2.",
        (FORUM,),
        ClaimVerdict.FALSE,
        "The step is (n - 1)/(2 n - 1), which is less than a half. It is a half from n to 2 n - 1 pixels.",
        f"4 -> 8: steps of {step(ALIGN_CORNERS, 4, 8)}. 4 -> 7: {step(ALIGN_CORNERS, 4, 7)}.",
        _halves,
        no_sizes,
        about=lambda n, m: m == 2 * n and n > 1,
        example=(4, 8),
        modes=(ALIGN_CORNERS,),
    ),
)
