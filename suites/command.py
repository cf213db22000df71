"""``halfpixel run``: the suites on whatever is installed; the same as ``pytest --pyargs halfpixel.suites``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

PASSED, FAILED, NOT_RUN = 0, 1, 2
_STATUS = {0: PASSED, 1: FAILED}
"""The exit statuses of pytest that answer the question; interruption, bad options and no test at all do not."""

_USAGE = """\
usage: halfpixel run [--frameworks NAMES] [--sizes quick|full] [--report DIR] [--strict] [--resume]
                     [options of pytest] [SUITE ...]

Measures whatever is installed, and writes results.jsonl and index.html to the report's folder (reports/latest).
SUITE is the name of one suite, such as conformance or dtypes; by default all of them. Everything else is handed to
pytest: -k EXPRESSION chooses questions, -n auto uses every core, --help lists the rest.

At a release with a lock (suites/ledger) every change fails. At any other the run says which known defects are there,
which are not, and what no entry explains; with --strict the last fails, too.

A run that ends early says what it did not ask; --resume goes on from there.

exit status: 0 nothing unexpected, 1 a difference that is not known, or a known one that changed,
             2 not run to its end"""


def main(arguments: Sequence[str]) -> int:
    """Run the suites in this process and return the exit status."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(_USAGE)
        return PASSED
    import pytest

    from halfpixel import suites

    folder = os.path.dirname(suites.__file__)
    known = {entry.name for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith("_")}
    named = [word for word in arguments if word in known]
    others = [word for word in arguments if word not in known]
    modules = [f"halfpixel.suites.{word}" for word in named] or ["halfpixel.suites"]
    sys.stdout.flush()
    status = pytest.main([*others, "--pyargs", *modules])
    return _STATUS.get(int(status), NOT_RUN)
