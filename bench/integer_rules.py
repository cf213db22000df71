"""Holds each integer rule against the library that it describes, bit for bit, on random and adversarial images.

Alone: ``python -m bench.integer_rules --images 10000 'pillow-*'``, also in an environment with another release.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import count
from time import perf_counter
from typing import Any

import numpy as np

from bench.table import table
from halfpixel.adapters.registry import frameworks
from halfpixel.golden.integer_rules import INTEGER_RULES, IntegerRule

Size = tuple[int, int]
Call = Callable[[np.ndarray, Size], np.ndarray]


def _pillow(rule: IntegerRule) -> Call:
    from PIL import Image

    kernel = rule.name.replace("pillow-11-", "pillow-").split("-")[1]

    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        if image.shape[2:] == (2,):
            picture = Image.merge(
                "LA", [Image.fromarray(np.ascontiguousarray(channel)) for channel in image.T.swapaxes(1, 2)]
            )
        else:
            picture = Image.fromarray(np.ascontiguousarray(image))
        return np.asarray(picture.resize(size[::-1], Image.Resampling[kernel.upper()]))

    return resize


def _planes(image: np.ndarray, size: Size) -> np.ndarray:
    """``(C, H, W)`` in the memory of the image, so that torch takes interleaved images for ``channels_last``.

    One pixel of three planar channels is refused, by an assertion inside torch: it becomes interleaved.
    """
    return np.atleast_3d(np.ascontiguousarray(image) if size == (1, 1) else image).transpose(2, 0, 1)


def _torch(rule: IntegerRule) -> Call:
    import torch
    from torch.nn import functional

    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        x = torch.from_numpy(_planes(image, size))[None]
        y = eval(rule.call, {"F": functional, "x": x, "size": size})
        return y[0].permute(1, 2, 0).numpy().reshape(*size, *image.shape[2:])

    return resize


def _torchvision(rule: IntegerRule) -> Call:
    from halfpixel.adapters.torchvision import FRAMEWORK

    names: dict[str, Any] = {}
    exec(FRAMEWORK.imports + "\nfrom torchvision.transforms import InterpolationMode", names)

    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        x = names["torch"].from_numpy(_planes(image, size))
        y = eval(rule.call, names | {"image": x, "h": size[0], "w": size[1]})
        return y.permute(1, 2, 0).numpy().reshape(*size, *image.shape[2:])

    return resize


def _opencv(rule: IntegerRule) -> Call:
    import cv2

    statements, _, expression = rule.call.rpartition("; ")

    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        cv2.ipp.setUseIPP(True)
        names = {"cv2": cv2, "image": np.ascontiguousarray(image), "h": size[0], "w": size[1]}
        exec(statements, names)
        return eval(expression, names).reshape(*size, *image.shape[2:])

    return resize


def _tensorflow(rule: IntegerRule) -> Call:
    import tensorflow as tf

    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        names = {"tf": tf, "image": np.atleast_3d(image), "h": size[0], "w": size[1]}
        return eval(rule.call, names).numpy().reshape(*size, *image.shape[2:])

    return resize


def _onnxruntime(rule: IntegerRule) -> Call:
    import onnxruntime
    from onnx import TensorProto, helper

    attributes = eval(f"dict({rule.call.partition('Resize(')[2].partition(')')[0]})")
    interleaved = "[1, H, W, C]" in rule.call
    node = helper.make_node("Resize", ["image", "", "", "sizes"], ["resized"], **attributes)
    image_info, resized_info = (
        helper.make_tensor_value_info(name, TensorProto.UINT8, [None] * 4) for name in ("image", "resized")
    )
    sizes_info = helper.make_tensor_value_info("sizes", TensorProto.INT64, [4])
    graph = helper.make_graph([node], "resize", [image_info, sizes_info], [resized_info])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=8)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])

    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        pixels = np.atleast_3d(image)
        sizes = (1, *size, pixels.shape[2]) if interleaved else (1, pixels.shape[2], *size)
        tensor = np.ascontiguousarray(pixels if interleaved else pixels.transpose(2, 0, 1))[None]
        (resized,) = session.run(None, {"image": tensor, "sizes": np.array(sizes, np.int64)})
        return (resized[0] if interleaved else resized[0].transpose(1, 2, 0)).reshape(*size, *image.shape[2:])

    return resize


@dataclass(frozen=True, slots=True)
class Library:
    """How a library is called by a rule, and the numbers of channels to try; 0 is an image (H, W)."""

    call: Callable[[IntegerRule], Call]
    channels: tuple[int, ...] = (0, 3)


LIBRARIES = {
    "pillow": Library(_pillow),
    "torch": Library(_torch, (0, 3, 2, 4)),
    "torchvision": Library(_torchvision),
    "opencv": Library(_opencv, (0, 3, 4, 2)),
    "tensorflow": Library(_tensorflow, (0, 3, 4)),
    "onnxruntime": Library(_onnxruntime, (0, 3, 4)),
}
"""By ``IntegerRule.library``; ``onnx`` is a text, with no release to compare."""


def library_call(rule: IntegerRule) -> Call:
    """The library's own resize of images ``(H, W)`` or ``(H, W, C)``; ``KeyError`` when the library has no entry."""
    return LIBRARIES[rule.library].call(rule)


