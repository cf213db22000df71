"""What is asked of a runtime about a model, for ONNX files, which are rewritten, and for others, which are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from threading import Lock

import numpy as np

from parity import given as asked
from parity import onnx_edit
from parity.given import Shapes, noise_like
from parity.model import Model
from parity.onnx_edit import Replacement
from parity.onnx_flat import Flat, Place, flat
from parity.outcomes import Status
from parity.runtimes import Runtime
from parity.session import Session
from parity.worker import Answer

INPUT_OF = "^"
"""As in :mod:`parity.runners.tensorflow`."""


class Subject:
    """A model of which only the whole can be run, and its inside be looked at where the runtime can show it."""

    def __init__(self, model: Model, session: Session, feeds: Mapping[str, np.ndarray], more: Sequence[Mapping] = ()):
        self.model, self.session, self.feeds = model, session, dict(feeds)
        self.saved = [session.saved(one) for one in (feeds, *more)]

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where its resizes take and make what can be shown."""
        # TensorFlow names what an operator takes in terms of the function that it is in, which running inlines.
        by_operator = self.model.kind == "saved_model"
        return tuple(
            Place(one, (), f"{INPUT_OF}{one.output}" if by_operator else one.input, one.output)
            for one in self.model.resizes
        )

    @property
    def unseen(self) -> tuple[tuple[str, str], ...]:
        """The resizes that cannot be shown, with why."""
        return ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names, in the file's order."""
        return tuple(port.name for port in self.model.inputs)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names, in the file's order."""
        return tuple(port.name for port in self.model.outputs)

    def whole(self, runtimes: Sequence[Runtime], more_on: Runtime | None = None) -> dict[Runtime, Answer]:
        """The model as it is, on the feeds; on one runtime also on those given as ``more``."""
        path = self.model.path
        jobs = {
            one: self.session.job(one, path, self.inputs, self.outputs, self._feeds(one, more_on)) for one in runtimes
        }
        return self.session.do_all(jobs)

    def _feeds(self, runtime: Runtime, more_on: Runtime | None) -> list[dict[str, str]]:
        return self.saved if runtime is more_on else self.saved[:1]

    def showing(self, runtimes: Sequence[Runtime]) -> dict[Runtime, Answer]:
        """The same with the tensors around its resizes among the outputs; runtimes that cannot are left out."""
        names = tuple(dict.fromkeys(name for place in self.places for name in (place.input, place.output)))
        names = tuple(name for name in names if name not in self.inputs)
        jobs = {
            one: self.session.job(
                one, self.model.path, self.inputs, (*self.outputs, *names), self.saved[:1], load=one.show
            )
            for one in runtimes
            if one.show and names
        }
        return self.session.do_all(jobs)

    def value(self, name: str, shown: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """A tensor of a run that was shown, a feed, or a constant; ``None`` where it is not known."""
        found = shown.get(name)
        return self.feeds.get(name) if found is None else found

    def cut(
        self, runtimes: Sequence[Runtime], values: Mapping[str, np.ndarray], shapes: Mapping[Place, Shapes]
    ) -> dict[Runtime, dict[Place, tuple[np.ndarray, ...]]]:
        """What each resize makes, alone, of :meth:`given`; nothing where it cannot be cut out of the file."""
        return {}

    def given(self, place: Place, shapes: Shapes, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the results of :meth:`cut` were made of: ``x``, which the base run gave it, and noise."""
        return np.asarray(x), noise_like(np.asarray(x))

    def replaced(self, runtimes: Sequence[Runtime], replacements: Mapping[Place, Replacement]) -> dict[Runtime, Answer]:
        """The whole with something else in the place of some resizes; nothing where the file is not rewritten."""
        return {}


class LitertSubject(Subject):
    """A LiteRT model: its resizes are written anew as models of one operator, to be run alone."""

    def cut(
        self, runtimes: Sequence[Runtime], values: Mapping[str, np.ndarray], shapes: Mapping[Place, Shapes]
    ) -> dict[Runtime, dict[Place, tuple[np.ndarray, ...]]]:
        """RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR of float32, with the model's flags and its size."""
        from adapters._litert_models import resize_model

        found: dict[Runtime, dict[Place, tuple[np.ndarray, ...]]] = {one: {} for one in runtimes}
        for place, (before, after) in shapes.items():
            x = self.value(place.input, values)
            if x is None or x.dtype != np.float32 or len(before) != 4 or not place.resize.op.startswith("RESIZE_"):
                continue
            flags = {name: bool(value) for name, value in place.resize.attributes.items()}
            path = self.session.path(".tflite")
            path.write_bytes(resize_model(place.resize.op, "float32", (after[1], after[2]), before, **flags))
            feeds = [self.session.saved({"x": np.asarray(each)}) for each in (x, noise_like(x))]
            jobs = {one: self.session.job(one, path, ("x",), ("y",), feeds) for one in runtimes}
            for one, answer in self.session.do_all(jobs).items():
                if answer.status is Status.RAN:
                    runs = [answer.arrays(k) for k in range(len(answer.files))]
                    found[one][place] = tuple(next(iter(each.values())) for each in runs)
        return found


class OnnxSubject(Subject):
    """An ONNX model, rewritten to show its resizes, to run them alone, and to replace them."""

    def __init__(self, model: Model, session: Session, feeds: Mapping[str, np.ndarray], more: Sequence[Mapping] = ()):
        super().__init__(model, session, feeds, more)
        self._with_fixed_shapes: set[Runtime] = set()
        self._flat: Flat | None = None
        self._flattening = Lock()

    @property
    def flat(self) -> Flat:
        """The copy that is rewritten. It is made when it is first asked for, by whichever thread that is."""
        with self._flattening:
            if self._flat is None:
                self._flat = flat(self.model, self.session.folder)
            return self._flat

    @property
    def places(self) -> tuple[Place, ...]:
        """Of the resizes in :attr:`flat`."""
        return self.flat.places

    @property
    def unseen(self) -> tuple[tuple[str, str], ...]:
        """The resizes that are not in :attr:`flat`, with why."""
        return self.flat.unseen

    def whole(self, runtimes: Sequence[Runtime], more_on: Runtime | None = None) -> dict[Runtime, Answer]:
        """The file itself; where that is refused for want of shapes, a copy with fixed ones."""
        answers = super().whole(runtimes, more_on)
        again = [one for one, answer in answers.items() if one.needs_shapes and answer.status is not Status.RAN]
        again = [one for one in again if answers[one].status is not Status.NOT_INSTALLED]
        if again:
            self._with_fixed_shapes.update(again)
            second = self._run(self.flat.proto, again, self.saved[:1])
            answers |= {one: answer for one, answer in second.items() if answer.status is Status.RAN}
        return answers

    def has_fixed_shapes(self, runtime: Runtime) -> bool:
        """Whether it was given a copy with fixed shapes, since it refused the file."""
        return runtime in self._with_fixed_shapes

    def showing(self, runtimes: Sequence[Runtime]) -> dict[Runtime, Answer]:
        """A copy with more outputs."""
        names = onnx_edit.around(self.flat, self.places)
        if not names:
            return {}
        return self.showing_these(runtimes, names)

    def showing_these(self, runtimes: Sequence[Runtime], names: Sequence[str]) -> dict[Runtime, Answer]:
        """A copy with these tensors among its outputs."""
        proto = onnx_edit.showing(self.flat, names)
        # Outputs that are added have a shape only in a copy for which it is inferred.
        wanting = [one for one in runtimes if one.needs_shapes]
        others = [one for one in runtimes if not one.needs_shapes]
        answers = self._run(proto, others, self.saved[:1])
        return answers | (self._run(proto, wanting, self.saved[:1], is_fixed=True) if wanting else {})

    def value(self, name: str, shown: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """As for others; constants as well."""
        found = super().value(name, shown)
        return self.flat.constant(name) if found is None else found

    def cut(
        self, runtimes: Sequence[Runtime], values: Mapping[str, np.ndarray], shapes: Mapping[Place, Shapes]
    ) -> dict[Runtime, dict[Place, tuple[np.ndarray, ...]]]:
        """Each resize on what it was given in the base run, and on noise: two results (:mod:`parity.given`).

        All are cut out into one model; a runtime that refuses that is given them one by one.
        """
        places = [place for place in shapes if self.value(place.input, values) is not None]
        found: dict[Runtime, dict[Place, tuple[np.ndarray, ...]]] = {one: {} for one in runtimes}
        if not places:
            return found
        for runtime, answer in self._cut_together(runtimes, places, values, shapes).items():
            if answer.status is Status.RAN and len(answer.files[0]) == len(places):
                runs = [answer.arrays(k) for k in range(len(answer.files))]
                for k, place in enumerate(places):
                    made = tuple(run[f"y{k}"] for run in runs)
                    found[runtime][place] = asked.results(place, shapes[place], made)
            elif len(places) > 1:
                for place in places:
                    alone = self._cut_together([runtime], [place], values, shapes)[runtime]
                    if alone.status is Status.RAN:
                        made = tuple(alone.arrays(k)["y0"] for k in range(len(alone.files)))
                        found[runtime][place] = asked.results(place, shapes[place], made)
        return found

    def given(self, place: Place, shapes: Shapes, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As for others; where both are given at once, each has the slices that the other has not."""
        return asked.inputs(place, shapes, x)

    def _cut_together(
        self,
        runtimes: Sequence[Runtime],
        places: Sequence[Place],
        values: Mapping[str, np.ndarray],
        shapes: Mapping[Place, Shapes],
    ) -> dict[Runtime, Answer]:
        known = Values(self, values)
        cut = onnx_edit.cut(self.flat, places, known, shapes, open_inputs=self.inputs)
        given = {f"x{k}": asked.together(p, shapes[p], known[p.input]) for k, p in enumerate(places)}
        path = onnx_edit.written(cut.proto, self.session.path(".onnx"))
        feeds = [self.session.saved({name: arrays[0] for name, arrays in given.items()} | cut.fed)]
        second = {name: arrays[1] for name, arrays in given.items() if len(arrays) > 1}
        if second:
            feeds.append(feeds[0] | self.session.saved(second))
        jobs = {one: self.session.job(one, path, cut.inputs, cut.outputs, feeds) for one in runtimes}
        return self.session.do_all(jobs)

    def replaced(self, runtimes: Sequence[Runtime], replacements: Mapping[Place, Replacement]) -> dict[Runtime, Answer]:
        """A copy with other nodes in the place of some resizes."""
        return self._run(onnx_edit.replaced(self.flat, replacements), runtimes, self.saved[:1])

    def _run(
        self, proto: object, runtimes: Sequence[Runtime], feeds: Sequence[Mapping], is_fixed: bool = False
    ) -> dict[Runtime, Answer]:
        paths: dict[bool, str] = {}
        jobs = {}
        for one in runtimes:
            has_shapes = is_fixed or one in self._with_fixed_shapes
            if has_shapes not in paths:
                copy = onnx_edit.fixed(proto, self.feeds) if has_shapes else proto
                paths[has_shapes] = onnx_edit.written(copy, self.session.path(".onnx"))
            names = onnx_edit.outputs_of(proto)
            jobs[one] = self.session.job(one, paths[has_shapes], self.inputs, names, feeds)
        return self.session.do_all(jobs)


class Values(dict):
    """Tensors by name, looked up as :meth:`Subject.value` does; ``KeyError`` for those that are not known."""

    def __init__(self, subject: Subject, shown: Mapping[str, np.ndarray]) -> None:
        super().__init__()
        self.subject, self.shown = subject, shown

    def __missing__(self, name: str) -> np.ndarray:
        value = self.subject.value(name, self.shown)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name: str, default: object = None) -> object:
        """The tensor, or ``default``."""
        value = self.subject.value(name, self.shown)
        return default if value is None else value


def subject(model: Model, session: Session, feeds: Mapping[str, np.ndarray], more: Sequence[Mapping] = ()) -> Subject:
    """The subject for a model's kind."""
    kinds = {"onnx": OnnxSubject, "tflite": LitertSubject}
    return kinds.get(model.kind, Subject)(model, session, feeds, more)
