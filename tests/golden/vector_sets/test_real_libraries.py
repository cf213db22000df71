"""Do the libraries that claim a convention pass its set? But for the pixels that they are known to pick otherwise."""

from __future__ import annotations

import re

import numpy as np
import pytest

from halfpixel.adapters import Operation, operations
from halfpixel.golden import Convention
from tests.golden.vector_sets.reading import SETS, document, read

pytestmark = pytest.mark.framework

SET_OF = {Convention.from_dict(document(name)["convention"]): name for name in SETS if name.endswith("float32")}
CALLS = {
    "torch": r"interpolate\(.*\)",
    "opencv": r"resize\(.*\)",
    "pillow": r"resize\(\w+\)",
    "onnxruntime": r"Resize-19\(.*\)",
}
"""Calls that resize, and do nothing else."""

# float32, or Pillow's running sum, misses a tie or a whole number; INTER_AREA is another function where an axis grows.
_MISSED_TIES = {"noise-grey-4x6-to-4x9", "ramp-grey-4x14-to-14x19", "ramp-grey-22x18-to-13x15"}
KNOWN = {
    ("torch", "asymmetric-nearest-floor-float32"): {"ramp-grey-26x10-to-22x6", "ramp-grey-14x28-to-46x2"},
    ("torch", "half_pixel-nearest-tie_up-float32"): {"ramp-grey-2x26-to-41x64"},
    ("opencv", "half_pixel-nearest-tie_up-float32"): _MISSED_TIES,
    ("opencv", "area-float32"): {"noise-rgb-7x5-to-10x3", "noise-grey-5x8-to-8x5"},
    ("pillow", "half_pixel-nearest-tie_up-float32"): _MISSED_TIES,
    ("onnxruntime", "half_pixel-nearest-tie_up-float32"): {"ramp-grey-40x20-to-6x26"},
    ("onnxruntime", "half_pixel-nearest-floor-float32"): {"ramp-grey-3x14-to-37x2", "ramp-grey-26x10-to-22x6"},
    ("onnxruntime", "asymmetric-nearest-floor-float32"): {
        *("ramp-grey-2x26-to-41x64", "ramp-grey-3x14-to-37x2", "ramp-grey-14x28-to-46x2"),
    },
}
CLAIMING = {
    f"{operation.framework} {operation.name}": operation
    for framework, pattern in CALLS.items()
    for operation in operations(framework)
    if re.fullmatch(pattern, operation.name) and operation.claim in SET_OF and operation.dtype == "float32"
}


def test_many_calls_claim_a_convention_that_has_a_set() -> None:
    assert len(CLAIMING) >= 25


@pytest.mark.parametrize("call", CLAIMING.values(), ids=CLAIMING)
def test_passes_every_vector_but_known_ones(call: Operation) -> None:
    pytest.importorskip({"opencv": "cv2", "pillow": "PIL"}.get(call.framework, call.framework))
    assert call.claim is not None
    name = SET_OF[call.claim]
    failed, asked = set(), 0
    for vector in read(name):
        before, after = vector.image.shape[:2], vector.expected.shape[:2]
        if not all(call.accepts(*pair) for pair in zip(before, after, strict=True)):
            continue
        asked += 1
        result = call.run(vector.image[None].astype(np.float32), (after[0], after[1]))[0]
        assert result.shape == vector.expected.shape
        if np.abs(result - vector.expected).max() > vector.entry["tolerance"]:
            failed.add(vector.entry["id"])
    assert asked >= 5
    assert failed == KNOWN.get((call.framework, name), set())
