"""What a resize of one, three or more axes does: its matrix along every axis, and on all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from adapters import NotInstalled, Operation, RankedOperation
from adapters.layout import WrongShape
from golden import Convention, matrix
from probe.attribute import attribute
from probe.discrepancy import Attribution, Discrepancy, Verdict, weights
from probe.measure import Refused, Sweep
from probe.observation import Observation, not_installed, unsupported
from probe.ranks.cases import Case, Size, along_axis, at_once, expected_whole, tolerance
from probe.ranks.count_calls import Call
from probe.ranks.counts import counted
from probe.ranks.program import program
from probe.reference import near_ties
from probe.sizes import Pair

AXES = "along its axes"
NO_CLAIM = "the matrix that it is measured to have along each axis alone"
GREY_LEVEL = 1 / 255

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
"""Lengths before and after, as many of them as the call has axes: three different ones up, down and mixed, one pixel,
whole multiples, and the same length on every axis, where swapped axes cannot be seen by their lengths."""
_MANY_AXES, _FEW_SHAPES = 4, (0, 2, 5)
"""From so many axes on, only these of the shapes are tried: volumes grow, and there are as many impulses as voxels."""


def ranks(operation: RankedOperation) -> list[Observation]:
    """What it does along its axes; and, where it takes several, whether the counts of channels and images matter.

    The matrix of each axis is measured by impulses, the other axes staying as they are, and that of all axes by an
    impulse at every place of small volumes. Both are held against the exact matrices of the claim and their product.
    """
    cases: list[Case] = []
    refused: list[str] = []
    try:
        for measured in (_alone, _whole):
            for found in measured(operation):
                (cases if isinstance(found, Case) else refused).append(found)
    except NotInstalled as absent:
        return [not_installed(AXES, str(absent))]
    except WrongShape as wrong:
        transposed = sorted(wrong.got) == sorted(wrong.expected)
        factor = "axis order" if transposed else "output size"
        return [
            Observation(
                variant=AXES,
                verdict=Verdict.ERROR,
                against=str(operation.claim),
                headline="another shape",
                attribution=Attribution((factor,), str(wrong)),
            )
        ]
    if not cases:
        message = refused[0] if refused else "it is defined for none of the lengths tried"
        return [unsupported(AXES, str(operation.claim), message)]
    several = any(case.axis is None for case in cases) or operation.rank == 1
    return [_judged(operation, cases, refused), *(_counts(operation) if several else [])]


def _alone(operation: RankedOperation) -> Iterator[Case | str]:
    """A case for each axis and pair of lengths, or the framework's words where it refuses."""
    for axis in range(operation.rank):
        for pair in _PAIRS:
            if not operation.accepts(*pair):
                continue
            try:
                yield along_axis(operation, axis, pair)
            except Refused as refusal:
                yield str(refusal)


def _whole(operation: RankedOperation) -> Iterator[Case | str]:
    """The same for all axes at once."""
    if operation.rank == 1:
        return
    for before, after in _shapes(operation):
        try:
            yield at_once(operation, before, after)
        except Refused as refusal:
            yield str(refusal)


def _shapes(operation: RankedOperation) -> list[tuple[Size, Size]]:
    chosen = [_SHAPES[k] for k in _FEW_SHAPES] if operation.rank >= _MANY_AXES else _SHAPES
    cut = [(before[: operation.rank], after[: operation.rank]) for before, after in chosen]
    return [shape for shape in cut if all(operation.accepts(*pair) for pair in zip(*shape, strict=True))]


def _counts(operation: RankedOperation) -> list[Observation]:
    layout = "NSC" if operation.call is None else operation.call.layout
    shapes = _shapes(operation)[:2]
    if layout == "S" or not shapes:
        return []
    calls = [Call(operation.run, *shape, _twice(operation, *shape)) for shape in shapes]
    return counted(calls, layout != "SC", operation)


def _twice(operation: RankedOperation, before: Size, after: Size) -> float:
    return 2 * tolerance(operation.claim, before, after)


def _judged(operation: RankedOperation, cases: list[Case], refused: list[str]) -> Observation:
    differing = [case for case in cases if case.differs]
    worst = max(differing or cases, key=lambda case: case.error)
    common = {
        "variant": AXES,
        "against": _against(operation),
        "gain": worst.error,
        "tolerance": worst.bound,
        "measured": len(cases),
        "differing": len(differing),
        "figures": {"refused": f"{len(refused)} of {len(cases) + len(refused)}: {refused[0]}"} if refused else {},
    }
    if not differing:
        same = all(np.array_equal(case.got, case.expected.astype(np.float32)) for case in cases)
        return Observation(verdict=Verdict.EXACT if same else Verdict.AGREES, headline="as documented", **common)
    verdict = _verdict(operation, differing)
    headline, attribution = _named(operation, cases, verdict)
    row = worst.worst_row
    return Observation(
        verdict=verdict,
        headline=headline,
        attribution=attribution,
        where=f"{worst.before} -> {worst.after}, {worst.place(row)}",
        expected=weights(worst.expected[row]),
        got=weights(worst.got[row]),
        reproduction=program(operation, worst),
        **common,
    )


