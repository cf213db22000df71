"""Writes a corrected model: other attributes where they do, else portable operators; verified by running it."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from parity import exact, onnx_edit, portable, portable_dynamic, reference
from parity.exact import Definition
from parity.feeds import prepared
from parity.model import Model, load
from parity.onnx_edit import Replacement
from parity.onnx_flat import Place
from parity.outcomes import Run, Status
from parity.run import run_in
from parity.runtimes import Runtime, named
from parity.session import Session
from parity.settings import is_open, plain, settings_for
from parity.steps import Looked, looked_into
from parity.subjects import OnnxSubject, noise_like
from parity.text import counted
from parity.worker import PATIENCE, Answer

if TYPE_CHECKING:
    import onnx

_OPEN_SINCE = 13


class CannotFix(ValueError):
    """Nothing could be corrected; the message is one line."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was changed at one resize, in words: ``attributes`` set, or ``nodes`` put in its place."""

    key: str
    words: str
    attributes: Mapping[str, object] | None = None
    nodes: int = 0


@dataclass(frozen=True, slots=True)
class Fixed:
    """A corrected model that was written to ``path``, and what running it found.

    ``left`` are resizes that still differ, with why nothing was done about them.
    """

    path: Path
    changes: tuple[Change, ...]
    run: Run
    left: tuple[tuple[str, str], ...] = ()


def fix(
    model: Model,
    found: Run,
    out: str | Path,
    feeds: Mapping[str, np.ndarray] | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    original: Model | None = None,
    patience: float = PATIENCE,
) -> Fixed:
    """Correct every resize that ``found`` says differs, so that all the runtimes that ran agree, and write the model.

    A resize should do what its counterpart in ``original`` does, or without one what its own convention says. It is
    given the attributes that make it so on every runtime, if there are such; else it is replaced by operators without
    a convention of their own. Both are run, alone, on all the runtimes, and then in the whole model; nothing is written
    otherwise. Raises :class:`CannotFix`, in one line.
    """
    if model.kind != "onnx":
        raise CannotFix(f"only ONNX files are corrected, not {model.kind}")
    if not found.differing:
        raise CannotFix("no resize differs: there is nothing to correct")
    runtimes = [named(one.runtime) for one in found.outcomes if one.ran and not one.runtime.startswith("reference")]
    arrays, _ = prepared(model, feeds or {}, shapes or {})
    with Session(patience) as session:
        session.warm(runtimes)
        theirs = reference.ran(original, model, arrays, session) if original is not None else None
        seen = looked_into(session, model, runtimes, arrays, named(found.base), theirs)
        work = _Work(seen, runtimes)
        keys = list(dict.fromkeys(one.key for one in found.differing))
        changes, left = work.changes(keys)
        if not changes:
            raise CannotFix("; ".join(f"{key}: {why}" for key, why in left)[:300])
        proto = work.corrected(model)
        path = session.path(".onnx")
        try:
            path.write_bytes(proto.SerializeToString())
        except ValueError as error:
            raise CannotFix(f"the corrected model cannot be written: {error}") from None
        again = run_in(session, load(path), [one.name for one in runtimes], arrays, None, original)
        _refuse_worse(found, again, {change.key for change in changes})
        _moved(path, Path(out))
    return Fixed(Path(out), tuple(changes), again, tuple(left))


def _moved(path: Path, out: Path) -> None:
    """Whole or not at all."""
    beside = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        shutil.copyfile(path, beside)
        os.replace(beside, out)
    finally:
        beside.unlink(missing_ok=True)


def _refuse_worse(before: Run, after: Run, changed: set[str]) -> None:
    still = [one for one in before.outcomes if one.ran and not _ran(after, one.runtime)]
    if still:
        raise CannotFix(f"{still[0].runtime} does not run the corrected model")
    if len(after.differing) >= len(before.differing):
        raise CannotFix(f"as many resizes differ in the corrected model: {after.differing[0].key}")


def _ran(run: Run, runtime: str) -> bool:
    return any(one.ran for one in run.outcomes if one.runtime == runtime)


