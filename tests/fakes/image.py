"""From the weights of one axis to a resize of images, and the entry that states what it claims to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from halfpixel.adapters import Operation, from_callable
from halfpixel.golden import Convention

from .axis import AxisRule, kept

Resize = Callable[[np.ndarray, tuple[int, int]], np.ndarray]
Change = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Fake:
    """A resizer whose faults are known beforehand.

    name
        A sentence that says what is wrong with it (or, of a right one, what it does).
    operation
        The resize itself; its claim is ``claim``.
    claim
        The convention that it pretends to follow.
    factors
        The attributions that would be fair, at least one of which must be found; empty for a right one.
    """

    name: str
    operation: Operation
    claim: Convention
    factors: frozenset[str]


def fake(name: str, claim: Convention, resize: Resize, *factors: str) -> Fake:
    """A fake from ``resize(image (H, W), size (h, w)) -> (h, w)``."""
    return Fake(name, from_callable(resize, name, claim=claim), claim, frozenset(factors))


def batch_fake(name: str, claim: Convention, run: Resize, *factors: str) -> Fake:
    """A fake from ``run(images (N, H, W, C), size (h, w)) -> (N, h, w, C)``."""
    return Fake(name, Operation("callable", name, run, claim=claim), claim, frozenset(factors))


def unchanged(image: np.ndarray) -> np.ndarray:
    """What is done where no fault is."""
    return image


def separable(
    rule: AxisRule, rule_w: AxisRule | None = None, *, between: Change = unchanged, after: Change = unchanged
) -> Resize:
    """Rows first, then columns, in float64; ``between`` and ``after`` are done to the image after either pass."""
    along_h = kept(rule)
    along_w = along_h if rule_w is None else kept(rule_w)

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        rows = between(along_h(image.shape[0], size[0]) @ image)
        return after(rows @ along_w(image.shape[1], size[1]).T).astype(np.float32)

    return resize


def batched(rule: AxisRule) -> Resize:
    """The same for ``(N, H, W, C)`` at once."""
    weights = kept(rule)

    def run(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        planes = images.transpose(0, 3, 1, 2)
        resized = weights(images.shape[1], size[0]) @ planes @ weights(images.shape[2], size[1]).T
        return resized.transpose(0, 2, 3, 1).astype(np.float32)

    return run
