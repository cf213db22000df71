"""The steps of a run: the whole model on every runtime, a look inside, and each resize alone and in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from parity import causal, cause, localise, reference
from parity import outputs as final
from parity.exact import Definition
from parity.localise import InPlace, Shown
from parity.model import Model
from parity.onnx_edit import TooLarge
from parity.onnx_flat import Place
from parity.outcomes import NodeFinding, Outcome, Status
from parity.runtimes import Runtime
from parity.session import Session
from parity.subjects import OnnxSubject, Subject, Values, subject
from parity.worker import Answer


@dataclass(frozen=True, slots=True)
class Looked:
    """The resizes of a model as the base runtime showed them, each with the definition that it should have."""

    subject: Subject
    shown: Shown
    places: Mapping[Place, InPlace]

    def value(self, name: str) -> np.ndarray | None:
        """A tensor of that run."""
        return self.subject.value(name, self.shown)

    def values(self) -> Values:
        """Tensors of that run by name."""
        return Values(self.subject, self.shown)


def looked_into(
    session: Session,
    model: Model,
    runtimes: Sequence[Runtime],
    feeds: Mapping[str, np.ndarray],
    base: Runtime,
    original: reference.Original | None = None,
) -> Looked:
    """Run a model on ``base`` and look at its resizes; the others are asked only which form of it they take."""
    work = Steps(session, model, list(runtimes), dict(feeds), original)
    work.subject = subject(model, session, feeds)
    work.whole = work.subject.whole(list(runtimes))
    work.look_inside([base])
    targets = {place: each.definition for place, each in work.seen[base].items()}
    if original is not None and original.places:
        work.against_original(work.seen[base], work.shown[base], targets)
    places = {place: replace(each, definition=targets[place]) for place, each in work.seen[base].items()}
    return Looked(work.subject, work.shown[base], places)


@dataclass
class Steps:
    """The steps of one run up to the findings on each resize, and what each step found."""

    session: Session
    model: Model
    chosen: list[Runtime]
    feeds: dict[str, np.ndarray]
    original: reference.Original | None = None
    subject: Subject = field(init=False)
    nudged: dict[str, np.ndarray] = field(default_factory=dict)
    whole: dict[Runtime, Answer] = field(default_factory=dict)
    shown: dict[Runtime, Shown] = field(default_factory=dict)
    blind: dict[Runtime, str] = field(default_factory=dict)
    disturbed: dict[Runtime, float] = field(default_factory=dict)
    seen: dict[Runtime, dict[Place, InPlace]] = field(default_factory=dict)
    everywhere: bool = False

    def run_whole(self) -> None:
        """The model as it is on every runtime; the first is looked into meanwhile."""
        installed = [one for one in self.chosen if not one.missing]
        first, rest = installed[:1], [one for one in self.chosen if one not in installed[:1]]

        def begin() -> None:
            self.whole |= self.subject.whole(first, *first)
            self.look_inside([one for one in first if self.whole[one].status is Status.RAN])

        with ThreadPoolExecutor(2) as pool:
            begun, others = pool.submit(begin), pool.submit(self.subject.whole, rest)
            _ = self.subject.places  # To find them may take a copy of the model, which is made while it is run.
            begun.result()
            answers = others.result()
        self.whole |= answers

    def find_base(self, ran: list[Runtime]) -> Runtime:
        """The first runtime that can be looked into and whose resizes are all right, else the one with most of them."""
        for one in ran:
            self.look_inside([one])
            if self.seen.get(one) and not any(each.is_wrong for each in self.seen[one].values()):
                return one
        return localise.base_of(ran, self.seen)

    def find_floor(self, base: Runtime) -> dict[str, float]:
        """What rounding explains of each output, by the runtime that was given the nudged input, too."""
        twice = next((one for one, answer in self.whole.items() if len(answer.files) > 1), None)
        if twice is None:
            self.whole[base] = self.subject.whole([base], base)[base]
            twice = base
        if len(self.whole[twice].files) < 2:
            return {}
        floats = [(self.nudged[name], x) for name, x in self.feeds.items() if x.size and x.dtype.kind == "f"]
        floats = [(moved, x) for moved, x in floats if moved is not x]
        nudges = [np.abs(moved - x).mean(dtype=np.float64) for moved, x in floats]
        errors: dict[Place, float] = {}
        for each in self.seen.values():
            for place, one in each.items():
                if one.error is not None and one.error <= one.bound:
                    errors[place] = max(errors.get(place, 0.0), one.error)
        first, second = (causal.named_outputs(self.subject, self.whole[twice], k) for k in (0, 1))
        nudge = float(max(nudges, default=0.0))
        return final.floor_of(first, second, max(self.model.nodes, 1), nudge, sum(errors.values()))

    def outcomes(self) -> tuple[Outcome, ...]:
        """How each runtime fared until now, and last how the original's did."""
        outcomes = []
        for one in self.chosen:
            fixed = isinstance(self.subject, OnnxSubject) and self.subject.has_fixed_shapes(one)
            outcome = reference.outcome_of(one, self.whole[one], "a copy with fixed shapes" if fixed else "")
            outcomes.append(replace(outcome, disturbed=self.disturbed.get(one), blind=self.blind.get(one, "")))
        if self.original is not None:
            outcomes.append(replace(self.original.outcome, runtime=f"reference: {self.original.runtime.name}"))
        return tuple(outcomes)

    def look_inside(self, runtimes: Sequence[Runtime]) -> None:
        """Show the tensors around the resizes on these runtimes, of which the whole model ran; once each."""
        new = [one for one in runtimes if one not in self.seen]
        if not new:
            return
        try:
            answers = self.subject.showing(new)
        except TooLarge as large:
            answers, self.blind = {}, self.blind | {one: str(large) for one in new}
        for one in new:
            outputs = causal.named_outputs(self.subject, self.whole[one])
            answer = answers.get(one)
            shown: dict[str, np.ndarray] = {}
            if answer is not None and answer.status is not Status.RAN:
                self.blind[one] = answer.message
            elif answer is not None:
                shown = answer.arrays()
                now = causal.named_outputs(self.subject, answer)
                worst = (final.apart(y, now.get(name)) for name, y in outputs.items())
                self.disturbed[one] = max(worst, default=0.0)
            # A model may be nothing but a resize between its own input and output: there is nothing to be shown.
            self.shown[one] = outputs | shown
            self.seen[one] = localise.in_place(self.subject, self.shown[one])

    def hold_nodes(
        self,
        ran: list[Runtime],
        base: Runtime,
        before: Mapping[Runtime, Mapping[str, np.ndarray]],
        floor: Mapping[str, float],
    ) -> tuple[list[NodeFinding], dict[Place, Definition]]:
        """Every resize on every runtime, and where there is an original, every resize of the file.

        Runtimes of which an output or a resize alone is not as it should be are looked into, and so are those that
        could not run a resize alone.
        """
        shown, seen = self.shown[base], self.seen[base]
        alone = self.subject.cut(ran, shown, {place: each.shapes for place, each in seen.items()})
        targets = {place: each.definition for place, each in seen.items() if not isinstance(each.definition, str)}
        own, inputs = {}, {}
        suspect = {one for one in ran if not self._agrees(before[base], before[one], floor)}
        for place, each in seen.items():
            results = {one.name: alone.get(one, {}).get(place, ()) for one in ran}
            x, y = (self.subject.value(name, shown) for name in (place.input, place.output))
            inputs[place] = self.subject.given(place, each.shapes, x)
            errors, bounds = own[place] = localise.own_errors(each, inputs[place], y, results)
            for one in ran:
                fits = [error <= bound for error, bound in zip(errors[one.name], bounds, strict=False)]
                if not results[one.name] or not all(fits):
                    suspect.add(one)
        self.look_inside([one for one in ran if self.everywhere or one in suspect])
        nodes: list[NodeFinding] = []
        for place, each in seen.items():
            errors, bounds = own[place]
            others = alone.get(base, {}).get(place, ())
            for one in ran:
                results, mine = alone.get(one, {}).get(place, ()), self.seen.get(one, {}).get(place)
                given = (inputs[place], results, errors[one.name], bounds, others, mine)
                found = localise.own_error(one.name, place, each, *given)
                nodes.append(self._node(one, base, place, each, found, list(zip(inputs[place], results, strict=False))))
        if self.original is not None and self.original.places:
            nodes += self.against_original(seen, shown, targets)
        return nodes, targets

    def _agrees(
        self, expected: Mapping[str, np.ndarray], got: Mapping[str, np.ndarray], floor: Mapping[str, float]
    ) -> bool:
        return all(final.agrees(y, got.get(name), floor.get(name, 0.0)) for name, y in expected.items())

    def _node(
        self,
        one: Runtime,
        base: Runtime,
        place: Place,
        seen: InPlace,
        own: NodeFinding,
        data: list[tuple[np.ndarray, np.ndarray]],
    ) -> NodeFinding:
        mine = self.shown.get(one, {})
        here = 0.0 if one is base else localise.inherited(self.subject, place, mine, self.shown[base])
        found = replace(own, inherited=here)
        if not found.differs:
            return found
        if not data:
            data = [(self.subject.value(place.input, mine), self.subject.value(place.output, mine))]
        return cause.named(self.subject, one, place, seen, found, self.shown[base], data)

    def against_original(
        self, seen: Mapping[Place, InPlace], shown: Shown, targets: dict[Place, Definition]
    ) -> list[NodeFinding]:
        """Every resize of the file against the original\'s; ``targets`` are set to what the original does."""
        found = []
        for mine, theirs in reference.paired(seen, self.original.places).items():
            wanted = reference.target(seen[mine], self.original, theirs)
            x = self.subject.value(mine.input, shown)
            one = reference.held(mine, seen[mine], wanted, f"{theirs.key} of the reference", x)
            if one is not None:
                found.append(one)
            if not isinstance(wanted, str):
                targets[mine] = wanted
        return found
