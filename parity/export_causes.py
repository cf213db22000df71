"""Why an exported call does otherwise than the call: which convention its results are, or which scale they go by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np

from golden import Convention, matrix
from parity.export_questions import scales_of
from parity.exporters.source import Asked
from probe.candidates import Candidate, differences, every_convention, neighbours, two_away
from probe.discrepancy import Attribution
from probe.paths.cases import rounding
from probe.paths.seen import Seen

_SINGULAR = {"coordinates": "other coordinates", "ties": "other picks at ties", "antialias": "another antialias"}


def cause(asked: Asked, results: Sequence[Seen], worst: Seen) -> tuple[Attribution, str]:
    """Which convention the exported model follows at every shape, the nearest to the claim first."""
    sizes = tuple((one.case.size_in, one.case.size_out) for one in results)
    if asked.claim is not None:
        scales = scales_of(asked)
        by_ratio, by_scale = (_explains(asked.claim, sizes, results, given, "got") for given in (None, scales))
        follows_ratio, follows_scale = (
            _explains(asked.claim, sizes, results, given, "expected") for given in (None, scales)
        )
        if by_ratio and follows_scale and scales is not None:
            text = f"the coordinates follow the ratio of the two sizes, not the scale that was given, {scales}"
            return Attribution(("scale source",), text), "the ratio for the scale"
        if by_scale and follows_ratio and scales is not None:
            text = f"the coordinates follow the scale that was given, {scales}, not the ratio of the two sizes"
            return Attribution(("scale source",), text), "the scale for the ratio"
        if by_ratio or by_scale:
            text = f"the exported model does what the call claims, '{asked.claim}', and the call itself does not"
            return Attribution(("execution path",), text), "right where the call is not"
        found = _named(asked.claim, sizes, tuple((one.got.tobytes(), one.got.shape) for one in results))
        if found is not None:
            text = f"the exported model is '{found}', where the call is '{asked.claim}'"
            factor = found.factors[0]
            return Attribution(found.factors, text, found.convention), _SINGULAR.get(factor, f"another {factor}")
    text = f"the exported model gives other values, and no convention near the call's explains them: {worst.case}"
    return Attribution(("execution path",), text), "another result"


def _explains(
    claim: Convention, sizes: tuple, results: Sequence[Seen], scales: tuple[float, float] | None, which: str
) -> bool:
    """Whether what was ``expected``, or ``got``, is the claim's by these scales; by the ratio of the sizes for none."""
    for (size_in, size_out), one in zip(sizes, results, strict=True):
        given = (None, None) if scales is None else map(Fraction, scales)
        wy, wx = (matrix(claim, *each).to_array() for each in zip(size_in, size_out, given, strict=True))
        if not _is(np.kron(wy, wx), getattr(one, which), one.tolerance):
            return False
    return True


def _is(weights: np.ndarray, got: np.ndarray, tolerance: float) -> bool:
    measured = got[..., 0].reshape(len(got), -1).T
    return bool(np.abs(measured - weights).sum(axis=1).max() <= tolerance)


@lru_cache(maxsize=1024)
def _named(claim: Convention, sizes: tuple, got: tuple[tuple[bytes, tuple[int, ...]], ...]) -> Candidate | None:
    """The first convention that explains what came out at every shape, float32 ``(n, h, w, 1)``."""
    arrays = [np.frombuffer(data, np.float32).reshape(shape) for data, shape in got]
    for candidate in _candidates(claim):
        if not candidate.has_meaning:
            continue
        for (size_in, size_out), array in zip(sizes, arrays, strict=True):
            wy, wx = (candidate.matrix(*each) for each in zip(size_in, size_out, strict=True))
            if not _is(np.kron(wy, wx), array, rounding(claim, size_in, size_out)):
                break
        else:
            return candidate
    return None


def _candidates(claim: Convention) -> Iterator[Candidate]:
    yield from neighbours(claim)
    yield from two_away(claim)
    yield from (Candidate(differences(claim, one), one) for one in every_convention())
