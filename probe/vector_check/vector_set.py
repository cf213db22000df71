"""Read a set of test vectors: the JSON file, and the values beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from halfpixel import golden

SETS = Path(golden.__file__).parent / "vectors" / "sets"
"""The sets that come with halfpixel."""
MAJOR_VERSION = 1
DTYPES = ("uint8", "int16", "uint16", "float32")
_SHOWN = 8


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """The result of a resizer with a fault, ``(h, w, C)``, for a vector that is given by its id."""

    vector: str
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class Fault:
    """The meaning of a flag: kind of fault, what the faulty resizer does, what one sees, and public threads."""

    kind: str
    fault: str
    effect: str
    threads: tuple[str, ...]
    example: Example | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """An image, the size to resize it to, and the exact result.

    ``image`` and ``expected`` are ``(H, W, C)`` of the set's dtype; ``tolerance`` is absolute; ``flags`` names the
    faults that the vector reveals.
    """

    id: str
    rule: str
    image: np.ndarray
    expected: np.ndarray
    tolerance: float
    flags: frozenset[str]

    @property
    def size(self) -> tuple[int, int]:
        """The size asked for: (height, width)."""
        return self.expected.shape[0], self.expected.shape[1]

    def matches(self, pattern: str) -> bool:
        """Whether a glob fits its id or one of its flags."""
        return any(fnmatchcase(name, pattern) for name in (self.id, *self.flags))


@dataclass(frozen=True, slots=True)
class VectorSet:
    """A set: what it tests, what each flag means, and the vectors.

    ``reveals`` has the ids of the smallest subset that bears every flag.
    """

    name: str
    version: str
    title: str
    dtype: str
    faults: Mapping[str, Fault]
    reveals: tuple[str, ...]
    vectors: tuple[Vector, ...]

    def chosen(self, run: Sequence[str], skip: Sequence[str], is_quick: bool = False) -> VectorSet:
        """The vectors that a glob of ``run`` fits, if there are any, and none of ``skip``; of ``reveals`` if quick.

        ``ValueError`` where none is left.
        """
        if is_quick and not self.reveals:
            raise ValueError(f"{self.name} says of no vectors that they reveal every flag: leave out --quick")
        vectors = tuple(
            vector
            for vector in self.vectors
            if (not run or any(map(vector.matches, run)))
            and not any(map(vector.matches, skip))
            and not (is_quick and vector.id not in self.reveals)
        )
        if not vectors:
            raise ValueError(f"no vector of {self.name} is left: --run and --skip take globs of ids and flags")
        return replace(self, vectors=vectors)


def set_names() -> list[str]:
    """The names of the sets that come with halfpixel."""
    return sorted(path.stem for path in SETS.glob("*.json"))


def find_set(name: str) -> Path:
    """The file of a set: a path that ends in ``.json``, or a name; ``ValueError`` says which names there are."""
    if name.endswith(".json"):
        return Path(name)
    names = set_names()
    if name in names:
        return SETS / f"{name}.json"
    if Path(name).is_dir():
        raise ValueError(f"{name!r} is a folder: name one of its files, such as {name.rstrip('/')}/SET.json")
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    listed = ", ".join(near or names[:_SHOWN]) or "none"
    rest = "" if near or len(names) <= _SHOWN else f" and {len(names) - _SHOWN} more"
    raise ValueError(f"no set of vectors {name!r}; {'near it' if near else 'there are'}: {listed}{rest}")


def read_set(name: str) -> VectorSet:
    """The set of that name or file; ``ValueError`` in one line where it cannot be used.

    That is: a file that is missing or no JSON, another major version, values that are missing or of another length than
    the shapes say, a path that leaves the folder.
    """
    path = find_set(name)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        version = str(document["version"])
        if version.partition(".")[0] != str(MAJOR_VERSION):
            raise ValueError(f"it has version {version}; this halfpixel reads {MAJOR_VERSION}.x")
        if document["dtype"] not in DTYPES:
            raise ValueError(f"unknown dtype {document['dtype']!r}; allowed: {', '.join(DTYPES)}")
        if Path(document["data"]).name != document["data"]:
            raise ValueError(f"its data, {document['data']!r}, is not beside it")
        data = (path.parent / document["data"]).read_bytes()
        vectors = tuple(_vectors(document, data))
        return VectorSet(
            document["set"],
            version,
            document["title"],
            document["dtype"],
            {flag: _fault(flag, note, document["dtype"], data) for flag, note in document["notes"].items()},
            tuple(document.get("reveals", ())),
            vectors,
        )
    except OSError as error:
        raise ValueError(f"cannot read {error.filename}: {error.strerror}") from None
    except KeyError as error:
        raise ValueError(f"{path}: it lacks {error}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: {error}") from None


def _fault(flag: str, note: Mapping[str, Any], dtype: str, data: bytes) -> Fault:
    place = note.get("example")
    example = None if place is None else Example(place["vector"], _values(flag, place, dtype, data))
    return Fault(note["kind"], note["fault"], note["effect"], tuple(note.get("threads", ())), example)


def _vectors(document: Mapping[str, Any], data: bytes) -> Iterator[Vector]:
    ids = [entry["id"] for entry in document["vectors"]]
    if not ids or len(ids) != len(set(ids)):
        raise ValueError("it has no vectors, or two of one id")
    for entry in document["vectors"]:
        unknown = set(entry["flags"]) - set(document["notes"])
        if unknown:
            raise ValueError(f"{entry['id']} bears flags without a note: {', '.join(sorted(unknown))}")
        yield Vector(
            entry["id"],
            entry["rule"],
            _values(entry["id"], entry["input"], document["dtype"], data),
            _values(entry["id"], entry["expected"], document["dtype"], data),
            float(entry["tolerance"]),
            frozenset(entry["flags"]),
        )


def _values(name: str, place: Mapping[str, Any], dtype: str, data: bytes) -> np.ndarray:
    """``(H, W, C)``, read-only."""
    shape, offset = tuple(place["shape"]), place["offset"]
    stored = np.dtype(dtype).newbyteorder("<")
    if len(shape) != 3 or not all(isinstance(side, int) and side > 0 for side in (*shape, offset + 1)):
        raise ValueError(f"{name}: a shape is (H, W, C), and an offset a number of bytes, not {shape} and {offset}")
    count = math.prod(shape)
    if offset + count * stored.itemsize > len(data):
        raise ValueError(f"{name}: the values end before it: {len(data)} bytes")
    return np.frombuffer(data, stored, count, offset).reshape(shape)
