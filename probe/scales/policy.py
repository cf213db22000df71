"""Calls that fit their output to sizes and keep the aspect ratio: which sizes come out, and with which scale?"""

from __future__ import annotations

import random
from functools import lru_cache

import numpy as np

from adapters import ScaledOperation
from golden.sizes import SIZE_RULES, fitted_scale, fitted_size
from probe.discrepancy import Attribution, Verdict
from probe.measure import Refused
from probe.observation import PIXELS, Observation
from probe.scales.calls import COMPANION, Case, along, call, explains, impulses
from probe.scales.sizes import BRIEF, THOROUGH
from probe.scales.source import identify, scale_source

Box = tuple[tuple[int, int], tuple[int, int]]
_DOCUMENTED = ("round_half_up", "exact")
_ARITHMETICS = ("exact", "float64", "float32")


@lru_cache(maxsize=4)
def _boxes(count: int) -> tuple[Box, ...]:
    """Image and asked-for sizes, ``count`` different ones; half of them made so that a length ends on a half."""
    chance = random.Random(3)
    found: dict[Box, None] = {}
    while len(found) < count:
        if len(found) % 2:
            sizes_in = (chance.randint(1, 90), chance.randint(1, 90))
            asked = (chance.randint(1, 150), chance.randint(1, 150))
        else:
            # 2 p pixels to q by one axis, and an odd multiple of p by the other: its length is a half.
            p, q = chance.randint(1, 12), chance.randrange(1, 60, 2)
            sizes_in = (2 * p, p * chance.randrange(1, 9, 2))
            asked = (q, chance.randint(1, 150))
            if chance.random() < 0.5:
                sizes_in, asked = sizes_in[::-1], asked[::-1]
        if all(0 not in fitted_size(sizes_in, asked, policy) for policy in ("not_larger", "not_smaller")):
            found[sizes_in, asked] = None
    return tuple(found)


@lru_cache(maxsize=32)
def _predictions(count: int, policy: str, rule: str, arithmetic: str) -> np.ndarray:
    return np.array([fitted_size(*box, policy, rule, arithmetic) for box in _boxes(count)])


def fitted_sizes(operation: ScaledOperation) -> Observation:
    """The observation ``keep_aspect_ratio_policy``: the two sizes that come out of each box; ``Refused`` if none does.

    Each box counts as two pairs, one for each axis.
    """
    count = (BRIEF if operation.shares_size_rule else THOROUGH) // 2
    boxes = _boxes(count)
    got = np.zeros((count, 2), dtype=np.int64)
    refused = []
    for k, (sizes_in, asked) in enumerate(boxes):
        try:
            got[k] = call(operation, np.zeros((1, *sizes_in, 1), np.float32), asked).shape[1:3]
        except Refused as refusal:
            refused.append(str(refusal))
    if len(refused) == count:
        raise Refused(refused[0])
    tried = got.all(axis=1)
    rules = [(rule, arithmetic) for arithmetic in _ARITHMETICS for rule in SIZE_RULES]
    rules.sort(key=lambda each: each != _DOCUMENTED)
    misses = {
        each: int(np.count_nonzero((_predictions(count, operation.policy, *each) != got)[tried])) for each in rules
    }
    nearest = min(rules, key=misses.get)
    expected = _predictions(count, operation.policy, *_DOCUMENTED)
    off = np.where(tried[:, None], np.abs(got - expected), 0)
    exact = not off.any()
    figures = {
        "rule": nearest[0] if not misses[nearest] else f"none; {nearest[0]} is nearest",
        "arithmetic": nearest[1],
        "pairs": 2 * count,
    }
    figures |= {"refused": len(refused)} if refused else {}
    worst = min(range(count), key=lambda k: (-off[k].max(), boxes[k]))
    shown = min((k for k in range(count) if off[k].any()), key=lambda k: boxes[k], default=worst)
    why = None
    if not exact:
        text = f"{nearest[0]}, in {nearest[1]}" if not misses[nearest] else "no rule explains all sizes"
        why = Attribution(("output size",), f"{text}, not round half up of the exact product")
    return Observation(
        variant="keep_aspect_ratio_policy",
        verdict=Verdict.EXACT if exact else Verdict.DIVERGES,
        against=f"{operation.policy}, rounded half up from the exact product",
        headline=f"{operation.policy}, as documented" if exact else f"{nearest[0]} in {nearest[1]}",
        gain=float(off.max()),
        unit=PIXELS,
        tolerance=0.0,
        measured=2 * int(tried.sum()),
        differing=int(np.count_nonzero(off)),
        where="" if exact else "{} to fit {}".format(*boxes[worst]),
        expected="" if exact else str(tuple(map(int, expected[worst]))),
        got="" if exact else str(tuple(map(int, got[worst]))),
        figures=figures,
        attribution=why,
        reproduction="" if exact else _reproduction(operation, boxes[shown], tuple(map(int, expected[shown]))),
    )


def _reproduction(operation: ScaledOperation, box: Box, expected: tuple[int, int]) -> str:
    if operation.call is None:
        return ""
    sizes_in, asked = box
    program = operation.call.script(f"np.zeros({sizes_in}, np.float32)", sizes_in, asked)
    return program + f"print('the shape is', y.shape, 'and should be', {expected})\n"


# Pixels of the axis that is measured, and what the other axis, of COMPANION pixels, is asked to become.
_FAN = ((7, 21), (7, 27), (10, 21), (10, 11), (11, 13), (9, 25), (12, 7), (13, 23))


def fitted_source(operation: ScaledOperation) -> Observation | None:
    """The observation ``scale source``: do coordinates use the one scale of all axes, or the ratio of the two sizes?

    The axis that is measured is not the one that decides the scale, so that its size is rounded. ``None`` for
    ``stretch``, where there is no other scale, and where no convention is claimed.
    """
    if operation.policy == "stretch" or operation.claim is None:
        return None
    cases, whole = [], []
    for k, (n_in, across) in enumerate((*_FAN, (8, 8), (4, 20), (8, 24))):
        axis = ("height", "width")[k % 2]
        # The measured axis is asked for more, or less, than the other axis leaves it.
        asked = (1000 if operation.policy == "not_larger" else 1, across)
        scale = fitted_scale((n_in, COMPANION), asked, operation.policy)
        case = Case(axis, n_in, scale, along(operation, impulses(n_in), asked, axis), given=asked)
        (whole if k >= len(_FAN) else cases).append(case)
    convention = operation.claim if all(explains(operation.claim, case, None) for case in whole) else None
    if convention is None:
        return None
    return scale_source(operation, identify(convention, tuple(cases)))
