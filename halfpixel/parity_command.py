"""The command ``halfpixel parity MODEL``: its arguments, its messages and its exit status."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from halfpixel.parity.check import ParityRequest, warm_session
from halfpixel.parity.printable_text import printable

if TYPE_CHECKING:
    from halfpixel.parity.output.verdict import ModelVerdict
    from halfpixel.parity.runtimes.session import Session

_EPILOG = "exit status: 0 parity (of --audit: no warning), 1 divergence, 2 cannot tell, or the input cannot be used"

_CANNOT_TELL, _INTERRUPTED = 2, 130
"""Exit statuses of a request that cannot be answered, and of a command that Ctrl-C ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args(arguments)
    # A page needs modules that may be missing: better now than after the runs.
    write_page = _page_writer() if options.html is not None else None
    against = tuple(name.strip() for name in options.against.split(",") if name.strip())
    try:
        with warm_session(() if options.audit else against) as session:
            verdict = _check(options, against, session)
        if write_page is not None:
            write_page(options.html, verdict)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED
    except ValueError as error:
        print(printable(error, 600), file=sys.stderr)
        return _CANNOT_TELL
    from halfpixel.parity.output.terminal import verdict_lines

    text = json.dumps(verdict.as_dict(), indent=1) if options.json else "\n".join(verdict_lines(verdict))
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # Who reads has enough; the interpreter would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(verdict.exit)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="halfpixel parity", description=__doc__, epilog=_EPILOG)
    parser.add_argument("model", metavar="MODEL", help=".onnx, .tflite, .pt2, or the folder of a SavedModel")
    parser.add_argument("--against", metavar="NAMES", default="", help="runtimes, comma-separated; all that read it")
    parser.add_argument("--input", metavar="FILE", action="append", default=[], help=".npy, .npz or image; NAME=FILE")
    parser.add_argument("--shape", metavar="NAME=1,3,512,512", action="append", default=[], help="fixes an input")
    parser.add_argument("--reference", metavar="FILE", help="the original: .pt2, a SavedModel, .onnx, .tflite")
    parser.add_argument("--fix", metavar="OUT", help="write a corrected ONNX model, verified by running it")
    parser.add_argument("--audit", action="store_true", help="read the file only; nothing is run")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.add_argument("--html", metavar="FILE", help="write a page with all of it, too")
    return parser


def _check(options: argparse.Namespace, against: tuple[str, ...], session: Session) -> ModelVerdict:
    """The verdict. Imported here, while the runtimes start: the code that compares their results."""
    from halfpixel.parity.formats.model import parse_shape
    from halfpixel.parity.input_files import check_writable
    from halfpixel.parity.inspection import check_in_session

    shapes = dict(map(parse_shape, options.shape))
    inputs = tuple(options.input)
    request = ParityRequest(options.model, against, inputs, shapes, options.reference, options.fix, options.audit)
    if options.html is not None:
        check_writable(Path(options.html), (*request.files, options.fix))
    return check_in_session(request, session)


def _page_writer() -> Callable[[str, ModelVerdict], None]:
    """What writes the page, whole or not at all; ``ModuleNotFoundError`` without the modules that pages need."""
    from halfpixel.reports.page.report_page import write_model_html
    from halfpixel.reports.records.record_types import ModelCheck, Run

    def write(path: str, verdict: ModelVerdict) -> None:
        from halfpixel.parity.output.report_fields import report_fields

        results = verdict.run.outcomes if verdict.run is not None else ()
        run = Run(
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            versions={result.runtime: result.version if result.ran else None for result in results},
            python=platform.python_version(),
            platform=platform.platform(),
            cpu=platform.processor(),
            size_pairs=0,
            pair_list_digest="",
        )
        try:
            write_model_html(path, run, ModelCheck(**report_fields(verdict)))
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror or error}") from None

    return write
