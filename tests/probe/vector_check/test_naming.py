"""Each fault that a set of halfpixel has a flag for, put into a right resizer, is the one that is suspected."""

from __future__ import annotations

import numpy as np
import pytest

from halfpixel.golden.vector_sets.faults import FAULTS
from halfpixel.golden.vector_sets.sets import SetDefinition, definitions, problem_of
from halfpixel.probe.vector_check.faults import find_faults
from halfpixel.probe.vector_check.outcomes import check_vectors
from halfpixel.probe.vector_check.vector_set import VectorSet, read_set

SETS = ("half_pixel-linear-float32", "half_pixel-cubic-a075-float32", "pillow-bicubic-uint8")
INJECTIONS = {fault.flag: fault.injection for fault in FAULTS}


def _suspected(flag: str, definition: SetDefinition, vectors: VectorSet) -> list[str]:
    """The flags that are suspected of a resizer with the fault."""
    expected = {
        (vector.image.tobytes(), vector.image.shape, vector.size): vector.expected for vector in vectors.vectors
    }

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        image = np.atleast_3d(image)
        right = expected[image.tobytes(), image.shape, size]
        problem = problem_of(definition, image, size)
        faulty = INJECTIONS[flag](problem if problem.rule is None else problem.as_near_as_possible(right))
        return right if faulty is None else faulty

    return [suspect.flag for suspect in find_faults(vectors, check_vectors(resize, vectors)).best]


@pytest.mark.parametrize("name", SETS)
def test_each_fault_is_suspected_and_no_other(name: str) -> None:
    (definition,) = [known for known in definitions() if known.name == name]
    vectors = read_set(name)
    assert len(vectors.faults) > 20
    assert {flag: _suspected(flag, definition, vectors) for flag in vectors.faults} == {
        flag: [flag] for flag in vectors.faults
    }
