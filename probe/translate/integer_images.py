"""How far two calls are apart on images of bytes: seen on images made to show much, which proves no bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from halfpixel.adapters import NotInstalled, Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import Convention, matrix
from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.compare.reference import accepts
from halfpixel.probe.measure.axis_matrix import Refused, call
from halfpixel.probe.measure.joint_shapes import Shape, shape_text
from halfpixel.probe.translate.sources import halves_up

UINT8 = "uint8"

_SHAPES: tuple[Shape, ...] = (
    ((8, 8), (12, 12)),
    ((8, 8), (5, 5)),
    ((7, 9), (7, 20)),
    ((9, 7), (20, 7)),
    ((16, 16), (5, 7)),
    ((6, 6), (12, 12)),
    ((24, 24), (8, 8)),
    ((5, 7), (8, 4)),
    ((33, 31), (64, 48)),
    ((12, 16), (6, 8)),
    ((13, 9), (7, 5)),
)
"""(height, width) before and after: both axes up and down, one alone, whole factors and others."""

_WITH_ALPHA = (2, 4)
_OUTPUTS = 6
"""How many outputs of a shape get the image that is worst for them."""


@dataclass(frozen=True, slots=True)
class ByteImages:
    """How far two calls are apart on images of bytes.

    levels
        The largest difference that was seen, grey levels; the largest possible one may be larger.
    shape
        Where; ``None`` where nothing was compared, for which ``refused`` is the reason, with which call it was.
    images
        How many images were compared.
    own, theirs
        How far each is from the exact value, rounded once and clipped, at most; ``None`` where no convention is known.
    notes
        What else was seen, in words: a call that returns floats, or rounds and clips between the two passes.
    """

    levels: float = 0.0
    shape: Shape | None = None
    images: int = 0
    own: float | None = None
    theirs: float | None = None
    notes: tuple[str, ...] = ()
    refused: str = ""

    @property
    def is_same(self) -> bool:
        """Whether something was compared, and no byte differs."""
        return self.shape is not None and not self.levels


@dataclass(frozen=True, slots=True)
class _Bytes:
    """The results of one call, grey levels; ``returned`` says how it returned them where that was not as bytes."""

    values: np.ndarray
    returned: str = ""


def compare_bytes(source: Operation, target: Operation, convention: Convention | None) -> ByteImages:
    """Resize images of bytes by both; ``convention`` is what both are for floats, where it is known."""
    worst, where, images = -1.0, None, 0
    apart: dict[str, float] = {}
    notes: dict[str, None] = {}
    models = {call.id: set(_PASSES) for call in (source, target)}
    for shape in _SHAPES:
        if not (accepts(source, *shape) and accepts(target, *shape)):
            continue
        planes = _images(convention, shape)
        results = []
        for operation in (source, target):
            try:
                results.append(_resized(operation, planes, shape[1]))
            except (Refused, WrongShape, NotInstalled) as refusal:
                return ByteImages(refused=f"{operation.id} refuses images of bytes: {refusal}")
        for operation, result in zip((source, target), results, strict=True):
            if result.returned:
                notes[f"{operation.framework} {result.returned}"] = None
            if convention is None:
                continue
            exact = _exact(convention, planes, shape)
            error = float(np.abs(result.values - np.clip(halves_up(exact), 0, GREY_LEVELS)).max())
            apart[operation.id] = max(apart.get(operation.id, 0.0), error)
            models[operation.id] &= {
                name for name in _PASSES if np.abs(_PASSES[name](convention, planes, shape) - result.values).max() <= 1
            }
        difference = float(np.abs(results[0].values - results[1].values).max())
        images += len(planes)
        if difference > worst:
            worst, where = difference, shape
    if where is None:
        return ByteImages(refused="no shape that was tried is defined for both")
    for operation in (source, target):
        if apart.get(operation.id, 0.0) > 1 and models[operation.id]:
            notes[f"{operation.framework} rounds and clips between the two passes ({min(models[operation.id])})"] = None
    return ByteImages(worst, where, images, apart.get(source.id), apart.get(target.id), tuple(notes))


@lru_cache(maxsize=64)
def _images(convention: Convention | None, shape: Shape) -> np.ndarray:
    """Random bytes, black and white at random and in stripes, and the worst images of some outputs, ``(K, H, W)``."""
    (height, width), _ = shape
    rng = np.random.default_rng(height * 1009 + width)
    planes = [rng.integers(0, GREY_LEVELS + 1, (height, width)) for _ in range(4)]
    planes += [GREY_LEVELS * rng.integers(0, 2, (height, width)) for _ in range(4)]
    rows, columns = np.indices((height, width))
    planes += [GREY_LEVELS * ((rows // k + columns // k) % 2) for k in (1, 2, 3)]
    planes += [GREY_LEVELS * (rows % 2), GREY_LEVELS * (columns % 2), GREY_LEVELS * (rows < height // 2)]
    if convention is not None:
        along_h, along_w = _matrices(convention, shape)
        for place in range(_OUTPUTS):
            row, column = (place * len(axis) // _OUTPUTS for axis in (along_h, along_w))
            weights = np.outer(along_h[row], along_w[column])
            planes += [GREY_LEVELS * (weights > 0), GREY_LEVELS * (weights < 0)]
    stacked = np.stack(planes).astype(np.uint8)
    stacked.setflags(write=False)
    return stacked


def _resized(operation: Operation, planes: np.ndarray, size: tuple[int, int]) -> _Bytes:
    """The planes resized; those of several channels in all but an opaque alpha, of which the first is taken."""
    images = np.repeat(planes[..., None], operation.channels, axis=3)
    if operation.channels in _WITH_ALPHA:
        images[..., -1] = GREY_LEVELS
    got = call(operation, images, size)[..., 0]
    if got.dtype.kind in "iu":
        return _Bytes(got.astype(np.float64))
    values, returned = np.nan_to_num(got.astype(np.float64)), "returns floats, rounded and clipped here"
    white = call(operation, np.full_like(images[:1], GREY_LEVELS), size)
    if float(np.abs(white).max()) < 2:
        values, returned = values * GREY_LEVELS, "returns floats from 0 to 1, scaled, rounded and clipped here"
    return _Bytes(np.clip(np.rint(values), 0, GREY_LEVELS), returned)


@lru_cache(maxsize=64)
def _matrices(convention: Convention, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    height, width = (matrix(convention, *pair).to_array() for pair in zip(*shape, strict=True))
    return height, width


def _exact(convention: Convention, planes: np.ndarray, shape: Shape) -> np.ndarray:
    along_h, along_w = _matrices(convention, shape)
    return np.asarray(along_h @ planes.astype(np.float64) @ along_w.T)


def _two_passes(convention: Convention, planes: np.ndarray, shape: Shape, is_width_first: bool) -> np.ndarray:
    """A model of two passes, each of which rounds and clips to bytes."""
    along_h, along_w = _matrices(convention, shape)

    def whole(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip(halves_up(values), 0, GREY_LEVELS))

    if is_width_first:
        return whole(along_h @ whole(planes.astype(np.float64) @ along_w.T))
    return whole(whole(along_h @ planes.astype(np.float64)) @ along_w.T)


_PASSES: dict[str, Callable[[Convention, np.ndarray, Shape], np.ndarray]] = {
    "the width first": partial(_two_passes, is_width_first=True),
    "the height first": partial(_two_passes, is_width_first=False),
}


def grey_levels_text(levels: float) -> str:
    """A number of grey levels in words."""
    return "1 grey level" if levels == 1 else f"{levels:.3g} grey levels"


def bytes_line(found: ByteImages, source: Operation, target: Operation) -> str:
    """The answer for bytes in one line."""
    if found.shape is None:
        return f"not compared: {found.refused}"
    if found.levels:
        line = f"up to {grey_levels_text(found.levels)} apart, at {shape_text(found.shape)}"
    else:
        line = "the same bytes"
    line += f" (seen on {found.images} images, no proof of a bound)"
    if found.own is not None and found.theirs is not None and found.levels:
        line += f"; from the exact value, rounded once: {source.framework} up to {found.own:.3g}, "
        line += f"{target.framework} up to {found.theirs:.3g}"
    return "; ".join([line, *found.notes])
