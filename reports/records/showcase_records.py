"""The records of the showcase: matrices at a few pairs of sizes, exact ones and those of each operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from halfpixel.reports.records.tuple_fields import WithTuples


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowcaseMatrix(WithTuples):
    """One matrix of ``n_out`` rows, under a name made from its content.

    A row is ``(first, weight, weight, ...)``: the weights from input pixel ``first`` on; those before and after are
    zero. Measured weights are the shortest decimals that give the float32 back; ``"nan"``, ``"inf"`` and ``"-inf"``
    where they are no numbers.
    """

    type: ClassVar[str] = "showcase_matrix"
    name: str
    n_in: int
    n_out: int
    rows: tuple[tuple[Any, ...], ...]

    @property
    def is_well_formed(self) -> bool:
        """Whether it has the rows and pixels that it says, and they are numbers, or names of those that JSON lacks."""
        return len(self.rows) == self.n_out and all(map(self._is_row, self.rows))

    def _is_row(self, row: object) -> bool:
        if not isinstance(row, tuple) or not row or type(row[0]) is not int:
            return False
        first, *weights = row
        fits = 0 <= first <= self.n_in - len(weights)
        return fits and all(type(weight) in (int, float) or weight in ("nan", "inf", "-inf") for weight in weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowcaseConvention(WithTuples):
    """An exact convention at one pair of sizes; ``name`` is what it says of itself.

    ``known_as`` are its names in the catalogue, ``matrix`` the name of its exact matrix in float64 (empty for one that
    is not in the catalogue), ``at`` where each output samples (input pixels, a fraction), ``bound`` what float32
    rounding explains of a row's ``sum |W_a - W|``, and ``near_ties`` the outputs whose coordinate is a rounding tie, or
    within float32 rounding of one.
    """

    type: ClassVar[str] = "showcase_convention"
    name: str
    n_in: int
    n_out: int
    matrix: str
    bound: float
    at: tuple[str, ...]
    near_ties: tuple[int, ...] = ()
    known_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowcaseOperation:
    """What one operation does at the showcase sizes, which are named as ``"5x3"``, from 5 pixels to 3.

    ``matrices`` has the names of its matrices by size and axis, ``refusals`` what the framework said of a size, and
    ``misshapen`` which shape it returned instead. ``claim`` is the convention that it documents. Where it documents
    none, ``bounds`` has, by size and axis, what rounding explains of each row; see
    ``unclaimed_tolerance`` in ``probe/compare/packed_matrices.py``.
    """

    type: ClassVar[str] = "showcase_operation"
    operation: str
    framework: str
    claim: str = ""
    matrices: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    misshapen: dict[str, str] = field(default_factory=dict)
    bounds: dict[str, Any] = field(default_factory=dict)
