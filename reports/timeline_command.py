"""``python -m reports timeline``: one framework's behaviour over its versions."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from reports import first_seen, timeline_page, timeline_text
from reports.files import write_whole
from reports.timeline import from_files


def _timeline(options: argparse.Namespace) -> int:
    told = from_files(options.records, options.framework)
    if options.markdown:
        print(timeline_text.markdown(told))
    else:
        width = shutil.get_terminal_size((100, 24)).columns
        print("\n".join(timeline_text.terminal_lines(told, width, options.all)))
    if options.output:
        write_whole(options.output, timeline_page.render(told, options.all))
        print(f"\n{options.output}")
    if options.since:
        first_seen.update(options.since, told)
    return 0


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = commands.add_parser("timeline", help="show what changed in one framework from version to version")
    parser.add_argument("records", type=Path, nargs="+", metavar="A.jsonl", help="runs, or folders of them")
    parser.add_argument("--framework", metavar="NAME", help="which, where the runs are about several")
    parser.add_argument("--all", action="store_true", help="list what did not change, too")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("-o", "--output", type=Path, metavar="out.html", help="write a page, too")
    parser.add_argument(
        "--since", type=Path, metavar="FILE.toml", help="write since which version each present divergence is found"
    )
    parser.set_defaults(run=_timeline)
