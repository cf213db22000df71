"""Holds the gradient of a resize against its transposed matrix, by handing back every output's impulse at once."""

from __future__ import annotations

import numpy as np

import adapters
from adapters import Gradient, NotInstalled, Operation
from adapters.gradient import BACKWARD, Way
from adapters.layout import WrongShape
from probe.discrepancy import Attribution, Verdict, weights
from probe.gradients.cases import Case, cases, channels_of
from probe.gradients.faults import name_fault, program
from probe.measure import Refused
from probe.observation import IMAGES, Observation, not_installed, unsupported
from probe.reference import shapes
from probe.sizes import Pair

NO_WAY = "the adapter names no way to differentiate it"
AGAINST = "the transpose of the matrix of the call itself"
GREY_LEVEL = 1 / 255

_SHAPES: tuple[tuple[Pair, Pair], ...] = (
    ((4, 6), (7, 9)),
    ((7, 5), (4, 3)),
    ((5, 7), (8, 4)),
    ((6, 6), (9, 9)),
    ((6, 6), (4, 4)),
    ((5, 4), (5, 4)),
    ((3, 4), (6, 8)),
    ((1, 5), (4, 1)),
    ((4, 1), (1, 3)),
    ((2, 3), (32, 17)),
    ((33, 18), (3, 2)),
)
"""Input and output (height, width): each axis up, down, at the same size and of one pixel; square, where an axis order
cannot be seen by its shape, and not; whole multiples; and one input pixel under many outputs, and one output over many
inputs, where sums are long."""

_LONG: tuple[tuple[Pair, Pair], ...] = (((1, 2), (64, 128)),)
"""Of a sum only: 4,096 outputs for each input pixel, more than float16 can count."""


def gradients(operation: Operation, gradient: Gradient | None = None) -> list[Observation]:
    """One observation for each way in which ``operation`` is differentiated; ``gradient`` in place of the adapter's.

    Impulses at the output, as many as it has pixels, go in the batch, each with a random image of its own: the answers
    are the rows of the matrix whose transpose the gradient is, unless it depends on the image. They must be those of
    :func:`probe.reference.reference`. Dense gradients at the output, for several images and channels, must come to
    the sums that the impulses promise, and twice to the same.
    """
    if operation.call is not None and operation.call.framework.version is None:
        return [not_installed(BACKWARD, f"{operation.framework} is not installed")]
    if gradient is None and operation.framework in adapters.frameworks():
        gradient = adapters.gradient(operation.framework)
    if gradient is None:
        return [unsupported(BACKWARD, AGAINST, NO_WAY)]
    return [_observed(operation, way) for way in gradient.ways]


def _observed(operation: Operation, way: Way) -> Observation:
    found: list[Case] = []
    refusals: list[str] = []
    for size_in, size_out in shapes(operation, _SHAPES + (_LONG if way.of_sum else ())):
        try:
            found += cases(operation, way, size_in, size_out)
        except NotInstalled as absent:
            return not_installed(way.name, str(absent))
        except WrongShape as wrong:
            return _misshapen(operation, way, size_in, size_out, wrong)
        except Refused as refusal:
            refusals.append(str(refusal))
    if not found:
        return unsupported(way.name, AGAINST, refusals[0] if refusals else "it is defined for none of the shapes tried")
    return _judged(operation, way, found, refusals)


def _judged(operation: Operation, way: Way, found: list[Case], refusals: list[str]) -> Observation:
    differing = [case for case in found if case.differs]
    worst = max(differing or found, key=lambda case: case.error)
    figures: dict[str, float | int | str] = {"shapes": len({(case.size_in, case.size_out) for case in found})}
    if refusals:
        figures["shapes refused"] = f"{len(refusals)}: {refusals[0]}"
    common = {
        "variant": way.name,
        "against": AGAINST,
        "gain": worst.error,
        "unit": IMAGES,
        "tolerance": worst.bound,
        "measured": len(found),
        "differing": len(differing),
        "figures": figures,
    }
    if not differing:
        same = all(np.array_equal(case.got, case.expected.astype(np.float32)) for case in found)
        verdict = Verdict.EXACT if same else Verdict.AGREES
        return Observation(verdict=verdict, headline="the transposed matrix", **common)
    headline, attribution = name_fault(operation, way, differing)
    approximates = attribution.factors == ("gradient", "precision")
    row, place = _worst_row(worst)
    return Observation(
        verdict=Verdict.APPROXIMATES if approximates and worst.error < GREY_LEVEL else Verdict.DIVERGES,
        headline=headline,
        attribution=attribution,
        where=f"{worst.size_in} -> {worst.size_out}, {place}",
        expected=weights(worst.expected[row]),
        got=weights(worst.got[row]),
        reproduction=program(operation, way, worst, row),
        **common,
    )


def _worst_row(case: Case) -> tuple[int, str]:
    errors = np.nan_to_num(np.abs(case.got - case.expected), nan=np.inf)
    row = int(np.argmax(errors.sum(axis=1) if case.kind == "matrix" else errors.max(axis=1)))
    if case.kind == "matrix":
        return row, f"what output {divmod(row, case.size_out[1])} hands back, by input pixel"
    image, channel = divmod(row, channels_of(case.size_in, case.size_out))
    return row, f"image {image}, channel {channel}, by pixel"


def _misshapen(operation: Operation, way: Way, size_in: Pair, size_out: Pair, wrong: WrongShape) -> Observation:
    text = f"at {size_in} -> {size_out} the gradient has shape {wrong.got}, where the image has {wrong.expected}"
    transposed = sorted(wrong.got) == sorted(wrong.expected)
    return Observation(
        variant=way.name,
        verdict=Verdict.ERROR,
        against=AGAINST,
        headline="gradient of another shape",
        attribution=Attribution(("gradient", "axis order" if transposed else "output size"), text),
        gain=None,
    )
