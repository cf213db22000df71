"""The cases in which a model is run: shapes of its open inputs, branches of its Ifs; and their results as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity.diagnose.model_inputs import feed_shapes, pictures
from halfpixel.parity.diagnose.results import CaseResult, ModelRun, NodeFinding, RuntimeResult
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.model import BadModel, Model, Port
from halfpixel.parity.formats.onnx.flattened import WhyHidden
from halfpixel.parity.formats.onnx.forced_branches import computed_branches, write_with_branch
from halfpixel.parity.formats.onnx.shape_inference import shape_of
from halfpixel.parity.printable_text import printable

Shapes = Mapping[str, tuple[int, ...]]
"""Shapes of inputs by name."""
Arrays = Mapping[str, np.ndarray]

FURTHER_SIZES = ((75, 93), (32, 160), (97, 41), (1, 1))
"""Sizes of open axes in further cases. Conventions that are the same for 64 x 96, where every factor between sizes is
whole, differ for odd sizes; (32, 160) is wide and fits networks that halve their input five times; 97 and 41 are tall
and prime; and one pixel is where runtimes have cases of their own."""

_RANGES = ((-2, 2), (0, 255))
"""Of pictures: as normalised images are, and as they come from a file."""

_MAX_BRANCHES = 8
"""Branches that are run, each once; those with resizes first."""

_LEAST_SECONDS = 20.0
"""Further cases may take this long in all, by the clock, or as long as the first case took, whichever is more."""


@dataclass(frozen=True, slots=True)
class Case:
    """One way to run a model.

    name
        In words: ``x (1, 3, 75, 93)``, ``main/7:If.then_branch``; empty for the first case, as the file is.
    model, original
        The files to run: in a branch, copies in which it always runs; no model where it could not be read.
    shapes
        Of all inputs.
    feeds
        Arrays for inputs that the caller gives none for.
    problem
        Why it cannot be run, or not be compared with the original; empty without.
    """

    name: str
    model: Model | None
    original: Model | None
    shapes: Shapes = field(default_factory=dict)
    feeds: Arrays = field(default_factory=dict)
    problem: str = ""


def further_cases(
    model: Model,
    original: Model | None,
    feeds: Arrays,
    shapes: Shapes,
    first: ModelRun,
    folder: Path,
) -> Iterator[Case]:
    """The cases beside the first: pictures, branches, then other sizes of open axes.

    Pictures where an output says nothing on noise; every branch of an If with a computed condition, of which one runs.
    ``feeds`` and ``shapes`` are the caller's, ``first`` the first run, and ``folder`` is where copies are written.
    """
    ports = _ports_of_file(model)
    done = [feed_shapes(ports, feeds, shapes)]
    is_silent = bool(first.silent_outputs)
    for low, high in _RANGES if is_silent else ():
        arrays = pictures(model, feeds, done[0], low, high)
        if arrays:
            names = ", ".join(printable(name, 40) for name in arrays)
            yield Case(f"{names}: a picture of text from {low} to {high}", model, original, done[0], arrays)
    yield from _branches(model, original, shapes, dict(first.unseen), folder)
    for sizes in FURTHER_SIZES:
        chosen = feed_shapes(ports, feeds, shapes, sizes)
        if chosen not in done:
            done.append(chosen)
            case = _case_of_shapes(model, original, chosen, done[0], is_inferred=bool(model.shapes.keys() - shapes))
            yield replace(case, feeds=pictures(case.model or model, feeds, chosen, *_RANGES[0])) if is_silent else case


def _branches(
    model: Model, original: Model | None, shapes: Shapes, hidden: Mapping[str, str], folder: Path
) -> Iterator[Case]:
    with_resizes = (node.graph for node in model.resizes if hidden.get(node.key) is WhyHidden.BRANCH)
    graphs = dict.fromkeys([*with_resizes, *computed_branches(model)])
    for number, graph in enumerate(list(graphs)[:_MAX_BRANCHES]):
        path = write_with_branch(model, graph, folder / f"branch_{number}")
        if path is None:
            continue
        problem, branch_of_original = "", None
        if original is not None:
            beside = write_with_branch(original, graph, folder / f"branch_{number}_of_original")
            branch_of_original = load_model(beside) if beside is not None else None
            if branch_of_original is None:
                problem = f"the reference has no {graph} to compare it with"
        yield Case(graph, load_model(path, model.shapes), branch_of_original, shapes, problem=problem)


def _ports_of_file(model: Model) -> Sequence[Port]:
    """The inputs as the file declares them: those of ``model`` may have shapes that the caller fixed."""
    if model.proto is None:
        return model.inputs
    declared = {port.name: shape_of(port) for port in model.proto.graph.input}
    return [replace(port, shape=declared.get(port.name, port.shape)) for port in model.inputs]


def _case_of_shapes(model: Model, original: Model | None, shapes: Shapes, first: Shapes, is_inferred: bool) -> Case:
    """A case of these shapes; with ``is_inferred`` the file is read again, since its resizes depend on them."""
    changed = [f"{printable(name, 40)} {shape}" for name, shape in shapes.items() if shape != first[name]]
    name = ", ".join(changed[:4])
    try:
        return Case(name, load_model(model.path, shapes) if is_inferred else model, original, shapes)
    except BadModel as error:
        return Case(name, None, original, shapes, problem=printable(error, 200))


def run_cases(
    first: ModelRun, cases: Iterator[Case], run: Callable[[Case], ModelRun], seconds: Callable[[], float]
) -> ModelRun:
    """The first run and those of further cases, as one.

    ``seconds`` is the time since the first began. Cases that there is no time for are named in the result.
    """
    limit = seconds() + max(_LEAST_SECONDS, first.seconds)
    runs: list[tuple[str, ModelRun]] = []
    results = []
    for case in cases:
        if seconds() > limit:
            results.append(CaseResult(case.name, message=f"not run: the check had taken {seconds():.0f} s by then"))
            continue
        if case.model is None:
            results.append(CaseResult(case.name, message=case.problem))
            continue
        try:
            found = run(case)
        except BadModel as error:
            results.append(CaseResult(case.name, message=printable(error, 200)))
            continue
        if case.problem:
            # What it shows was not compared with the original.
            found = replace(found, unseen=first.unseen)
        runs.append((case.name, found))
        results.append(_case_result(case, found, first))
    return merged_runs(first, runs, results)


def _case_result(case: Case, run: ModelRun, first: ModelRun) -> CaseResult:
    ran = tuple(result.runtime for result in run.outcomes if result.ran)
    ran_first = {result.runtime for result in first.outcomes if result.ran}
    refused = [result for result in run.outcomes if not result.ran and (result.runtime in ran_first or not ran)]
    says_nothing = bool(run.outputs) and not any(output.compared for output in run.outputs)
    silence = "its outputs say nothing on this input" if says_nothing else ""
    texts = [case.problem, silence, *map(_refusal, refused[:3])]
    return CaseResult(
        case.name,
        dict(case.shapes),
        ran,
        len({node.key for node in run.nodes if node.compared}),
        len({output.output for output in run.outputs if output.compared}),
        "; ".join(filter(None, texts)),
    )


def _refusal(result: RuntimeResult) -> str:
    return f"{result.runtime}: {result.status} {printable(result.message, 120)}".strip()


def merged_runs(first: ModelRun, runs: Sequence[tuple[str, ModelRun]], cases: Sequence[CaseResult]) -> ModelRun:
    """One result of several runs, each with the name of its case; runtimes and inputs are those of the first.

    Where no runtime ran the first case, the first one that ran takes its place. Of the findings on a resize on one
    runtime the worst is kept; a resize counts as unseen where no case shows it.
    """
    if not any(result.ran and not result.is_original for result in first.outcomes):
        ran = next((run for _, run in runs if any(result.ran for result in run.outcomes)), first)
        first = replace(first, outcomes=ran.outcomes, base=ran.base, against=ran.against, feeds=ran.feeds)
    named = [("", first), *((name, run) for name, run in runs if run.base)]
    worst: dict[tuple[str, str], NodeFinding] = {}
    for name, run in named:
        for node in run.nodes:
            known = worst.get((node.key, node.runtime))
            if known is None or _precedence(node) < _precedence(known):
                worst[node.key, node.runtime] = replace(node, case=name)
    outputs = [replace(output, case=name) for name, run in named for output in run.outputs]
    hidden = [dict(run.unseen) for _, run in named if run.base]
    others = {(node.runtime, node.key): node for _, run in reversed(named) for node in run.others}
    return replace(
        first,
        outputs=tuple(sorted(outputs, key=lambda output: (VERDICT_ORDER.index(output.verdict), -output.share))),
        nodes=tuple(sorted(worst.values(), key=worst_first)),
        unseen=tuple(pair for pair in first.unseen if all(pair[0] in keys for keys in hidden)),
        unexplained=tuple(replace(output, case=name) for name, run in named for output in run.unexplained),
        others=tuple(reversed(others.values())),
        cases=tuple(cases),
    )


VERDICT_ORDER = (
    Verdict.ERROR,
    Verdict.DIVERGES,
    Verdict.TIES,
    Verdict.APPROXIMATES,
    Verdict.UNSUPPORTED,
    Verdict.AGREES,
    Verdict.EXACT,
)
"""Verdicts, worst first."""


def worst_first(node: NodeFinding) -> tuple[int, bool, float, float, str, str]:
    """The key by which findings are sorted."""
    ratio = node.own / node.bound if node.bound > 0 else 0.0
    return (VERDICT_ORDER.index(node.verdict), bool(node.runtime), -node.gain, -ratio, node.key, node.runtime)


def _precedence(node: NodeFinding) -> tuple[object, ...]:
    """Of several findings on one resize: one that differs, the worst, else one that was compared."""
    return (not node.differs, not node.compared, *worst_first(node))
