"""All findings as compact columns for the page's search."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import urlencode

from halfpixel.golden.convention import COORDINATE_TRANSFORMATION_MODES, KERNELS
from halfpixel.golden.vocabulary import (
    AGREEMENT,
    NOT_MEASURED,
    VARIANT_SUITES,
    WRONG,
    Suite,
    Verdict,
)
from halfpixel.reports.compare.regressions import first_seen_lookup
from halfpixel.reports.records.aggregate import anchors, convention_text, of_type, sortable
from halfpixel.reports.records.record_types import Finding, Record, Run
from halfpixel.reports.text.columns import DETAILS
from halfpixel.reports.text.sentences import sentence
from halfpixel.reports.text.text_escaping import LONGEST_NAME, LONGEST_TEXT, number, shortened, visible

_LONGEST = {"answer": 400, "message": LONGEST_TEXT, "reproduction": LONGEST_TEXT}
_LONGEST |= dict.fromkeys(("operation", "variant", "framework"), LONGEST_NAME)
_LONGEST_LINE = 1_000
# What differs comes before what failed: a search is for differences.
_VERDICTS_WORST_FIRST = (
    Verdict.DIVERGES,
    Verdict.ERROR,
    Verdict.TIES,
    Verdict.APPROXIMATES,
    Verdict.UNSUPPORTED,
    Verdict.NOT_INSTALLED,
    Verdict.AGREES,
    Verdict.EXACT,
)
# Stands in a question where the operation does, so that most questions are the same text.
OPERATION_MARK = "\N{WHITE SQUARE}"


def explorer_values(records: Sequence[Record]) -> dict[str, object] | None:
    """The packed values of the explorer: ``findings``, which it filters, and ``details``, which a row opens into.

    ``operations`` are those that the top of the page offers to compare.

    Columns are lists as long as there are findings, worst first. A column of ``text`` has places in ``texts``, the
    first of which is empty; one of ``plain`` has numbers. ``facts`` are the columns of details that a row opens into.
    """
    unsorted = of_type(records, Finding)
    if not unsorted:
        return None
    findings = sorted(unsorted, key=_worst_first)
    documented, targets = _documented_conventions(findings), anchors(unsorted)
    row = _TEXT_COLUMNS | {
        "since": first_seen_lookup(of_type(records, Run)),
        "kernel": lambda finding: documented(finding)[0],
        "mode": lambda finding: documented(finding)[1],
    }
    details = _DETAIL_COLUMNS | {
        "card": lambda finding: targets[id(finding)] if finding.worst and finding.suite not in VARIANT_SUITES else "",
    }
    return {
        "findings": _table(findings, row, _NUMBER_COLUMNS),
        "details": _table(findings, details, {"figures": _figures})
        | {"facts": [{"name": fact.name, "title": fact.title, "kind": fact.kind.value} for fact in DETAILS]},
        "operations": _documented_operations(findings),
    }


def _documented_operations(findings: Iterable[Finding]) -> list[str]:
    documented = (finding.operation for finding in findings if finding.suite == Suite.CONFORMANCE)
    return sorted({shortened(operation, LONGEST_NAME) for operation in documented})


def examples(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """What may be asked of the explorer, with answers in these findings: ``(text, fragment)``."""
    differing: dict[str, set[str]] = defaultdict(set)
    agreeing: dict[str, set[str]] = defaultdict(set)
    verdicts = set()
    for finding in findings:
        verdicts.add(finding.verdict)
        convention = _convention(finding)
        if convention and finding.verdict not in NOT_MEASURED:
            (agreeing if finding.verdict in AGREEMENT else differing)[convention].add(finding.framework)
    alone = Counter(
        next(iter(frameworks))
        for name, frameworks in differing.items()
        if len(frameworks) == 1 and agreeing[name] - frameworks
    )
    pairs = Counter(
        (good, bad)
        for name, frameworks in differing.items()
        for good in sorted(agreeing[name] - frameworks)
        for bad in sorted(frameworks)
    )
    questions = [("The worst divergences", {"verdict": str(Verdict.DIVERGES)})] if Verdict.DIVERGES in verdicts else []
    for framework, _ in alone.most_common(1):
        questions.append((f"Where only {framework} differs", {"only": framework}))
    for (good, bad), _ in pairs.most_common(1):
        questions.append((f"Where {good} agrees and {bad} differs", {"agrees": good, "differs": bad}))
    return [(text, f"find?{urlencode(query)}") for text, query in questions]


def _worst_first(finding: Finding) -> tuple[object, ...]:
    """What is not as documented comes first, then what moves a picture, then what counts something else."""
    return (
        _VERDICTS_WORST_FIRST.index(Verdict(finding.verdict)),
        finding.suite != Suite.CONFORMANCE,
        -sortable(finding.grey_levels),
        -sortable(finding.gain),
        finding.operation,
        finding.variant,
    )


def _documented_conventions(findings: Iterable[Finding]) -> Callable[[Finding], tuple[str, str]]:
    """Kernel and coordinate mode that an operation documents, also for its findings in other suites."""
    known: dict[str, tuple[str, str]] = {}
    for finding in findings:
        if finding.claim:
            kernel, mode = (str(finding.claim.get(name, "")) for name in ("kernel", "coordinate_transformation_mode"))
            known[finding.operation] = kernel, mode
        else:
            kernel, _, rest = finding.against.partition(" ")
            mode = rest.partition(" ")[0].rstrip(",")
            if kernel in KERNELS and mode in COORDINATE_TRANSFORMATION_MODES:
                known.setdefault(finding.operation, (kernel, mode))

    def convention_of(finding: Finding) -> tuple[str, str]:
        return known.get(finding.operation) or known.get(finding.operation.rpartition(" of ")[0], ("", ""))

    return convention_of


def _answer(finding: Finding) -> str:
    if finding.verdict in WRONG:
        return sentence(finding)
    refusal = finding.refused.message if finding.refused else ""
    return refusal or finding.headline or finding.message.partition("\n")[0]


def _convention(finding: Finding) -> str:
    return convention_text(finding.claim) if finding.claim and finding.suite == Suite.CONFORMANCE else ""


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


def _figures(finding: Finding) -> list[list[str]]:
    return [
        [
            _shown_text(name, LONGEST_NAME),
            number(value) if isinstance(value, float) else _shown_text(str(value), _LONGEST_LINE),
        ]
        for name, value in finding.figures.items()
    ]


_TEXT_COLUMNS: dict[str, Callable[[Finding], str]] = {
    "operation": lambda finding: finding.operation,
    "variant": lambda finding: finding.variant,
    "framework": lambda finding: finding.framework,
    "suite": lambda finding: finding.suite,
    "verdict": lambda finding: finding.verdict,
    "factors": lambda finding: "\n".join(finding.factors),
    "answer": _answer,
    "convention": _convention,
    "unit": lambda finding: finding.unit,
    "ledger": lambda finding: finding.ledger_state,
}
_NUMBER_COLUMNS: dict[str, Callable[[Finding], object]] = {
    "gain": lambda finding: _rounded(finding.gain),
    "grey_levels": lambda finding: _rounded(finding.grey_levels),
    "pixels_moved": lambda finding: _rounded(finding.pixels_moved),
    "direction": _direction,
}
_DETAIL_COLUMNS: dict[str, Callable[[Finding], str]] = {
    **{fact.name: fact.text for fact in DETAILS},
    "question": lambda finding: finding.question.replace(finding.operation, OPERATION_MARK),
    "message": _message,
    "reproduction": lambda finding: finding.reproduction,
}


def _shown_text(text: str, longest: int) -> str:
    return str(visible(shortened(text, longest)))


def _table(
    findings: Sequence[Finding],
    text: Mapping[str, Callable[[Finding], str]],
    plain: Mapping[str, Callable[[Finding], object]],
) -> dict[str, object]:
    values = {
        name: [_shown_text(value(finding), _LONGEST.get(name, _LONGEST_LINE)) for finding in findings]
        for name, value in text.items()
    }
    # Sorted, so that texts that begin alike stand where the packing sees both.
    texts = sorted({"", *(value for column in values.values() for value in column)})
    places = {value: place for place, value in enumerate(texts)}
    return {
        "texts": texts,
        "text": {name: [places[value] for value in column] for name, column in values.items()},
        "plain": {name: [value(finding) for finding in findings] for name, value in plain.items()},
    }
