"""The source text of a native call as a program to copy, and how such a text is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from halfpixel.adapters import subprocess_runner
from halfpixel.adapters.native_call import NativeCall
from halfpixel.adapters.operation import Operation

CALL = "{call}"
"""The placeholder of the call's expression in a setup."""

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


def program_setup(call: NativeCall) -> str:
    """The program without the call itself, in whose place is :data:`CALL`: many calls share one setup.

    It defines ``resize(x, h, w)`` from and to NumPy arrays in the framework's layout.
    """
    lines = [f"# x: {_SHAPE[call.layout]}, float32; h, w: the new height and width"]
    if call.framework.environment:
        lines += ["import os", "", f"os.environ.update({dict(call.framework.environment)!r})  # before the import"]
    return "\n".join(lines) + "\n" + replace(call, expression=CALL).function()


def call_program(operation: Operation) -> str:
    """The program to copy; ``ValueError`` for a plain callable, which has no source."""
    if operation.call is None:
        raise ValueError(f"{operation.id} has no source to copy")
    return program_setup(operation.call).replace(CALL, operation.call.expression)


def layout_conversion(first: Operation, second: Operation) -> str:
    """An expression of ``x`` that lays an image of the first call out for the second; empty for equal layouts."""
    return _ARRANGED.get((str(first.native_call.layout), str(second.native_call.layout)), "")


@lru_cache(maxsize=512)
def _defined(text: str, name: str) -> Callable[[np.ndarray, int, int], np.ndarray]:
    namespace: dict[str, Any] = {"__name__": "translated"}
    exec(compile(text, "<translation>", "exec"), namespace)
    function: Callable[[np.ndarray, int, int], np.ndarray] = namespace[name]
    return function


def run_text(text: str, name: str, x: np.ndarray, h: int, w: int) -> np.ndarray:
    """The result of the function ``name`` of a program for ``x``, an array in the layout that the program takes."""
    return np.asarray(_defined(text, name)(x, h, w))


def run_program(operation: Operation, text: str, name: str, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The same for images ``(N, H, W, C)``, to ``(N, h, w, C)``, in the process that ``operation``'s framework needs.

    Raises what the text raises; ``WrongShape`` when it returns another shape.
    """
    framework, layout = operation.native_call.framework, operation.native_call.layout

    def native(x: np.ndarray, h: int, w: int) -> np.ndarray:
        if subprocess_runner.needs_subprocess(framework.environment):
            return np.asarray(framework.run_in_subprocess(run_text, text, name, x, h, w))
        return run_text(text, name, x, h, w)

    return layout.apply(native, images, size, size)
