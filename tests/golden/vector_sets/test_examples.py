"""Is the example of each fault what a resizer with that fault returns, by a second opinion?"""

from __future__ import annotations

import numpy as np
import pytest

from tests.golden.vector_sets.plain_faults import PLAIN_FAULTS, Plain, replace
from tests.golden.vector_sets.reading import FOLDER, SETS, document, read
from tests.golden.vector_sets.test_fault_matrix import _way

SAME = 0.02
"""The share of a fault's error by which two ways to compute its result may differ: values near a tie of integers."""
NO_FRACTIONS = ("gaussian", "lanczos")
"""Kernels whose ties, as of a checkerboard, are decided by the last bit of a weight."""


@pytest.mark.parametrize("name", SETS)
def test_an_example_is_what_the_fault_returns(name: str) -> None:
    """For a vector that bears its flag."""
    whole = document(name)
    values = (FOLDER / "sets" / whole["data"]).read_bytes()
    vectors = {vector.entry["id"]: vector for vector in read(name)}
    for flag, note in whole["notes"].items():
        if flag == "rounded-once" and whole["convention"]["kernel"] in NO_FRACTIONS:
            continue
        vector = vectors[note["example"]["vector"]]
        assert flag in vector.entry["flags"]
        shape = vector.image.shape
        axes = tuple(
            {"convention": whole["convention"], "n_in": shape[k], "n_out": vector.expected.shape[k], "scale": None}
            for k in (0, 1)
        )
        plain = Plain(vector.image, axes, whole["dtype"], name if whole["library"] else None)
        if whole["library"]:
            plain = replace(plain, way=_way(plain, vector.expected))
        kind = {"uint8": "u1", "float32": "<f4"}[whole["dtype"]]
        count = int(np.prod(note["example"]["shape"]))
        example = np.frombuffer(values, kind, count, note["example"]["offset"]).reshape(note["example"]["shape"])
        faulty = PLAIN_FAULTS[flag](plain)
        assert faulty.shape == example.shape
        assert example.size == vector.expected.size
        off = np.abs(faulty.astype(np.float64) - example).mean()
        error = np.abs(vector.expected.astype(np.float64).ravel() - example.ravel()).mean()
        assert off <= SAME * error, flag
