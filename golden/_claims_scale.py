"""Claims about scale, distortion, smoothness and how far the modes are apart."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from golden._claims_corners import CHINESE, FORUM, INTERPOLATE, TUTORIAL, UPSAMPLE
from golden.align_corners import (
    FALSE,
    HALF,
    TRUE,
    NotSeen,
    Sampler,
    exact_axis,
    largest_shift_in_output,
    mixed,
    shift_in_input,
    shift_in_output,
)
from golden.claims import Claim, every, never

NEGLIGIBLE = "https://github.com/xuebinqin/U-2-Net/issues/187"
POPULAR = "https://github.com/pytorch/vision/issues/1708"
HALF_PIXEL_OFF = "https://runebook.dev/zh/docs/pytorch/generated/torch.nn.functional.interpolate"
SAMPLE_DOCS = "https://torchsample.readthedocs.io/en/latest/align_corners.html"
POINTS = "https://blog.csdn.net/blanklog/article/details/125940088"


def _wide(n_in: int, n_out: int) -> bool:
    """Sizes at which both maps can be inverted."""
    return n_in > 1 and n_out > 1


def _steps(sampler: Sampler, mode, n_in: int, n_out: int) -> set[Fraction]:
    places = sampler(mode, n_in, n_out).places
    return {b - a for a, b in pairwise(places)}


def _uneven(mode) -> Callable[[Sampler, int, int], bool]:
    return lambda sampler, n, m: len(_steps(sampler, mode, n, m)) > 1


def _step_is_ratio(mode) -> Callable[[Sampler, int, int], bool]:
    return lambda sampler, n, m: _steps(sampler, mode, n, m) == {Fraction(n, m)}


def _shifts(sampler: Sampler, n_in: int, n_out: int) -> list[Fraction]:
    """Input pixels between the places that the two modes sample, by output."""
    true, false = sampler(TRUE, n_in, n_out).places, sampler(FALSE, n_in, n_out).places
    return [a - b for a, b in zip(true, false, strict=True)]


def _landings_apart(sampler: Sampler, n_in: int, n_out: int) -> list[Fraction]:
    """Output pixels between the places where the two modes put each input pixel."""
    true, false = sampler(TRUE, n_in, n_out).landings, sampler(FALSE, n_in, n_out).landings
    return [a - b for a, b in zip(true, false, strict=True)]


def _stretched_at_border(sampler: Sampler, n_in: int, n_out: int) -> bool:
    places = sampler(TRUE, n_in, n_out).places
    if n_out < 3:
        raise NotSeen("no place between the corners")
    middle = n_out // 2
    return places[1] - places[0] != places[middle] - places[middle - 1]


def _farthest_at_corners(sampler: Sampler, n_in: int, n_out: int) -> bool:
    shifts = _shifts(sampler, n_in, n_out)
    far = [abs(each) for each in shifts]
    falls = all(a > b for a, b in pairwise(far[: (n_out + 1) // 2]))
    closed = [shift_in_input(n_in, n_out, o) for o in range(n_out)]
    return far[0] == far[-1] == max(far) > 0 and falls and shifts == closed


@lru_cache(maxsize=1 << 13)
def _farthest_landing(sampler: Sampler, n_in: int, n_out: int) -> Fraction:
    return max(map(abs, _landings_apart(sampler, n_in, n_out)))


def _grows(sampler: Sampler, n_in: int, n_out: int) -> bool:
    return _farthest_landing(sampler, n_in, n_out + 1) > _farthest_landing(sampler, n_in, n_out)


def _apart_everywhere_alike(sampler: Sampler, n_in: int, n_out: int) -> bool:
    shifts = set(_shifts(sampler, n_in, n_out))
    return len(shifts) == 1 and shifts != {0}


def _smaller_steps_with_false(sampler: Sampler, n_in: int, n_out: int) -> bool:
    return sampler(FALSE, n_in, n_out).step < sampler(TRUE, n_in, n_out).step


def _step_depends_on_size(mode) -> Callable[[Sampler, int, int], bool]:
    def holds(sampler: Sampler, n_in: int, n_out: int) -> bool:
        factor = n_out // n_in
        return sampler(mode, n_in, n_out).step != sampler(mode, n_in + 1, factor * (n_in + 1)).step

    return holds


def _is_multiple(n_in: int, n_out: int) -> bool:
    return n_out % n_in == 0 and n_out > 1


def _halves(sampler: Sampler, n_in: int, n_out: int) -> bool:
    return all((2 * place).denominator == 1 for place in sampler(TRUE, n_in, n_out).places)


def _apart(n_in: int, n_out: int) -> str:
    shift = largest_shift_in_output(n_in, n_out)
    return f"{n_in} -> {n_out}: {n_out - n_in}/{2 * n_in} = {mixed(shift)} output pixels"


_T, _F = exact_axis(TRUE, 3, 5), exact_axis(FALSE, 3, 5)

SCALE = (
    Claim(
        "False keeps a uniform scale",
        "align_corners=False keeps the scale between input and output uniform.",
        (TUTORIAL,),
        "true",
        "Every two neighbouring outputs sample n/m apart.",
        f"3 -> 5: steps of {mixed(_F.step)} throughout.",
        lambda sampler, n, m: _steps(sampler, FALSE, n, m) == {Fraction(n, m)},
        every,
        about=lambda n, m: m > 1,
        modes=(FALSE,),
    ),
    Claim(
        "True has no uniform scale",
        "align_corners=True does not keep the scale between input and output uniform.",
        (TUTORIAL,),
        "false",
        "Its map is affine as well: every two neighbouring outputs sample (n - 1)/(m - 1) apart.",
        f"3 -> 5: steps of {mixed(_T.step)} throughout.",
        _uneven(TRUE),
        never,
        about=lambda n, m: m > 1,
        modes=(TRUE,),
    ),
    Claim(
        "True scales by the ratio of sizes",
        "With align_corners=True the step between samples is the ratio of the sizes, n_in / n_out.",
        (POINTS, SAMPLE_DOCS),
        "true only when",
        "(n - 1)/(m - 1) = n/m just when n = m. What is uniform is not the ratio of the sizes, but that of the sizes "
        "less one.",
        f"3 -> 5: {mixed(_T.step)}, not 3/5.",
        _step_is_ratio(TRUE),
        lambda n, m: n == m,
        "the sizes are equal",
        about=_wide,
        modes=(TRUE,),
    ),
    Claim(
        "True depends on the input size",
        "At a fixed scale factor the step of align_corners=True depends on the input's size.",
        (UPSAMPLE, FORUM),
        "true only when",
        "(n - 1)/(s n - 1) changes with n, unless s = 1. It approaches 1/s from below as n grows.",
        f"factor 2: 4 -> 8 {mixed(exact_axis(TRUE, 4, 8).step)}, 32 -> 64 {mixed(exact_axis(TRUE, 32, 64).step)}.",
        _step_depends_on_size(TRUE),
        lambda n, m: n != m,
        "the factor is not 1",
        about=_is_multiple,
        example=(4, 8),
        modes=(TRUE,),
    ),
    Claim(
        "False depends on the input size",
        "At a fixed scale factor the step of align_corners=False depends on the input's size.",
        (UPSAMPLE, INTERPOLATE),
        "false",
        "It is 1/s whatever the size.",
        f"factor 2: 4 -> 8 {mixed(exact_axis(FALSE, 4, 8).step)}, 32 -> 64 {mixed(exact_axis(FALSE, 32, 64).step)}.",
        _step_depends_on_size(FALSE),
        never,
        about=_is_multiple,
        example=(4, 8),
        modes=(FALSE,),
    ),
    Claim(
        "True distorts near borders",
        "align_corners=True distorts proportions near the borders.",
        (TUTORIAL,),
        "false",
        "Its steps are the same at the border and in the middle: it magnifies the whole image alike. What grows "
        "towards the border is the distance from what False gives.",
        f"3 -> 5: outputs sample {', '.join(mixed(_T.samples(o)) for o in range(5))}: evenly.",
        _stretched_at_border,
        never,
        modes=(TRUE,),
    ),
    Claim(
        "the modes part most at the corners",
        "The two modes part most at the corners and agree in the middle, in proportion to the distance from it.",
        (CHINESE, FORUM),
        "true only when",
        "At output o they sample (m - n)/(2 m) * (1 - 2 o/(m - 1)) input pixels apart.",
        f"3 -> 5: {', '.join(mixed(shift_in_input(3, 5, o)) for o in range(5))} input pixels.",
        _farthest_at_corners,
        lambda n, m: n != m,
        "the sizes differ",
        about=_wide,
    ),
    Claim(
        "the distortion grows with the ratio",
        "The distance between the modes, in output pixels, grows with n_out / n_in.",
        (TUTORIAL,),
        "true only when",
        "It is |m/n - 1|/2 at the corners: without bound when enlarging, and falling as a shrinking ratio nears 1. In "
        "input pixels it is |1 - n/m|/2, and stays under a half when enlarging.",
        f"{_apart(64, 128)}; {_apart(64, 512)}; {_apart(16, 512)}.",
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
        "true only when",
        "The largest shift is |m/n - 1|/2: a half for a factor of 2, and (s - 1)/2 for a factor of s.",
        f"{_apart(32, 64)}; {_apart(8, 64)}; {_apart(2, 64)}.",
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
        "false",
        "It magnifies about the middle, which stays: one half of the image moves left, the other right.",
        f"3 -> 5: {', '.join(mixed(shift_in_output(3, 5, i)) for i in range(3))} output pixels.",
        _apart_everywhere_alike,
        never,
        about=_wide,
    ),
    Claim(
        "the choice is negligible",
        "Changing the mode moves nothing by as much as half an output pixel.",
        (NEGLIGIBLE, POPULAR),
        "true only when",
        "|m/n - 1|/2 < 1/2 just when m < 2 n. Decode heads enlarge by 4, 8 or more.",
        f"{_apart(64, 96)}; {_apart(64, 512)}.",
        lambda sampler, n, m: _farthest_landing(sampler, n, m) < HALF,
        lambda n, m: m < 2 * n,
        "the output is less than twice as large",
        about=_wide,
    ),
    Claim(
        "False is smoother",
        "align_corners=False gives smoother results: smaller differences between neighbouring outputs.",
        (TUTORIAL,),
        "true only when",
        "On a slope neighbours differ by the step: n/m for False, (n - 1)/(m - 1) for True. When enlarging, False's is "
        "the larger; both are linear interpolation of the same pixels.",
        f"3 -> 5: {mixed(_F.step)} against {mixed(_T.step)}. 5 -> 3: {mixed(exact_axis(FALSE, 5, 3).step)} against "
        f"{mixed(exact_axis(TRUE, 5, 3).step)}.",
        _smaller_steps_with_false,
        lambda n, m: m < n,
        "shrinking",
        about=_wide,
    ),
    Claim(
        "True at twice the size samples halves",
        "At twice the size align_corners=True samples at multiples of 1/2.",
        (FORUM,),
        "false",
        "The step is (n - 1)/(2 n - 1), which is less than a half. It is a half from n to 2 n - 1 pixels.",
        f"4 -> 8: steps of {mixed(exact_axis(TRUE, 4, 8).step)}. 4 -> 7: {mixed(exact_axis(TRUE, 4, 7).step)}.",
        _halves,
        never,
        about=lambda n, m: m == 2 * n and n > 1,
        example=(4, 8),
        modes=(TRUE,),
    ),
)
