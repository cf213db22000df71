"""Run a model, or single resizes of it in isolation, on a runtime; ONNX files are edited for that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.parity.diagnose.results import RunStatus
from halfpixel.parity.formats.model import Model
from halfpixel.parity.formats.onnx import edits
from halfpixel.parity.formats.onnx.edits import Replacement
from halfpixel.parity.formats.onnx.flattened import FlatModel, NodeLocation, flatten
from halfpixel.parity.runtimes.registry import Runtime
from halfpixel.parity.runtimes.session import Session
from halfpixel.parity.runtimes.tensorflow import INPUT_OF
from halfpixel.parity.runtimes.worker import Feeds, JobResult

if TYPE_CHECKING:
    import onnx

NOISE_SLICES = 8
"""Slices of noise: each of them shows every weight of a resize; of the model's own input all slices are run."""

Shapes = tuple[tuple[int, ...], tuple[int, ...]]
"""The shapes of a resize's input and output."""

IsolatedResults = dict[Runtime, dict[NodeLocation, tuple[np.ndarray, ...]]]
"""The outputs of resizes that were run alone, one for each of :meth:`ModelUnderTest.isolation_inputs`."""


def noise_like(x: np.ndarray) -> np.ndarray:
    """Seeded noise of the same shape and dtype, in [-1, 1] (bytes over their range): it shows every weight.

    The input of a resize within a network may be constant over whole regions, where a wrong resize is right.
    """
    random = np.random.default_rng(1)
    if x.dtype.kind == "f":
        return (2 * random.random(x.shape, np.float32) - 1).astype(x.dtype, copy=False)
    if x.dtype.kind == "b":
        return random.integers(0, 2, x.shape).astype(bool)
    limits = np.iinfo(x.dtype)
    return random.integers(max(limits.min, -128), min(limits.max, 255) + 1, x.shape).astype(x.dtype)


def _shared_axis(place: NodeLocation, shapes: Shapes) -> int | None:
    """The axis along which a resize gets both inputs at once: the model's own, and noise in its last slices.

    It is the longest axis that is not resized, so that slices are independent, and more than twice as long as the
    noise; ``None`` where there is none, or the resize's axes are not known: the inputs are then run one by one.
    """
    before, after = shapes
    if not place.resize.is_known or len(before) != len(after):
        return None
    resized = {axis.axis % len(before) for axis in place.resize.axes}
    free = [k for k, pair in enumerate(zip(before, after, strict=True)) if k not in resized and pair[0] == pair[1]]
    longest = max(free, key=lambda k: before[k], default=None)
    return longest if longest is not None and before[longest] > 2 * NOISE_SLICES else None


