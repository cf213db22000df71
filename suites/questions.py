"""Which pairs of operations are asked about."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from adapters import Operation

BETWEEN = "between frameworks"
"""Stands for the framework where a question is about several."""


def default_pairs(operations: Iterable[Operation]) -> list[tuple[Operation, Operation]]:
    """Every two calls of different frameworks that give nothing but a size."""
    defaults = sorted((one for one in operations if one.is_default), key=lambda one: one.framework)
    return [(a, b) for a, b in combinations(defaults, 2) if a.framework != b.framework]
