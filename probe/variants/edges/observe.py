"""Answer every question about edge cases of an operation, each in a sandboxed process."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from halfpixel.adapters import NotInstalled, Operation
from halfpixel.adapters.native_call import SLOW
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.measure.sandbox import CPU_SECONDS, WALL_SECONDS, ProcessDeath, run_sandboxed
from halfpixel.probe.variants.edges import (
    degenerate_sizes,
    enormous_axes,
    extreme_values,
    left_out,
    memory_layout,
    nonfinite,
)
from halfpixel.probe.variants.edges.cases import EdgeCase, call_unchanged, edge_program, native_shape, shapes
from halfpixel.probe.variants.observation import Observation, not_installed

Question = Callable[[Operation], Observation | None]

QUESTIONS: dict[str, tuple[Question, float]] = {
    "one pixel": (degenerate_sizes.one_pixel, degenerate_sizes.SECONDS),
    "zero size": (degenerate_sizes.zero_size, degenerate_sizes.SECONDS),
    "empty batch": (degenerate_sizes.empty_batch, degenerate_sizes.SECONDS),
    "enormous": (enormous_axes.enormous, enormous_axes.SECONDS),
    "memory layout": (memory_layout.memory_layout, CPU_SECONDS),
    "negative strides": (memory_layout.negative_strides, CPU_SECONDS),
    "big-endian": (memory_layout.big_endian, CPU_SECONDS),
    "NaN": (nonfinite.nan, CPU_SECONDS),
    "infinity": (nonfinite.infinity, CPU_SECONDS),
    "denormals": (extreme_values.denormals, CPU_SECONDS),
    "large values": (extreme_values.large_values, CPU_SECONDS),
    "constant image": (extreme_values.constant_image, CPU_SECONDS),
    "flip": (extreme_values.flip, CPU_SECONDS),
    "one row": (left_out.one_row, left_out.SECONDS),
    "one column": (left_out.one_column, left_out.SECONDS),
    "fractional scale": (left_out.fractional_scale, left_out.SECONDS),
}
"""By variant: the question, and the processor time that a case of it may take, seconds."""

ASKED_WHERE_LEFT_OUT = ("one row", "one column", "fractional scale")
"""Those about sizes that an adapter leaves out; conformance and "one pixel" ask them of the other calls."""


def questions(operation: Operation) -> list[str]:
    """The variants that are asked of an operation, in order."""
    unasked = [] if operation.left_out else list(ASKED_WHERE_LEFT_OUT)
    # Enormous sizes are not tried with a slow operation.
    unasked += ["enormous"] if operation.cost == SLOW else []
    return [variant for variant in QUESTIONS if variant not in unasked]


def edges(operation: Operation, wall_seconds: float = WALL_SECONDS) -> list[Observation]:
    """Every question about one operation, answered in a process of its own.

    A call that crashes or does not return within its time limit is reported as ``error``, with the case it died of; the
    question's remaining cases are then not tried, since each would cost as much again. ``wall_seconds`` is the limit by
    the clock, for a call that waits without computing. A question that has no case for an operation is left out.
    Raises ``ValueError`` for an operation that cannot be sent to another process.
    """
    try:
        if operation.call is not None:
            operation.call.framework.require_installed()
    except NotInstalled as absent:
        return [not_installed(variant, str(absent)) for variant in questions(operation)]
    observations = []
    for variant in questions(operation):
        _, seconds = QUESTIONS[variant]
        answer = run_sandboxed(_answered, variant, operation, cpu_seconds=seconds, wall_seconds=wall_seconds)
        if isinstance(answer, ProcessDeath):
            observations.append(_death_observation(operation, variant, answer))
        elif isinstance(answer, Observation):
            observations.append(answer)
    return observations


def _answered(variant: str, operation: Operation) -> Observation | None:
    """The answer to a question, once the framework is ready; runs in the other process."""
    if operation.framework not in _ready:
        # Importing a framework, and its first call, take seconds that belong to no case.
        for size_in, size_out in shapes(operation)[:1]:
            call_unchanged(operation, np.zeros(native_shape(operation, 1, size_in, 1), dtype=np.float32), size_out)
        _ready.add(operation.framework)
    question, _ = QUESTIONS[variant]
    return question(operation)


_ready: set[str] = set()


def _death_observation(operation: Operation, variant: str, death: ProcessDeath) -> Observation:
    hangs = death.factor == Cause.TIME_LIMIT
    # A process that dies of an image without pixels read memory that is not there.
    reads_nothing = variant == "zero size" and death.factor == Cause.CRASH
    cause = Cause.UNDEFINED_BEHAVIOUR if reads_nothing else Cause(death.factor)
    case = death.case if isinstance(death.case, EdgeCase) else None
    last = "print('returned shape', resize(x, h, w).shape)"
    return Observation(
        variant=variant,
        verdict=Verdict.ERROR,
        against="that it returns or raises",
        headline="never returns" if hangs else "crashes the process",
        where="" if case is None else case.label,
        expected="a result, or an exception",
        got=str(death),
        attribution=Attribution((cause,), f"the call {death.how}" if hangs else f"the process {death}"),
        reproduction="" if case is None else edge_program(operation, case, last),
    )
