"""The manifest of a kit: which files it has, what the device is asked to make of each, and that nothing is amiss."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from halfpixel.probe.kit.images import Kind
from halfpixel.probe.measure.sizes import Pair

VERSION = 1
"""Of the manifest and of the images: a reader reads its own alone."""
MANIFEST = "manifest.json"
FORMATS = {"png": "png", "npy": "npy", "raw": "raw", "bin+json": "bin"}
"""The suffix of the files of each format."""
DTYPES = ("uint8", "float32")
LAYOUTS = ("NHWC", "NCHW")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_LARGEST_SIDE, _MOST_VALUES, _MOST_FILES, _LARGEST_MANIFEST = 1 << 16, 1 << 28, 10_000, 1 << 24


@dataclass(frozen=True, slots=True)
class KitFile:
    """An image of the kit.

    shape
        ``(H, W, C)`` of the image.
    size
        ``(h, w)`` asked for.
    sha256
        Of the file.
    """

    name: str
    kind: Kind
    input: str
    output: str
    shape: tuple[int, int, int]
    size: Pair
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of ``manifest.json``; ``model`` is empty, or says which file runs on the device and its ports."""

    dtype: str
    layout: str
    format: str
    files: tuple[KitFile, ...]
    halfpixel: str
    how: tuple[str, ...] = ()
    model: dict[str, str] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """Of the images and of the results, without a dot."""
        return FORMATS[self.format]

    def to_json(self) -> str:
        """The text of the file, with the instructions first."""
        content = asdict(self)
        ordered = {"kit": VERSION, "halfpixel": content.pop("halfpixel"), "how": content.pop("how"), **content}
        files = ordered.pop("files")
        lines = ",\n  ".join(json.dumps(entry) for entry in files)
        return f'{json.dumps(ordered, indent=1)[:-2]},\n "files": [\n  {lines}\n ]\n}}\n'


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a kit; ``ValueError`` in one line for one that is missing, damaged, or of another version."""
    path = folder / MANIFEST
    if not folder.is_dir():
        raise ValueError(f"there is no folder {str(folder)!r}")
    if not path.is_file():
        raise ValueError(f"{folder} is no kit: it has no {MANIFEST}")
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise ValueError(f"{path} is too large for a manifest")
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise ValueError(f"{path} is damaged: it is no JSON") from None
    version = content.get("kit") if isinstance(content, dict) else None
    if version != VERSION:
        raise ValueError(
            f"{path} is of version {str(version)[:20]}, and this halfpixel reads version {VERSION}: "
            "make the kit anew, or read it with the halfpixel that made it"
        )
    try:
        return _manifest(content)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged: {type(error).__name__}: {error}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _manifest(content: dict[str, Any]) -> Manifest:
    for key, allowed in (("dtype", DTYPES), ("layout", LAYOUTS), ("format", tuple(FORMATS))):
        if content[key] not in allowed:
            raise ValueError(f"{key} is {str(content[key])[:40]!r}; allowed: {', '.join(allowed)}")
    suffix = FORMATS[content["format"]]
    files = tuple(_file(entry, suffix) for entry in content["files"][:_MOST_FILES])
    if not files:
        raise ValueError("it lists no files")
    names = [file.name for file in files]
    if len(set(names)) < len(names):
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)} is listed twice")
    model = {str(key): str(value) for key, value in content.get("model", {}).items()}
    return Manifest(content["dtype"], content["layout"], content["format"], files, str(content["halfpixel"]), (), model)


def _file(entry: dict[str, Any], suffix: str) -> KitFile:
    name = str(entry["name"])
    for key, folder in (("input", "in"), ("output", "out")):
        path = str(entry[key])
        if Path(path).is_absolute() or ".." in Path(path).parts or "\\" in path:
            raise ValueError(f"{key} {path[:80]!r} leaves the folder of the kit")
        if not _NAME.fullmatch(name) or path != f"{folder}/{name}.{suffix}":
            raise ValueError(f"{key} {path[:80]!r} is not {folder}/NAME.{suffix} of its name, {name[:80]!r}")
    shape, size = tuple(map(_side, entry["shape"])), tuple(map(_side, entry["size"]))
    if len(shape) != 3 or len(size) != 2:
        raise ValueError(f"{name} needs a shape (H, W, C) and a size (h, w)")
    if max(shape[0] * shape[1], size[0] * size[1]) * shape[2] > _MOST_VALUES:
        raise ValueError(f"{name} is too large: {shape} to {size}")
    kind = Kind(entry["kind"])
    return KitFile(name, kind, f"in/{name}.{suffix}", f"out/{name}.{suffix}", shape, size, str(entry["sha256"]))


def _side(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _LARGEST_SIDE:
        raise ValueError(f"a side must be a whole number from 1 to {_LARGEST_SIDE}, not {str(value)[:20]!r}")
    return value


def inside(folder: Path, path: Path) -> Path:
    """``path`` as it is; ``ValueError`` where a link in it leads out of the folder of the kit."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{path} leaves the folder of the kit: it is a link to {path.resolve()}")
    return path
