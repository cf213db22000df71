"""The files of values: exact results of small resizes as JSON that any language can read, and what differs in one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from functools import reduce
from itertools import islice
from typing import Any

import numpy as np

from halfpixel.golden.coordinates import coordinates
from halfpixel.golden.matrix import ExactMatrix, matrix
from halfpixel.golden.vector_sets import value_cases
from halfpixel.golden.vector_sets.faults import flags, notes
from halfpixel.golden.vector_sets.position_grids import position_grids
from halfpixel.golden.vector_sets.problem import Problem, VectorAxis, tolerance
from halfpixel.golden.vector_sets.value_cases import VectorCase, VectorFile

SCHEMA = "../schemas/values.schema.json"
SCHEMA_VERSION = 2
"""Raised when keys of the files change."""
FORMAT_VERSION = 1
"""Raised when the way numbers are written changes."""

Document = dict[str, Any]
"""A JSON object."""


def suites() -> tuple[VectorFile, ...]:
    """Every file of test vectors, in order."""
    return (
        *value_cases.worked_examples(),
        *value_cases.both_modes(),
        value_cases.other_coordinates(),
        value_cases.nearest(),
        value_cases.cubic(),
        value_cases.antialias(),
        value_cases.area(),
        value_cases.borders(),
        value_cases.bspline(),
        value_cases.scales(),
        value_cases.degenerate(),
        value_cases.three_dimensions(),
        value_cases.decimals(),
        position_grids(),
    )


def value_files() -> Iterator[tuple[str, Document]]:
    """Path below ``golden/vectors`` and contents of every file, in order."""
    for suite in suites():
        yield f"values/{suite.file}.json", document(suite)


def document(suite: VectorFile) -> Document:
    """The contents of one file."""
    cases = [_case(case, suite.has_matrices) for case in suite.cases]
    return {
        "$schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "format_version": FORMAT_VERSION,
        "title": suite.title,
        "notes": notes({flag for case in cases for flag in case["flags"]}),
        "cases": cases,
    }


def text(value: object, indent: int = 0) -> str:
    """JSON with one row of numbers a line, so that changes show line by line."""
    pad = " " * (indent + 1)
    if isinstance(value, dict) and value:
        parts = [f"{json.dumps(key)}: {text(part, indent + 1)}" for key, part in value.items()]
        return "{\n" + ",\n".join(pad + part for part in parts) + "\n" + " " * indent + "}"
    if isinstance(value, list) and any(isinstance(part, list | dict) for part in value):
        return "[\n" + ",\n".join(pad + text(part, indent + 1) for part in value) + "\n" + " " * indent + "]"
    return json.dumps(value, ensure_ascii=False)


def _case(case: VectorCase, has_matrix: bool) -> Document:
    shape = tuple(axis.n_in for axis in case.axes)
    values = case.values or tuple(islice(_primes(), int(np.prod(shape))))
    image = np.array(values, dtype=object).reshape(shape)
    matrices = [matrix(axis.convention, axis.n_in, axis.n_out, axis.scale) for axis in case.axes]
    is_exact = all(exact.is_rational for exact in matrices)
    grids = [
        np.array([list(row) for row in exact.rows()], dtype=object) if is_exact else exact.to_array()
        for exact in matrices
    ]
    expected = reduce(_along_first_axis, reversed(grids), image)
    result: Document = {
        "id": case.id,
        "rule": case.rule,
        "axes": [_axis(axis) for axis in case.axes],
        "input": image.tolist(),
        "expected": _numbers(expected, is_exact),
    }
    if not is_exact:
        result["expected"]["bound"] = _bound(matrices[0], values)
    if len(case.axes) == 1 and has_matrix:
        result["matrix"] = _numbers(grids[0], is_exact)
        if not is_exact:
            result["matrix"]["bound"] = _bound(matrices[0], (1,))
    allowed = tolerance(case.axes, max(map(abs, values)))
    problem = Problem(image.astype(np.int64), case.axes)
    decimal = expected.astype(np.float64)
    return result | {
        "tolerance": allowed,
        "flags": flags(problem, decimal, allowed),
    }


def _along_first_axis(image: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Resize the last axis of ``image`` and make it the first, so that after every axis their order is back."""
    return np.moveaxis(np.dot(image, grid.T), -1, 0)


