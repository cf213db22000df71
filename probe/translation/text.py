"""The text of a translation: a native call as a program to copy, and how such a text is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from adapters import apart
from adapters.layout import LAYOUTS
from adapters.operation import NativeCall, Operation

CALL = "{call}"
"""Where a setup leaves room for the call's expression."""

AXES_OF = {"NCHW": (2, 3), "NHWC": (1, 2), "HWC": (0, 1), "HW": (0, 1)}
"""The axes of height and width of each layout."""

_SHAPE = {"NCHW": "(N, C, H, W)", "NHWC": "(N, H, W, C)", "HWC": "(H, W) or (H, W, C)", "HW": "(H, W)"}

# One image of the first layout as the second; planes have no place for channels, so there each channel goes alone.
_ARRANGED = {
    ("NCHW", "NHWC"): "x.transpose(0, 2, 3, 1)",
    ("NCHW", "HWC"): "x[0].transpose(1, 2, 0)",
    ("NCHW", "HW"): "x[0, 0]",
    ("NHWC", "NCHW"): "x.transpose(0, 3, 1, 2)",
    ("NHWC", "HWC"): "x[0]",
    ("NHWC", "HW"): "x[0, ..., 0]",
    ("HWC", "NCHW"): "np.atleast_3d(x).transpose(2, 0, 1)[None]",
    ("HWC", "NHWC"): "np.atleast_3d(x)[None]",
    ("HWC", "HW"): "np.atleast_3d(x)[..., 0]",
    ("HW", "NCHW"): "x[None, None]",
    ("HW", "NHWC"): "x[None, ..., None]",
    ("HW", "HWC"): "x",
}


def setup(call: NativeCall) -> str:
    """Everything of the program but the call itself, for which it leaves room: many calls share one setup.

    It defines ``resize(x, h, w)`` from and to NumPy arrays in the framework's layout.
    """
    lines = [f"# x: {_SHAPE[call.layout]}, float32; h, w: the new height and width"]
    if call.framework.environment:
        lines += ["import os", "", f"os.environ.update({dict(call.framework.environment)!r})  # before the import"]
    return "\n".join(lines) + "\n" + replace(call, expression=CALL).function()


def program(operation: Operation) -> str:
    """The program to copy; ``ValueError`` for a plain callable, which has no source."""
    if operation.call is None:
        raise ValueError(f"{operation.id} has no source to copy")
    return setup(operation.call).replace(CALL, operation.call.expression)


def arranged(one: Operation, other: Operation) -> str:
    """An expression of ``x`` that lays an image of ``one``'s call out as ``other``'s takes it; empty when alike."""
    layouts = (one.call.layout, other.call.layout)
    return _ARRANGED.get(layouts, "")


@lru_cache(maxsize=512)
def _defined(text: str, name: str) -> Callable[[np.ndarray, int, int], np.ndarray]:
    namespace: dict[str, object] = {"__name__": "translated"}
    exec(compile(text, "<translation>", "exec"), namespace)
    return namespace[name]


def run_text(text: str, name: str, x: np.ndarray, h: int, w: int) -> np.ndarray:
    """What the function ``name`` of a program makes of ``x``, an array in the layout that the program takes."""
    return np.asarray(_defined(text, name)(x, h, w))


def run(operation: Operation, text: str, name: str, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The same for images ``(N, H, W, C)``, to ``(N, h, w, C)``, in the process that ``operation``'s framework needs.

    Raises what the text raises; ``WrongShape`` when it returns another shape.
    """
    framework, layout = operation.call.framework, operation.call.layout

    def native(x: np.ndarray, h: int, w: int) -> np.ndarray:
        if apart.is_elsewhere(framework.environment):
            return framework.run_apart(run_text, text, name, x, h, w)
        return run_text(text, name, x, h, w)

    return LAYOUTS[layout](native, images, size)
