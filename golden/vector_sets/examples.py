"""The result of a resizer with a fault, for one vector: the values by which a reader tells a fault from the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from halfpixel.golden.vector_sets.faults import FAULTS
from halfpixel.golden.vector_sets.sets import SetDefinition, Vector, problem_of


@dataclass(frozen=True, slots=True)
class Example:
    """The id of a vector that bears the flag, and the faulty result for it: as many values as the right one has."""

    vector: str
    values: np.ndarray


def examples(definition: SetDefinition, made: Sequence[Vector]) -> dict[str, Example]:
    """An example for each flag of a set: where the faulty result is farthest from the right and the other faulty ones.

    A library's rule has no kernel to exchange: there the fault is put into exact weights, followed by the steps that
    come nearest to the rule.
    """
    distances: dict[str, list[tuple[float, Example]]] = {}
    for vector in made:
        problem = problem_of(definition, vector.image, vector.size)
        if problem.rule is not None:
            problem = problem.as_near_as_possible(vector.expected)
        results = {fault.flag: fault.injection(problem) for fault in FAULTS}
        flat = {flag: result.ravel() for flag, result in results.items() if result is not None}
        flat[""] = vector.expected.ravel()
        for flag in vector.flags:
            others = [values for other, values in flat.items() if other != flag]
            distance = min(float(np.abs(flat[flag].astype(np.float64) - values).mean()) for values in others)
            values = flat[flag].reshape(np.asarray(results[flag]).shape).astype(definition.dtype)
            distances.setdefault(flag, []).append((distance, Example(vector.id, values)))
    return {flag: max(found, key=lambda pair: pair[0])[1] for flag, found in distances.items()}
