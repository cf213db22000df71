"""Are the files of values what the README says?"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest

from tests.golden.plain_resize import resize
from tests.golden.vector_sets.reading import FOLDER

FILES = sorted((FOLDER / "values").glob("*.json"))
SCHEMA = json.loads((FOLDER / "schemas" / "values.schema.json").read_text(encoding="utf-8"))


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


CASES = [
    pytest.param(path.name, case, id=f"{path.stem}: {case['id']}") for path in FILES for case in _read(path)["cases"]
]


def test_there_are_many_and_they_are_small() -> None:
    """An empty folder would verify too."""
    assert len(FILES) >= 15
    assert len(CASES) >= 400
    assert sum(path.stat().st_size for path in FILES) < 1_000_000


def test_the_first_files_are_the_worked_example() -> None:
    """3x3 to 5x5, both modes, as everybody teaches it."""
    expected = {
        "01-align-corners-3x3-to-5x5.json": ["1", "3/2", "2", "5/2", "3"],
        "02-half-pixel-3x3-to-5x5.json": ["1", "7/5", "2", "13/5", "3"],
    }
    for path, (name, first_row) in zip(FILES, expected.items(), strict=False):
        case = _read(path)["cases"][0]
        assert path.name == name
        assert case["input"] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
        assert case["expected"]["exact"][0] == first_row


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_is_as_the_schema_says(path: Path) -> None:
    """The schema is itself a valid schema, and strict."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(_read(path))


@pytest.mark.parametrize(
    "change",
    [
        lambda case: case.pop("rule"),
        lambda case: case["axes"][0]["convention"].update(kernel="bicubic"),
        lambda case: case["axes"][0].update(n_in=0),
        lambda case: case["expected"].update(exact=None),
        lambda case: case["expected"]["exact"][0].__setitem__(0, "2/1"),
        lambda case: case.update(surplus=1),
    ],
    ids=["no rule", "unknown kernel", "no pixels", "no bound", "not in lowest terms", "surplus key"],
)
def test_the_schema_refuses(change: Callable[[dict], object]) -> None:
    """A schema that accepts everything would say nothing."""
    document = _read(FILES[0])
    change(document["cases"][0])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(document)


def _leaves(value: object) -> list:
    return [leaf for part in value for leaf in _leaves(part)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_readme_alone_is_enough(name: str, case: dict) -> None:
    """Plain Python written from the README's formulae gives the same fractions, and the decimals within their bound.

    Where the truth is no fraction, the plain version rounds too: a few units in the last place of the largest value.
    """
    got, expected = _leaves(resize(case["axes"], case["input"])), case["expected"]
    decimals = _leaves(expected["decimal"])
    if expected["exact"] is None:
        room = 1e-13 * max(map(abs, _leaves(case["input"])))
        assert all(abs(g - d) <= expected["bound"] + room for g, d in zip(got, decimals, strict=True))
        return
    fractions = [Fraction(text) for text in _leaves(expected["exact"])]
    assert got == fractions
    assert decimals == [float(fraction) for fraction in fractions]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_matrix_gives_what_is_expected(name: str, case: dict) -> None:
    """``expected`` is ``matrix`` times ``input``; cases of more axes, and the long ones of grids, state no matrix."""
    assert ("matrix" in case) == (len(case["axes"]) == 1 and not name.startswith("16-"))
    if "matrix" not in case:
        assert case["expected"]["exact"] is not None
        return
    if case["expected"]["exact"] is not None:
        rows = [[Fraction(text) for text in row] for row in case["matrix"]["exact"]]
        products = [sum(w * v for w, v in zip(row, case["input"], strict=True)) for row in rows]
        assert products == [Fraction(text) for text in case["expected"]["exact"]]
    assert len(case["matrix"]["decimal"]) == case["axes"][0]["n_out"]
