"""Frameworks of a few exact calls each, one factor apart, to translate between."""

from __future__ import annotations

import numpy as np

from halfpixel.adapters.framework import Framework
from halfpixel.adapters.operation import Operation, any_size, native
from halfpixel.golden import Convention


def exact(x: np.ndarray, h: int, w: int, brighter: float = 1.0, **named: object) -> np.ndarray:
    """Resize a plane by the exact matrices of a convention, times a factor."""
    from halfpixel.golden import Convention, matrix

    convention = Convention(**named)
    rows, columns = (matrix(convention, n, m).to_array() for n, m in zip(x.shape, (h, w), strict=True))
    return (brighter * (rows @ x @ columns.T)).astype(np.float32)


def refuses(x: np.ndarray, h: int, w: int) -> np.ndarray:
    """Nothing at all."""
    raise RuntimeError("not today")


def framework(name: str) -> Framework:
    """A framework that is always there."""
    return Framework(name, "numpy", ("numpy",), "import numpy as np")


def fake(name: str, is_default: bool = False, accepts=any_size, brighter: float = 1.0, **named: object) -> Operation:
    """An exact call of the fake framework ``name``, named by its convention; too bright by a factor if so asked."""
    claim = Convention(**named)
    arguments = "".join(f", {field}={value!r}" for field, value in named.items())
    arguments += f", brighter=float('{brighter}')" if brighter != 1 else ""
    return native(
        framework(name),
        f"resize({claim}{', brighter' if brighter != 1 else ''})",
        f"exact(x, h, w{arguments})",
        "HW",
        helpers=(exact,),
        claim=claim if brighter == 1 else None,
        is_default=is_default,
        accepts=accepts,
    )


def refusing(name: str) -> Operation:
    """A call that refuses every size."""
    return native(framework(name), "refuse()", "refuses(x, h, w)", "HW", helpers=(refuses,))


def doubles(n_in: int, n_out: int) -> bool:
    """Twice the size only."""
    return n_out == 2 * n_in


def mips(x: np.ndarray, h: int, w: int) -> np.ndarray:
    """Means of 2x2 blocks while both axes shrink to half or less, then linear: linear along either axis alone."""
    while x.shape[0] >= 2 * h and x.shape[1] >= 2 * w and x.shape[0] % 2 == x.shape[1] % 2 == 0:
        x = 0.25 * (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2])
    return exact(x, h, w, kernel="linear")


def halving(name: str) -> Operation:
    """An operation of :func:`mips`, which claims to be linear."""
    claim = Convention(kernel="linear")
    return native(framework(name), "resize(mips)", "mips(x, h, w)", "HW", helpers=(exact, mips), claim=claim)
