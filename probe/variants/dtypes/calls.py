"""Call an operation with images of a dtype, collect results and refusals, and write programs that do the same."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from halfpixel.adapters import NotInstalled, Operation, Variant
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.compare.reference import accepts
from halfpixel.probe.compare.reproduction import ONE_IMAGE, array_program, image_program, result_line
from halfpixel.probe.measure.axis_matrix import Refused, call
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.observation import Observation, not_installed, unsupported

_REFUSALS = 2
"""After so many shapes that are refused, and none that is not, no others are tried."""

BFLOAT16 = "bfloat16"


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """The shapes that were resized, the planes ``(K, H, W)`` and results ``(K, h, w)`` of each, and the refusals.

    Images of several channels are there as planes: those of all first channels, then those of all second ones.
    """

    shapes: list[tuple[Pair, Pair]]
    images: list[np.ndarray]
    results: list[np.ndarray]
    refused: list[str]
    channels: int = 1

    def whole(self, shape: int, plane: int) -> tuple[np.ndarray, tuple[int, ...]]:
        """The image that a plane belongs to, as the call was given it, and the plane's channel where it has several."""
        if self.channels == 1:
            return self.images[shape][plane], ()
        planes = self.images[shape].reshape(self.channels, -1, *self.images[shape].shape[1:])
        channel, image = divmod(plane, planes.shape[1])
        return np.moveaxis(planes[:, image], 0, -1), (channel,)


def attempt(
    operation: Operation,
    variant: str,
    shapes: tuple[tuple[Pair, Pair], ...],
    images_of: Callable[[Pair, Pair], np.ndarray],
) -> Attempt | Observation:
    """Resize ``images_of(size_in, size_out)`` at every shape that the operation is defined for.

    The images are ``(K, H, W)``, or ``(K, H, W, C)`` for an operation that takes several channels.

    An :class:`Observation` where there is nothing to compare: the framework is absent, or it returned another shape
    than asked for.
    """
    calls = Attempt([], [], [], [], operation.channels)
    for shape in shapes:
        if not accepts(operation, *shape):
            continue
        if not calls.results and len(calls.refused) >= _REFUSALS:
            break
        try:
            images = images_of(*shape)
            result = _in_planes(call(operation, images.reshape(*images.shape[:3], -1).copy(), shape[1]))
        except NotInstalled as absent:
            return not_installed(variant, str(absent))
        except Refused as refusal:
            calls.refused.append(str(refusal))
            continue
        except WrongShape as wrong:
            return Observation(
                variant=variant,
                verdict=Verdict.DIVERGES,
                against="the size asked for",
                headline="another output size",
                gain=float("inf"),
                measured=1,
                differing=1,
                where=f"{shape[0]} -> {shape[1]}",
                attribution=Attribution((Cause.OUTPUT_SIZE,), str(wrong)),
            )
        calls.shapes.append(shape)
        calls.images.append(images if images.ndim == 3 else _in_planes(images))
        calls.results.append(result)
    return calls


def _in_planes(images: np.ndarray) -> np.ndarray:
    """``(N, H, W, C)`` as ``(C * N, H, W)``, channel by channel."""
    return images[..., 0] if images.shape[3] == 1 else np.moveaxis(images, -1, 0).reshape(-1, *images.shape[1:3])


def refused_observation(variant: str, against: str, calls: Attempt) -> Observation:
    """The observation where every call was refused."""
    return unsupported(variant, against, next(iter(calls.refused), "it is defined for none of the shapes tried"))


def takes_bfloat16(operation: Operation) -> tuple[Operation, np.dtype[Any]] | str:
    """The operation that takes bfloat16 images, and the dtype of its arrays; or why there is none, in words.

    Through the framework's own conversion where its adapter has one, from float32; otherwise as arrays of ml_dtypes.
    """
    framework = None if operation.call is None else operation.call.framework
    if framework is not None and framework.to_bfloat16:
        way = Variant(BFLOAT16, to_native=framework.to_bfloat16, to_numpy=framework.from_bfloat16)
        return operation.with_variant(way), np.dtype(np.float32)
    if importlib.util.find_spec("ml_dtypes") is None:
        return "NumPy has no bfloat16, ml_dtypes is not installed, and the adapter names no other way"
    import ml_dtypes

    if framework is not None:
        operation = operation.with_variant(Variant(BFLOAT16, imports="import ml_dtypes"))
    return operation, np.dtype(ml_dtypes.bfloat16)


def output_program(
    operation: Operation, image: np.ndarray, size: Pair, place: tuple[int, ...], expected: str, got: str
) -> str:
    """Python source that resizes ``image`` and prints the output at ``place`` beside ``expected``.

    ``image`` is ``(H, W)``, and ``place`` a row and a column; or ``(H, W, C)``, and a channel as well. Empty for a
    plain callable.
    """
    if operation.call is None:
        return ""
    if image.dtype.name == BFLOAT16:
        source = f"np.array({image.astype(np.float32).tolist()}, dtype=np.float32).astype(ml_dtypes.bfloat16)"
    else:
        source = f"np.array({image.tolist()}, dtype=np.{image.dtype.name})"
    last = result_line(f"output {list(place)}", f"y{list(place)}", expected, got)
    if image.ndim == 2:
        height, width = image.shape
        return image_program(operation.call, source, (height, width), size, last)
    to_call, from_call = ONE_IMAGE.get(operation.call.layout, ("", ""))
    resized = f"y = resize(x, {size[0]}, {size[1]}){from_call}"
    return array_program(operation.call, "", f"x = {source}{to_call}", resized, last)
