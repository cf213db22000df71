"""Verify a resize of both axes at once: every impulse at small shapes, random images at real and at random ones.

For a linear operator one random image tells a wrong one from the right one almost surely, at the price of one call.
Source: R. Freivalds, Probabilistic machines can use less running time, IFIP Congress 1977; Fast probabilistic
algorithms, MFCS 1979.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.adapters.native_call import PREPARED, SLOW
from halfpixel.golden import Convention
from halfpixel.golden.tolerance import grey_levels
from halfpixel.golden.vocabulary import GREY_LEVELS, Cause
from halfpixel.probe.compare.both_axes.expected_operator import (
    ConventionOperator,
    ExactExpectation,
    Expectation,
    ExpectedOperator,
    SameAsCall,
    TooLarge,
)
from halfpixel.probe.compare.both_axes.where_it_fails import places_that_fail, where_it_fails
from halfpixel.probe.compare.discrepancy import Fault
from halfpixel.probe.compare.reference import accepts
from halfpixel.probe.measure.axis_matrix import Refused
from halfpixel.probe.measure.joint_shapes import JOINT, REAL, Shape, pixels, random_shapes, shape_text
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.measure.whole_images import impulse_responses, resized_image

RANDOM_SHAPES = {"quick": 60, "full": 200}
"""By size set, how many shapes chosen by chance are asked."""
SECONDS = 60.0
"""Seconds that the images may take, by default; only calls that take a tenth of a second each come near it."""

_FEW = {PREPARED: (2, 4, 2), SLOW: (4, 12, 0)}
"""By what makes a call slow: how many joint, random and real shapes it is asked."""
_SLOW_PIXELS = 2500
"""Pixels of input and output that a call which is slow by the pixel is asked."""


@dataclass(frozen=True, slots=True)
class ShapeDifference:
    """How an operator differs from what is expected of it at one shape.

    gain
        The worst error of an output for images in [-1, 1]: of the worst image where every impulse was measured
        (``by_impulses``), else of the random image, which is no more than that of the worst. Infinite for NaN.
    grey_levels
        The same for images with values 0 to 255.
    tolerance
        What rounding explains of the gain.
    output
        The row and column of the worst output.
    outputs
        Bool ``(h, w)``: which differ.
    expected, got
        What is expected of the random image at the worst output, and what came; NaN where it was not asked.
    """

    shape: Shape
    gain: float
    grey_levels: float
    tolerance: float
    output: Pair
    outputs: np.ndarray
    by_impulses: bool
    expected: float = float("nan")
    got: float = float("nan")


@dataclass(frozen=True, slots=True)
class WholeOperatorCheck:
    """The comparison of both axes together with what is expected of them.

    subject, against
        What was called, and what it was held against.
    impulse_shapes, image_shapes
        The shapes at which every impulse was measured, and those at which a random image was resized.
    differing
        The shapes that differ, the worst first.
    faults
        What is wrong, of the operator as a whole: one fault for what differs, and one for wrong shapes.
    ties
        Shapes where some outputs lie on the other side of a tie than the exact ones, within float32 rounding of it.
    refused
        By shape, the framework's message.
    not_asked
        By reason, the shapes that were left out.
    tolerances
        By how much an output of each image may be off, for images in [-1, 1]: the bound at each of ``image_shapes``.
    """

    subject: str
    against: str
    impulse_shapes: tuple[Shape, ...] = ()
    image_shapes: tuple[Shape, ...] = ()
    differing: tuple[ShapeDifference, ...] = ()
    faults: tuple[Fault, ...] = ()
    ties: tuple[Shape, ...] = ()
    refused: dict[Shape, str] = field(default_factory=dict)
    not_asked: dict[str, tuple[Shape, ...]] = field(default_factory=dict)
    tolerances: tuple[float, ...] = ()

    @property
    def images(self) -> int:
        """How many random images were compared."""
        return len(self.image_shapes)

    @property
    def largest(self) -> Shape | None:
        """The shape with the most pixels at which an image was compared."""
        return max(self.image_shapes, key=pixels, default=None)

    @property
    def is_verified(self) -> bool:
        """Whether something was compared, and nothing differs, has a wrong shape or was refused."""
        return bool(self.image_shapes or self.impulse_shapes) and not self.faults and not self.refused

    @property
    def refusals(self) -> tuple[tuple[str, int], ...]:
        """The framework's messages, each with at which shapes of those asked, and how many."""
        asked = list(dict.fromkeys([*self.impulse_shapes, *self.image_shapes, *self.refused]))
        by_message = {
            message: [shape for shape in self.refused if self.refused[shape] == message]
            for message in dict.fromkeys(self.refused.values())
        }
        return tuple(
            (f"both axes at once, {where_it_fails(asked, [each in shapes for each in asked])}: {message}", len(shapes))
            for message, shapes in by_message.items()
        )[:5]

    @property
    def certificate(self) -> str:
        """The shapes that were verified and the errors that this would miss, in sentences; empty where it is not."""
        if not self.is_verified:
            return ""
        return " ".join(_sentences(self))


