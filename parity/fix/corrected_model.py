"""Write a corrected ONNX model: other attributes, or primitive operators; verified by running it."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.adapters.onnx_resize import convention_of, resize_attributes
from halfpixel.golden import Convention, matrix
from halfpixel.parity.diagnose import counterfactual, original_model, reference_resize
from halfpixel.parity.diagnose.model_inputs import prepare_feeds
from halfpixel.parity.diagnose.model_under_test import OnnxModelUnderTest, noise_like
from halfpixel.parity.diagnose.pipeline import Inspection, inspect_model, run_in_session
from halfpixel.parity.diagnose.reference_resize import ExactResize
from halfpixel.parity.diagnose.results import ModelRun, ParityExit, RunStatus
from halfpixel.parity.fix.primitive_ops import OpenAxis, any_size_resize_nodes
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.model import Attributes, Model
from halfpixel.parity.formats.onnx import edits
from halfpixel.parity.formats.onnx.edits import Replacement
from halfpixel.parity.formats.onnx.flattened import NodeLocation
from halfpixel.parity.formats.onnx.operators import RESIZE_DEFAULTS, reads_attribute, resize_attribute
from halfpixel.parity.printable_text import count_text, printable
from halfpixel.parity.runtimes.registry import Runtime, runtime_named
from halfpixel.parity.runtimes.session import Session
from halfpixel.parity.runtimes.worker import TIME_LIMIT, JobResult

if TYPE_CHECKING:
    import onnx

_MAX_CANDIDATES = 6
"""Settings of attributes that are run, the nearest to those of the file first."""
_OPEN_SINCE = 13
"""The first opset with all operators that a resize of any size needs."""
_OTHER_SIZES = ((4, 7), (5, 8), (7, 3), (8, 4), (3, 9), (16, 33), (5, 1), (6, 1), (1, 3))
"""Where two conventions that are the same at one size differ: a node of open sizes must be right at all."""


class CannotFix(ValueError):
    """Nothing could be corrected; the message is one line."""


@dataclass(frozen=True, slots=True)
class ModelChange:
    """What was changed at one resize, in words: ``attributes`` set, or ``nodes`` put in its place."""

    key: str
    words: str
    attributes: Mapping[str, object] | None = None
    nodes: int = 0


@dataclass(frozen=True, slots=True)
class FixedModel:
    """A corrected model that was written to ``path``, with the findings of running it.

    ``left`` are the keys of resizes that still differ, with the reason. ``verified`` has the further cases (shapes of
    open inputs, branches) in which it agrees with the original as well.
    """

    path: Path
    changes: tuple[ModelChange, ...]
    run: ModelRun
    left: tuple[tuple[str, str], ...] = ()
    verified: tuple[str, ...] = ()


def fix_model(
    model: Model,
    run: ModelRun,
    out: str | Path,
    feeds: Mapping[str, np.ndarray] | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    original: Model | None = None,
    time_limit: float = TIME_LIMIT,
) -> FixedModel:
    """Correct every resize that differs in ``run``, so that all its runtimes agree, and write the model.

    A resize should compute what its counterpart in ``original`` computes, or without one its own convention. It gets
    attributes that make it so on every runtime, if there are such; else it is replaced by operators without a
    convention of their own. Both are run, alone, on all the runtimes, and then in the whole model; the model is written
    only if they pass. Raises :class:`CannotFix`, in one line.
    """
    if model.kind != "onnx":
        raise CannotFix(f"only ONNX files are corrected, not {model.kind}")
    if not run.differing:
        raise CannotFix("no resize differs: there is nothing to correct")
    results = [result for result in run.outcomes if result.ran and not result.is_original]
    runtimes = [runtime_named(result.runtime) for result in results]
    feeds, shapes = feeds or {}, shapes or {}
    at_shapes = {**shapes, **run.shapes_that_differ}
    if model.shapes.keys() - shapes:
        # Its inputs have the sizes of the first case, and it may differ in another one.
        model = load_model(model.path, at_shapes)
    arrays, _ = prepare_feeds(model, feeds, at_shapes)
    with Session(time_limit) as session:
        session.warm(runtimes)
        original_run = original_model.run_original(original, model, arrays, session) if original is not None else None
        inspection = inspect_model(session, model, runtimes, arrays, runtime_named(run.base), original_run)
        search = _FixSearch(inspection, runtimes, session)
        changes, left = search.changes([node.key for node in run.differing])
        if not changes:
            raise CannotFix("; ".join(f"{key}: {reason}" for key, reason in left)[:300])
        path = session.new_path(".onnx")
        try:
            path.write_bytes(search.corrected().SerializeToString())
        except ValueError as error:
            raise CannotFix(f"the corrected model cannot be written: {error}") from None
        names = [runtime.name for runtime in runtimes]
        corrected_run = run_in_session(session, load_model(path), names, feeds, shapes, original)
        _check_improved(run, corrected_run)
        _copy_atomically(path, Path(out))
    is_verified = original is not None and corrected_run.exit is ParityExit.PARITY
    verified = tuple(case.name for case in corrected_run.cases if case.ran) if is_verified else ()
    return FixedModel(Path(out), tuple(changes), corrected_run, tuple(left), verified)


def _copy_atomically(path: Path, out: Path) -> None:
    """Whole or not at all."""
    beside = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        shutil.copyfile(path, beside)
        os.replace(beside, out)
    finally:
        beside.unlink(missing_ok=True)


def _check_improved(before: ModelRun, after: ModelRun) -> None:
    """Raise ``CannotFix`` where a runtime does not run the corrected model, or anything is worse than before."""
    ran = {result.runtime for result in after.outcomes if result.ran}
    for result in before.outcomes:
        if result.ran and result.runtime not in ran:
            raise CannotFix(f"{result.runtime} does not run the corrected model")
    if len(after.differing) >= len(before.differing):
        raise CannotFix(f"as many resizes differ in the corrected model: {after.differing[0].key}")
    if after.against != before.against:
        return  # an expected output that was itself corrected is no measure of both
    errors = {(output.output, output.runtime, output.case): output.worst for output in before.outputs}
    for output in after.outputs:
        if output.is_wrong and output.worst > errors.get((output.output, output.runtime, output.case), math.inf):
            name = printable(output.output, 60)
            raise CannotFix(f"output {name!r} is off by more in the corrected model, on {output.runtime}")


def attribute_candidates(place: NodeLocation, expected: ExactResize) -> Iterator[tuple[Convention, dict[str, object]]]:
    """Settings of attributes that do what is expected, those nearest to the file's own first, with what each means."""
    own = place.resize.attributes
    opset = max(opset for opset in (11, 13, 18, 19) if opset <= (place.resize.opset or 11))
    conventions = {exact.convention for exact in expected.matrices}
    if len(conventions) != 1:
        return
    convention = conventions.pop()
    candidates: list[tuple[tuple[bool, int, int], Convention, dict[str, object]]] = []
    for setting in resize_attributes(opset):
        if "roi" in setting:
            continue
        meaning = convention_of(setting)
        if meaning != convention and not _is_equivalent(meaning, expected, convention, has_open_size(place)):
            continue
        full = _changed_attributes(own, setting)
        count = sum(resize_attribute(own, name) != value for name, value in full.items())
        if count:
            candidates.append(((meaning != convention, count, len(candidates)), meaning, full))
    for _, meaning, full in sorted(candidates, key=lambda candidate: candidate[0])[:_MAX_CANDIDATES]:
        yield meaning, full


