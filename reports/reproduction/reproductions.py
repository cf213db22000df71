"""Run every reproduction of a record as printed, and compare what it prints with the record."""

from __future__ import annotations

import ast
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from halfpixel.golden.vocabulary import BETWEEN_FRAMEWORKS, FATAL_CAUSES, PAIR_SEPARATOR, UNREPEATABLE_CAUSES
from halfpixel.reports.records.record_types import Finding, PairComparison, Record, RecordError
from halfpixel.reports.reproduction.program_runner import Program, ProgramResult
from halfpixel.reports.reproduction.program_runner import run as run_programs
from halfpixel.reports.text.text_escaping import one_line

TIME_LIMIT_SECONDS = 120.0
HANG_LIMIT_SECONDS = 20.0
"""Long enough to tell: the calls that are recorded as endless were given five seconds of processor time."""

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+|inf\b|nan\b)")
_SHOULD = re.compile(r"(?P<got>.*?),? and should (?:be|have) (?P<expected>.*)", re.DOTALL)
_AND = re.compile(r"(?P<got>.*) and (?P<expected>[^ ]+)", re.DOTALL)
_MEASURED = re.compile(r"# measured: (?P<got>\S+)")
_OTHER_IMAGES = re.compile(r"# (?:at worst|with other images): (?P<got>\S+)")
_SHAPE = re.compile(r"shape is (?P<got>\([\d, ]*\)) and should be (?P<that>that of )?(?P<expected>\([\d, ]*\))")