def _sentences(check: WholeOperatorCheck) -> Iterable[str]:
    parts = []
    if check.impulse_shapes:
        parts.append(f"every impulse at {len(check.impulse_shapes)} small shapes")
    if check.largest is not None:
        parts.append(f"{check.images} random images, the largest {shape_text(check.largest)}")
    yield f"both axes at once, by {' and '.join(parts)}."
    if check.images:
        typical, level = float(np.median(check.tolerances)), 2 / GREY_LEVELS
        yield (
            f"What would be missed: errors within rounding ({typical:.1g} for images in [-1, 1] at half of the images, "
            f"{max(check.tolerances):.1g} at most), and sizes not asked; at half of these sizes a weight that is wrong "
            f"by a grey level passes an image with a probability of {min(1.0, typical / level):.1g} or less."
        )
    if check.ties:
        worst = shape_text(min(check.ties, key=pixels))
        yield f"At {len(check.ties)} shapes, such as {worst}, outputs near a tie lie on its other side."
    for reason, left_out in check.not_asked.items():
        yield f"Not asked: {len(left_out)} shapes, such as {shape_text(left_out[0])}: {reason}."


Expected = Convention | ExpectedOperator | Operation


def check_whole_operator(
    operation: Operation,
    expected: Expected,
    *,
    random: int = RANDOM_SHAPES["full"],
    seconds: float = SECONDS,
    stops_at_first: bool = False,
) -> WholeOperatorCheck:
    """Hold what ``operation`` makes of both axes at once against ``expected``, at every shape it is defined for.

    ``expected`` is a convention, another rule that gives exact operators, or another call; ``random`` is how many
    shapes are chosen by chance. Images that would take longer than ``seconds`` altogether are left out, and said to be.
    With ``stops_at_first`` nothing is asked after the first shape that differs: whether it does, and not where.
    Raises ``NotInstalled``; a framework that refuses or returns another shape is in the result.
    """
    run = _Run(operation, _expectation(operation, expected), str(expected), seconds)
    joint, images = _asked_shapes(operation, random, run)
    steps = [(run.measure_impulses, shape) for shape in joint] + [(run.resize_image, shape) for shape in images]
    for step, shape in steps:
        step(shape)
        if stops_at_first and run.differing:
            break
    return run.result()


def _expectation(operation: Operation, expected: Expected) -> ExactExpectation | SameAsCall:
    if isinstance(expected, Operation):
        return SameAsCall(expected, operation)
    return ExactExpectation(ConventionOperator(expected) if isinstance(expected, Convention) else expected)


