"""Are resizers of uint8 held against whole operators: right ones agree, however they round, and wrong ones diverge?"""

from __future__ import annotations

import numpy as np
import pytest

from halfpixel.golden.catalogue import named_convention
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.identify.input_formats import choose_format
from halfpixel.probe.image_pairs.level_check import LevelCheck, NotRepeatable, check_levels
from halfpixel.probe.measure.axis_matrix import as_operation
from tests.probe.image_pairs.pictures import resized

LINEAR = named_convention("torch-bilinear").convention
BICUBIC = named_convention("pillow-bicubic").convention
SIZES = ((8, 5), (5, 8), (3, 6), (8, 2))


def _uint8(function):
    def levels(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if image.dtype != np.uint8:
            raise TypeError("uint8 only")
        return function(image, size)

    return levels


def _checked(function, convention) -> LevelCheck:
    chosen = choose_format(as_operation(_uint8(function)), True, list(SIZES), None)
    assert chosen.is_levels
    return check_levels(chosen, convention, SIZES)


@pytest.mark.parametrize("rule", ["half_up", "half_even", "half_down", "truncate"])
@pytest.mark.parametrize("passes", ["once", "rows", "columns"])
def test_right_ones_agree_however_they_round(passes, rule):
    found = _checked(lambda image, size: resized(image, size, BICUBIC, passes, rule), BICUBIC)
    assert found.verdict == Verdict.AGREES, str(found)
    assert not found.refused


def test_an_order_of_passes_that_depends_on_the_size_agrees():
    def resize(image, size):
        return resized(image, size, BICUBIC, "rows" if size[1] > image.shape[1] else "columns")

    found = _checked(resize, BICUBIC)
    assert found.verdict == Verdict.AGREES, str(found)
    assert "one axis before the other, as the sizes decide" in str(found)


def test_what_follows_another_convention_is_told():
    found = _checked(lambda image, size: resized(image, size, BICUBIC), LINEAR)
    assert found.verdict == Verdict.DIVERGES
    assert found.follows == BICUBIC
    assert "kernel and antialias" in str(found)


def _means_of_blocks(image, size):
    while all(n >= 2 * n_out and n % 2 == 0 for n, n_out in zip(image.shape, size, strict=True)):
        blocks = image.reshape(image.shape[0] // 2, 2, image.shape[1] // 2, 2)
        image = np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)
    return resized(image, size, LINEAR)


def _shared_scale(image, size):
    """Both axes by the scale of the one that shrinks less; the rest is cut off."""
    if all(n_out < n for n, n_out in zip(image.shape, size, strict=True)):
        ratio = max(n_out / n for n, n_out in zip(image.shape, size, strict=True))
        whole = tuple(max(n_out, round(n * ratio)) for n, n_out in zip(image.shape, size, strict=True))
        return resized(image, whole, LINEAR)[: size[0], : size[1]]
    return resized(image, size, LINEAR)


@pytest.mark.parametrize("wrong", [_means_of_blocks, _shared_scale], ids=["means of blocks", "a shared scale"])
def test_what_is_wrong_only_jointly_diverges(wrong):
    found = _checked(wrong, LINEAR)
    assert found.verdict == Verdict.DIVERGES
    assert "separability: each axis alone agrees, and both together do not" in str(found)


def test_ordered_dithering_is_no_arithmetic():
    pattern = np.array([[0.125, 0.625], [0.875, 0.375]])

    def dithered(image, size):
        from halfpixel.golden import matrix

        rows, columns = (matrix(LINEAR, *pair).to_array() for pair in zip(image.shape, size, strict=True))
        threshold = np.tile(pattern, (size[0] // 2 + 1, size[1] // 2 + 1))[: size[0], : size[1]]
        return np.clip(np.floor(rows @ image.astype(np.float64) @ columns.T + threshold), 0, 255).astype(np.uint8)

    assert not _checked(dithered, LINEAR).verdict.is_agreement


def test_what_changes_from_call_to_call_has_no_verdict():
    random = np.random.default_rng(0)
    with pytest.raises(NotRepeatable, match="made again"):
        _checked(lambda image, size: resized(image, size, LINEAR) ^ random.integers(0, 2, size, np.uint8), LINEAR)


def test_refused_sizes_are_told_and_are_no_agreement():
    def small(image, size):
        if size[0] == 2:
            raise RuntimeError("not two")
        return resized(image, size, LINEAR)

    found = _checked(small, LINEAR)
    assert found.verdict == Verdict.UNSUPPORTED
    assert ("RuntimeError: not two", 1) in found.refused
    assert "agree" in str(found)
