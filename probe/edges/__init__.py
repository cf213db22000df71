"""What every call does at the edges of what it can be asked: sizes, memory and numbers out of the ordinary."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from adapters import NotInstalled, Operation
from adapters.operation import SLOW
from probe.discrepancy import Attribution, Verdict
from probe.edges import enormous, memory, nonfinite, sizes, values
from probe.edges.case import hand_over, native_shape, program, shapes
from probe.isolated import CPU_SECONDS, WALL_SECONDS, Death, ask
from probe.observation import Observation, not_installed

Question = Callable[[Operation], Observation | None]

QUESTIONS: dict[str, tuple[Question, float]] = {
    "one pixel": (sizes.one_pixel, sizes.SECONDS),
    "zero size": (sizes.zero_size, sizes.SECONDS),
    "empty batch": (sizes.empty_batch, sizes.SECONDS),
    "enormous": (enormous.enormous, enormous.SECONDS),
    "memory layout": (memory.memory_layout, CPU_SECONDS),
    "negative strides": (memory.negative_strides, CPU_SECONDS),
    "big-endian": (memory.big_endian, CPU_SECONDS),
    "NaN": (nonfinite.nan, CPU_SECONDS),
    "infinity": (nonfinite.infinity, CPU_SECONDS),
    "denormals": (values.denormals, CPU_SECONDS),
    "large values": (values.large_values, CPU_SECONDS),
    "constant image": (values.constant_image, CPU_SECONDS),
    "flip": (values.flip, CPU_SECONDS),
}
"""By variant: what is asked, and the processor time that a case of it may take, seconds."""


def edges(operation: Operation, wall_seconds: float = WALL_SECONDS) -> list[Observation]:
    """Every question about one operation, answered in a process of its own.

    A call that crashes or does not return within its time limit is reported as ``error``, with the case it died of; the
    question's remaining cases are then not tried, since each would cost as much again. Enormous sizes are not asked of
    a slow operation. ``wall_seconds`` is the limit by
    the clock, for a call that waits without computing. A question that has no case for an operation is left out.
    Raises ``ValueError`` for an operation that cannot be sent to another process.
    """
    try:
        if operation.call is not None:
            operation.call.framework.refuse_absence()
    except NotInstalled as absent:
        return [not_installed(variant, str(absent)) for variant in QUESTIONS]
    found = []
    for variant, (_, seconds) in QUESTIONS.items():
        if operation.cost == SLOW and variant == "enormous":
            continue
        answer = ask(_answered, variant, operation, cpu_seconds=seconds, wall_seconds=wall_seconds)
        if isinstance(answer, Death):
            answer = _died(operation, variant, answer)
        if answer is not None:
            found.append(answer)
    return found


def _answered(variant: str, operation: Operation) -> Observation | None:
    """The question, asked when the framework is ready; runs in the other process."""
    if operation.framework not in _ready:
        # Importing a framework, and its first call, take seconds that belong to no case.
        for size_in, size_out in shapes(operation)[:1]:
            hand_over(operation, np.zeros(native_shape(operation, 1, size_in, 1), dtype=np.float32), size_out)
        _ready.add(operation.framework)
    question, _ = QUESTIONS[variant]
    return question(operation)


_ready: set[str] = set()


def _died(operation: Operation, variant: str, death: Death) -> Observation:
    hangs = death.factor == "time limit"
    reads_nothing = variant == "zero size" and death.factor == "crash"
    factor = sizes.UNDEFINED if reads_nothing else death.factor
    case = death.case
    shows = "print('returned shape', resize(x, h, w).shape)"
    return Observation(
        variant=variant,
        verdict=Verdict.ERROR,
        against="that it returns or raises",
        headline="never returns" if hangs else "crashes the process",
        where="" if case is None else case.label,
        expected="a result, or an exception",
        got=str(death),
        attribution=Attribution((factor,), f"the call {death.how}" if hangs else f"the process {death}"),
        reproduction="" if case is None else program(operation, case, shows),
    )
