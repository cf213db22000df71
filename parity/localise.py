"""Holds every resize on every runtime against the exact definition: on the same input everywhere, and in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parity import exact
from parity.exact import Definition
from parity.given import SLICES, Shapes, shape_of_result
from parity.onnx_flat import Place
from parity.outcomes import NodeFinding
from parity.resizes import ResizeNode
from parity.runtimes import Runtime
from parity.subjects import OnnxSubject, Subject
from probe.discrepancy import Verdict

Shown = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class InPlace:
    """One resize in one run: its shapes, its exact definition there (or why there is none), its error, its bound."""

    shapes: Shapes
    definition: Definition | str
    error: float | None
    bound: float

    @property
    def is_wrong(self) -> bool:
        """Whether its error is more than rounding explains."""
        return self.error is not None and not (self.error <= self.bound or np.isnan(self.error))


def resolved(subject: Subject, place: Place, shapes: Shapes, shown: Shown) -> ResizeNode:
    """The resize with the sizes that it was seen to have, and the scales, sizes and roi that it was fed."""
    node = place.resize
    if isinstance(subject, OnnxSubject):
        from parity.onnx_operators import resolved as with_values

        fed: dict[str, np.ndarray] = {}
        own = subject.flat.proto.graph.node[place.nodes[-1]]
        if len(place.nodes) == 1 and node.op in ("Resize", "Upsample"):
            is_old = node.op == "Upsample" or (node.opset or 0) < 11
            roles = ("scales",) if is_old else ("roi", "scales", "sizes")
            for role, name in zip(roles, own.input[1:], strict=False):
                value = subject.value(name, shown) if name else None
                if value is not None and value.size:
                    fed[role] = np.asarray(value)
        return with_values(node, *shapes, fed)
    return node


def in_place(subject: Subject, shown: Shown) -> dict[Place, InPlace]:
    """Every resize of one run that could be looked at, on its own input."""
    found = {}
    for place in subject.places:
        x, y = subject.value(place.input, shown), subject.value(place.output, shown)
        if x is None or y is None:
            continue
        shapes = (tuple(x.shape), tuple(y.shape))
        definition = exact.defined(resolved(subject, place, shapes, shown), *shapes)
        if isinstance(definition, str):
            found[place] = InPlace(shapes, definition, None, 0.0)
        else:
            found[place] = InPlace(shapes, definition, exact.worst_error(definition, x, y), exact.bound(definition, x))
    return found


def base_of(runtimes: Sequence[Runtime], places: Mapping[Runtime, Mapping[Place, InPlace]]) -> Runtime:
    """The runtime with the fewest wrong resizes among those that could be looked into; the first of equal ones."""
    looked = [one for one in runtimes if places.get(one)]
    return min(looked or runtimes, key=lambda one: sum(each.is_wrong for each in places.get(one, {}).values()))


def inherited(subject: Subject, place: Place, shown: Shown, base: Shown) -> float:
    """The largest difference of a resize's input from what the base run gives it; 0 where it was not seen."""
    mine, theirs = subject.value(place.input, shown), subject.value(place.input, base)
    if mine is None or theirs is None or mine.shape != theirs.shape:
        return 0.0
    return _largest_difference(mine, theirs)


def _largest_difference(y: np.ndarray, z: np.ndarray) -> float:
    """Infinite where just one is finite, 0 where both are the same, NaN included."""
    y, z = np.asarray(y, np.float64), np.asarray(z, np.float64)
    with np.errstate(invalid="ignore"):
        difference = np.where((y == z) | (np.isnan(y) & np.isnan(z)), 0.0, np.abs(y - z))
    return float(np.where(np.isnan(difference), np.inf, difference).max(initial=0.0))


def own_errors(
    seen: InPlace, inputs: Sequence[np.ndarray], made: np.ndarray, results: Mapping[str, Sequence[np.ndarray]]
) -> tuple[dict[str, list[float]], list[float]]:
    """Errors of each runtime's results on both of ``inputs`` (:func:`parity.given.inputs`), and the two bounds.

    What is exact is made once; and not at all for results that are the same as ``made``, which came of the first of
    ``inputs`` in the model, where that was found to be exact.
    """
    errors: dict[str, list[float]] = {name: [] for name in results}
    bounds: list[float] = []
    if isinstance(seen.definition, str):
        return errors, bounds
    for k, given in enumerate(inputs):
        bounds.append(exact.bound(seen.definition, given))
        shape = shape_of_result(seen.shapes, given)
        right = {name: each[k] for name, each in results.items() if len(each) > k and each[k].shape == shape}
        known = made[tuple(map(slice, shape))] if seen.error == 0 and k == 0 else None
        by_name = dict.fromkeys((name for name, y in right.items() if _is_same(y, known)), 0.0)
        others = {name: y for name, y in right.items() if name not in by_name}
        if others:
            found = exact.worst_errors(seen.definition, given, list(others.values()), SLICES if k else None)
            by_name |= zip(others, found, strict=True)
        for name, each in errors.items():
            each.append(by_name.get(name, float("nan")))
    return errors, bounds


