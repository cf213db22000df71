"""Are weights applied tap by tap the exact matrices of golden?"""

from __future__ import annotations

import numpy as np
import pytest

from halfpixel.golden import matrix
from halfpixel.probe.image_pairs.candidates import documented_conventions
from halfpixel.probe.image_pairs.sparse_axis import sparse_axis

PAIRS = ((8, 5), (5, 8), (1, 4), (5, 1), (64, 40), (120, 17))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0]} -> {pair[1]}")
def test_every_documented_convention_is_its_matrix(pair):
    for convention in documented_conventions():
        exact = matrix(convention, *pair).to_array()
        axis = sparse_axis(convention, *pair)
        np.testing.assert_allclose(axis.apply(np.eye(pair[0])), exact, rtol=0, atol=1e-11, err_msg=str(convention))
        some = np.arange(0, pair[1], 2)
        np.testing.assert_allclose(axis.apply(np.eye(pair[0]), some), exact[some], rtol=0, atol=1e-11)
        assert axis.apply_magnitudes(np.ones((pair[0], 1))).max() >= np.abs(exact).sum(axis=1).max() - 1e-9


def test_the_slope_of_a_spline_is_below_pi_times_its_gain():
    """The bound in ``SparseAxis.tolerance``, seen on a fine grid."""
    for convention in {
        c.but(border="mirror", coordinate_transformation_mode="half_pixel")
        for c in documented_conventions()
        if c.prefilter == "bspline"
    }:
        weights = matrix(convention, 48, 48 * 32).to_array()
        slope = np.abs(np.diff(weights, axis=0)).sum(axis=1).max() * 32
        assert slope < np.pi * np.abs(weights).sum(axis=1).max(), convention
