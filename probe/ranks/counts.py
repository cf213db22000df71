"""Does a call treat an image alike however many channels and images there are? Counts at which code paths change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from adapters import NotInstalled, Operation
from adapters.operation import PREPARED
from adapters.ranked import RankedOperation
from probe.compare import compare
from probe.discrepancy import Attribution, Verdict
from probe.measure import Refused
from probe.observation import Observation, not_installed, unsupported
from probe.ranks.cases import words
from probe.ranks.count_calls import Call, Seen, compare_with_alone, planes_of, program
from probe.reference import reference, shapes
from probe.sizes import Pair
from probe.tolerance import UNIT_ROUNDOFF

AGAINST = "the same image resized alone"
NO_COUNTS = "the call takes one plane: there is no number of channels or images"
GREY_LEVEL = 1 / 255

CHANNELS = {"2 to 4 channels": (2, 3, 4), "5 to 64 channels": (5, 8, 16, 64), "128 to 512 channels": (128, 129, 512)}
"""Pixels as structs of up to four numbers; less than, as much as and more than a vector register; OpenCV's limit,
``CV_CN_MAX``, 128 since version 5 and 512 before."""
BATCHES = {"2 to 64 images": ((2, 1), (2, 3), (7, 1), (7, 5), (64, 1))}
"""Numbers of images and of channels of each."""
_SHAPES: tuple[tuple[Pair, Pair], ...] = (
    ((5, 7), (9, 11)),
    ((9, 11), (7, 6)),
    ((12, 10), (6, 5)),
    ((4, 5), (8, 10)),
    ((7, 9), (4, 5)),
)
"""Input and output (height, width): up and down by ratios that are no short binary fractions, half, double, and an odd
image halved."""
_LENGTHS: tuple[Pair, ...] = ((5, 9), (9, 7), (7, 11), (11, 6), (12, 6), (4, 8), (3, 8), (16, 27), (27, 16), (10, 31))
"""Lengths before and after, for the matrix of what comes out otherwise."""
_MOST = 3
"""Of the shapes above, how many are tried."""


def channel_and_batch_counts(operation: Operation) -> list[Observation]:
    """One observation for each range of counts; a call on single planes has none, which is said in one."""
    layout = "NHWC" if operation.call is None else operation.call.layout
    if operation.call is not None and operation.call.framework.version is None:
        return [not_installed("channels and images", f"{operation.framework} is not installed")]
    if layout == "HW":
        return [unsupported("channels and images", AGAINST, NO_COUNTS)]
    try:
        tried = shapes(operation, _SHAPES)[: 1 if operation.cost == PREPARED else _MOST]
        calls = [Call(operation.run, *shape, _tolerance(operation, *shape)) for shape in tried]
    except NotInstalled as absent:
        return [not_installed("channels and images", str(absent))]
    except Exception as error:
        return [_cannot("channels and images", error)]
    if not calls:
        return [unsupported("channels and images", AGAINST, "it is defined for none of the shapes tried")]
    return counted(calls, layout != "HWC", operation)


def counted(calls: list[Call], has_batch: bool, operation: Operation | RankedOperation) -> list[Observation]:
    """The observations of some calls of an operation, of channels and, where it takes several at once, of images.

    Raises ``NotInstalled``.
    """
    kinds = {name: tuple((1, channels) for channels in counts) for name, counts in CHANNELS.items()}
    kinds |= BATCHES if has_batch else {}
    alone: list[np.ndarray | str] = []
    for call in calls:
        try:
            planes = [call.run(plane[None].copy(), call.size_out) for plane in planes_of(call)]
            alone.append(np.concatenate(planes)[..., 0])
        except NotInstalled:
            raise
        except Exception as error:
            alone.append(words(error))
    return [_observed(name, counts, calls, alone, operation) for name, counts in kinds.items()]


def _tolerance(operation: Operation, size_in: Pair, size_out: Pair) -> float:
    """Both results are within the tolerance of what they should be; sums of products in another order, in float32."""
    known = reference(operation, size_in, size_out)
    terms = int((known.weights != 0).sum(axis=1).max(initial=0)) + 4
    return 2 * (known.tolerance + terms * UNIT_ROUNDOFF * known.gain)


def _cannot(variant: str, error: Exception) -> Observation:
    return unsupported(variant, AGAINST, str(error) if isinstance(error, Refused) else words(error))


def _observed(
    name: str,
    counts: tuple[tuple[int, int], ...],
    calls: list[Call],
    alone: list[np.ndarray | str],
    operation: Operation | RankedOperation,
) -> Observation:
    seen = Seen()
    for call, single in zip(calls, alone, strict=True):
        if isinstance(single, str):
            seen.refused[1, 1] = single
            continue
        for each in counts:
            compare_with_alone(seen, call, single, each, operation.claim)
    if seen.misshapen:
        return Observation(
            variant=name,
            verdict=Verdict.ERROR,
            against=AGAINST,
            headline="returns another shape",
            measured=seen.measured,
            attribution=Attribution(("channel" if name in CHANNELS else "batch", "output size"), seen.misshapen),
            reproduction=program(operation, seen),
        )
    if not seen.measured:
        return unsupported(name, AGAINST, next(iter(seen.refused.values())))
    return _judged(name, seen, operation)


def _judged(name: str, seen: Seen, operation: Operation | RankedOperation) -> Observation:
    figures: dict[str, float | int | str] = {}
    if seen.refused:
        (n, channels), message = next(iter(seen.refused.items()))
        figures["counts refused"] = f"{len(seen.refused)}, first {n} x {channels}: {message}"
    common = {
        "variant": name,
        "against": AGAINST,
        "gain": seen.error,
        "tolerance": seen.tolerance,
        "measured": seen.measured,
        "differing": seen.differing,
        "figures": figures,
    }
    if seen.error <= seen.tolerance:
        verdict = Verdict.EXACT if seen.error == 0 else Verdict.AGREES
        return Observation(verdict=verdict, headline="as if alone", **common)
    n, channels = seen.counts
    of = "channel" if n == 1 else "batch"
    single = "channel" if n == 1 else "image"
    indices = seen.wrong if n == 1 else sorted({k // channels for k in seen.wrong})
    shown = ", ".join(map(str, indices[:6])) + (f" and {len(indices) - 6} more" if len(indices) > 6 else "")
    text = (
        f"{single} {shown} (counted from 0) of {channels if n == 1 else n} comes out otherwise than alone, by up to "
        f"{seen.error:.3g}, at {seen.call.size_in} -> {seen.call.size_out}"
    )
    factors = (of,) if n == 1 or channels == 1 else ("batch", "channel")
    verdict = Verdict.APPROXIMATES if seen.error < GREY_LEVEL else Verdict.DIVERGES
    if verdict is Verdict.DIVERGES and seen.only_ties:
        verdict, factors = Verdict.TIES, (*factors, "ties")
        text += ", where the coordinate is a rounding tie"
    elsewhere = _measured_among(operation, n, channels, seen.place)
    if elsewhere is not None and verdict is not Verdict.TIES:
        factors = tuple(dict.fromkeys((*factors, *elsewhere.factors)))
        text += f"; measured there, {elsewhere.explanation}"
    return Observation(
        verdict=verdict,
        headline=f"{single}s differ from one alone",
        attribution=Attribution(factors, text),
        where=f"{seen.call.size_in} -> {seen.call.size_out}, {n} images of {channels} channels, at {seen.place}",
        expected=f"{seen.values[0]:.9g}",
        got=f"{seen.values[1]:.9g}",
        reproduction=program(operation, seen),
        **common,
    )


def _measured_among(
    operation: Operation | RankedOperation, n: int, channels: int, place: tuple[int, ...]
) -> Attribution | None:
    """In what the matrix that is measured of one channel or image among equals differs from the claim, if in anything.

    Equal planes are resized alike however they are mixed up, so what this finds is another path, not a confusion.
    """
    if operation.claim is None or not isinstance(operation, Operation):
        return None

    def run(images: np.ndarray, size: Pair) -> np.ndarray:
        together = np.repeat(np.repeat(images, n, axis=0), channels, axis=-1)
        return operation.run(together, size)[place[0] :: n, ..., place[-1] : place[-1] + 1]

    pairs = tuple(pair for pair in _LENGTHS if operation.accepts(*pair))
    return compare(replace(operation, run=run, call=None), operation.claim, pairs).attribution
