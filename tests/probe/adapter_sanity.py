"""Whether an adapter hands images over and takes them back as they are: axes, order, range, precision.

What is asked here is so coarse that every resize passes, whatever its convention and however it diverges from it. What
does not pass is an adapter that transposes, mirrors, exchanges, clips, rounds, or computes in less than it is given.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import matrix
from halfpixel.golden.tolerance import gain_tolerance
from halfpixel.probe.compare.reference import accepts
from halfpixel.probe.measure.axis_matrix import Refused, call
from halfpixel.probe.measure.sizes import Pair

_SHAPES: tuple[tuple[Pair, Pair], ...] = (
    ((12, 15), (9, 20)),
    ((10, 14), (15, 21)),
    ((12, 16), (6, 8)),
    ((11, 15), (6, 8)),
    ((10, 14), (20, 28)),
)
"""(height, width) of input and output, none square; what takes whole factors alone takes one of the last three."""

_ALIKE = 0.25
"""By how much of the picture's own spread most of a result may differ from the expected one."""

_PRECISE = 2.0**-14
"""Relative; a float16 keeps 11 bits, a bfloat16 8, a float32 24: sums of a few weights stay far below this."""

_WRONG: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mirrored top to bottom": lambda y: y[:, ::-1],
    "mirrored left to right": lambda y: y[:, :, ::-1],
    "turned by half": lambda y: y[:, ::-1, ::-1],
    "height and width exchanged": lambda y: _exchanged(y),
    "images in another order": lambda y: y[::-1],
    "channels in another order": lambda y: y[..., ::-1],
    "clipped to 0..1": lambda y: np.clip(y, 0, 1),
    "clipped to 0..255": lambda y: np.clip(y, 0, 255),
    "clipped below at 0": lambda y: np.clip(y, 0, None),
    "scaled by 255": lambda y: y / 255,
    "rounded to whole numbers": np.rint,
}
"""What an adapter may do to a result by mistake: the nearest, if it is twice as near as the result as it should be."""


def adapter_faults(operation: Operation) -> list[str]:
    """What is wrong with how ``operation`` hands images over, in a few words each; empty when nothing is.

    Raises ``NotInstalled``, and ``Refused`` when nothing could be asked: every shape is refused, or the call is defined
    for none of them.
    """
    found, tried, refusals = [], 0, ["defined for none of the shapes tried"]
    for size_in, size_out in _SHAPES:
        if tried < 2 and accepts(operation, size_in, size_out):
            images = _handed(operation, _pictures(size_in))
            try:
                result = _shaped(call(operation, images.copy(), size_out), images, size_out)
            except WrongShape as wrong:
                found.append(str(wrong))
            except Refused as refusal:
                refusals.append(str(refusal))
                continue
            else:
                found += _misarranged(result, _expected(operation, images, size_out), operation.dtype)
            tried += 1
    if not tried:
        raise Refused(refusals[-1])
    found = list(dict.fromkeys(found))
    return found if found or operation.dtype != "float32" else _imprecise(operation)


def _pictures(size: Pair) -> np.ndarray:
    """Two images of three channels, from about -500 to 800: smooth, and like none of their mirror images."""
    v, u = ((np.arange(n) + 0.5) / n for n in size)
    v, u = v[:, None], u[None, :]
    plane = 300 * v + 100 * u**2 + 50 * u * v + 0.3 * np.cos(40 * (u + v))
    planes = [-500 + 45 * k + (1 + 0.2 * k) * plane for k in range(6)]
    return np.stack(planes, axis=-1).reshape(*size, 2, 3).transpose(2, 0, 1, 3).astype(np.float32)


def _handed(operation: Operation, pictures: np.ndarray) -> np.ndarray:
    """The pictures in the dtype that the operation takes, brought into the range of the narrowest, and its channels."""
    if operation.dtype == "float32":
        return pictures
    within = (pictures[..., np.arange(operation.channels) % 3] + 600) / 1500 * 127
    return np.rint(within).astype(operation.dtype)


def _shaped(result: np.ndarray, images: np.ndarray, size: Pair) -> np.ndarray:
    shape = (len(images), *size, images.shape[-1])
    if result.shape != shape:
        raise WrongShape(shape, result.shape)
    return result.astype(np.float64)


def _expected(operation: Operation, images: np.ndarray, size: Pair) -> np.ndarray:
    """By the claim; without one, as any resize has it: the pictures are drawn at the size asked for."""
    if operation.claim is None:
        return _handed(operation, _pictures(size)).astype(np.float64)
    rows, columns = (matrix(operation.claim, *pair).to_array() for pair in zip(images.shape[1:3], size, strict=True))
    return np.einsum("oh,pw,nhwc->nopc", rows, columns, images)


def _exchanged(expected: np.ndarray) -> np.ndarray:
    """The same numbers read with the width as the height, as an array reshaped and not transposed has them."""
    n, h, w, c = expected.shape
    return expected.transpose(0, 2, 1, 3).reshape(n, h, w, c)


def _misarranged(result: np.ndarray, expected: np.ndarray, dtype: str) -> list[str]:
    if not np.isfinite(result).all():
        return ["not finite"]
    if dtype != "float32":
        expected = np.rint(expected)
    away = _distance(result, expected)
    others = {name: _distance(result, change(expected)) for name, change in _WRONG.items()}
    nearest = min(others, key=others.get)
    if others[nearest] < away / 2:
        return [nearest]
    # The median, for what lies beyond some borders is far from any picture.
    return ["like no resize of the picture"] if np.median(np.abs(result - expected)) > _ALIKE * expected.std() else []


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a - b) ** 2)))


def _imprecise(operation: Operation) -> list[str]:
    """Whether constants, and images whose size stays, come back with fewer bits than float32 has."""
    found = []
    value = np.float32(1 + 0x2B5A3 / 2**20)
    for size_in, size_out in _SHAPES:
        if accepts(operation, size_in, size_out):
            images = np.full((1, *size_in, 1), value)
            try:
                off = np.abs(call(operation, images, size_out).astype(np.float64) / value - 1)
            except (Refused, WrongShape):
                continue
            # Borders that count as zero take part of an image away; outputs that the claim leaves whole are looked at.
            expected = _expected(operation, np.ones_like(images), size_out) if operation.claim else np.ones_like(off)
            off = off[np.abs(expected - 1) < 1e-9]
            if off.size and np.median(off) > _PRECISE:
                found.append(f"a constant of {value:.6f} comes back off by {np.median(off):.2g} of itself")
            break
    size = (9, 13)
    if operation.claim is not None and accepts(operation, size, size) and _stays(operation, size):
        images = np.random.default_rng(5).uniform(1, 2, (1, *size, 1)).astype(np.float32)
        try:
            off = float(np.abs(call(operation, images.copy(), size) - images).max())
        except (Refused, WrongShape) as problem:
            return [*found, f"where the size stays: {problem}"]
        if off > 2 * sum(gain_tolerance(operation.claim, n, n, 1.0) for n in size) + _PRECISE:
            found.append(f"where the size stays, values change by up to {off:.2g}")
    return found


def _stays(operation: Operation, size: Pair) -> bool:
    """Whether the claimed convention leaves an image alone whose size stays."""
    return all(np.array_equal(matrix(operation.claim, n, n).to_array(), np.eye(n)) for n in size)
