"""Read what a device made of a kit: which results can be used, and what is wrong with the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from math import prod
from pathlib import Path

import numpy as np

from halfpixel.golden import Convention
from halfpixel.probe.image_pairs.explanation import ImagePair
from halfpixel.probe.image_pairs.image_files import read_channels
from halfpixel.probe.image_pairs.sparse_axis import sparse_axis
from halfpixel.probe.kit.images import Kind
from halfpixel.probe.kit.manifest import KitFile, Manifest, inside, read_manifest
from halfpixel.probe.measure.sizes import Pair

_LOSSY = (".jpg", ".jpeg", ".webp", ".avif", ".heic", ".gif", ".jp2")
_LOSSLESS = (".png", ".pgm", ".ppm", ".tif", ".tiff", ".bmp", ".npy")
"""Formats that may come back for a kit of uint8, whatever it was written in."""
_LIKE = (
    Convention(kernel="linear"),
    Convention(kernel="linear", antialias=True),
    Convention(kernel="nearest"),
    Convention(kernel="linear", coordinate_transformation_mode="align_corners"),
)
"""Resizes that any other resembles: enough to tell which image, channel or layout a result is of."""
_ENOUGH_VALUES = 48
"""Fewer values resemble those of another image by chance."""
_MARGIN = 0.25
"""By how much more a result must resemble another image, or channel, than its own."""
_VOTERS = 8


@dataclass(frozen=True, slots=True, eq=False)
class KitResult:
    """A result that can be used: image ``(H, W, C)`` and result ``(h, w, C)``, as they are in the files."""

    file: KitFile
    image: np.ndarray
    result: np.ndarray

    def pairs(self) -> Iterator[ImagePair]:
        """Each channel with its result."""
        is_integer = self.image.dtype == np.uint8
        for channel in range(self.image.shape[2]):
            image, result = (values[..., channel].astype(np.float64) for values in (self.image, self.result))
            name = self.file.output + (f", channel {channel}" if self.image.shape[2] > 1 else "")
            yield ImagePair(image, result, 255 if is_integer else None, 0.0 if is_integer else 2.0**-24, name=name)


@dataclass(frozen=True, slots=True, eq=False)
class KitResults:
    """The results that came back.

    missing
        Files without a result.
    left_out
        Results that cannot be used, each with the reason.
    notes
        What was done to read the others, a sentence each.
    """

    manifest: Manifest
    results: tuple[KitResult, ...]
    missing: tuple[str, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def read_kit(folder: Path) -> KitResults:
    """Read the results of a kit.

    Raises ``ValueError`` in one line: a manifest that cannot be used, a path that leaves the folder, no usable result.
    """
    manifest = read_manifest(folder)
    found: list[KitResult] = []
    missing, left_out = [], []
    readings = _Readings(folder, manifest)
    paths = {file: (inside(folder, folder / file.input), readings.path_of(file)) for file in manifest.files}
    for file, (_, path) in paths.items():
        if path is None:
            missing.append(file.output)
            continue
        try:
            found.append(KitResult(file, readings.image(file), readings.result(file, path)))
        except ValueError as error:
            left_out.append(str(error))
    if found:
        found, notes = _as_asked(found, manifest)
        found, swapped = _without_swapped(found)
        left_out += swapped
    if not found:
        reason = left_out[0] if left_out else f"out/ has none of the {len(manifest.files)} results"
        more = f" (and {len(left_out) - 1} more left out)" if len(left_out) > 1 else ""
        raise ValueError(f"{folder}: nothing can be read: {reason}{more}")
    return KitResults(manifest, tuple(found), tuple(missing), tuple(left_out), tuple(notes + readings.notes()))


class _Readings:
    """The files of a kit, read one by one; every ``ValueError`` names the file."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest
        out = inside(folder, folder / "out")
        self.present = {path.name: path for path in sorted(out.iterdir())} if out.is_dir() else {}
        self.relaid = 0
        self.by_size = {file.size: file.name for file in manifest.files}

    def path_of(self, file: KitFile) -> Path | None:
        """The result of a file, of the asked suffix where there are several; ``None`` without one."""
        same = [path for name, path in self.present.items() if Path(name).stem == file.name]
        same = [path for path in same if path.suffix.lower() != ".json"]
        same.sort(key=lambda path: (path.suffix != f".{self.manifest.suffix}", path.suffix.lower() in _LOSSY))
        return inside(self.folder, same[0]) if same else None

    def notes(self) -> list[str]:
        """A sentence where out/ has files of no image, and where shapes told another layout."""
        names = {file.name for file in self.manifest.files}
        unknown = [name for name in self.present if Path(name).stem not in names]
        notes = [f"out/ has {len(unknown)} files of no image, such as {unknown[0]!r}"] if unknown else []
        return [*notes, _another_layout(self.manifest.layout)] if self.relaid else notes

    def image(self, file: KitFile) -> np.ndarray:
        """The input, ``(H, W, C)``, the file that the manifest describes."""
        path = self.folder / file.input
        if not path.is_file():
            raise ValueError(f"{file.input} is missing: {file.name} cannot be used")
        if hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
            raise ValueError(f"{file.input} is not the image of the kit, its sha256 differs: {file.name} is left out")
        return self._read(path, file.input, file.shape)

    def result(self, file: KitFile, path: Path) -> np.ndarray:
        """The result, ``(h, w, C)``, of the asked size and dtype."""
        name = f"out/{path.name}"
        if path.suffix.lower() in _LOSSY:
            raise ValueError(f"{name} is of a format that does not keep pixels: write {file.output}")
        allowed = _LOSSLESS if self.manifest.dtype == "uint8" else (".npy",)
        if path.suffix.lower() not in {f".{self.manifest.suffix}", *allowed}:
            raise ValueError(f"{name} is of another format: write {file.output}")
        if not path.is_file():
            raise ValueError(f"{name} is no file")
        return self._read(path, name, (*file.size, file.shape[2]), file)

    def _read(self, path: Path, name: str, shape: Sequence[int], file: KitFile | None = None) -> np.ndarray:
        """The array ``(height, width, channels)`` of ``shape``; of raw bytes in the asked layout."""
        wanted, layout = np.dtype(self.manifest.dtype), self.manifest.layout
        if path.suffix in (".raw", ".bin"):
            data, expected = path.read_bytes(), prod(shape) * wanted.itemsize
            if len(data) != expected:
                raise ValueError(f"{name} has {len(data)} bytes where {expected} were asked for{self._why(data, file)}")
            values = np.frombuffer(data, wanted.newbyteorder("<")).astype(wanted)
        else:
            array = _array(path, name)
            if array.dtype != wanted:
                raise ValueError(f"{name} holds {array.dtype} where {wanted} was asked for")
            array, layout = _with_channels(array, name, shape, layout if path.suffix == ".npy" else "NHWC")
            found = _layout(array.shape, layout)
            if found != tuple(shape):
                raise ValueError(f"{name} {_another_size(found, shape)}{self._resembles(found, file)}")
            self.relaid += path.suffix == ".npy" and layout != self.manifest.layout
            values = array.reshape(-1)
        if not np.isfinite(values).all():
            raise ValueError(f"{name} holds values that are not finite")
        height, width, channels = shape
        if layout == "NCHW":
            return np.ascontiguousarray(values.reshape(channels, height, width).transpose(1, 2, 0))
        return values.reshape(height, width, channels)

    def _resembles(self, found: Sequence[int], file: KitFile | None) -> str:
        """A guess at a result of another size: the input, a result with sides exchanged, that of another image."""
        if file is None:
            return ""
        if tuple(found) == tuple(file.shape):
            return ": it has the size of the input, which was not resized"
        other = self.by_size.get((found[0], found[1]))
        if other is not None:
            return f": it has the size of {other}; were files swapped?"
        return ": width and height are exchanged" if (found[1], found[0]) == file.size else ""

    def _why(self, data: bytes, file: KitFile | None) -> str:
        if file is None:
            return ""
        item = np.dtype(self.manifest.dtype).itemsize
        if len(data) == prod(file.shape) * item:
            return ": as many as the input has, which was not resized"
        others = (other for other in self.manifest.files if prod(other.size) * other.shape[2] * item == len(data))
        other = next(others, None)
        return f": as many as {other.name} has; were files swapped?" if other else ": truncated, or of another dtype"


