"""Make images of several channels from planes, and find faults that make one channel depend on another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import Cause
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.variants.dtypes.calls import Attempt
from halfpixel.probe.variants.dtypes.plane_weights import PlaneWeights, weights_of
from halfpixel.probe.variants.dtypes.worst_case_inputs import IntegerGrid

WITH_ALPHA = (2, 4)
"""Numbers of channels of which the last one may be alpha: grey or colours, and alpha."""
OPAQUE = "opaque"
_MIXED = 0.05
"""Weight of another channel that is more than saturation and rounding of independent noise leave."""


def planes_in_channels(planes: np.ndarray, channels: int, grid: IntegerGrid, is_opaque: bool = False) -> np.ndarray:
    """Images ``(K, H, W, channels)`` of planes ``(k, H, W)``: every plane is in every channel once, beside others.

    Where the last channel may be alpha, there are further images of the third quarter of the range, whose products with
    alpha no resize takes out of the range; or, where ``is_opaque``, it is the highest value everywhere.
    """
    if channels in WITH_ALPHA and not is_opaque and not grid.lowest:
        planes = np.concatenate([planes, grid.highest // 2 + planes[::2] // 4])
    # Steps of about the golden section put different kinds of planes side by side.
    step = max(1, round(len(planes) * 0.382))
    images = np.stack([np.roll(planes, -channel * step, axis=0) for channel in range(channels)], axis=-1)
    if is_opaque:
        images[..., -1] = grid.highest
    return images


@dataclass(frozen=True, slots=True, eq=False)
class _Channels:
    """Pixels, exact values and results of all channels at one shape, float64: ``(C, K, pixels)``."""

    weights: PlaneWeights
    images: np.ndarray
    exact: np.ndarray
    results: np.ndarray


def explained_by_channels(operation: Operation, grid: IntegerGrid, calls: Attempt) -> tuple[str, Attribution] | None:
    """Whether one channel depends on another, and how: a headline and what differs; ``None`` where none does.

    By the last channel's weight (premultiplied alpha), in another order, or mixed; or some alone are not as exact
    values are.
    """
    if calls.channels == 1:
        return None
    planes = []
    for shape, images, results in zip(calls.shapes, calls.images, calls.results, strict=True):
        weights = weights_of(operation, *shape)
        own = (calls.channels, len(images) // calls.channels, -1)
        pixels = images.astype(np.float64).reshape(own)
        planes.append(_Channels(weights, pixels, pixels @ weights.array.T, results.astype(np.float64).reshape(own)))
    weighted = _weighted(planes, grid) if calls.channels in WITH_ALPHA else None
    return weighted or _mixed(planes, grid) or _some_alone(planes, grid)


def _mixed(planes: list[_Channels], grid: IntegerGrid) -> tuple[str, Attribution] | None:
    """Least squares of the results of each channel on the exact values of all, saturated."""
    channels = len(planes[0].images)
    saturated = [np.clip(plane.exact, grid.lowest, grid.highest).reshape(channels, -1) for plane in planes]
    exact = np.concatenate(saturated, axis=1)
    results = np.concatenate([plane.results.reshape(channels, -1) for plane in planes], axis=1)
    exact = np.vstack([exact, np.ones(exact.shape[1])])
    mixture = np.linalg.lstsq(exact.T, results.T, rcond=None)[0][:channels].T
    others = mixture - np.diag(np.diag(mixture))
    if np.abs(others).max() <= _MIXED:
        return None
    order = np.argmax(mixture, axis=1)
    if np.abs(mixture - np.eye(channels)[order]).max() <= _MIXED:
        text = f"output channels 0 to {channels - 1} are the input channels {', '.join(map(str, order))}"
        return "channels in another order", Attribution((Cause.CHANNEL,), text)
    output, source = np.unravel_index(np.argmax(np.abs(others)), others.shape)
    text = f"output channel {output} has input channel {source} in it, with weight {others[output, source]:.2f}"
    return "channels are mixed", Attribution((Cause.CHANNEL,), text)


def _some_alone(planes: list[_Channels], grid: IntegerGrid) -> tuple[str, Attribution] | None:
    """Which channels are off by a level or more, where others are not."""
    errors = [
        np.abs(plane.results - np.clip(plane.exact, grid.lowest, grid.highest)).max(axis=(1, 2)) for plane in planes
    ]
    worst = np.max(errors, axis=0)
    off = [str(channel) for channel in np.flatnonzero(worst >= 1)]
    if not 0 < len(off) < len(worst):
        return None
    text = f"off by up to {worst.max():.4g} levels in channel {' and '.join(off)}, and by less than one elsewhere"
    return f"channel {' and '.join(off)} alone", Attribution((Cause.CHANNEL,), text)


def _weighted(planes: list[_Channels], grid: IntegerGrid) -> tuple[str, Attribution] | None:
    """Whether colours are multiplied by the last channel and resized, and whether they are divided by it again.

    Each product, both passes and the quotient round to a level, in any direction: products are off by one, which the
    resize enlarges by ``sum |w|``; the first pass adds one, which the second enlarges as much at most; the second pass
    adds one. The quotient enlarges that by highest over alpha, and adds one. Only images whose products stay in the
    range in either pass count, so that no clamp between passes matters.
    """
    if grid.lowest:
        return None
    models = {"colours weighted by alpha": ", and divided by the resized last one", "colours multiplied with alpha": ""}
    for headline, divided in models.items():
        errors, allowed, off = (
            np.concatenate(part)
            for part in zip(*(_weighted_at(plane, grid, bool(divided)) for plane in planes), strict=True)
        )
        if errors.size and (errors <= allowed).all() and (off > allowed).any():
            text = (
                f"each channel is multiplied with the last one and resized{divided}: that explains all {errors.size} "
                f"outputs of images that stay in the range, which are off by up to {off.max():.0f} levels otherwise"
            )
            return headline, Attribution((Cause.CHANNEL, Cause.LINEARITY), text)
    return None


def _weighted_at(plane: _Channels, grid: IntegerGrid, is_divided: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors of the colours if they are weighted, what rounding allows of them, and errors if they are not."""
    products = plane.images[:-1] * plane.images[-1] / grid.highest
    alpha = plane.results[-1]
    bound = np.full_like(alpha, 2 * plane.weights.gain + 1)
    colours = products @ plane.weights.array.T
    if is_divided:
        with np.errstate(divide="ignore", invalid="ignore"):
            bound = grid.highest * bound / alpha + 1
            colours = np.clip(grid.highest * colours / alpha, 0, grid.highest)
    stays = _stays(products, plane.weights, grid) & _stays(plane.images[-1:], plane.weights, grid)
    known = np.broadcast_to(stays[:, None] & (alpha > 0), colours.shape)
    errors, off = (np.abs(plane.results[:-1] - expected)[known] for expected in (colours, plane.exact[:-1]))
    return errors, np.broadcast_to(bound, colours.shape)[known], off


def _stays(planes: np.ndarray, weights: PlaneWeights, grid: IntegerGrid) -> np.ndarray:
    """Whether images stay in the range in both passes, whichever axis comes first: bool ``(K,)`` for all channels."""
    shape = (*planes.shape[:2], *weights.size_in)
    inside = [planes @ weights.array.T]
    if weights.axes is not None:
        along_h, along_w = (axis.array for axis in weights.axes)
        lines = planes.reshape(shape)
        inside += [np.einsum("oi,ckij->ckoj", along_h, lines), np.einsum("oj,ckij->ckio", along_w, lines)]
    stays = [((part >= grid.lowest) & (part <= grid.highest)).reshape(*planes.shape[:2], -1) for part in inside]
    return np.asarray(np.all([part.all(axis=(0, 2)) for part in stays], axis=0))
