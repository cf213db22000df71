"""Every adapter hands images over and takes them back as they are; wrong adapters are told from right ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from halfpixel import adapters
from halfpixel.adapters import from_callable
from halfpixel.golden import Convention
from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.probe.measure.axis_matrix import Refused
from tests.fakes.exact import exact_resize
from tests.probe.adapter_sanity import adapter_faults

LINEAR = Convention(kernel="linear")
_RIGHT = from_callable(exact_resize(LINEAR), "right", claim=LINEAR)


def _wrong(change: Callable[[Callable, np.ndarray, tuple[int, int]], np.ndarray]):
    """The right operation with ``change(run, images, size)`` in its place."""
    return replace(_RIGHT, run=lambda images, size: change(_RIGHT.run, images, size))


def _swapped(run, images, size):
    return run(images.transpose(0, 2, 1, 3), size)


def _reshaped(run, images, size):
    n, h, w, c = images.shape
    return run(images.transpose(0, 2, 1, 3).reshape(n, h, w, c), size)


def _in_few_bits(run, images, size):
    bits = run(images, size).astype(np.float32).view(np.uint32)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32)


WRONG = {
    "the other size": (lambda run, x, size: run(x, size[::-1]), "returned shape|height and width exchanged"),
    "height and width exchanged going in": (_swapped, "like no resize|height and width"),
    "reshaped instead of transposed": (_reshaped, "like no resize|height and width"),
    "upside down": (lambda run, x, size: run(x, size)[:, ::-1], "mirrored top to bottom"),
    "mirrored": (lambda run, x, size: run(x[:, :, ::-1], size), "mirrored left to right"),
    "turned": (lambda run, x, size: run(x, size)[:, ::-1, ::-1], "turned by half"),
    "images reversed": (lambda run, x, size: run(x[::-1], size), "images in another order"),
    "BGR": (lambda run, x, size: run(x, size)[..., ::-1], "channels in another order"),
    "clipped to 0..1": (lambda run, x, size: np.clip(run(x, size), 0, 1), "clipped to 0..1"),
    "clipped to 0..255": (lambda run, x, size: np.clip(run(x, size), 0, 255), "clipped to 0..255"),
    "negative values lost": (lambda run, x, size: np.maximum(run(x, size), 0), "clipped below at 0"),
    "scaled to 0..1": (lambda run, x, size: run(x, size) / 255, "scaled by 255"),
    "uint8 on the way": (
        lambda run, x, size: run(x.astype(np.uint8).astype(np.float32), size),
        "like no|clipped|off by",
    ),
    "whole numbers": (lambda run, x, size: np.rint(run(x, size)), "rounded to whole numbers"),
    "half precision": (lambda run, x, size: run(x.astype(np.float16), size).astype(np.float16), "comes back off by"),
    "bfloat16": (_in_few_bits, "comes back off by"),
    "always another size first": (lambda run, x, size: run(run(x, (7, 7)), size), "where the size stays"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_adapter_is_complained_of(name):
    change, words = WRONG[name]
    with pytest.raises(AssertionError, match=words):
        assert adapter_faults(_wrong(change)) == []
    assert adapter_faults(replace(_wrong(change), claim=None)) != [] or name == "always another size first"


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_no_convention_is_complained_of_with_or_without_a_claim(entry):
    resize = from_callable(exact_resize(entry.convention), entry.name, claim=entry.convention)
    for one in (resize, replace(resize, claim=None)):
        assert adapter_faults(one) == []


def test_what_refuses_everything_is_not_called_right():
    def refusing(run, images, size):
        raise TypeError("no such picture")

    with pytest.raises(Refused, match="no such picture"):
        adapter_faults(_wrong(refusing))


@pytest.mark.parametrize("framework", adapters.frameworks())
def test_adapters_hand_images_over_as_they_are(framework):
    if adapters.frameworks()[framework].version is None:
        pytest.skip(f"{framework} is not installed")
    found, judged = {}, 0
    for each in (*adapters.operations(framework), *adapters.integer_operations(framework)):
        try:
            found[each.id] = adapter_faults(each)
            judged += 1
        except (Refused, adapters.NotInstalled):
            continue
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert judged, f"nothing could be asked of {framework}"
