"""ExecuTorch on the CPU, by its Python runtime: https://docs.pytorch.org/executorch/stable/runtime-python-api-reference.html."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable

import numpy as np

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


def bring() -> None:
    """Import it; what it says of libraries for other processors is no last word."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        import executorch.runtime  # noqa: F401
        import torch
    torch.set_num_threads(1)


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list[np.ndarray]]:
    """The program's ``forward``."""
    import torch
    from executorch.runtime import Runtime

    try:
        method = Runtime.get().load_program(path).load_method("forward")
    except RuntimeError as error:
        raise RuntimeError(_named(str(error))) from error

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        try:
            return [np.array(one) for one in method.execute([torch.from_numpy(x) for x in feeds.values()])]
        except RuntimeError as error:
            raise RuntimeError(_named(str(error))) from error

    return run


def _named(message: str) -> str:
    """The number in a message with what it stands for: https://github.com/pytorch/executorch/blob/main/runtime/core/error.h."""
    number = re.search(r"0x([0-9a-fA-F]+)", message)
    known = number and _ERRORS.get(int(number[1], 16))
    return f"{message[: number.start()]}{known}" if known else message
