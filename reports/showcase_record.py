"""The records of the showcase: measured matrices, each once, and by operation and convention which ones are theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowcaseMatrix:
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

    def __post_init__(self) -> None:
        """Lists become tuples."""
        object.__setattr__(self, "rows", _tuples(self.rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowcaseConvention:
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

    def __post_init__(self) -> None:
        """Lists become tuples."""
        for name in ("at", "near_ties", "known_as"):
            object.__setattr__(self, name, _tuples(getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowcaseOperation:
    """What one operation does at the showcase sizes, which are named as ``"5x3"``, from 5 pixels to 3.

    ``matrices`` has the names of its matrices by size and axis, ``refusals`` what the framework said of a size, and
    ``misshapen`` which shape it returned instead. ``claim`` is the convention that it documents. Where it documents
    none, ``bounds`` has, by size and axis, what rounding explains of each row; see ``probe.flat.rounding_only``.
    """

    type: ClassVar[str] = "showcase_operation"
    operation: str
    framework: str
    claim: str = ""
    matrices: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    misshapen: dict[str, str] = field(default_factory=dict)
    bounds: dict[str, Any] = field(default_factory=dict)
