"""The original of a model: runs it, pairs its resizes with the model's, and says where the file does otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np

from golden import Convention
from parity import cause, exact
from parity import outputs as final
from parity.causal import named_outputs
from parity.exact import Definition
from parity.localise import InPlace, in_place
from parity.model import BadModel, Model
from parity.onnx_flat import Place
from parity.outcomes import NodeFinding, Outcome, Status
from parity.runtimes import Runtime, for_kind
from parity.session import Session
from parity.subjects import Subject, noise_like, subject
from parity.text import shown as as_text
from parity.worker import Answer
from probe.candidates import differences
from probe.discrepancy import Verdict


@dataclass(frozen=True, slots=True)
class Original:
    """What the original made: its final outputs by the model's names, and its resizes as they were seen."""

    model: Model
    runtime: Runtime
    outcome: Outcome
    outputs: dict[str, np.ndarray]
    subject: Subject | None = None
    shown: Mapping[str, np.ndarray] | None = None
    places: Mapping[Place, InPlace] | None = None

    @property
    def words(self) -> str:
        """How it is called where outputs are held against it."""
        return f"{self.model.path.name} on {self.runtime.name}"


def ran(original: Model, model: Model, feeds: Mapping[str, np.ndarray], session: Session) -> Original:
    """Run the original on what the model is fed, channels moved where it wants that; ``BadModel`` where it fits not."""
    runtimes = [one for one in for_kind(original.kind) if not one.missing] or list(for_kind(original.kind))
    runtime = runtimes[0]
    own = subject(original, session, _fed(original, model, feeds))
    answer = own.whole([runtime])[runtime]
    outcome = outcome_of(runtime, answer)
    if answer.status is not Status.RAN:
        return Original(original, runtime, outcome, {})
    found = list(named_outputs(own, answer).items())
    names = [port.name for port in model.outputs]
    by_name = dict(found)
    is_named = set(names) <= set(by_name)
    outputs = by_name if is_named else {name: y for name, (_, y) in zip(names, found, strict=False)}
    shown_answer = own.showing([runtime]).get(runtime)
    if shown_answer is None or shown_answer.status is not Status.RAN:
        return Original(original, runtime, outcome, outputs)
    shown = shown_answer.arrays()
    return Original(original, runtime, outcome, outputs, own, shown, in_place(own, shown))


def outcome_of(runtime: Runtime, answer: Answer, settings: str = "") -> Outcome:
    """An answer to the whole model, as an outcome."""
    words = "; ".join(filter(None, (runtime.settings, settings, *answer.notes)))
    return Outcome(
        runtime.name,
        answer.status,
        runtime.version,
        answer.message,
        words,
        answer.load_seconds,
        answer.run_seconds / max(1, len(answer.files)),
    )


