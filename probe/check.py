"""Answers, for one operation: is it the convention it claims to be, on every image and at every size?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from adapters import NotInstalled, Operation
from golden import Convention
from probe.attribute import attribute
from probe.compare import against_convention
from probe.discrepancy import Attribution, Discrepancy, Verdict
from probe.measure import AXES, Sweep, as_operation, sweep
from probe.sizes import SizeSet, size_set
from probe.structure import Structure, structure


def check(subject: Operation | Callable, convention: Convention, sizes: str | SizeSet | tuple = "quick") -> Discrepancy:
    """Measure ``subject`` along both axes at every pair of ``sizes`` and hold it against ``convention``.

    ``subject`` is an operation, or any ``f(image: float32 (H, W), size: (h, w)) -> (h, w)``. ``sizes`` is ``quick``,
    ``full``, or one's own ``(n_in, n_out)`` pairs. What a matrix along one axis cannot show (repeatability, linearity,
    separability, batch and channels) is checked too, and a fault there is never agreement. The attribution names what
    differs. Raises ``ValueError`` for unknown sizes; a framework that refuses, fails or is absent is a verdict.
    """
    operation = as_operation(subject)
    pairs = size_set(sizes).pairs
    try:
        sweeps = [sweep(operation, pairs, axis) for axis in AXES]
        return judge(sweeps, convention, structure(operation))
    except NotInstalled as absent:
        return Discrepancy(operation.id, str(convention), Verdict.NOT_INSTALLED, refused=((str(absent), len(pairs)),))


def judge(sweeps: list[Sweep], convention: Convention, found: Structure) -> Discrepancy:
    """The verdict on what was measured, faults of structure included, with its attribution."""
    matrices = against_convention(sweeps, convention)
    attributed = replace(matrices, attribution=attribute(matrices, sweeps, convention, found))
    if not found.faults:
        return attributed
    worst = max(found.faults, key=lambda fault: fault.error)
    verdict = Verdict.ERROR if worst.error == float("inf") else Verdict.DIVERGES
    explained = attributed.attribution or Attribution((worst.factor,), worst.explanation)
    return replace(attributed, verdict=verdict, gain=max(attributed.gain, worst.error), attribution=explained)