def _asked_shapes(operation: Operation, random: int, run: _Run) -> tuple[list[Shape], list[Shape]]:
    """The shapes of which the call is asked every impulse, and those of which it is asked a random image."""
    lists = (JOINT, random_shapes()[:random], REAL)
    defined = [[shape for shape in among if accepts(operation, *shape)] for among in lists]
    for among, kept in zip(lists, defined, strict=True):
        run.leave_out("the call is not defined there", [shape for shape in among if shape not in kept])
    if operation.cost == SLOW:
        slow = [shape for shape in defined[1] if pixels(shape) > _SLOW_PIXELS]
        run.leave_out("every pixel of this call is slow", slow)
        defined[1] = [shape for shape in defined[1] if pixels(shape) <= _SLOW_PIXELS]
    for kept, most in zip(defined, _FEW.get(operation.cost, ()), strict=False):
        words = "every new shape" if operation.cost == PREPARED else "every pixel"
        run.leave_out(f"{words} of this call is slow", kept[most:])
        del kept[most:]
    joint, by_chance, real = defined
    return joint, [*joint, *by_chance, *real]


@dataclass(slots=True)
class _Run:
    """The state of a check that is under way."""

    operation: Operation
    expectation: ExactExpectation | SameAsCall
    against: str
    seconds: float
    spent: float = 0.0
    impulse_shapes: list[Shape] = field(default_factory=list)
    image_shapes: list[Shape] = field(default_factory=list)
    differing: dict[Shape, ShapeDifference] = field(default_factory=dict)
    ties: list[Shape] = field(default_factory=list)
    refused: dict[Shape, str] = field(default_factory=dict)
    misshapen: dict[Shape, WrongShape] = field(default_factory=dict)
    not_asked: dict[str, list[Shape]] = field(default_factory=dict)
    tolerances: list[float] = field(default_factory=list)
    _large_seconds: float = 0.0
    _large_pixels: int = 0

    def leave_out(self, reason: str, left_out: list[Shape]) -> None:
        """Note shapes that are not asked."""
        if left_out:
            self.not_asked.setdefault(reason, []).extend(left_out)

    def measure_impulses(self, shape: Shape) -> None:
        """Hold every impulse's response against what is expected."""
        found = self._compared(shape, self.expectation.impulses, impulse_responses, _weight_errors)
        if found is None:
            return
        self.impulse_shapes.append(shape)
        if found.difference is not None:
            self.differing[shape] = found.difference

    def resize_image(self, shape: Shape) -> None:
        """Hold the resized random image against what is expected, unless that would take too long."""
        if self.spent + self._large_seconds / max(1, self._large_pixels) * pixels(shape) > self.seconds:
            self.leave_out(f"the images would have taken more than {self.seconds:g} s", [shape])
            return
        if shape in self.refused or shape in self.misshapen:
            return
        before = self.spent
        found = self._compared(shape, self.expectation.image, resized_image, _value_errors)
        # Calls have a price of their own, too: what small images took says little about a large one.
        if pixels(shape) > _SLOW_PIXELS:
            self._large_seconds += self.spent - before
            self._large_pixels += pixels(shape)
        if found is None:
            return
        self.image_shapes.append(shape)
        self.tolerances.append(found.tolerance)
        if found.is_tie:
            self.ties.append(shape)
        known = self.differing.get(shape)
        if known is not None:
            expected, got = float(found.expected[known.output]), float(found.got[known.output])
            self.differing[shape] = replace(known, expected=expected, got=got)
        elif found.difference is not None:
            self.differing[shape] = found.difference

    def _compared(
        self,
        shape: Shape,
        expect: Callable[[Pair, Pair], Expectation],
        measure: Callable[[Operation, Pair, Pair], np.ndarray],
        errors_of: Callable[[np.ndarray, np.ndarray], np.ndarray],
    ) -> _Compared | None:
        try:
            expected = expect(*shape)
        except (TooLarge, ValueError) as reason:
            self.leave_out(str(reason), [shape])
            return None
        except (Refused, WrongShape) as reason:
            self.leave_out(f"{self.against}: {reason}", [shape])
            return None
        started = time.perf_counter()
        try:
            got = measure(self.operation, *shape).astype(np.float64)
        except Refused as refusal:
            self.refused[shape] = str(refusal)
            return None
        except WrongShape as mismatch:
            self.misshapen[shape] = mismatch
            return None
        finally:
            self.spent += time.perf_counter() - started
        return _compare(shape, expected, got, errors_of)

    def result(self) -> WholeOperatorCheck:
        """The check, with the faults of all shapes asked."""
        differing = tuple(sorted(self.differing.values(), key=lambda each: -each.gain))
        asked = list(dict.fromkeys([*self.impulse_shapes, *self.image_shapes]))
        faults = []
        if differing:
            faults.append(_fault(asked, differing))
        if self.misshapen:
            every = [*asked, *self.misshapen]
            shape, mismatch = next(iter(self.misshapen.items()))
            where = where_it_fails(every, [each in self.misshapen for each in every])
            text = f"{where}, it {mismatch} ({shape_text(shape)})"
            faults.append(Fault(Cause.OUTPUT_SIZE, np.inf, text, *shape))
        return WholeOperatorCheck(
            self.operation.id,
            self.against,
            tuple(self.impulse_shapes),
            tuple(self.image_shapes),
            differing,
            tuple(faults),
            tuple(self.ties),
            self.refused,
            {reason: tuple(left_out) for reason, left_out in self.not_asked.items()},
            tuple(self.tolerances),
        )


