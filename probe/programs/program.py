"""A command-line program as a function of one plane: written to a file, resized, read again."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from probe.forms import LEVELS
from probe.programs.files import DTYPES_OF, BadPicture, read, write

PLACEHOLDERS = ("in", "out", "w", "h")
SECONDS = 30.0
"""Default time by the clock that one run may take."""
_PATIENCE = 2


class ProgramFailed(Exception):
    """The program did not resize: what it said, or did not do."""


@dataclass(frozen=True, slots=True, repr=False)
class Program:
    """``f(image (H, W), size (h, w)) -> (h, w)`` by running a program.

    arguments
        The command, split as a shell would; each may contain ``{in}``, ``{out}``, ``{w}``, ``{h}``. No shell runs.
    file_format
        One of :data:`probe.programs.files.DTYPES_OF`.
    seconds
        What a run may take.
    late
        The sizes whose runs took longer: after two, no more are started.
    """

    arguments: tuple[str, ...]
    file_format: str = "png"
    seconds: float = SECONDS
    late: list[tuple[int, int]] = field(default_factory=list, compare=False, repr=False)

    def __repr__(self) -> str:
        return " ".join(self.arguments)

    def __call__(self, image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Resize one plane; raises :class:`ProgramFailed`."""
        if len(self.late) >= _PATIENCE:
            raise ProgramFailed(f"it ran past the time limit of {self.seconds:g} seconds before")
        with tempfile.TemporaryDirectory(prefix="identify-") as folder:
            source, result = (Path(folder) / f"{name}.{self.file_format}" for name in ("in", "out"))
            write(source, image)
            values = {"in": str(source), "out": str(result), "w": str(size[1]), "h": str(size[0])}
            self._run([_filled(argument, values) for argument in self.arguments], folder, size)
            if not result.is_file():
                raise ProgramFailed("it wrote no image to {out}")
            try:
                got = read(result)
            except BadPicture as error:
                raise ProgramFailed(str(error)) from None
        if got.shape != tuple(size):
            wanted = f"{size[1]} x {size[0]}"
            raise ProgramFailed(f"it wrote an image of {got.shape[1]} x {got.shape[0]} where {wanted} was asked for")
        return _in_levels(got, image.dtype)

    def _run(self, command: list[str], folder: str, size: tuple[int, int]) -> None:
        try:
            ran = subprocess.run(
                command, capture_output=True, check=False, cwd=folder, timeout=self.seconds, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            self.late.append(size)
            raise ProgramFailed(f"it ran past the time limit of {self.seconds:g} seconds") from None
        except OSError as error:
            raise ProgramFailed(f"cannot run {command[0]!r}: {error.strerror}") from None
        if ran.returncode:
            said = ran.stderr.decode(errors="replace").strip().splitlines()
            how = f"signal {-ran.returncode}" if ran.returncode < 0 else f"status {ran.returncode}"
            raise ProgramFailed(f"it ended with {how}: {said[0].strip() if said else 'it said nothing on stderr'}")


def _filled(argument: str, values: dict[str, str]) -> str:
    """``argument`` with its placeholders filled in, all at once, so that a value's own braces stay."""
    return re.sub(r"\{(in|out|w|h)\}", lambda found: values[found[1]], argument)


def _in_levels(got: np.ndarray, given: np.dtype) -> np.ndarray:
    """16 bits of an 8-bit image are levels of 257 each, as PNG's are; all else is as it is."""
    if got.dtype.kind in "iu" and got.dtype.itemsize > 1 and given == np.uint8 and got.max(initial=0) > LEVELS:
        return got.astype(np.float64) / 257
    return got


def program(command: str, file_format: str = "png", seconds: float = SECONDS) -> Program:
    """A program from a command line; ``ValueError`` in one line for what cannot be run.

    That is: quotes that do not close, a placeholder that is missing, an unknown format, a program that is not there.
    """
    if file_format not in DTYPES_OF:
        raise ValueError(f"unknown format {file_format!r}; allowed: {', '.join(DTYPES_OF)}")
    if not seconds > 0:
        raise ValueError(f"the time limit must be above 0 seconds, not {seconds:g}")
    try:
        arguments = tuple(shlex.split(command))
    except ValueError as error:
        raise ValueError(f"cannot split {command!r}: {error}") from None
    if not arguments:
        raise ValueError("the command is empty")
    missing = [f"{{{name}}}" for name in PLACEHOLDERS if f"{{{name}}}" not in command]
    if missing:
        raise ValueError(f"the command lacks {', '.join(missing)}")
    found = shutil.which(arguments[0])
    if found is None:
        raise ValueError(f"no program {arguments[0]!r} is found")
    # A program given by a path from here is still found from the temporary folder.
    first = str(Path(found).absolute()) if os.sep in arguments[0] else arguments[0]
    return Program((first, *arguments[1:]), file_format, seconds)


def refuse_failure(subject: Program, dtype: str) -> None:
    """One run; ``ValueError`` in one line where it does not resize."""
    image = np.random.default_rng(0).integers(0, LEVELS + 1, (8, 9)).astype(dtype)
    try:
        subject(image if dtype == "uint8" else image / np.float32(LEVELS), (5, 6))
    except ProgramFailed as error:
        raise ValueError(f"{subject.arguments[0]}: {error}") from None
