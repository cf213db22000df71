"""Calls that fit the output to sizes and keep the aspect ratio: their output sizes, and the scale of coordinates."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import lru_cache

import numpy as np

from halfpixel.adapters import ByScaleOperation
from halfpixel.golden.sizes import SIZE_RULES, fitted_scale, fitted_size
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.compare.reproduction import image_program, shape_line
from halfpixel.probe.measure.axis_matrix import AXES, Refused
from halfpixel.probe.variants.observation import PIXELS, Figures, Observation
from halfpixel.probe.variants.scales.calls import (
    COMPANION,
    ScaleCase,
    call_by_scale,
    explains_case,
    impulses,
    matrix_along,
)
from halfpixel.probe.variants.scales.output_sizes import BRIEF, THOROUGH
from halfpixel.probe.variants.scales.scale_source import identify_scale_source, scale_source

Box = tuple[tuple[int, int], tuple[int, int]]
_DOCUMENTED = ("round_half_up", "exact")
_ARITHMETICS = ("exact", "float64", "float32")


@lru_cache(maxsize=4)
def _boxes(count: int) -> tuple[Box, ...]:
    """Image and requested-for sizes, ``count`` different ones; half of them made so that a length ends on a half."""
    chance = random.Random(3)
    boxes: dict[Box, None] = {}
    while len(boxes) < count:
        if len(boxes) % 2:
            sizes_in = (chance.randint(1, 90), chance.randint(1, 90))
            requested = (chance.randint(1, 150), chance.randint(1, 150))
        else:
            # 2 p pixels to q by one axis, and an odd multiple of p by the other: its length is a half.
            p, q = chance.randint(1, 12), chance.randrange(1, 60, 2)
            sizes_in = (2 * p, p * chance.randrange(1, 9, 2))
            requested = (q, chance.randint(1, 150))
            if chance.random() < 0.5:
                sizes_in, requested = sizes_in[::-1], requested[::-1]
        if all(0 not in fitted_size(sizes_in, requested, policy) for policy in ("not_larger", "not_smaller")):
            boxes[sizes_in, requested] = None
    return tuple(boxes)


@lru_cache(maxsize=32)
def _predictions(count: int, policy: str, rule: str, arithmetic: str) -> np.ndarray:
    return np.array([fitted_size(*box, policy, rule, arithmetic) for box in _boxes(count)])


def fitted_sizes(operation: ByScaleOperation) -> Observation:
    """The observation ``keep_aspect_ratio_policy``: the two output sizes of each box; ``Refused`` if all are refused.

    Each box counts as two pairs, one for each axis.
    """
    count = (BRIEF if operation.shares_size_rule else THOROUGH) // 2
    boxes = _boxes(count)
    got = np.zeros((count, 2), dtype=np.int64)
    refused = []
    for k, (sizes_in, requested) in enumerate(boxes):
        try:
            got[k] = call_by_scale(operation, np.zeros((1, *sizes_in, 1), np.float32), requested).shape[1:3]
        except Refused as refusal:
            refused.append(str(refusal))
    if len(refused) == count:
        raise Refused(refused[0])
    tried = np.asarray(got.all(axis=1))
    rules = [(rule, arithmetic) for arithmetic in _ARITHMETICS for rule in SIZE_RULES]
    rules.sort(key=lambda rule: rule != _DOCUMENTED)
    policy = operation.keep_aspect_ratio_policy

    def misses(rule: tuple[str, str]) -> int:
        return int(np.count_nonzero((_predictions(count, policy, *rule) != got)[tried]))

    nearest = min(rules, key=misses)
    is_explained = not misses(nearest)
    expected = _predictions(count, policy, *_DOCUMENTED)
    off = np.where(tried[:, None], np.abs(got - expected), 0)
    figures: Figures = {
        "rule": nearest[0] if is_explained else f"none; {nearest[0]} is nearest",
        "arithmetic": nearest[1],
        "pairs": 2 * count,
    }
    figures |= {"refused": len(refused)} if refused else {}
    observation = Observation(
        variant="keep_aspect_ratio_policy",
        verdict=Verdict.EXACT,
        against=f"{policy}, rounded half up from the exact product",
        headline=f"{policy}, as documented",
        gain=float(off.max()),
        unit=PIXELS,
        tolerance=0.0,
        measured=2 * int(tried.sum()),
        differing=int(np.count_nonzero(off)),
        figures=figures,
    )
    if not off.any():
        return observation
    worst = min(range(count), key=lambda k: (-off[k].max(), boxes[k]))
    shown = min((k for k in range(count) if off[k].any()), key=lambda k: boxes[k])
    text = f"{nearest[0]}, in {nearest[1]}" if is_explained else "no rule explains all sizes"
    sizes_in, requested = boxes[shown]
    last = shape_line("the shape", "y.shape", tuple(map(int, expected[shown])))
    return replace(
        observation,
        verdict=Verdict.DIVERGES,
        headline=f"{nearest[0]} in {nearest[1]}",
        where="{} to fit {}".format(*boxes[worst]),
        expected=str(tuple(map(int, expected[worst]))),
        got=str(tuple(map(int, got[worst]))),
        attribution=Attribution((Cause.OUTPUT_SIZE,), f"{text}, not round half up of the exact product"),
        reproduction=image_program(operation.call, f"np.zeros({sizes_in}, np.float32)", sizes_in, requested, last),
    )


# Pixels of the axis that is measured, and what the other axis, of COMPANION pixels, is requested to become.
_FAN = ((7, 21), (7, 27), (10, 21), (10, 11), (11, 13), (9, 25), (12, 7), (13, 23))
_WHOLE_SIZES = ((8, 8), (4, 20), (8, 24))
"""The same, where no size is rounded."""


def fitted_source(operation: ByScaleOperation) -> Observation | None:
    """The observation ``scale source``: whether coordinates use the one scale of all axes, or the ratio of the sizes.

    The axis that is measured is not the one that decides the scale, so that its size is rounded. ``None`` for
    ``stretch``, where there is no other scale, and where no convention is claimed.
    """
    policy, claim = operation.keep_aspect_ratio_policy, operation.claim
    if policy == "stretch" or claim is None:
        return None
    cases = []
    for k, (n_in, across) in enumerate((*_FAN, *_WHOLE_SIZES)):
        axis = AXES[k % 2]
        # The measured axis is requested for more, or less, than the other axis leaves it.
        requested = (1000 if policy == "not_larger" else 1, across)
        scale = fitted_scale((n_in, COMPANION), requested, policy)
        cases.append(
            ScaleCase(axis, n_in, scale, matrix_along(operation, impulses(n_in), requested, axis), given=requested)
        )
    fan, whole = cases[: len(_FAN)], cases[len(_FAN) :]
    if not all(explains_case(claim, case, None) for case in whole):
        return None
    return scale_source(operation, identify_scale_source(claim, tuple(fan)))
