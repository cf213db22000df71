"""Every finding as the page's explorer takes it: worst first, in columns, each text once."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlencode

from golden.convention import COORDINATE_TRANSFORMATION_MODES, KERNELS
from reports.record import AGREEMENT, CHAPTERS, DISAGREEMENT, Finding, Record, Run
from reports.sentences import sentence
from reports.shown import LONGEST_NAME, LONGEST_TEXT, is_link, number, shortened, visible
from reports.since import lookup
from reports.views import anchors, convention_text, of_type, size

_LONGEST = {"answer": 400, "message": LONGEST_TEXT, "reproduction": LONGEST_TEXT}
_LONGEST_LINE = 1_000
_GRAVE_FIRST = ("diverges", "error", "ties", "approximates", "unsupported", "not installed", "agrees", "exact")
# Stands in a question where the operation does, so that most questions are the same text.
OPERATION = "\N{WHITE SQUARE}"


def values(records: Sequence[Record]) -> dict[str, object] | None:
    """The packed values of the explorer: ``findings``, which it filters, and ``details``, which a row opens into.

    ``operations`` are those that the top of the page offers to compare.

    Columns are lists as long as there are findings, worst first. A column of ``text`` has places in ``texts``, the
    first of which is empty; one of ``plain`` has numbers.
    """
    found = of_type(records, Finding)
    if not found:
        return None
    findings = sorted(found, key=_worst_first)
    claims, targets = _claims(findings), anchors(found)
    dated = {"since": lookup(of_type(records, Run))}
    drawn = {"card": lambda each: targets[id(each)] if each.worst and each.suite not in CHAPTERS else ""}
    documented = {"kernel": lambda each: claims(each)[0], "mode": lambda each: claims(each)[1]}
    return {
        "findings": _table(findings, _SHORT | dated | documented, _NUMBERS),
        "details": _table(findings, _LONG | drawn, {"figures": _figures}),
        "operations": _documented(findings),
    }


def _documented(findings: Iterable[Finding]) -> list[str]:
    return sorted({shortened(each.operation, LONGEST_NAME) for each in findings if each.suite == "conformance"})


def examples(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """What may be asked of the explorer, with answers in these findings: ``(text, fragment)``."""
    differing: dict[str, set[str]] = defaultdict(set)
    agreeing: dict[str, set[str]] = defaultdict(set)
    verdicts = set()
    for each in findings:
        verdicts.add(each.verdict)
        if each.verdict in (*AGREEMENT, *DISAGREEMENT) and _convention(each):
            (agreeing if each.verdict in AGREEMENT else differing)[_convention(each)].add(each.framework)
    alone = Counter(
        next(iter(those)) for name, those in differing.items() if len(those) == 1 and agreeing[name] - those
    )
    apart = Counter(
        (good, bad)
        for name, those in differing.items()
        for good in sorted(agreeing[name] - those)
        for bad in sorted(those)
    )
    found = [("The worst divergences", {"verdict": "diverges"})] if "diverges" in verdicts else []
    for framework, _ in alone.most_common(1):
        found.append((f"Where only {framework} differs", {"only": framework}))
    for (good, bad), _ in apart.most_common(1):
        found.append((f"Where {good} agrees and {bad} differs", {"agrees": good, "differs": bad}))
    return [(text, f"find?{urlencode(query)}") for text, query in found]


def _worst_first(finding: Finding) -> tuple:
    """What is not as documented comes first, then what moves a picture, then what counts something else."""
    grey, gain = size(finding.grey_levels), size(finding.gain)
    documented = finding.suite == "conformance"
    return _GRAVE_FIRST.index(finding.verdict), not documented, -grey, -gain, finding.operation, finding.variant


def _claims(findings: Iterable[Finding]) -> Callable[[Finding], tuple[str, str]]:
    """Kernel and coordinate mode that an operation documents, also where it is asked about in other suites."""
    known: dict[str, tuple[str, str]] = {}
    for each in findings:
        if each.claim:
            known[each.operation] = (
                str(each.claim.get("kernel", "")),
                str(each.claim.get("coordinate_transformation_mode", "")),
            )
        else:
            kernel, _, rest = each.against.partition(" ")
            mode = rest.partition(" ")[0].rstrip(",")
            if kernel in KERNELS and mode in COORDINATE_TRANSFORMATION_MODES:
                known.setdefault(each.operation, (kernel, mode))
    return lambda each: known.get(each.operation) or known.get(each.operation.rpartition(" of ")[0], ("", ""))


def _answer(finding: Finding) -> str:
    if finding.verdict in (*DISAGREEMENT, "error"):
        return sentence(finding)
    refusal = finding.refused.message if finding.refused else ""
    return refusal or finding.headline or finding.message.partition("\n")[0]


def _convention(finding: Finding) -> str:
    return convention_text(finding.claim) if finding.claim and finding.suite == "conformance" else ""


def _direction(finding: Finding) -> int:
    counts = finding.differing_up, finding.differing_down, finding.differing_same
    return sum(1 << place for place, count in enumerate(counts) if count)


def _rounded(value: float | None) -> float | str | None:
    if value is None or math.isfinite(value):
        return value if value is None else float(f"{value:.4g}")
    return number(value)


def _message(finding: Finding) -> str:
    text = finding.message.replace(finding.reproduction, "") if finding.reproduction else finding.message
    # The program stands in the message too, indented.
    return text.partition("\nreproduce with:\n")[0].strip()


def _worst(finding: Finding) -> str:
    w = finding.worst
    if w is None:
        return ""
    return f"{w.axis} {w.n_in} → {w.n_out}, output {w.output_index} ({w.region}), input coordinate {w.coordinate}"


def _sizes(finding: Finding) -> str:
    if not finding.pairs_measured:
        return ""
    kind = "case" if finding.variant else "pair"
    text = f"{finding.pairs_differing:,} of {finding.pairs_measured:,} {kind}s differ"
    up, down, same = finding.differing_up, finding.differing_down, finding.differing_same
    return f"{text}: {up} growing, {down} shrinking, {same} of equal size" if up + down + same else text


def _tolerance(finding: Finding) -> str:
    if finding.tolerance is None and finding.smallest_tolerance is None:
        return ""
    return f"{number(finding.tolerance)} argued for; {number(finding.smallest_tolerance)} would pass"


def _figures(finding: Finding) -> list[list[str]]:
    return [
        [_shown(name, LONGEST_NAME), number(value) if isinstance(value, float) else _shown(str(value), _LONGEST_LINE)]
        for name, value in finding.figures.items()
    ]


def _refused(finding: Finding) -> str:
    refused = finding.refused
    return f"{refused.pairs:,} pairs: {refused.message}" if refused and refused.pairs else ""


def _link(url: str) -> str:
    return url if is_link(url) else ""


_SHORT: dict[str, Callable[[Finding], str]] = {
    "operation": lambda each: shortened(each.operation, LONGEST_NAME),
    "variant": lambda each: shortened(each.variant, LONGEST_NAME),
    "framework": lambda each: shortened(each.framework, LONGEST_NAME),
    "suite": lambda each: each.suite,
    "verdict": lambda each: each.verdict,
    "factors": lambda each: "\n".join(each.attribution.factors) if each.attribution else "",
    "answer": _answer,
    "convention": _convention,
    "unit": lambda each: each.unit,
    "ledger": lambda each: each.ledger.status if each.ledger else "",
}
_NUMBERS: dict[str, Callable[[Finding], object]] = {
    "gain": lambda each: _rounded(each.gain),
    "grey": lambda each: _rounded(each.grey_levels),
    "moved": lambda each: _rounded(each.pixels_moved),
    "direction": _direction,
}
_LONG: dict[str, Callable[[Finding], str]] = {
    "question": lambda each: each.question.replace(each.operation, OPERATION),
    "against": lambda each: each.against,
    "explanation": lambda each: each.attribution.explanation if each.attribution else "",
    "measured": lambda each: (each.attribution and each.attribution.convention) or "",
    "worst": _worst,
    "sizes": _sizes,
    "tolerance": _tolerance,
    "refused": _refused,
    "note": lambda each: each.note,
    "reason": lambda each: each.ledger.reason if each.ledger else "",
    "upstream": lambda each: _link(each.ledger.link) if each.ledger else "",
    "source": lambda each: _link(each.source),
    "message": _message,
    "reproduction": lambda each: each.reproduction,
}


def _shown(text: str, longest: int) -> str:
    return str(visible(shortened(text, longest)))


def _table(
    findings: Sequence[Finding],
    text: dict[str, Callable[[Finding], str]],
    plain: dict[str, Callable[[Finding], object]],
) -> dict[str, object]:
    columns = {
        name: [_shown(of(each), _LONGEST.get(name, _LONGEST_LINE)) for each in findings] for name, of in text.items()
    }
    # Sorted, so that texts that begin alike stand where the packing sees both.
    texts = sorted({"", *(value for column in columns.values() for value in column)})
    places = {value: place for place, value in enumerate(texts)}
    return {
        "texts": texts,
        "text": {name: [places[value] for value in column] for name, column in columns.items()},
        "plain": {name: [of(each) for each in findings] for name, of in plain.items()},
    }