def has_open_size(place: NodeLocation) -> bool:
    """Whether the file does not fix a size of this resize."""
    return any(axis.n_in is None or axis.n_out is None for axis in place.resize.axes)


def _changed_attributes(own: Attributes, setting: Mapping[str, object]) -> dict[str, object]:
    """The attributes to set, and with ``None`` those to remove, for the node to mean what the setting means."""
    removed: dict[str, object] = {
        name: None
        for name in ("nearest_mode", "cubic_coeff_a", "antialias", "exclude_outside")
        if name not in setting
        and reads_attribute(setting, name)
        and resize_attribute(own, name) != RESIZE_DEFAULTS[name]
    }
    return removed | dict(setting)


def _is_equivalent(meaning: Convention, expected: ExactResize, convention: Convention, is_open: bool) -> bool:
    """Whether another convention has the expected matrices at these sizes and, where sizes are open, at others, too."""
    for exact in expected.matrices:
        if not np.array_equal(matrix(meaning, exact.n_in, exact.n_out).to_array(), exact.to_array()):
            return False
    return not is_open or all(
        np.array_equal(matrix(meaning, *pair).to_array(), matrix(convention, *pair).to_array()) for pair in _OTHER_SIZES
    )


@dataclass(frozen=True, slots=True)
class _Target:
    """A resize to be corrected: its exact definition, and its input and shapes in the run on the base runtime."""

    place: NodeLocation
    expected: ExactResize
    x: np.ndarray
    shapes: tuple[tuple[int, ...], tuple[int, ...]]


