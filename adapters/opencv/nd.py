"""OpenCV's ``resize`` of a single line of pixels, lying and standing."""

from __future__ import annotations

from itertools import product

from halfpixel.adapters.nd import NdOperation, native_nd
from halfpixel.adapters.opencv.calls import FLAGS, FRAMEWORK, TRANSFORM

_LINES = {
    "a row": "cv2.resize(x[None, :], (size[0], 1), interpolation=cv2.{})[0]",
    "a column": "cv2.resize(x[:, None], (1, size[0]), interpolation=cv2.{})[:, 0]",
}


def operations_nd() -> list[NdOperation]:
    """Every interpolation flag of each kind of line."""
    calls = []
    for (line, call), (flag, claim, _) in product(_LINES.items(), FLAGS):
        name = f"resize({flag})"
        calls.append(
            native_nd(FRAMEWORK, f"{name} of {line}", 1, call.format(flag), "S", claim, TRANSFORM, equivalent_2d=name)
        )
    return calls
