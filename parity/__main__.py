"""``python -m parity``: does an exported model resize as the original did? If not, which node, why, what fixes it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from parity.ask import Question, answered
from parity.model import BadModel
from parity.paths import refuse_output
from parity.shapes import parsed
from parity.status import Exit
from parity.text import shown

_EPILOG = (
    "exit status: 0 parity (of --audit: nothing to look at), 1 divergence, 2 cannot tell, or the input cannot be used"
)

_INTERRUPTED = 130
"""What a shell says of a command that Ctrl-C ended; none of the three answers."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m parity", description=__doc__, epilog=_EPILOG)
    parser.add_argument("model", metavar="MODEL", help=".onnx, .tflite, .pt2, or the folder of a SavedModel")
    parser.add_argument("--against", metavar="NAMES", default="", help="runtimes, comma-separated; all that read it")
    parser.add_argument("--input", metavar="FILE", action="append", default=[], help=".npy, .npz or image; NAME=FILE")
    parser.add_argument("--shape", metavar="NAME=1,3,512,512", action="append", default=[], help="fixes an input")
    parser.add_argument("--reference", metavar="FILE", help="the original: .pt2, a SavedModel, .onnx, .tflite")
    parser.add_argument("--fix", metavar="OUT", help="write a corrected ONNX model, verified by running it")
    parser.add_argument("--audit", action="store_true", help="read the file only; nothing is run")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.add_argument("--html", metavar="FILE", help="write a page with all of it, too")
    options = parser.parse_args(arguments)
    try:
        question = Question(
            options.model,
            tuple(name.strip() for name in options.against.split(",") if name.strip()),
            tuple(options.input),
            dict(map(parsed, options.shape)),
            options.reference,
            options.fix,
            options.audit,
        )
        if options.html is not None:
            refuse_output(Path(options.html), (*question.files, options.fix))
        verdict = answered(question)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED
    except (BadModel, ValueError) as error:
        print(shown(error, 600), file=sys.stderr)
        return int(Exit.CANNOT_TELL)
    if options.html is not None:
        from parity.page import write_page

        try:
            write_page(options.html, verdict)
        except OSError as error:
            print(shown(f"{options.html}: {error.strerror or error}", 600), file=sys.stderr)
            return int(Exit.CANNOT_TELL)
    from parity.show import lines

    try:
        print(json.dumps(verdict.as_dict(), indent=1) if options.json else "\n".join(lines(verdict)), flush=True)
    except BrokenPipeError:
        # Who reads has enough; the interpreter would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(verdict.exit)


if __name__ == "__main__":
    sys.exit(main())