def _is_same(y: np.ndarray, known: np.ndarray | None) -> bool:
    return known is not None and y.dtype == known.dtype and np.array_equal(y, known)


def own_error(
    runtime: str,
    place: Place,
    seen: InPlace,
    inputs: Sequence[np.ndarray],
    results: Sequence[np.ndarray],
    errors: Sequence[float],
    bounds: Sequence[float],
    others: Sequence[np.ndarray],
    mine: InPlace | None,
) -> NodeFinding:
    """What one resize does on one runtime; the cause is for :mod:`parity.cause` to find.

    ``results`` are what it makes, alone, of ``inputs``, which are what the base run gave it, and noise; ``errors`` and
    ``bounds`` those of :func:`own_errors`; ``others`` what the base runtime makes of the same, for a resize without a
    known convention; ``mine`` is what was seen of it in this runtime's own run.
    """
    error_here = mine.error if mine is not None else None
    if isinstance(seen.definition, str):
        return _against_base(runtime, place, seen, results, others)
    sizes = seen.definition.sizes
    common = {"key": place.key, "runtime": runtime, "against": "exact definition", "sizes": sizes}
    common["convention"] = seen.definition.matrices[0].convention if seen.definition.matrices else None
    own, bound, verdict, is_seen = 0.0, 0.0, Verdict.EXACT, False
    for made, given, error, allowed in zip(results, inputs, errors, bounds, strict=False):
        if made.shape != shape_of_result(seen.shapes, given):
            message = f"it makes shape {made.shape}, where {seen.shapes[1]} is expected"
            return NodeFinding(**common, verdict=Verdict.ERROR, factors=("output size",), message=message)
        if np.isnan(error):
            continue
        if np.isinf(error):
            text = "it makes what is not finite of finite values"
            return NodeFinding(
                **common,
                verdict=Verdict.ERROR,
                own=error,
                bound=allowed,
                in_place=error_here,
                factors=("non-finite values",),
                explanation=text,
            )
        own, bound, is_seen = max(own, error), max(bound, allowed), True
        here = Verdict.EXACT if error == 0 else Verdict.AGREES if error <= allowed else Verdict.DIVERGES
        verdict = max(verdict, here, key=(Verdict.EXACT, Verdict.AGREES, Verdict.DIVERGES).index)
    if not results:
        if mine is None or mine.error is None or np.isnan(mine.error):
            return NodeFinding(**common, verdict=Verdict.UNSUPPORTED, message="it could not be run alone, nor seen")
        own, bound = mine.error, mine.bound
        verdict = Verdict.EXACT if own == 0 else Verdict.AGREES if own <= bound else Verdict.DIVERGES
    elif not is_seen:
        return NodeFinding(**common, verdict=Verdict.UNSUPPORTED, message="what it makes is empty, or not finite")
    elif verdict.is_agreement and mine is not None and mine.is_wrong:
        text = "alone it does what it should; within the model it does not"
        return NodeFinding(
            **common,
            verdict=Verdict.DIVERGES,
            own=own,
            bound=bound,
            in_place=error_here,
            factors=("execution path",),
            explanation=text,
        )
    return NodeFinding(**common, verdict=verdict, own=own, bound=bound, in_place=error_here)


def _against_base(
    runtime: str, place: Place, seen: InPlace, results: Sequence[np.ndarray], others: Sequence[np.ndarray]
) -> NodeFinding:
    """For want of a convention, against the base runtime: bit for bit, or within 16 roundings of the largest value."""
    common = {"key": place.key, "runtime": runtime, "against": "the base runtime", "message": str(seen.definition)}
    if not results or not others:
        return NodeFinding(**common, verdict=Verdict.UNSUPPORTED)
    own = bound = 0.0
    if not any(np.isfinite(each).any() for each in (*results, *others)):
        return NodeFinding(**common, verdict=Verdict.UNSUPPORTED)
    for mine, theirs in zip(results, others, strict=False):
        if mine.shape != theirs.shape:
            return NodeFinding(**common, verdict=Verdict.ERROR, factors=("output size",))
        own = max(own, _largest_difference(mine, theirs))
        bound = max(bound, 16 * 2.0**-24 * float(np.abs(theirs[np.isfinite(theirs)]).max(initial=0.0)))
    verdict = Verdict.EXACT if own == 0 else Verdict.AGREES if own <= bound else Verdict.DIVERGES
    return NodeFinding(**common, verdict=verdict, own=own, bound=bound, in_place=None)
