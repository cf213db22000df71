"""What is said about ``align_corners``, and how far it is true: the claims' type, and the check over all sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from golden.align_corners import FALSE, TRUE, Axis, NeitherMode, NotSeen, Sampler, exact_axis, mixed
from golden.convention import Convention

LARGEST = 64
VERDICTS = ("true", "true only when", "false")

Sizes = Callable[[int, int], bool]


def every(n_in: int, n_out: int) -> bool:
    """All sizes."""
    return True


def never(n_in: int, n_out: int) -> bool:
    """No sizes."""
    return False


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence about the two modes, and for which sizes it holds.

    name
        What tests, records and the page call it.
    statement
        The sentence, made exact enough to be decided for one axis and a pair of sizes.
    asked
        Where it is said or asked.
    verdict
        One of ``VERDICTS``; over the sizes of ``about``.
    condition
        When it holds, in words, where that is neither always nor never.
    why
        The reason in a sentence or two.
    arithmetic
        The numbers of one example.
    holds
        ``holds(sampler, n_in, n_out)``: whether it is so, found from what is sampled.
    expected
        ``expected(n_in, n_out)``: whether it is so, by the condition.
    about
        The sizes it speaks of.
    example
        ``(n_in, n_out)`` of the arithmetic.
    modes
        The conventions it speaks of.
    """

    name: str
    statement: str
    asked: tuple[str, ...]
    verdict: str
    why: str
    arithmetic: str
    holds: Callable[[Sampler, int, int], bool]
    expected: Sizes
    condition: str = ""
    about: Sizes = every
    example: tuple[int, int] = (3, 5)
    modes: tuple[Convention, ...] = (TRUE, FALSE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found: how many pairs it decided, for how many the claim holds, and where the condition fails."""

    decided: int
    held: int
    wrong: tuple[tuple[int, int], ...]

    @property
    def verdict(self) -> str:
        """What follows from the pairs that were decided; ``ValueError`` when there were none."""
        if self.decided == 0:
            raise ValueError("no pair of sizes decides this")
        return "true" if self.held == self.decided else "true only when" if self.held else "false"


def all_pairs(largest: int = LARGEST) -> tuple[tuple[int, int], ...]:
    """Every pair ``(n_in, n_out)`` of sizes from 1 to ``largest``."""
    return tuple((n, m) for n in range(1, largest + 1) for m in range(1, largest + 1))


def check(claim: Claim, sampler: Sampler = exact_axis, pairs: Iterable[tuple[int, int]] | None = None) -> Outcome:
    """Whether the claim holds exactly where its condition says, in both directions, over the pairs it is about.

    Pairs that the sampler does not show are left out. By default all pairs up to ``LARGEST``, exactly.
    """
    decided = held = 0
    wrong = []
    for n_in, n_out in all_pairs() if pairs is None else pairs:
        if not claim.about(n_in, n_out):
            continue
        try:
            is_so = claim.holds(sampler, n_in, n_out)
        except NotSeen:
            continue
        decided += 1
        held += is_so
        if is_so != claim.expected(n_in, n_out):
            wrong.append((n_in, n_out))
    return Outcome(decided, held, tuple(wrong))


def output_to_input(mode: Convention, n_in: int, n_out: int) -> str:
    """The map that a resize uses, with the numbers of these sizes: where each output samples the input."""
    axis = exact_axis(mode, n_in, n_out)
    rule = f"o * {n_in - 1}/{n_out - 1}" if mode == TRUE else f"(o + 1/2) * {n_in}/{n_out} - 1/2"
    return f"output o samples input {rule}: {_listed(axis.samples, n_out)}"


def input_to_output(mode: Convention, n_in: int, n_out: int) -> str:
    """The inverse map, which most pictures draw: where each input pixel comes to lie in the output."""
    axis = exact_axis(mode, n_in, n_out)
    rule = f"i * {n_out - 1}/{n_in - 1}" if mode == TRUE else f"(i + 1/2) * {n_out}/{n_in} - 1/2"
    return f"input i lands at output {rule}: {_listed(axis.lands, n_in)}"


def _listed(place: Callable[[int], Fraction], count: int, most: int = 7) -> str:
    shown = [mixed(place(i)) for i in range(min(count, most))]
    return ", ".join(shown) + (", ..." if count > most else "")


def seen(convention: Convention, n_in: int, n_out: int, weights: list[list[float]], tolerance: float) -> Axis:
    """The axis of a measured matrix, its weights taken for the fractions that they round.

    Only fractions with denominators as small as the convention has at these sizes are considered: ``2 n_out`` at most
    for both modes. Raises :class:`NeitherMode` when a weight is within ``tolerance`` of none of them, and
    :class:`NotSeen` where they lie too close to each other to be told apart. ``line`` is told from the outputs that
    sample strictly between the first and the last pixel's centre, when two of them do.
    """
    exact_rows = exact_axis(convention, n_in, n_out).rows
    largest = max([2 * n_out, *(weight.denominator for row in exact_rows for _, weight in row)])
    if 2 * tolerance * largest**2 >= 1:
        raise NotSeen(f"{n_in} -> {n_out}: float32 does not tell these weights apart")
    rows = []
    for row in weights:
        found = [(i, Fraction(weight).limit_denominator(largest)) for i, weight in enumerate(row)]
        if any(abs(float(exact) - weight) > tolerance for (_, exact), weight in zip(found, row, strict=True)):
            raise NeitherMode(f"{n_in} -> {n_out}: not the weights of either mode")
        rows.append(tuple((i, exact) for i, exact in found if exact))
    places = [(o, sum((i * weight for i, weight in row), Fraction(0))) for o, row in enumerate(rows)]
    inside = [(o, x) for o, x in places if 0 < x < n_in - 1]
    line = None
    if len(inside) > 1:
        (o, x), (p, y) = inside[0], inside[-1]
        slope = (y - x) / (p - o)
        line = slope, x - slope * o
        is_even = all(slope * q + line[1] == z for q, z in inside)
        if not is_even and convention not in (TRUE, FALSE):
            line = None
        elif not is_even:
            raise NeitherMode(f"{n_in} -> {n_out}: outputs do not sample evenly")
    return Axis(n_in, n_out, tuple(rows), line)
