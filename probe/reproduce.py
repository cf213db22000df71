"""A program that shows one differing output with nothing but the framework and numpy."""

from __future__ import annotations

import numpy as np

from adapters import Operation
from probe.discrepancy import Row

_ACROSS = 4
"""Pixels across the line of the worst image; the same value in each, so that the other axis does not matter."""


def script(operation: Operation, row: Row) -> str:
    """Python source that resizes the worst image of ``row`` and prints what came out beside what should have.

    Empty for an operation without native source (a plain callable), which only its owner can call.
    """
    if operation.call is None or not np.isfinite(row.got).all():
        return ""
    across = (row.n_in, row.n_out) if operation.uniform else (_ACROSS, _ACROSS)
    pixels = np.array2string(row.image.astype(int), separator=", ", threshold=row.n_in + 1, max_line_width=100)
    line = f"np.array({pixels}, dtype=np.float32)"
    if row.axis == "height":
        image, shape = f"np.repeat({line}[:, None], {across[0]}, axis=1)", (row.n_in, across[0])
        size, place = (row.n_out, across[1]), f"{row.output_index}, {across[1] // 2}"
    else:
        image, shape = f"np.repeat({line}[None, :], {across[0]}, axis=0)", (across[0], row.n_in)
        size, place = (across[1], row.n_out), f"{across[1] // 2}, {row.output_index}"
    expected, got = row.expected @ row.image, row.got @ row.image
    shown = f"print('output [{place}] is', y[{place}], 'and should be {expected:.9g}')  # measured: {got:.9g}\n"
    return operation.call.script(image, shape, size) + shown
