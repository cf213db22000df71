"""Observe a resize of one, three or more axes: its matrix along every axis, and that of all axes at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import permutations

import numpy as np

from halfpixel.adapters import NdOperation, NotInstalled, Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import Convention, matrix
from halfpixel.golden.tolerance import row_gain
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.attribution import attribute
from halfpixel.probe.compare.discrepancy import Attribution, Discrepancy, weights_text
from halfpixel.probe.compare.reference import near_ties
from halfpixel.probe.measure.axis_matrix import Refused, Sweep
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.observation import (
    GREY_LEVEL,
    Observation,
    agreement_verdict,
    not_installed,
    unsupported,
)
from halfpixel.probe.variants.ranks.axis_matrices import (
    AxesCase,
    Size,
    axes_program,
    axes_tolerance,
    axis_case,
    whole_matrix,
    whole_operator_case,
)
from halfpixel.probe.variants.ranks.channels_and_batches import PlanesCall, observe_counts

AXES = "along its axes"
NO_CLAIM = "the matrix that it is measured to have along each axis alone"

_PAIRS: tuple[Pair, ...] = ((5, 8), (8, 5), (7, 7), (1, 4), (4, 1), (4, 8), (8, 4), (3, 9), (12, 31), (31, 12))
"""Lengths of the axis that is measured alone: up, down, the same, one, whole multiples, and longer ones."""

_SHAPES: tuple[tuple[Size, Size], ...] = (
    ((4, 5, 3, 2, 2), (6, 3, 7, 3, 1)),
    ((4, 3, 5, 2, 2), (7, 5, 8, 3, 3)),
    ((5, 6, 4, 3, 2), (3, 4, 2, 2, 1)),
    ((1, 5, 4, 2, 3), (3, 1, 6, 2, 2)),
    ((2, 3, 4, 2, 2), (6, 6, 8, 4, 4)),
    ((3, 3, 3, 3, 3), (5, 5, 5, 4, 4)),
)
"""Lengths of input and output, as many as the call has axes: three different ones up, down and mixed, one pixel, whole
multiples, and the same length on every axis, where swapped axes cannot be seen by their lengths."""
_MANY_AXES, _FEW_SHAPES = 4, (0, 2, 5)
"""From so many axes on, only these of the shapes are tried: volumes grow, and there are as many impulses as voxels."""


def ranks(operation: NdOperation) -> list[Observation]:
    """The matrices of its axes; and, where it takes several, whether the counts of channels and images matter.

    The matrix of each axis is measured by impulses, while the other axes keep their size, and that of all axes by an
    impulse at every place of small volumes. Both are compared with the exact matrices of the claim and their product.
    """
    cases: list[AxesCase] = []
    refused: list[str] = []
    try:
        for measured in (_alone, _whole):
            for answer in measured(operation):
                if isinstance(answer, AxesCase):
                    cases.append(answer)
                else:
                    refused.append(answer)
    except NotInstalled as absent:
        return [not_installed(AXES, str(absent))]
    except WrongShape as wrong:
        transposed = sorted(wrong.got) == sorted(wrong.expected)
        cause = Cause.AXIS_ORDER if transposed else Cause.OUTPUT_SIZE
        return [
            Observation(
                variant=AXES,
                verdict=Verdict.ERROR,
                against=str(operation.claim),
                headline="another shape",
                attribution=Attribution((cause,), str(wrong)),
            )
        ]
    if not cases:
        message = refused[0] if refused else "it is defined for none of the lengths tried"
        return [unsupported(AXES, str(operation.claim), message)]
    several = any(case.axis is None for case in cases) or operation.rank == 1
    return [_judged(operation, cases, refused), *(_counts(operation) if several else [])]


def _alone(operation: NdOperation) -> Iterator[AxesCase | str]:
    """A case for each axis and pair of lengths, or the framework's message where it refuses."""
    for axis in range(operation.rank):
        for pair in _PAIRS:
            if not operation.accepts(*pair):
                continue
            try:
                yield axis_case(operation, axis, pair)
            except Refused as refusal:
                yield str(refusal)


def _whole(operation: NdOperation) -> Iterator[AxesCase | str]:
    """The same for all axes at once."""
    if operation.rank == 1:
        return
    for size_in, size_out in _shapes(operation):
        try:
            yield whole_operator_case(operation, size_in, size_out)
        except Refused as refusal:
            yield str(refusal)


def _shapes(operation: NdOperation) -> list[tuple[Size, Size]]:
    chosen = [_SHAPES[k] for k in _FEW_SHAPES] if operation.rank >= _MANY_AXES else _SHAPES
    cut = [(size_in[: operation.rank], size_out[: operation.rank]) for size_in, size_out in chosen]
    return [shape for shape in cut if all(operation.accepts(*pair) for pair in zip(*shape, strict=True))]


def _counts(operation: NdOperation) -> list[Observation]:
    layout = "NSC" if operation.call is None else operation.call.layout
    shapes = _shapes(operation)[:2]
    if layout == "S" or not shapes:
        return []
    calls = [PlanesCall(operation.run, *shape, 2 * axes_tolerance(operation.claim, *shape)) for shape in shapes]
    return observe_counts(calls, layout != "SC", operation)


