"""Name the conventions that explain image files and the results of resizing them, or check one convention on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from halfpixel.adapters import operations
from halfpixel.golden import Convention
from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.golden.vocabulary import GREY_LEVELS, Verdict
from halfpixel.probe.image_pairs.candidates import Candidates, candidates, grouped_by_function
from halfpixel.probe.image_pairs.distinguishing_image import distinguishing_image
from halfpixel.probe.image_pairs.explanation import Explanation, ImagePair, tie_sentence
from halfpixel.probe.image_pairs.image_files import read_channels, write_image

_SHOWN = 4
_TIES_COMPARED = 512
"""Rows and columns of a result that are looked through for exact halves."""
_UNIT_PEAK = 1.001
"""Floats up to here are taken for shares of white, beside integers."""


@dataclass(frozen=True, slots=True, eq=False)
class FilePairs:
    """The planes of pairs of files, each channel a pair, and what was done to read them, a sentence each."""

    subject: str
    pairs: tuple[ImagePair, ...]
    form: str
    channels: int
    notes: tuple[str, ...]


def read_pairs(inputs: Sequence[Path], outputs: Sequence[Path], scale: tuple[Fraction, ...] = ()) -> FilePairs:
    """Read pairs of files; ``scale`` is output over input where the resizer was given one, for both axes or for each.

    Raises ``ValueError`` in one line: files that are no images, numbers of files or of channels that do not fit, a size
    that stays, images that are constant.
    """
    if len(inputs) != len(outputs):
        raise ValueError(f"each --input needs an --output: there are {len(inputs)} and {len(outputs)}")
    if len(scale) > 2:
        raise ValueError("files have one scale: give a number, or two for the height and the width")
    scales = (scale[0], scale[-1]) if scale else (None, None)
    pairs: list[ImagePair] = []
    notes: list[str] = []
    form, channels = "", 1
    for source, result in zip(inputs, outputs, strict=True):
        before, after = read_channels(source, may_be_lossy=True), read_channels(result, may_be_lossy=False)
        if before.shape[1:] == after.shape[1:]:
            size = f"{before.shape[2]} x {before.shape[1]}"
            raise ValueError(f"{source} and {result} have the same size, {size}: nothing was resized")
        before, after = _same_channels(before, after, f"{source} and {result}")
        is_jpeg = source.suffix.lower() in (".jpg", ".jpeg", ".webp", ".avif")
        notes += [f"{source} is decoded by Pillow: the resizer must have seen the same pixels"] if is_jpeg else []
        form, channels = str(after.dtype), len(after)
        highest = int(np.iinfo(after.dtype).max) if after.dtype.kind == "u" else None
        roundoff = 0.0 if highest else float(np.finfo(after.dtype).eps) / 2
        factor = _white(after, before) / _white(before, after)
        for number, (image, resized) in enumerate(zip(before, after, strict=True)):
            if np.ptp(image) > 0:
                name = str(result) + (f", channel {number}" if channels > 1 else "")
                planes = image.astype(np.float64) * factor, resized.astype(np.float64)
                pairs.append(ImagePair(*planes, highest, roundoff, scales, name))
    if not pairs:
        raise ValueError("the input is constant: every convention makes the same of it")
    subject = ", ".join(f"{source} -> {result}" for source, result in zip(inputs, outputs, strict=True))
    return FilePairs(subject, tuple(pairs), form, channels, tuple(notes))


def _same_channels(before: np.ndarray, after: np.ndarray, files: str) -> tuple[np.ndarray, np.ndarray]:
    """Both with as many channels; a grey image in three equal channels counts as one."""
    grey = [planes[:1] if (planes == planes[:1]).all() else planes for planes in (before, after)]
    if len(grey[0]) == 1 or len(before) != len(after):
        before, after = grey
    if len(before) != len(after):
        raise ValueError(f"{files} have {len(before)} and {len(after)} channels: a resize keeps their number")
    return before, after


def _white(planes: np.ndarray, others: np.ndarray) -> float:
    """The value of white: of integers the highest; of floats beside integers 1, or as theirs where they go beyond."""
    if planes.dtype.kind == "u":
        return float(np.iinfo(planes.dtype).max)
    if others.dtype.kind == "u" and np.abs(planes).max() > _UNIT_PEAK:
        return float(np.iinfo(others.dtype).max)
    return 1.0


@dataclass(frozen=True, slots=True, eq=False)
class FilesIdentification:
    """The conventions that explain files, and the text that says so."""

    files: FilePairs
    found: Candidates
    test: str = ""
    hint: str = "--write-test DIR writes a small image on which they differ, and the size to ask for"

    def __str__(self) -> str:
        return "\n".join(_identification_lines(self))


def identify_files(files: FilePairs, test_folder: Path | None = None) -> FilesIdentification:
    """Try every documented convention on the files; with ``test_folder``, write an image that tells those left apart.

    Raises ``ValueError`` in one line where the image cannot be written.
    """
    result = FilesIdentification(files, candidates(files.pairs))
    if test_folder is None:
        return result
    if len(result.found.explaining) < 2:
        return FilesIdentification(files, result.found, "nothing to tell apart: no image was written")
    return FilesIdentification(files, result.found, _write_test(result, test_folder))


def _write_test(result: FilesIdentification, folder: Path) -> str:
    test = distinguishing_image([explanation.convention for explanation in result.found.explaining])
    (H, W), (h, w) = test.image.shape, test.size
    is_float = result.files.pairs[0].highest is None
    image = test.image / np.float32(GREY_LEVELS) if is_float else test.image
    image = np.repeat(image[..., None], 3, axis=2) if result.files.channels == 3 else image
    path = folder / f"{W}x{H}-to-{w}x{h}.{'npy' if is_float else 'png'}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_image(path, image)
    except OSError as error:
        raise ValueError(f"cannot write {str(path)!r}: {error.strerror}") from None
    left = [group for group in test.groups if len(group) > 1]
    told = (
        f"it tells all {len(result.found.explaining)} apart"
        if not left
        else f"it tells {len(test.groups)} groups apart"
    )
    same = "".join(f"; not from each other: {' = '.join(map(str, group))}" for group in left[:_SHOWN])
    return (
        f"wrote {path}: resize it to {w} x {h} (width x height) and give both files in a second pair; {told}, "
        f"by {test.separation:.3g} of {GREY_LEVELS} grey levels or more{same}"
    )


def _identification_lines(result: FilesIdentification) -> Iterator[str]:
    files, named = result.files, result.found.explaining
    conventions = [explanation.convention for explanation in named]
    if not named:
        yield f"{files.subject}: none of the documented conventions explains it"
        yield f"nearest:     {_with_names(result.found.nearest.convention)}"
    elif len(named) == 1:
        yield f"{files.subject}: {_with_names(conventions[0])}"
    else:
        sizes = "this size" if len(files.pairs) == files.channels else "these sizes"
        groups = grouped_by_function(conventions, files.pairs)
        apart = f", {len(groups)} different functions at {sizes}" if len(groups) > 1 else ", one function"
        yield f"{files.subject}: {len(named)} conventions explain it{apart}"
        for group in groups:
            yield f"explains:    {_with_names(group[0])}"
            yield from (f"  the same:  {_with_names(other)} (at {sizes})" for other in group[1:])
    first = named[0] if named else result.found.nearest
    yield from (f"claimed by:  {', '.join(ids[:_SHOWN])}" for ids in [_claiming(conventions)] if ids)
    if named and files.pairs[0].highest is not None and first.worst > 0:
        yield f"arithmetic:  {_arithmetic_text(first, files.pairs)}"
    if first.exceptions and named:
        yield f"exceptions:  {first.exceptions} rows and columns on the other side of a tie"
    if result.found.loosely:
        others = "; ".join(_with_names(one.convention) for one in result.found.loosely[:_SHOWN])
        more = f"; and {len(result.found.loosely) - _SHOWN} more" if len(result.found.loosely) > _SHOWN else ""
        yield f"or, loosely: {others}{more} (with short weights, or more picks at ties)"
    yield from _error_lines(first)
    yield f"compared:    {first.compared} values, {files.form}; {_counted(len(files.pairs), 'plane')}"
    yield from (f"note:        {note}" for note in files.notes)
    if result.test:
        yield f"to tell:     {result.test}"
    elif len(named) > 1:
        yield f"to tell:     {result.hint}"


def check_files(files: FilePairs, convention: Convention) -> tuple[Verdict, str]:
    """The verdict on one convention, which holds for these images alone, and its text."""
    found = candidates(files.pairs, [convention])
    one = found.nearest
    if found.explaining and not one.exceptions:
        verdict = Verdict.AGREES
    elif not one.arithmetics:
        verdict = Verdict.DIVERGES
    else:
        verdict = Verdict.TIES if one.is_tight else Verdict.APPROXIMATES
    lines = [
        f"called:      {files.subject}",
        f"held against: {convention}",
        f"verdict:     {verdict} (on these images)",
    ]
    if one.arithmetics and files.pairs[0].highest is not None and one.worst > 0:
        lines.append(f"arithmetic:  {_arithmetic_text(one, files.pairs)}")
    if not one.arithmetics:
        lines.append(f"differing:   {one.unexplained} of {one.compared} values are beyond rounding")
    lines += [*_error_lines(one), f"compared:    {one.compared} values, {files.form}"]
    return verdict, "\n".join([*lines, *(f"note:        {note}" for note in files.notes)])


def _error_lines(explanation: Explanation) -> Iterator[str]:
    name, row, column = explanation.where
    place = f"at row {row}, column {column} of {name}"
    passes = explanation.arithmetics[0].passes if explanation.arithmetics else "once"
    why = "" if passes == "once" else ", by what is rounded and clipped between the passes"
    yield f"worst error: {explanation.worst:.3g} of {GREY_LEVELS} grey levels, {place}{why}"


def _arithmetic_text(explanation: Explanation, pairs: Sequence[ImagePair]) -> str:
    arithmetics = explanation.arithmetics
    text = str(arithmetics[0])
    if len(arithmetics) > 1:
        text += f" (or {len(arithmetics) - 1} other ways, which do not show here)"
    if arithmetics[0].rule == "nearest" and not arithmetics[0].extra:
        text += f"; {tie_sentence(explanation.convention, pairs, arithmetics[0], _TIES_COMPARED)}"
    return text


def _with_names(convention: Convention) -> str:
    names = [entry.name for entry in CATALOGUE if entry.convention == convention]
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{convention} (known as {', '.join(names[:_SHOWN])}{more})" if names else str(convention)


def _claiming(conventions: Sequence[Convention]) -> list[str]:
    """Operations whose documentation claims one of the conventions, the default calls first."""
    claiming = [operation for operation in operations() if operation.claim in conventions]
    return [operation.id for operation in sorted(claiming, key=lambda operation: not operation.is_default)]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
