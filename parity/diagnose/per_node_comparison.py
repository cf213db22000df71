"""Compare every resize on every runtime with the exact resize: isolated, and within the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from halfpixel.golden.tolerance import UNIT_ROUNDOFF
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.parity.diagnose.model_under_test import (
    NOISE_SLICES,
    ModelUnderTest,
    OnnxModelUnderTest,
    Shapes,
    expected_shape,
)
from halfpixel.parity.diagnose.output_comparison import worst_difference
from halfpixel.parity.diagnose.reference_resize import (
    ExactResize,
    NoDefinition,
    exact_resize,
    rounding_bound,
    worst_error,
    worst_errors,
)
from halfpixel.parity.diagnose.results import NodeFinding
from halfpixel.parity.formats.model import AmbiguousSize, ResizeNode, ambiguous_size
from halfpixel.parity.formats.onnx.flattened import NodeLocation
from halfpixel.parity.formats.onnx.operators import has_scales, size_input_names, with_actual_sizes

Activations = Mapping[str, np.ndarray]
"""Tensors of one run of a model, by name."""

_ROUNDINGS = 16
"""Roundings of the largest value by which two runtimes may differ at a resize whose convention is not known."""


@dataclass(frozen=True, slots=True)
class NodeObservation:
    """One resize in one run: its shapes, its exact definition there, its error, and the error that rounding explains.

    ``error`` is ``None`` where there is no definition. ``ambiguous`` has the axes whose size depends on the arithmetic.
    """

    shapes: Shapes
    definition: ExactResize | NoDefinition
    error: float | None
    bound: float
    ambiguous: tuple[AmbiguousSize, ...] = ()

    @property
    def has_other_size(self) -> bool:
        """Whether an axis has not the size that the specification gives it."""
        return any(size.exact != self.shapes[1][size.axis] for size in self.ambiguous)

    @property
    def is_wrong(self) -> bool:
        """Whether its error is more than rounding explains."""
        return self.error is not None and not (self.error <= self.bound or np.isnan(self.error))


Observations = Mapping[NodeLocation, NodeObservation]
"""The resizes of one run that could be observed."""


def resize_as_run(subject: ModelUnderTest, place: NodeLocation, shapes: Shapes, activations: Activations) -> ResizeNode:
    """The resize with the sizes that it had in a run, and the scales, sizes and roi that it was fed."""
    node = place.resize
    if not isinstance(subject, OnnxModelUnderTest):
        return node
    fed: dict[str, np.ndarray] = {}
    inputs = subject.flat.proto.graph.node[place.nodes[-1]].input
    if len(place.nodes) == 1 and node.op in ("Resize", "Upsample"):
        for role, name in size_input_names(node, inputs).items():
            value = subject.value(name, activations)
            if value is not None and value.size:
                fed[role] = np.asarray(value)
    return with_actual_sizes(node, *shapes, fed)


def observe_resizes(subject: ModelUnderTest, activations: Activations) -> dict[NodeLocation, NodeObservation]:
    """Every resize of one run whose input and output are known, on its own input."""
    observations = {}
    for place in subject.locations:
        x, y = subject.value(place.input, activations), subject.value(place.output, activations)
        if x is None or y is None:
            continue
        shapes = (tuple(x.shape), tuple(y.shape))
        node = resize_as_run(subject, place, shapes, activations)
        definition = exact_resize(node, *shapes)
        error, bound = None, 0.0
        if isinstance(definition, ExactResize):
            error, bound = worst_error(definition, x, y), rounding_bound(definition, x)
        ambiguous = tuple(filter(None, map(ambiguous_size, node.axes))) if has_scales(node) else ()
        observations[place] = NodeObservation(shapes, definition, error, bound, ambiguous)
    return observations


def inherited_error(subject: ModelUnderTest, place: NodeLocation, own: Activations, base: Activations) -> float:
    """The largest difference of a resize's input from that of the base run; 0 where it is not known."""
    x, base_x = subject.value(place.input, own), subject.value(place.input, base)
    if x is None or base_x is None or x.shape != base_x.shape:
        return 0.0
    return worst_difference(x, base_x)[0]


def isolated_errors(
    observation: NodeObservation,
    inputs: Sequence[np.ndarray],
    output: np.ndarray,
    results: Mapping[str, Sequence[np.ndarray]],
) -> tuple[dict[str, list[float]], list[float]]:
    """Errors of each runtime's results on both ``inputs``, and the two bounds.

    ``inputs`` are those of :func:`halfpixel.parity.diagnose.model_under_test.isolation_inputs`. The exact result is
    computed once; and not at all for results that equal ``output``, which the model made of the first of ``inputs``,
    where that was found to be exact.
    """
    errors: dict[str, list[float]] = {name: [] for name in results}
    bounds: list[float] = []
    definition = observation.definition
    if isinstance(definition, NoDefinition):
        return errors, bounds
    for k, x in enumerate(inputs):
        bounds.append(rounding_bound(definition, x))
        shape = expected_shape(observation.shapes, x)
        fitting = {name: ys[k] for name, ys in results.items() if len(ys) > k and ys[k].shape == shape}
        exact = output[tuple(map(slice, shape))] if observation.error == 0 and k == 0 else None
        by_name = dict.fromkeys((name for name, y in fitting.items() if _is_same(y, exact)), 0.0)
        others = {name: y for name, y in fitting.items() if name not in by_name}
        if others:
            measured = worst_errors(definition, x, list(others.values()), NOISE_SLICES if k else None)
            by_name |= dict(zip(others, measured, strict=True))
        for name, of_runtime in errors.items():
            of_runtime.append(by_name.get(name, float("nan")))
    return errors, bounds


