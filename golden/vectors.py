"""Test vectors as JSON that any language can read: made from the exact matrices, written, and verified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from halfpixel.golden import vector_cases
from halfpixel.golden.coordinates import coordinates
from halfpixel.golden.matrix import ExactMatrix, matrix
from halfpixel.golden.vector_cases import VectorAxis, VectorCase, VectorFile

FIXTURES = Path(__file__).parent / "fixtures"
SCHEMA = "fixture.schema.json"
SCHEMA_VERSION = 1
"""Raised when keys of the files change."""
FORMAT_VERSION = 1
"""Raised when the way numbers are written changes."""

Document = dict[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Verification:
    """How many files and cases were compared, and one line for everything that is not as it should be."""

    files: int
    cases: int
    problems: tuple[str, ...]


def suites() -> tuple[VectorFile, ...]:
    """Every file of test vectors, in order."""
    return (
        *vector_cases.worked_examples(),
        *vector_cases.both_modes(),
        vector_cases.other_coordinates(),
        vector_cases.nearest(),
        vector_cases.cubic(),
        vector_cases.antialias(),
        vector_cases.area(),
        vector_cases.borders(),
        vector_cases.bspline(),
        vector_cases.scales(),
        vector_cases.degenerate(),
        vector_cases.three_dimensions(),
        vector_cases.decimals(),
    )


def document(suite: VectorFile) -> Document:
    """The contents of one file."""
    return {
        "$schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "format_version": FORMAT_VERSION,
        "title": suite.title,
        "cases": [_case(case) for case in suite.cases],
    }


def write(folder: Path = FIXTURES) -> list[Path]:
    """Write every file into ``folder`` and return their paths. The schema, which is written by hand, is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for suite in suites():
        path = folder / f"{suite.file}.json"
        path.write_text(_text(document(suite)) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def verify(folder: Path = FIXTURES) -> Verification:
    """Make every file anew and compare it with the one in ``folder``.

    Fractions must be equal; decimals that stand for no fraction must be within their bound. Missing files and cases,
    and files and cases that should not be there, are problems too. Raises ``NotADirectoryError`` without a folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"no such folder: {folder}")
    expected = {f"{suite.file}.json": document(suite) for suite in suites()}
    present = {path.name for path in folder.glob("*.json")} - {SCHEMA}
    problems = [f"{name}: not one of the test vectors" for name in sorted(present - expected.keys())]
    files = cases = 0
    for name, wanted in expected.items():
        if name not in present:
            problems.append(f"{name}: missing")
            continue
        files += 1
        try:
            actual = json.loads((folder / name).read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            problems.append(f"{name}: not JSON: {error}")
            continue
        cases += len(wanted["cases"])
        problems += [f"{name}: {problem}" for problem in _file_problems(wanted, actual)]
    return Verification(files, cases, tuple(problems))


def _case(case: VectorCase) -> Document:
    shape = tuple(axis.n_in for axis in case.axes)
    values = case.values or tuple(islice(_primes(), int(np.prod(shape))))
    image = np.array(values, dtype=object).reshape(shape)
    matrices = [matrix(axis.convention, axis.n_in, axis.n_out, axis.scale) for axis in case.axes]
    is_exact = all(exact.is_rational for exact in matrices)
    grids = [
        np.array([list(row) for row in exact.rows()], dtype=object) if is_exact else exact.to_array()
        for exact in matrices
    ]
    result: Document = {
        "id": case.id,
        "rule": case.rule,
        "axes": [_axis(axis) for axis in case.axes],
        "input": image.tolist(),
        "expected": _numbers(reduce(_along_first_axis, reversed(grids), image), is_exact),
    }
    if not is_exact:
        result["expected"]["bound"] = _bound(matrices[0], values)
    if len(case.axes) == 1:
        result["matrix"] = _numbers(grids[0], is_exact)
        if not is_exact:
            result["matrix"]["bound"] = _bound(matrices[0], (1,))
    return result


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


def _text(value: object, indent: int = 0) -> str:
    """JSON with one row of numbers a line, so that changes show line by line."""
    pad = " " * (indent + 1)
    if isinstance(value, dict) and value:
        parts = [f"{json.dumps(key)}: {_text(part, indent + 1)}" for key, part in value.items()]
        return "{\n" + ",\n".join(pad + part for part in parts) + "\n" + " " * indent + "}"
    if isinstance(value, list) and any(isinstance(part, list | dict) for part in value):
        return "[\n" + ",\n".join(pad + _text(part, indent + 1) for part in value) + "\n" + " " * indent + "]"
    return json.dumps(value, ensure_ascii=False)


def _file_problems(expected: Document, actual: object) -> Iterator[str]:
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
