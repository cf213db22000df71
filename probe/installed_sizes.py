"""Ask the libraries that are installed which output size they make, beside the rule that is written for each."""

from __future__ import annotations

from dataclasses import dataclass

from halfpixel.adapters.size_questions import size_question
from halfpixel.golden.library_sizes import LibrarySize, Size, SizeRequest
from halfpixel.probe.measure.axis_matrix import exception_text


@dataclass(frozen=True, slots=True)
class InstalledAnswer:
    """The answer of an installed library: the size, or why there is none."""

    size: Size | None = None
    refused: str = ""


def ask_installed(library_size: LibrarySize, image: Size, request: SizeRequest) -> InstalledAnswer | None:
    """The size that comes out of the installed library; ``None`` where it is not installed, or there is no way to ask.

    An exception of the library is its refusal.
    """
    question = size_question(library_size)
    if question is None:
        return None
    try:
        height, width = question(image, request)
    except Exception as error:  # a library may raise anything for a request that it refuses
        return InstalledAnswer(refused=exception_text(error))
    return InstalledAnswer((int(height), int(width)))