def _judged(operation: NdOperation, cases: list[AxesCase], refused: list[str]) -> Observation:
    differing = [case for case in cases if case.differs]
    worst = max(differing or cases, key=lambda case: case.error)
    observe = partial(
        Observation,
        variant=AXES,
        against=_against(operation),
        gain=worst.error,
        tolerance=worst.tolerance,
        measured=len(cases),
        differing=len(differing),
        figures={"refused": f"{len(refused)} of {len(cases) + len(refused)}: {refused[0]}"} if refused else {},
    )
    if not differing:
        same = all(np.array_equal(case.got, case.expected.astype(np.float32)) for case in cases)
        return observe(verdict=agreement_verdict(same), headline="as documented")
    verdict = _verdict(operation, differing)
    headline, attribution = _named(operation, cases, verdict)
    row = worst.worst_row
    return observe(
        verdict=verdict,
        headline=headline,
        attribution=attribution,
        where=f"{worst.size_in} -> {worst.size_out}, {worst.place(row)}",
        expected=weights_text(worst.expected[row]),
        got=weights_text(worst.got[row]),
        reproduction=axes_program(operation, worst),
    )


def _against(operation: NdOperation) -> str:
    if operation.claim is None:
        return NO_CLAIM
    return str(operation.claim) + (
        f", or what {operation.equivalent_2d} does instead of it" if operation.equivalent_2d else ""
    )


def _verdict(operation: NdOperation, differing: list[AxesCase]) -> Verdict:
    if max(case.error for case in differing) < GREY_LEVEL:
        return Verdict.APPROXIMATES
    if operation.claim is not None and all(_only_at_ties(operation.claim, case) for case in differing):
        return Verdict.TIES
    return Verdict.DIVERGES


def _only_at_ties(claim: Convention, case: AxesCase) -> bool:
    """Whether each output that is off samples within float rounding of a rounding tie, along one axis at least."""
    off = np.nan_to_num(np.abs(case.got - case.expected), nan=np.inf).sum(axis=1) > case.tolerance
    pairs = zip(case.size_in, case.size_out, strict=True) if case.axis is None else [case.pair]
    return claim.kernel == "nearest" and not (off & ~near_ties(claim, *zip(*pairs, strict=True)).ravel()).any()


def _named(operation: NdOperation, cases: list[AxesCase], verdict: Verdict) -> tuple[str, Attribution]:
    """Which axes differ and in what; where none does alone, how they do together."""
    differing = [case for case in cases if case.differs]
    if any(not np.isfinite(case.got).all() for case in differing):
        return "not finite", Attribution((Cause.NON_FINITE_VALUES,), "some outputs are not finite")
    worst = max(differing, key=lambda case: case.error)
    if worst.axis is None:
        single = whole_operator_case(operation, worst.size_in, worst.size_out, one_by_one=True)
    else:
        single = axis_case(operation, worst.axis, worst.pair, one_by_one=True)
    if not single.differs:
        text = f"off by {worst.error:.3g} at {worst.size_in} -> {worst.size_out} in a batch, and right one by one"
        return "batch and single differ", Attribution((Cause.BATCH,), text)
    whole = [case for case in differing if case.axis is None]
    swapped = _swapped(operation, whole)
    if swapped:
        return swapped
    axes = sorted({case.axis for case in differing if case.axis is not None})
    if not axes:
        worst = max(whole, key=lambda case: case.error)
        text = f"right along each axis alone, off by {worst.error:.3g} at {worst.size_in} -> {worst.size_out}"
        return "axes are not independent", Attribution((Cause.SEPARABILITY,), text)
    by_axis = {
        axis: _axis_attribution(operation, axis, [case for case in cases if case.axis == axis], verdict)
        for axis in axes
    }
    headline = f"axis {', '.join(map(str, axes))} differs" if len(axes) < operation.rank else "every axis differs"
    parts = [f"along axis {axis} of {operation.rank}, {part.explanation}" for axis, part in by_axis.items()]
    causes = dict.fromkeys(cause for part in by_axis.values() for cause in part.factors)
    convention = by_axis[axes[0]].convention if len(axes) == 1 else None
    return headline, Attribution(tuple(causes), "; ".join(parts), convention)


def _axis_attribution(operation: NdOperation, axis: int, cases: list[AxesCase], verdict: Verdict) -> Attribution:
    pairs = tuple(case.pair for case in cases if case.differs)
    stand_in = Operation(operation.framework, operation.name, lambda images, size: images, claim=operation.claim)
    sweep = Sweep(stand_in, f"axis {axis}", {case.pair: case.got.astype(np.float32) for case in cases})
    discrepancy = Discrepancy(operation.id, str(operation.claim), verdict, measured=len(cases), differing=pairs)
    named = None if operation.claim is None else attribute(discrepancy, [sweep], operation.claim, None)
    return named or Attribution((Cause.RANK,), f"{len(pairs)} of {len(cases)} pairs of lengths differ")


def _swapped(operation: NdOperation, whole: list[AxesCase]) -> tuple[str, Attribution] | None:
    """Whether the volumes come out with their axes in another order, the same at every shape that differs."""
    if operation.claim is None or not whole:
        return None
    axes = tuple(range(operation.rank))
    for order in permutations(axes):
        if order != axes and all(_in_order(operation.claim, case, order) for case in whole):
            text = f"what comes out along axes {axes} is what goes in along {order}"
            return "axes swapped", Attribution((Cause.AXIS_ORDER,), text)
    return None


def _in_order(claim: Convention, case: AxesCase, order: tuple[int, ...]) -> bool:
    lengths = [case.size_in[axis] for axis in order]
    product = whole_matrix([matrix(claim, *pair).to_array() for pair in zip(lengths, case.size_out, strict=True)])
    back = np.argsort(order)
    product = product.reshape(-1, *lengths).transpose(0, *(1 + back)).reshape(len(product), -1)
    return row_gain(case.got - product) <= max(2 * case.tolerance, 1e-6)
