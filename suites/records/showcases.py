"""Make report records of calls and exact conventions at the showcase sizes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden import Convention, coordinates, matrix
from halfpixel.golden.catalogue import CATALOGUE, SIZES, size_key
from halfpixel.probe.compare import packed_matrices
from halfpixel.probe.measure.axis_matrix import AXES, Sweep, sweep
from halfpixel.probe.measure.sizes import SPARSE, Pair
from halfpixel.reports.records.showcase_records import ShowcaseConvention, ShowcaseMatrix, ShowcaseOperation

SHOWCASE_SIZE_PAIRS: tuple[Pair, ...] = tuple((size.n_in, size.n_out) for size in SIZES)


def pairs_of(operation: Operation) -> tuple[Pair, ...]:
    """The showcase sizes at which it is measured: those of the sparse set for one that is too dear for more."""
    return tuple(pair for pair in SHOWCASE_SIZE_PAIRS if not operation.cost or pair in SPARSE.pairs)


def matrix_record(values: np.ndarray) -> ShowcaseMatrix:
    """The record of a matrix, shape ``(n_out, n_in)``, float32 or float64."""
    n_out, n_in = values.shape
    rows = tuple(map(_sparse, values))
    name = hashlib.sha256(json.dumps([n_in, rows]).encode()).hexdigest()[:12]
    return ShowcaseMatrix(name=name, n_in=n_in, n_out=n_out, rows=rows)


def _sparse(row: np.ndarray) -> tuple[int | float | str, ...]:
    places = np.flatnonzero(row)
    if not len(places):
        return (0,)
    first, last = int(places[0]), int(places[-1])
    return (first, *map(_shortest, row[first : last + 1]))


def _shortest(weight: np.floating) -> int | float | str:
    """The shortest decimal that gives the value back at its own precision, or the name of what is no number."""
    if not np.isfinite(weight):
        return str(weight)
    return int(weight) if abs(weight) < 2**24 and weight == int(weight) else float(str(weight))


def convention_records(conventions: Iterable[Convention]) -> Iterator[ShowcaseMatrix | ShowcaseConvention]:
    """What comparisons need to know of each at every showcase size, and of those in the catalogue the exact matrix."""
    names: dict[Convention, list[str]] = {}
    for entry in CATALOGUE:
        names.setdefault(entry.convention, []).append(entry.name)
    for convention in conventions:
        for n_in, n_out in SHOWCASE_SIZE_PAIRS:
            exact = packed_matrices.pack_exact(convention, ((n_in, n_out),))
            at = coordinates(convention, n_in, n_out)
            values = None
            if convention in names:
                values = matrix_record(matrix(convention, n_in, n_out).to_array())
                yield values
            yield ShowcaseConvention(
                name=str(convention),
                n_in=n_in,
                n_out=n_out,
                matrix="" if values is None else values.name,
                bound=float(exact.tolerance[0]),
                at=tuple(str(at[output]) for output in range(n_out)),
                near_ties=tuple(np.flatnonzero(exact.near_tie).tolist()),
                known_as=tuple(names.get(convention, ())),
            )


def operation_records(operation: Operation) -> Iterator[ShowcaseMatrix | ShowcaseOperation]:
    """Its measured matrices, each once, and the record that names them; raises ``NotInstalled``."""
    sweeps = [sweep(operation, pairs_of(operation), axis) for axis in AXES]
    matrices: dict[str, dict[str, str]] = {}
    refused: dict[str, str] = {}
    misshapen: dict[str, str] = {}
    bounds: dict[str, dict[str, list[float]]] = {}
    recorded: set[str] = set()
    for pair in pairs_of(operation):
        key = size_key(pair)
        for along in sweeps:
            if pair in along.matrices:
                values = matrix_record(along.matrices[pair])
                matrices.setdefault(key, {})[along.axis] = values.name
                if operation.claim is None:
                    bounds.setdefault(key, {})[along.axis] = _bounds(along, pair)
                if values.name not in recorded:
                    recorded.add(values.name)
                    yield values
            elif pair in along.misshapen:
                misshapen[key] = str(along.misshapen[pair])
            else:
                refused[key] = along.refused.get(pair, "not defined for this pair of sizes")
    yield ShowcaseOperation(
        operation=operation.id,
        framework=operation.framework,
        claim="" if operation.claim is None else str(operation.claim),
        matrices=matrices,
        refusals=refused,
        misshapen=misshapen,
        bounds=bounds,
    )


def _bounds(along: Sweep, pair: Pair) -> list[float]:
    place = packed_matrices.layout((pair,))
    bounds = packed_matrices.unclaimed_tolerance(place, packed_matrices.pack_measured(along, (pair,)))
    return [float(bound) for bound in bounds]