def _array(path: Path, name: str) -> np.ndarray:
    """The pixels of an image file or .npy, channels last for images; ``ValueError`` naming the file."""
    if path.suffix == ".npy":
        try:
            return np.asarray(np.load(path, allow_pickle=False))
        except (OSError, ValueError, EOFError) as error:
            raise ValueError(f"{name} cannot be read: {next(iter(str(error).splitlines()), 'damaged')}") from None
    try:
        return read_channels(path, may_be_lossy=False).transpose(1, 2, 0)
    except ValueError as error:
        raise ValueError(str(error).replace(str(path), name)) from None


def _with_channels(array: np.ndarray, name: str, shape: Sequence[int], layout: str) -> tuple[np.ndarray, str]:
    """Without the batch, with an axis of channels, and the layout that its shape tells: the asked one where both fit.

    A grey image that comes back in equal channels is grey.
    """
    array = array[0] if array.ndim == 4 and len(array) == 1 else array
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3:
        raise ValueError(f"{name} has shape {array.shape}, which is no image")
    channels = shape[2]
    if channels == 1 and array.shape[-1] == 3 and (array == array[..., :1]).all():
        array = array[..., :1]
    axis = {"NHWC": 2, "NCHW": 0}
    layouts = [layout, *(other for other in axis if other != layout)]
    fitting = next((one for one in layouts if array.shape[axis[one]] == channels), None)
    if fitting is None:
        raise ValueError(f"{name} has shape {array.shape}, where {channels} channels were asked for")
    other = layouts[1 - layouts.index(fitting)]
    if _layout(array.shape, fitting) != tuple(shape) and _layout(array.shape, other) == tuple(shape):
        fitting = other
    return np.ascontiguousarray(array), fitting


