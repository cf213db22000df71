"""OpenCV's ``resize`` of a single line of pixels, lying and standing."""

from __future__ import annotations

from adapters.framework import Framework
from adapters.ranked import RankedOperation, ranked
from golden import Convention

_FRAMEWORK = Framework(
    "opencv",
    "cv2",
    (
        "opencv-python-headless",
        "opencv-python",
        "opencv-contrib-python-headless",
        "opencv-contrib-python",
    ),
    "import cv2",
)
_DOCS = "https://docs.opencv.org/4.x/da/d54/group__imgproc__transform.html"
_LINES = {
    "a row": "cv2.resize(x[None, :], (size[0], 1), interpolation=cv2.{})[0]",
    "a column": "cv2.resize(x[:, None], (1, size[0]), interpolation=cv2.{})[:, 0]",
}
_FLAGS = {
    "INTER_NEAREST": Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    "INTER_LINEAR": Convention(kernel="linear"),
    "INTER_CUBIC": Convention(kernel="cubic", cubic_coeff_a="-3/4"),
    "INTER_AREA": Convention(kernel="area"),
    "INTER_LANCZOS4": Convention(kernel="lanczos", lobes=4),
    "INTER_LINEAR_EXACT": Convention(kernel="linear"),
    "INTER_NEAREST_EXACT": Convention(kernel="nearest", nearest_mode="round_prefer_ceil"),
}


def ranked_operations() -> list[RankedOperation]:
    """Every interpolation flag of each kind of line."""
    return [
        ranked(
            _FRAMEWORK,
            f"resize({flag}) of {line}",
            1,
            call.format(flag),
            "S",
            claim=claim,
            source=_DOCS,
            like=f"resize({flag})",
        )
        for line, call in _LINES.items()
        for flag, claim in _FLAGS.items()
    ]
