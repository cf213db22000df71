"""``halfpixel defects [FRAMEWORK] [ID]``: what is wrong with it, since when, who knows, and how to avoid it."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from halfpixel.adapters import frameworks as known_frameworks
from halfpixel.defects import catalogue as catalogues
from halfpixel.defects.catalogue import Catalogue, CatalogueError, Defect
from halfpixel.defects.lock import LockedAnswer, load_lock, locked_versions
from halfpixel.defects.programs import ProgramState, run_program
from halfpixel.defects.text import as_json, defect_text, list_text, projects_text, report_markdown
from halfpixel.golden.vocabulary import DefectKind

SHOWN, NOT_SHOWN, CANNOT_TELL = 0, 1, 2

_EPILOG = """\
exit status: 0 printed, or every program shows its defect; 1 with --run: a program does not show it;
2 no such framework or entry, or a program could not be run"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; see ``_EPILOG`` for its exit status."""
    parser = argparse.ArgumentParser(
        prog="halfpixel defects",
        description=(__doc__ or "").partition(": ")[2],
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("framework", nargs="?", help="such as opencv; without it, a table of all")
    parser.add_argument("id", nargs="?", help="an entry of the framework; without it, a list of all")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="a report of one entry to paste into a tracker")
    form.add_argument("--json", action="store_true", help="the entries as JSON")
    form.add_argument("--run", action="store_true", help="run the programs: which defects does this machine show?")
    options = parser.parse_args(arguments)
    try:
        chosen = _chosen(options.framework, options.id)
        if options.run:
            return _run(chosen)
        if options.json:
            entries = [as_json(kept, defect, *_evidence(kept, defect)) for kept, listed in chosen for defect in listed]
            print(json.dumps(entries[0] if options.id else entries, indent=1, ensure_ascii=False))
        elif options.markdown:
            print(_markdown(chosen, options.id))
        elif options.framework is None:
            print(projects_text((kept, _newest_locked(kept.framework)) for kept, _ in chosen))
        elif options.id is None:
            print(list_text(chosen[0][0], _newest_locked(options.framework)))
        else:
            ((kept, (defect,)),) = chosen
            print(defect_text(kept, defect, *_evidence(kept, defect)))
    except CatalogueError as error:
        print(f"halfpixel defects: {error}", file=sys.stderr)
        return CANNOT_TELL
    return SHOWN


Chosen = list[tuple[Catalogue, Sequence[Defect]]]


def _chosen(framework: str | None, identifier: str | None) -> Chosen:
    """The catalogues and entries that are named; :class:`CatalogueError` for a name that is none."""
    names = catalogues.frameworks()
    if framework is None:
        loaded = [catalogues.load(name) for name in names]
        return [(kept, kept.defects) for kept in loaded]
    if framework not in names:
        raise CatalogueError(
            f"no catalogue of {framework!r}{_nearest(framework, names)}; there are: {', '.join(names)}"
        )
    kept = catalogues.load(framework)
    if identifier is None:
        return [(kept, kept.defects)]
    defect = kept.defect(identifier)
    if defect is None:
        nearest = _nearest(identifier, [each.id for each in kept.defects])
        raise CatalogueError(
            f"{framework} has no entry {identifier!r}{nearest}; halfpixel defects {framework} lists them"
        )
    return [(kept, (defect,))]


def _nearest(word: str, words: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, words, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _newest_locked(framework: str) -> str:
    """The newest release with a lock; empty where none has one."""
    return (locked_versions(framework) or [""])[-1]


def _evidence(catalogue: Catalogue, defect: Defect) -> tuple[list[LockedAnswer], str]:
    """The locked answers that the entry explains in the newest release with a lock, and that release."""
    version = _newest_locked(catalogue.framework)
    lock = load_lock(catalogue.framework, version) if version else None
    return [answer for answer in lock.answers if answer.defect == defect.id] if lock else [], version


def _installed(framework: str) -> str | None:
    return known_frameworks()[framework].version


def _markdown(chosen: Chosen, identifier: str | None) -> str:
    if identifier is None:
        raise CatalogueError("--markdown is a report of one entry: halfpixel defects FRAMEWORK ID --markdown")
    ((kept, (defect,)),) = chosen
    if defect.kind is DefectKind.MEMORY:
        raise CatalogueError(
            f"{defect.id} touches foreign memory: no public draft; report it privately: {kept.security}"
        )
    if not defect.program:
        raise CatalogueError(f"{defect.id} is {defect.kind}, and has no program to paste")
    version = _installed(kept.framework)
    return report_markdown(kept, defect, version or "", run_program(defect) if version else None)


def _run(chosen: Chosen) -> int:
    """Run the programs, two at a time, and print what each shows."""
    jobs = [(kept, defect) for kept, listed in chosen for defect in listed if defect.program]
    if not jobs:
        raise CatalogueError("no entry with a program")
    status = SHOWN
    with ThreadPoolExecutor(2) as pool:
        outcomes = pool.map(lambda job: run_program(job[1]), jobs)
        for (kept, defect), outcome in zip(jobs, outcomes, strict=True):
            words = " ".join(f"{outcome.printed} {outcome.ending}".split())
            print(f"{outcome.state:<13}  {kept.framework} {defect.id}: {words}", flush=True)
            if outcome.state is ProgramState.NOT_SHOWN:
                status = max(status, NOT_SHOWN)
            elif outcome.state is not ProgramState.SHOWN:
                status = CANNOT_TELL
    return status
