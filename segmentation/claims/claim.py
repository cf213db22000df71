"""A claim about ``align_corners``, and the check of how far it is true over all pairs of sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from halfpixel.golden.align_corners import (
    ALIGN_CORNERS,
    HALF_PIXEL,
    NeitherMode,
    NotObservable,
    SampledAxis,
    Sampler,
    exact_axis,
    mixed_number,
)
from halfpixel.golden.convention import Convention
from halfpixel.golden.vocabulary import ClaimVerdict

LARGEST_CHECKED_SIZE = 64

SizeCondition = Callable[[int, int], bool]
"""``condition(n_in, n_out)``."""
SampledCondition = Callable[[Sampler, int, int], bool]
"""``condition(sampler, n_in, n_out)``: decided from what is sampled."""


def all_sizes(n_in: int, n_out: int) -> bool:
    """All sizes."""
    return True


def no_sizes(n_in: int, n_out: int) -> bool:
    """No sizes."""
    return False


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence about the two modes, and for which sizes it holds.

    name
        What tests, records and the page call it.
    statement
        The sentence, made exact enough to be decided for one axis and a pair of sizes.
    sources
        Where it is said or asked.
    verdict
        Over the sizes of ``about``.
    why
        The reason in a sentence or two.
    arithmetic
        The numbers of one example.
    holds
        Whether it is so, found from what is sampled.
    expected
        Whether it is so, by the condition.
    condition
        When it holds, in words, where that is neither always nor never.
    about
        The sizes it speaks of.
    example
        ``(n_in, n_out)`` of the arithmetic.
    modes
        The conventions it speaks of.
    """

    name: str
    statement: str
    sources: tuple[str, ...]
    verdict: ClaimVerdict
    why: str
    arithmetic: str
    holds: SampledCondition
    expected: SizeCondition
    condition: str = ""
    about: SizeCondition = all_sizes
    example: tuple[int, int] = (3, 5)
    modes: tuple[Convention, ...] = (ALIGN_CORNERS, HALF_PIXEL)


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """How many pairs of sizes a check decided, for how many of them the claim holds, where the condition fails."""

    decided: int
    holding: int
    wrong: tuple[tuple[int, int], ...]

    @property
    def verdict(self) -> ClaimVerdict:
        """What follows from the pairs that were decided; ``ValueError`` when there were none."""
        if self.decided == 0:
            raise ValueError("no pair of sizes decides this")
        if self.holding == self.decided:
            return ClaimVerdict.TRUE
        return ClaimVerdict.TRUE_ONLY_WHEN if self.holding else ClaimVerdict.FALSE


def all_pairs(largest: int = LARGEST_CHECKED_SIZE) -> tuple[tuple[int, int], ...]:
    """Every pair ``(n_in, n_out)`` of sizes from 1 to ``largest``."""
    return tuple((n, m) for n in range(1, largest + 1) for m in range(1, largest + 1))


def check_claim(
    claim: Claim, sampler: Sampler = exact_axis, pairs: Iterable[tuple[int, int]] | None = None
) -> ClaimOutcome:
    """Whether the claim holds exactly where its condition says, in both directions, over the pairs it is about.

    Pairs that the sampler does not show are left out. By default all pairs up to :data:`LARGEST_CHECKED_SIZE`, exactly.
    """
    decided = holding = 0
    wrong = []
    for n_in, n_out in all_pairs() if pairs is None else pairs:
        if not claim.about(n_in, n_out):
            continue
        try:
            is_so = claim.holds(sampler, n_in, n_out)
        except NotObservable:
            continue
        decided += 1
        holding += is_so
        if is_so != claim.expected(n_in, n_out):
            wrong.append((n_in, n_out))
    return ClaimOutcome(decided, holding, tuple(wrong))


def reads(mode: Convention, n_in: int, n_out: int, *outputs: int | Fraction) -> str:
    """The input coordinates that these outputs sample, as mixed numbers."""
    axis = exact_axis(mode, n_in, n_out)
    return ", ".join(mixed_number(axis.samples(o)) for o in outputs)


def lands(mode: Convention, n_in: int, n_out: int, i: int) -> str:
    """The output coordinate where an input pixel comes to lie, as a mixed number."""
    return mixed_number(exact_axis(mode, n_in, n_out).lands(i))


def step(mode: Convention, n_in: int, n_out: int) -> str:
    """Input pixels from one output's sample to the next, as a mixed number."""
    return mixed_number(exact_axis(mode, n_in, n_out).step)


def output_to_input(mode: Convention, n_in: int, n_out: int) -> str:
    """The map that a resize uses, with the numbers of these sizes: where each output samples the input."""
    axis = exact_axis(mode, n_in, n_out)
    rule = f"o * {n_in - 1}/{n_out - 1}" if mode == ALIGN_CORNERS else f"(o + 1/2) * {n_in}/{n_out} - 1/2"
    return f"output o samples input {rule}: {_listed(axis.samples, n_out)}"


def input_to_output(mode: Convention, n_in: int, n_out: int) -> str:
    """The inverse map, which most pictures draw: where each input pixel comes to lie in the output."""
    axis = exact_axis(mode, n_in, n_out)
    rule = f"i * {n_out - 1}/{n_in - 1}" if mode == ALIGN_CORNERS else f"(i + 1/2) * {n_out}/{n_in} - 1/2"
    return f"input i lands at output {rule}: {_listed(axis.lands, n_in)}"


def _listed(place: Callable[[int], Fraction], count: int, most: int = 7) -> str:
    shown = [mixed_number(place(i)) for i in range(min(count, most))]
    return ", ".join(shown) + (", ..." if count > most else "")


def axis_from_matrix(
    convention: Convention, n_in: int, n_out: int, weights: list[list[float]], tolerance: float
) -> SampledAxis:
    """The axis of a measured matrix, each weight taken for the fraction that it rounds.

    Only fractions with denominators as small as the convention has at these sizes are considered: ``2 n_out`` at most
    for both modes. Raises :class:`NeitherMode` when a weight is within ``tolerance`` of none of them, and
    :class:`NotObservable` where they lie too close to each other to be told apart. ``line`` comes from the outputs that
    sample strictly between the first and the last pixel's centre, when two of them do.
    """
    exact_rows = exact_axis(convention, n_in, n_out).rows
    largest = max([2 * n_out, *(weight.denominator for row in exact_rows for _, weight in row)])
    if 2 * tolerance * largest**2 >= 1:
        raise NotObservable(f"{n_in} -> {n_out}: float32 does not tell these weights apart")
    rows = []
    for row in weights:
        fractions = [Fraction(weight).limit_denominator(largest) for weight in row]
        if any(abs(float(exact) - weight) > tolerance for exact, weight in zip(fractions, row, strict=True)):
            raise NeitherMode(f"{n_in} -> {n_out}: not the weights of either mode")
        rows.append(tuple((i, exact) for i, exact in enumerate(fractions) if exact))
    places = [(o, sum((i * weight for i, weight in row), Fraction(0))) for o, row in enumerate(rows)]
    inside = [(o, x) for o, x in places if 0 < x < n_in - 1]
    line = None
    if len(inside) > 1:
        (o, x), (p, y) = inside[0], inside[-1]
        slope = (y - x) / (p - o)
        line = slope, x - slope * o
        is_even = all(slope * q + line[1] == z for q, z in inside)
        if not is_even and convention not in (ALIGN_CORNERS, HALF_PIXEL):
            line = None
        elif not is_even:
            raise NeitherMode(f"{n_in} -> {n_out}: outputs do not sample evenly")
    return SampledAxis(n_in, n_out, tuple(rows), line)
