"""Runs a model on several runtimes and says which resize does otherwise, by how much, and why."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from parity import causal, reference
from parity import outputs as final
from parity.exact import Definition
from parity.feeds import nudged, prepared
from parity.model import BadModel, Model
from parity.onnx_flat import Place
from parity.onnx_sizes import deciding
from parity.outcomes import NodeFinding, OtherNode, OutputDifference, Run, Status
from parity.runtimes import Runtime, for_kind, named
from parity.session import Session
from parity.steps import Steps
from parity.subjects import subject
from parity.worker import PATIENCE
from probe.discrepancy import Verdict

_MOST = 8
"""Resizes of one runtime that are replaced one by one, the worst first; all are replaced together, however many."""

_VERDICTS = (
    Verdict.ERROR,
    Verdict.DIVERGES,
    Verdict.TIES,
    Verdict.APPROXIMATES,
    Verdict.UNSUPPORTED,
    Verdict.AGREES,
    Verdict.EXACT,
)


def run(
    model: Model,
    against: Sequence[str] = (),
    feeds: Mapping[str, np.ndarray] | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    original: Model | None = None,
    patience: float = PATIENCE,
    everywhere: bool = False,
) -> Run:
    """Run ``model`` on the runtimes named in ``against`` (all that read its kind, without), and compare.

    ``feeds`` and ``shapes`` are arrays and shapes for inputs by name; inputs without an array get a seeded one.
    ``original`` is what final outputs and resizes are held against; without it, the exact definitions of the model's
    own resizes. ``patience`` is how many seconds a runtime may take to load and run a model. Runtimes whose outputs and
    resizes are all as they should be are not looked into, which would cost as much again, but with ``everywhere``.
    Raises ``BadModel`` for feeds that do not fit and ``ValueError`` for an unknown runtime; never raises for what a
    runtime does.
    """
    with Session(patience) as session:
        return run_in(session, model, against, feeds, shapes, original, everywhere)


def run_in(
    session: Session,
    model: Model,
    against: Sequence[str] = (),
    feeds: Mapping[str, np.ndarray] | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    original: Model | None = None,
    everywhere: bool = False,
) -> Run:
    """As :func:`run`, with the processes of a session that is already there."""
    started = time.perf_counter()
    chosen = _chosen(model, against)
    session.warm(chosen)
    arrays, words = prepared(model, feeds or {}, shapes or {})
    steps = Steps(session, model, chosen, arrays, everywhere=everywhere)
    if original is not None:
        steps.original = reference.ran(original, model, arrays, session)
    found = _found(steps)
    wanted = (*against, *([found.outcomes[-1].runtime] if original is not None else []))
    return replace(found, feeds=words, wanted=wanted, seconds=time.perf_counter() - started)


def _chosen(model: Model, against: Sequence[str]) -> list[Runtime]:
    chosen = [named(name) for name in dict.fromkeys(against)] or list(for_kind(model.kind))
    for one in chosen:
        if model.kind not in one.kinds:
            raise BadModel(f"{one.name} does not read {model.kind} files; of those it reads {', '.join(one.kinds)}")
    return chosen


def _found(steps: Steps) -> Run:
    # A scale that is no more 1 for what is not resized is another question, and often refused.
    kept = deciding(steps.model, {name: array.shape for name, array in steps.feeds.items()})
    steps.nudged = nudged(steps.feeds, kept)
    steps.subject = subject(steps.model, steps.session, steps.feeds, [steps.nudged])
    steps.run_whole()
    ran = [one for one in steps.chosen if steps.whole[one].status is Status.RAN]
    if not ran:
        return Run(steps.outcomes(), unseen=steps.subject.unseen)
    base = steps.find_base(ran)
    before = {one: causal.named_outputs(steps.subject, steps.whole[one]) for one in ran}
    floor = steps.find_floor(base)
    nodes, targets = steps.hold_nodes(ran, base, before, floor)
    nodes, truth, against, after = _causes(steps, ran, base, nodes, targets, before)
    differences = _differences(before, truth, against, floor)
    is_same = all(after[one] is before[one] for one in before)
    left = differences if is_same else _differences(after, truth, against, floor)
    unexplained = tuple(one for one in left if one.verdict in (Verdict.DIVERGES, Verdict.ERROR))
    unseen = [*steps.subject.unseen]
    for place in steps.subject.places:
        if not any(place in each for each in steps.seen.values()):
            unseen.append((place.key, "no runtime could show it"))
    return Run(
        outcomes=steps.outcomes(),
        base=base.name,
        against=against,
        outputs=differences,
        nodes=tuple(sorted(nodes, key=_worst_first)),
        unseen=tuple(unseen),
        unexplained=unexplained,
        others=_others(steps, base, ran, unexplained),
    )


def _others(
    steps: Steps, base: Runtime, ran: list[Runtime], unexplained: Sequence[OutputDifference]
) -> tuple[OtherNode, ...]:
    """What else differs than resizes. Against an original that the base run is not like either, nobody can tell."""
    names = {one.runtime for one in unexplained}
    suspects = [one for one in ran if one.name in names and one is not base]
    if base.name in names or not suspects:
        return ()
    from parity import other_nodes

    return other_nodes.first(steps.subject, base, ran, suspects, [one.output for one in unexplained])


def _causes(
    steps: Steps,
    ran: list[Runtime],
    base: Runtime,
    nodes: list[NodeFinding],
    targets: Mapping[Place, Definition],
    before: Mapping[Runtime, dict[str, np.ndarray]],
) -> tuple[list[NodeFinding], dict[str, np.ndarray], str, dict[Runtime, dict[str, np.ndarray]]]:
    """What outputs are held against, and what becomes of the difference when resizes are exact."""
    places = {place.key: place for place in steps.subject.places}
    seen = {
        place: replace(each, definition=targets.get(place, each.definition)) for place, each in steps.seen[base].items()
    }
    dtypes = {place: steps.subject.value(place.input, steps.shown[base]).dtype for place in seen}

    def exact(one: Runtime, keys: Sequence[str]) -> dict[str, np.ndarray] | None:
        chosen = {places[key]: seen[places[key]] for key in keys}
        return causal.with_exact(steps.subject, one, chosen, dtypes)

    in_file = [one.key for one in nodes if one.differs and not one.runtime]
    wrong = {
        one: list(dict.fromkeys([n.key for n in nodes if n.differs and n.runtime == one.name] + in_file)) for one in ran
    }
    corrected = {one: exact(one, keys) for one, keys in wrong.items() if keys}
    after = {one: corrected.get(one) or before[one] for one in ran}
    if steps.original is not None and steps.original.outputs:
        truth, against = reference.expected(steps.original, before[base]), steps.original.words
    else:
        truth, against = after[base], base.name
        if corrected.get(base):
            against = f"{base.name} with exact resizes"
    if len(ran) == 1 and steps.original is None and not wrong[base]:
        # There is nothing but itself to hold it against.
        truth = {}
    tried: dict[str, int] = {}
    result = []
    for one in sorted(nodes, key=_worst_first):
        on = one.runtime or base.name
        if one.differs and truth and tried.get(on, 0) < _MOST:
            tried[on] = tried.get(on, 0) + 1
            runtime = next(each for each in ran if each.name == on)
            alone = after[runtime] if len(wrong[runtime]) == 1 else exact(runtime, [one.key])
            if corrected.get(runtime) is None and len(wrong[runtime]) == 1:
                alone = None
            one = replace(one, goes_away=causal.goes_away(truth, before[runtime], alone))
        result.append(one)
    return result, truth, against, after


def _differences(
    outputs: Mapping[Runtime, Mapping[str, np.ndarray]],
    truth: Mapping[str, np.ndarray],
    against: str,
    floor: Mapping[str, float],
) -> tuple[OutputDifference, ...]:
    found = []
    for one, arrays in outputs.items():
        if against == one.name:
            continue
        for name, expected in truth.items():
            found.append(final.held(name, one.name, against, expected, arrays.get(name), floor.get(name, 0.0)))
    return tuple(sorted(found, key=lambda each: (_VERDICTS.index(each.verdict), -each.share)))


def _worst_first(one: NodeFinding) -> tuple:
    ratio = one.own / one.bound if one.bound > 0 else 0.0
    return (_VERDICTS.index(one.verdict), bool(one.runtime), -one.gain, -ratio, one.key, one.runtime)