def installed_version(rule: IntegerRule) -> str | None:
    """The release of the rule's library here, without a local part such as ``+cpu``; ``None`` if not installed."""
    version = frameworks()[rule.library].version if rule.library in LIBRARIES else None
    return None if version is None else version.partition("+")[0]


def _sizes(rng: np.random.Generator) -> tuple[Size, Size]:
    """Two pairs of 1 to 302: mostly small, some large, some in whole ratios, some nearly equal."""
    kind = rng.integers(8)
    if kind == 0:
        h_in, w_in, h, w = rng.integers(1, 301, 4)
    elif kind == 1:
        h, w = rng.integers(1, 60, 2)
        h_in, w_in = h * rng.integers(1, 6), w * rng.integers(1, 6)
        if rng.integers(2):
            h_in, w_in, h, w = h, w, h_in, w_in
    elif kind == 2:
        h_in, w_in, h, w = 2 ** rng.integers(0, 9, 4)
    elif kind == 3:
        h_in, w_in = rng.integers(10, 300, 2)
        h, w = h_in + rng.integers(-2, 3), w_in + rng.integers(-2, 3)
    else:
        h_in, w_in, h, w = np.exp(rng.uniform(0, np.log(300.99), 4))
    return (int(h_in), int(w_in)), (int(h), int(w))