def _axis(axis: VectorAxis) -> Document:
    where = coordinates(axis.convention, axis.n_in, axis.n_out, axis.scale)
    return {
        "convention": axis.convention.as_dict(),
        "n_in": axis.n_in,
        "n_out": axis.n_out,
        "scale": None if axis.scale is None else str(axis.scale),
        "coordinates": [str(where[o]) for o in range(axis.n_out)],
    }


def _numbers(array: np.ndarray, is_exact: bool) -> Document:
    decimal = array.astype(np.float64).tolist()
    return {"exact": _strings(array.tolist()) if is_exact else None, "decimal": decimal}


def _strings(value: Any) -> list[Any] | str:
    return [_strings(part) for part in value] if isinstance(value, list) else str(Fraction(value))


def _bound(exact: ExactMatrix, values: tuple[int, ...]) -> float:
    """An upper bound of the error of any decimal, to two digits upwards: each entry's, times the pixels it meets."""
    total = exact.bound * sum(abs(value) for value in values)
    return float(f"{1.05 * total:.1e}")


def _primes() -> Iterator[int]:
    candidate = 1
    while True:
        candidate += 1
        if all(candidate % divisor for divisor in range(2, candidate)):
            yield candidate


def problems_of(expected: Document, actual: object) -> Iterator[str]:
    """One line for every part of a file, as read, that is not as it should be.

    Fractions must be equal; decimals that stand for no fraction must be within their bound.
    """
    if not isinstance(actual, dict) or not isinstance(actual.get("cases"), list):
        yield "not an object with a list of cases"
        return
    expected_head, actual_head = (
        {key: part for key, part in whole.items() if key != "cases"} for whole in (expected, actual)
    )
    difference = _difference(expected_head, actual_head)
    if difference:
        yield difference
    cases = {case["id"]: case for case in expected["cases"]}
    listed = set()
    for position, case in enumerate(actual["cases"]):
        name = case.get("id") if isinstance(case, dict) else None
        if not isinstance(name, str) or name not in cases:
            yield f"cases[{position}]: no such case: {name!r}"
        elif name in listed:
            yield f"case '{name}': listed twice"
        else:
            listed.add(name)
            difference = _difference(cases[name], case)
            if difference:
                yield f"case '{name}': {difference}"
    for name in cases:
        if name not in listed:
            yield f"case '{name}': missing"


def _difference(expected: object, actual: object, path: str = "", bound: float = 0.0) -> str:
    """The first difference, as ``path is this, must be that``; empty when there is none."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            place = f"{path}.{key}" if path else key
            if key not in actual:
                return f"{place} is missing"
            if key not in expected:
                return f"{place} should not be there"
            difference = _difference(expected[key], actual[key], place, expected.get("bound", bound))
            if difference:
                return difference
        return ""
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return f"{path} has {len(actual)} entries, must have {len(expected)}"
        pairs = enumerate(zip(expected, actual, strict=True))
        return next(filter(None, (_difference(*pair, f"{path}[{i}]", bound) for i, pair in pairs)), "")
    if _same(expected, actual, bound):
        return ""
    return f"{path} is {json.dumps(actual)[:80]}, must be {json.dumps(expected)[:80]}"


def _same(expected: object, actual: object, bound: float) -> bool:
    if isinstance(expected, float) and isinstance(actual, int | float) and not isinstance(actual, bool):
        # Each may be off the truth by the bound, to either side.
        return abs(expected - actual) <= 2 * bound
    return type(expected) is type(actual) and expected == actual
