"""The source of a translation: a native call, or a convention by its name or its own words."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden import Convention, matrix
from halfpixel.golden.catalogue import CATALOGUE, NamedConvention
from halfpixel.golden.convention import (
    BORDERS,
    COORDINATE_TRANSFORMATION_MODES,
    KERNELS,
    NEAREST_MODES,
    PREFILTERS,
)
from halfpixel.golden.vocabulary import NOISE
from halfpixel.probe.operation_search import matching_operations, near_names
from halfpixel.probe.search_words import call_expression, normalised, spellings, words_of

CONVENTION = "convention"
"""The framework of an operation that stands for a convention."""


_BELOW_A_TIE = 1e-9
"""Levels by which a float64 sum may lie below the half that it stands for: sums of bytes err by less than 1e-10, and
weights of small sizes have no other value so near to a half."""


def halves_up(exact: np.ndarray) -> np.ndarray:
    """Values rounded to whole levels, halves up, float64."""
    return np.asarray(np.floor(exact + 0.5 + _BELOW_A_TIE))


@dataclass(frozen=True, slots=True)
class ExactResize:
    """The exact matrices of a convention as a resize: images ``(N, H, W, C)`` to ``(N, h, w, C)``, in their dtype.

    Integers are rounded, halves up, and clipped: one rounding and one clip of the exact value.
    """

    convention: Convention

    def __call__(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """The resized images."""
        rows, columns = (
            matrix(self.convention, n_in, n_out).to_array() for n_in, n_out in zip(images.shape[1:3], size, strict=True)
        )
        exact = np.einsum("oi,nijc,pj->nopc", rows, images.astype(np.float64), columns, optimize=True)
        if images.dtype.kind == "f":
            return np.asarray(exact.astype(images.dtype))
        limits = np.iinfo(images.dtype)
        return np.asarray(np.clip(halves_up(exact), limits.min, limits.max).astype(images.dtype))


def convention_source(convention: Convention, name: str = "") -> Operation:
    """An operation that is a convention, exactly; ``name`` is what it is known as."""
    return Operation(CONVENTION, name or str(convention), ExactResize(convention), convention)


def find_source(text: str, candidates: Iterable[Operation]) -> tuple[Operation, list[Operation]]:
    """The meaning of ``text``, and other meanings it may have: a native call, or a convention as an operation.

    First what it names whole: an id, a name or a call; a name of the catalogue ("matlab-imresize"); a convention as
    it is printed ("linear half_pixel antialias") or as Python source. Then the words of a call, as
    :func:`matching_operations` reads them; then the words of a name of the catalogue. ``ValueError`` in one line where
    nothing fits, with what looks alike.
    """
    known = list(candidates)
    if whole := [call for call in known if text in (call.id, call.name, call_expression(call))]:
        return whole[0], whole[1:]
    stated = _named(text) or _stated(text)
    if stated is not None:
        return stated, []
    matching = matching_operations(text, known)
    if not matching:
        entries = _entries(text)
        matching = [convention_source(entry.convention, entry.name) for entry in entries]
    if not matching:
        names = [entry.name for entry in CATALOGUE]
        near = [*get_close_matches(text, names, n=2, cutoff=0.7), *near_names(text, known)][:4]
        hint = f"; did you mean {', '.join(map(repr, near))}?" if near else ""
        raise ValueError(f"no operation and no convention matches {text!r}{hint} (halfpixel operations lists calls)")
    first = next((found for found in matching if is_installed(found)), matching[0])
    return first, [found for found in matching if found is not first]


def is_installed(operation: Operation) -> bool:
    """Whether an operation's framework is installed; a convention always is."""
    return operation.call is None or operation.call.framework.version is not None


def _named(text: str) -> Operation | None:
    """The convention of that name in the catalogue, written with hyphens or underscores.

    With spaces it is words, which may mean a call: "pillow bicubic" is one of Pillow.
    """
    name = text.strip().lower().replace("_", "-")
    entry = next((entry for entry in CATALOGUE if entry.name == name), None)
    return None if entry is None else convention_source(entry.convention, entry.name)


_VALUES = (
    ("kernel", KERNELS),
    ("coordinate_transformation_mode", COORDINATE_TRANSFORMATION_MODES),
    ("nearest_mode", NEAREST_MODES),
)


def _stated(text: str) -> Operation | None:
    """The convention that ``text`` states in full: its words, or a call of ``Convention``; ``None`` for other text.

    Raises ``ValueError`` for a convention that has no meaning.
    """
    if text.startswith("Convention("):
        return convention_source(Convention(**_arguments(text)))
    values: dict[str, Any] = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        field = next((field for field, allowed in _VALUES if word in allowed and field not in values), None)
        if field is not None:
            values[field] = word
        elif word == "antialias":
            values["antialias"] = True
        elif equals and name in ("cubic_coeff_a", "lobes", "order", "border", "prefilter", "sigma", "roi"):
            values |= _field(name, value)
        else:
            return None
    if not {"kernel", "coordinate_transformation_mode"} <= values.keys():
        return None
    return convention_source(Convention(**values))


def _field(name: str, value: str) -> dict[str, Any]:
    if name in ("lobes", "order"):
        if not value.isdigit():
            raise ValueError(f"{name} must be a whole number, not {value!r}")
        return {name: int(value)}
    if name == "roi":
        return {name: tuple(value.split(":"))}
    if name == "prefilter" and value.endswith(")"):
        prefilter, _, sigma = value.removesuffix(")").partition("(")
        return {name: prefilter, "sigma": sigma}
    allowed = {"border": BORDERS, "prefilter": PREFILTERS}.get(name)
    if allowed is not None and value not in allowed:
        raise ValueError(f"unknown {name} {value!r}; allowed: {', '.join(allowed)}")
    return {name: value}


def _arguments(text: str) -> dict[str, Any]:
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call) or call.args:
            raise ValueError
        return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError):
        raise ValueError(f"{text!r} is no convention: write Convention(kernel='cubic', antialias=True)") from None


def _entries(text: str) -> list[NamedConvention]:
    """The entries of the catalogue that have every word of ``text`` in their name or kernel, the shortest first."""
    words = [word.name for word in words_of(text) if word.is_needed and word.name not in NOISE | {"default"}]
    found = []
    for entry in CATALOGUE:
        convention = entry.convention
        own = {*entry.name.split("-"), normalised(entry.name), convention.kernel}
        own |= {"antialias"} if convention.antialias else set()
        own |= {convention.coordinate_transformation_mode, convention.border}
        if words and all(spellings(word) & own or own.issuperset(word.split("_")) for word in words):
            found.append(entry)
    return sorted(found, key=lambda entry: len(entry.name))
