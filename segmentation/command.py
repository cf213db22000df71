"""``halfpixel segmentation``: audit the ``align_corners`` of mmsegmentation configs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TextIO

from halfpixel.segmentation.configs.audit import (
    ConfigAudit,
    ConfigReadFailure,
    MmsegNotInstalled,
    audit_all,
    shipped_configs,
)
from halfpixel.segmentation.configs.output import audit_data, audit_lines, deployment_lines, table_lines
from halfpixel.segmentation.configs.read import MmengineNotInstalled

CONSISTENT, INCONSISTENT, UNREADABLE = 0, 1, 2
_EPILOG = "exit status: 0 consistent, 1 inconsistencies found, 2 something could not be read (the rest is audited)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="halfpixel segmentation", description=__doc__, epilog=_EPILOG)
    parser.add_argument("configs", nargs="*", metavar="CONFIG", help="config files; their bases are read with them")
    parser.add_argument("--all", action="store_true", help="every config that mmsegmentation ships, as a table")
    parser.add_argument("--json", action="store_true", help="as JSON, with the place of every setting")
    options = parser.parse_args(arguments)
    if bool(options.configs) == options.all:
        parser.error("name config files, or --all")
    try:
        answers = audit_all(shipped_configs() if options.all else options.configs)
    except (MmengineNotInstalled, MmsegNotInstalled) as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    _print(answers, options)
    return exit_status(answers)


def exit_status(answers: Sequence[ConfigAudit | ConfigReadFailure]) -> int:
    """The exit status that the answers call for."""
    audits = [answer for answer in answers if isinstance(answer, ConfigAudit)]
    if len(audits) < len(answers):
        return UNREADABLE
    return INCONSISTENT if any(config.faults for config in audits) else CONSISTENT


def _print(answers: Sequence[ConfigAudit | ConfigReadFailure], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps([audit_data(answer) for answer in answers], indent=1))
        return
    if options.all:
        folder = os.path.commonpath([answer.file.parent for answer in answers])
        print(f"in {folder}")
        _print_within(folder, table_lines(answers), sys.stdout)
        return
    used = set()
    for answer in answers:
        if isinstance(answer, ConfigReadFailure):
            _print_within(os.getcwd(), [answer.message], sys.stderr)
            continue
        _print_within(os.getcwd(), [*audit_lines(answer), ""], sys.stdout)
        used |= {answer.deciding.align_corners} if answer.deciding is not None else set()
    for setting in (True, False):
        if setting in used:
            print("\n".join(deployment_lines(setting)))


def _print_within(folder: str, text: Sequence[str], stream: TextIO) -> None:
    """Print lines with the paths of files in ``folder`` as seen from there."""
    print("\n".join(text).replace(folder + os.sep, ""), file=stream)
