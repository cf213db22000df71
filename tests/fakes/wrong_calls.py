"""Resizers that a single picture does not give away: batches, channels, chance, and what earlier calls left behind."""

from __future__ import annotations

import numpy as np

from . import claims
from .axis import linear_with_step
from .image import Fake, Resize, batch_fake, batched, fake, separable
from .right import CATMULL_ROM, LINEAR

_linear = separable(LINEAR)
_batched = batched(LINEAR)


def _first_for_last(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    resized = _batched(images, size)
    resized[-1] = resized[0]
    return resized


def _stacked(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The images of a batch as one tall image: right inside, and bleeding into each other where they meet."""
    n, height, width, channels = images.shape
    tall = images.reshape(1, n * height, width, channels)
    return _batched(tall, (n * size[0], size[1])).reshape(n, *size, channels)


def _leaking(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    resized = _batched(images, size)
    if resized.shape[-1] == 3:
        resized[..., 1] += np.float32(1e-3) * resized[..., 0]
    return resized


def _reversed_channels(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    resized = _batched(images, size)
    return resized[..., ::-1] if resized.shape[-1] == 3 else resized


def _noisy(seed: int) -> Resize:
    chance = np.random.default_rng(seed)

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return _linear(image, size) + chance.uniform(-1e-3, 1e-3, size).astype(np.float32)

    return resize


def _every_tenth_call_dimmed() -> Resize:
    calls = 0

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        nonlocal calls
        calls += 1
        return _linear(image, size) * np.float32(0.99 if calls % 10 == 0 else 1)

    return resize


def _scale_kept_by_input_size() -> Resize:
    steps: dict[int, tuple[int, int]] = {}

    def weights(n_in: int, n_out: int) -> np.ndarray:
        return linear_with_step(n_in, n_out, *steps.setdefault(n_in, (n_in, n_out)))

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return (weights(image.shape[0], size[0]) @ image @ weights(image.shape[1], size[1]).T).astype(np.float32)

    return resize


def _mixed_with_the_last() -> Resize:
    last = np.zeros((0, 0), dtype=np.float32)
    catmull_rom = separable(CATMULL_ROM)

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        nonlocal last
        resized = catmull_rom(image, size)
        if last.shape == resized.shape:
            resized += np.float32(1e-3) * (last - resized)
        last = resized.copy()
        return resized

    return resize


_BATCHES = [
    ("the last image of a batch is the first", claims.LINEAR, _first_for_last, "batch"),
    ("the images of a batch bleed into each other", claims.LINEAR, _stacked, "batch"),
    ("a thousandth of red leaks into green", claims.LINEAR, _leaking, "channel"),
    ("red and blue change places", claims.LINEAR, _reversed_channels, "channel"),
]

_PLANES = [
    ("noise of a thousandth is added", claims.LINEAR, _noisy(0), "determinism"),
    ("every tenth call is dimmer by a hundredth", claims.LINEAR, _every_tenth_call_dimmed(), "determinism", "state"),
    (
        "the scale is kept from the first call with that input size",
        claims.LINEAR,
        _scale_kept_by_input_size(),
        "state",
        "scale source",
    ),
    (
        "a thousandth of the previous result is mixed in",
        claims.CATMULL_ROM,
        _mixed_with_the_last(),
        "determinism",
        "state",
    ),
]

WRONG: tuple[Fake, ...] = (*(batch_fake(*row) for row in _BATCHES), *(fake(*row) for row in _PLANES))