@dataclass(frozen=True, slots=True)
class _Compared:
    expected: np.ndarray
    got: np.ndarray
    tolerance: float
    difference: ShapeDifference | None
    is_tie: bool


def _compare(
    shape: Shape, expected: Expectation, got: np.ndarray, errors_of: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> _Compared:
    errors = errors_of(got, expected.values)
    off = ~(errors <= expected.tolerance)
    is_tie = False
    if off.any() and (off & expected.near_tie).any():
        excused = _excused(expected, got, errors_of)
        is_tie = bool((off & excused).any())
        off &= ~excused
    if not off.any():
        return _Compared(expected.values, got, expected.tolerance, None, is_tie)
    worst = np.where(off, np.where(np.isnan(errors), np.inf, errors), -1)
    row, column = (int(index) for index in np.unravel_index(worst.argmax(), worst.shape))
    gain, by_impulses = float(worst[row, column]), got.ndim > 2
    levels = gain / 2 * GREY_LEVELS
    values = {}
    if by_impulses and np.isfinite(gain):
        levels = float(grey_levels((got - expected.values)[row, column].ravel()))
    elif not by_impulses:
        values = {"expected": float(expected.values[row, column]), "got": float(got[row, column])}
    difference = ShapeDifference(shape, gain, levels, expected.tolerance, (row, column), off, by_impulses, **values)
    return _Compared(expected.values, got, expected.tolerance, difference, is_tie)


def _excused(
    expected: Expectation, got: np.ndarray, errors_of: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> np.ndarray:
    """Bool ``(h, w)``: outputs near a tie that are what the rule gives on one of its sides."""
    if expected.others is None:
        return expected.near_tie
    fits = np.zeros(expected.near_tie.shape, dtype=bool)
    for other in expected.others():
        fits |= errors_of(got, other) <= expected.tolerance
    return np.asarray(fits & expected.near_tie)


def _weight_errors(got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(got - expected).sum(axis=(2, 3)))


def _value_errors(got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(got - expected))


def _fault(asked: list[Shape], differing: tuple[ShapeDifference, ...]) -> Fault:
    """One fault for all differing shapes: where, how much at most, at which shape, and the smallest that shows it."""
    by_shape = {difference.shape: difference for difference in differing}
    where = where_it_fails(asked, [shape in by_shape for shape in asked])
    places = places_that_fail([difference.outputs for difference in differing])
    worst, smallest = differing[0], min(differing, key=lambda difference: pixels(difference.shape))
    is_precision = worst.grey_levels < 1
    text = "both axes at once, it is off " + ", ".join(filter(None, (where, places)))
    text += f": by {worst.grey_levels:.4g} of {GREY_LEVELS} grey levels at {shape_text(worst.shape)}"
    if smallest is not worst:
        text += f"; the smallest such shape is {shape_text(smallest.shape)} (by {smallest.grey_levels:.4g})"
    cause = Cause.PRECISION if is_precision else Cause.SEPARABILITY
    return Fault(cause, worst.gain, text, *worst.shape, levels=worst.grey_levels)
