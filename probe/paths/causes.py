"""What makes a path differ from the ordinary call: the convention it follows, or the images on which it does."""

from __future__ import annotations

import numpy as np

from adapters import Operation
from golden import Convention, coordinates
from probe.compare import compare
from probe.discrepancy import Attribution, Verdict
from probe.paths.seen import Seen, difference
from probe.sizes import SIZE_SETS
from probe.tolerance import coordinate_error

_TELLING = ("ties", "normalisation", "precision")
"""Factors that matrices show without another convention's name."""


def cause(operation: Operation, path: Operation, seen: list[Seen], pairs: int) -> tuple[Attribution, str]:
    """Why a path that differs does so, and a headline; ``pairs`` is how many pairs of sizes may be measured for it.

    In this order: a transposed result; outputs of integer coordinates alone; the images on which alone it differs (with
    that many channels, in a batch, large ones), since no other convention explains those; another convention, from the
    matrices of both; the path.
    """
    differing = [one for one in seen if one.differs]
    agreeing = [one for one in seen if not one.differs and one.spread == 0]
    found = _transposed(differing) or _at_integers(operation, differing) or _by_images(differing, agreeing)
    if found is not None:
        return found
    named = _named(operation, path, pairs)
    if named is not None:
        return named
    sizes = sorted({f"{one.case.size_in} -> {one.case.size_out}" for one in differing})
    text = f"down this path the same call gives other values at {', '.join(sizes[:4])}"
    return Attribution(("execution path",), f"{text}; no other convention explains them"), "another result"


def _by_images(differing: list[Seen], agreeing: list[Seen]) -> tuple[Attribution, str] | None:
    channels = {one.case.channels for one in differing}
    shapes = {(one.case.size_in, one.case.size_out) for one in differing}
    beside = [one for one in agreeing if (one.case.size_in, one.case.size_out) in shapes]
    both = all(one.case.n > 1 and one.case.channels > 1 for one in differing)
    if both and any(one.case.n > 1 for one in agreeing) and any(one.case.channels > 1 for one in agreeing):
        text = "only batches of several images of several channels come out otherwise down this path"
        return Attribution(("batch", "channel", "execution path"), text), "differs in batches with channels"
    if len(channels) == 1 and beside and channels.isdisjoint(one.case.channels for one in agreeing):
        (count,) = channels
        text = f"only images of {count} channels come out otherwise down this path"
        return Attribution(("channel", "execution path"), text), f"differs with {count} channels"
    if min(one.case.n for one in differing) > 1 and any(one.case.n == 1 for one in beside):
        text = "only batches of several images come out otherwise down this path"
        return Attribution(("batch", "execution path"), text), "differs in batches"
    if all(one.case.is_large for one in differing) and any(not one.case.is_large for one in agreeing):
        text = f"only large images come out otherwise down this path: {differing[0].case}"
        return Attribution(("execution path",), text), "differs on large images"
    return None


def _at_integers(operation: Operation, differing: list[Seen]) -> tuple[Attribution, str] | None:
    """Whether all that differs is at coordinates that are integers, where rounding either way crosses to a pixel."""
    if operation.claim is None:
        return None
    masks = [(_integers(operation.claim, one), one.beyond) for one in differing]
    if not all(mask[beyond].all() for mask, beyond in masks) or all(mask.all() for mask, _ in masks):
        return None
    text = "down this path other values come out where the exact coordinate is an integer, and only there: "
    return Attribution(("coordinates",), f"{text}{differing[0].case}"), "wrong at integer coordinates"


def _integers(claim: Convention, one: Seen) -> np.ndarray:
    """Which outputs, bool ``(h, w)``, are within rounding of an integer along an axis that changes its size."""
    y, x = (_integers_along(claim, *pair) for pair in zip(one.case.size_in, one.case.size_out, strict=True))
    return y[:, None] | x[None, :]


def _integers_along(claim: Convention, n_in: int, n_out: int) -> np.ndarray:
    where = coordinates(claim, n_in, n_out)
    beyond = where.numerators % where.denominator
    distance = np.minimum(beyond, where.denominator - beyond) / where.denominator
    return (distance <= coordinate_error(n_in)) & (n_in != n_out)


def _transposed(differing: list[Seen]) -> tuple[Attribution, str] | None:
    square = [one for one in differing if one.expected.shape[1] == one.expected.shape[2]]
    for one in square:
        apart = difference(one.expected.transpose(0, 2, 1, 3), one.got).max()
        if one.expected.shape[1] > 1 and apart <= one.tolerance:
            return Attribution(("axis order",), "down this path the result is transposed"), "transposed"
    return None


def _named(operation: Operation, path: Operation, count: int) -> tuple[Attribution, str] | None:
    """The convention that the path follows, where the ordinary call follows its claim."""
    pairs = [pair for pair in SIZE_SETS["quick"].pairs if operation.accepts(*pair)]
    chosen = tuple(pairs[:: max(1, len(pairs) // count)][-count:]) if count else ()
    if not chosen:
        return None
    found = compare(path, operation, chosen)
    if found.attribution is None or found.verdict.is_agreement:
        return None
    factors = found.attribution.factors
    if found.attribution.convention is None and not set(factors) <= set(_TELLING):
        return None
    headline = "other picks at ties" if found.verdict is Verdict.TIES else f"{factors[0]} differ"
    singular = {"kernel", "border", "antialias", "cubic coefficient", "normalisation", "precision", "scale source"}
    if factors[0] in singular:
        headline = f"another {factors[0]}"
    return Attribution(factors, f"down this path, {found.attribution.explanation}"), headline


def only_at_ties(seen: list[Seen]) -> bool:
    """Whether every case that differs does so at ties alone."""
    differing = [one for one in seen if one.differs]
    return bool(differing) and all(one.only_ties for one in differing)
