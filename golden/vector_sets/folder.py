"""The folder ``golden/vectors`` as a whole: made, written, verified, and packed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from halfpixel.golden import vectors
from halfpixel.golden.vector_sets import values
from halfpixel.golden.vector_sets.set_documents import set_files

FOLDER = vectors.folder()
WRITTEN_BY_HAND = (
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "__init__.py",
    "pyproject.toml",
    "schemas/reveals.schema.json",
    "schemas/set.schema.json",
    "schemas/values.schema.json",
)
SUMS = "SHA256SUMS"
"""Digests of all other files, as ``sha256sum --check`` reads them."""
_EARLIEST = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Verification:
    """How many files, vectors and cases were compared, and one line for everything that is not as it should be."""

    files: int
    vectors: int
    cases: int
    problems: tuple[str, ...]


def write(folder: Path = FOLDER) -> list[str]:
    """Write every file into ``folder``, and return their paths below it; other files there are left alone.

    What is written by hand is copied from :data:`FOLDER`. A file that an earlier version wrote, and nobody changed
    since, is removed where this version has no such file.
    """
    contents = _contents()
    contents[SUMS] = _sums(contents)
    for path, digest in _read_sums(folder / SUMS).items():
        former = folder / path
        is_inside = folder.resolve() in former.resolve().parents
        if path not in contents and is_inside and former.is_file() and _digest(former.read_bytes()) == digest:
            former.unlink()
    for path, data in contents.items():
        target = folder / path
        if not target.is_file() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    return list(contents)


def write_zip(file: Path) -> int:
    """Write all files into a zip, below ``halfpixel-vectors-VERSION/``, and return how many they are.

    The bytes depend on the files alone (and on the release of zlib): names are sorted, dates are the earliest possible.
    """
    contents = _contents()
    contents[SUMS] = _sums(contents)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(contents):
            entry = zipfile.ZipInfo(f"halfpixel-vectors-{vectors.__version__}/{path}", _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, contents[path])
    return len(contents)


def verify(folder: Path = FOLDER) -> Verification:
    """Make every file anew and compare it with the one in ``folder``.

    Every byte must be equal, but for decimals that stand for no fraction, which must be within their bound. Files that
    are missing, and files that should not be there, are problems too; so is one that differs from its digest. Raises
    ``NotADirectoryError`` without a folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"no such folder: {folder}")
    expected = _contents()
    present = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    problems = [f"{path}: not one of the vectors' files" for path in sorted(present - {*expected, SUMS})]
    sums = _read_sums(folder / SUMS)
    if not sums:
        problems.append(f"{SUMS}: missing, or without a digest")
    files = compared = cases = 0
    for path, wanted in expected.items():
        if path not in present:
            problems.append(f"{path}: missing")
            continue
        files += 1
        actual = (folder / path).read_bytes()
        if path.startswith("values/"):
            cases += len(json.loads(wanted)["cases"])
        elif path.startswith("sets/") and path.endswith(".json"):
            compared += len(json.loads(wanted)["vectors"])
        found = [] if actual == wanted else list(_differences(path, wanted, actual))
        if not found and sums and sums.get(path) != _digest(actual):
            found = [f"is not the file that {SUMS} lists"]
        problems += [f"{path}: {problem}" for problem in found]
    return Verification(files, compared, cases, tuple(problems))


def _contents() -> dict[str, bytes]:
    """Path and contents of every file but :data:`SUMS`."""
    return {path: (FOLDER / path).read_bytes() for path in WRITTEN_BY_HAND} | _generated()


@cache
def _generated() -> dict[str, bytes]:
    made = {path: (values.text(document) + "\n").encode() for path, document in values.value_files()}
    return made | dict(set_files())


def _sums(contents: dict[str, bytes]) -> bytes:
    return "".join(f"{_digest(data)}  {path}\n" for path, data in sorted(contents.items())).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read_sums(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines) if name}


def _differences(path: str, wanted: bytes, actual: bytes) -> Iterator[str]:
    """The differences in a file: of values by case; of text by line; of anything else by byte."""
    if path.startswith("values/"):
        try:
            yield from values.problems_of(json.loads(wanted), json.loads(actual))
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            yield f"not JSON: {error}"
    elif path.endswith((".json", ".txt")):
        pairs = zip([*wanted.split(b"\n"), b""], [*actual.split(b"\n"), b""], strict=False)
        line = next((number for number, (a, b) in enumerate(pairs, 1) if a != b), 0)
        yield f"line {line} is not as it should be"
    elif len(wanted) != len(actual):
        yield f"has {len(actual)} bytes, must have {len(wanted)}"
    else:
        byte = next(place for place, (a, b) in enumerate(zip(wanted, actual, strict=True)) if a != b)
        yield f"byte {byte} is {actual[byte]}, must be {wanted[byte]}"
