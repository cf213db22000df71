"""``halfpixel check SUBJECT --vectors SET``: the options, and the answer."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden.options import CONVENTION_OPTIONS
from halfpixel.probe.identify.external_program import ExternalProgram, holds
from halfpixel.probe.measure.axis_matrix import Subject
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.subject import refuse_broken, subject_of
from halfpixel.probe.vector_check.outcomes import NotAsked, NotAskedError, Refused, ResizeImage, check_vectors
from halfpixel.probe.vector_check.report import VectorReport, junit
from halfpixel.probe.vector_check.vector_set import read_set

_YES, _NO, _CANNOT_TELL = 0, 1, 2
_ONLY_WITH_VECTORS = ("run_globs", "skip_globs", "junit", "quick")
_NOT_WITH_VECTORS = ("convention", "name", "sizes", "scale", *(field for _, field, _ in CONVENTION_OPTIONS))


def add_vector_options(command: argparse.ArgumentParser) -> None:
    """``--vectors`` and what belongs to it."""
    command.add_argument(
        "--vectors", metavar="SET", help="hold it against test vectors instead: a set's name, or DIR/SET.json"
    )
    command.add_argument(
        "--run", dest="run_globs", action="append", metavar="GLOB", help="only vectors whose id or flag fits"
    )
    command.add_argument("--skip", dest="skip_globs", action="append", metavar="GLOB", help="none of those vectors")
    command.add_argument("--quick", action="store_true", help="only the smallest subset that reveals every fault")
    command.add_argument("--junit", metavar="FILE", type=Path, help="also write the outcomes as JUnit XML")


def refuse_vector_options(options: argparse.Namespace) -> None:
    """``ValueError`` for options that say something only with ``--vectors``, where it is not given."""
    given = [name.removesuffix("_globs") for name in _ONLY_WITH_VECTORS if getattr(options, name)]
    if given:
        raise ValueError(f"--{given[0]} is about test vectors: give --vectors SET, too")


def answer_vectors(options: argparse.Namespace) -> int:
    """Print the report: 0 where every vector passes, 1 where one fails or is refused, 2 where most could not be asked.

    ``ValueError`` in one line for options that contradict each other, and where nothing could be compared.
    """
    contradicting = [name for name in _NOT_WITH_VECTORS if getattr(options, name, None) is not None]
    if contradicting or options.input or options.output:
        raise ValueError("--vectors say what is expected: leave out the convention, --sizes, --scale and files")
    if options.junit is not None and not options.junit.absolute().parent.is_dir():
        raise ValueError(f"cannot write {str(options.junit)!r}: there is no folder {str(options.junit.parent)!r}")
    vectors = read_set(options.vectors).chosen(options.run_globs or (), options.skip_globs or (), options.quick)
    if options.dtype not in (None, vectors.dtype):
        raise ValueError(f"{vectors.name} has images of {vectors.dtype}, not of {options.dtype}")
    options.dtype = vectors.dtype
    subject, _ = subject_of(options)
    outcomes = check_vectors(_resize_image(subject), vectors)
    report = VectorReport(subject.id if isinstance(subject, Operation) else repr(subject), vectors, outcomes)
    refuse_broken(subject)
    if not report.compared:
        reasons = [*report.reasons(Refused), *report.reasons(NotAsked)]
        raise ValueError(f"{report.subject}: nothing was compared; {'; '.join(reasons)}")
    print(report)
    if options.junit is not None:
        options.junit.write_bytes(junit(report))
    if not report.passes:
        return _NO
    return _YES if 2 * report.compared >= len(report.outcomes) else _CANNOT_TELL


def _resize_image(subject: Subject) -> ResizeImage:
    """The subject as a function of whole images, as vectors have them."""
    if isinstance(subject, ExternalProgram):
        return _ProgramOnImages(subject)
    if isinstance(subject, Operation):
        return _CallOnImages(subject)
    return subject


@dataclass(frozen=True, slots=True)
class _ProgramOnImages:
    program: ExternalProgram

    def __call__(self, image: np.ndarray, size: Pair) -> np.ndarray:
        channels = 1 if image.ndim == 2 else image.shape[2]
        if not holds(self.program.file_format, image.dtype.name, channels):
            raise NotAskedError(f"{self.program.file_format} holds no image of {channels} channels: give --format")
        return self.program(image, size)


@dataclass(frozen=True, slots=True)
class _CallOnImages:
    call: Operation

    def __call__(self, image: np.ndarray, size: Pair) -> np.ndarray:
        pairs = zip(image.shape, size, strict=False)
        if not all(self.call.is_documented_for(*pair) for pair in pairs):
            raise NotAskedError("the call is not documented for the size")
        with_channels = np.atleast_3d(image)
        if self.call.channels not in (1, with_channels.shape[2]):
            raise NotAskedError(f"the call takes images of {self.call.channels} channels")
        resized: np.ndarray = self.call.run(with_channels[None], size)[0]
        return resized