@dataclass(frozen=True, slots=True)
class Reproduction:
    """One program of a record, with the records that show it; the first says what it must print."""

    source: str
    records: tuple[Finding | PairComparison, ...]

    @property
    def suite(self) -> str:
        """The suite of the first record, or ``pair``."""
        return getattr(self.records[0], "suite", "pair")

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The frameworks that it calls, in alphabetical order."""
        first = self.records[0]
        if isinstance(first, Finding) and first.framework != BETWEEN_FRAMEWORKS:
            return (first.framework,)
        named = re.findall(r"^# (\S+) \S", self.source, re.MULTILINE)
        return tuple(sorted({name for name in named if name != "measured:"}))

    @property
    def factors(self) -> tuple[str, ...]:
        """What the first record attributes the difference to."""
        first = self.records[0]
        return first.factors if isinstance(first, Finding) else ()

    @property
    def stratum(self) -> tuple[str, ...]:
        """Suite, frameworks and the first factor: of these, one stands for the others."""
        return (self.suite, *self.frameworks, *self.factors[:1])

    @property
    def name(self) -> str:
        """What it reproduces, in a line."""
        first = self.records[0]
        subject = first.subject if isinstance(first, Finding) else f"{first.a}{PAIR_SEPARATOR}{first.b}"
        return f"{self.suite}: {subject}"

    @property
    def is_expected_to_crash(self) -> bool:
        """Whether the record says that the call crashes or never returns."""
        figures = getattr(self.records[0], "figures", {})
        died = str(figures.get("got", "")).startswith(("crashed", "did not return"))
        return died or any(factor in FATAL_CAUSES for factor in self.factors)

    @property
    def program(self) -> Program:
        """What to run, and for how long."""
        return Program(
            self.source,
            HANG_LIMIT_SECONDS if self.is_expected_to_crash else TIME_LIMIT_SECONDS,
            own_interpreter=self.is_expected_to_crash,
        )


def reproductions(records: Iterable[Record]) -> list[Reproduction]:
    """Every distinct reproduction of the records, in their order."""
    by_source: dict[str, list[Finding | PairComparison]] = {}
    for record in records:
        if isinstance(record, Finding | PairComparison) and record.reproduction:
            by_source.setdefault(record.reproduction, []).append(record)
    return [Reproduction(source, tuple(members)) for source, members in by_source.items()]


def sample_strata(programs: Iterable[Reproduction], most: int) -> list[Reproduction]:
    """At most ``most`` of every :attr:`Reproduction.stratum`, the first ones."""
    taken: Counter[tuple[str, ...]] = Counter()
    kept = []
    for reproduction in programs:
        taken[reproduction.stratum] += 1
        if taken[reproduction.stratum] <= most:
            kept.append(reproduction)
    return kept


def reproduction_fault(reproduction: Reproduction, result: ProgramResult) -> str:
    """What is wrong with how the program ended or what it printed, given what the record says; empty if nothing is."""
    if reproduction.is_expected_to_crash:
        return (
            ""
            if result.timed_out or result.status < 0
            else f"it ended with status {result.status}, and should not have"
        )
    if result.timed_out:
        return f"it did not end within {reproduction.program.seconds:g} seconds"
    if result.status:
        return f"it ended with status {result.status}: {_last_line(result.err)}"
    line = _last_statement(result.out)
    shapes = _SHAPE.search(line)
    if shapes:
        return "" if _shapes_differ(shapes) else f"it shows no difference: {line!r}"
    statement = _SHOULD.search(line) or _AND.fullmatch(line)
    if statement is None:
        return f"it says nothing of what came out and what should have: {_last_line(result.out)!r}"
    got, expected = _printed_values(statement["got"]), _printed_values(statement["expected"])
    if not got or not expected:
        return f"no values in what it says: {line!r}"
    if not _shows_difference(statement["got"], statement["expected"], got, expected):
        return f"it shows no difference: {line!r}"
    if any(factor in UNREPEATABLE_CAUSES for factor in reproduction.factors):
        return ""
    return _differs_from_record(reproduction, line, got, expected)


def _last_line(text: str) -> str:
    return text.rstrip().rpartition("\n")[2][:300]


def _last_statement(out: str) -> str:
    """The last statement: a line, or several where an array is printed."""
    start = max(out.rfind("\noutput"), out.rfind("\ngradient"))
    return out[start + 1 :].strip() if start >= 0 or out.startswith(("output", "gradient")) else _last_line(out)


def _printed_values(text: str) -> list[float]:
    """The values of a part of a statement: those after its verb, without what stands in brackets as a remark."""
    text = re.sub(r"\([^()]*saturated\)", "", text)
    text = re.split(r" ?; it varies by ", text)[0]
    after = re.split(r"\b(?:is|has|by|shape)\b(?! \()", text)
    text = after[-1] if len(after) > 1 else text
    return [float(value) for value in _NUMBER.findall(re.sub(r"[a-z]+\d+|of shape", "", text.lower()))]


def _shapes_differ(statement: re.Match[str]) -> bool:
    """Whether two shapes differ; "that of" leaves open whether axes of one element are kept."""
    got, expected = (ast.literal_eval(statement[name]) for name in ("got", "expected"))
    if statement["that"]:
        got, expected = ([size for size in shape if size != 1] for shape in (got, expected))
    return tuple(got) != tuple(expected)


def _shows_difference(got_text: str, expected_text: str, got: list[float], expected: list[float]) -> bool:
    varies = re.search(r"it varies by (\S+)", expected_text)
    if varies and float(varies[1]) != 0:
        return True
    kinds = [re.findall(r"[a-z]+\d+", text) for text in (got_text.rpartition(" is ")[2], expected_text)]
    if all(kinds) and kinds[0] != kinds[1]:
        return True
    if len(got) != len(expected):
        return True
    return any(not (a == b or (math.isnan(a) and math.isnan(b))) for a, b in zip(got, expected, strict=True))


def _differs_from_record(reproduction: Reproduction, line: str, got: list[float], expected: list[float]) -> str:
    first = reproduction.records[0]
    others = _OTHER_IMAGES.search(reproduction.source)
    if others:
        difference = abs(got[0] - expected[0])
        near = float(others["got"]) / 100 <= difference <= float(others["got"]) * 100
        return "" if near else f"the record says {others['got']} with other images, the program {line!r}"
    recorded_of = {"got": (got, _recorded_got(reproduction)), "expected": (expected, _recorded(first, "expected"))}
    for what, (values, recorded) in recorded_of.items():
        if recorded is None or len(values) != 1 or len(expected) != 1:
            continue
        if not _close(values[0], recorded, expected[0], line):
            return f"the record says {what} {recorded:g}, the program {line!r}"
    if len(got) == len(expected) == 1 and not re.search("should", line) and first.gain is not None:
        difference = abs(got[0] - expected[0])
        if not math.isclose(difference, first.gain, rel_tol=0.01, abs_tol=1e-5):
            return f"the record says that they differ by {first.gain:g}, the program {line!r}"
    return ""


def _recorded_got(reproduction: Reproduction) -> float | None:
    statement = _MEASURED.search(reproduction.source)
    if statement:
        value = _NUMBER.fullmatch(statement["got"])
        return float(value[0]) if value else None
    return _recorded(reproduction.records[0], "got")


def _recorded(record: Finding | PairComparison, name: str) -> float | None:
    value = str(getattr(record, "figures", {}).get(name, ""))
    plain = re.sub(r" \([^()]*\)$", "", value)
    return float(plain) if _NUMBER.fullmatch(plain) else None


def _close(value: float, recorded: float, expected: float, line: str) -> bool:
    """Whether a value is the recorded one, to a hundredth of what is to be shown and the digits that were written."""
    if not (math.isfinite(value) and math.isfinite(recorded)):
        return str(value) == str(recorded)
    shown = abs(recorded - expected) if math.isfinite(expected) else 0.0
    return abs(value - recorded) <= 0.01 * shown + 1e-5 * abs(recorded) + _last_digit(value, line)


def _last_digit(value: float, line: str) -> float:
    """One in the last digit of a value, where it was written with a fraction of three digits or more.

    Narrow types are written with as few digits as tell their numbers apart.
    """
    written = (text for text in re.findall(r"\d+\.\d{3,}(?!\d|e)", line) if float(text) == abs(value))
    digits = [len(text.rpartition(".")[2]) for text in written]
    return 10.0 ** -min(digits) if digits else 0.0


def select_reproductions(programs: Iterable[Reproduction], frameworks: str, suites: str) -> list[Reproduction]:
    """Those of the named suites that need no framework but the named ones; an empty list of names is all of them."""
    named, in_suites = ({name for name in text.split(",") if name} for text in (frameworks, suites))
    return [
        reproduction
        for reproduction in programs
        if (not named or set(reproduction.frameworks) <= named) and (not in_suites or reproduction.suite in in_suites)
    ]


def run_reproductions(selected: Sequence[Reproduction], workers: int) -> int:
    """Run them and print which do not show what the record says; exit code 0, or 1 when there are any.

    Raises ``RecordError`` when none could be run.
    """
    missing: Counter[str] = Counter()
    faults = 0
    for number, result in run_programs([reproduction.program for reproduction in selected], max(workers, 1)):
        if result.missing:
            missing[result.missing] += 1
            continue
        fault = reproduction_fault(selected[number], result)
        if fault:
            faults += 1
            print(one_line(f"{selected[number].name}: {fault}"), flush=True)
    count = len(selected) - missing.total()
    for module, skipped in sorted(missing.items()):
        print(one_line(f"{skipped} not run: {module} is not installed"), file=sys.stderr)
    if not count:
        raise RecordError("no reproduction to run")
    print(f"{count} reproductions run as copied: {count - faults} show what the record says, {faults} do not")
    return 1 if faults else 0
