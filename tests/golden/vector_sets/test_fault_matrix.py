"""Every fault against every vector, by a resizer and faults that share no code with those that made the flags.

A vector must bear a flag exactly when the fault makes it fail, and what is right must pass.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from halfpixel.golden.vector_sets.faults import FAULTS, KINDS
from tests.golden.vector_sets.plain_faults import PLAIN_FAULTS, WAYS, Plain, replace, right
from tests.golden.vector_sets.reading import FOLDER, SETS, document, read

UNCERTAIN = 2
STEPS = ("size-swapped", "rounded-once", "exact-index", "passes-swapped", "alpha-not-premultiplied")
BY_KIND = {fault.flag: fault.kind for fault in FAULTS}
VALUE_FILES = sorted(path.name for path in (FOLDER / "values").glob("*.json"))


def _off(result: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return np.abs(result.astype(np.float64) - expected.astype(np.float64))


def _fails(flag: str, plain: Plain, expected: np.ndarray, tolerance: float) -> bool:
    result = PLAIN_FAULTS[flag](plain)
    if result is None:
        return False
    if result.shape != expected.shape:
        return True
    off = _off(result, expected)
    if plain.rule is None or BY_KIND[flag] == "memory layout" or flag in STEPS:
        return bool((off > tolerance).any())
    planes = [-1] if "-rgba" in plain.rule else list(range(expected.shape[2]))
    truth = right(plain)
    distance = _off(truth, expected)[..., planes].max()
    moved = (result != truth)[..., planes] & (off[..., planes] > tolerance + 2 * distance)
    return bool(distance <= UNCERTAIN and moved.any())


def _way(plain: Plain, expected: np.ndarray) -> str:
    planes = [-1] if "-rgba" in str(plain.rule) else list(range(expected.shape[2]))
    return min(WAYS, key=lambda way: _off(right(replace(plain, way=way)), expected)[..., planes].max())


def test_the_second_opinion_knows_every_fault() -> None:
    assert list(PLAIN_FAULTS) == [fault.flag for fault in FAULTS]


def test_every_fault_is_told_by_some_vector_and_has_words() -> None:
    told = {flag for name in SETS for vector in document(name)["vectors"] for flag in vector["flags"]}
    for name in VALUE_FILES:
        told |= {flag for case in json.loads((FOLDER / "values" / name).read_text())["cases"] for flag in case["flags"]}
    assert told == {fault.flag for fault in FAULTS}
    assert {fault.kind for fault in FAULTS if fault.threads} == set(KINDS)
    assert all(fault.fault.endswith(".") and fault.effect.endswith(".") for fault in FAULTS)


@pytest.mark.parametrize("name", SETS)
def test_a_flag_is_borne_exactly_when_its_fault_fails(name: str) -> None:
    whole = document(name)
    rule = name if whole["library"] else None
    wrong = []
    for vector in read(name):
        shape, size = vector.image.shape, vector.expected.shape
        axes = tuple(
            {"convention": whole["convention"], "n_in": shape[k], "n_out": size[k], "scale": None} for k in (0, 1)
        )
        plain = Plain(vector.image, axes, whole["dtype"], rule)
        tolerance = vector.entry["tolerance"]
        if rule is None:
            assert _off(right(plain), vector.expected).max() <= tolerance, vector.entry["id"]
        else:
            plain = replace(plain, way=_way(plain, vector.expected))
        flags = [flag for flag in PLAIN_FAULTS if _fails(flag, plain, vector.expected, tolerance)]
        if flags != vector.entry["flags"]:
            wrong.append((vector.entry["id"], sorted({*flags} ^ {*vector.entry["flags"]})))
    assert not wrong


@pytest.mark.parametrize("name", VALUE_FILES)
def test_flags_of_values_are_true(name: str) -> None:
    wrong = []
    for case in json.loads((FOLDER / "values" / name).read_text(encoding="utf-8"))["cases"]:
        expected = np.array(case["expected"]["decimal"], dtype=np.float64)
        plain = Plain(np.array(case["input"]), tuple(case["axes"]), "float32", None)
        assert _off(right(plain), expected).max() <= max(case["tolerance"], 1e-9), case["id"]
        flags = [flag for flag in PLAIN_FAULTS if _fails(flag, plain, expected, case["tolerance"])]
        if flags != case["flags"]:
            wrong.append((case["id"], sorted({*flags} ^ {*case["flags"]})))
    assert not wrong


@pytest.mark.parametrize("name", [name for name in SETS if document(name)["library"] and "nearest" not in name])
def test_a_library_rounds_the_convention_that_its_set_names(name: str) -> None:
    """Exact weights and the nearest steps stay within two grey levels, so faults of conventions can be told."""
    for vector in read(name):
        shape, size = vector.image.shape, vector.expected.shape
        axes = tuple(
            {"convention": document(name)["convention"], "n_in": shape[k], "n_out": size[k], "scale": None}
            for k in (0, 1)
        )
        plain = Plain(vector.image, axes, "uint8", name)
        planes = [-1] if "-rgba" in name else list(range(size[2]))
        off = _off(right(replace(plain, way=_way(plain, vector.expected))), vector.expected)[..., planes].max()
        assert off <= UNCERTAIN, vector.entry["id"]
