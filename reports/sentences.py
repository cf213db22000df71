"""A finding in one sentence, for a person who never heard of this project, from what was measured and nothing else."""

from __future__ import annotations

import re

from reports.record import DISAGREEMENT, Finding
from reports.sentence_causes import phrase
from reports.sentence_parts import example, moved, short, short_call, where, worst_case

LONGEST = 300
NAME = 96

_CONDITIONS = {
    "edges": "at the edge case '{}'",
    "scales": "asked for its '{}'",
    "ranks": "with {}",
    "gradients": "differentiated by {}",
    "paths": "down the path {}",
    "parity": "in the case {}",
}
"""How each suite's variant reads; a suite that is not here has ``(variant)``."""


def sentence(finding: Finding) -> str:
    """What was found, in one plain sentence of at most about 300 characters; from untrusted text, to be escaped."""
    if finding.verdict == "not installed":
        return f"{_first(finding.framework)} is not installed here, so nothing was measured."
    if finding.verdict == "unsupported":
        return _end(f"{_subject(finding)} is refused by the framework{_refusal(finding)}")
    if finding.verdict in DISAGREEMENT or finding.verdict == "error":
        return _difference(finding)
    return _agreement(finding)


def _first(text: str) -> str:
    return short(text, NAME)


def _subject(finding: Finding, limit: int = NAME) -> str:
    """The call, with the condition under which it was asked."""
    name = short_call(finding.operation, limit)
    if not finding.variant:
        return name
    variant = short(finding.variant, 48)
    if finding.suite == "ranks" and not variant[:1].isdigit():
        return f"{name}, {variant},"
    if finding.suite == "dtypes":
        kind, comma, values = variant.partition(", ")
        return f"{name}, for {kind} images{comma}{values},"
    return f"{name}, {_CONDITIONS.get(finding.suite, '({})').format(variant)},"


def _refusal(finding: Finding) -> str:
    said = finding.refused.message if finding.refused else finding.message
    return f", saying: {short(said, 120)}" if said else ""


def _agreement(finding: Finding) -> str:
    how = "bit for bit" if finding.verdict == "exact" else "up to rounding"
    if finding.suite == "agreement":
        return _end(f"all operations that claim '{short(finding.against, NAME)}' are the same function, {how}")
    if finding.suite == "defaults":
        return _end(f"given nothing but a size, {_both(finding)} are the same function, {how}")
    if finding.suite == "structure":
        return _end(f"{_subject(finding)} is {short(finding.against, NAME)}, {how}")
    count = f" in {_all(finding)}" if finding.pairs_measured else ""
    if finding.suite == "conformance":
        return _end(f"{_subject(finding)} does what its documentation says, {how},{count}".rstrip(","))
    return _end(f"{_subject(finding)} is as it should be ({short(finding.against, NAME)}), {how},{count}".rstrip(","))


def _all(finding: Finding) -> str:
    count, what = finding.pairs_measured, "measurement" if finding.suite == "conformance" else "case"
    return f"the one {what}" if count == 1 else f"all {count:,} {what}s"


def _difference(finding: Finding) -> str:
    factors = finding.attribution.factors if finding.attribution else ()
    if finding.suite == "agreement":
        lead = f"the operations that claim '{short(finding.against, NAME)}' are not one function"
        groups = f"{finding.pairs_differing} of {finding.pairs_measured} pairs of groups differ"
        return _assembled([lead], [groups, _because(factors), worst_case(finding), moved(finding)])
    if finding.suite == "defaults":
        lead = f"given nothing but a size, {_both(finding)} are different functions"
        return _assembled([lead], [_what_each_does(finding) or _because(factors), worst_case(finding), moved(finding)])
    if not factors:
        said = _refusal(finding) or (f": {short(finding.headline, 80)}" if finding.headline else "")
        verb = f"fails{said}" if finding.verdict == "error" else f"differs{said}, and no one cause was found"
        parts = [example(finding), worst_case(finding), moved(finding)]
        return _assembled([f"{_subject(finding)} {verb}"], parts)
    does, at = _what_it_does(finding, factors), where(finding)
    at = f", {at}" if at.startswith("when") else f" {at}" if at else ""
    headline = _headline(finding, does)
    leads = [
        " ".join(part for part in (_subject(finding, limit), does, told) if part) + at
        for limit, told in ((NAME, headline), (64, headline), (48, headline), (48, ""))
    ]
    return _assembled(leads, [example(finding), worst_case(finding), moved(finding), _count(finding)])


def _what_it_does(finding: Finding, factors: tuple[str, ...]) -> str:
    if finding.verdict == "ties" and finding.suite == "conformance":
        return "differs only where the coordinate is a rounding tie, or within float rounding of one"
    phrases = list(dict.fromkeys(phrase(factor, finding) for factor in factors[:3]))
    return _listed(tuple(phrases), ", and " if any("," in each for each in phrases) else " and ")


def _headline(finding: Finding, does: str) -> str:
    return f"({short(finding.headline, 64)})" if finding.headline and finding.headline not in does else ""


def _because(factors: tuple[str, ...]) -> str:
    return f"they differ in {_listed(factors)}" if factors else ""


def _listed(names: tuple[str, ...], last: str = " and ") -> str:
    return ", ".join(names[:-1]) + last * (len(names) > 1) + names[-1]


def _both(finding: Finding) -> str:
    """``A | B`` as ``A and B``."""
    return " and ".join(short_call(name, 60) for name in finding.operation.split(" | ", 1))


def _what_each_does(finding: Finding) -> str:
    """The conventions that were measured of both, from the explanation that names them; empty if they are the same."""
    told = re.findall(r" does '([^']{1,90})'", finding.attribution.explanation if finding.attribution else "")
    return f"the first does '{told[0]}', the second '{told[1]}'" if len(told) == 2 and told[0] != told[1] else ""


def _count(finding: Finding) -> str:
    if finding.suite in ("conformance", "structure") or not finding.pairs_differing:
        return ""
    return f"{finding.pairs_differing:,} of {finding.pairs_measured:,} cases differ"


def _assembled(leads: list[str], parts: list[str]) -> str:
    """The longest lead beside which the first two parts fit, and as many parts as fit; the last left out first."""
    kept = [part for part in parts if part]
    lead = next((lead for lead in leads if _length(lead, kept[:2]) <= LONGEST), leads[-1])
    while kept and _length(lead, kept) > LONGEST:
        kept.pop()
    return _end(lead + (": " if kept else "") + "; ".join(kept))


def _length(lead: str, parts: list[str]) -> int:
    return len(lead) + sum(len(part) + 2 for part in parts) + 1


def _end(text: str) -> str:
    text = short(text.strip(), LONGEST)
    # Names keep their case: they are typed as they are.
    for start in ("the operations", "all operations", "given nothing"):
        if text.startswith(start):
            text = text[0].upper() + text[1:]
    return text if text.endswith((".", "…")) else f"{text}."
