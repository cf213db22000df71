"""Compare planes resized together, as channels and batches, with each of them resized alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from halfpixel.adapters import NotInstalled, Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.adapters.native_call import PREPARED, helper_source
from halfpixel.adapters.nd import NdOperation
from halfpixel.golden import Convention
from halfpixel.golden.tolerance import UNIT_ROUNDOFF
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.comparison import compare
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.compare.reference import near_ties, picture, reference, shapes
from halfpixel.probe.compare.reproduction import NATIVE_VOLUMES, result_line, shape_line
from halfpixel.probe.measure.axis_matrix import Refused
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.observation import (
    Figures,
    Observation,
    agreement_verdict,
    disagreement_verdict,
    not_installed,
    unsupported,
)
from halfpixel.probe.variants.ranks.axis_matrices import one_line_error

PLANES = 7
"""Different planes, taken in turn: a prime, so that what is mixed up with a neighbour of 2, 4, 8 or 16 is another."""


@dataclass(frozen=True, slots=True)
class PlanesCall:
    """``run`` on arrays ``(N, *size_in, C)``, and the rounding bound of a difference."""

    run: Callable[[np.ndarray, Any], np.ndarray]
    size_in: tuple[int, ...]
    size_out: tuple[int, ...]
    tolerance: float


@dataclass(slots=True)
class CountComparison:
    """The comparison of all calls of one variant; ``call`` and the fields of a place are those of the worst."""

    measured: int = 0
    differing: int = 0
    max_error: float = -1.0
    tolerance: float = 0.0
    counts: tuple[int, int] = (1, 1)
    call: PlanesCall | None = None
    differing_planes: list[int] = field(default_factory=list)
    place: tuple[int, ...] = ()
    values: tuple[float, float] = (0.0, 0.0)
    refused: dict[tuple[int, int], str] = field(default_factory=dict)
    misshapen: str = ""
    only_ties: bool = True


def planes_of(call: PlanesCall) -> np.ndarray:
    """Float32, ``(PLANES, *size_in, 1)``."""
    return picture(11, (PLANES, *call.size_in, 1), "float32")


def compare_with_alone(
    comparison: CountComparison, call: PlanesCall, alone: np.ndarray, counts: tuple[int, int], claim: Convention | None
) -> None:
    """Resize the planes together, ``counts`` images and channels of each, and keep the largest difference."""
    n, channels = counts
    if comparison.misshapen:
        return
    which = (np.arange(n * channels) % PLANES).reshape(n, channels)
    images = np.moveaxis(planes_of(call)[which][..., 0], 1, -1)
    try:
        together = call.run(np.ascontiguousarray(images), call.size_out)
        if together.shape != (n, *call.size_out, channels):
            raise WrongShape((n, *call.size_out, channels), together.shape)
    except WrongShape as wrong:
        comparison.misshapen, comparison.counts, comparison.call = (
            f"{n} images of {channels} channels: {wrong}",
            (n, channels),
            call,
        )
        comparison.measured += 1
        return
    except Exception as error:
        comparison.refused[n, channels] = one_line_error(error)
        return
    expected = np.moveaxis(alone[which], 1, -1)
    difference = np.nan_to_num(np.abs(together.astype(np.float64) - expected), nan=np.inf)
    comparison.measured += 1
    max_error = float(difference.max())
    comparison.differing += max_error > call.tolerance
    if max_error > call.tolerance:
        off = (difference > call.tolerance).any(axis=(0, -1))
        nearest = claim is not None and claim.kernel == "nearest"
        comparison.only_ties &= nearest and not (off & ~near_ties(claim, call.size_in, call.size_out)).any()
    if max_error > comparison.max_error:
        place = tuple(int(index) for index in np.unravel_index(np.argmax(difference), difference.shape))
        by_plane = difference.max(axis=tuple(range(1, difference.ndim - 1))).ravel()
        comparison.max_error, comparison.tolerance = max_error, call.tolerance
        comparison.counts, comparison.call = (n, channels), call
        comparison.differing_planes = [int(k) for k in np.flatnonzero(by_plane > call.tolerance)]
        comparison.place, comparison.values = place, (float(expected[place]), float(together[place]))


def count_program(operation: Operation | NdOperation, comparison: CountComparison) -> str:
    """Prints one number of the images together, and the same of its plane alone; empty for a plain callable."""
    native, worst = operation.call, comparison.call
    if native is None or worst is None or native.layout not in NATIVE_VOLUMES:
        return ""
    to_call, from_call = NATIVE_VOLUMES[native.layout]
    n, channels = comparison.counts
    if isinstance(operation, Operation):
        parameters, size = "x, h, w", ", ".join(map(str, worst.size_out))
    else:
        parameters, size = "x, size", str(worst.size_out)
    lines = [
        native.preamble(),
        helper_source(picture),
        f"def resize({parameters}):",
        f"    x = {native.to_native}",
        f"    y = {native.expression}",
        f"    return np.asarray({native.to_numpy})",
        "",
        "",
        f"planes = picture(11, {(PLANES, *worst.size_in, 1)}, 'float32')",
        f"which = (np.arange({n * channels}) % {PLANES}).reshape({n}, {channels})",
        "images = np.ascontiguousarray(np.moveaxis(planes[which][..., 0], 1, -1))",
        f"y = resize({to_call.format(x='images')}, {size})",
    ]
    if comparison.misshapen:
        lines.append(result_line("the shape", "y.shape", f"that of {(n, *worst.size_out, channels)}"))
        return "\n".join(lines) + "\n"
    place = comparison.place
    plane = (place[0] * channels + place[-1]) % PLANES
    output = f"output {list(place)} of {n} images of {channels} channels"
    lines += [
        f"found = {from_call.format(place=list(place))}",
        f"y = resize({to_call.format(x=f'planes[{plane}:{plane + 1}]')}, {size})",
        f"alone = {from_call.format(place=[0, *place[1:-1], 0])}",
        shape_line(output, "found", "alone"),
        f"# measured: {comparison.values[1]:.9g}",
    ]
    return "\n".join(lines) + "\n"


AGAINST = "the same image resized alone"
NO_COUNTS = "the call takes one plane: there is no number of channels or images"

CHANNELS = {"2 to 4 channels": (2, 3, 4), "5 to 64 channels": (5, 8, 16, 64), "128 to 512 channels": (128, 129, 512)}
"""Pixels as structs of up to four numbers; less than, as much as and more than a vector register; OpenCV's limit,
``CV_CN_MAX``, 128 since version 5 and 512 before."""
BATCHES = {"2 to 64 images": ((2, 1), (2, 3), (7, 1), (7, 5), (64, 1))}
"""Numbers of images and of channels of each."""
_SHAPES: tuple[tuple[Pair, Pair], ...] = (
    ((5, 7), (9, 11)),
    ((9, 11), (7, 6)),
    ((12, 10), (6, 5)),
    ((4, 5), (8, 10)),
    ((7, 9), (4, 5)),
)
"""Input and output (height, width): up and down by ratios that are no short binary fractions, half, double, and an odd
image halved."""
_LENGTHS: tuple[Pair, ...] = ((5, 9), (9, 7), (7, 11), (11, 6), (12, 6), (4, 8), (3, 8), (16, 27), (27, 16), (10, 31))
"""Lengths before and after, at which the matrix of a plane among others is measured."""
_MOST = 3
"""Of the shapes above, how many are tried."""


def channel_and_batch_counts(operation: Operation) -> list[Observation]:
    """One observation for each range of counts; a single one for a call on single planes, which has no counts."""
    layout = "NHWC" if operation.call is None else operation.call.layout
    if operation.call is not None and operation.call.framework.version is None:
        return [not_installed("channels and images", f"{operation.framework} is not installed")]
    if layout == "HW":
        return [unsupported("channels and images", AGAINST, NO_COUNTS)]
    try:
        tried = shapes(operation, _SHAPES)[: 1 if operation.cost == PREPARED else _MOST]
        calls = [PlanesCall(operation.run, *shape, _tolerance(operation, *shape)) for shape in tried]
    except NotInstalled as absent:
        return [not_installed("channels and images", str(absent))]
    except Exception as error:
        return [_cannot("channels and images", error)]
    if not calls:
        return [unsupported("channels and images", AGAINST, "it is defined for none of the shapes tried")]
    return observe_counts(calls, layout != "HWC", operation)


def observe_counts(calls: list[PlanesCall], has_batch: bool, operation: Operation | NdOperation) -> list[Observation]:
    """The observations of some calls of an operation, of channels and, where it takes several at once, of images.

    Raises ``NotInstalled``.
    """
    kinds = {name: tuple((1, channels) for channels in counts) for name, counts in CHANNELS.items()}
    kinds |= BATCHES if has_batch else {}
    alone: list[np.ndarray | str] = []
    for call in calls:
        try:
            planes = [call.run(plane[None].copy(), call.size_out) for plane in planes_of(call)]
            alone.append(np.concatenate(planes)[..., 0])
        except NotInstalled:
            raise
        except Exception as error:
            alone.append(one_line_error(error))
    return [_observed(name, counts, calls, alone, operation) for name, counts in kinds.items()]


def _tolerance(operation: Operation, size_in: Pair, size_out: Pair) -> float:
    """Both results are within the tolerance of what they should be; sums of products in another order, in float32."""
    known = reference(operation, size_in, size_out)
    return 2 * (known.tolerance + (known.taps + 4) * UNIT_ROUNDOFF * known.gain)


def _cannot(variant: str, error: Exception) -> Observation:
    return unsupported(variant, AGAINST, str(error) if isinstance(error, Refused) else one_line_error(error))


def _observed(
    name: str,
    counts: tuple[tuple[int, int], ...],
    calls: list[PlanesCall],
    alone: list[np.ndarray | str],
    operation: Operation | NdOperation,
) -> Observation:
    comparison = CountComparison()
    for call, single in zip(calls, alone, strict=True):
        if isinstance(single, str):
            comparison.refused[1, 1] = single
            continue
        for images_and_channels in counts:
            compare_with_alone(comparison, call, single, images_and_channels, operation.claim)
    if comparison.misshapen:
        return Observation(
            variant=name,
            verdict=Verdict.ERROR,
            against=AGAINST,
            headline="returns another shape",
            measured=comparison.measured,
            attribution=Attribution(
                (Cause.CHANNEL if name in CHANNELS else Cause.BATCH, Cause.OUTPUT_SIZE), comparison.misshapen
            ),
            reproduction=count_program(operation, comparison),
        )
    if not comparison.measured:
        return unsupported(name, AGAINST, next(iter(comparison.refused.values())))
    return _judged(name, comparison, operation)


def _judged(name: str, comparison: CountComparison, operation: Operation | NdOperation) -> Observation:
    figures: Figures = {}
    if comparison.refused:
        (n, channels), message = next(iter(comparison.refused.items()))
        figures["counts refused"] = f"{len(comparison.refused)}, first {n} x {channels}: {message}"
    observe = partial(
        Observation,
        variant=name,
        against=AGAINST,
        gain=comparison.max_error,
        tolerance=comparison.tolerance,
        measured=comparison.measured,
        differing=comparison.differing,
        figures=figures,
    )
    worst = comparison.call
    if worst is None or comparison.max_error <= comparison.tolerance:
        return observe(verdict=agreement_verdict(comparison.max_error == 0), headline="as if alone")
    n, channels = comparison.counts
    planes, single, count = comparison.differing_planes, "channel", channels
    if n > 1:
        planes, single, count = sorted({k // channels for k in planes}), "image", n
    shown = ", ".join(map(str, planes[:6])) + (f" and {len(planes) - 6} more" if len(planes) > 6 else "")
    shapes = f"{worst.size_in} -> {worst.size_out}"
    text = (
        f"{single} {shown} (counted from 0) of {count} comes out otherwise than alone, by up to "
        f"{comparison.max_error:.3g}, at {shapes}"
    )
    causes: tuple[str, ...] = (Cause.CHANNEL,) if n == 1 else (Cause.BATCH,)
    if n > 1 and channels > 1:
        causes = (Cause.BATCH, Cause.CHANNEL)
    verdict = disagreement_verdict(comparison.max_error)
    if verdict is Verdict.DIVERGES and comparison.only_ties:
        verdict, causes = Verdict.TIES, (*causes, Cause.TIES)
        text += ", where the coordinate is a rounding tie"
    among = _measured_among(operation, n, channels, comparison.place)
    if among is not None and verdict is not Verdict.TIES:
        causes = tuple(dict.fromkeys((*causes, *among.factors)))
        text += f"; measured there, {among.explanation}"
    return observe(
        verdict=verdict,
        headline=f"{single}s differ from one alone",
        attribution=Attribution(causes, text),
        where=f"{shapes}, {n} images of {channels} channels, at {comparison.place}",
        expected=f"{comparison.values[0]:.9g}",
        got=f"{comparison.values[1]:.9g}",
        reproduction=count_program(operation, comparison),
    )


def _measured_among(
    operation: Operation | NdOperation, n: int, channels: int, place: tuple[int, ...]
) -> Attribution | None:
    """How the matrix measured of one channel or image among equal ones differs from the claim; ``None`` if it does not.

    Equal planes are resized alike however they are mixed up, so a difference is that of another path.
    """
    if operation.claim is None or not isinstance(operation, Operation):
        return None

    def run(images: np.ndarray, size: Pair) -> np.ndarray:
        together = np.repeat(np.repeat(images, n, axis=0), channels, axis=-1)
        return operation.run(together, size)[place[0] :: n, ..., place[-1] : place[-1] + 1]

    pairs = tuple(pair for pair in _LENGTHS if operation.accepts(*pair))
    return compare(replace(operation, run=run, call=None), operation.claim, pairs).attribution
