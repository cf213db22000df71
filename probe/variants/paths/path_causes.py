"""The cause for which another path differs from the ordinary call: transposed, ties, images, another convention."""

from __future__ import annotations

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden import Convention, coordinates
from halfpixel.golden.tolerance import coordinate_error
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.comparison import compare
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.measure.sizes import SIZE_SETS
from halfpixel.probe.variants.paths.comparison import (
    PathCase,
    PathDifference,
    absolute_difference,
)

_SHOWN_BY_MATRICES = (Cause.TIES, Cause.NORMALISATION, Cause.PRECISION)
"""Causes that matrices show without another convention's name."""

_SINGULAR = (
    Cause.KERNEL,
    Cause.BORDER,
    Cause.ANTIALIAS,
    Cause.CUBIC_COEFFICIENT,
    Cause.NORMALISATION,
    Cause.PRECISION,
    Cause.SCALE_SOURCE,
)


def path_cause(
    operation: Operation, path: Operation, differences: list[PathDifference], pairs: int
) -> tuple[Attribution, str]:
    """The cause of a difference, and a headline; ``pairs`` is how many pairs of sizes may be measured for it.

    In this order: a transposed result; outputs of integer coordinates alone; the images on which alone it differs (with
    that many channels, in a batch, large ones), since no other convention explains those; another convention, from the
    matrices of both; the path.
    """
    differing = [difference for difference in differences if difference.differs]
    agreeing = [difference for difference in differences if not difference.differs and difference.nan_mismatches == 0]
    named = (
        _transposed(differing)
        or _at_integers(operation, differing)
        or _by_images(differing, agreeing)
        or _by_convention(operation, path, pairs)
    )
    if named is not None:
        return named
    sizes = sorted({f"{difference.case.size_in} -> {difference.case.size_out}" for difference in differing})
    text = f"down this path the same call gives other values at {', '.join(sizes[:4])}"
    return Attribution((Cause.EXECUTION_PATH,), f"{text}; no other convention explains them"), "another result"


def _by_images(differing: list[PathDifference], agreeing: list[PathDifference]) -> tuple[Attribution, str] | None:
    """The kind of images on which alone the path differs."""
    different, same = ([difference.case for difference in group] for group in (differing, agreeing))
    channels = {case.channels for case in different}
    shapes = {(case.size_in, case.size_out) for case in different}
    same_shapes = [case for case in same if (case.size_in, case.size_out) in shapes]
    both = all(case.n > 1 and case.channels > 1 for case in different)
    if both and any(case.n > 1 for case in same) and any(case.channels > 1 for case in same):
        text = "only batches of several images of several channels come out otherwise down this path"
        return Attribution((Cause.BATCH, Cause.CHANNEL, Cause.EXECUTION_PATH), text), "differs in batches with channels"
    if len(channels) == 1 and same_shapes and channels.isdisjoint(case.channels for case in same):
        (count,) = channels
        text = f"only images of {count} channels come out otherwise down this path"
        return Attribution((Cause.CHANNEL, Cause.EXECUTION_PATH), text), f"differs with {count} channels"
    if min(case.n for case in different) > 1 and any(case.n == 1 for case in same_shapes):
        text = "only batches of several images come out otherwise down this path"
        return Attribution((Cause.BATCH, Cause.EXECUTION_PATH), text), "differs in batches"
    if all(case.is_large for case in different) and any(not case.is_large for case in same):
        text = f"only large images come out otherwise down this path: {different[0]}"
        return Attribution((Cause.EXECUTION_PATH,), text), "differs on large images"
    return None


def _at_integers(operation: Operation, differing: list[PathDifference]) -> tuple[Attribution, str] | None:
    """Whether all that differs is at coordinates that are integers, where rounding either way crosses to a pixel."""
    if operation.claim is None:
        return None
    masks = [(_integers(operation.claim, difference.case), difference.beyond) for difference in differing]
    if not all(mask[beyond].all() for mask, beyond in masks) or all(mask.all() for mask, _ in masks):
        return None
    text = "down this path other values come out where the exact coordinate is an integer, and only there: "
    return Attribution((Cause.COORDINATES,), f"{text}{differing[0].case}"), "wrong at integer coordinates"


def _integers(claim: Convention, case: PathCase) -> np.ndarray:
    """Which outputs, bool ``(h, w)``, are within rounding of an integer along an axis that changes its size."""
    y, x = (_integers_along(claim, *pair) for pair in zip(case.size_in, case.size_out, strict=True))
    return np.asarray(y[:, None] | x[None, :])


def _integers_along(claim: Convention, n_in: int, n_out: int) -> np.ndarray:
    where = coordinates(claim, n_in, n_out)
    beyond = where.numerators % where.denominator
    distance = np.minimum(beyond, where.denominator - beyond) / where.denominator
    return np.asarray((distance <= coordinate_error(n_in)) & (n_in != n_out))


def _transposed(differing: list[PathDifference]) -> tuple[Attribution, str] | None:
    for difference in differing:
        _, h, w, _ = difference.expected.shape
        if h != w or h == 1:
            continue
        if absolute_difference(difference.expected.swapaxes(1, 2), difference.got).max() <= difference.tolerance:
            return Attribution((Cause.AXIS_ORDER,), "down this path the result is transposed"), "transposed"
    return None


def _by_convention(operation: Operation, path: Operation, count: int) -> tuple[Attribution, str] | None:
    """The convention that the path follows, where the default call follows its claim."""
    pairs = [pair for pair in SIZE_SETS["quick"].pairs if operation.accepts(*pair)]
    chosen = tuple(pairs[:: max(1, len(pairs) // count)][-count:]) if count else ()
    if not chosen:
        return None
    discrepancy = compare(path, operation, chosen)
    if discrepancy.attribution is None or discrepancy.verdict.is_agreement:
        return None
    factors = discrepancy.attribution.factors
    if discrepancy.attribution.convention is None and not set(factors) <= set(_SHOWN_BY_MATRICES):
        return None
    headline = "other picks at ties" if discrepancy.verdict is Verdict.TIES else f"{factors[0]} differ"
    if factors[0] in _SINGULAR:
        headline = f"another {factors[0]}"
    return Attribution(factors, f"down this path, {discrepancy.attribution.explanation}"), headline
