"""Planes resized together, among channels and images, beside each of them alone: what is asked and what was seen."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from adapters.ranked import RankedOperation
from golden import Convention
from probe.pictures import picture
from probe.ranks.cases import words
from probe.reference import near_ties

PLANES = 7
"""Different planes, taken in turn: a prime, so that what is mixed up with a neighbour of 2, 4, 8 or 16 is another."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked: ``run`` on arrays ``(N, *size_in, C)``, and what rounding explains of a difference."""

    run: Callable[[np.ndarray, tuple[int, ...]], np.ndarray]
    size_in: tuple[int, ...]
    size_out: tuple[int, ...]
    tolerance: float


@dataclass(slots=True)
class Seen:
    """What one variant's calls gave."""

    measured: int = 0
    differing: int = 0
    error: float = -1.0
    tolerance: float = 0.0
    counts: tuple[int, int] = (1, 1)
    call: Call | None = None
    wrong: list[int] = field(default_factory=list)
    place: tuple[int, ...] = ()
    values: tuple[float, float] = (0.0, 0.0)
    refused: dict[tuple[int, int], str] = field(default_factory=dict)
    misshapen: str = ""
    only_ties: bool = True


def planes_of(call: Call) -> np.ndarray:
    """Float32, ``(PLANES, *size_in, 1)``."""
    return picture(11, (PLANES, *call.size_in, 1), "float32")


def compare_with_alone(
    seen: Seen, call: Call, alone: np.ndarray, counts: tuple[int, int], claim: Convention | None
) -> None:
    """Resize the planes together, ``counts`` images and channels of each, and keep what is furthest from alone."""
    n, channels = counts
    if seen.misshapen:
        return
    which = (np.arange(n * channels) % PLANES).reshape(n, channels)
    images = np.moveaxis(planes_of(call)[which][..., 0], 1, -1)
    try:
        together = call.run(np.ascontiguousarray(images), call.size_out)
        if together.shape != (n, *call.size_out, channels):
            raise WrongShape((n, *call.size_out, channels), together.shape)
    except WrongShape as wrong:
        seen.misshapen, seen.counts, seen.call = f"{n} images of {channels} channels: {wrong}", (n, channels), call
        seen.measured += 1
        return
    except Exception as error:
        seen.refused[n, channels] = words(error)
        return
    expected = np.moveaxis(alone[which], 1, -1)
    difference = np.nan_to_num(np.abs(together.astype(np.float64) - expected), nan=np.inf)
    seen.measured += 1
    error = float(difference.max())
    seen.differing += error > call.tolerance
    if error > call.tolerance:
        off = (difference > call.tolerance).any(axis=(0, -1))
        nearest = claim is not None and claim.kernel == "nearest"
        seen.only_ties &= nearest and not (off & ~near_ties(claim, call.size_in, call.size_out)).any()
    if error > seen.error:
        place = tuple(int(index) for index in np.unravel_index(np.argmax(difference), difference.shape))
        each = difference.max(axis=tuple(range(1, difference.ndim - 1))).ravel()
        seen.error, seen.tolerance, seen.counts, seen.call = error, call.tolerance, (n, channels), call
        seen.wrong = [int(k) for k in np.flatnonzero(each > call.tolerance)]
        seen.place, seen.values = place, (float(expected[place]), float(together[place]))


_INTO = {
    "NHWC": ("{x}", "y{place}"),
    "NSC": ("{x}", "y{place}"),
    "NCHW": ("np.ascontiguousarray(np.moveaxis({x}, -1, 1))", "np.moveaxis(y, 1, -1){place}"),
    "NCS": ("np.ascontiguousarray(np.moveaxis({x}, -1, 1))", "np.moveaxis(y, 1, -1){place}"),
    "HWC": ("({x})[0]", "y.reshape(1, *y.shape[:2], -1){place}"),
    "SC": ("({x})[0]", "y[None]{place}"),
}


def program(operation: Operation | RankedOperation, seen: Seen) -> str:
    """Prints one number of the images together, and the same of its plane alone; empty for a plain callable."""
    native = operation.call
    if native is None or native.layout not in _INTO:
        return ""
    into, out = _INTO[native.layout]
    n, channels = seen.counts
    shape = (n, *seen.call.size_out, channels)
    given = "x, h, w" if isinstance(operation, Operation) else "x, size"
    size = ", ".join(map(str, seen.call.size_out)) if isinstance(operation, Operation) else str(seen.call.size_out)
    to_native, to_numpy = (
        (native.to_native, native.to_numpy)
        if isinstance(operation, Operation)
        else (native.framework.to_native, native.framework.to_numpy)
    )
    lines = [
        native.preamble(),
        inspect.getsource(picture),
        f"def resize({given}):",
        f"    x = {to_native}",
        f"    y = {native.expression}",
        f"    return np.asarray({to_numpy})",
        "",
        "",
        f"planes = picture(11, {(PLANES, *seen.call.size_in, 1)}, 'float32')",
        f"which = (np.arange({n * channels}) % {PLANES}).reshape({n}, {channels})",
        "images = np.ascontiguousarray(np.moveaxis(planes[which][..., 0], 1, -1))",
        f"y = resize({into.format(x='images')}, {size})",
    ]
    if seen.misshapen:
        lines.append(f"print('the shape is', y.shape, 'and should be that of {shape}')")
        return "\n".join(lines) + "\n"
    plane = (seen.place[0] * channels + seen.place[-1]) % PLANES
    lines += [
        f"found = {out.format(place=list(seen.place))}",
        f"y = resize({into.format(x=f'planes[{plane}:{plane + 1}]')}, {size})",
        f"alone = {out.format(place=[0, *seen.place[1:-1], 0])}",
        f"print('output {list(seen.place)} of {n} images of {channels} channels is', found, 'and should be', alone)",
        f"# measured: {seen.values[1]:.9g}",
    ]
    return "\n".join(lines) + "\n"
