"""The pages of a diff of two runs and of a framework's timeline: self-contained, without scripts."""

from __future__ import annotations

from halfpixel.golden.vocabulary import Verdict
from halfpixel.reports.compare import diff, timeline
from halfpixel.reports.compare.diff import Difference
from halfpixel.reports.compare.timeline import HistoryGroup, Timeline
from halfpixel.reports.page.templating import render_page

OPEN_BELOW = 12
LISTED_ROWS = 2000
"""Rows of each kind: beyond, a browser is slow and nobody reads."""


def render_diff(difference: Difference) -> str:
    """The page as text."""
    return render_page(
        "diff.html.j2",
        difference=difference,
        groups=difference.groups(),
        change_kinds=diff.CHANGE_KINDS,
        change_columns=diff.PAGE_COLUMNS,
        version_columns=diff.VERSION_COLUMNS,
        listed=LISTED_ROWS,
        open_below=OPEN_BELOW,
    )


def largest_gain(group: HistoryGroup, position: int) -> float | None:
    """The largest gain of a group at one version; ``None`` where it has none, or nothing disagrees."""
    answers = [line.answers[position] for line in group.lines]
    differing = (answer for answer in answers if answer and answer.verdict_group != Verdict.AGREES)
    return max((answer.gain for answer in differing if answer.gain is not None), default=None)


def render_timeline(history: Timeline, with_unchanged: bool = False) -> str:
    """The page as text; ``with_unchanged`` lists the answers that no version changed, too."""
    groups = history.groups(with_unchanged)
    return render_page(
        "timeline.html.j2",
        timeline=history,
        headline=timeline.timeline_headline(history),
        steps=history.steps(),
        suites=list(dict.fromkeys(group.suite for group in groups)),
        groups=groups,
        largest_gain=largest_gain,
        without_framework=timeline.without_framework,
        question_columns=timeline.QUESTION_COLUMNS,
        short_changes=lambda changes: [timeline.with_short_subject(history, change) for change in changes],
    )
