"""Models of integer arithmetic with several roundings: two passes, short weights or products, coarse coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from itertools import product

import numpy as np

from halfpixel.golden import Convention, Coordinates, coordinates, matrix_at
from halfpixel.golden.rounding import rounded, within_range
from halfpixel.probe.variants.dtypes.plane_weights import AxisWeights, exact_axis
from halfpixel.probe.variants.dtypes.rounding_rules import OVERFLOWS, IntegerResults, RoundingRule, clamped_to_grid
from halfpixel.probe.variants.dtypes.worst_case_inputs import IntegerCases, IntegerGrid, apply_weights, cases_of_images

_BITS = (*range(4, 17), 21, 22)
_INT16 = "int16"
"""Weights as large as signed 16-bit integers can hold: as many fractional bits as the heaviest one leaves."""
_COORDINATE_BITS = (10, 5, 4, 6, 7, 8, 11)
_SAMPLED = 0.8
"""A model that explains less than this of some images of the first plane is not tried on the others."""
_EVERY = 4
"""Of the first plane's images, one in so many is enough to drop a model."""
_NEAREST = 12
"""Models that come nearest, which are tried again with the error of float32."""
_ALMOST = 0.995
_NEARLY = 0.97
"""A model that explains less than this to the last bit is not rescued by the error of float32."""
_FINER = 2**10
"""By how much denominators are enlarged where values are moved by less than one over them."""
_TWO_BYTES = 2
"""Dtypes wider than this are not computed with short weights."""


@dataclass(frozen=True, slots=True)
class ArithmeticModel:
    """One way to compute a plane.

    width_first
        Which axis the first pass resizes.
    bits
        Fractional bits of weights; ``int16``; ``None`` for exact ones.
    rounds, clamps
        The rule by which the first pass rounds to levels (empty: it does not), and whether it clamps to the range.
    rounding, overflow
        Of the result.
    product_bits
        Fractional bits that every product of the second pass is cut to; ``None`` where products are whole.
    bits_dropped
        Bits cut off the results of the first pass.
    coordinate_bits, nearest_mode
        Fractional bits that coordinates are rounded to, and the rule by which; ``None`` for exact ones.
    """

    width_first: bool
    bits: int | str | None = None
    rounds: str = ""
    clamps: bool = False
    rounding: str = "half_up"
    overflow: str = "saturate"
    product_bits: int | None = None
    bits_dropped: int = 0
    coordinate_bits: int | None = None
    coordinate_rounding: str = ""
    nearest_mode: str = ""

    def __call__(self, cases: IntegerCases) -> np.ndarray:
        """The results, int64 ``(K, h * w)``."""
        return self._results(cases, np.zeros(len(cases.images)))

    def explains(self, cases: IntegerCases, results: np.ndarray) -> float:
        """The share of results that it gives when both passes may err as float32 does; short products do not."""
        if self.product_bits is not None:
            return float((self(cases) == results).mean())
        low, high = (self._results(cases, sign * cases.float32) for sign in (-1.0, 1.0))
        if self.overflow == "saturate":
            return float(((low <= results) & (results <= high)).mean())
        length = cases.grid.highest - cases.grid.lowest + 1
        return float(((results - low) % length <= (high - low) % length).mean())

    def _results(self, cases: IntegerCases, by: np.ndarray) -> np.ndarray:
        """The results when each pass errs by ``by`` levels, one for each image, in the direction that adds up."""
        grid = cases.grid
        axes = [_shortened(axis, self.bits) for axis in self._axes(cases)]
        images = cases.images.astype(np.int64)
        if self.width_first:
            axes, images = axes[::-1], images.transpose(0, 2, 1)
        (first, below), (second, beneath) = axes
        k, n, across = images.shape
        exact, below = apply_weights(first, below, images.transpose(0, 2, 1).reshape(-1, n))
        if by.any():
            exact, below = exact * _FINER, below * _FINER
        moved = np.repeat(by, across)[:, None]
        whole: np.ndarray = np.zeros((), dtype=np.int64)
        # Where weights of the second pass are negative, the first errs the other way.
        for sign, weights in ((1, np.maximum(second, 0)), (-1, np.minimum(second, 0))):
            if sign < 0 and not weights.any():
                continue
            passed, under = self._passed(exact + _away_from_zero(sign * moved, below), below, grid)
            # (K, across, n_out) to lines along the second axis.
            lines = passed.reshape(k, across, -1).transpose(0, 2, 1)
            whole = whole + self._summed(lines.reshape(-1, across), weights)
        under = np.tile(under, k)[:, None] * beneath
        if self.product_bits is not None:
            under = np.array(2**self.product_bits)
        if self.rounds and by.any():
            whole, under = whole * _FINER, under * _FINER
        whole = rounded(self.rounding, whole + _away_from_zero(np.repeat(by, lines.shape[1])[:, None], under), under)
        whole = clamped_to_grid(whole, grid, self.overflow)
        if self.overflow == "unsigned":
            whole = within_range(whole, grid.lowest, grid.highest, "wrap")
        whole = whole.reshape(*lines.shape[:2], -1)
        return (whole.transpose(0, 2, 1) if self.width_first else whole).reshape(k, -1).astype(np.int64)

    def _passed(self, passed: np.ndarray, below: np.ndarray, grid: IntegerGrid) -> tuple[np.ndarray, np.ndarray]:
        if self.rounds:
            passed, below = rounded(self.rounds, passed, below), np.ones_like(below)
        if self.clamps:
            low, high = (grid.lowest, grid.highest) if self.overflow != "unsigned" else (0, grid.highest - grid.lowest)
            passed = np.minimum(np.maximum(passed, low * below), high * below)
            if self.overflow == "unsigned":
                passed = within_range(passed, grid.lowest, grid.highest, "wrap")
        return passed, below

    def _summed(self, flat: np.ndarray, weights: np.ndarray) -> np.ndarray:
        if self.product_bits is None or not isinstance(self.bits, int):
            return apply_weights(weights, np.ones(len(weights), np.int64), flat)[0]
        products = (flat >> self.bits_dropped)[:, None, :] * weights
        return np.asarray((products >> (2 * self.bits - self.bits_dropped - self.product_bits)).sum(axis=2))

    def _axes(self, cases: IntegerCases) -> list[AxisWeights]:
        claim = cases.weights.claim
        if self.coordinate_bits is None or claim is None:
            return list(cases.weights.axes or ())
        pairs = zip(cases.weights.size_in, cases.weights.size_out, strict=True)
        if self.nearest_mode:
            claim = claim.but(nearest_mode=self.nearest_mode)
        return [
            _coarse_axis(claim, *pair, bits=self.coordinate_bits, rounding=self.coordinate_rounding) for pair in pairs
        ]

    def rule(self, share: float) -> RoundingRule:
        """In words, with the share of results that it explains."""
        passes = " and ".join(filter(None, ("rounds" if self.rounds else "", "clamps" if self.clamps else "")))
        words = []
        if self.coordinate_bits is not None:
            words.append(f"coordinates in 1/{2**self.coordinate_bits} pixel")
        if self.bits is not None:
            words.append(f"{self.bits}{'-bit' if isinstance(self.bits, int) else ''} weights")
        if self.product_bits is not None:
            words.append(f"{self.product_bits}-bit products")
        order = ("width first" if self.width_first else "height first") if passes else ""
        coarse = self.coordinate_bits is not None
        return RoundingRule(
            self.rounding, self.overflow, passes, ", ".join(words), order, share, has_coarse_coordinates=coarse
        )


