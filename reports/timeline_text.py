"""A framework's timeline as text: lines for the terminal, and Markdown."""

from __future__ import annotations

import textwrap

from reports.markdown_text import code, plain
from reports.shown import number, visible
from reports.timeline import Answer, Timeline

LISTED = 6
"""As many questions of each kind are named; the page has all of them."""
LONGEST = 200


def short(text: object, longest: int = LONGEST) -> str:
    """One line of at most ``longest`` characters that can neither steer a terminal nor reorder text."""
    line = " ".join(str(visible(str(text)[: 4 * longest])).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def headline(told: Timeline) -> str:
    """What the timeline is about, and how much of it changed, in one sentence."""
    total, changed = len(told.lines), len(told.changed)
    text = (
        f"{short(told.framework)}, {len(told.versions)} versions from {short(told.versions[0])} to "
        f"{short(told.versions[-1])}: {changed} of {total} answers changed, {total - changed} did not"
    )
    return text + (f"; {told.partly} questions were not asked of every version" if told.partly else "")


def gains(before: Answer, after: Answer) -> str:
    """The worst case before and after, in the unit of the question; empty where neither was measured."""
    if before.gain is None and after.gain is None:
        return ""
    text = f"worst case {number(before.gain)} → {number(after.gain)}"
    if before.differing == after.differing or not (before.measured and after.measured):
        return text
    return f"{text}, in {before.differing} of {before.measured} → {after.differing} of {after.measured}"


def why(before: Answer, after: Answer) -> str:
    """What the difference that is there now, or was there, is put down to; empty where nothing was named."""
    if before.factors == after.factors or not (before.factors and after.factors):
        return ", ".join(after.factors or before.factors)
    return f"{', '.join(before.factors)} → {', '.join(after.factors)}"


def named(framework: str, subject: str) -> str:
    """A subject without the name of the framework that it begins with, short enough for a line."""
    return short(subject.removeprefix(f"{framework} "))


def terminal_lines(told: Timeline, width: int, everything: bool = False) -> list[str]:
    """For each version what it changed, the oldest first; with ``everything``, then what no version changed."""
    lines = textwrap.wrap(headline(told), max(width, 20))
    for step in told.steps():
        lines += ["", f"{short(step.after)} (after {short(step.before)}): {step.count} changed"]
        for (suite, before, after), changed in step.changed.items():
            lines.append(f"  {suite}, {before} → {after}: {len(changed)}")
            for subject, old, new in changed[:LISTED]:
                said = "; ".join(filter(None, (gains(old, new), why(old, new))))
                lines += textwrap.wrap(
                    f"{named(told.framework, subject)}{f': {said}' if said else ''}",
                    max(width, 40),
                    initial_indent="    ",
                    subsequent_indent="      ",
                    break_on_hyphens=False,
                )
            if len(changed) > LISTED:
                lines.append(f"    and {len(changed) - LISTED} more")
    if everything:
        lines += ["", "the same in every version:"]
        for group in told.groups(with_unchanged=True):
            if not group.steps:
                words = ", ".join(dict.fromkeys(filter(None, group.verdicts)))
                lines.append(f"  {group.suite}, {words}: {len(group.lines)}")
                lines += [f"    {named(told.framework, line.subject)}" for line in group.lines]
    return lines


def markdown(told: Timeline) -> str:
    """The changes of each version as a table of Markdown."""
    lines = [f"# {code(short(told.framework))} over its versions", "", f"{plain(headline(told))}.", ""]
    lines += ["Measured: " + ", ".join(code(short(version)) for version in told.versions) + ".", ""]
    for step in told.steps():
        lines += [f"## {code(short(step.after))}, after {code(short(step.before))}: {step.count} changed", ""]
        lines += [
            "| suite | from | to | questions | worst case | put down to | such as |",
            "|---|---|---|--:|---|---|---|",
        ]
        for (suite, before, after), changed in step.changed.items():
            subject, old, new = max(changed, key=lambda each: max(each[1].gain or 0, each[2].gain or 0))
            cells = (
                suite,
                before,
                after,
                str(len(changed)),
                gains(old, new).removeprefix("worst case "),
                why(old, new),
            )
            lines.append(f"| {' | '.join(map(plain, cells))} | {code(named(told.framework, subject), LONGEST)} |")
        lines.append("")
    return "\n".join(lines)