def _split_noise_slices(x: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """All but the last :data:`NOISE_SLICES` along an axis, and those; views."""
    leading = (slice(None),) * axis
    return x[(*leading, slice(None, -NOISE_SLICES))], x[(*leading, slice(-NOISE_SLICES, None))]


def _isolation_inputs(place: NodeLocation, shapes: Shapes, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The slices of ``x`` that an isolated resize is run on, and noise."""
    x = np.asarray(x)
    axis = _shared_axis(place, shapes)
    if axis is None:
        return x, noise_like(x)
    own, rest = _split_noise_slices(x, axis)
    return own, noise_like(rest)


def _isolation_batches(place: NodeLocation, shapes: Shapes, x: np.ndarray) -> tuple[np.ndarray, ...]:
    """The arrays to run it on, of its own shape: both inputs in one, or one after the other."""
    axis = _shared_axis(place, shapes)
    inputs = _isolation_inputs(place, shapes, x)
    return inputs if axis is None else (np.concatenate(inputs, axis=axis),)


def _split_results(place: NodeLocation, shapes: Shapes, results: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """The result for each isolation input, from those for each batch.

    A result of an unexpected shape is left whole, and stands for both.
    """
    axis = _shared_axis(place, shapes)
    if axis is None:
        return results
    return _split_noise_slices(results[0], axis) if results[0].shape == shapes[1] else (results[0], results[0])


def expected_shape(shapes: Shapes, x: np.ndarray) -> tuple[int, ...]:
    """The shape of the result for one isolation input, which may have fewer slices than the whole."""
    return tuple(after + length - before for before, after, length in zip(*shapes, x.shape, strict=True))


class ModelUnderTest:
    """A model that is only run as a whole, with its inner tensors where the runtime can show them."""

    def __init__(self, model: Model, session: Session, feeds: Feeds, extra_feeds: Sequence[Feeds] = ()) -> None:
        self.model, self.session, self.feeds = model, session, dict(feeds)
        self.saved_feeds = [session.save_feeds(arrays) for arrays in (feeds, *extra_feeds)]
        # TensorFlow names the input of an operator in terms of the function that it is in, which running inlines.
        by_operator = model.kind == "saved_model"
        self._locations = tuple(
            NodeLocation(node, (), f"{INPUT_OF}{node.output}" if by_operator else node.input, node.output)
            for node in model.resizes
        )

    @property
    def locations(self) -> tuple[NodeLocation, ...]:
        """Its resizes, with the tensors around them that can be shown."""
        return self._locations

    @property
    def not_visible(self) -> tuple[tuple[str, str], ...]:
        """The resizes whose tensors cannot be shown, with the reason."""
        return ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names, in the file's order."""
        return tuple(port.name for port in self.model.inputs)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names, in the file's order."""
        return tuple(port.name for port in self.model.outputs)

    def run_whole(
        self, runtimes: Sequence[Runtime], extra_feeds_on: Runtime | None = None, is_repeated: bool = False
    ) -> dict[Runtime, JobResult]:
        """Run the model as it is on the feeds, once or twice; on one runtime also on the extra feeds."""
        jobs = {}
        for runtime in runtimes:
            feeds = self.saved_feeds if runtime is extra_feeds_on else self.saved_feeds[:1]
            path, inputs, outputs = self.model.path, self.inputs, self.outputs
            jobs[runtime] = self.session.job(runtime.load, path, inputs, outputs, feeds, is_repeated)
        return self.session.run_all(jobs)

    def run_with_activations(self, runtimes: Sequence[Runtime]) -> dict[Runtime, JobResult]:
        """The same with the tensors around its resizes among the outputs, on the runtimes that can show them."""
        around = dict.fromkeys(name for place in self.locations for name in (place.input, place.output))
        names = [name for name in around if name not in self.inputs]
        outputs, feeds = (*self.outputs, *names), self.saved_feeds[:1]
        jobs = {
            runtime: self.session.job(runtime.show, self.model.path, self.inputs, outputs, feeds)
            for runtime in runtimes
            if runtime.show and names
        }
        return self.session.run_all(jobs)

    def value(self, name: str, activations: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """A tensor of a run, a feed, or a constant; ``None`` where it is not known."""
        activation = activations.get(name)
        return self.feeds.get(name) if activation is None else activation

    def run_isolated(
        self, runtimes: Sequence[Runtime], values: Mapping[str, np.ndarray], shapes: Mapping[NodeLocation, Shapes]
    ) -> IsolatedResults:
        """Run each resize alone on :meth:`isolation_inputs`; empty where it cannot be cut out of the file."""
        return {}

    def isolation_inputs(self, place: NodeLocation, shapes: Shapes, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The inputs of :meth:`run_isolated`: ``x``, which the resize had in the base run, and noise."""
        return np.asarray(x), noise_like(np.asarray(x))

    def run_with_replacements(
        self,
        runtimes: Sequence[Runtime],
        replacements: Mapping[NodeLocation, Replacement],
        shown: Sequence[NodeLocation] = (),
    ) -> dict[Runtime, JobResult]:
        """Run the whole with other nodes in the place of some resizes, and the tensors around others among the outputs.

        Empty where the file is not rewritten.
        """
        return {}


class LitertModelUnderTest(ModelUnderTest):
    """A LiteRT model: its resizes are written anew as models of one operator, to be run alone."""

    def run_isolated(
        self, runtimes: Sequence[Runtime], values: Mapping[str, np.ndarray], shapes: Mapping[NodeLocation, Shapes]
    ) -> IsolatedResults:
        """RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR of float32, with the model's flags and its size."""
        from halfpixel.adapters.litert import resize_model

        isolated: IsolatedResults = {runtime: {} for runtime in runtimes}
        for place, (before, after) in shapes.items():
            x = self.value(place.input, values)
            if x is None or x.dtype != np.float32 or len(before) != 4 or not place.resize.op.startswith("RESIZE_"):
                continue
            flags = {name: bool(value) for name, value in place.resize.attributes.items()}
            path = self.session.new_path(".tflite")
            path.write_bytes(resize_model(place.resize.op, "float32", (after[1], after[2]), before, **flags))
            feeds = [
                self.session.save_feeds({"x": images}) for images in self.isolation_inputs(place, (before, after), x)
            ]
            for runtime, result in self.session.run_model(runtimes, path, ("x",), ("y",), feeds).items():
                if result.status is RunStatus.RAN:
                    runs = [result.arrays(k) for k in range(len(result.files))]
                    isolated[runtime][place] = tuple(next(iter(arrays.values())) for arrays in runs)
        return isolated


class OnnxModelUnderTest(ModelUnderTest):
    """An ONNX model, rewritten to show its resizes, to run them alone, and to replace them."""

    def __init__(self, model: Model, session: Session, feeds: Feeds, extra_feeds: Sequence[Feeds] = ()) -> None:
        super().__init__(model, session, feeds, extra_feeds)
        self._with_fixed_shapes: set[Runtime] = set()
        self._flat: FlatModel | None = None
        self._flattening = Lock()

    @property
    def flat(self) -> FlatModel:
        """The copy that is rewritten; the thread that needs it first makes it."""
        with self._flattening:
            if self._flat is None:
                self._flat = flatten(self.model, self.session.folder)
            return self._flat

    @property
    def locations(self) -> tuple[NodeLocation, ...]:
        """The resizes in :attr:`flat`."""
        return self.flat.places

    @property
    def not_visible(self) -> tuple[tuple[str, str], ...]:
        """The resizes that are not in :attr:`flat`, with the reason."""
        return self.flat.unseen

    def run_whole(
        self, runtimes: Sequence[Runtime], extra_feeds_on: Runtime | None = None, is_repeated: bool = False
    ) -> dict[Runtime, JobResult]:
        """Run the file itself; where that is refused for want of shapes, a copy with fixed ones."""
        results = super().run_whole(runtimes, extra_feeds_on, is_repeated)
        done = (RunStatus.RAN, RunStatus.NOT_INSTALLED)
        refused = [runtime for runtime in results if runtime.needs_shapes and results[runtime].status not in done]
        if refused:
            self._with_fixed_shapes.update(refused)
            again = self._run(self.flat.proto, refused, is_repeated=is_repeated)
            results |= {runtime: result for runtime, result in again.items() if result.status is RunStatus.RAN}
        return results

    def has_fixed_shapes(self, runtime: Runtime) -> bool:
        """Whether it runs a copy with fixed shapes, since it refused the file."""
        return runtime in self._with_fixed_shapes

    def run_with_activations(self, runtimes: Sequence[Runtime]) -> dict[Runtime, JobResult]:
        """Run a copy with more outputs."""
        names = edits.tensors_around(self.flat, self.locations)
        return self.run_with_outputs(runtimes, names) if names else {}

    def run_with_outputs(self, runtimes: Sequence[Runtime], names: Sequence[str]) -> dict[Runtime, JobResult]:
        """Run a copy with these tensors among its outputs."""
        proto = edits.with_outputs(self.flat, names)
        # Outputs that are added have a shape only in a copy for which it is inferred.
        results = self._run(proto, [runtime for runtime in runtimes if not runtime.needs_shapes])
        needing = [runtime for runtime in runtimes if runtime.needs_shapes]
        return results | (self._run(proto, needing, is_fixed=True) if needing else {})

    def value(self, name: str, activations: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """As for other models; constants as well."""
        value = super().value(name, activations)
        return self.flat.constant(name) if value is None else value

    def run_isolated(
        self, runtimes: Sequence[Runtime], values: Mapping[str, np.ndarray], shapes: Mapping[NodeLocation, Shapes]
    ) -> IsolatedResults:
        """Run each resize alone: all in one model; one by one on a runtime that refuses that."""
        places = [place for place in shapes if self.value(place.input, values) is not None]
        isolated: IsolatedResults = {runtime: {} for runtime in runtimes}
        if not places:
            return isolated
        for runtime, result in self._run_extracted(runtimes, places, values, shapes).items():
            if result.status is RunStatus.RAN and len(result.files[0]) == len(places):
                parts = [(places, result)]
            elif len(places) > 1:
                parts = [
                    ([place], self._run_extracted([runtime], [place], values, shapes)[runtime]) for place in places
                ]
            else:
                continue
            for part, answer in parts:
                if answer.status is RunStatus.RAN:
                    runs = [answer.arrays(k) for k in range(len(answer.files))]
                    for k, place in enumerate(part):
                        outputs = tuple(arrays[f"y{k}"] for arrays in runs)
                        isolated[runtime][place] = _split_results(place, shapes[place], outputs)
        return isolated

    def isolation_inputs(self, place: NodeLocation, shapes: Shapes, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As for other models; where both are run at once, each has the slices that the other has not."""
        return _isolation_inputs(place, shapes, x)

    def _run_extracted(
        self,
        runtimes: Sequence[Runtime],
        places: Sequence[NodeLocation],
        values: Mapping[str, np.ndarray],
        shapes: Mapping[NodeLocation, Shapes],
    ) -> dict[Runtime, JobResult]:
        known = TensorValues(self, values)
        extracted = edits.extract_nodes(self.flat, places, known, shapes, open_inputs=self.inputs)
        batches = {f"x{k}": _isolation_batches(p, shapes[p], known[p.input]) for k, p in enumerate(places)}
        path = edits.write_model(extracted.proto, self.session.new_path(".onnx"))
        first = {name: arrays[0] for name, arrays in batches.items()}
        feeds = [self.session.save_feeds({**first, **extracted.fed})]
        second = {name: arrays[1] for name, arrays in batches.items() if len(arrays) > 1}
        if second:
            feeds.append(feeds[0] | self.session.save_feeds(second))
        return self.session.run_model(runtimes, path, extracted.inputs, extracted.outputs, feeds)

    def run_with_replacements(
        self,
        runtimes: Sequence[Runtime],
        replacements: Mapping[NodeLocation, Replacement],
        shown: Sequence[NodeLocation] = (),
    ) -> dict[Runtime, JobResult]:
        """Run such a copy."""
        proto = edits.with_replacements(self.flat, replacements)
        edits.add_outputs(proto, edits.tensors_around(self.flat, shown))
        return self._run(proto, runtimes)

    def _run(
        self, proto: onnx.ModelProto, runtimes: Sequence[Runtime], is_fixed: bool = False, is_repeated: bool = False
    ) -> dict[Runtime, JobResult]:
        """Run a whole model; a copy with fixed shapes on the runtimes that need it."""
        paths: dict[bool, str] = {}
        jobs = {}
        for runtime in runtimes:
            has_shapes = is_fixed or runtime in self._with_fixed_shapes
            if has_shapes not in paths:
                copy = edits.with_fixed_shapes(proto, self.feeds) if has_shapes else proto
                paths[has_shapes] = edits.write_model(copy, self.session.new_path(".onnx"))
            path, outputs = paths[has_shapes], edits.outputs_of(proto)
            feeds = self.saved_feeds[:1]
            jobs[runtime] = self.session.job(runtime.load, path, self.inputs, outputs, feeds, is_repeated)
        return self.session.run_all(jobs)


class TensorValues(Mapping[str, np.ndarray]):
    """Tensors by name, looked up as :meth:`ModelUnderTest.value` does; ``KeyError`` for those that are not known."""

    def __init__(self, subject: ModelUnderTest, activations: Mapping[str, np.ndarray]) -> None:
        self.subject, self.activations = subject, activations

    def __getitem__(self, name: str) -> np.ndarray:
        value = self.subject.value(name, self.activations)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.activations)

    def __len__(self) -> int:
        return len(self.activations)


def model_under_test(model: Model, session: Session, feeds: Feeds, extra_feeds: Sequence[Feeds] = ()) -> ModelUnderTest:
    """The class for a model's kind."""
    kinds = {"onnx": OnnxModelUnderTest, "tflite": LitertModelUnderTest}
    return kinds.get(model.kind, ModelUnderTest)(model, session, feeds, extra_feeds)
