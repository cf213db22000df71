"""Where the templates of pages are, and how they are filled: escaped, strict, what is invisible made visible."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.shown import breakable, number, visible

TEMPLATES = Path(__file__).parent / "templates"


def environment() -> Environment:
    """A new one, for a page to add its own filters and globals to."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    made.filters |= {"number": number, "breakable": breakable}
    return made
