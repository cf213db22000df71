"""Gradients to test the tester with: right ones, and wrong ones with one fault each; the resizes are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from halfpixel.adapters import Gradient, Operation
from halfpixel.adapters.gradients import GradientMode
from halfpixel.golden import Convention
from tests.fakes import claims
from tests.fakes.axis import (
    AxisRule,
    Interpolation,
    Nearest,
    align_corners,
    area,
    asymmetric,
    half_pixel,
    round_prefer_floor,
)
from tests.fakes.image import batched
from tests.fakes.right import CUBIC, CUBIC_ANTIALIAS, LINEAR, LINEAR_ANTIALIAS

Backward = Callable[[Callable, np.ndarray, int, int, np.ndarray], np.ndarray | None]


@dataclass(frozen=True)
class GradientFake:
    """A resize and its gradient.

    ``factors`` are attributions that would be fair, at least one of which must be found beside ``gradient``, unless it
    is the only one; empty for a right one.
    """

    name: str
    operation: Operation
    gradient: Gradient
    factors: frozenset[str]


def backward(rule: AxisRule, rule_w: AxisRule | None = None) -> Backward:
    """The transposed matrices of a rule along both axes, in float64, rounded at the end."""

    def gradient(resize: Callable, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:
        along_h, along_w = rule(x.shape[1], h), (rule_w or rule)(x.shape[2], w)
        return np.einsum("oi,pj,nopc->nijc", along_h, along_w, g.astype(np.float64)).astype(x.dtype)

    return gradient


def _changed(change: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray], rule: AxisRule = LINEAR) -> Backward:
    """The right gradient with ``change(gradient, x, g)`` done to it."""
    right = backward(rule)
    return lambda resize, x, h, w, g: change(right(resize, x, h, w, g), x, g).astype(x.dtype)


def _transposing_squares(resize: Callable, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:
    """Height and width change places where both images are square."""
    right = backward(LINEAR)(resize, x, h, w, g)
    return right.transpose(0, 2, 1, 3) if x.shape[1] == x.shape[2] and h == w else right


def _matrix_itself(resize: Callable, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:
    """The forward matrix where that fits, which is where sizes stay."""
    if x.shape[1:3] == (h, w):
        return np.einsum("oi,pj,nijc->nopc", _shifted(h, h), _shifted(w, w), g.astype(np.float64)).astype(x.dtype)
    return backward(_shifted)(resize, x, h, w, g)


def _shifted(n_in: int, n_out: int) -> np.ndarray:
    """A quarter of a pixel's shift on top of half-pixel linear: a matrix that is not symmetric at equal sizes."""

    def place(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
        numerators, denominator = half_pixel(o, n_in, n_out)
        return 4 * numerators + denominator, 4 * denominator

    return Interpolation(place=place)(n_in, n_out)


def _without_border_taps(n_in: int, n_out: int) -> np.ndarray:
    """Taps that fall outside are forgotten, where the call repeats the border pixel."""
    return replace(LINEAR, border="constant", normalised=True)(n_in, n_out)


def _accumulating() -> Backward:
    kept: dict[tuple, np.ndarray] = {}
    right = backward(LINEAR)

    def gradient(resize: Callable, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:
        key = (x.shape, h, w)
        kept[key] = kept.get(key, 0) + right(resize, x, h, w, g)
        return kept[key].copy()

    return gradient


def _by_differences(resize: Callable, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:
    """Of the square of the resized image: right in form, and another at every image."""
    return backward(LINEAR)(resize, x, h, w, g * resize(x, h, w))


def _last_image_first(gradient: np.ndarray, x: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.roll(gradient, 1, axis=0) if g.shape[-1] > 1 else gradient


def _leaking(gradient: np.ndarray, x: np.ndarray, g: np.ndarray) -> np.ndarray:
    gradient = gradient.copy()
    gradient[..., 16:] += np.float32(1e-3) * gradient[..., :1]
    return gradient


def _blue_for_red(gradient: np.ndarray, x: np.ndarray, g: np.ndarray) -> np.ndarray:
    return gradient[..., ::-1] if g.shape[-1] == 3 else gradient


def _first_sixteen(gradient: np.ndarray, x: np.ndarray, g: np.ndarray) -> np.ndarray:
    gradient = gradient.copy()
    gradient[..., 16:] = 0
    return gradient


def _in_float16(resize: Callable, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:
    return backward(LINEAR)(resize, x, h, w, g).astype(np.float16).astype(np.float32)


def _counting_to_256(resize: Callable, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:
    return np.clip(backward(LINEAR)(resize, x, h, w, g), -256, 256)


def _clipped(gradient: np.ndarray, x: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.clip(gradient, -1, 1)


def _once_a_pixel(n_in: int, n_out: int) -> np.ndarray:
    """Of several outputs that pick one pixel, only the last counts: assigned where it should be added."""
    picks = _NEAREST(n_in, n_out)
    later = np.cumsum(picks[::-1], axis=0)[::-1]
    return picks * (later == 1)


def _not_a_number(gradient: np.ndarray, x: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.where(gradient == 0, np.nan, gradient) if x.shape[1] == 1 else gradient


def _swapped_axes(resize: Callable, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:
    """A gradient whose height is the width, whatever the shape."""
    return backward(LINEAR)(resize, x, h, w, g).transpose(0, 2, 1, 3)


def _random(gradient: np.ndarray, x: np.ndarray, g: np.ndarray) -> np.ndarray:
    return gradient + _CHANCE.uniform(-1e-3, 1e-3, gradient.shape)


def _forward_again(resize: Callable, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:
    return np.asarray(resize(g, h, w), dtype=np.float32)


def _twice_as_much(resize: Callable, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:
    return 2 * _forward_again(resize, x, h, w, g)


def _in_float64(resize: Callable, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:
    """What claims float64 and computes in float32 is as good as its call, which does so too."""
    return backward(LINEAR)(resize, x.astype(np.float32), h, w, g.astype(np.float32)).astype(np.float64)


_CHANCE = np.random.default_rng(5)
_NEAREST = Nearest(half_pixel, round_prefer_floor)


def _fake(name: str, claim: Convention | None, rule: AxisRule, function: Backward, *factors: str, others=()):
    operation = Operation("callable", f"gradient: {name}", batched(rule), claim=claim)
    return GradientFake(name, operation, Gradient("fake", function, tuple(others)), frozenset(factors))


_LINEAR_ROWS = [
    ("squares come back transposed", _transposing_squares, "axis order"),
    ("height and width come back swapped", _swapped_axes, "axis order"),
    ("the gradient of align_corners", backward(replace(LINEAR, place=align_corners)), "coordinates"),
    ("the gradient of asymmetric along the width", backward(LINEAR, replace(LINEAR, place=asymmetric)), "gradient"),
    ("the gradient of the antialiased resize", backward(LINEAR_ANTIALIAS), "antialias"),
    ("the gradient of another kernel", backward(CUBIC), "kernel", "cubic coefficient"),
    ("twice as large", _changed(lambda gradient, x, g: 2 * gradient), "normalisation"),
    ("divided by the share of pixels", _changed(lambda d, x, g: d * x[0].size / g[0].size), "normalisation"),
    ("a tenth of a percent too large", _changed(lambda gradient, x, g: 1.001 * gradient), "normalisation"),
    ("taps outside are forgotten", backward(_without_border_taps), "border"),
    ("it depends on the image", _by_differences, "linearity"),
    ("it adds to the last one", _accumulating(), "state"),
    ("noise of a thousandth is added", _changed(_random), "determinism", "state"),
    ("zero", _changed(lambda gradient, x, g: 0 * gradient), "gradient"),
    ("images of a batch change places", _changed(_last_image_first), "batch"),
    ("a thousandth of the first channel leaks into later ones", _changed(_leaking), "channel"),
    ("red and blue change places", _changed(_blue_for_red), "channel"),
    ("channels after the sixteenth are forgotten", _changed(_first_sixteen), "channel"),
    ("rounded to float16", _in_float16, "precision"),
    ("clipped at one", _changed(_clipped), "linearity", "gradient"),
    ("not a number where nothing comes back to a single row", _changed(_not_a_number), "non-finite values"),
]

WRONG: tuple[GradientFake, ...] = (
    *(_fake(name, claims.LINEAR, LINEAR, function, *factors) for name, function, *factors in _LINEAR_ROWS),
    _fake("the matrix in place of its transpose where sizes stay", None, _shifted, _matrix_itself, "axis order"),
    _fake(
        "of outputs that pick the same pixel only the last counts",
        claims.NEAREST_PREFER_FLOOR,
        _NEAREST,
        backward(_once_a_pixel),
        "gradient",
    ),
    _fake(
        "the gradient's own gradient is twice too large",
        claims.LINEAR,
        LINEAR,
        backward(LINEAR),
        "normalisation",
        others=[GradientMode("double backward", _twice_as_much, order=2)],
    ),
    _fake(
        "a sum in bfloat16 does not go beyond 256",
        claims.LINEAR,
        LINEAR,
        backward(LINEAR),
        "precision",
        others=[GradientMode("backward of a sum, bfloat16", _counting_to_256, dtype="bfloat16", of_sum=True)],
    ),
)

WRONG += tuple(
    _fake(
        name,
        claims.LINEAR,
        LINEAR,
        backward(LINEAR),
        factor,
        others=[GradientMode("backward of a sum", function, of_sum=True)],
    )
    for name, function, factor in (
        ("the gradient of a sum is half", _changed(lambda d, x, g: d / 2), "normalisation"),
        ("the gradient of a sum is zero", _changed(lambda d, x, g: 0 * d), "gradient"),
        ("the gradient of a sum is that of align_corners", backward(replace(LINEAR, place=align_corners)), "gradient"),
    )
)

RIGHT: tuple[GradientFake, ...] = (
    *(
        _fake(name, claim, rule, backward(rule))
        for name, claim, rule in (
            ("linear", claims.LINEAR, LINEAR),
            ("linear, align_corners", claims.LINEAR_ALIGN_CORNERS, replace(LINEAR, place=align_corners)),
            ("linear, antialiased", claims.LINEAR_ANTIALIAS, LINEAR_ANTIALIAS),
            ("cubic", claims.CUBIC, CUBIC),
            ("cubic, antialiased", claims.CUBIC_ANTIALIAS, CUBIC_ANTIALIAS),
            ("area", claims.AREA, area),
            ("nearest", claims.NEAREST_PREFER_FLOOR, _NEAREST),
            ("shifted, without a claim", None, _shifted),
            ("linear, against its claim", claims.CUBIC, LINEAR),
        )
    ),
    _fake(
        "twice differentiated, and of sums",
        claims.LINEAR,
        LINEAR,
        backward(LINEAR),
        others=[
            GradientMode("double backward", _forward_again, order=2),
            GradientMode("backward of a sum", backward(LINEAR), of_sum=True),
            GradientMode("backward, float64", _in_float64, dtype="float64"),
            GradientMode("backward, float16", _in_float16, dtype="float16"),
        ],
    ),
)
