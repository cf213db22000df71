"""Does a comparison reach the right verdict, with the right numbers, in the one message grammar?"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from halfpixel import probe
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.operation import native
from halfpixel.golden import Convention
from halfpixel.golden.tolerance import grey_levels
from halfpixel.probe import Verdict
from tests.fakes.exact import ABSENT, exact_resize

LINEAR = Convention(kernel="linear")
ASYMMETRIC = LINEAR.but(coordinate_transformation_mode="asymmetric")
CUBIC = Convention(kernel="cubic")
DOWN = Convention(kernel="nearest", nearest_mode="round_prefer_floor")
UP = Convention(kernel="nearest", nearest_mode="round_prefer_ceil")
PAIRS = ((5, 8), (8, 5), (4, 2), (3, 6))


def _brighter(by: float):
    right = exact_resize(LINEAR)
    return lambda image, size: (1 + by) * right(image, size)


def _refusing(limit: int):
    right = exact_resize(LINEAR)

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if size[0] <= limit:
            raise RuntimeError("too small")
        return right(image, size)

    return resize


# The verdict; what is compared; with which convention.
_VERDICTS = [
    (Verdict.EXACT, exact_resize(DOWN), DOWN),
    (Verdict.AGREES, _brighter(2e-7), LINEAR),
    (Verdict.APPROXIMATES, _brighter(1e-3), LINEAR),
    (Verdict.TIES, exact_resize(UP), DOWN),
    (Verdict.DIVERGES, exact_resize(ASYMMETRIC), LINEAR),
    (Verdict.UNSUPPORTED, _refusing(2), LINEAR),
    (Verdict.UNSUPPORTED, _refusing(99), LINEAR),
    (Verdict.ERROR, lambda image, size: np.full(size, np.nan), LINEAR),
    (Verdict.ERROR, lambda image, size: image, LINEAR),
    (Verdict.NOT_INSTALLED, ABSENT, LINEAR),
]


@pytest.mark.parametrize(("verdict", "subject", "convention"), _VERDICTS, ids=[str(row[0]) for row in _VERDICTS])
def test_the_verdict_is(verdict, subject, convention):
    found = probe.compare(subject, convention, sizes=PAIRS)
    assert found.verdict is verdict
    assert found.verdict.is_agreement == (verdict in (Verdict.EXACT, Verdict.AGREES))
    assert bool(found.differing) == (verdict in (Verdict.APPROXIMATES, Verdict.TIES, Verdict.DIVERGES)) or (
        verdict is Verdict.ERROR
    )


def test_the_gain_is_the_largest_sum_of_absolute_differences_of_a_row():
    """Samples 1/2 and 1/4, and 1 and 3/4: rows (1/2, 1/2) and (3/4, 1/4), (0, 1) and (1/4, 3/4)."""
    found = probe.compare(ASYMMETRIC, LINEAR, sizes=((2, 4),))
    assert found.gain == 0.25 + 0.25
    assert found.grey_levels == 255 * 0.25
    assert found.pixels_moved == pytest.approx(0.25)
    assert found.sizes == ((2, 4),)
    assert (found.worst.n_in, found.worst.n_out, found.worst.region) == (2, 4, "border")


def test_the_comparison_of_two_operations_is_symmetric_in_its_gain():
    one = probe.compare(exact_resize(CUBIC), exact_resize(LINEAR), sizes=PAIRS)
    other = probe.compare(exact_resize(LINEAR), exact_resize(CUBIC), sizes=PAIRS)
    assert one.verdict is other.verdict is Verdict.DIVERGES
    assert one.gain == pytest.approx(other.gain)


def test_the_worst_image_shows_the_gain():
    got, expected = exact_resize(CUBIC), exact_resize(LINEAR)
    found = probe.compare(got, LINEAR, sizes=PAIRS)
    row = found.worst
    image = np.repeat(row.image[:, None], 3, axis=1).astype(np.float32)
    assert np.abs(image).max() <= 1
    size = (row.n_out, 3)
    difference = got(image, size) - expected(image, size)
    assert abs(float(difference[row.output_index, 1])) == pytest.approx(found.gain, abs=1e-5)
    assert np.abs(difference).max() == pytest.approx(found.gain, abs=1e-5)


@pytest.mark.parametrize(
    ("row", "levels"),
    [((0.5, -0.5), 127.5), ((0.25, 0.25, -0.5), 127.5), ((0.1, 0.1), 51.0), ((-0.2, 0.0), 51.0), ((0.0,), 0.0)],
)
def test_grey_levels_count_the_heavier_sign(row, levels):
    """An image of 255 where the difference has one sign and 0 elsewhere."""
    assert float(grey_levels(np.array(row))) == pytest.approx(levels)


_NUMPY = Framework("numpy", "numpy", ("numpy",), "import numpy as np")
_FLOOR = "x[np.arange(h) * x.shape[0] // h][:, np.arange(w) * x.shape[1] // w]"


def test_a_message_says_what_was_called_expected_and_got_the_smallest_tolerance_and_a_reproduction():
    claim = DOWN.but(nearest_mode="floor")
    found = probe.check(native(_NUMPY, "gather", _FLOOR, "HW"), claim)
    assert found.verdict is Verdict.DIVERGES
    text = str(found)
    for part in (
        "called:      numpy gather",
        f"held against: {claim}",
        "verdict:     diverges",
        "expected:    {",
        "got:         {",
        f"worst error: {found.grey_levels:.4g} of 255 grey levels; moved by ",
        f"; gain {found.gain:.6g} for images in [-1, 1]",
        f"the smallest that would pass is {found.gain:.6g}",
        "attribution: coordinates:",
        "reproduce with:",
        "import numpy as np",
    ):
        assert part in text


def test_the_reproduction_runs_and_prints_what_was_measured():
    found = probe.check(native(_NUMPY, "gather", _FLOOR, "HW"), UP, sizes=((3, 5), (5, 3)))
    ran = subprocess.run([sys.executable, "-c", found.reproduction], capture_output=True, text=True, check=True)
    row = found.example
    place, got = f"output [{row.output_index}, 2] is", f"{row.got @ row.image:g}"
    assert ran.stdout.startswith(f"{place} {float(got)}") or ran.stdout.startswith(f"output [2, {row.output_index}]")
    assert f"should be {row.expected @ row.image:.9g}" in ran.stdout


def test_an_agreement_needs_no_reproduction_and_no_worst_row():
    found = probe.check(exact_resize(LINEAR), LINEAR, sizes=PAIRS)
    assert found.verdict.is_agreement
    assert (found.worst, found.reproduction, found.attribution) == (None, "", None)
    assert "all 8 measured agree" in str(found)