def _is_same(y: np.ndarray, exact: np.ndarray | None) -> bool:
    return exact is not None and y.dtype == exact.dtype and np.array_equal(y, exact)


def verdict_within(error: float, bound: float) -> Verdict:
    """Exact, within the bound, or beyond it."""
    return Verdict.EXACT if error == 0 else Verdict.AGREES if error <= bound else Verdict.DIVERGES


def isolated_finding(
    runtime: str,
    place: NodeLocation,
    observation: NodeObservation,
    inputs: Sequence[np.ndarray],
    results: Sequence[np.ndarray],
    errors: Sequence[float],
    bounds: Sequence[float],
    base_results: Sequence[np.ndarray],
    own: NodeObservation | None,
) -> NodeFinding:
    """One resize on one runtime; :mod:`halfpixel.parity.diagnose.classify_divergence` finds the cause.

    ``results`` are its isolated results for ``inputs``, which are the input in the base run, and noise; ``errors`` and
    ``bounds`` those of :func:`isolated_errors`; ``base_results`` the base runtime's, for a resize without a known
    convention; ``own`` is the observation in this runtime's own run.
    """
    definition = observation.definition
    if isinstance(definition, NoDefinition):
        blank = NodeFinding(place.key, runtime, "the base runtime", Verdict.UNSUPPORTED, message=definition.message)
        return _against_base(blank, results, base_results)
    convention = definition.matrices[0].convention if definition.matrices else None
    blank = NodeFinding(
        place.key, runtime, "exact definition", Verdict.UNSUPPORTED, sizes=definition.sizes, convention=convention
    )
    in_place = own.error if own is not None else None
    worst, bound, verdicts = 0.0, 0.0, []
    for y, x, error, allowed in zip(results, inputs, errors, bounds, strict=False):
        if y.shape != expected_shape(observation.shapes, x):
            message = f"it makes shape {y.shape}, where {observation.shapes[1]} is expected"
            why = "; ".join(dict.fromkeys(map(str, observation.ambiguous)))
            factors = (Cause.OUTPUT_SIZE,)
            return replace(blank, verdict=Verdict.ERROR, factors=factors, message=message, explanation=why)
        if np.isnan(error):
            continue
        if np.isinf(error):
            return replace(
                blank,
                verdict=Verdict.ERROR,
                own=error,
                bound=allowed,
                in_place=in_place,
                factors=(Cause.NON_FINITE_VALUES,),
                explanation="it makes what is not finite of finite values",
            )
        worst, bound = max(worst, error), max(bound, allowed)
        verdicts.append(verdict_within(error, allowed))
    if not results:
        if own is None or own.error is None or np.isnan(own.error):
            return replace(blank, message="it could not be run alone, nor seen")
        worst, bound = own.error, own.bound
        verdicts.append(verdict_within(worst, bound))
    elif not verdicts:
        return replace(blank, message="what it makes is empty, or not finite")
    verdict = max(verdicts, key=(Verdict.EXACT, Verdict.AGREES, Verdict.DIVERGES).index)
    finding = replace(blank, verdict=verdict, own=worst, bound=bound, in_place=in_place)
    if results and verdict.is_agreement and own is not None and own.is_wrong:
        text = "alone it does what it should; within the model it does not"
        finding = replace(finding, verdict=Verdict.DIVERGES, factors=(Cause.EXECUTION_PATH,), explanation=text)
    return finding


def _against_base(blank: NodeFinding, results: Sequence[np.ndarray], base_results: Iterable[np.ndarray]) -> NodeFinding:
    """For want of a convention, against the base runtime: bit for bit, or within roundings of the largest value."""
    pairs = list(zip(results, base_results, strict=False))
    if not any(np.isfinite(y).any() for pair in pairs for y in pair):
        return blank
    error = bound = 0.0
    for y, base_y in pairs:
        if y.shape != base_y.shape:
            return replace(blank, verdict=Verdict.ERROR, factors=(Cause.OUTPUT_SIZE,))
        error = max(error, worst_difference(base_y, y)[0])
        largest = float(np.abs(base_y[np.isfinite(base_y)]).max(initial=0.0))
        bound = max(bound, _ROUNDINGS * UNIT_ROUNDOFF * largest)
    return replace(blank, verdict=verdict_within(error, bound), own=error, bound=bound)