class _Work:
    """Finds what to change at each resize, and keeps it."""

    def __init__(self, seen: Looked, runtimes: Sequence[Runtime]) -> None:
        self.seen, self.runtimes = seen, list(runtimes)
        self.subject: OnnxSubject = seen.subject
        self.attributes: dict[Place, Mapping[str, object]] = {}
        self.replacements: dict[Place, Replacement] = {}

    def changes(self, keys: Sequence[str]) -> tuple[list[Change], list[tuple[str, str]]]:
        """For each resize by key, the change that was found, or why there is none."""
        changes, left = [], []
        for key in keys:
            place = next((one for one in self.seen.places if one.key == key), None)
            if place is None or isinstance(self.seen.places[place].definition, str):
                left.append((key, "what it should do is not known"))
                continue
            change = self._by_attributes(place) or self._by_operators(place)
            if isinstance(change, Change):
                changes.append(change)
            else:
                left.append((key, change))
        return changes, left

    def _by_attributes(self, place: Place) -> Change | None:
        resize, wanted = place.resize, self.seen.places[place].definition
        if len(place.nodes) != 1 or resize.op != "Resize" or (resize.opset or 0) < 11 or wanted.outside:
            return None
        for setting in settings_for(place, wanted):
            if not self._wrong_on(place, self._cut(place, setting)):
                old = resize.attributes
                shown = [
                    f"{name}={value}" if value is not None else f"no {name}"
                    for name, value in setting.items()
                    if plain(old, name) != value
                ]
                self.attributes[place] = setting
                return Change(place.key, "set " + ", ".join(shown), setting)
        return None

    def _by_operators(self, place: Place) -> Change | str:
        wanted, x = self.seen.places[place].definition, self.seen.value(place.input)
        prefix = f"corrected_{place.nodes[-1]}"
        has_open_sizes = is_open(place)
        reasons = []
        for is_for_any_size in (True,) if has_open_sizes else (False, True):
            try:
                made = self._written(place, wanted, x, prefix, is_for_any_size)
            except ValueError as error:
                reasons.append(str(error))
                continue
            wrong_on = self._wrong_on(place, self._alone(place, made, x))
            if not wrong_on:
                self.replacements[place] = made
                sizes = "of any size" if is_for_any_size else "of these sizes"
                kinds = ", ".join(sorted({node.op_type for node in made.nodes}))
                words = f"{counted(len(made.nodes), 'node')} for resizes {sizes}: {kinds}"
                return Change(place.key, words, None, len(made.nodes))
            names = " and ".join(wrong_on)
            reasons.append(f"written in portable operators, it is not run right by {names}; --against can leave it out")
        return "; ".join(dict.fromkeys(reasons))

    def _written(
        self, place: Place, wanted: Definition, x: np.ndarray, prefix: str, is_for_any_size: bool
    ) -> Replacement:
        if not is_for_any_size:
            return portable.in_portable_operators(wanted, place.input, place.output, x.dtype, x.ndim, prefix)
        if x.dtype != np.float32 or (place.resize.opset or 0) < _OPEN_SINCE or wanted.outside or len(place.nodes) != 1:
            raise ValueError(f"resizes of any size are written for float32 from opset {_OPEN_SINCE} on")
        own = self.subject.flat.proto.graph.node[place.nodes[-1]]
        if own.op_type != "Resize" or place.resize.attributes.get("keep_aspect_ratio_policy", "stretch") != "stretch":
            raise ValueError("of any size, only a Resize that makes the sizes it is given is written")
        named_axes = next((list(one.ints) for one in own.attribute if one.name == "axes"), None)
        listed = list(range(x.ndim)) if named_axes is None else [axis % x.ndim for axis in named_axes]
        sizes = own.input[3] if len(own.input) > 3 else ""
        scales = self.seen.value(own.input[2]) if not sizes and len(own.input) > 2 else None
        axes = []
        for axis, one in zip(wanted.axes, wanted.matrices, strict=True):
            place_of = listed.index(axis)
            scale = None if scales is None else Fraction(float(scales[place_of]))
            if not sizes and (scale is None or (own.input[2] not in self.subject.flat.constants)):
                raise ValueError("its scales are computed when the model runs")
            axes.append(portable_dynamic.OpenAxis(axis, one.convention, sizes, place_of, scale))
        return portable_dynamic.in_portable_operators(axes, place.input, place.output, x.ndim, prefix)

    def _cut(self, place: Place, setting: Mapping[str, object]) -> tuple[onnx.ModelProto, tuple[str, ...]] | None:
        seen = self.seen.places[place]
        cut = onnx_edit.cut(self.subject.flat, [place], self.seen.values(), {place: seen.shapes}, setting)
        return cut.proto, ("x0",)

    def _alone(self, place: Place, made: Replacement, x: np.ndarray) -> tuple[onnx.ModelProto, tuple[str, ...]]:
        return onnx_edit.alone(self.subject.flat, place, made, x, self.seen.places[place].shapes, self.seen.values())

    def _wrong_on(self, place: Place, built: tuple[onnx.ModelProto, tuple[str, ...]]) -> list[str]:
        """The runtimes that do not make of the base run's input, and of noise, what they should."""
        proto, inputs = built
        session, x = self.subject.session, self.seen.value(place.input)
        path = onnx_edit.written(proto, session.path(".onnx"))
        given = [np.asarray(x), noise_like(np.asarray(x))]
        feeds = [session.saved({inputs[0]: each}) for each in given]
        names = onnx_edit.outputs_of(proto)
        answers = session.do_all({one: session.job(one, path, inputs, names, feeds) for one in self.runtimes})
        return [one.name for one, answer in answers.items() if not self._is_right(place, answer, given)]

    def _is_right(self, place: Place, answer: Answer, given: Sequence[np.ndarray]) -> bool:
        definition, (_, shape) = self.seen.places[place].definition, self.seen.places[place].shapes
        if answer.status is not Status.RAN:
            return False
        for k, each in enumerate(given):
            made = next(iter(answer.arrays(k).values()))
            if made.shape != shape:
                return False
            error = exact.worst_error(definition, each, made)
            if not (error <= exact.bound(definition, each) or math.isnan(error)):
                return False
        return True

    def corrected(self, model: Model) -> onnx.ModelProto:
        """The model with every change; external data is taken in, since the file may be put anywhere."""
        from onnx import external_data_helper, helper

        flat = self.subject.flat
        proto = onnx_edit.replaced(flat, self.replacements)
        by_output = {node.output[0]: node for node in proto.graph.node if node.output}
        for place, setting in self.attributes.items():
            node = by_output[place.output]
            kept = [one for one in node.attribute if one.name not in setting]
            new = {name: value for name, value in setting.items() if value is not None}
            del node.attribute[:]
            node.attribute.extend([*kept, *helper.make_node("Resize", [], [], **new).attribute])
        external_data_helper.load_external_data_for_model(proto, str(flat.folder))
        return proto
