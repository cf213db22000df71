"""ExecuTorch on the CPU, through its Python runtime."""

from __future__ import annotations

import contextlib
import os
import re

import numpy as np

from halfpixel.parity.runtimes.worker import Feeds, RunFunction

_ERRORS = {
    0x01: "Internal",
    0x10: "NotSupported",
    0x11: "NotImplemented",
    0x12: "InvalidArgument",
    0x13: "InvalidType",
    0x14: "OperatorMissing",
    0x20: "NotFound",
    0x21: "MemoryAllocationFailed",
    0x23: "InvalidProgram",
}


def import_framework() -> None:
    """Import it, without its messages on libraries for other processors, which would be taken for a crash's."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        import executorch.runtime  # noqa: F401
        import torch
    torch.set_num_threads(1)


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """The program's ``forward``."""
    import torch
    from executorch.runtime import Runtime

    try:
        method = Runtime.get().load_program(path).load_method("forward")
    except RuntimeError as error:
        raise RuntimeError(_with_error_name(str(error))) from error

    def run(feeds: Feeds) -> list[np.ndarray]:
        try:
            return [np.array(y) for y in method.execute([torch.from_numpy(x) for x in feeds.values()])]
        except RuntimeError as error:
            raise RuntimeError(_with_error_name(str(error))) from error

    return run


def _with_error_name(message: str) -> str:
    """A message with its error number named: https://github.com/pytorch/executorch/blob/main/runtime/core/error.h."""
    number = re.search(r"0x([0-9a-fA-F]+)", message)
    name = _ERRORS.get(int(number[1], 16)) if number else None
    return f"{message[: number.start()]}{name}" if number and name else message
