"""Describe a finding in one plain sentence."""

from __future__ import annotations

import re

from halfpixel.golden.vocabulary import PAIR_SEPARATOR, WRONG, Suite, Verdict
from halfpixel.reports.records.record_types import Finding
from halfpixel.reports.text.phrases import (
    direction_phrase,
    displacement_phrase,
    example_phrase,
    factor_phrase,
    shorten_call,
    worst_case_phrase,
)
from halfpixel.reports.text.text_escaping import single_line

LONGEST = 300
NAME = 96

_CONDITIONS: dict[str, str] = {
    Suite.EDGES: "at the edge case '{}'",
    Suite.SCALES: "asked for its '{}'",
    Suite.RANKS: "with {}",
    Suite.GRADIENTS: "differentiated by {}",
    Suite.PATHS: "down the path {}",
    Suite.PARITY: "in the case {}",
}
"""How each suite's variant reads; a suite that is not here has ``(variant)``."""


def sentence(finding: Finding) -> str:
    """What was found, in one plain sentence of at most about 300 characters; from untrusted text, to be escaped."""
    if finding.verdict == Verdict.NOT_INSTALLED:
        return f"{_short_name(finding.framework)} is not installed here, so nothing was measured."
    if finding.verdict == Verdict.UNSUPPORTED:
        return _finish(f"{_subject(finding)} is refused by the framework{_refusal(finding)}")
    if finding.verdict in WRONG:
        return _difference(finding)
    return _agreement(finding)


def _short_name(text: str) -> str:
    return single_line(text, NAME)


def _subject(finding: Finding, limit: int = NAME) -> str:
    """The call, with the condition under which it was asked."""
    name = shorten_call(finding.operation, limit)
    if not finding.variant:
        return name
    variant = single_line(finding.variant, 48)
    if finding.suite == Suite.RANKS and not variant[:1].isdigit():
        return f"{name}, {variant},"
    if finding.suite == Suite.DTYPES:
        kind, comma, values = variant.partition(", ")
        return f"{name}, for {kind} images{comma}{values},"
    return f"{name}, {_CONDITIONS.get(finding.suite, '({})').format(variant)},"


def _refusal(finding: Finding) -> str:
    message = finding.refused.message if finding.refused else finding.message
    return f", saying: {single_line(message, 120)}" if message else ""


def _agreement(finding: Finding) -> str:
    how = "bit for bit" if finding.verdict == Verdict.EXACT else "up to rounding"
    if finding.suite == Suite.AGREEMENT:
        return _finish(f"all operations that claim '{single_line(finding.against, NAME)}' are the same function, {how}")
    if finding.suite == Suite.DEFAULTS:
        return _finish(f"given nothing but a size, {_pair_names(finding)} are the same function, {how}")
    if finding.suite == Suite.STRUCTURE:
        return _finish(f"{_subject(finding)} is {single_line(finding.against, NAME)}, {how}")
    count = f" in {_all_measurements(finding)}" if finding.pairs_measured else ""
    if finding.suite == Suite.CONFORMANCE:
        return _finish(f"{_subject(finding)} does what its documentation says, {how},{count}".rstrip(","))
    return _finish(
        f"{_subject(finding)} is as it should be ({single_line(finding.against, NAME)}), {how},{count}".rstrip(",")
    )


def _all_measurements(finding: Finding) -> str:
    count, what = finding.pairs_measured, "measurement" if finding.suite == Suite.CONFORMANCE else "case"
    return f"the one {what}" if count == 1 else f"all {count:,} {what}s"


def _difference(finding: Finding) -> str:
    factors = finding.factors
    if finding.suite == Suite.AGREEMENT:
        lead = f"the operations that claim '{single_line(finding.against, NAME)}' are not one function"
        groups = f"{finding.pairs_differing} of {finding.pairs_measured} pairs of groups differ"
        return _assembled([lead], [groups, _because(factors), worst_case_phrase(finding), displacement_phrase(finding)])
    if finding.suite == Suite.DEFAULTS:
        lead = f"given nothing but a size, {_pair_names(finding)} are different functions"
        return _assembled(
            [lead],
            [_what_each_does(finding) or _because(factors), worst_case_phrase(finding), displacement_phrase(finding)],
        )
    if not factors:
        detail = _refusal(finding) or (f": {single_line(finding.headline, 80)}" if finding.headline else "")
        verb = f"fails{detail}" if finding.verdict == Verdict.ERROR else f"differs{detail}, and no one cause was found"
        parts = [example_phrase(finding), worst_case_phrase(finding), displacement_phrase(finding)]
        return _assembled([f"{_subject(finding)} {verb}"], parts)
    does = _what_it_does(finding, factors)
    headline = _headline(finding, does)
    leads = [
        " ".join(part for part in (_subject(finding, limit), does, answer) if part) + direction_phrase(finding)
        for limit, answer in ((NAME, headline), (64, headline), (48, headline), (48, ""))
    ]
    return _assembled(
        leads, [example_phrase(finding), worst_case_phrase(finding), displacement_phrase(finding), _count(finding)]
    )


def _what_it_does(finding: Finding, factors: tuple[str, ...]) -> str:
    if finding.verdict == Verdict.TIES and finding.suite == Suite.CONFORMANCE:
        return "differs only where the coordinate is a rounding tie, or within float rounding of one"
    phrases = list(dict.fromkeys(factor_phrase(factor, finding) for factor in factors[:3]))
    return _listed(tuple(phrases), ", and " if any("," in phrase for phrase in phrases) else " and ")


def _headline(finding: Finding, does: str) -> str:
    return f"({single_line(finding.headline, 64)})" if finding.headline and finding.headline not in does else ""


def _because(factors: tuple[str, ...]) -> str:
    return f"they differ in {_listed(factors)}" if factors else ""


def _listed(names: tuple[str, ...], last: str = " and ") -> str:
    return ", ".join(names[:-1]) + last * (len(names) > 1) + names[-1]


def _pair_names(finding: Finding) -> str:
    """``A | B`` as ``A and B``."""
    return " and ".join(shorten_call(name, 60) for name in finding.operation.split(PAIR_SEPARATOR, 1))


def _what_each_does(finding: Finding) -> str:
    """The conventions that were measured of both, from the explanation that names them; empty if they are the same."""
    conventions = re.findall(r" does '([^']{1,90})'", finding.cause_explanation)
    if len(conventions) != 2 or conventions[0] == conventions[1]:
        return ""
    return f"the first does '{conventions[0]}', the second '{conventions[1]}'"


def _count(finding: Finding) -> str:
    if finding.suite in (Suite.CONFORMANCE, Suite.STRUCTURE) or not finding.pairs_differing:
        return ""
    return f"{finding.pairs_differing:,} of {finding.pairs_measured:,} cases differ"


def _assembled(leads: list[str], parts: list[str]) -> str:
    """The longest lead beside which the first two parts fit, and as many parts as fit; the last left out first."""
    kept = [part for part in parts if part]
    lead = next((lead for lead in leads if _length(lead, kept[:2]) <= LONGEST), leads[-1])
    while kept and _length(lead, kept) > LONGEST:
        kept.pop()
    return _finish(lead + (": " if kept else "") + "; ".join(kept))


def _length(lead: str, parts: list[str]) -> int:
    return len(lead) + sum(len(part) + 2 for part in parts) + 1


def _finish(text: str) -> str:
    text = single_line(text.strip(), LONGEST)
    # Names keep their case: they are typed as they are.
    for start in ("the operations", "all operations", "given nothing"):
        if text.startswith(start):
            text = text[0].upper() + text[1:]
    return text if text.endswith((".", "…")) else f"{text}."
