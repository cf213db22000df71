"""Run the original model, pair its resizes with the exported model's, and compare their conventions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.parity.diagnose.classify_divergence import matching_candidate, with_candidate, with_worst_case
from halfpixel.parity.diagnose.counterfactual import named_outputs
from halfpixel.parity.diagnose.model_inputs import is_shape_of
from halfpixel.parity.diagnose.model_under_test import ModelUnderTest, model_under_test, noise_like
from halfpixel.parity.diagnose.output_comparison import match_layout, moved_channels
from halfpixel.parity.diagnose.per_node_comparison import (
    Activations,
    NodeObservation,
    Observations,
    observe_resizes,
    verdict_within,
)
from halfpixel.parity.diagnose.reference_resize import (
    ExactResize,
    NoDefinition,
    apply_exact,
    rounding_bound,
    worst_error,
)
from halfpixel.parity.diagnose.results import ORIGINAL, NodeFinding, RunStatus, RuntimeResult
from halfpixel.parity.formats.model import BadModel, Model
from halfpixel.parity.formats.onnx.flattened import NodeLocation
from halfpixel.parity.printable_text import printable
from halfpixel.parity.runtimes.registry import Runtime, runtimes_for
from halfpixel.parity.runtimes.session import Session
from halfpixel.parity.runtimes.worker import JobResult
from halfpixel.probe.compare.candidates import Candidate, differences


@dataclass(frozen=True, slots=True)
class ObservedOriginal:
    """The original's resizes in its run, with the tensors around them."""

    subject: ModelUnderTest
    activations: Activations
    observations: Observations


@dataclass(frozen=True, slots=True)
class OriginalRun:
    """The original's run: its final outputs by the model's names, and its resizes where they could be observed."""

    model: Model
    runtime: Runtime
    result: RuntimeResult
    outputs: dict[str, np.ndarray]
    observed: ObservedOriginal | None = None

    @property
    def label(self) -> str:
        """Its name where outputs are compared with it."""
        return f"{self.model.path.name} on {self.runtime.name}"


def run_original(original: Model, model: Model, feeds: Mapping[str, np.ndarray], session: Session) -> OriginalRun:
    """Run the original on the model's feeds, channels moved where it wants that; ``BadModel`` where they do not fit."""
    readers = runtimes_for(original.kind)
    runtime = next((runtime for runtime in readers if not runtime.missing), readers[0])
    subject = model_under_test(original, session, _original_feeds(original, model, feeds))
    whole = subject.run_whole([runtime])[runtime]
    result = replace(runtime_result(runtime, whole), runtime=f"{ORIGINAL}{runtime.name}")
    if whole.status is not RunStatus.RAN:
        return OriginalRun(original, runtime, result, {})
    outputs = named_outputs(subject, whole)
    names = [port.name for port in model.outputs]
    if not set(names) <= set(outputs):
        outputs = dict(zip(names, outputs.values(), strict=False))
    shown = subject.run_with_activations([runtime]).get(runtime)
    if shown is None or shown.status is not RunStatus.RAN:
        return OriginalRun(original, runtime, result, outputs)
    activations = shown.arrays()
    observed = ObservedOriginal(subject, activations, observe_resizes(subject, activations))
    return OriginalRun(original, runtime, result, outputs, observed)


def runtime_result(runtime: Runtime, whole: JobResult, settings: str = "") -> RuntimeResult:
    """The result of a whole model on a runtime."""
    return RuntimeResult(
        runtime.name,
        whole.status,
        runtime.version,
        whole.message,
        "; ".join(filter(None, (runtime.settings, settings))),
        whole.load_seconds,
        whole.run_seconds / max(1, len(whole.files)),
    )


