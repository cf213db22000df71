"""Records of what operations and exact conventions do at the showcase sizes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

import numpy as np

from adapters import Operation
from golden import Convention, coordinates, matrix
from golden.catalogue import CATALOGUE
from probe import flat
from probe.measure import AXES, Sweep, sweep
from probe.sizes import SPARSE, Pair
from reports.showcase import SIZES, key
from reports.showcase_record import ShowcaseConvention, ShowcaseMatrix, ShowcaseOperation

PAIRS: tuple[Pair, ...] = tuple((one.n_in, one.n_out) for one in SIZES)


def pairs_of(operation: Operation) -> tuple[Pair, ...]:
    """The showcase sizes at which it is measured: those of the sparse set for one that is too dear for more."""
    return tuple(pair for pair in PAIRS if not operation.cost or pair in SPARSE.pairs)


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
        for n_in, n_out in PAIRS:
            exact = flat.exact(convention, ((n_in, n_out),))
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
    seen: set[str] = set()
    for pair in pairs_of(operation):
        for one in sweeps:
            if pair in one.matrices:
                values = matrix_record(one.matrices[pair])
                matrices.setdefault(key(pair), {})[one.axis] = values.name
                if operation.claim is None:
                    bounds.setdefault(key(pair), {})[one.axis] = _bounds(one, pair)
                if values.name not in seen:
                    seen.add(values.name)
                    yield values
            elif pair in one.misshapen:
                misshapen[key(pair)] = str(one.misshapen[pair])
            else:
                refused[key(pair)] = one.refused.get(pair, "not defined for this pair of sizes")
    yield ShowcaseOperation(
        operation=operation.id,
        framework=operation.framework,
        claim="" if operation.claim is None else str(operation.claim),
        matrices=matrices,
        refusals=refused,
        misshapen=misshapen,
        bounds=bounds,
    )


def _bounds(one: Sweep, pair: Pair) -> list[float]:
    where = flat.layout((pair,))
    return flat.rounding_only(where, flat.measured(one, (pair,))).tolist()
