"""Coverage is exact: areas by hand, areas that add up, and the same from many small squares."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from halfpixel.golden.align_corners import ALIGN_CORNERS, HALF_PIXEL
from halfpixel.segmentation.coverage import (
    DISC_ERROR,
    Checkerboard,
    Disc,
    PixelGrid,
    Polygon,
    half_plane,
    pixel_cells,
    points,
    strip,
)
from halfpixel.segmentation.scenes import EDGES, FACTORS, ROAD, SCENES

UNIT = PixelGrid(Fraction(0), Fraction(1, 4), 4)


def test_a_half_plane_cuts_pixels_as_computed_by_hand():
    covered = half_plane(1, 0, Fraction(3, 8)).coverage(UNIT, UNIT)
    assert covered.values.tolist() == [[1.0, 0.5, 0.0, 0.0]] * 4
    triangle = half_plane(1, 1, Fraction(1, 4)).coverage(UNIT, UNIT)
    assert triangle.exact(0, 0) == Fraction(1, 2)
    assert triangle.values.sum() == 0.5
    sloped = half_plane(1, 2, Fraction(1, 2)).coverage(UNIT, UNIT)
    assert [sloped.exact(0, column) for column in range(3)] == [Fraction(3, 4), Fraction(1, 4), 0]


@pytest.mark.parametrize(
    "vertices",
    [
        points(("1/7", "1/5"), ("6/7", "2/9"), ("3/5", "8/9"), ("2/5", "1/3")),
        points(("1/3", "1/3"), ("1/2", "3/4"), ("3/4", "1/8")),
        points(("1/9", "1/9"), ("8/9", "1/9"), ("8/9", "2/9"), ("1/9", "2/9")),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_cells_add_up_to_the_area_of_the_polygon(vertices, order):
    corners = [*vertices, vertices[0]]
    area = abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(corners))) / 2
    grid = PixelGrid(Fraction(0), Fraction(1, 13), 13)
    covered = Polygon(vertices[::order]).coverage(grid, grid)
    total = sum((covered.exact(row, column) for row in range(13) for column in range(13)), Fraction(0))
    assert total == area * 169


def test_a_polygon_beyond_the_grid_is_cut_at_its_edges():
    covered = Polygon(points((-1, "1/8"), (3, "1/8"), (3, "3/8"), (-1, "3/8"))).coverage(UNIT, UNIT)
    assert covered.values.tolist() == [[0.5] * 4, [0.5] * 4, [0.0] * 4, [0.0] * 4]


def test_a_disc_agrees_with_its_area_and_with_a_fine_grid():
    disc = Disc(Fraction(2, 5), Fraction(3, 7), Fraction(1, 4))
    grid = PixelGrid(Fraction(0), Fraction(1, 16), 16)
    covered = disc.coverage(grid, grid).values
    assert covered.sum() == pytest.approx(math.pi / 16 * 256, abs=256 * DISC_ERROR)
    at = (np.arange(16 * 64) + 0.5) / (16 * 64)
    inside = (at[None, :] - 2 / 5) ** 2 + (at[:, None] - 3 / 7) ** 2 < 1 / 16
    assert np.abs(covered - inside.reshape(16, 64, 16, 64).mean(axis=(1, 3))).max() < 2 / 64
    with pytest.raises(ValueError, match="transcendental"):
        disc.coverage(grid, grid).exact(0, 0)


def test_a_checkerboard_is_the_sum_of_its_squares():
    side = Fraction(1, 3)
    grid = PixelGrid(Fraction(-1, 20), Fraction(1, 10), 11)
    board = Checkerboard(side).coverage(grid, grid)
    squares = [
        Polygon(
            points(
                (i * side, j * side),
                ((i + 1) * side, j * side),
                ((i + 1) * side, (j + 1) * side),
                (i * side, (j + 1) * side),
            )
        )
        for i in range(-2, 5)
        for j in range(-2, 5)
        if (i + j) % 2 == 0
    ]
    parts = [square.coverage(grid, grid) for square in squares]
    for row in range(11):
        for column in range(11):
            assert board.exact(row, column) == sum((part.exact(row, column) for part in parts), Fraction(0))


def test_a_strip_has_its_width():
    grid = PixelGrid(Fraction(0), Fraction(1, 8), 8)
    assert strip(1, 0, Fraction(1, 4), Fraction(3, 16)).coverage(grid, grid).values.sum() == 8 * 1.5


@pytest.mark.parametrize("mode", [ALIGN_CORNERS, HALF_PIXEL])
@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
def test_the_layers_of_a_scene_cover_everything_once(scene, mode):
    grid = pixel_cells(mode, 16, scene.side)
    covered = np.stack([layer.coverage(grid, grid).values for layer in scene.layers])
    assert np.abs(covered.sum(axis=0) - 1).max() < DISC_ERROR
    assert covered.min() > -DISC_ERROR


def test_every_class_of_the_road_is_in_the_picture():
    grid = pixel_cells(HALF_PIXEL, 64, 512)
    assert all(layer.coverage(grid, grid).values.sum() > 1 for layer in ROAD.layers)


@pytest.mark.parametrize("factor", FACTORS)
def test_cells_lie_where_their_mode_puts_them(factor):
    n_out = 256
    n_in = n_out // factor
    even, hung = pixel_cells(HALF_PIXEL, n_in, n_out), pixel_cells(ALIGN_CORNERS, n_in, n_out)
    assert (even.origin, even.pitch * n_in) == (0, 1)
    first, last = (hung.origin + hung.pitch * (2 * k + 1) / 2 for k in (0, n_in - 1))
    assert (first, last) == (Fraction(1, 2 * n_out), 1 - Fraction(1, 2 * n_out))


def test_edges_cross_every_grid():
    assert len({edge.scene.name for edge in EDGES}) == len(EDGES) == 6
