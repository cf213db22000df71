"""The exact matrix of a convention as text: fractions in aligned columns, and where each output samples."""

from __future__ import annotations

from fractions import Fraction

from golden.convention import Convention
from golden.coordinates import coordinates
from golden.matrix import ExactMatrix, matrix

LARGEST = 10_000
"""Entries of the largest matrix that is printed."""
_EXACT_PREFILTER = 48
"""Pixels of the longest axis whose B-spline coefficients are worked out in fractions, which takes their cube."""


def shown(convention: Convention, n_in: int, n_out: int, scale: Fraction | None = None) -> str:
    """The matrix that resizes an axis of ``n_in`` pixels to ``n_out``, a row for each output.

    Raises ``ValueError`` for what :func:`golden.matrix` refuses, and for matrices of more than ``LARGEST`` entries.
    """
    if n_in > 0 and n_out > 0 and n_in * n_out > LARGEST:
        raise ValueError(f"{n_in} x {n_out} is too large to print: at most {LARGEST} entries")
    exact = matrix(convention, n_in, n_out, scale)
    where = coordinates(convention, n_in, n_out, scale)
    rows, remark = _rows(exact)
    table = [["o", "x_in", *(f"x[{i}]" for i in range(n_in))]]
    table += [[str(o), str(where[o]), *row] for o, row in enumerate(rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    given = "" if scale is None else f", scale {scale}"
    title = f"{convention}: {n_in} -> {n_out}{given}"
    body = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in table]
    return "\n".join([title, *remark, *body])


def _rows(exact: ExactMatrix) -> tuple[list[list[str]], list[str]]:
    too_long = exact.convention.prefilter == "bspline" and exact.n_in > _EXACT_PREFILTER
    if exact.is_rational and not too_long:
        return [[str(value) for value in row] for row in exact.rows()], []
    why = "fractions too long to print" if exact.is_rational else "weights that are no fractions"
    remark = f"({why}: decimals, each within {exact.bound:.1e} of the exact weight)"
    return [[f"{value:.12f}" for value in row] for row in exact.to_array()], [remark]
