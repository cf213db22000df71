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
    WRONG,
    LedgerState,
    Suite,
    Verdict,
)
from halfpixel.reports.records.aggregate import convention_text, of_type, worst_grey_levels
from halfpixel.reports.records.record_types import DefaultCall, Finding, Record
from halfpixel.reports.sections.defects import DefectCard, DefectsSection, defects_section, entry_key
from halfpixel.reports.text.columns import DETAILS
from halfpixel.reports.text.sentences import sentence
from halfpixel.reports.text.text_escaping import LONGEST_NAME, LONGEST_TEXT, number, shortened, visible

_LONGEST = {"answer": 400, "message": LONGEST_TEXT, "reproduction": LONGEST_TEXT}
_LONGEST |= dict.fromkeys(("operation", "variant", "framework"), LONGEST_NAME)
_LONGEST_LINE = 1_000
# Stands in a question where the operation does, so that most questions are the same text.
OPERATION_MARK = "\N{WHITE SQUARE}"


def explorer_values(records: Sequence[Record]) -> dict[str, object] | None:
    """The packed values of the explorer: ``findings``, which it filters, and ``details``, which a row opens into.

    Columns are lists as long as there are findings, in the order of :func:`in_order`. A column of ``text`` has places
    in ``texts``, the first of which is empty; one of ``plain`` has numbers. ``facts`` are the columns of details that a
    row opens into.
    """
    unsorted = of_type(records, Finding)
    if not unsorted:
        return None
    defects = defects_section(records)
    cards = defects.cards
    findings = in_order(unsorted, defects, {call.operation for call in of_type(records, DefaultCall)})
    documented = _documented_conventions(findings)

    def of_card(finding: Finding, value: Callable[[DefectCard], str]) -> str:
        card = cards.get(entry_key(finding))
        return value(card) if card else ""

    row = _TEXT_COLUMNS | {
        "defect": entry_key,
        "since": lambda finding: of_card(finding, lambda card: card.defect.since),
        "kernel": lambda finding: documented(finding)[0],
        "mode": lambda finding: documented(finding)[1],
    }
    details = _DETAIL_COLUMNS | {"card": lambda finding: of_card(finding, lambda card: card.anchor)}
    return {
        "findings": _table(findings, row, _NUMBER_COLUMNS),
        "details": _table(findings, details, {"figures": _figures})
        | {"facts": [{"name": fact.name, "title": fact.title, "kind": fact.kind.value} for fact in DETAILS]},
    }


def in_order(findings: Iterable[Finding], defects: DefectsSection, defaults: set[str]) -> list[Finding]:
    """Findings that are wrong first: the most ordinary of each defect, then the next of each, and so on.

    New and changed ones come before what is known, that by kind and reach, and then what no entry explains. A call is
    the more ordinary the fewer parameters it has, a default (``defaults``) most of all; less than a grey level comes
    last.
    """
    ranks = {key: (1, *card.rank) for key, card in defects.cards.items()}
    groups: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        entry = entry_key(finding)
        groups[(entry,) if entry in ranks else (finding.framework, finding.verdict, finding.causes)].append(finding)
    keys: dict[int, tuple[object, ...]] = {}
    for group, members in groups.items():
        members.sort(key=lambda finding: _most_ordinary_first(finding, defaults))
        for turn, finding in enumerate(members):
            is_news = finding.ledger_state in (LedgerState.NEW, LedgerState.STALE)
            part = 0 if finding.verdict in WRONG or is_news else 2 if finding.verdict in AGREEMENT else 1
            rank = (0,) if is_news else ranks.get(group[0], (2, -worst_grey_levels(finding)))
            keys[id(finding)] = (part, turn if part == 0 else 0, rank, *_most_ordinary_first(finding, defaults))
    return sorted(findings, key=lambda finding: keys[id(finding)])


def _most_ordinary_first(finding: Finding, defaults: set[str]) -> tuple[object, ...]:
    operation = finding.operation
    return (
        finding.verdict == Verdict.APPROXIMATES,
        operation not in defaults,
        operation.count(",") + operation.count("="),
        -worst_grey_levels(finding),
        operation,
        finding.variant,
    )


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
    questions = [("All that diverges", {"verdict": str(Verdict.DIVERGES)})] if Verdict.DIVERGES in verdicts else []
    for framework, _ in alone.most_common(1):
        questions.append((f"Where only {framework} differs", {"only": framework}))
    for (good, bad), _ in pairs.most_common(1):
        questions.append((f"Where {good} agrees and {bad} differs", {"agrees": good, "differs": bad}))
    return [(text, f"find?{urlencode(query)}") for text, query in questions]


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
    "reason": lambda finding: finding.ledger.reason if finding.ledger else "",
    "link": lambda finding: finding.ledger.link if finding.ledger else "",
    "source": lambda finding: finding.source,
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


def row_name(finding: Finding) -> str:
    """The name of a finding's row in the search: its suite, operation and variant as they are shown."""
    operation, variant = (_shown_text(text, LONGEST_NAME) for text in (finding.operation, finding.variant))
    return f"{finding.suite}/{operation}" + (f" [{variant}]" if variant else "")


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
