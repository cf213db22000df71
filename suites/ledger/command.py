"""``halfpixel ledger draft RESULTS.jsonl ...``: prints ledger entries for what a run found and the ledger lacks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from halfpixel.reports.records.json_lines import read
from halfpixel.reports.records.record_types import Finding, RecordError, Run
from halfpixel.suites.ledger.entries import draft

PRINTED, BAD_INPUT = 0, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0, or 2 when a record cannot be read, which one line on stderr explains."""
    parser = argparse.ArgumentParser(prog="halfpixel ledger", description=__doc__.partition(": ")[2])
    commands = parser.add_subparsers(required=True, metavar="draft")
    command = commands.add_parser("draft", help="print TOML for the divergences that have no entry yet")
    command.add_argument("results", nargs="+", help="results.jsonl of runs, one for each size set")
    options = parser.parse_args(arguments)
    findings: dict[str, list[Finding]] = {}
    versions: dict[str, str | None] = {}
    try:
        for path in options.results:
            sizes = ""
            for record in read(path):
                if isinstance(record, Run):
                    versions |= record.versions
                    sizes = str(record.options["sizes"])
                elif isinstance(record, Finding):
                    findings.setdefault(sizes, []).append(record)
    except (OSError, RecordError) as error:
        print(f"halfpixel ledger: {error}", file=sys.stderr)
        return BAD_INPUT
    print(draft(findings, versions), end="")
    return PRINTED
