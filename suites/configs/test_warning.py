"""When mmsegmentation's ``resize`` warns of sizes, and when ``align_corners=True`` really loses the grid.

It warns unless the input is ``x + 1`` and the output ``n x + 1``. Of one axis, that is the exact condition for every
input pixel to lie on an output pixel (``halfpixel.golden.align_corners.keeps_grid``). Of two axes, the code checks
something else.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from halfpixel.adapters.registry import frameworks
from halfpixel.golden.align_corners import keeps_grid

Size = tuple[int, int]
Warns = Callable[[Size, Size], bool]
Shape = Callable[[int, int], tuple[Size, Size]]
Counts = Counter[tuple[str, str, str]]
LONGEST = 64


@pytest.fixture(scope="module")
def warns(mmseg_version: str) -> Warns:
    """``warns(size_in, size_out)``: whether the real function warns."""
    namespace: dict[str, Any] = {}
    exec(frameworks()["mmseg"].imports, namespace)
    resize, torch = namespace["wrappers"].resize, namespace["torch"]
    images: dict[Size, object] = {}

    def warns_of(size_in: Size, size_out: Size) -> bool:
        if size_in not in images:
            images[size_in] = torch.zeros(1, 1, *size_in)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            resize(images[size_in], size=size_out, mode="bilinear", align_corners=True)
        return any("would more aligned" in str(warning.message) for warning in caught)

    return warns_of


def _is_kept(size_in: Size, size_out: Size) -> bool:
    return keeps_grid(size_in[0], size_out[0]) and keeps_grid(size_in[1], size_out[1])


def _pairs() -> list[tuple[int, int]]:
    return [(n_in, n_out) for n_in in range(1, LONGEST + 1) for n_out in range(1, LONGEST + 1)]


def _compared(warns: Warns, shape: Shape) -> Counts:
    """How often it warns or not where the grid is kept or lost, of sizes ``shape(n_in), shape(n_out)`` by height."""
    counts: Counts = Counter()
    for n_in, n_out in _pairs():
        size_in, size_out = shape(n_in, n_out)
        height = "grows" if size_out[0] > size_in[0] else "shrinks" if size_out[0] < size_in[0] else "stays"
        kept = "kept" if _is_kept(size_in, size_out) else "lost"
        counts[height, kept, "warned" if warns(size_in, size_out) else "silent"] += 1
    return counts


def test_squares_that_grow_are_warned_of_exactly_where_they_lose_the_grid(warns: Warns) -> None:
    assert _compared(warns, lambda n_in, n_out: ((n_in, n_in), (n_out, n_out))) == {
        ("grows", "lost", "warned"): 1743,
        ("grows", "kept", "silent"): 273,
        ("stays", "kept", "silent"): 64,
        ("shrinks", "lost", "silent"): 2016,
    }


@pytest.mark.parametrize(
    ("shape", "missed"),
    [
        (lambda n_in, n_out: ((n_in, 5), (n_out, 5)), {("grows", "lost"): 1743, ("shrinks", "lost"): 2016}),
        (lambda n_in, n_out: ((n_in, 5), (n_out, 9)), {("grows", "lost"): 1743, ("shrinks", "lost"): 2016}),
        (lambda n_in, n_out: ((5, n_in), (5, n_out)), {("stays", "lost"): 3759}),
        (lambda n_in, n_out: ((5, n_in), (9, n_out)), {("grows", "lost"): 3759}),
    ],
    ids=["the height, the width stays", "the height", "the width, the height stays", "the width"],
)
def test_an_image_that_loses_the_grid_along_one_axis_alone_is_never_warned_of(
    shape: Shape, missed: dict[tuple[str, str], int], warns: Warns
) -> None:
    counts = _compared(warns, shape)
    assert {key[:2]: count for key, count in counts.items() if key[1:] == ("lost", "silent")} == missed
    assert not any(key[2] == "warned" for key in counts)


def test_an_image_with_one_pixel_along_an_axis_is_never_warned_of(warns: Warns) -> None:
    lost = [(n_in, n_out) for n_in, n_out in _pairs() if n_out > n_in and not keeps_grid(n_in, n_out)]
    assert not any(warns((1, n_in), (7, n_out)) or warns((n_in, 1), (n_out, 7)) for n_in, n_out in lost)
    assert len(lost) == 1743


def test_it_never_warns_where_the_grid_is_kept_along_both_axes(warns: Warns) -> None:
    kept = 0
    sizes = list(product(range(1, 9), range(1, 9)))
    for size_in, size_out in product(sizes, sizes):
        if _is_kept(size_in, size_out):
            assert not warns(size_in, size_out), (size_in, size_out)
            kept += 1
    assert kept == 24**2


def test_shrinking_is_warned_of_where_the_output_is_wider_than_high(warns: Warns) -> None:
    """For growth along the width it compares the output's width with the output's own height."""
    landscape = _compared(warns, lambda n_in, n_out: ((n_in, 2 * n_in), (n_out, 2 * n_out)))
    portrait = _compared(warns, lambda n_in, n_out: ((2 * n_in, n_in), (2 * n_out, n_out)))
    assert landscape["shrinks", "lost", "warned"] == 1953
    assert portrait["shrinks", "lost", "warned"] == 0
    assert landscape["grows", "lost", "warned"] == portrait["grows", "lost", "warned"] == 1696
    assert warns((3, 5), (2, 4)) is True
    assert warns((5, 3), (4, 2)) is False


def test_a_growing_width_is_not_noticed_where_the_output_is_higher_than_wide(warns: Warns) -> None:
    assert not keeps_grid(4, 6)
    assert warns((9, 4), (8, 6)) is False
    assert warns((4, 9), (6, 8)) is True