def _away_from_zero(by: np.ndarray, denominators: np.ndarray | int) -> np.ndarray:
    """``by`` in units of one over the denominators, rounded away from zero."""
    steps: np.ndarray = np.sign(by) * np.ceil(np.abs(by) * np.asarray(denominators, dtype=np.float64))
    return steps.astype(np.int64)


def _shortened(axis: AxisWeights, bits: int | str | None) -> tuple[np.ndarray, np.ndarray]:
    """Weights of ``bits`` fractional bits; of their own denominators where ``bits`` is ``None`` and these are short."""
    if bits is None:
        if int(axis.denominators.max()) <= 2**22:
            return axis.numerators, axis.denominators
        bits = 22
    if isinstance(bits, str):
        heaviest = float(np.abs(axis.array).max())
        bits = max(b for b in range(23) if np.floor(heaviest * 2**b + 0.5) < 2**15)
    return np.rint(axis.array * 2**bits).astype(np.int64), np.full(len(axis.array), 2**bits)


@lru_cache(maxsize=4096)
def _coarse_axis(claim: Convention, n_in: int, n_out: int, bits: int, rounding: str) -> AxisWeights:
    """The weights of a convention whose coordinates are rounded to ``2**-bits`` pixels."""
    where = coordinates(claim, n_in, n_out)
    coarse = rounded(rounding, where.numerators * 2**bits, where.denominator)
    return exact_axis(matrix_at(claim, Coordinates(coarse, 2**bits), n_in, Fraction(n_out, n_in)))


def _arithmetic_models(grid: IntegerGrid, claim: Convention | None) -> Iterator[list[ArithmeticModel]]:
    """Models, the most plausible first: exact weights, then short ones, then coarse coordinates."""
    rules = ("half_up", "half_even", "half_away", "truncate")
    overflows = OVERFLOWS[:3] if grid.lowest < 0 else OVERFLOWS[:2]
    yield [
        *(
            ArithmeticModel(width_first, None, rule, clamps, rule, overflow)
            for overflow, clamps, rule, width_first in product(overflows, (False, True), rules, (True, False))
        ),
        *(
            ArithmeticModel(width_first, None, "", True, rule, overflow)
            for overflow, rule, width_first in product(overflows, rules, (True, False))
        ),
    ]
    if grid.dtype.itemsize <= _TWO_BYTES:
        yield list(_short_weight_models(overflows))
    if claim is not None:
        yield list(_coarse_coordinate_models(claim))


