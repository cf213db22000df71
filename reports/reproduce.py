"""``python -m reports reproduce``: runs every reproduction of a record as copied, and holds it against the record."""

from __future__ import annotations

import argparse
import ast
import math
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reports.reading import read
from reports.record import Finding, PairComparison, Record, RecordError
from reports.run_programs import Program, Ran
from reports.run_programs import run as run_programs
from reports.say import one_line

SECONDS = 120.0
ENDLESS_SECONDS = 20.0
"""Long enough to tell: the calls that are recorded as endless were given five seconds of processor time."""

DIES = ("crash", "time limit")
UNCERTAIN = ("undefined behaviour", "determinism", "state", "crash", "time limit")
"""Factors under which another run prints other numbers: that they are wrong is all that can be shown."""

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
        if isinstance(first, Finding) and first.framework != "between frameworks":
            return (first.framework,)
        named = re.findall(r"^# (\S+) \S", self.source, re.MULTILINE)
        return tuple(sorted({name for name in named if name != "measured:"}))

    @property
    def factors(self) -> tuple[str, ...]:
        """What the first record attributes the difference to."""
        attribution = getattr(self.records[0], "attribution", None)
        return attribution.factors if attribution else ()

    @property
    def stratum(self) -> tuple[str, ...]:
        """Suite, frameworks and the first factor: of these, one stands for the others."""
        return (self.suite, *self.frameworks, *self.factors[:1])

    @property
    def name(self) -> str:
        """What it reproduces, in a line."""
        first = self.records[0]
        subject = first.subject if isinstance(first, Finding) else f"{first.a} | {first.b}"
        return f"{self.suite}: {subject}"

    @property
    def must_die(self) -> bool:
        """Whether the record says that the call crashes or never returns."""
        figures = getattr(self.records[0], "figures", {})
        died = str(figures.get("got", "")).startswith(("crashed", "did not return"))
        return died or any(factor in DIES for factor in self.factors)

    @property
    def program(self) -> Program:
        """What to run, and for how long."""
        return Program(self.source, ENDLESS_SECONDS if self.must_die else SECONDS, alone=self.must_die)


def reproductions(records: Iterable[Record]) -> list[Reproduction]:
    """Every distinct reproduction of the records, in their order."""
    found: dict[str, list[Finding | PairComparison]] = {}
    for record in records:
        if isinstance(record, Finding | PairComparison) and record.reproduction:
            found.setdefault(record.reproduction, []).append(record)
    return [Reproduction(source, tuple(shown_by)) for source, shown_by in found.items()]


def some_of_each(found: Iterable[Reproduction], each: int) -> list[Reproduction]:
    """At most ``each`` of every :attr:`Reproduction.stratum`, the first ones."""
    taken: Counter[tuple[str, ...]] = Counter()
    kept = []
    for one in found:
        taken[one.stratum] += 1
        if taken[one.stratum] <= each:
            kept.append(one)
    return kept


def fault(one: Reproduction, ran: Ran) -> str:
    """What is wrong with how the program ended or what it printed, given what the record says; empty if nothing is."""
    if one.must_die:
        return "" if ran.timed_out or ran.status < 0 else f"it ended with status {ran.status}, and should not have"
    if ran.timed_out:
        return f"it did not end within {one.program.seconds:g} seconds"
    if ran.status:
        return f"it ended with status {ran.status}: {_last_line(ran.err)}"
    line = _statement(ran.out)
    shapes = _SHAPE.search(line)
    if shapes:
        return "" if _shapes_differ(shapes) else f"it shows no difference: {line!r}"
    said = _SHOULD.search(line) or _AND.fullmatch(line)
    if said is None:
        return f"it says nothing of what came out and what should have: {_last_line(ran.out)!r}"
    got, expected = _printed(said["got"]), _printed(said["expected"])
    if not got or not expected:
        return f"no values in what it says: {line!r}"
    if not _differs(said["got"], said["expected"], got, expected):
        return f"it shows no difference: {line!r}"
    if any(factor in UNCERTAIN for factor in one.factors):
        return ""
    return _other_than_recorded(one, line, got, expected)


def _last_line(text: str) -> str:
    return text.rstrip().rpartition("\n")[2][:300]


