"""``halfpixel ledger update RESULTS.jsonl ...`` and ``halfpixel ledger check``: write locks, and check catalogues."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from halfpixel.defects import catalogue
from halfpixel.defects.catalogue import LEDGER, CatalogueError
from halfpixel.defects.consistency import problems
from halfpixel.defects.lock import load_lock, write_lock
from halfpixel.reports.records.json_lines import read
from halfpixel.reports.records.record_types import Record, RecordError
from halfpixel.suites.ledger.update import updates

DONE, INCONSISTENT, BAD_INPUT = 0, 1, 2
LISTED = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns 0; 1 when an answer has no entry or two, or a pattern no answer, which is listed; 2 when a file cannot be
    read, which one line on stderr explains.
    """
    parser = argparse.ArgumentParser(prog="halfpixel ledger", description=(__doc__ or "").partition(": ")[2])
    parser.add_argument("--ledger", type=Path, default=LEDGER, metavar="DIR", help="the folder of catalogues and locks")
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    command = commands.add_parser("update", help="write the locks of the releases that these runs measured")
    command.add_argument("results", nargs="+", help="results.jsonl of runs")
    command.add_argument(
        "--drop-unasked", action="store_true", help="forget variants that are no longer asked of a call"
    )
    command = commands.add_parser("check", help="does every locked answer have one entry, every pattern an answer?")
    command.add_argument("frameworks", nargs="*", help="all that have a catalogue by default")
    options = parser.parse_args(arguments)
    try:
        if options.command == "check":
            return _check(options.frameworks, options.ledger)
        return _update([read(path) for path in options.results], options.ledger, options.drop_unasked)
    except OSError as error:
        print(f"halfpixel ledger: {error.filename}: {error.strerror}", file=sys.stderr)
    except (RecordError, CatalogueError) as error:
        print(f"halfpixel ledger: {error}", file=sys.stderr)
    return BAD_INPUT


def _check(named: Sequence[str], folder: Path) -> int:
    known = catalogue.frameworks(folder)
    if not known:
        raise CatalogueError(f"{folder}: no catalogue there")
    for name in named:
        if name not in known:
            raise CatalogueError(f"no catalogue of {name!r}; there are: {', '.join(known)}")
    frameworks = named or known
    found = [problem for framework in frameworks for problem in problems(framework, folder)]
    _print(found)
    entries = [defect for framework in frameworks for defect in catalogue.load(framework, folder).defects]
    defects = sum(defect.kind.is_defect for defect in entries)
    print(f"{len(entries)} entries of {len(frameworks)} frameworks, {defects} of them defects; {len(found)} problems")
    return INCONSISTENT if found else DONE


def _update(runs: Sequence[Sequence[Record]], folder: Path, drop_unasked: bool) -> int:
    status = DONE
    for update in updates(runs, folder, drop_unasked=drop_unasked):
        lock = update.lock
        if update.unexplained:
            _print(update.unexplained)
            print(f"{lock.framework} {lock.version}: not written; {len(update.unexplained)} answers need an entry")
            status = INCONSISTENT
            continue
        before = load_lock(lock.framework, lock.version, folder)
        path = write_lock(lock, folder)
        count = f"{len(lock.answers)} answers, {len(before.answers) if before else 0} before"
        print(f"{path}: {count}")
    return status


def _print(lines: Sequence[str]) -> None:
    for line in lines[:LISTED]:
        print(line)
    if len(lines) > LISTED:
        print(f"and {len(lines) - LISTED} more")
