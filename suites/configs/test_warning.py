"""When mmsegmentation's ``resize`` warns of sizes, and when ``align_corners=True`` really loses the grid.

It warns unless the input is ``x + 1`` and the output ``n x + 1``. Of one axis, that is the exact condition for every
input pixel to lie on an output pixel (``parity.mmseg.grids.keeps_grid``). Of two axes, it is not what the code asks.
"""

from __future__ import annotations

import warnings
from collections import Counter
from itertools import product

import pytest

from adapters.registry import frameworks
from parity.mmseg.grids import keeps_grid

Size = tuple[int, int]
LONGEST = 64


@pytest.fixture(scope="module")
def warns(mmseg_version):
    """``warns(size_in, size_out)``: whether the real function warns."""
    namespace: dict = {}
    exec(frameworks()["mmseg"].imports, namespace)
    resize, torch = namespace["wrappers"].resize, namespace["torch"]
    images: dict[Size, object] = {}

    def asked(size_in: Size, size_out: Size) -> bool:
        if size_in not in images:
            images[size_in] = torch.zeros(1, 1, *size_in)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            resize(images[size_in], size=size_out, mode="bilinear", align_corners=True)
        return any("would more aligned" in str(one.message) for one in caught)

    return asked


def _is_kept(size_in: Size, size_out: Size) -> bool:
    return keeps_grid(size_in[0], size_out[0]) and keeps_grid(size_in[1], size_out[1])


def _pairs() -> list[tuple[int, int]]:
    return [(n_in, n_out) for n_in in range(1, LONGEST + 1) for n_out in range(1, LONGEST + 1)]


def _compared(warns, shape) -> Counter:
    """How often it warns or not where the grid is kept or lost, of sizes ``shape(n_in), shape(n_out)`` by height."""
    found: Counter = Counter()
    for n_in, n_out in _pairs():
        size_in, size_out = shape(n_in, n_out)
        height = "grows" if size_out[0] > size_in[0] else "shrinks" if size_out[0] < size_in[0] else "stays"
        kept = "kept" if _is_kept(size_in, size_out) else "lost"
        found[height, kept, "warned" if warns(size_in, size_out) else "silent"] += 1
    return found


def test_squares_that_grow_are_warned_of_exactly_where_they_lose_the_grid(warns):
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
def test_an_image_that_loses_the_grid_along_one_axis_alone_is_never_warned_of(shape, missed, warns):
    found = _compared(warns, shape)
    assert {key[:2]: count for key, count in found.items() if key[1:] == ("lost", "silent")} == missed
    assert not any(key[2] == "warned" for key in found)


def test_an_image_with_one_pixel_along_an_axis_is_never_warned_of(warns):
    lost = [(n_in, n_out) for n_in, n_out in _pairs() if n_out > n_in and not keeps_grid(n_in, n_out)]
    assert not any(warns((1, n_in), (7, n_out)) or warns((n_in, 1), (n_out, 7)) for n_in, n_out in lost)
    assert len(lost) == 1743


def test_it_never_warns_where_the_grid_is_kept_along_both_axes(warns):
    asked = 0
    for size_in, size_out in product(product(range(1, 9), repeat=2), repeat=2):
        if _is_kept(size_in, size_out):
            assert not warns(size_in, size_out), (size_in, size_out)
            asked += 1
    assert asked == 24**2


def test_shrinking_is_warned_of_where_the_output_is_wider_than_high(warns):
    """For growth along the width it compares the output's width with the output's own height."""
    landscape = _compared(warns, lambda n_in, n_out: ((n_in, 2 * n_in), (n_out, 2 * n_out)))
    portrait = _compared(warns, lambda n_in, n_out: ((2 * n_in, n_in), (2 * n_out, n_out)))
    assert landscape["shrinks", "lost", "warned"] == 1953
    assert portrait["shrinks", "lost", "warned"] == 0
    assert landscape["grows", "lost", "warned"] == portrait["grows", "lost", "warned"] == 1696
    assert warns((3, 5), (2, 4)) is True
    assert warns((5, 3), (4, 2)) is False


def test_a_growing_width_is_not_noticed_where_the_output_is_higher_than_wide(warns):
    assert not keeps_grid(4, 6)
    assert warns((9, 4), (8, 6)) is False
    assert warns((4, 9), (6, 8)) is True