class _FixSearch:
    """Finds what to change at each resize, and keeps it."""

    def __init__(self, inspection: Inspection, runtimes: Sequence[Runtime], session: Session) -> None:
        if not isinstance(inspection.subject, OnnxModelUnderTest):
            raise CannotFix("only ONNX files are corrected")
        self.inspection, self.runtimes, self.session = inspection, list(runtimes), session
        self.flat = inspection.subject.flat
        self.attributes: dict[NodeLocation, Mapping[str, object]] = {}
        self.replacements: dict[NodeLocation, Replacement] = {}

    def changes(self, keys: Sequence[str]) -> tuple[list[ModelChange], list[tuple[str, str]]]:
        """The changes to the resizes with these keys, and the keys that are left, with the reason."""
        changes, left = [], []
        for key in dict.fromkeys(keys):
            try:
                target = self._target(key)
                changes.append(self._by_attributes(target) or self._by_operators(target))
            except CannotFix as reason:
                left.append((key, str(reason)))
        return changes, left

    def _target(self, key: str) -> _Target:
        for place, observation in self.inspection.observations.items():
            if place.key == key and isinstance(observation.definition, ExactResize):
                if place in self.inspection.unproved:
                    why = self.inspection.unproved[place]
                    raise CannotFix(f"its counterpart in the reference is likely, and not proved: {why}")
                x = self.inspection.values()[place.input]
                return _Target(place, observation.definition, np.asarray(x), observation.shapes)
        raise CannotFix("its expected result is not known")

    def _by_attributes(self, target: _Target) -> ModelChange | None:
        """Other attributes that are right on all the runtimes; ``None`` where there are none."""
        place, own = target.place, target.place.resize
        if len(place.nodes) != 1 or own.op != "Resize" or (own.opset or 0) < 11 or target.expected.outside:
            return None
        for meaning, setting in attribute_candidates(place, target.expected):
            shapes = {place: target.shapes}
            extracted = edits.extract_nodes(self.flat, [place], self.inspection.values(), shapes, setting)
            if not self._wrong_on(target, extracted.proto):
                changed = [
                    f"{name}={value}" if value is not None else f"no {name}"
                    for name, value in setting.items()
                    if resize_attribute(own.attributes, name) != value
                ]
                self.attributes[place] = setting
                expected = target.expected.matrices[0].convention
                sizes = ", ".join(f"{n_in} to {n_out}" for n_in, n_out in dict.fromkeys(target.expected.sizes))
                why = f", which from {sizes} is the same as '{expected}'" if meaning != expected else ""
                return ModelChange(place.key, f"set {', '.join(changed)}{why}", setting)
        return None

    def _by_operators(self, target: _Target) -> ModelChange:
        """Primitive operators that are right on all the runtimes; raises ``CannotFix`` where there are none."""
        place = target.place
        reasons = []
        for is_for_any_size in (True,) if has_open_size(place) else (False, True):
            try:
                replacement = self._replacement(target, is_for_any_size)
            except ValueError as error:
                reasons.append(str(error))
                continue
            values = self.inspection.values()
            proto = edits.replacement_alone(self.flat, place, replacement, target.x, target.shapes, values)
            wrong_on = self._wrong_on(target, proto)
            if not wrong_on:
                self.replacements[place] = replacement
                sizes = "of any size" if is_for_any_size else "of these sizes"
                kinds = ", ".join(sorted({node.op_type for node in replacement.nodes}))
                count = len(replacement.nodes)
                return ModelChange(place.key, f"{count_text(count, 'node')} for resizes {sizes}: {kinds}", None, count)
            names = " and ".join(wrong_on)
            reasons.append(
                f"written in portable operators, its result is wrong on {names}; leave that out of --against"
            )
        raise CannotFix("; ".join(dict.fromkeys(reasons)))

    def _replacement(self, target: _Target, is_for_any_size: bool) -> Replacement:
        """Primitive operators that compute the expected resize; raises ``ValueError`` where they cannot be written."""
        place, expected, x = target.place, target.expected, target.x
        prefix = f"corrected_{place.nodes[-1]}"
        if not is_for_any_size:
            return counterfactual.exact_resize_nodes(expected, place.input, place.output, x.dtype, x.ndim, prefix)
        attributes = place.resize.attributes
        is_old = (place.resize.opset or 0) < _OPEN_SINCE
        if x.dtype != np.float32 or is_old or expected.outside or len(place.nodes) != 1:
            raise ValueError(f"resizes of any size are written for float32 from opset {_OPEN_SINCE} on")
        own = self.flat.proto.graph.node[place.nodes[-1]]
        if own.op_type != "Resize" or resize_attribute(attributes, "keep_aspect_ratio_policy") != "stretch":
            raise ValueError("for sizes that are not fixed, only a Resize without keep_aspect_ratio_policy is written")
        listed = [axis % x.ndim for axis in attributes.get("axes", range(x.ndim))]
        scales_input, sizes_input = (own.input[k] if len(own.input) > k else "" for k in (2, 3))
        scales = self.flat.constant(scales_input) if not sizes_input and scales_input else None
        if not sizes_input and scales is None:
            raise ValueError("its scales are computed when the model runs")
        axes = []
        for axis, exact in zip(expected.axes, expected.matrices, strict=True):
            position = listed.index(axis)
            scale = Fraction(1) if scales is None else Fraction(float(scales[position]))
            axes.append(OpenAxis(axis, exact.convention, sizes_input, position, scale))
        return any_size_resize_nodes(axes, place.input, place.output, x.ndim, prefix)

    def _wrong_on(self, target: _Target, proto: onnx.ModelProto) -> list[str]:
        """The runtimes on which a model of one input is wrong, for the base run's input or for noise."""
        path = edits.write_model(proto, self.session.new_path(".onnx"))
        inputs, outputs = edits.inputs_of(proto), edits.outputs_of(proto)
        arrays = [target.x, noise_like(target.x)]
        feeds = [self.session.save_feeds({inputs[0]: array}) for array in arrays]
        jobs = {runtime: self.session.job(runtime.load, path, inputs, outputs, feeds) for runtime in self.runtimes}
        results = self.session.run_all(jobs)
        return [runtime.name for runtime, result in results.items() if not _is_right(target, result, arrays)]

    def corrected(self) -> onnx.ModelProto:
        """The model with every change; external data is taken in, since the file may be put anywhere."""
        from onnx import external_data_helper

        proto = edits.with_replacements(self.flat, self.replacements)
        by_output = {node.output[0]: node for node in proto.graph.node if node.output}
        for place, setting in self.attributes.items():
            edits.set_attributes(by_output[place.output], setting)
        external_data_helper.load_external_data_for_model(proto, str(self.flat.folder))
        return proto


def _is_right(target: _Target, result: JobResult, arrays: Sequence[np.ndarray]) -> bool:
    """Whether each run gave the exact result for its array, up to rounding."""
    if result.status is not RunStatus.RAN:
        return False
    for run, x in enumerate(arrays):
        y = next(iter(result.arrays(run).values()))
        if y.shape != target.shapes[1]:
            return False
        error = reference_resize.worst_error(target.expected, x, y)
        if not (error <= reference_resize.rounding_bound(target.expected, x) or math.isnan(error)):
            return False
    return True
