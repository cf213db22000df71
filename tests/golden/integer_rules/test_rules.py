"""Every integer rule: it describes itself, rounds the convention that it names, and refuses what it is not for."""

from __future__ import annotations

import numpy as np
import pytest

from bench import integer_rules as bench
from halfpixel.golden import matrix
from halfpixel.golden.integer_rules import INTEGER_RULES, IntegerRule

EVERY_RULE = pytest.mark.parametrize("rule", INTEGER_RULES.values(), ids=lambda rule: rule.name)


def _image(rule: IntegerRule, shape: tuple[int, int]) -> np.ndarray:
    """Noise around the middle of the range, so that nothing is clipped; opaque where there is alpha."""
    image = np.random.default_rng(0).integers(100, 156, shape).astype(rule.dtype)
    if "-rgba-" not in rule.name:
        return image
    return np.dstack([image, image, image, np.full(shape, 255, rule.dtype)])


@EVERY_RULE
def test_a_rule_says_what_it_is(rule):
    assert rule.name.startswith(rule.library)
    assert rule.name.endswith(f"-{rule.dtype}")
    assert rule.source.startswith("https://")
    assert rule.versions or rule.library == "onnx"  # a text, not a library
    assert len(rule.steps) > 80


@EVERY_RULE
@pytest.mark.parametrize(("size_in", "size"), [((10, 15), (5, 5)), ((9, 7), (5, 11)), ((7, 5), (13, 8))])
def test_a_rule_rounds_the_convention_that_it_names(rule, size_in, size):
    """Within two grey levels, as each pass rounds and the second may double what the first did. Sizes without ties."""
    image = _image(rule, size_in)
    try:
        resized = rule.resize(image, size)
    except ValueError:
        pytest.skip("the rule is not for these sizes")
    weights = [matrix(rule.convention, *lengths).to_array() for lengths in zip(size_in, size, strict=True)]
    grey = image[..., 0] if image.ndim == 3 else image
    exact = weights[0] @ grey.astype(np.float64) @ weights[1].T
    got = resized[..., 0] if image.ndim == 3 else resized
    assert got.shape == size
    assert np.abs(got - exact).max() < 2
    assert np.ptp(got) > 5


@EVERY_RULE
def test_channels_do_not_mix(rule):
    """Three greys as one image are three greys; with alpha, the colours are alike."""
    image = _image(rule, (9, 7))
    if image.ndim == 2:
        image = np.dstack([image, image[::-1], image[:, ::-1]])
    resized = rule.resize(image, (5, 6))
    assert resized.shape == (5, 6, image.shape[2])
    if "-rgba-" in rule.name:
        np.testing.assert_array_equal(resized[..., 0], resized[..., 2])
        assert (resized[..., 3] == 255).all()
    else:
        for channel in range(3):
            np.testing.assert_array_equal(resized[..., channel], rule.resize(image[..., channel], (5, 6)))


@EVERY_RULE
def test_the_same_size_is_a_copy(rule):
    image = _image(rule, (4, 3))
    copy = rule.resize(image, (4, 3))
    assert copy is not image
    if rule.library == "tensorflow" and rule.convention.kernel in ("gaussian", "mitchell", "lanczos"):
        assert np.abs(copy.astype(int) - image).max() > 0 or rule.convention.kernel == "lanczos"  # resized all the same
    else:
        np.testing.assert_array_equal(copy, image)


@EVERY_RULE
def test_a_rule_refuses_other_images(rule):
    image = _image(rule, (4, 3))
    for wrong in (image.astype(np.float32), image[0, ..., 0] if image.ndim == 3 else image[0], image[:0]):
        with pytest.raises(ValueError, match="expected"):
            rule.resize(wrong, (2, 2))
    with pytest.raises(ValueError, match="expected"):
        rule.resize(image, (0, 2))


@pytest.mark.parametrize(
    ("name", "faulty"),
    [
        ("pillow-bicubic-uint8", "pillow-11-bicubic-uint8"),  # the order of the passes
        ("pillow-bilinear-uint8", "torch-bilinear-antialias-uint8"),  # 22 bits of weights, and 15 or so
        ("pillow-lanczos-rgba-uint8", "pillow-lanczos-uint8"),  # alpha not multiplied in
        ("pillow-nearest-uint8", "torch-nearest-exact-uint8"),  # a running sum decides ties
    ],
)
def test_the_comparison_finds_small_faults(monkeypatch, name, faulty):
    """The images that bench and tests compare reveal what a rule may get wrong, in 150 of them."""
    rule, wrong = INTEGER_RULES[name], INTEGER_RULES[faulty].resize
    monkeypatch.setattr(bench, "library_call", lambda rule: wrong)
    compared = bench.compare(rule, 150)
    assert compared.images == 150
    assert compared.differing > 0