def _original_feeds(original: Model, model: Model, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    in_order = [feeds[port.name] for port in model.inputs]
    if len(original.inputs) != len(in_order):
        raise BadModel(f"the reference has {len(original.inputs)} inputs, the model {len(in_order)}")
    original_feeds = {}
    for k, port in enumerate(original.inputs):
        x = feeds.get(port.name, in_order[k])
        fitting = next((layout for layout in (x, *moved_channels(x)) if is_shape_of(port, layout.shape)), None)
        if fitting is None:
            raise BadModel(
                f"the reference's input {printable(port.name, 60)!r} has shape {port.shape}, which {x.shape} is not"
            )
        original_feeds[port.name] = np.ascontiguousarray(fitting)
    return original_feeds


def _sizes(observation: NodeObservation) -> tuple[tuple[int, int], ...]:
    if isinstance(observation.definition, ExactResize):
        return observation.definition.sizes
    return tuple(sorted(pair for pair in zip(*observation.shapes, strict=False) if pair[0] != pair[1]))


def expected_resize(
    observation: NodeObservation, original: ObservedOriginal, place: NodeLocation
) -> ExactResize | NoDefinition:
    """The original's resize, as a definition along the model's own axes."""
    own, of_original = observation.definition, original.observations[place]
    if isinstance(own, NoDefinition):
        return own
    definition = of_original.definition
    if isinstance(definition, NoDefinition) or of_original.is_wrong:
        # Its documented convention is not known, or not what it computes: its input and output show the convention.
        definition = _measured_definition(observation.shapes, own, original, place)
        if isinstance(definition, NoDefinition):
            return definition
    if definition.sizes != own.sizes:
        message = f"it resizes {_sizes_text(definition)} in the reference and {_sizes_text(own)} here"
        return NoDefinition(message, has_other_sizes=True)
    return ExactResize(own.axes, definition.matrices, definition.outside)


def _measured_definition(
    shapes: tuple[tuple[int, ...], ...], own: ExactResize, original: ObservedOriginal, place: NodeLocation
) -> ExactResize | NoDefinition:
    x, y = (original.subject.value(name, original.activations) for name in (place.input, place.output))
    if x is None or y is None or x.ndim != len(shapes[0]):
        return NoDefinition("the reference's resize could not be looked at")
    if (x.shape, y.shape) != shapes:
        return NoDefinition("the reference's resize has other shapes")
    if worst_error(own, x, y) <= rounding_bound(own, x):
        return own
    candidate = matching_candidate(own, [(np.asarray(x), np.asarray(y))])
    if candidate is None:
        return NoDefinition("no convention explains what the reference's resize makes")
    return with_candidate(own, Candidate((), candidate.convention))


def _sizes_text(definition: ExactResize) -> str:
    return ", ".join(f"{n_in} to {n_out}" for n_in, n_out in definition.sizes)


def compare_conventions(
    place: NodeLocation,
    observation: NodeObservation,
    expected: ExactResize | NoDefinition,
    against: str,
    x: np.ndarray,
) -> NodeFinding:
    """The model's own definition of a resize against the original's, at these sizes."""
    finding = NodeFinding(place.key, "", against, Verdict.UNSUPPORTED, sizes=_sizes(observation))
    own = observation.definition
    if isinstance(expected, NoDefinition):
        if expected.has_other_sizes:
            explanation = expected.message
            return replace(finding, verdict=Verdict.ERROR, factors=(Cause.OUTPUT_SIZE,), explanation=explanation)
        return replace(finding, message=expected.message)
    if isinstance(own, NoDefinition):
        return replace(finding, message=own.message)
    noise = noise_like(np.asarray(x))
    error, bound = worst_error(expected, noise, apply_exact(own, noise)), rounding_bound(expected, noise)
    ours, theirs = own.matrices[0].convention, expected.matrices[0].convention
    finding = replace(finding, sizes=expected.sizes, convention=theirs, measured=ours, own=error, bound=bound)
    if error <= bound:
        finding = replace(finding, verdict=verdict_within(error, bound))
        if ours == theirs:
            return finding
        text = f"the file says '{ours}', the reference '{theirs}'; at these sizes they are the same"
        return replace(finding, factors=_differences(theirs, ours), explanation=text)
    factors: tuple[str, ...]
    if ours != theirs:
        factors, text = _differences(theirs, ours), f"the file says '{ours}', where the reference does '{theirs}'"
    elif own.outside != expected.outside:
        factors, text = (Cause.BORDER,), "another value is put outside"
    else:
        factors, text = (Cause.SCALE_SOURCE,), "the same convention with other scales"
    return replace(with_worst_case(finding, expected, own), factors=factors, explanation=text)


def _differences(theirs: Convention, ours: Convention) -> tuple[str, ...]:
    """As :func:`halfpixel.probe.compare.candidates.differences`.

    Rounding to another side is a larger difference than another rule for ties.
    """
    modes = (theirs.nearest_mode or "", ours.nearest_mode or "")
    is_ties = all(mode.startswith("round_") for mode in modes)
    return tuple(
        Cause.ROUNDING if factor == Cause.TIES and not is_ties else factor for factor in differences(theirs, ours)
    )


def expected_outputs(original: OriginalRun, outputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The original's outputs in the layout of the model's."""
    expected = {}
    for name, y in original.outputs.items():
        own = outputs.get(name)
        fitted = match_layout(own, y) if own is not None else None
        expected[name] = y if fitted is None else np.asarray(fitted)
    return expected
