"""The size rules of libraries and image processors: sizes that public threads report, exact against floating point."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from halfpixel.golden.library_sizes import LIBRARY_SIZES, LibrarySize, RequestKind, SizeRefused, SizeRequest


def _rule(library: str, call: str, kind: RequestKind) -> LibrarySize:
    (found,) = [
        rule for rule in LIBRARY_SIZES if (rule.library, rule.kind) == (library, kind) and rule.call.startswith(call)
    ]
    return found


@pytest.mark.parametrize(
    ("library", "call", "size"),
    [
        ("torchvision", "Resize", (666, 1333)),
        ("detectron2", "ResizeShortestEdge", (667, 1333)),
        ("detr", "datasets", (666, 1332)),
        ("transformers", "DetrImageProcessor", (666, 1333)),
        ("transformers", "YolosImageProcessor", (656, 1328)),
        ("mmcv", "imrescale", (667, 1333)),
    ],
)
def test_600_by_1200_to_800_and_1333_is_what_each_library_says(library, call, size):
    """A third of 2000 is no whole number: the rules of six libraries give four sizes."""
    request = SizeRequest(shortest=800, longest=1333)
    assert _rule(library, call, RequestKind.SHORTEST).size((600, 1200), request) == size


def test_rounding_twice_loses_a_pixel():
    """https://github.com/huggingface/transformers/issues/30902: 436 x 639 before, 436 x 640 after."""
    request = SizeRequest(shortest=640, longest=640)
    assert _rule("detr", "datasets", RequestKind.SHORTEST).size((653, 958), request) == (436, 639)
    assert _rule("transformers", "DetrImageProcessor", RequestKind.SHORTEST).size((653, 958), request) == (436, 640)


def test_a_float_product_that_is_cut_off_misses_170_sides():
    """https://github.com/huggingface/transformers/pull/43187: int(n * (384 / n)) is 383 for 170 sides up to 4096."""
    rule = _rule("transformers", "JanusImageProcessor, until", RequestKind.LONGEST)
    request = SizeRequest(longest=384)
    short = [n for n in range(14, 4097) if rule.size((n, n), request) != (384, 384)]
    assert len(short) == 170
    assert [n for n in short if n > 384][:5] == [535, 559, 588, 591, 607]
    assert all(rule.exact_size((n, n), request) == (384, 384) for n in short)


@pytest.mark.parametrize("size", [39, 43, 78, 86, 115, 123])
def test_position_grids_lose_a_pixel_by_scale(size):
    """https://github.com/facebookresearch/dinov2/pull/378: 37 * (size / 37), floored in double, is one pixel short."""
    request = SizeRequest(scale=(Fraction(size, 37),) * 2)
    rule = _rule("torch", "F.interpolate", RequestKind.SCALE)
    assert rule.size((37, 37), request) == (size - 1, size - 1)
    assert rule.exact_size((37, 37), request) == (size, size)


def test_onnx_and_its_runtime_part_over_one_scale():
    """float32(39/37) * 37 is below 39 exactly, and 39 when the product is rounded to float32."""
    request = SizeRequest(scale=(Fraction(39, 37),) * 2)
    assert _rule("onnx", "Resize", RequestKind.SCALE).size((37, 37), request) == (38, 38)
    assert _rule("onnxruntime", "Resize", RequestKind.SCALE).size((37, 37), request) == (39, 39)


def test_a_library_refuses_what_it_refuses():
    """torchvision wants a limit above the shortest side; Keras wants whole factors."""
    with pytest.raises(SizeRefused, match="larger than size"):
        _rule("torchvision", "Resize", RequestKind.SHORTEST).size((10, 20), SizeRequest(shortest=8, longest=8))
    with pytest.raises(SizeRefused, match="whole factors"):
        _rule("keras", "UpSampling2D", RequestKind.SCALE).size((10, 20), SizeRequest(scale=(Fraction(3, 2),) * 2))


def test_every_rule_keeps_the_orientation_and_is_near_its_exact_size():
    """A tall image stays tall, and floating point is never off by more than a pixel (16 where multiples are taken)."""
    chance = random.Random(5)
    requests = {
        RequestKind.SCALE: SizeRequest(scale=(Fraction("0.7177"),) * 2),
        RequestKind.SHORTEST: SizeRequest(shortest=480),
        RequestKind.LONGEST: SizeRequest(longest=384),
        RequestKind.LETTERBOX: SizeRequest(letterbox=(640, 640)),
        RequestKind.MULTIPLE: SizeRequest(multiple=14),
    }
    tried = 0
    for _ in range(200):
        image = (chance.randint(40, 3000), chance.randint(40, 3000))
        for rule in LIBRARY_SIZES:
            try:
                size = rule.size(image, requests[rule.kind])
            except SizeRefused:
                continue
            exact = rule.exact_size(image, requests[rule.kind])
            assert (size[0] - size[1]) * (image[0] - image[1]) >= 0, (rule, image, size)
            assert max(abs(a - b) for a, b in zip(size, exact, strict=True)) <= 16, (rule, image, size, exact)
            tried += 1
    assert tried > 200 * (len(LIBRARY_SIZES) - 2)


@pytest.mark.parametrize("request_", [SizeRequest(), SizeRequest(longest=3, multiple=2)])
def test_a_request_asks_by_one_thing(request_):
    """None, or two, has no kind."""
    with pytest.raises(ValueError, match="ask by one thing"):
        assert request_.kind
