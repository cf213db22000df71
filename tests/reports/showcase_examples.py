"""For the tests of the showcase: light operations, plain functions with known faults, and comparisons of all kinds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from halfpixel import adapters
from halfpixel.adapters import Operation, from_callable
from halfpixel.golden.catalogue import named_convention
from tests.fakes.exact import exact_resize

LINEAR = named_convention("torch-bilinear").convention
CORNERS = named_convention("torch-bilinear-align-corners").convention
FLOOR_TIES = named_convention("onnx-nearest").convention
CEIL_TIES = named_convention("torch-nearest-exact").convention


def _refuses(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if 5 in image.shape:
        raise ValueError("five pixels <b>are</b> too many")
    return exact_resize(LINEAR)(image, size)


def _misshapes(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.zeros((size[0] + 1, size[1]), np.float32)


def _no_numbers(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.full(size, np.nan, np.float32)


def _brighter(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return exact_resize(LINEAR)(image, size) * np.float32(1 + 1e-4)


def operations() -> list[Operation]:
    """Of OpenCV, Pillow and SciPy, and functions that refuse, misshape, return NaN, and differ by ties or a little."""
    chosen = {
        "opencv": ("resize()", "resize(INTER_AREA)", "resize(INTER_CUBIC)", "resize(INTER_NEAREST_EXACT)"),
        "pillow": ("resize()", "resize(BOX)", "resize(BILINEAR)", "resize(NEAREST)"),
    }
    real = [one for name, names in chosen.items() for one in adapters.operations(name) if one.name in names]
    real += [one for one in adapters.operations("scipy") if one.claim is None][:1]
    real += [one for one in adapters.operations("scipy") if one.is_default]
    functions = (
        ("linear", exact_resize(LINEAR), LINEAR),
        ("corners", exact_resize(CORNERS), CORNERS),
        ("corners along the width", exact_resize(LINEAR, CORNERS), LINEAR),
        ("ties down", exact_resize(FLOOR_TIES), FLOOR_TIES),
        ("ties up", exact_resize(CEIL_TIES), CEIL_TIES),
        ("brighter", _brighter, LINEAR),
        ("refuses five", _refuses, LINEAR),
        ("misshapes", _misshapes, LINEAR),
        ("no numbers", _no_numbers, LINEAR),
        ("says nothing", exact_resize(LINEAR), None),
    )
    return [*real, *(replace(from_callable(function, name), claim=claim) for name, function, claim in functions)]


CONVENTIONS = {f"exact: {one}": one for one in (LINEAR, CORNERS, FLOOR_TIES, CEIL_TIES)}

CASES: tuple[tuple[str, str, str], ...] = (
    ("opencv resize()", "pillow resize()", "5x3"),
    ("opencv resize()", "pillow resize(BILINEAR)", "3x5"),
    ("opencv resize()", "pillow resize(BILINEAR)", "48x36"),
    ("opencv resize(INTER_AREA)", "pillow resize(BOX)", "8x4"),
    ("opencv resize(INTER_AREA)", "pillow resize(BOX)", "8x5"),
    ("opencv resize(INTER_AREA)", "pillow resize(BOX)", "3x5"),
    ("opencv resize(INTER_CUBIC)", "pillow resize()", "20x6"),
    ("opencv resize(INTER_CUBIC)", "pillow resize()", "6x6"),
    ("opencv resize(INTER_NEAREST_EXACT)", "pillow resize(NEAREST)", "14x18"),
    ("opencv resize(INTER_NEAREST_EXACT)", "pillow resize(NEAREST)", "8x4"),
    ("scipy zoom()", "opencv resize()", "2x7"),
    ("scipy zoom()", "pillow resize()", "48x36"),
    ("SCIPY SILENT", "opencv resize()", "7x4"),
    ("SCIPY SILENT", "callable says nothing", "4x1"),
    ("callable linear", "callable says nothing", "14x18"),
    ("callable linear", "opencv resize()", "14x18"),
    ("callable linear", "opencv resize()", "1x4"),
    ("callable linear", "callable corners", "2x7"),
    ("callable linear", "callable corners", "6x6"),
    ("callable linear", "callable corners along the width", "7x4"),
    ("callable corners along the width", "callable corners", "7x4"),
    ("callable ties down", "callable ties up", "8x4"),
    ("callable ties down", "callable ties up", "3x5"),
    ("callable ties down", "opencv resize(INTER_NEAREST_EXACT)", "8x4"),
    ("callable brighter", "callable linear", "8x5"),
    ("callable brighter", "callable corners", "8x5"),
    ("callable refuses five", "callable linear", "5x3"),
    ("callable refuses five", "callable linear", "3x6"),
    ("callable misshapes", "callable linear", "5x3"),
    ("callable no numbers", "callable linear", "5x3"),
    ("opencv resize()", f"exact: {LINEAR}", "5x3"),
    (f"exact: {LINEAR}", "opencv resize()", "20x6"),
    ("callable brighter", f"exact: {LINEAR}", "5x3"),
    ("callable ties up", f"exact: {FLOOR_TIES}", "8x4"),
    (f"exact: {LINEAR}", f"exact: {CORNERS}", "7x4"),
    (f"exact: {FLOOR_TIES}", f"exact: {CEIL_TIES}", "8x4"),
    (f"exact: {LINEAR}", f"exact: {LINEAR}", "48x36"),
)


def silent(name: str, known: dict[str, Operation]) -> str:
    """The name; for ``SCIPY SILENT`` that of SciPy's operation whose documentation states no convention."""
    if name != "SCIPY SILENT":
        return name
    return next(one.id for one in known.values() if one.framework == "scipy" and one.claim is None)