def _pixels(rng: np.random.Generator, shape: tuple[int, ...], largest: int) -> np.ndarray:
    """Noise, black and white, impulses, checkerboards, ramps, neighbours one apart (ties), edges, clouds with noise."""
    rows, columns = np.indices(shape[:2]).reshape(2, *shape[:2], *(1,) * (len(shape) - 2))
    kind = rng.integers(8)
    if kind == 0:
        return rng.integers(0, largest + 1, shape)
    if kind == 1:
        return rng.integers(0, 2, shape) * largest
    if kind == 2:
        image = np.full(shape, largest * rng.integers(2))
        image[tuple(rng.integers(0, length) for length in shape)] = rng.integers(0, largest + 1)
        return image
    if kind == 3:
        period = rng.integers(1, 5)
        return np.broadcast_to((rows // period + columns // period) % 2 * largest, shape)
    if kind == 4:
        slopes = rng.integers(-9, 10, 2)
        return np.broadcast_to((slopes[0] * rows + slopes[1] * columns) % (largest + 1), shape)
    if kind == 5:
        return rng.integers(0, largest) + rng.integers(0, 2, shape)
    if kind == 6:
        edge = rng.normal(size=3) * (1, 1, max(shape[:2]) / 2)
        return np.broadcast_to((edge[0] * rows + edge[1] * columns > edge[2]) * largest, shape)
    waves = sum(
        rng.normal()
        / (1 + f)
        * np.cos(rng.normal() * f * rows / shape[0] + rng.normal() * f * columns / shape[1] + rng.uniform(0, 6.3))
        for f in range(1, 9)
    )
    return np.clip(largest * (0.5 + 0.5 * waves + 0.03 * rng.normal(size=shape)), 0, largest)


def images(rule: IntegerRule, seed: int = 0) -> Iterator[tuple[np.ndarray, Size]]:
    """Endless images, each with the size to resize it to; interleaved or planar in memory, at random."""
    rng = np.random.default_rng(seed)
    channels = (2, 4) if "-rgba-" in rule.name else LIBRARIES[rule.library].channels
    if rule.library == "pillow" and rule.dtype == "uint16":
        channels = (0,)
    values = np.iinfo(rule.dtype)
    for number in count():
        (h_in, w_in), size = _sizes(rng)
        depth = channels[number % len(channels)]
        shape = (h_in, w_in, depth) if depth else (h_in, w_in)
        image = (_pixels(rng, shape, values.max - values.min) + values.min).astype(rule.dtype)
        if depth and rng.integers(2):
            image = np.ascontiguousarray(image.transpose(2, 0, 1)).transpose(1, 2, 0)
        yield image, size


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many images were compared, how many differed by more than the rule's bound, and by how much at most.

    ``example`` is the shape and the size of the first that differs.
    """

    images: int
    differing: int
    largest: int
    example: tuple[tuple[int, ...], Size] | None


def compare(rule: IntegerRule, number: int, seed: int = 0) -> Comparison:
    """A rule against its library on that many images; images that the rule refuses do not count.

    Raises ``RuntimeError`` where it refuses nearly all.
    """
    call = library_call(rule)
    compared = differing = largest = 0
    example = None
    for drawn, (image, size) in enumerate(images(rule, seed)):
        if compared == number:
            break
        if drawn > 50 * number:
            raise RuntimeError(f"{rule.name} refuses {drawn - compared} of {drawn} images")
        try:
            expected = rule.resize(image, size)
        except ValueError:
            continue
        got = call(image, size)
        if got.shape != expected.shape or got.dtype != expected.dtype:
            raise RuntimeError(f"{rule.name}: {got.dtype} {got.shape} for {expected.dtype} {expected.shape}")
        compared += 1
        difference = int(np.abs(expected.astype(np.int64) - got).max())
        largest = max(largest, difference)
        if difference > rule.bound:
            differing += 1
            example = example or (image.shape, size)
    return Comparison(compared, differing, largest, example)


def measure(number: int, patterns: list[str] | None = None, releases: bool = True) -> list[dict[str, object]]:
    """A row for each rule whose name matches; ``releases`` leaves out rules of other releases than the installed."""
    found: list[dict[str, object]] = []
    for rule in INTEGER_RULES.values():
        if not any(fnmatch(rule.name, pattern) for pattern in patterns or ["*"]):
            continue
        version = installed_version(rule)
        row: dict[str, object] = {"rule": rule.name, "release": version or "not installed", "images": 0}
        row |= {"differing": "-", "largest": "-", "example": "", "seconds": 0.0}
        if version is not None and (version in rule.versions or not releases):
            started = perf_counter()
            compared = compare(rule, number)
            row |= {"images": compared.images, "differing": compared.differing, "largest": compared.largest}
            row |= {"example": str(compared.example or ""), "seconds": perf_counter() - started}
        found.append(row)
        print("{rule}, {release}: {images} images, {differing} differ".format(**row), file=sys.stderr, flush=True)
    return found


def main() -> int:
    """Print the table; 0 when no rule differs, 1 when one does, 2 when nothing was compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="names of rules, with * and ?; default: all")
    parser.add_argument("--images", type=int, default=10_000, help="how many images a rule")
    parser.add_argument("--any-release", action="store_true", help="also compare releases that the rule does not name")
    options = parser.parse_args()
    found = measure(options.images, options.patterns, releases=not options.any_release)
    if not any(row["images"] for row in found):
        print("nothing compared: no rule of that name, or no library of its release", file=sys.stderr)
        return 2
    print(table(f"Integer rules against their libraries, {options.images} images each", found))
    return 1 if any(row["differing"] not in ("-", 0) for row in found) else 0


if __name__ == "__main__":
    sys.exit(main())
