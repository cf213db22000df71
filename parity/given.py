"""What a resize is given when it is run alone: what it was given in the model, and noise, in one array where it can."""

from __future__ import annotations

import numpy as np

from parity.onnx_flat import Place

SLICES = 8
"""Of noise: every slice shows as well as any other what a resize does; of the model's own input all are looked at."""

Shapes = tuple[tuple[int, ...], tuple[int, ...]]


def noise_like(x: np.ndarray) -> np.ndarray:
    """Seeded noise of the same shape and dtype, in [-1, 1] (bytes from end to end): it shows every weight.

    What a network feeds a resize may be constant over whole regions, where a wrong resize is right.
    """
    random = np.random.default_rng(1)
    if x.dtype.kind == "f":
        return (2 * random.random(x.shape, np.float32) - 1).astype(x.dtype, copy=False)
    if x.dtype.kind == "b":
        return random.integers(0, 2, x.shape).astype(bool)
    limits = np.iinfo(x.dtype)
    return random.integers(max(limits.min, -128), min(limits.max, 255) + 1, x.shape).astype(x.dtype)


def shared_axis(place: Place, shapes: Shapes) -> int | None:
    """The axis along which a resize is given both at once: the model's own input, and noise in its last slices.

    It is the longest that is not resized, so that no slice is made of others, and more than twice as long as what the
    noise takes; ``None`` where there is none, or the resize's axes are not known: then it is given one after the other.
    """
    before, after = shapes
    if not place.resize.is_known or len(before) != len(after):
        return None
    resized = {one.axis % len(before) for one in place.resize.axes}
    free = [k for k, pair in enumerate(zip(before, after, strict=True)) if k not in resized and pair[0] == pair[1]]
    axis = max(free, key=lambda k: before[k], default=None)
    return axis if axis is not None and before[axis] > 2 * SLICES else None


def parted(x: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """All but the last :data:`SLICES` along an axis, and those; views."""
    rest = (slice(None),) * axis
    return x[(*rest, slice(None, -SLICES))], x[(*rest, slice(-SLICES, None))]


def inputs(place: Place, shapes: Shapes, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What of ``x`` a resize is looked at with, and noise: those inputs of which :func:`results` are the outputs."""
    x = np.asarray(x)
    axis = shared_axis(place, shapes)
    if axis is None:
        return x, noise_like(x)
    own, rest = parted(x, axis)
    return own, noise_like(rest)


def together(place: Place, shapes: Shapes, x: np.ndarray) -> tuple[np.ndarray, ...]:
    """The arrays to run it on, of its own shape: both of :func:`inputs` in one, or one after the other."""
    axis = shared_axis(place, shapes)
    given = inputs(place, shapes, x)
    return given if axis is None else (np.concatenate(given, axis=axis),)


def results(place: Place, shapes: Shapes, made: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """What a resize made of each of :func:`inputs`, from what it made of :func:`together`.

    A result of another shape than it should have is left whole, and stands for both.
    """
    axis = shared_axis(place, shapes)
    if axis is None:
        return made
    return parted(made[0], axis) if made[0].shape == shapes[1] else (made[0], made[0])


def shape_of_result(shapes: Shapes, given: np.ndarray) -> tuple[int, ...]:
    """The shape that should come of one of :func:`inputs`, which may have fewer slices than the whole."""
    return tuple(after + mine - before for before, after, mine in zip(*shapes, given.shape, strict=True))
