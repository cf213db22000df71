"""The state of one run of a model: each step runs something and keeps the results, up to the findings on resizes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from halfpixel.parity.diagnose import per_node_comparison
from halfpixel.parity.diagnose.classify_divergence import InputsAndOutputs, classify_divergence
from halfpixel.parity.diagnose.counterfactual import Arrays, named_outputs, run_with_exact_resizes
from halfpixel.parity.diagnose.model_under_test import ModelUnderTest, OnnxModelUnderTest, Shapes
from halfpixel.parity.diagnose.original_model import (
    ObservedOriginal,
    OriginalRun,
    compare_conventions,
    expected_resize,
    runtime_result,
)
from halfpixel.parity.diagnose.output_comparison import agrees_within, largest_difference
from halfpixel.parity.diagnose.per_node_comparison import Activations, Observations, observe_resizes
from halfpixel.parity.diagnose.reference_resize import ExactResize, NoDefinition
from halfpixel.parity.diagnose.resize_pairing import (
    PlacedResize,
    ResizePair,
    pair_by_likeness,
    pair_by_values,
    placed_resizes,
)
from halfpixel.parity.diagnose.results import NodeFinding, RunStatus, RuntimeResult
from halfpixel.parity.diagnose.rounding_floor import (
    has_channels_last,
    has_coarse_arithmetic,
    outputs_within_one,
    rounding_factor,
    rounding_floor,
)
from halfpixel.parity.formats.model import Model
from halfpixel.parity.formats.onnx.edits import TooLarge
from halfpixel.parity.formats.onnx.flattened import NodeLocation
from halfpixel.parity.runtimes.registry import Runtime
from halfpixel.parity.runtimes.worker import JobResult


@dataclass
class RunState:
    """One run of a model: what is run, then the results of each step.

    With ``is_repeated`` each runtime runs the model twice. ``not_observable`` says why the tensors around the resizes
    were not shown; ``disturbance`` is by how much showing them changes the outputs.
    """

    model: Model
    runtimes: Sequence[Runtime]
    feeds: Arrays
    subject: ModelUnderTest
    perturbed_feeds: Arrays = field(default_factory=dict)
    original: OriginalRun | None = None
    examine_all: bool = False
    is_repeated: bool = True
    results: dict[Runtime, JobResult] = field(default_factory=dict)
    activations: dict[Runtime, Activations] = field(default_factory=dict)
    observations: dict[Runtime, Observations] = field(default_factory=dict)
    not_observable: dict[Runtime, str] = field(default_factory=dict)
    disturbance: dict[Runtime, float] = field(default_factory=dict)

    def run_whole(self) -> None:
        """Run the model as it is on every runtime; the resizes on the first are observed meanwhile."""
        installed = [runtime for runtime in self.runtimes if not runtime.missing]
        first, rest = installed[:1], [runtime for runtime in self.runtimes if runtime not in installed[:1]]

        def run_first() -> None:
            self.results |= _if_repeatable(self.subject.run_whole(first, next(iter(first), None), self.is_repeated))
            self.observe([runtime for runtime in first if self.results[runtime].status is RunStatus.RAN])

        with ThreadPoolExecutor(2) as pool:
            running, others = pool.submit(run_first), pool.submit(self.subject.run_whole, rest, None, self.is_repeated)
            _ = self.subject.locations  # Finding them may take a copy of the model, which is made during the runs.
            running.result()
            results = others.result()
        self.results |= _if_repeatable(results)

    @property
    def ran(self) -> list[Runtime]:
        """The runtimes that ran the whole model."""
        return [runtime for runtime in self.runtimes if self.results[runtime].status is RunStatus.RAN]

    def outputs(self, runtime: Runtime) -> dict[str, np.ndarray]:
        """The final outputs on a runtime."""
        return named_outputs(self.subject, self.results[runtime])

    def choose_base(self) -> Runtime:
        """The first runtime that shows its resizes and has no wrong one, else the one with the fewest wrong ones.

        One of another size than the specification gives is wrong.
        """
        wrong: dict[Runtime, int] = {}
        for runtime in self.ran:
            self.observe([runtime])
            observations = self.observations[runtime].values()
            if observations:
                wrong[runtime] = sum(one.is_wrong or one.has_other_size for one in observations)
                if not wrong[runtime]:
                    return runtime
        return min(wrong, key=lambda runtime: wrong[runtime]) if wrong else self.ran[0]

    def measure_rounding_floor(self, base: Runtime) -> dict[str, np.ndarray]:
        """The difference that rounding explains at each output, by channel.

        It is measured on a runtime that ran the perturbed input, too.
        """
        twice = next((runtime for runtime, result in self.results.items() if len(result.files) > 1), None)
        if twice is None:
            twice = base
            self.results[base] = self.subject.run_whole([base], base)[base]
        if len(self.results[twice].files) < 2:
            return {}
        floats = [(self.perturbed_feeds[name], x) for name, x in self.feeds.items() if x.size and x.dtype.kind == "f"]
        changes = [np.abs(moved - x).mean(dtype=np.float64) for moved, x in floats if moved is not x]
        bounds: dict[NodeLocation, float] = {}
        for observations in self.observations.values():
            for place, observation in observations.items():
                if observation.error is not None and observation.error <= observation.bound:
                    bounds[place] = max(bounds.get(place, 0.0), observation.bound)
        first, second = (named_outputs(self.subject, self.results[twice], k) for k in (0, 1))
        perturbation = float(max(changes, default=0.0))
        factor = rounding_factor(self.subject, perturbation, math.hypot(*bounds.values()))
        is_last = has_channels_last(self.model)
        # What resizes that are not seen may round is not known.
        is_coarse = has_coarse_arithmetic(self.subject) or bool(self.subject.not_visible)
        return rounding_floor(first, second, factor, outputs_within_one(self.subject), is_last, is_coarse)

    def runtime_results(self) -> tuple[RuntimeResult, ...]:
        """The whole model on each runtime, and last the original on its own."""
        results = []
        for runtime in self.runtimes:
            is_fixed = isinstance(self.subject, OnnxModelUnderTest) and self.subject.has_fixed_shapes(runtime)
            settings = "a copy with fixed shapes" if is_fixed else ""
            result = runtime_result(runtime, self.results[runtime], settings)
            blind = self.not_observable.get(runtime, "")
            results.append(replace(result, disturbed=self.disturbance.get(runtime), blind=blind))
        if self.original is not None:
            results.append(self.original.result)
        return tuple(results)

    def observe(self, runtimes: Sequence[Runtime]) -> None:
        """Run the model with the tensors around its resizes on these runtimes, where it ran; once each."""
        new = [runtime for runtime in runtimes if runtime not in self.observations]
        if not new:
            return
        try:
            shown = self.subject.run_with_activations(new)
        except TooLarge as large:
            shown = {}
            self.not_observable |= {runtime: str(large) for runtime in new}
        for runtime in new:
            # A model may be a single resize between its own input and output: there is nothing else to show.
            activations = outputs = self.outputs(runtime)
            result = shown.get(runtime)
            if result is not None and result.status is not RunStatus.RAN:
                self.not_observable[runtime] = result.message
            elif result is not None:
                activations = outputs | result.arrays()
                changed = named_outputs(self.subject, result)
                changes = (largest_difference(y, changed.get(name)) for name, y in outputs.items())
                self.disturbance[runtime] = max(changes, default=0.0)
            self.activations[runtime] = activations
            self.observations[runtime] = observe_resizes(self.subject, activations)

    def resized_shapes(self, runtime: Runtime) -> list[Shapes]:
        """The input and output shapes of the resizes that were observed on a runtime."""
        return [observation.shapes for observation in self.observations.get(runtime, {}).values()]

    def expected_resizes(self, base: Runtime) -> dict[NodeLocation, ExactResize]:
        """The exact definitions of the resizes, where they have one."""
        return {
            place: observation.definition
            for place, observation in self.observations[base].items()
            if isinstance(observation.definition, ExactResize)
        }

    def compare_nodes(
        self, base: Runtime, outputs: Mapping[Runtime, Arrays], floor: Mapping[str, np.ndarray]
    ) -> list[NodeFinding]:
        """A finding for every resize on every runtime.

        Resizes are observed within the model on runtimes where an output or an isolated resize is wrong, and where a
        resize could not be run alone.
        """
        activations, observations, ran = self.activations[base], self.observations[base], self.ran
        shapes = {place: observation.shapes for place, observation in observations.items()}
        isolated = self.subject.run_isolated(ran, activations, shapes)
        suspects = {
            runtime
            for runtime in ran
            if not all(
                agrees_within(y, outputs[runtime].get(name), floor.get(name, np.zeros(())))
                for name, y in outputs[base].items()
            )
        }
        measured = {}
        for place, observation in observations.items():
            results = {runtime.name: isolated.get(runtime, {}).get(place, ()) for runtime in ran}
            x, y = self.observed_tensors(place, base)
            inputs = self.subject.isolation_inputs(place, observation.shapes, x)
            errors, bounds = per_node_comparison.isolated_errors(observation, inputs, y, results)
            measured[place] = (inputs, errors, bounds)
            for runtime in ran:
                pairs = zip(errors[runtime.name], bounds, strict=False)
                if not results[runtime.name] or not all(error <= bound for error, bound in pairs):
                    suspects.add(runtime)
        self.observe([runtime for runtime in ran if self.examine_all or runtime in suspects])
        findings: list[NodeFinding] = []
        for place, observation in observations.items():
            inputs, errors, bounds = measured[place]
            for runtime in ran:
                own_results = isolated.get(runtime, {}).get(place, ())
                finding = per_node_comparison.isolated_finding(
                    runtime.name,
                    place,
                    observation,
                    inputs,
                    own_results,
                    errors[runtime.name],
                    bounds,
                    isolated.get(base, {}).get(place, ()),
                    self.observations.get(runtime, {}).get(place),
                )
                data = list(zip(inputs, own_results, strict=False))
                findings.append(self._classified(finding, runtime, base, place, data))
        return findings

    def observed_tensors(self, place: NodeLocation, runtime: Runtime) -> tuple[np.ndarray, np.ndarray]:
        """The input and the output of a resize that was observed on a runtime."""
        x, y = (self.subject.value(name, self.activations.get(runtime, {})) for name in (place.input, place.output))
        if x is None or y is None:
            raise LookupError(f"{place.key} was not observed on {runtime.name}")
        return x, y

    def _classified(
        self,
        finding: NodeFinding,
        runtime: Runtime,
        base: Runtime,
        place: NodeLocation,
        data: InputsAndOutputs,
    ) -> NodeFinding:
        activations = self.activations[base]
        if runtime is not base:
            own = self.activations.get(runtime, {})
            error = per_node_comparison.inherited_error(self.subject, place, own, activations)
            finding = replace(finding, inherited=error)
        if not finding.differs:
            return finding
        data = data or [self.observed_tensors(place, runtime)]
        observation = self.observations[base][place]
        return classify_divergence(self.subject, runtime, place, observation, finding, activations, data)

    def compare_with_original(self, base: Runtime) -> ComparisonWithOriginal:
        """Every resize of the file that has a counterpart in the original, compared with that.

        Behind a resize that differs, nothing has the values of the original: resizes there are paired in a run with the
        exact ones in the place of those that differ.
        """
        result = ComparisonWithOriginal(self.expected_resizes(base))
        if self.original is None or self.original.observed is None:
            return result
        original, observations = self.original.observed, self.observations[base]
        dtypes = {place: self.observed_tensors(place, base)[0].dtype for place in observations}
        outputs, names = self.subject.outputs, original.subject.outputs
        names = outputs if set(outputs) <= set(names) else names
        theirs = placed_resizes(original.subject, original.observations, original.activations, names)
        activations: Activations | None = self.activations[base]
        ours: list[PlacedResize] = []
        while activations is not None and len(result.pairs) < len(observations):
            left = [place for place in observations if place not in result.pairs]
            ours = placed_resizes(self.subject, left, activations, outputs)
            pairs, ambiguous = pair_by_values(ours, theirs)
            result.unpaired |= ambiguous
            theirs = self._without_paired(theirs, pairs)
            if True not in [self._compare_pair(pair, base, original, result) for pair in pairs]:
                break
            replaced = {
                place: replace(observations[place], definition=result.expected[place]) for place in result.differing
            }
            shown = [place for place in observations if place not in replaced]
            run = run_with_exact_resizes(self.subject, base, replaced, dtypes, shown)
            activations = None if run is None else run.arrays()
        rest = [resize for resize in ours if resize.place not in (*result.pairs, *result.unpaired)]
        likely = pair_by_likeness(rest, theirs)
        for pair in likely:
            self._compare_pair(pair, base, original, result)
        for place in observations:
            if place not in result.pairs:
                result.unpaired.setdefault(place, "no resize of the reference reads such a tensor")
        result.without_counterpart = [resize.place for resize in self._without_paired(theirs, likely)]
        return result

    @staticmethod
    def _without_paired(theirs: Sequence[PlacedResize], pairs: Sequence[ResizePair]) -> list[PlacedResize]:
        paired = {pair.original for pair in pairs}
        return [resize for resize in theirs if resize.place not in paired]

    def _compare_pair(
        self, pair: ResizePair, base: Runtime, original: ObservedOriginal, result: ComparisonWithOriginal
    ) -> bool:
        """Add a pair to the result; whether its resizes differ, and the exact one can be put in the place."""
        place, observation = pair.place, self.observations[base][pair.place]
        definition = expected_resize(observation, original, pair.original)
        x, _ = self.observed_tensors(place, base)
        against = f"{pair.original.key} of the reference"
        finding = compare_conventions(place, observation, definition, against, x)
        result.pairs[place] = pair
        result.unpaired.pop(place, None)
        result.findings.append(finding)
        if isinstance(definition, NoDefinition):
            return False
        result.expected[place] = definition
        if finding.differs:
            result.differing.append(place)
        return finding.differs


@dataclass
class ComparisonWithOriginal:
    """The resizes of the file against those of the original.

    expected
        The definitions that are expected: of the original where there is a pair, else the file's own.
    unpaired
        Resizes of the file that were compared with none of the original, with the reason.
    without_counterpart
        Resizes of the original that none of the file was compared with.
    """

    expected: dict[NodeLocation, ExactResize]
    findings: list[NodeFinding] = field(default_factory=list)
    pairs: dict[NodeLocation, ResizePair] = field(default_factory=dict)
    differing: list[NodeLocation] = field(default_factory=list)
    unpaired: dict[NodeLocation, str] = field(default_factory=dict)
    without_counterpart: list[NodeLocation] = field(default_factory=list)

    @property
    def not_compared(self) -> tuple[tuple[str, str], ...]:
        """Both, by key, with the reason."""
        own = [(place.key, reason) for place, reason in self.unpaired.items()]
        original = [
            (f"{place.key} of the reference", "no counterpart in the file") for place in self.without_counterpart
        ]
        return (*own, *original)


def _if_repeatable(results: Mapping[Runtime, JobResult]) -> dict[Runtime, JobResult]:
    """The results; that of a runtime whose second run gave something else only says so."""
    marked = dict(results)
    for runtime, result in results.items():
        changes = [(change, largest) for change, largest in result.changes if change > 0]
        if changes and result.status is RunStatus.RAN:
            change, largest = max(changes)
            text = f"two runs on the same input differ by up to {change:.3g}, where values go up to {largest:.3g}"
            marked[runtime] = replace(result, status=RunStatus.NOT_REPEATABLE, message=text)
    return marked
