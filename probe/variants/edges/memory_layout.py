"""Arrays with unusual memory layout, strides or byte order: the same numbers, or a refusal."""

from __future__ import annotations

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden.tolerance import max_difference
from halfpixel.golden.vocabulary import Cause
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.variants.edges.cases import (
    EdgeCase,
    EdgeResult,
    call_unchanged,
    edge_program,
    native_layout,
    native_shape,
    reference_of_case,
    shapes,
    size_text,
    summarise,
)
from halfpixel.probe.variants.observation import Observation, agreement_verdict, disagreement_verdict

# Each makes from a contiguous {x} an array of the same shape with another memory layout.
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
            source = f"(lambda x: {layout.replace('{x}', 'x')})({image})"
            case = EdgeCase(f"{name}, {size_text(size_in, size_out)}", source, size_out)
            known = reference_of_case(operation, case, size_in)
            if isinstance(known, EdgeResult):
                results.append(known)
            else:
                results.append(_layout_result(operation, case, name, 2 * known.tolerance))
    return summarise(variant, _AGAINST, "the same numbers", results)


def _layout_result(operation: Operation, case: EdgeCase, name: str, tolerance: float) -> EdgeResult:
    def different(error: float, tolerance: float, headline: str, cause: Cause, why: str, last: str) -> EdgeResult:
        return EdgeResult(
            disagreement_verdict(error),
            error,
            tolerance,
            headline,
            case.label,
            "the same numbers, and the input as it was",
            f"off by {error:.6g}",
            Attribution((cause,), why),
            edge_program(operation, case, last),
        )

    x = case.array()
    before = np.array(x, dtype=np.float32, order="C")
    result = call_unchanged(operation, x, case.size)
    if not np.array_equal(np.array(x, dtype=np.float32, order="C"), before, equal_nan=True):
        change = float(np.abs(np.nan_to_num(x.astype(np.float64) - before, nan=np.inf)).max())
        last = "before = x.copy()\nresize(x, h, w)\n"
        last += "print('the input changed by', np.abs(x - before).max(), 'and should be 0')"
        why = "the call writes into the array that it is given"
        return different(change, 0.0, "modifies its input", Cause.STATE, why, last)
    if isinstance(result, EdgeResult):
        return result
    expected = call_unchanged(operation, before.copy(), case.size)
    if isinstance(expected, EdgeResult):
        return expected
    last = "difference = resize(x, h, w) - resize(np.array(x, dtype=np.float32, order='C'), h, w)\n"
    last += "print('off by', np.abs(difference).max(), 'and should be 0')"
    if result.shape != expected.shape:
        why = f"an array that lies otherwise ({name}) gives shape {result.shape}"
        return different(float("inf"), tolerance, "another shape", Cause.MEMORY_LAYOUT, why, last)
    same_bits = np.array_equal(result, expected, equal_nan=True)
    error = max_difference(result, expected)
    if same_bits or error <= tolerance:
        return EdgeResult(agreement_verdict(same_bits), error, tolerance)
    why = f"how the array lies in memory is not heeded ({name})"
    headline = "takes bytes in another order" if name in _FOREIGN else "reads the wrong memory"
    return different(error, tolerance, headline, Cause.MEMORY_LAYOUT, why, last)
