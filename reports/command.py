"""The ``report`` commands: render, merge, diff, timeline, reproduce, markdown, badges, csv."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from halfpixel.reports.compare import timeline
from halfpixel.reports.compare.diff import diff_lines, diff_markdown, difference
from halfpixel.reports.compare.merge import Merged, UnsoundFiles, merge
from halfpixel.reports.page.badges import badges
from halfpixel.reports.page.comparison_pages import render_diff, render_timeline
from halfpixel.reports.page.report_page import write_html
from halfpixel.reports.records.atomic_write import write_atomically
from halfpixel.reports.records.json_lines import read, write
from halfpixel.reports.records.record_types import RecordError
from halfpixel.reports.reproduction.reproductions import (
    reproductions,
    run_reproductions,
    sample_strata,
    select_reproductions,
)
from halfpixel.reports.text.csv_tables import tables
from halfpixel.reports.text.markdown_summary import markdown_summary
from halfpixel.reports.text.text_escaping import one_line

EXIT_BROKEN_PIPE = 141
"""What a shell says of a program whose output nobody read to its end."""
INPUT_OPTIONS, OUTPUT_OPTIONS = ("records", "old", "new"), ("output", "html")
"""Options of commands that name what is read, and what is written."""
LISTED_PROBLEMS = 20
LISTED_CHANGES = 50


def run_render(options: argparse.Namespace) -> int:
    """Write the page, with that on ``align_corners`` beside it, and print where it is; exit code 0."""
    target = options.output or options.records.with_suffix(".html")
    write_html(target, read(options.records))
    print(target)
    return 0


def run_merge(options: argparse.Namespace) -> int:
    """Write the joined records and what happened to them; exit code 1 when something is missing or contradicted."""
    try:
        merged = merge(options.records, options.keep_sound)
    except UnsoundFiles as error:
        for fault in error.faults:
            _print_note(f"halfpixel report: {fault}")
        return 2
    write(options.output, merged.records)
    _print_merge(merged, None if options.all else LISTED_PROBLEMS)
    print(
        f"{one_line(str(options.output))}: {len(merged.records):,} records; "
        f"{len(merged.duplicates) + len(merged.equal_up_to_rounding):,} duplicates dropped, "
        f"{len(merged.measured_elsewhere):,} not installed here but measured elsewhere, "
        f"{len(merged.conflicts):,} conflicts"
    )
    return 0 if merged.is_whole else 1


def _print_merge(merged: Merged, most: int | None) -> None:
    for title, lines, limit in (
        ("left out", merged.left_out, None),
        ("missing", merged.missing, None),
        ("note", merged.notes, None),
        ("conflict, both kept", merged.conflicts, most),
        ("other sizes, both kept", merged.other_sizes, most),
        ("duplicate, one kept", merged.duplicates, most),
        ("duplicate but for rounding, one kept", merged.equal_up_to_rounding, most),
        ("measured elsewhere", merged.measured_elsewhere, most),
    ):
        for line in lines[:limit]:
            _print_note(f"{title}: {line}")
        if limit is not None and len(lines) > limit:
            _print_note(f"{title}: and {len(lines) - limit:,} more, named with --all")


def _print_note(line: str) -> None:
    print(one_line(line), file=sys.stderr)


def run_diff(options: argparse.Namespace) -> int:
    """Print the changes; 0 when there are none, 1 when there are."""
    changes = difference(read(options.old), read(options.new))
    if options.html:
        write_atomically(options.html, render_diff(changes))
    if options.markdown:
        print(diff_markdown(changes), end="")
    else:
        for line in diff_lines(changes, None if options.all else LISTED_CHANGES):
            print(one_line(line))
    return 1 if changes else 0


def run_timeline(options: argparse.Namespace) -> int:
    """Print what each version changed, and write the page on request; exit code 0."""
    history = timeline.read_timeline(options.records, options.framework)
    if options.markdown:
        print(timeline.timeline_markdown(history))
    else:
        width = shutil.get_terminal_size((100, 24)).columns
        print("\n".join(timeline.timeline_lines(history, width, options.all)))
    if options.output:
        write_atomically(options.output, render_timeline(history, options.all))
        print(f"\n{options.output}")
    return 0


def run_reproduce(options: argparse.Namespace) -> int:
    """Run the reproductions; exit code 1 when one does not show what the record says."""
    selected = select_reproductions(reproductions(read(options.records)), options.frameworks, options.suites)
    if options.each is not None:
        selected = sample_strata(selected, options.each)
    if not selected:
        raise RecordError(f"{options.records}: no reproduction to run")
    return run_reproductions(selected, options.workers)


def run_markdown(options: argparse.Namespace) -> int:
    """Write or print the summary; exit code 0."""
    text = markdown_summary(read(options.records), options.link)
    if options.output:
        write_atomically(options.output, text)
        print(options.output)
    else:
        print(text, end="")
    return 0


def run_badges(options: argparse.Namespace) -> int:
    """Write the badges and print where they are; exit code 0."""
    files = badges(read(options.records))
    if not files:
        raise RecordError(f"{options.records}: no framework was asked anything")
    return _write_files(options.output, files)


def run_csv(options: argparse.Namespace) -> int:
    """Write the tables and print where they are; exit code 0."""
    return _write_files(options.output, tables(read(options.records)))


def _write_files(folder: Path, files: Mapping[str, str]) -> int:
    for name, text in files.items():
        write_atomically(folder / name, text)
        print(folder / name)
    return 0


Argument = tuple[tuple[str, ...], dict[str, Any]]


def _argument(*names: str, **settings: Any) -> Argument:
    return names, settings


_RUN = _argument("records", type=Path, metavar="A.jsonl")
_FOLDER = _argument("-o", "--output", type=Path, required=True, metavar="DIR")
COMMANDS: dict[str, tuple[str, Callable[[argparse.Namespace], int], tuple[Argument, ...]]] = {
    "render": (
        "write the page of a run",
        run_render,
        (_RUN, _argument("-o", "--output", type=Path, metavar="out.html", help="default: A.html")),
    ),
    "merge": (
        "join runs of machines, versions and shards; exit 1 when they contradict each other or one is missing",
        run_merge,
        (
            _argument("records", type=Path, nargs="+", metavar="A.jsonl"),
            _argument("-o", "--output", type=Path, required=True, metavar="out.jsonl"),
            _argument(
                "--keep-sound", action="store_true", help="join what is sound of damaged files, and list the rest"
            ),
            _argument("--all", action="store_true", help=f"list every record, not {LISTED_PROBLEMS} of a kind"),
        ),
    ),
    "diff": (
        "list what changed from one run to the next; exit 1 when something did",
        run_diff,
        (
            _argument("old", type=Path, metavar="OLD.jsonl"),
            _argument("new", type=Path, metavar="NEW.jsonl"),
            _argument("--all", action="store_true", help=f"list all changes, not {LISTED_CHANGES} of each kind"),
            _argument("--markdown", action="store_true", help="print Markdown for a pull request"),
            _argument("--html", type=Path, metavar="out.html", help="write a page, too"),
        ),
    ),
    "timeline": (
        "show what changed in one framework from version to version",
        run_timeline,
        (
            _argument("records", type=Path, nargs="+", metavar="A.jsonl", help="runs, or folders of them"),
            _argument("--framework", metavar="NAME", help="which, where the runs are about several"),
            _argument("--all", action="store_true", help="list what did not change, too"),
            _argument("--markdown", action="store_true", help="print Markdown"),
            _argument("-o", "--output", type=Path, metavar="out.html", help="write a page, too"),
        ),
    ),
    "reproduce": (
        "run every reproduction as copied; exit 1 when one does not show what the record says",
        run_reproduce,
        (
            _RUN,
            _argument("--frameworks", default="", metavar="A,B", help="only those that need no other framework"),
            _argument("--suites", default="", metavar="A,B", help="only those of these suites; pair for comparisons"),
            _argument("--each", type=int, metavar="N", help="at most N for each suite, framework and factor"),
            _argument("-n", "--workers", type=int, default=os.cpu_count() or 1, help="how many at a time"),
        ),
    ),
    "markdown": (
        "a summary for the page of a CI job",
        run_markdown,
        (
            _RUN,
            _argument("-o", "--output", type=Path, metavar="out.md", help="default: standard output"),
            _argument("--link", default="", metavar="URL", help="where the page of the run is"),
        ),
    ),
    "badges": ("an SVG badge for each framework", run_badges, (_RUN, _FOLDER)),
    "csv": ("the tables for a spreadsheet", run_csv, (_RUN, _FOLDER)),
}
"""Each command: its help, what runs it and returns the exit code, and its arguments."""


def _refuse_overwriting_inputs(options: argparse.Namespace) -> None:
    """Raise ``RecordError`` where what is to be written is what is to be read."""
    inputs = [path for name in INPUT_OPTIONS for path in _option_paths(getattr(options, name, None))]
    for path in (path for name in OUTPUT_OPTIONS for path in _option_paths(getattr(options, name, None))):
        if any(_is_same_file(path, other) for other in inputs):
            raise RecordError(f"{path}: would be overwritten, and is one of those to read")


def _option_paths(value: object) -> list[Path]:
    return [path for path in (value if isinstance(value, list) else [value]) if isinstance(path, Path)]


def _is_same_file(path: Path, other: Path) -> bool:
    try:
        return path.is_file() and path.samefile(other)
    except OSError:
        return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="halfpixel report", description=", ".join(COMMANDS))
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for name, (text, run, arguments) in COMMANDS.items():
        command = subparsers.add_parser(name, help=text)
        command.set_defaults(run=run)
        for names, settings in arguments:
            command.add_argument(*names, **settings)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all is well, 1 when runs contradict or differ, 2 when something could not be done."""
    options = _parser().parse_args(arguments)
    try:
        _refuse_overwriting_inputs(options)
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read the output has seen enough, as `head` has; what is left of it goes nowhere, quietly.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except (RecordError, OSError) as error:
        print(f"halfpixel report: {one_line(str(error))}", file=sys.stderr)
        return 2
