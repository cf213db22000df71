"""Run a model on several runtimes, and report which resizes differ, by how much, and why."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from halfpixel.parity.diagnose.cases import VERDICT_ORDER, Case, further_cases, run_cases, worst_first
from halfpixel.parity.diagnose.counterfactual import Arrays, explained_fraction, outputs_with_exact_resizes
from halfpixel.parity.diagnose.first_divergent_node import first_divergent_nodes
from halfpixel.parity.diagnose.model_inputs import perturbed, prepare_feeds, size_controlling_inputs
from halfpixel.parity.diagnose.model_under_test import ModelUnderTest, Shapes, TensorValues, model_under_test
from halfpixel.parity.diagnose.original_model import OriginalRun, expected_outputs, run_original
from halfpixel.parity.diagnose.output_comparison import compare_output
from halfpixel.parity.diagnose.per_node_comparison import Activations, NodeObservation, Observations
from halfpixel.parity.diagnose.reference_resize import ExactResize
from halfpixel.parity.diagnose.results import DivergentNode, ModelRun, NodeFinding, OutputDifference, RunStatus
from halfpixel.parity.diagnose.run_state import RunState
from halfpixel.parity.formats.model import BadModel, Model
from halfpixel.parity.formats.onnx.flattened import NodeLocation
from halfpixel.parity.runtimes.registry import Runtime, runtime_named, runtimes_for
from halfpixel.parity.runtimes.session import Session
from halfpixel.parity.runtimes.worker import TIME_LIMIT


@dataclass(frozen=True, slots=True)
class Inspection:
    """The resizes of a model in the run on the base runtime, each with the definition that it should have.

    ``unproved`` has, by place, why its counterpart in the original is only likely.
    """

    subject: ModelUnderTest
    activations: Activations
    observations: Observations
    unproved: Mapping[NodeLocation, str] = field(default_factory=dict)

    def value(self, name: str) -> np.ndarray | None:
        """A tensor of that run."""
        return self.subject.value(name, self.activations)

    def values(self) -> TensorValues:
        """Tensors of that run by name."""
        return TensorValues(self.subject, self.activations)


def inspect_model(
    session: Session,
    model: Model,
    runtimes: Sequence[Runtime],
    feeds: Arrays,
    base: Runtime,
    original: OriginalRun | None = None,
) -> Inspection:
    """Run a model on ``base`` and observe its resizes; the others show only which form of the file they take."""
    state = RunState(model, runtimes, feeds, model_under_test(model, session, feeds), original=original)
    state.results = state.subject.run_whole(runtimes)
    state.observe([base])
    compared = state.compare_with_original(base)
    activations, observations = state.activations[base], state.observations[base]
    unproved = {place: pair.evidence.value for place, pair in compared.pairs.items() if not pair.evidence.is_proof}
    return Inspection(state.subject, activations, _with_definitions(observations, compared.expected), unproved)


def _with_definitions(
    observations: Observations, expected: Mapping[NodeLocation, ExactResize]
) -> dict[NodeLocation, NodeObservation]:
    return {
        place: replace(observation, definition=expected.get(place, observation.definition))
        for place, observation in observations.items()
    }


_MAX_REPLACED = 8
"""Resizes of one runtime that are replaced one by one, the worst first; all are replaced together, however many."""


def run_model(
    model: Model,
    against: Sequence[str] = (),
    feeds: Arrays | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    original: Model | None = None,
    time_limit: float = TIME_LIMIT,
    examine_all: bool = False,
) -> ModelRun:
    """Run ``model`` on the runtimes named in ``against`` (all that read its kind, without), and compare.

    ``feeds`` and ``shapes`` are arrays and shapes for inputs by name; inputs without an array get a seeded one.
    ``original`` has the expected final outputs and resizes; without it, the resizes' own exact definitions are
    expected. ``time_limit`` is how many seconds a runtime may take to load and run a model. With ``examine_all`` the
    resizes are observed within the model on every runtime, not only where something differs; that costs as much again.
    Raises ``BadModel`` for feeds that do not fit and ``ValueError`` for an unknown runtime; a failure of a runtime is a
    result, and never raises.
    """
    with Session(time_limit) as session:
        return run_in_session(session, model, against, feeds, shapes, original, examine_all)


def run_in_session(
    session: Session,
    model: Model,
    against: Sequence[str] = (),
    feeds: Arrays | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    original: Model | None = None,
    examine_all: bool = False,
) -> ModelRun:
    """As :func:`run_model`, with the processes of a session that is already there."""
    started = time.perf_counter()
    runtimes = _chosen_runtimes(model, against)
    session.warm(runtimes)
    feeds, shapes = feeds or {}, shapes or {}

    not_repeatable: set[str] = set()

    def run(case: Case) -> ModelRun:
        own, kept = case.model or model, [runtime for runtime in runtimes if runtime.name not in not_repeatable]
        return _run_case(
            session, own, kept, {**feeds, **case.feeds}, case.shapes, case.original, examine_all, bool(case.name)
        )

    first = run(Case("", model, original, shapes))
    not_repeatable |= {result.runtime for result in first.outcomes if result.status is RunStatus.NOT_REPEATABLE}
    cases = further_cases(model, original, feeds, shapes, first, session.folder)
    whole = run_cases(first, cases, run, lambda: time.perf_counter() - started)
    wanted = (*against, *(result.runtime for result in first.outcomes if result.is_original))
    return replace(whole, wanted=wanted, faults=model.faults, seconds=time.perf_counter() - started)


def _run_case(
    session: Session,
    model: Model,
    runtimes: Sequence[Runtime],
    feeds: Arrays,
    shapes: Mapping[str, tuple[int, ...]],
    original: Model | None,
    examine_all: bool,
    is_further: bool,
) -> ModelRun:
    """Run one case of a model; raises ``BadModel`` for feeds and shapes that do not fit it, or the original.

    So it does for shapes of a further case at which nothing is left to resize.
    """
    started = time.perf_counter()
    arrays, words = prepare_feeds(model, feeds, shapes)
    original_run = run_original(original, model, arrays, session) if original is not None else None
    # A scale that is no longer 1 for an axis that is not resized is another question, and often refused.
    controlling = size_controlling_inputs(model, {name: array.shape for name, array in arrays.items()})
    moved = perturbed(arrays, controlling)
    subject = model_under_test(model, session, arrays, [moved])
    state = RunState(model, runtimes, arrays, subject, moved, original_run, examine_all, is_repeated=not is_further)
    run = _compare_runs(state, is_further)
    return replace(run, feeds=words, seconds=time.perf_counter() - started)


def _chosen_runtimes(model: Model, against: Sequence[str]) -> list[Runtime]:
    chosen = [runtime_named(name) for name in dict.fromkeys(against)] or list(runtimes_for(model.kind))
    for runtime in chosen:
        if model.kind not in runtime.kinds:
            kinds = ", ".join(runtime.kinds)
            raise BadModel(f"{runtime.name} does not read {model.kind} files; of those it reads {kinds}")
    return chosen


def _compare_runs(state: RunState, is_further: bool) -> ModelRun:
    state.run_whole()
    ran = state.ran
    if not ran:
        return ModelRun(state.runtime_results(), unseen=state.subject.not_visible)
    base = state.choose_base()
    outputs = {runtime: state.outputs(runtime) for runtime in ran}
    if is_further and _is_empty(state.resized_shapes(base), outputs):
        raise BadModel("not an image that the model takes: nothing is left of it after some layers")
    floor = state.measure_rounding_floor(base)
    nodes = state.compare_nodes(base, outputs, floor)
    compared = state.compare_with_original(base)
    effect = _replace_resizes(state, base, [*nodes, *compared.findings], compared.expected, outputs)
    differences = _differences(outputs, effect.truth, effect.against, floor)
    remaining = differences
    if any(effect.corrected[runtime] is not outputs[runtime] for runtime in ran):
        remaining = _differences(effect.corrected, effect.truth, effect.against, floor)
    unexplained = tuple(difference for difference in remaining if difference.is_wrong)
    unseen = [*state.subject.not_visible]
    for place in state.subject.locations:
        if not any(place in observations for observations in state.observations.values()):
            unseen.append((place.key, "no runtime could show it"))
    return ModelRun(
        outcomes=state.runtime_results(),
        base=base.name,
        against=effect.against,
        outputs=differences,
        nodes=tuple(effect.nodes),
        unseen=tuple(unseen),
        unpaired=compared.not_compared,
        unexplained=unexplained,
        others=_first_divergent_nodes(state, base, unexplained),
    )


def _is_empty(resizes: Sequence[Shapes], outputs: Mapping[Runtime, Arrays]) -> bool:
    """Whether nothing is left to resize, or in an image that some runtime makes: others may round up to a pixel."""
    images = [y for arrays in outputs.values() for y in arrays.values() if y.ndim >= 4]
    return any(0 in (*before, *after) for before, after in resizes) or any(not y.size for y in images)


def _first_divergent_nodes(
    state: RunState, base: Runtime, unexplained: Sequence[OutputDifference]
) -> tuple[DivergentNode, ...]:
    """The first nodes other than resizes that differ; unknown where the base run differs from the original, too."""
    names = {difference.runtime for difference in unexplained}
    suspects = [runtime for runtime in state.ran if runtime.name in names and runtime is not base]
    if base.name in names or not suspects:
        return ()
    outputs = [difference.output for difference in unexplained]
    return first_divergent_nodes(state.subject, base, state.ran, suspects, outputs)


@dataclass(frozen=True, slots=True)
class _ExactResizesEffect:
    """The outputs with exact resizes in the place of those that differ.

    nodes
        The findings, worst first, with the part of the difference that each explains.
    truth, against
        The expected outputs, and their name.
    corrected
        The outputs of each runtime with its differing resizes exact.
    """

    nodes: list[NodeFinding]
    truth: Arrays
    against: str
    corrected: dict[Runtime, Arrays]


def _replace_resizes(
    state: RunState,
    base: Runtime,
    nodes: Sequence[NodeFinding],
    expected: Mapping[NodeLocation, ExactResize],
    outputs: Mapping[Runtime, Arrays],
) -> _ExactResizesEffect:
    """Run the model with exact resizes, all that differ, then one by one, and measure the difference that is left."""
    places = {place.key: place for place in state.subject.locations}
    definitions = _with_definitions(state.observations[base], expected)
    dtypes = {place: state.observed_tensors(place, base)[0].dtype for place in definitions}

    def with_exact(runtime: Runtime, keys: Sequence[str]) -> Arrays | None:
        chosen = {places[key]: definitions[places[key]] for key in keys}
        return outputs_with_exact_resizes(state.subject, runtime, chosen, dtypes)

    in_file = [node.key for node in nodes if node.differs and not node.runtime]
    wrong = {
        runtime: list(dict.fromkeys([*(n.key for n in nodes if n.differs and n.runtime == runtime.name), *in_file]))
        for runtime in state.ran
    }
    replaced = {runtime: with_exact(runtime, keys) for runtime, keys in wrong.items() if keys}
    corrected = {runtime: replaced.get(runtime) or outputs[runtime] for runtime in state.ran}
    truth, against = corrected[base], f"{base.name} with exact resizes" if replaced.get(base) else base.name
    if state.original is not None and state.original.outputs:
        truth, against = expected_outputs(state.original, outputs[base]), state.original.label
    if len(state.ran) == 1 and state.original is None and not wrong[base]:
        # There is nothing but itself to compare it with.
        truth = {}
    by_name = {runtime.name: runtime for runtime in state.ran}
    tried: dict[Runtime, int] = {}
    result = []
    for node in sorted(nodes, key=worst_first):
        runtime = by_name[node.runtime or base.name]
        if node.differs and truth and tried.get(runtime, 0) < _MAX_REPLACED:
            tried[runtime] = tried.get(runtime, 0) + 1
            alone = replaced.get(runtime) if len(wrong[runtime]) == 1 else with_exact(runtime, [node.key])
            node = replace(node, goes_away=explained_fraction(truth, outputs[runtime], alone))
        result.append(node)
    return _ExactResizesEffect(sorted(result, key=worst_first), truth, against, corrected)


def _differences(
    outputs: Mapping[Runtime, Arrays], truth: Arrays, against: str, floor: Mapping[str, np.ndarray]
) -> tuple[OutputDifference, ...]:
    differences = [
        compare_output(name, runtime.name, against, expected, arrays.get(name), floor.get(name))
        for runtime, arrays in outputs.items()
        if runtime.name != against
        for name, expected in truth.items()
    ]
    return tuple(
        sorted(differences, key=lambda difference: (VERDICT_ORDER.index(difference.verdict), -difference.share))
    )
