"""Measurements of one run, shared between processes through a folder, so that nothing is measured twice."""

from __future__ import annotations

import hashlib
import pickle
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from adapters import NotInstalled, Operation
from adapters.layout import WrongShape
from probe.attribute import attribute
from probe.compare import against_convention
from probe.discrepancy import Discrepancy, Verdict
from probe.measure import AXES, Sweep, sweep
from probe.sizes import Pair, SizeSet, affordable


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one operation does at every pair of sizes.

    ``discrepancy`` holds it against its claim; ``None`` when its documentation claims nothing. ``sweeps`` are one an
    axis; empty when the claim holds, for then the exact matrices are the measurement up to rounding. ``swept`` is the
    whole list of pairs that was asked for.
    """

    operation: Operation
    discrepancy: Discrepancy | None
    sweeps: tuple[Sweep, ...]
    swept: tuple[Pair, ...]

    @property
    def pairs(self) -> frozenset[tuple[int, int]]:
        """The pairs measured along every axis, when sweeps are kept."""
        return frozenset.intersection(*(frozenset(one.matrices) for one in self.sweeps)) if self.sweeps else frozenset()

    def among(self, pairs: frozenset[Pair]) -> Judgement:
        """The same at those of ``pairs`` that were swept; the discrepancy stays that of all."""
        kept = tuple(
            replace(one, matrices={pair: got for pair, got in one.matrices.items() if pair in pairs})
            for one in self.sweeps
        )
        return replace(self, sweeps=kept, swept=tuple(pair for pair in self.swept if pair in pairs))


@dataclass(frozen=True, slots=True)
class Store:
    """Judgements at one size set, or at the sparse one for dear operations, kept in ``folder`` for the length of a run.

    Files appear whole or not at all.
    """

    folder: Path
    sizes: SizeSet

    def judgement(self, operation: Operation) -> Judgement:
        """Measure ``operation`` and hold it against its claim, or read what another process found.

        A framework that is absent is a judgement with the verdict ``not installed``.
        """
        pairs = affordable(operation, self.sizes).pairs
        name = hashlib.sha256(f"{operation.id}\n{pairs}".encode()).hexdigest()
        path = self.folder / f"{name}.pickle"
        if path.exists():
            found, packed = pickle.loads(path.read_bytes())
            return Judgement(operation, found, tuple(_sweep(operation, one) for one in packed), pairs)
        judged = self._measure(operation, pairs)
        with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as beside:
            beside.write(pickle.dumps((judged.discrepancy, [_packed(one) for one in judged.sweeps])))
        Path(beside.name).replace(path)
        return judged

    def _measure(self, operation: Operation, pairs: tuple[Pair, ...]) -> Judgement:
        try:
            sweeps = tuple(sweep(operation, pairs, axis) for axis in AXES)
        except NotInstalled as absent:
            claimed = str(operation.claim) if operation.claim else "nothing"
            missing = Discrepancy(operation.id, claimed, Verdict.NOT_INSTALLED, refused=((str(absent), 0),))
            return Judgement(operation, missing, (), pairs)
        if operation.claim is None:
            return Judgement(operation, None, sweeps, pairs)
        found = against_convention(list(sweeps), operation.claim)
        if found.verdict.is_agreement:
            return Judgement(operation, found, (), pairs)
        found = replace(found, attribution=attribute(found, list(sweeps), operation.claim, None))
        return Judgement(operation, found, sweeps, pairs)


def _packed(one: Sweep) -> dict[str, object]:
    pairs = tuple(one.matrices)
    values = np.concatenate([one.matrices[pair].ravel() for pair in pairs]) if pairs else np.zeros(0, np.float32)
    places = np.flatnonzero(values).astype(np.int32)
    return {
        "axis": one.axis,
        "pairs": pairs,
        "places": places,
        "values": values[places],
        "refused": one.refused,
        "misshapen": {pair: (wrong.expected, wrong.got) for pair, wrong in one.misshapen.items()},
        "skipped": one.skipped,
    }


def _sweep(operation: Operation, one: dict[str, object]) -> Sweep:
    pairs, matrices = one["pairs"], {}
    values = np.zeros(sum(n_in * n_out for n_in, n_out in pairs), np.float32)
    values[one["places"]] = one["values"]
    start = 0
    for n_in, n_out in pairs:
        matrices[n_in, n_out] = values[start : start + n_in * n_out].reshape(n_out, n_in)
        start += n_in * n_out
    misshapen = {pair: WrongShape(*shapes) for pair, shapes in one["misshapen"].items()}
    return Sweep(operation, one["axis"], matrices, one["refused"], misshapen, one["skipped"])
