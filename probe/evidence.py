"""What attribution looks at: one axis's matrices, the claim, and the pairs of sizes at which they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from golden import Convention, matrix
from probe.sizes import Pair
from probe.tolerance import gain_tolerance

_SAMPLE = 8
_CONFIRM = 160


@dataclass(frozen=True, slots=True)
class Evidence:
    """The measured matrices of one axis, by pair, and the pairs at which they differ from ``claim``."""

    claim: Convention
    matrices: dict[Pair, np.ndarray]
    differing: tuple[Pair, ...]

    @property
    def agreeing(self) -> list[Pair]:
        """The pairs at which the claim holds."""
        apart = set(self.differing)
        return [pair for pair in self.matrices if pair not in apart]

    def sample(self) -> list[Pair]:
        """A few pairs spread over all that differ, the small ones first."""
        ordered = sorted(self.differing, key=lambda pair: (min(pair) == 1, pair[0] * pair[1]))
        return spread(ordered, _SAMPLE)

    def confirm(self) -> list[Pair]:
        """Enough pairs to believe an explanation, spread over all that differ."""
        return spread(list(self.differing), _CONFIRM)

    def explained(self, pairs: Iterable[Pair], explain: Callable[[int, int], np.ndarray]) -> bool:
        """Whether ``explain`` gives what was measured, within rounding, on every one of ``pairs``."""
        return all(within(self.matrices[pair], explain(*pair), self.claim, pair) for pair in pairs)

    def tolerance(self, pair: Pair) -> float:
        """What rounding explains at this pair."""
        gain = float(np.abs(matrix(self.claim, *pair).to_array()).sum(axis=1).max())
        return gain_tolerance(self.claim, *pair, round(gain, 3))


def within(got: np.ndarray, expected: np.ndarray, convention: Convention, pair: Pair) -> bool:
    """Whether two matrices of one pair agree within what rounding explains for ``convention``."""
    gain = float(np.abs(expected).sum(axis=1).max())
    return bool(np.abs(got - expected).sum(axis=1).max() <= gain_tolerance(convention, *pair, round(gain, 3)))


def spread(pairs: list[Pair], count: int) -> list[Pair]:
    """About ``count`` of ``pairs``, evenly spaced."""
    return pairs[:: max(1, len(pairs) // count)][: 2 * count]
