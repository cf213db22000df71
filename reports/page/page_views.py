"""What can be asked in the page: the list of its views, each a template, a script and the values that it works on.

A view is one line of ``PAGE_VIEWS`` and files beside the other templates:

- ``template``: a ``<section id="NAME">`` that the page includes; it sees what ``report.html.j2`` sees.
- ``scripts``: each has its statements in a block of its own (``{ ... }``), strict mode, no globals; a file hands what
  a later one needs on as a property of ``halfpixel``. They call
  ``halfpixel.route("NAME", (params) => ...)``, which is called with ``URLSearchParams`` whenever the fragment becomes
  ``#NAME?...``, on load too, and may return the element that the fragment is about, to be focused and kept in sight;
  ``halfpixel.go("NAME", {key: value}, {replace: true})`` makes such a fragment;
  ``await halfpixel.unpack("VALUE")`` gives one of the view's values; ``await halfpixel.library("bokeh")`` loads a
  library of ``reports/page/payload.py`` into the page once; ``halfpixel.when(element, start)`` calls ``start`` once,
  when the element comes near what is seen; ``halfpixel.element(tag, {properties}, ...children)`` and
  ``halfpixel.copyable(text, label)`` make elements; ``halfpixel.isDark()`` tells the colours in use, and the window has
  an event ``colours`` when they change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from halfpixel.reports.page import explorer, side_by_side
from halfpixel.reports.records.record_types import Record


@dataclass(frozen=True, slots=True)
class PageView:
    """One view. ``values(records)`` are its packed values by name, or ``None`` where the records have nothing for it.

    A view without values is left out of the page: section, script, libraries and its link in the navigation.
    """

    name: str
    title: str
    template: str
    scripts: tuple[str, ...]
    values: Callable[[Sequence[Record]], Mapping[str, object] | None]
    libraries: tuple[str, ...] = ()


PAGE_VIEWS: tuple[PageView, ...] = (
    PageView(
        "find",
        "Every answer",
        "explorer.html.j2",
        ("explorer_questions.js", "explorer_rows.js", "explorer.js"),
        explorer.explorer_values,
        ("datatables",),
    ),
    PageView(
        "compare",
        "Do these two agree?",
        "side_by_side.html.j2",
        ("side_by_side_arithmetic.js", "side_by_side_pictures.js", "side_by_side_weights.js", "side_by_side.js"),
        side_by_side.side_by_side_values,
        ("bokeh",),
    ),
)
