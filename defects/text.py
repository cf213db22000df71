"""The catalogue as text: the projects, one project's entries, one entry whole, and a report to paste upstream."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from halfpixel.defects.catalogue import NOT_REPORTED, Catalogue, Defect
from halfpixel.defects.lock import LockedAnswer
from halfpixel.defects.programs import ProgramOutcome, ProgramState
from halfpixel.golden.vocabulary import DefectKind

WIDTH = 110


def projects_text(catalogues: Iterable[tuple[Catalogue, str]]) -> str:
    """A table of projects, each with its newest locked release: how many defects of each kind that release has."""
    kinds = list(DefectKind)
    names = [*(kind.value for kind in kinds), "reported", "of others"]
    rows = []
    for catalogue, version in catalogues:
        present = [defect for defect in catalogue.defects if not defect.is_fixed(version)]
        own = [defect for defect in present if not defect.fault_in]
        counts = [sum(defect.kind is kind for defect in own) for kind in kinds]
        reported = sum(defect.is_reported and defect.kind.is_defect for defect in own)
        of_others = sum(defect.kind.is_defect and bool(defect.fault_in) for defect in present)
        rows.append(
            [f"{catalogue.framework} {version}", *(str(count or ".") for count in (*counts, reported, of_others))]
        )
    margin = max([len("framework"), *(len(row[0]) for row in rows)])
    lines = ["  ".join([f"{'framework':<{margin}}", *names])]
    for name, *cells in rows:
        aligned = (f"{cell:>{len(column)}}" for cell, column in zip(cells, names, strict=True))
        lines.append("  ".join([f"{name:<{margin}}", *aligned]))
    lines += ["", "Of others: met through the framework, and the fault of another project.", ""]
    lines += ["halfpixel defects FRAMEWORK lists one project's, halfpixel defects FRAMEWORK ID shows one whole."]
    return "\n".join(lines)


def list_text(catalogue: Catalogue, version: str) -> str:
    """The entries of one framework, defects first, each with its kind, since when it is there, and who knows.

    Those that ``version``, the newest locked release, has fixed come last.
    """
    name = f"{catalogue.project} {version}".rstrip()
    present = [defect for defect in catalogue.defects if not defect.is_fixed(version)]
    parts = {
        f"{name}: {{}} defects": [defect for defect in present if defect.kind.is_defect],
        f"{name}: {{}} differences that the documentation leaves open, or states": [
            defect for defect in present if not defect.kind.is_defect
        ],
        f"{name}: {{}} that older releases have": [defect for defect in catalogue.defects if defect.is_fixed(version)],
    }
    lines = []
    for heading, listed in parts.items():
        if not listed:
            continue
        lines += [heading.format(len(listed)), ""]
        for defect in listed:
            lines += textwrap.wrap(defect.title, WIDTH)
            state = "reported" if defect.is_reported else defect.upstream
            whose = f"fault of {defect.fault_in}" if defect.fault_in else ""
            fixed = f"fixed in {defect.fixed_in}" if defect.fixed_in else ""
            facts = (defect.id, defect.kind, whose, defect.reach, defect.since, fixed, state)
            lines += [f"    {' · '.join(fact for fact in facts if fact)}", ""]
    return "\n".join(lines).rstrip()


def defect_text(catalogue: Catalogue, defect: Defect, answers: Sequence[LockedAnswer], version: str) -> str:
    """One entry whole; ``answers`` are the locked ones that it explains, in ``version``."""
    upstream = defect.upstream
    if upstream == NOT_REPORTED:
        upstream = f"{NOT_REPORTED}; searched {defect.searched}"
    if defect.kind is DefectKind.MEMORY and catalogue.security:
        upstream = f"{upstream}; report it privately: {catalogue.security}"
    contract = f"{defect.contract} ({defect.contract_source})" if defect.contract_source else defect.contract
    suites = sorted({answer.suite for answer in answers})
    count = f"{len(answers)} answer{'s' if len(answers) > 1 else ''} of suite{'s' if len(suites) > 1 else ''}"
    evidence = f"{count} {', '.join(suites)}, {catalogue.framework} {version}" if answers else ""
    facts = {
        "kind": f"{defect.kind}: {defect.kind.meaning}",
        "fault of": defect.fault_in,
        "met by": defect.reach,
        "contract": contract,
        "not affected": defect.not_affected,
        "versions": f"fixed in {defect.fixed_in}; {defect.since}" if defect.fixed_in else defect.since,
        "upstream": upstream,
        "where": defect.source,
        "workaround": defect.workaround,
        "evidence": evidence,
    }
    lines = [*textwrap.wrap(defect.title, WIDTH), f"{catalogue.framework} {defect.id}", ""]
    for name, text in facts.items():
        if text:
            lines += textwrap.wrap(
                f"{name + ':':<14}{text}",
                WIDTH,
                subsequent_indent=" " * 14,
                break_long_words=False,
                break_on_hyphens=False,
            )
    if defect.program:
        lines += ["", *(f"    {line}".rstrip() for line in defect.program.splitlines())]
    return "\n".join(lines)


def report_markdown(catalogue: Catalogue, defect: Defect, version: str, outcome: ProgramOutcome | None) -> str:
    """A report to paste into the project's tracker; ``outcome`` is that of the program, ``None`` where it was not run.

    Not for memory faults, which are reported privately.
    """
    lines = [f"# {defect.title}", ""]
    contract = defect.contract
    lines += [f"{contract} ({defect.contract_source})" if defect.contract_source else contract, ""]
    lines += ["### To reproduce", "", "```python", *defect.program.splitlines(), "```", ""]
    if outcome is not None and outcome.state is not ProgramState.NOT_INSTALLED:
        printed = [line for line in (outcome.printed, outcome.ending) if line]
        lines += [f"It prints, with {catalogue.package} {version}:", "", "```", *printed, "```", ""]
    else:
        lines += [f"(Not run here: {catalogue.package} is not installed.)", ""]
    rows = {
        "Versions": f"{defect.since}, of the releases that were tried" if defect.since else "",
        "Not affected": defect.not_affected,
        "Where it may come from": defect.source,
        "Workaround": defect.workaround,
        "Known thread": defect.upstream if defect.is_reported else f"none found; searched {defect.searched}",
    }
    for name, text in rows.items():
        if text:
            lines += [f"**{name}.** {text}", ""]
    return "\n".join(lines).rstrip()


def as_json(catalogue: Catalogue, defect: Defect, answers: Sequence[LockedAnswer], version: str) -> dict[str, Any]:
    """One entry as plain values, with the number of answers that it explains in ``version``."""
    values = asdict(defect)
    del values["line"]
    values["affects"] = [
        {name: list(words) for name, words in asdict(pattern).items() if words} for pattern in defect.affects
    ]
    project = {"framework": catalogue.framework, "project": catalogue.project, "tracker": catalogue.tracker}
    return project | values | {"since": defect.since, "answers": len(answers), "measured_in": version}
