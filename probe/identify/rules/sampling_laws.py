"""The laws that lines of several sizes follow, and the rules tried where no line can be fitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

from halfpixel.golden import Convention
from halfpixel.golden.convention import COORDINATE_TRANSFORMATION_MODES, NEAREST_MODES
from halfpixel.golden.rules import INPUT, MEANS, OUTPUT, SCALE_OWNERS, ResizeRule, ScaleRule
from halfpixel.probe.identify.rules.sampling_fits import SampledLine, borders_of, kernels

_DRIFT = 0.02
"""Input pixels by which a line may be off the law that it follows: constants are verified exactly afterwards."""


_ANCHORS = ("half_pixel", "asymmetric", "half_pixel_symmetric", "tf_half_pixel_for_nn")


_CONSTANTS = tuple(
    Fraction(sign * numerator, denominator)
    for denominator in (1, 2, 4, 10, 100)
    for numerator in (1, 3)
    for sign in (1, -1)
    if numerator < denominator or numerator == 1
)
"""Constants beside sizes that are tried for kernels without slopes."""


@dataclass(frozen=True, slots=True)
class Law:
    """How lines follow from sizes: the anchor of a ``coordinate_transformation_mode``, a scale and a shift."""

    mode: str
    scale: ScaleRule
    shift: Fraction = Fraction(0)
    unit: str = INPUT

    def rules(self, convention: Convention) -> Iterator[ResizeRule]:
        """The rules of this law with the kernel and the border of ``convention``."""
        if self.scale == ScaleRule("own", Fraction(-1), Fraction(-1)) and self.mode == "asymmetric":
            aligned = convention.but(coordinate_transformation_mode="align_corners")
            yield ResizeRule(aligned, ScaleRule(), self.shift, self.unit)
            return
        changed = convention.but(coordinate_transformation_mode=self.mode)
        for by_ratio in (False, True) if convention.antialias and not self.scale.is_ratio else (False,):
            yield ResizeRule(changed, self.scale, self.shift, self.unit, by_ratio)


class Lines:
    """Lines of several sizes as arrays, and the laws that some of them nearly follow."""

    def __init__(self, lines: Sequence[SampledLine]) -> None:
        self.lines = tuple(lines)
        self.slopes = np.array([line.slope for line in lines])
        self.intercepts = np.array([line.intercept for line in lines])
        self.n_in, self.n_out, self.other_in, self.other_out = (
            np.array([getattr(line.sizes, name) for line in lines], dtype=np.float64)
            for name in ("n_in", "n_out", "other_in", "other_out")
        )
        self._owners = {
            of: [SCALE_OWNERS[of](line.sizes) for line in lines]
            for of in SCALE_OWNERS
            if of == "own" or any(line.sizes.other_in != line.sizes.other_out for line in lines)
        }
        self._owned = {
            of: (np.array([s.n_in for s in sizes], dtype=float), np.array([s.n_out for s in sizes], dtype=float))
            for of, sizes in self._owners.items()
        }

    def steps(self, scale: ScaleRule) -> np.ndarray:
        """``1 / scale`` for each line; NaN where the rule gives no scale."""
        if scale.of == "given":
            known = [scale.at(line.sizes) for line in self.lines]
            return np.array([np.nan if value is None else float(1 / value) for value in known])
        if scale.of in MEANS:
            return np.array(
                [float(1 / MEANS[scale.of](line.sizes.ratio, line.sizes.other.ratio)) for line in self.lines]
            )
        n_in, n_out = self._owned[scale.of]
        above, below = n_in + float(scale.added_in), n_out + float(scale.added_out)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where((above > 0) & (below > 0), above / below, np.nan))

    def anchored(self, mode: str, steps: np.ndarray) -> np.ndarray:
        """The intercepts of an anchor without a shift."""
        if mode == "asymmetric":
            return np.zeros(len(steps))
        if mode == "half_pixel_symmetric":
            return np.asarray((self.n_in - 1) / 2 - steps * (self.n_out - 1) / 2)
        return np.asarray(steps / 2 - (0.5 if mode == "half_pixel" else 0.0))

    def following(self, law: Law) -> np.ndarray:
        """Bool for each line: whether it follows the law to a hundredth of a pixel or so."""
        steps = self.steps(law.scale)
        shift = float(law.shift) * (steps if law.unit == OUTPUT else 1.0)
        off = np.abs(self.intercepts - self.anchored(law.mode, steps) - shift)
        return np.asarray((np.abs(steps - self.slopes) * self.n_out < _DRIFT) & (off < _DRIFT))

    def laws(self, chosen: np.ndarray) -> Iterator[Law]:
        """The laws that the ``chosen`` lines follow together, the plainest first."""
        for scale in self._scales(chosen):
            steps = self.steps(scale)
            if not (np.abs(steps - self.slopes)[chosen] * self.n_out[chosen] < _DRIFT).all():
                continue
            shifted = []
            for mode in _ANCHORS:
                residual = (self.intercepts - self.anchored(mode, steps))[chosen]
                if np.abs(residual).max() < _DRIFT:
                    yield Law(mode, scale)
                for unit, size in ((OUTPUT, steps[chosen]), (INPUT, np.ones(len(chosen)))):
                    shift = float((residual * size).sum() / (size * size).sum())
                    if 1e-4 < abs(shift) <= 4 and np.abs(residual - shift * size).max() < _DRIFT:
                        shifted += [Law(mode, scale, value, unit) for (value,) in _snapped([shift]) if value]
            yield from shifted

    def _scales(self, chosen: np.ndarray) -> Iterator[ScaleRule]:
        slopes = self.slopes[chosen]
        for of, (every_in, every_out) in self._owned.items():
            n_in, n_out = every_in[chosen], every_out[chosen]
            yield ScaleRule(of)
            # slope (n_out + b) = n_in + a, linear in both constants.
            beyond = slopes * n_out - n_in
            if np.abs(beyond).max() < 1e-3:
                continue
            columns = {"out": -slopes, "in": np.ones(len(chosen)), "same": 1 - slopes}
            for name, column in columns.items():
                square = float((column * column).sum())
                if square > 1e-6 and np.abs(beyond - (value := float(column @ beyond) / square) * column).max() < 0.05:
                    for (constant,) in _snapped([value]):
                        if constant:
                            added_in = constant if name != "out" else Fraction(0)
                            yield ScaleRule(of, constant if name != "in" else Fraction(0), added_in)
            if len(chosen) > 2:
                terms = np.stack([np.ones(len(chosen)), -slopes], axis=1)
                a, b = (float(value) for value in np.linalg.lstsq(terms, beyond, rcond=1e-6)[0])
                if np.abs(terms @ (a, b) - beyond).max() < 0.05:
                    yield from (ScaleRule(of, *constants) for constants in _snapped([b, a]) if any(constants))
        yield from (ScaleRule(of) for of in MEANS if len(self._owned) > 1)
        if all(line.sizes.given is not None for line in self.lines):
            yield ScaleRule("given")
        if np.ptp(slopes) < 1e-4 and len({self.lines[k].sizes.ratio for k in chosen}) > 1:
            yield from (
                ScaleRule("given", constant=value) for (value,) in _snapped([float(1 / slopes.mean())]) if value
            )


def _snapped(values: list[float]) -> list[tuple[Fraction, ...]]:
    """``values`` as simple fractions, of growing denominators."""
    tried = (tuple(Fraction(value).limit_denominator(largest) for value in values) for largest in (4, 10, 20, 100))
    near = [some for some in tried if all(abs(float(f) - v) < 0.02 for f, v in zip(some, values, strict=True))]
    return list(dict.fromkeys(near))


@cache
def plain_rules(convention: Convention) -> tuple[ResizeRule, ...]:
    """The convention with every ``coordinate_transformation_mode`` that has no region of its own."""
    modes = [mode for mode in COORDINATE_TRANSFORMATION_MODES if mode != "tf_crop_and_resize"]
    return tuple(ResizeRule(convention.but(coordinate_transformation_mode=mode)) for mode in modes)


@cache
def given_rules() -> tuple[ResizeRule, ...]:
    """Every kernel and border, with the usual anchors and the scale that the caller asked for.

    At one scale alone few phases of a kernel show, and lines cannot be fitted.
    """
    shapes = [bordered for convention in kernels() for bordered in borders_of(convention)]
    modes = ("half_pixel", "asymmetric", "half_pixel_symmetric", "align_corners")
    return tuple(
        ResizeRule(shape.but(coordinate_transformation_mode=mode), ScaleRule("given"))
        for mode in modes
        for shape in shapes
    )


@cache
def jumping_rules() -> tuple[ResizeRule, ...]:
    """Rules for kernels without slopes: every scale and anchor with a short list of constants."""
    shapes = [Convention(kernel="nearest", nearest_mode=mode) for mode in NEAREST_MODES]
    shapes += [
        Convention(kernel="box", antialias=True, border=border) for border in ("renormalise", "replicate", "reflect")
    ]
    shapes.append(Convention(kernel="box", border="renormalise"))
    scales = [ScaleRule(of) for of in (*SCALE_OWNERS, *MEANS)][1:]
    scales += [ScaleRule(added_out=c) for c in _CONSTANTS] + [ScaleRule(added_in=c) for c in _CONSTANTS]
    scales += [ScaleRule(added_out=c, added_in=c) for c in _CONSTANTS if c != -1]
    shifts = [(c, unit) for unit in (OUTPUT, INPUT) for c in _CONSTANTS if abs(c) < 1 and c.denominator < 100]
    plain = [rule for shape in shapes for rule in plain_rules(shape)]
    plain.append(ResizeRule(Convention(kernel="adaptive_average")))
    modes = ("half_pixel", "asymmetric", "tf_half_pixel_for_nn")
    anchored = [shape.but(coordinate_transformation_mode=mode) for shape in shapes for mode in modes]
    scaled = [ResizeRule(shape, scale) for scale in scales for shape in anchored]
    shifted = [
        ResizeRule(shape, ScaleRule(), shift, unit)
        for shift, unit in shifts
        for shape in anchored
        if shape.coordinate_transformation_mode == "half_pixel"
    ]
    return tuple(dict.fromkeys([*plain, *scaled, *shifted]))