def _against(operation: RankedOperation) -> str:
    if operation.claim is None:
        return NO_CLAIM
    return str(operation.claim) + (f", or what {operation.like} does instead of it" if operation.like else "")


def _verdict(operation: RankedOperation, differing: list[Case]) -> Verdict:
    if max(case.error for case in differing) < GREY_LEVEL:
        return Verdict.APPROXIMATES
    if operation.claim is not None and all(_only_at_ties(operation.claim, case) for case in differing):
        return Verdict.TIES
    return Verdict.DIVERGES


def _only_at_ties(claim: Convention, case: Case) -> bool:
    """Whether each output that is off samples within float rounding of a rounding tie, along one axis at least."""
    off = np.nan_to_num(np.abs(case.got - case.expected), nan=np.inf).sum(axis=1) > case.bound
    pairs = zip(case.before, case.after, strict=True) if case.axis is None else [case.pair]
    return claim.kernel == "nearest" and not (off & ~near_ties(claim, *zip(*pairs, strict=True)).ravel()).any()


def _named(operation: RankedOperation, cases: list[Case], verdict: Verdict) -> tuple[str, Attribution]:
    """Which axes differ and in what; where none does alone, how they do together."""
    differing = [case for case in cases if case.differs]
    if any(not np.isfinite(case.got).all() for case in differing):
        return "not finite", Attribution(("non-finite values",), "some outputs are not finite")
    worst = max(differing, key=lambda case: case.error)
    alone = (
        at_once(operation, worst.before, worst.after, one_by_one=True)
        if worst.axis is None
        else along_axis(operation, worst.axis, worst.pair, one_by_one=True)
    )
    if not alone.differs:
        text = f"off by {worst.error:.3g} at {worst.before} -> {worst.after} in a batch, and right one by one"
        return "batch and single differ", Attribution(("batch",), text)
    whole = [case for case in differing if case.axis is None]
    swapped = _swapped(operation, whole)
    if swapped:
        return swapped
    alone = sorted({case.axis for case in differing if case.axis is not None})
    if not alone:
        worst = max(whole, key=lambda case: case.error)
        text = f"right along each axis alone, off by {worst.error:.3g} at {worst.before} -> {worst.after}"
        return "axes are not independent", Attribution(("separability",), text)
    factors, parts, convention = [], [], None
    for axis in alone:
        mine = [case for case in cases if case.axis == axis]
        part = _of_axis(operation, axis, mine, verdict)
        factors += part.factors
        parts.append(f"along axis {axis} of {operation.rank}, {part.explanation}")
        convention = part.convention
    few = len(alone) < operation.rank
    headline = f"axis {', '.join(map(str, alone))} differs" if few else "every axis differs"
    same = convention if len(alone) == 1 else None
    return headline, Attribution(tuple(dict.fromkeys(factors)), "; ".join(parts), same)


def _of_axis(operation: RankedOperation, axis: int, cases: list[Case], verdict: Verdict) -> Attribution:
    pairs = tuple(case.pair for case in cases if case.differs)
    stand_in = Operation(operation.framework, operation.name, lambda images, size: images, claim=operation.claim)
    sweep = Sweep(stand_in, f"axis {axis}", {case.pair: case.got.astype(np.float32) for case in cases})
    found = Discrepancy(operation.id, str(operation.claim), verdict, measured=len(cases), differing=pairs)
    named = None if operation.claim is None else attribute(found, [sweep], operation.claim, None)
    return named or Attribution(("rank",), f"{len(pairs)} of {len(cases)} pairs of lengths differ")


def _swapped(operation: RankedOperation, whole: list[Case]) -> tuple[str, Attribution] | None:
    """Whether the volumes come out with their axes in another order, the same at every shape that differs."""
    if operation.claim is None or not whole:
        return None
    for order in permutations(range(operation.rank)):
        if order == tuple(range(operation.rank)):
            continue
        if all(_in_order(operation, case, order) for case in whole):
            text = f"what comes out along axes {tuple(range(operation.rank))} is what goes in along {order}"
            return "axes swapped", Attribution(("axis order",), text)
    return None


def _in_order(operation: RankedOperation, case: Case, order: tuple[int, ...]) -> bool:
    lengths = [case.before[axis] for axis in order]
    product = expected_whole(
        [matrix(operation.claim, n, m).to_array() for n, m in zip(lengths, case.after, strict=True)]
    )
    back = np.argsort(order)
    product = product.reshape(-1, *lengths).transpose(0, *(1 + back)).reshape(len(product), -1)
    return bool(np.abs(case.got - product).sum(axis=1).max() <= max(2 * case.bound, 1e-6))