def _fed(original: Model, model: Model, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    given = [feeds[port.name] for port in model.inputs]
    if len(original.inputs) != len(given):
        raise BadModel(f"the reference has {len(original.inputs)} inputs, the model {len(given)}")
    result = {}
    for k, port in enumerate(original.inputs):
        x = feeds.get(port.name, given[k])
        shapes = [x] if port.shape is None else _fitting(x, port.shape)
        if not shapes:
            raise BadModel(
                f"the reference's input {as_text(port.name, 60)!r} has shape {port.shape}, which {x.shape} is not"
            )
        result[port.name] = np.ascontiguousarray(shapes[0])
    return result


def _fitting(x: np.ndarray, shape: tuple[int | str, ...]) -> list[np.ndarray]:
    forms = [x] if x.ndim < 3 else [x, np.moveaxis(x, 1, -1), np.moveaxis(x, -1, 1)]
    return [
        form
        for form in forms
        if form.ndim == len(shape)
        and all(isinstance(n, str) or n <= 0 or n == m for n, m in zip(shape, form.shape, strict=True))
    ]


Pairs = dict[Place, Place]


def paired(mine: Mapping[Place, InPlace], theirs: Mapping[Place, InPlace]) -> Pairs:
    """The model's resizes and the original's that stand for them, in order, by the sizes they go between.

    Where both have as many, in the order of the files; else the longest sequences that match.
    """
    left, right = list(mine), list(theirs)
    if len(left) == len(right):
        return dict(zip(left, right, strict=True))
    first, second = ([_sizes(each[one]) for one in each] for each in (mine, theirs))
    found = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return {left[block.a + k]: right[block.b + k] for block in found for k in range(block.size)}


def _sizes(seen: InPlace) -> tuple:
    if not isinstance(seen.definition, str):
        return seen.definition.sizes
    return tuple(sorted(pair for pair in zip(*seen.shapes, strict=False) if pair[0] != pair[1]))


def target(mine: InPlace, original: Original, place: Place) -> Definition | str:
    """What the original's resize does, as a definition along the model's own axes; or why that cannot be said."""
    theirs = original.places[place]
    if isinstance(mine.definition, str):
        return mine.definition
    if not isinstance(theirs.definition, str) and not theirs.is_wrong:
        definition = theirs.definition
    else:
        # What it says of itself is not known, or not what it does: what it made tells.
        x, y = (original.subject.value(name, original.shown) for name in (place.input, place.output))
        plain = mine.definition
        if x is None or y is None or x.ndim != len(mine.shapes[0]):
            return "the reference's resize could not be looked at"
        if x.shape != mine.shapes[0] or y.shape != mine.shapes[1]:
            return "the reference's resize has other shapes"
        if exact.worst_error(plain, x, y) <= exact.bound(plain, x):
            return plain
        blank = NodeFinding("", "", "", Verdict.DIVERGES)
        found = cause.tried(plain, blank, [(np.asarray(x), np.asarray(y))])
        if found is None or found.measured is None:
            return "no convention explains what the reference's resize makes"
        from probe.candidates import Candidate

        definition = cause.with_candidate(plain, Candidate((), found.measured))
    if definition.sizes != mine.definition.sizes:
        return f"it resizes {_between(definition)} in the reference and {_between(mine.definition)} here"
    return Definition(mine.definition.axes, definition.matrices, definition.outside)


def _between(definition: Definition) -> str:
    return ", ".join(f"{n_in} to {n_out}" for n_in, n_out in definition.sizes)


def held(place: Place, mine: InPlace, wanted: Definition | str, against: str, x: np.ndarray) -> NodeFinding | None:
    """Where the model's own definition is another than the original's at these sizes; ``None`` where it is the same."""
    common = {"key": place.key, "runtime": "", "against": against}
    if isinstance(wanted, str):
        if "in the reference and" in wanted:
            return NodeFinding(
                **common, verdict=Verdict.ERROR, factors=("output size",), explanation=wanted, sizes=_sizes(mine)
            )
        return NodeFinding(**common, verdict=Verdict.UNSUPPORTED, message=wanted, sizes=_sizes(mine))
    given = noise_like(np.asarray(x))
    made = exact.applied(mine.definition, given)
    error, bound = exact.worst_error(wanted, given, made), exact.bound(wanted, given)
    ours, theirs = mine.definition.matrices[0].convention, wanted.matrices[0].convention
    common |= {"sizes": wanted.sizes, "convention": theirs, "measured": ours}
    if error <= bound:
        verdict = Verdict.EXACT if error == 0 else Verdict.AGREES
        found = NodeFinding(**common, verdict=verdict, own=error, bound=bound)
        if ours != theirs:
            text = f"the file says '{ours}', the reference '{theirs}'; at these sizes they are the same"
            found = replace(found, factors=_differences(theirs, ours), explanation=text)
        return found
    worst = cause.worst_case(wanted, mine.definition)
    found = NodeFinding(**common | worst, own=error, bound=bound)
    if ours == theirs:
        if mine.definition.outside != wanted.outside:
            factors, text = ("border",), "another value is put outside"
        else:
            factors, text = ("scale source",), "the same convention with other scales"
    else:
        factors, text = _differences(theirs, ours), f"the file says '{ours}', where the reference does '{theirs}'"
    return replace(found, factors=factors, explanation=text)


def _differences(theirs: Convention, ours: Convention) -> tuple[str, ...]:
    """As :func:`probe.candidates.differences`; rounding to another side is more than another rule for ties."""
    rounds = (
        theirs.nearest_mode and ours.nearest_mode and ("round" in theirs.nearest_mode) == ("round" in ours.nearest_mode)
    )
    found = differences(theirs, ours)
    is_ties = rounds and "round" in ours.nearest_mode
    return tuple("rounding" if factor == "ties" and not is_ties else factor for factor in found)


def expected(original: Original, outputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The original's outputs in the layout of the model's."""
    found = {}
    for name, y in original.outputs.items():
        mine = outputs.get(name)
        fitted = final.aligned(mine, y) if mine is not None else None
        found[name] = y if fitted is None else np.asarray(fitted)
    return found
