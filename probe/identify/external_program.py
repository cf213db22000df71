"""A command-line program as a function of images: write an image file, run the program, read its output."""

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

from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.image_pairs.image_files import UnreadableImage, read_image, read_pixels, write_image

DTYPES_OF = {
    "png": ("uint8",),
    "pgm": ("uint8",),
    "ppm": ("uint8",),
    "tiff": ("uint8", "float32"),
    "pfm": ("float32",),
    "npy": ("float32", "uint8"),
}
"""The dtypes that each format holds here, the default first."""
_CHANNELS_OF = {"png": (1, 2, 3, 4), "pgm": (1,), "ppm": (3,), "tiff": (1, 2, 3, 4), "pfm": (1, 3)}
"""How many channels a format holds; npy any number."""

PLACEHOLDERS = ("in", "out", "w", "h")
SECONDS = 30.0
"""Default time by the clock that one run may take."""
_PATIENCE = 2


class ProgramFailed(Exception):
    """The program did not resize, with its own message or the reason."""


class WrongOutputSize(ProgramFailed):
    """It wrote an image of another size; ``shape`` is that image's."""

    def __init__(self, shape: tuple[int, ...], size: tuple[int, int]) -> None:
        super().__init__(f"it wrote an image of {shape[1]} x {shape[0]} where {size[1]} x {size[0]} was asked for")
        self.shape = shape


@dataclass(frozen=True, slots=True, repr=False)
class ExternalProgram:
    """A program as a function ``f(image (H, W) or (H, W, C), size (h, w)) -> (h, w) or (h, w, C)``.

    arguments
        The command, split as a shell would; each may contain ``{in}``, ``{out}``, ``{w}``, ``{h}``. No shell runs.
    file_format
        One of :data:`halfpixel.probe.identify.external_program.DTYPES_OF`.
    seconds
        The time limit of a run.
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
        """Resize an image of as many channels as the format holds; raises :class:`ProgramFailed`."""
        if len(self.late) >= _PATIENCE:
            raise ProgramFailed(f"it ran past the time limit of {self.seconds:g} seconds before")
        with tempfile.TemporaryDirectory(prefix="identify-") as folder:
            source, result = (Path(folder) / f"{name}.{self.file_format}" for name in ("in", "out"))
            write_image(source, image)
            values = {"in": str(source), "out": str(result), "w": str(size[1]), "h": str(size[0])}
            self._run([_filled(argument, values) for argument in self.arguments], folder, size)
            if not result.is_file():
                raise ProgramFailed("it wrote no image to {out}")
            try:
                resized = read_image(result) if image.ndim == 2 else read_pixels(result, image.shape[2])
            except UnreadableImage as error:
                raise ProgramFailed(str(error)) from None
        if resized.shape[:2] != size:
            raise WrongOutputSize(resized.shape, size)
        # 16 bits of an 8-bit image are levels of 257 each, as PNG's are.
        is_wide = resized.dtype.kind in "iu" and resized.dtype.itemsize > 1
        if is_wide and image.dtype == np.uint8 and resized.max(initial=0) > GREY_LEVELS:
            return resized.astype(np.float64) / 257
        return resized

    def _run(self, command: list[str], folder: str, size: tuple[int, int]) -> None:
        try:
            process = subprocess.run(
                command, capture_output=True, check=False, cwd=folder, timeout=self.seconds, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            self.late.append(size)
            raise ProgramFailed(f"it ran past the time limit of {self.seconds:g} seconds") from None
        except OSError as error:
            raise ProgramFailed(f"cannot run {command[0]!r}: {error.strerror}") from None
        status = process.returncode
        if status:
            lines = process.stderr.decode(errors="replace").strip().splitlines()
            how = f"signal {-status}" if status < 0 else f"status {status}"
            # Of a Python program the last line says what went wrong, of others the first.
            said = (
                lines[-1 if lines[0].startswith("Traceback") else 0].strip() if lines else "it said nothing on stderr"
            )
            raise ProgramFailed(f"it ended with {how}: {said}")


def holds(file_format: str, dtype: str, channels: int) -> bool:
    """Whether a file of the format can hold such an image here; Pillow has no mode for colours of floats."""
    if dtype not in DTYPES_OF[file_format] or (file_format == "tiff" and dtype == "float32" and channels > 1):
        return False
    return file_format not in _CHANNELS_OF or channels in _CHANNELS_OF[file_format]


def _filled(argument: str, values: dict[str, str]) -> str:
    """``argument`` with its placeholders filled in, all at once, so that a value's own braces stay."""
    return re.sub(r"\{(in|out|w|h)\}", lambda match: values[match[1]], argument)


def external_program(command: str, file_format: str = "png", seconds: float = SECONDS) -> ExternalProgram:
    """A program from a command line; ``ValueError`` in one line where it cannot be run.

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
    program = shutil.which(arguments[0])
    if program is None:
        raise ValueError(f"no program {arguments[0]!r} is found")
    # A relative path must work from the temporary folder, too.
    first = str(Path(program).absolute()) if os.sep in arguments[0] else arguments[0]
    return ExternalProgram((first, *arguments[1:]), file_format, seconds)


def check_program_runs(subject: ExternalProgram, dtype: str) -> None:
    """One run; ``ValueError`` in one line where it does not resize."""
    shape = (8, 9) if holds(subject.file_format, dtype, 1) else (8, 9, 3)
    image = np.random.default_rng(0).integers(0, GREY_LEVELS + 1, shape).astype(dtype)
    try:
        subject(image if dtype == "uint8" else image / np.float32(GREY_LEVELS), (5, 6))
    except ProgramFailed as error:
        raise ValueError(f"{subject.arguments[0]}: {error}") from None
