"""Replaces a resize by the exact definition, runs the model again, and says how much of the final difference goes."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from parity import outputs as final
from parity.localise import InPlace
from parity.onnx_edit import Replacement, TooLarge
from parity.onnx_flat import Place
from parity.outcomes import Status
from parity.portable import in_portable_operators
from parity.runtimes import Runtime
from parity.subjects import OnnxSubject, Subject

Arrays = Mapping[str, np.ndarray]


def exact_replacement(place: Place, seen: InPlace, dtype: np.dtype) -> Replacement | None:
    """The exact definition of a resize as nodes; ``None`` where it has none, or cannot be written so."""
    if isinstance(seen.definition, str):
        return None
    prefix = f"exact_resize_{place.nodes[-1]}"
    try:
        return in_portable_operators(
            seen.definition, place.input, place.output, np.dtype(dtype), len(seen.shapes[0]), prefix
        )
    except ValueError:
        return None


def with_exact(
    subject: Subject, runtime: Runtime, places: Mapping[Place, InPlace], dtypes: Mapping[Place, np.dtype]
) -> dict[str, np.ndarray] | None:
    """The final outputs with these resizes exact; ``None`` where that could not be run."""
    if not isinstance(subject, OnnxSubject):
        return None
    replacements = {place: exact_replacement(place, seen, dtypes[place]) for place, seen in places.items()}
    if not replacements or any(one is None for one in replacements.values()):
        return None
    try:
        answer = subject.replaced([runtime], replacements)[runtime]
    except TooLarge:
        return None
    return named_outputs(subject, answer) if answer.status is Status.RAN else None


def named_outputs(subject: Subject, answer: object, run: int = 0) -> dict[str, np.ndarray]:
    """The final outputs of an answer, in the model's order, by the model's own names where it has them."""
    arrays = [np.asarray(each) for each in answer.arrays(run).values()]
    return dict(zip(subject.outputs, arrays, strict=False))


def distance(truth: Arrays, found: Arrays) -> float:
    """The largest difference over all outputs, each as a part of its spread."""
    worst = 0.0
    for name, expected in truth.items():
        one = final.held(name, "", "", expected, found.get(name))
        worst = max(worst, one.share if not math.isinf(one.worst) else math.inf)
    return worst


def goes_away(truth: Arrays, before: Arrays, after: Arrays | None) -> float | None:
    """Which part of the difference from ``truth`` is gone; ``None`` where there was none, or it is not finite."""
    if after is None:
        return None
    first, second = distance(truth, before), distance(truth, after)
    if first == 0 or math.isinf(first) or math.isinf(second):
        return None
    return 1 - second / first
