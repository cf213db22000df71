"""``python -m parity.mmseg``: audits the ``align_corners`` of mmsegmentation configs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TextIO

from parity.mmseg.audit import Audit
from parity.mmseg.many import Failure, NoMmseg, audit_all, shipped
from parity.mmseg.read import NoMmengine
from parity.mmseg.show import data, deployment_lines, lines, table_lines

CONSISTENT, INCONSISTENT, UNREADABLE = 0, 1, 2
_EPILOG = "exit status: 0 consistent, 1 inconsistencies found, 2 something could not be read (the rest is audited)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m parity.mmseg", description=__doc__, epilog=_EPILOG)
    parser.add_argument("configs", nargs="*", metavar="CONFIG", help="config files; their bases are read with them")
    parser.add_argument("--all", action="store_true", help="every config that mmsegmentation ships, as a table")
    parser.add_argument("--json", action="store_true", help="as JSON, with the place of every setting")
    options = parser.parse_args(arguments)
    if bool(options.configs) == options.all:
        parser.error("name config files, or --all")
    try:
        found = audit_all(shipped() if options.all else options.configs)
    except (NoMmengine, NoMmseg) as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    _print(found, options)
    return status(found)


def status(found: Sequence[Audit | Failure]) -> int:
    """The exit status that the answers call for."""
    if any(isinstance(one, Failure) for one in found):
        return UNREADABLE
    return INCONSISTENT if any(one.faults for one in found) else CONSISTENT


def _print(found: Sequence[Audit | Failure], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps([data(one) for one in found], indent=1))
        return
    if options.all:
        folder = os.path.commonpath([one.file.parent for one in found])
        print(f"in {folder}")
        _print_within(folder, table_lines(list(found)), sys.stdout)
        return
    for one in found:
        if isinstance(one, Failure):
            _print_within(os.getcwd(), [one.message], sys.stderr)
        else:
            _print_within(os.getcwd(), [*lines(one), ""], sys.stdout)
    used = {one.deciding.align_corners for one in found if isinstance(one, Audit) and one.deciding is not None}
    for setting in (True, False):
        if setting in used:
            print("\n".join(deployment_lines(setting)))


def _print_within(folder: str, text: Sequence[str], stream: TextIO) -> None:
    """Print lines with the paths of files in ``folder`` as seen from there."""
    print("\n".join(text).replace(folder + os.sep, ""), file=stream)


if __name__ == "__main__":
    sys.exit(main())
