"""The measurements of one run, kept in a folder and shared between processes, so that nothing is measured twice."""

from __future__ import annotations

import hashlib
import pickle
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from halfpixel.adapters import NotInstalled, Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.compare.attribution import attribute
from halfpixel.probe.compare.comparison import against_convention, verified
from halfpixel.probe.compare.discrepancy import Discrepancy
from halfpixel.probe.compare.packed_matrices import pack_measured
from halfpixel.probe.measure.axis_matrix import AXES, Sweep, sweep
from halfpixel.probe.measure.sizes import Pair, SizeSet, affordable


@dataclass(frozen=True, slots=True)
class Judgement:
    """The measurement of one operation at every pair of sizes.

    ``discrepancy`` compares it with its claim; ``None`` when its documentation claims nothing. ``sweeps`` are one an
    axis; empty when the claim holds, since the exact matrices are then the measurement up to rounding. ``swept`` is the
    whole list of pairs.
    """

    operation: Operation
    discrepancy: Discrepancy | None
    sweeps: tuple[Sweep, ...]
    swept: tuple[Pair, ...]

    @property
    def pairs(self) -> frozenset[tuple[int, int]]:
        """The pairs measured along every axis, when sweeps are kept."""
        if not self.sweeps:
            return frozenset()
        return frozenset.intersection(*(frozenset(axis.matrices) for axis in self.sweeps))

    def among(self, pairs: frozenset[Pair]) -> Judgement:
        """The same at those of ``pairs`` that were swept; the discrepancy stays that of all."""
        sweeps = tuple(axis.among(pairs.__contains__) for axis in self.sweeps)
        return replace(self, sweeps=sweeps, swept=tuple(pair for pair in self.swept if pair in pairs))


@dataclass(frozen=True, slots=True)
class Store:
    """Judgements at one size set, or at the sparse one for slow operations, kept in ``folder`` for the length of a run.

    Files appear whole or not at all.
    """

    folder: Path
    sizes: SizeSet

    def judgement(self, operation: Operation) -> Judgement:
        """Measure ``operation`` and compare it with its claim, or read the measurement of another process.

        An absent framework gives a judgement with the verdict ``not installed``.
        """
        pairs = affordable(operation, self.sizes).pairs
        name = hashlib.sha256(f"{operation.id}\n{pairs}".encode()).hexdigest()
        path = self.folder / f"{name}.pickle"
        if path.exists():
            discrepancy, stored = pickle.loads(path.read_bytes())
            return Judgement(operation, discrepancy, tuple(axis.sweep(operation) for axis in stored), pairs)
        judgement = self._measure(operation, pairs)
        with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as beside:
            beside.write(pickle.dumps((judgement.discrepancy, [_StoredSweep.of(axis) for axis in judgement.sweeps])))
        Path(beside.name).replace(path)
        return judgement

    def _measure(self, operation: Operation, pairs: tuple[Pair, ...]) -> Judgement:
        try:
            sweeps = tuple(sweep(operation, pairs, axis) for axis in AXES)
        except NotInstalled as absent:
            claimed = str(operation.claim) if operation.claim else "nothing"
            missing = Discrepancy(operation.id, claimed, Verdict.NOT_INSTALLED, refused=((str(absent), 0),))
            return Judgement(operation, missing, (), pairs)
        if operation.claim is None:
            return Judgement(operation, None, sweeps, pairs)
        discrepancy = against_convention(list(sweeps), operation.claim)
        if discrepancy.verdict.is_agreement:
            whole = verified(discrepancy, operation, operation.claim, self.sizes)
            return Judgement(operation, whole, () if whole.verdict.is_agreement else sweeps, pairs)
        attribution = attribute(discrepancy, list(sweeps), operation.claim, None)
        return Judgement(operation, replace(discrepancy, attribution=attribution), sweeps, pairs)


@dataclass(frozen=True, slots=True)
class _StoredSweep:
    """A sweep without its operation; of all its matrices, laid one after the other, only the non-zero weights."""

    axis: str
    pairs: tuple[Pair, ...]
    positions: np.ndarray
    weights: np.ndarray
    refused: dict[Pair, str]
    misshapen: dict[Pair, WrongShape]
    skipped: int

    @classmethod
    def of(cls, measured: Sweep) -> _StoredSweep:
        pairs = tuple(measured.matrices)
        values = pack_measured(measured, pairs) if pairs else np.zeros(0, np.float32)
        positions = np.flatnonzero(values).astype(np.int32)
        weights = values[positions]
        return cls(measured.axis, pairs, positions, weights, measured.refused, measured.misshapen, measured.skipped)

    def sweep(self, operation: Operation) -> Sweep:
        values = np.zeros(sum(n_in * n_out for n_in, n_out in self.pairs), np.float32)
        values[self.positions] = self.weights
        matrices, start = {}, 0
        for n_in, n_out in self.pairs:
            matrices[n_in, n_out] = values[start : start + n_in * n_out].reshape(n_out, n_in)
            start += n_in * n_out
        return Sweep(operation, self.axis, matrices, self.refused, self.misshapen, self.skipped)