def _statement(out: str) -> str:
    """The last thing said: a line, or several where an array is printed."""
    start = max(out.rfind("\noutput"), out.rfind("\ngradient"))
    return out[start + 1 :].strip() if start >= 0 or out.startswith(("output", "gradient")) else _last_line(out)


def _printed(text: str) -> list[float]:
    """The values of a part of a statement: those after its verb, without what stands in brackets as a remark."""
    text = re.sub(r"\([^()]*saturated\)", "", text)
    text = re.split(r" ?; it varies by ", text)[0]
    after = re.split(r"\b(?:is|has|by|shape)\b(?! \()", text)
    text = after[-1] if len(after) > 1 else text
    return [float(value) for value in _NUMBER.findall(re.sub(r"[a-z]+\d+|of shape", "", text.lower()))]


def _shapes_differ(said: re.Match[str]) -> bool:
    """Whether two shapes differ; "that of" leaves open whether axes of one element are kept."""
    got, expected = (ast.literal_eval(said[name]) for name in ("got", "expected"))
    if said["that"]:
        got, expected = ([size for size in shape if size != 1] for shape in (got, expected))
    return tuple(got) != tuple(expected)


def _differs(got_text: str, expected_text: str, got: list[float], expected: list[float]) -> bool:
    varies = re.search(r"it varies by (\S+)", expected_text)
    if varies and float(varies[1]) != 0:
        return True
    kinds = [re.findall(r"[a-z]+\d+", text) for text in (got_text.rpartition(" is ")[2], expected_text)]
    if all(kinds) and kinds[0] != kinds[1]:
        return True
    if len(got) != len(expected):
        return True
    return any(not (a == b or (math.isnan(a) and math.isnan(b))) for a, b in zip(got, expected, strict=True))


def _other_than_recorded(one: Reproduction, line: str, got: list[float], expected: list[float]) -> str:
    first = one.records[0]
    others = _OTHER_IMAGES.search(one.source)
    if others:
        difference = abs(got[0] - expected[0])
        near = float(others["got"]) / 100 <= difference <= float(others["got"]) * 100
        return "" if near else f"the record says {others['got']} with other images, the program {line!r}"
    recorded_of = {"got": (got, _recorded_got(one)), "expected": (expected, _recorded(first, "expected"))}
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


def _recorded_got(one: Reproduction) -> float | None:
    said = _MEASURED.search(one.source)
    if said:
        value = _NUMBER.fullmatch(said["got"])
        return float(value[0]) if value else None
    return _recorded(one.records[0], "got")


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


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "reproduce", help="run every reproduction as copied; exit 1 when one does not show what the record says"
    )
    parser.add_argument("records", type=Path, metavar="A.jsonl")
    parser.add_argument("--frameworks", default="", metavar="A,B", help="only those that need no other framework")
    parser.add_argument("--suites", default="", metavar="A,B", help="only those of these suites; pair for comparisons")
    parser.add_argument("--each", type=int, metavar="N", help="at most N for each suite, framework and factor")
    parser.add_argument("-n", "--workers", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.set_defaults(run=run)


def chosen(found: Iterable[Reproduction], frameworks: str, suites: str) -> list[Reproduction]:
    """Those of the named suites that need no framework but the named ones; an empty list of names is all of them."""
    named, of = ({name for name in text.split(",") if name} for text in (frameworks, suites))
    return [one for one in found if (not named or set(one.frameworks) <= named) and (not of or one.suite in of)]


def run(options: argparse.Namespace) -> int:
    """Run them and say which do not show what the record says; exit code 0, or 1 when there are any."""
    found = chosen(reproductions(read(options.records)), options.frameworks, options.suites)
    if options.each is not None:
        found = some_of_each(found, options.each)
    missing: Counter[str] = Counter()
    faults = 0
    for number, ran in run_programs([one.program for one in found], max(options.workers, 1)):
        if ran.missing:
            missing[ran.missing] += 1
            continue
        wrong = fault(found[number], ran)
        if wrong:
            faults += 1
            print(one_line(f"{found[number].name}: {wrong}"), flush=True)
    asked = len(found) - missing.total()
    for module, count in sorted(missing.items()):
        print(one_line(f"{count} not run: {module} is not installed"), file=sys.stderr)
    if not asked:
        raise RecordError(f"{options.records}: no reproduction to run")
    print(f"{asked} reproductions run as copied: {asked - faults} show what the record says, {faults} do not")
    return 1 if faults else 0
