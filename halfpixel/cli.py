"""The command ``halfpixel``: finds the room that answers a sub-command, and turns every failure into one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn

from halfpixel import __version__

CANNOT_TELL = 2
"""Exit status of everything that is neither yes (0) nor no (1): bad input, a missing extra, a crash of our own."""

_INTERRUPTED, _PIPE_CLOSED = 130, 141
"""Exit statuses that a shell gives to Ctrl-C, and to a program whose output nobody reads to its end."""

_TRACEBACK = "HALFPIXEL_TRACEBACK"
"""Environment variable: set it to see where a crash came from."""


@dataclass(frozen=True, slots=True)
class Command:
    """One sub-command: the module whose ``main(arguments)`` answers it, what it is for, and the words put first."""

    module: str
    question: str
    prefix: tuple[str, ...] = ()


_PROBE = "halfpixel.probe.command"
COMMANDS = {
    "run": Command("halfpixel.suites.command", "run the suites on whatever is installed, and write the page"),
    "check": Command(_PROBE, "does this resizer follow that convention?", ("check",)),
    "identify": Command(_PROBE, "which convention does this resizer follow?", ("identify",)),
    "variants": Command(_PROBE, "what does it do to other dtypes, at the edges, down other paths?", ("variants",)),
    "translate": Command(_PROBE, "what do I write in another framework instead?", ("translate",)),
    "operations": Command(_PROBE, "which calls are known, and what does their documentation claim?", ("operations",)),
    "size": Command("halfpixel.probe.size_command", "which output size will each library make of that?"),
    "tolerance": Command(
        "halfpixel.probe.tolerance_command", "which tolerance is right for a test, and what does it hide?"
    ),
    "kit": Command("halfpixel.kit_command", "images to take to any device, and what its answers mean: make, read"),
    "parity": Command("halfpixel.parity_command", "does my exported model resize as the original did?"),
    "defects": Command("halfpixel.defects.command", "what is wrong with a framework, since when, and how to avoid it?"),
    "golden": Command("halfpixel.golden.command", "exact matrices and test vectors: show, list, verify, write"),
    "report": Command("halfpixel.reports.command", "the record of a run: render, merge, diff, timeline, and more"),
    "segmentation": Command("halfpixel.segmentation.command", "the align_corners of mmsegmentation configs, audited"),
    "ledger": Command("halfpixel.suites.ledger.command", "lock what a run found, check the catalogue of defects"),
}

EXTRA_OF = {
    "bokeh": "report",
    "itables": "report",
    "jinja2": "report",
    "jsonschema": "report",
    "markdown_it": "report",
    "markupsafe": "report",
    "flatbuffers": "parity",
    "google": "parity",
    "onnx": "parity",
    "packaging": "report",
    "pytest": "run",
    "xdist": "run",
}
"""Which extra of the distribution brings a module that a command may find missing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer one sub-command and return its exit status: 0 yes, 1 no, 2 cannot tell or cannot be used."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(_help(), file=sys.stdout if words else sys.stderr)
        return 0 if words else CANNOT_TELL
    if words[0] in ("-V", "--version"):
        print(f"halfpixel {__version__}")
        return 0
    name, *rest = words
    if name not in COMMANDS:
        return _refuse(f"unknown command {name!r}; there are: {', '.join(COMMANDS)}")
    command = COMMANDS[name]
    try:
        code = import_module(command.module).main([*command.prefix, *rest])
        sys.stdout.flush()
        return int(code)
    except BrokenPipeError:
        # Whoever read the output has seen enough, as `head` has; what is still buffered goes nowhere.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except KeyboardInterrupt:
        print("halfpixel: interrupted", file=sys.stderr)
        return _INTERRUPTED
    except ModuleNotFoundError as missing:
        return _refuse(_without(name, missing))
    except Exception as error:  # a crash of our own must not read as the answer "no"
        if os.environ.get(_TRACEBACK):
            raise
        reason = next(iter(str(error).splitlines()), "")
        return _refuse(f"{name}: internal error: {type(error).__name__}: {reason} ({_TRACEBACK}=1 shows where)")


def entry() -> NoReturn:
    """Run the command and exit with its status."""
    sys.exit(main())


def _without(name: str, missing: ModuleNotFoundError) -> str:
    """The line that says which module a command lacks, and how to install it."""
    module = (missing.name or "").partition(".")[0]
    if module in EXTRA_OF:
        return f"{name}: needs {module}, which is not installed: python -m pip install 'halfpixel[{EXTRA_OF[module]}]'"
    return f"{name}: needs the module {missing.name!r}, which is not installed"


def _refuse(line: str) -> int:
    print(f"halfpixel: {line}", file=sys.stderr)
    return CANNOT_TELL


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = [
        "usage: halfpixel COMMAND ...",
        "",
        "Do these two resizes agree, and if not, why, and what do I write?",
        "",
    ]
    lines += [f"  {name:<{width}}  {command.question}" for name, command in COMMANDS.items()]
    lines += ["", "halfpixel COMMAND --help says more. Exit status: 0 yes, 1 no, 2 cannot tell or cannot be used."]
    return "\n".join(lines)
