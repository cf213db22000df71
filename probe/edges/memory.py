"""Arrays that lie in memory in other ways, given to the call as they are: the same numbers, or a refusal."""

from __future__ import annotations

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from probe.discrepancy import Attribution, Verdict
from probe.edges.case import (
    Case,
    Result,
    arrow,
    disagreement,
    hand_over,
    native_layout,
    native_shape,
    program,
    refusal,
    shapes,
    summarised,
)
from probe.isolated import begin
from probe.measure import Refused
from probe.observation import Observation
from probe.reference import reference

# Each makes from a contiguous {x} an array that lies otherwise, with every axis as long as before.
_LAYOUTS = {
    "contiguous": "{x}",
    "every second column": "np.repeat({x}, 2, axis=-1)[..., ::2]",
    "every second row": "np.repeat({x}, 2, axis=-2)[..., ::2, :]",
    "Fortran order": "np.asfortranarray({x})",
    "last axes swapped": "{x}.swapaxes(-1, -2).copy().swapaxes(-1, -2)",
    "a stride of zero": "np.broadcast_to({x}[..., :1], {x}.shape)",
    "read-only": "np.frombuffer({x}.tobytes(), np.float32).reshape({x}.shape)",
    "unaligned": "np.frombuffer(bytearray(b'.' + {x}.tobytes()), np.float32, offset=1).reshape({x}.shape)",
}
_NEGATIVE = {
    "the last axis reversed": "{x}[..., ::-1]",
    "the last axis but one reversed": "{x}[..., ::-1, :]",
    "all axes reversed": "np.flip({x})",
}
_FOREIGN = {"big-endian": "{x}.astype('>f4')"}

_AGAINST = "the same call on a contiguous copy; the input is left as it was"


def memory_layout(operation: Operation) -> Observation | None:
    """Strided, Fortran-ordered, broadcast, read-only and unaligned arrays."""
    return _observed(operation, "memory layout", _LAYOUTS)


def negative_strides(operation: Operation) -> Observation | None:
    """Reversed views."""
    return _observed(operation, "negative strides", _NEGATIVE)


def big_endian(operation: Operation) -> Observation | None:
    """Numbers with their bytes the other way round, which NumPy carries in the dtype."""
    return _observed(operation, "big-endian", _FOREIGN)


def _observed(operation: Operation, variant: str, layouts: dict[str, str]) -> Observation | None:
    results = []
    for size_in, size_out in shapes(operation)[:1]:
        channels = 3 if native_layout(operation) != "HW" else 1
        shape = native_shape(operation, 2, size_in, channels)
        image = f"np.random.default_rng(0).uniform(-1, 1, {shape}).astype(np.float32)"
        for name, layout in layouts.items():
            case = Case(f"{name}, {arrow(size_in, size_out)}", f"{layout.replace('{x}', 'x')}", size_out)
            case = Case(case.label, f"(lambda x: {case.source})({image})", size_out)
            begin(case)
            try:
                tolerance = 2 * reference(operation, size_in, size_out).tolerance
            except (Refused, WrongShape) as refused:
                results.append(refusal(refused))
                continue
            results.append(_judged(operation, case, name, tolerance))
    return summarised(variant, _AGAINST, "the same numbers", results)


def _judged(operation: Operation, case: Case, name: str, tolerance: float) -> Result:
    x = case.array()
    before = np.array(x, dtype=np.float32, order="C")
    got = hand_over(operation, x, case.size)
    if not np.array_equal(np.array(x, dtype=np.float32, order="C"), before, equal_nan=True):
        change = float(np.abs(np.nan_to_num(x.astype(np.float64) - before, nan=np.inf)).max())
        shows = "before = x.copy()\nresize(x, h, w)\n"
        shows += "print('the input changed by', np.abs(x - before).max(), 'and should be 0')"
        why = "the call writes into the array that it is given"
        return _different(operation, case, change, 0.0, "modifies its input", "state", why, shows)
    if isinstance(got, Result):
        return got
    expected = hand_over(operation, before.copy(), case.size)
    if isinstance(expected, Result):
        return expected
    shows = "difference = resize(x, h, w) - resize(np.array(x, dtype=np.float32, order='C'), h, w)\n"
    shows += "print('off by', np.abs(difference).max(), 'and should be 0')"
    if got.shape != expected.shape:
        why = f"an array that lies otherwise ({name}) gives shape {got.shape}"
        return _different(operation, case, float("inf"), tolerance, "another shape", "memory layout", why, shows)
    same_bits = np.array_equal(got, expected, equal_nan=True)
    both = np.isnan(got) & np.isnan(expected)
    difference = np.where(both, 0, np.abs(got.astype(np.float64) - expected))
    error = float(np.where(np.isnan(difference), np.inf, difference).max(initial=0))
    if same_bits or error <= tolerance:
        return Result(Verdict.EXACT if same_bits else Verdict.AGREES, error, tolerance)
    why = f"how the array lies in memory is not heeded ({name})"
    words = "takes bytes in another order" if name in _FOREIGN else "reads the wrong memory"
    return _different(operation, case, error, tolerance, words, "memory layout", why, shows)


def _different(
    operation: Operation, case: Case, error: float, tolerance: float, words: str, factor: str, why: str, shows: str
) -> Result:
    return Result(
        disagreement(error),
        error,
        tolerance,
        words,
        case.label,
        "the same numbers, and the input as it was",
        f"off by {error:.6g}",
        Attribution((factor,), why),
        program(operation, case, shows),
    )
