"""Is it seen how far two calls are apart on bytes, who is off, and who refuses?"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from halfpixel.adapters import Operation, from_callable
from halfpixel.golden import Convention, matrix
from halfpixel.probe.translate.integer_images import bytes_line, compare_bytes
from halfpixel.probe.translate.sources import convention_source

_CUBIC = Convention(kernel="cubic", cubic_coeff_a="-1/2", antialias=True, border="renormalise")


def _matrices(image, size):
    return (matrix(_CUBIC, n_in, n_out).to_array() for n_in, n_out in zip(image.shape, size, strict=True))


def _bytes(values):
    # The least that can lie between a value and a tie that it is not on is far above 1e-9, and float64 errs by less.
    return np.clip(np.floor(values + 0.5 + 1e-9), 0, 255).astype(np.uint8)


def once(image, size):
    """One rounding and one clip."""
    rows, columns = _matrices(image, size)
    return _bytes(rows @ image.astype(np.float64) @ columns.T)


def width_first(image, size):
    """Rounds and clips after either pass."""
    rows, columns = _matrices(image, size)
    return _bytes(rows @ _bytes(image.astype(np.float64) @ columns.T))


def height_first(image, size):
    """The other pass first."""
    rows, columns = _matrices(image, size)
    return _bytes(_bytes(rows @ image.astype(np.float64)) @ columns.T)


def floats(image, size):
    """Floats, neither rounded nor clipped."""
    rows, columns = _matrices(image, size)
    return (rows @ image.astype(np.float64) @ columns.T).astype(np.float32)


def unit_floats(image, size):
    """Floats from 0 to 1."""
    return floats(image, size) / np.float32(255)


def floats_only(image, size):
    """Refuses bytes."""
    if image.dtype != np.float32:
        raise TypeError("float32 only")
    return floats(image, size)


def _call(function) -> Operation:
    return dataclasses.replace(from_callable(function, claim=_CUBIC), framework=function.__name__)


@pytest.mark.parametrize("same", [once, floats, unit_floats])
def test_what_gives_the_same_bytes_is_the_same(same):
    found = compare_bytes(_call(once), _call(same), _CUBIC)
    assert found.shape is not None
    # Floats are rounded to even here, and bytes half up: a tie may show as one level.
    assert found.levels <= (0 if same is once else 1)
    assert found.images > 100


@pytest.mark.parametrize(("other", "order"), [(width_first, "the width first"), (height_first, "the height first")])
def test_clipping_between_the_passes_is_seen_and_named(other, order):
    """Whoever does it, and in whichever order; the exact value says which of both is off."""
    found = compare_bytes(_call(once), _call(other), _CUBIC)
    assert found.levels > 10
    assert found.own == 0
    assert found.theirs == found.levels
    assert found.notes == (f"{other.__name__} rounds and clips between the two passes ({order})",)
    line = bytes_line(found, _call(once), _call(other))
    assert line.startswith(f"up to {found.levels:.3g} grey levels apart, at ")
    assert "no proof of a bound" in line
    turned = compare_bytes(_call(other), _call(once), _CUBIC)
    assert (turned.levels, turned.own, turned.theirs) == (found.levels, found.theirs, found.own)


def test_without_a_convention_the_two_are_compared_all_the_same():
    found = compare_bytes(_call(once), _call(width_first), None)
    assert found.levels > 5
    assert (found.own, found.theirs, found.notes) == (None, None, ())


def test_a_refusal_is_no_agreement():
    """On either side, with the framework's message."""
    for pair in ((once, floats_only), (floats_only, once)):
        found = compare_bytes(*map(_call, pair), _CUBIC)
        assert found.shape is None
        assert not found.is_same
        assert "float32 only" in found.refused
        assert bytes_line(found, *map(_call, pair)).startswith("not compared: floats_only floats_only refuses")


def test_a_call_defined_nowhere_is_not_compared():
    nowhere = dataclasses.replace(_call(once), accepts=lambda n_in, n_out: False)
    assert not compare_bytes(_call(once), nowhere, _CUBIC).is_same


def test_a_convention_gives_bytes_rounded_once():
    found = compare_bytes(convention_source(_CUBIC), _call(once), _CUBIC)
    assert found.is_same
