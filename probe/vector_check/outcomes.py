"""Give each vector's image to a resizer, and hold the result against what is expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from halfpixel.probe.identify.external_program import WrongOutputSize
from halfpixel.probe.measure.axis_matrix import exception_text
from halfpixel.probe.vector_check.vector_set import Vector, VectorSet

ResizeImage = Callable[[np.ndarray, tuple[int, int]], object]
"""``f(image (H, W) or (H, W, C), size (h, w))``, of the set's dtype; one channel is ``(H, W)``."""


class NotAskedError(Exception):
    """The image cannot be given to the resizer at all, as where a file format has not as many channels."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Every value is within the vector's tolerance."""

    vector: Vector


@dataclass(frozen=True, slots=True)
class Failed:
    """Values differ, or the size does.

    place
        The output that is worst: (row, column, channel); empty where the size differs.
    expected, got
        The values there, or the sizes, as text.
    worst
        The largest difference; infinite for NaN and for another size.
    differing, count
        How many values differ by more than the tolerance, and of how many.
    result
        What came back, ``(h, w, C)`` where it has the size asked for.
    """

    vector: Vector
    place: tuple[int, ...]
    expected: str
    got: str
    worst: float
    differing: int
    count: int
    result: np.ndarray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The resizer raised instead of resizing; ``reason`` is its own message."""

    vector: Vector
    reason: str


@dataclass(frozen=True, slots=True)
class NotAsked:
    """The vector was not given to the resizer; never a pass."""

    vector: Vector
    reason: str


Outcome = Passed | Failed | Refused | NotAsked


def check_vectors(resize: ResizeImage, vectors: VectorSet) -> tuple[Outcome, ...]:
    """The outcome of each vector, in order. ``resize`` never sees what is expected."""
    return tuple(_outcome(resize, vector) for vector in vectors.vectors)


def _outcome(resize: ResizeImage, vector: Vector) -> Outcome:
    image = vector.image.copy()
    try:
        return _compared(vector, np.asarray(resize(image[..., 0] if image.shape[2] == 1 else image, vector.size)))
    except NotAskedError as reason:
        return NotAsked(vector, str(reason))
    except WrongOutputSize as wrong:
        return _of_another_size(vector, np.empty(wrong.shape))
    except Exception as error:  # a resizer may raise anything
        return Refused(vector, exception_text(error))


def _compared(vector: Vector, result: np.ndarray) -> Outcome:
    got = result[..., None] if result.ndim == 2 else result
    if got.shape != vector.expected.shape:
        return replace(_of_another_size(vector, result), result=got)
    errors = np.abs(got.astype(np.float64) - vector.expected.astype(np.float64))
    errors[np.isnan(errors)] = np.inf
    if errors.max() <= vector.tolerance:
        return Passed(vector)
    place = tuple(int(index) for index in np.unravel_index(errors.argmax(), errors.shape))
    expected, value = (f"{array[place]:.9g}" for array in (vector.expected, got))
    differing = int(np.count_nonzero(errors > vector.tolerance))
    return Failed(vector, place, expected, value, float(errors.max()), differing, errors.size, got)


def _of_another_size(vector: Vector, result: np.ndarray) -> Failed:
    count = vector.expected.size
    expected, got = (" x ".join(map(str, array.shape)) for array in (vector.expected, result))
    return Failed(vector, (), f"an image of {expected}", f"one of {got}", np.inf, count, count, result)
