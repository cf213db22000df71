"""Test vectors as JSON that any language can read: made from the exact matrices, written, and verified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import islice
from pathlib import Path

import numpy as np

from golden import _cases_coordinates as coordinate_cases
from golden import _cases_kernels as kernel_cases
from golden._cases import Axis, Case, Suite
from golden.coordinates import coordinates
from golden.matrix import ExactMatrix, matrix

FIXTURES = Path(__file__).parent / "fixtures"
SCHEMA = "fixture.schema.json"
SCHEMA_VERSION = 1
"""Raised when keys of the files change."""
FORMAT_VERSION = 1
"""Raised when the way numbers are written changes."""


@dataclass(frozen=True, slots=True)
class Verification:
    """How many files and cases were compared, and one line for everything that is not as it should be."""

    files: int
    cases: int
    problems: tuple[str, ...]


def suites() -> tuple[Suite, ...]:
    """Every file of test vectors, in order."""
    return (
        *coordinate_cases.worked_examples(),
        *coordinate_cases.both_modes(),
        coordinate_cases.other_coordinates(),
        coordinate_cases.nearest(),
        kernel_cases.cubic(),
        kernel_cases.antialias(),
        kernel_cases.area(),
        kernel_cases.borders(),
        kernel_cases.bspline(),
        coordinate_cases.scales(),
        coordinate_cases.degenerate(),
        coordinate_cases.three_dimensions(),
        kernel_cases.decimals(),
    )


def document(suite: Suite) -> dict[str, object]:
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
            found = json.loads((folder / name).read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            problems.append(f"{name}: not JSON: {error}")
            continue
        cases += len(wanted["cases"])
        problems += [f"{name}: {problem}" for problem in _file_problems(wanted, found)]
    return Verification(files, cases, tuple(problems))


def _case(case: Case) -> dict[str, object]:
    shape = tuple(axis.n_in for axis in case.axes)
    values = case.values or tuple(islice(_primes(), int(np.prod(shape))))
    image = np.array(values, dtype=object).reshape(shape)
    matrices = [matrix(axis.convention, axis.n_in, axis.n_out, axis.scale) for axis in case.axes]
    is_exact = all(one.is_rational for one in matrices)
    grids = [
        np.array([list(row) for row in one.rows()], dtype=object) if is_exact else one.to_array() for one in matrices
    ]
    result = {
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


def _axis(axis: Axis) -> dict[str, object]:
    where = coordinates(axis.convention, axis.n_in, axis.n_out, axis.scale)
    return {
        "convention": axis.convention.as_dict(),
        "n_in": axis.n_in,
        "n_out": axis.n_out,
        "scale": None if axis.scale is None else str(axis.scale),
        "coordinates": [str(where[o]) for o in range(axis.n_out)],
    }


def _numbers(array: np.ndarray, is_exact: bool) -> dict[str, object]:
    decimal = array.astype(np.float64).tolist()
    return {"exact": _strings(array.tolist()) if is_exact else None, "decimal": decimal}


def _strings(value: object) -> object:
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


def _file_problems(wanted: dict[str, object], found: object) -> Iterator[str]:
    if not isinstance(found, dict) or not isinstance(found.get("cases"), list):
        yield "not an object with a list of cases"
        return
    heads = [{key: part for key, part in whole.items() if key != "cases"} for whole in (wanted, found)]
    difference = _difference(*heads)
    if difference:
        yield difference
    cases = {case["id"]: case for case in wanted["cases"]}
    seen = set()
    for position, case in enumerate(found["cases"]):
        name = case.get("id") if isinstance(case, dict) else None
        if not isinstance(name, str) or name not in cases:
            yield f"cases[{position}]: no such case: {name!r}"
        elif name in seen:
            yield f"case '{name}': listed twice"
        else:
            seen.add(name)
            difference = _difference(cases[name], case)
            if difference:
                yield f"case '{name}': {difference}"
    for name in cases:
        if name not in seen:
            yield f"case '{name}': missing"


def _difference(wanted: object, found: object, path: str = "", bound: float = 0.0) -> str:
    """The first difference, as ``path is this, must be that``; empty when there is none."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in [*wanted, *(key for key in found if key not in wanted)]:
            place = f"{path}.{key}" if path else key
            if key not in found:
                return f"{place} is missing"
            if key not in wanted:
                return f"{place} should not be there"
            difference = _difference(wanted[key], found[key], place, wanted.get("bound", bound))
            if difference:
                return difference
        return ""
    if isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            return f"{path} has {len(found)} entries, must have {len(wanted)}"
        pairs = enumerate(zip(wanted, found, strict=True))
        return next(filter(None, (_difference(*pair, f"{path}[{i}]", bound) for i, pair in pairs)), "")
    if _same(wanted, found, bound):
        return ""
    return f"{path} is {json.dumps(found)[:80]}, must be {json.dumps(wanted)[:80]}"


def _same(wanted: object, found: object, bound: float) -> bool:
    if isinstance(wanted, float) and isinstance(found, int | float) and not isinstance(found, bool):
        # Each may be off the truth by the bound, to either side.
        return abs(wanted - found) <= 2 * bound
    return type(wanted) is type(found) and wanted == found