def _layout(shape: Sequence[int], layout: str) -> tuple[int, ...]:
    """(height, width, channels) of an array of a layout."""
    return tuple(shape) if layout == "NHWC" else (*shape[1:], shape[0])


_OTHER_LAYOUT = {"NHWC": "NCHW", "NCHW": "NHWC"}


def _another_layout(asked: str) -> str:
    return f"the results are {_OTHER_LAYOUT[asked]}, where {asked} was asked for"


def _another_size(found: Sequence[int], asked: Sequence[int]) -> str:
    return f"is {found[1]} x {found[0]} where {asked[1]} x {asked[0]} was asked for (width x height)"


def _as_asked(found: list[KitResult], manifest: Manifest) -> tuple[list[KitResult], list[str]]:
    """The results with channels in the order of the image, and raw ones in the layout that they have."""
    voters = [one for one in found if one.file.kind is not Kind.CONSTANT and one.result.size >= _ENOUGH_VALUES]
    voters = sorted(voters, key=lambda one: one.result.size)[:_VOTERS]
    channels = found[0].image.shape[2]
    if channels == 1 or not voters:
        return found, []
    notes = []
    is_raw = manifest.suffix in ("raw", "bin")
    other = _OTHER_LAYOUT[manifest.layout]
    relaid = [replace(one, result=_relaid(one.result, other)) for one in voters] if is_raw else voters
    own, best = _best_order(voters), _best_order(relaid)
    if best[0] > own[0] + _MARGIN:
        notes.append(_another_layout(manifest.layout))
        found = [replace(one, result=_relaid(one.result, other)) for one in found]
        own = best
    order = own[1]
    if order != tuple(range(channels)):
        notes.append(f"channels came back in the order {', '.join(map(str, order))}: such as BGR for RGB")
        # Channel k of the result is channel order[k] of the image.
        found = [replace(one, result=one.result[..., np.argsort(order)]) for one in found]
    return found, notes


def _relaid(result: np.ndarray, layout: str) -> np.ndarray:
    """The bytes of ``(h, w, C)``, read in the other layout than they were."""
    height, width, channels = result.shape
    if layout == "NCHW":
        return np.ascontiguousarray(result.reshape(channels, height, width).transpose(1, 2, 0))
    return np.ascontiguousarray(result.transpose(2, 0, 1)).reshape(height, width, channels)


def _best_order(results: list[KitResult]) -> tuple[float, tuple[int, ...]]:
    """How much results resemble their images, at most 1, in the order of channels that they resemble most."""
    channels = results[0].image.shape[2]
    likeness = np.mean(
        [
            [[_likeness(one.image[..., k], one.result[..., c]) for k in range(channels)] for c in range(channels)]
            for one in results
        ],
        axis=0,
    )
    plain = tuple(range(channels))
    scores = {order: float(np.mean([likeness[c, k] for c, k in enumerate(order)])) for order in permutations(plain)}
    best = max(scores, key=lambda order: scores[order])
    best = best if scores[best] > scores[plain] + _MARGIN else plain
    return scores[best], best


def _likeness(image: np.ndarray, result: np.ndarray) -> float:
    """The correlation of a result with what a common resize makes of an image, the highest of several."""
    best = 0.0
    off = result - result.mean(dtype=np.float64)
    for convention in _LIKE:
        height, width = (sparse_axis(convention, *pair) for pair in zip(image.shape, result.shape, strict=True))
        like = width.apply(height.apply(image.astype(np.float64)).T).T
        like -= like.mean()
        size = float(np.sqrt((like**2).sum() * (off**2).sum()))
        best = max(best, float((like * off).sum()) / size if size else 0.0)
    return best


def _without_swapped(found: list[KitResult]) -> tuple[list[KitResult], list[str]]:
    """Without the results that are the input, and those that resemble another image of the same size much more."""
    by_size: dict[Pair, list[KitResult]] = {}
    for one in found:
        by_size.setdefault(one.file.size, []).append(one)
    kept, left_out = [], []
    for one in found:
        others = [
            other for other in by_size[one.file.size] if other is not one and other.file.kind is not Kind.CONSTANT
        ]
        if not others or one.file.kind is Kind.CONSTANT or one.result.size < _ENOUGH_VALUES:
            kept.append(one)
            continue
        own, best = (
            _likeness(one.image[..., 0], one.result[..., 0]),
            max(others, key=lambda other: _likeness(other.image[..., 0], one.result[..., 0])),
        )
        if _likeness(best.image[..., 0], one.result[..., 0]) > own + _MARGIN:
            left_out.append(f"{one.file.output} is what {best.file.name} should give: files were swapped")
        else:
            kept.append(one)
    return kept, left_out