def _short_weight_models(overflows: tuple[str, ...]) -> Iterator[ArithmeticModel]:
    for bits, rule in product((_INT16, *_BITS), ("half_up", "truncate")):
        yield ArithmeticModel(True, bits, rounding=rule)
        for overflow, width_first, clamps in product(overflows, (True, False), (False, True)):
            if clamps or overflow == "saturate":
                yield ArithmeticModel(width_first, bits, rule, clamps, rule, overflow)
    for bits, product_bits, dropped, width_first in product((7, 8, 10, 11, 14), (2, 4, 6), (0, 4), (True, False)):
        yield ArithmeticModel(width_first, bits, product_bits=product_bits, bits_dropped=dropped)


def _coarse_coordinate_models(claim: Convention) -> Iterator[ArithmeticModel]:
    for (bits, rounding, mode), rule in product(_coarsenesses(claim), ("half_even", "half_up")):
        yield ArithmeticModel(
            True, rounding=rule, coordinate_bits=bits, coordinate_rounding=rounding, nearest_mode=mode
        )


def _coarsenesses(claim: Convention) -> Iterator[tuple[int, str, str]]:
    modes = ("round_prefer_ceil", "round_half_even", "floor") if claim.kernel == "nearest" else ("",)
    return product(_COORDINATE_BITS, ("half_even", "half_up", "floor"), modes)


def coarse_axes(claim: Convention) -> Iterator[partial[AxisWeights]]:
    """Functions of ``(n_in, n_out)`` to the weights that coordinates of few fractional bits give, ``bits`` of them."""
    for bits, rounding, mode in _coarsenesses(claim):
        meant = claim.but(nearest_mode=mode) if mode else claim
        yield partial(_coarse_axis, meant, bits=bits, rounding=rounding)


def best_arithmetic_model(planes: list[IntegerResults]) -> RoundingRule | None:
    """The model that explains most results; ``None`` where no axes are known, or none explains most of the first plane.

    Models that explain all to the last bit come first; then those that do when float32 errs in either pass.
    """
    keys = [
        (plane.cases, plane.results.shape, plane.results.tobytes())
        for plane in planes
        if plane.cases.weights.axes is not None
    ]
    return _best_arithmetic_model(tuple(sorted(keys, key=lambda key: -len(key[2])))) if keys else None


@lru_cache(maxsize=256)
def _best_arithmetic_model(keys: tuple[tuple[IntegerCases, tuple[int, ...], bytes], ...]) -> RoundingRule | None:
    """Cached, because operations that claim the same often give the same results."""
    planes = [(cases, np.frombuffer(content, np.int64).reshape(shape)) for cases, shape, content in keys]
    sizes = [results.size for _, results in planes]
    first, results = planes[0]
    some = cases_of_images(first.weights, first.grid, first.images[::_EVERY]), results[::_EVERY]
    near_models: list[list[tuple[float, ArithmeticModel]]] = []
    for family in _arithmetic_models(first.grid, first.weights.claim):
        near_models.append([])
        for model in family:
            if (model(some[0]) == some[1]).mean() < _SAMPLED:
                continue
            shares = [float((model(cases) == results).mean()) for cases, results in planes]
            if min(shares) == 1:
                return model.rule(1.0)
            near_models[-1].append((float(np.average(shares, weights=sizes)), model))
        near_models[-1].sort(key=_share, reverse=True)
        # Exact weights that miss next to nothing are more plausible than any short ones.
        if len(near_models) == 1 and (exact := _explained_with_float32_error(near_models[0], planes, _ALMOST)):
            return exact.rule(1.0)
    for family_models in near_models:
        if explained := _explained_with_float32_error(family_models, planes, _NEARLY):
            return explained.rule(1.0)
    best = max((scored for scores in near_models for scored in scores), key=_share, default=None)
    return None if best is None else best[1].rule(best[0])


def _explained_with_float32_error(
    models: list[tuple[float, ArithmeticModel]], planes: list[tuple[IntegerCases, np.ndarray]], least: float
) -> ArithmeticModel | None:
    """The first model that explains everything when float32 errs in either pass, if it explains the ``least``."""
    for share, model in models[:_NEAREST]:
        if share >= least and all(model.explains(cases, results) == 1 for cases, results in planes):
            return model
    return None


def _share(scored: tuple[float, ArithmeticModel]) -> float:
    return scored[0]
