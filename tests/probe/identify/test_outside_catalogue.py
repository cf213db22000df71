"""Are functions outside every catalogue left unnamed, and the numbers they were made from estimated?"""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from halfpixel.golden import Convention
from halfpixel.probe.identify.kernel_families import mitchell_netravali
from halfpixel.probe.identify.kernel_plot import kernel_as_text, kernels_as_svg
from halfpixel.probe.identify.naming import MOST_CALLS, identify
from tests.fakes.exact import exact_resize
from tests.fakes.outside import LINEAR_BOXES, NOT_LINEAR, BlackBox, Resize
from tests.probe.identify import MOST_CALLS_FOR_A_RULE


def whole_numbers(resize: Resize) -> Resize:
    """The same function of uint8 alone, rounded to the nearest."""

    def rounded(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if image.dtype != np.uint8 or image.ndim != 2:
            raise TypeError("uint8 planes only")
        return np.floor(resize(image, size).astype(np.float64) + 0.5).clip(0, 255).astype(np.uint8)

    return rounded


def assert_numbers(box: BlackBox, kernel, within: float) -> None:
    """Whether a kernel's fit has the family, the numbers and the stretch that ``box`` was made from."""
    assert kernel.fits, str(kernel.fit)
    if box.kernel == "cubic":
        assert mitchell_netravali(kernel.fit.family, kernel.fit.parameters) == pytest.approx(box.numbers, abs=within)
    else:
        assert box.kernel in kernel.fit.family.name
        assert kernel.fit.parameters == pytest.approx(box.numbers, rel=within, abs=within)
    shrink = kernel.pair[0] / kernel.pair[1] if box.antialias and kernel.pair[1] < kernel.pair[0] else 1.0
    if not kernel.fit.family.has_width:
        assert kernel.fit.stretch == pytest.approx(box.stretch * shrink, rel=within)


@pytest.mark.parametrize("box", LINEAR_BOXES, ids=lambda box: box.name)
def test_a_black_box_is_not_named_and_its_numbers_are_estimated(box: BlackBox):
    found = identify(box.resize)
    assert found.convention is None, str(found)
    assert found.faults == ()
    assert found.calls <= MOST_CALLS_FOR_A_RULE
    estimated = found.parameters
    kernels = [estimated.enlarging, estimated.shrinking]
    for kernel in kernels:
        if box.kernel:
            assert_numbers(box, kernel, 1e-4)
        else:
            assert not kernel.fits
            assert "none of the known families" in str(found)
    rule = estimated.rule
    assert rule.fits
    assert (rule.mode or str(rule)) in (box.mode, _same_as(box.mode))
    assert (rule.shift, rule.unit) == (pytest.approx(box.shift, abs=1e-4), box.unit)
    ratio = estimated.shrinking.pair[0] / estimated.shrinking.pair[1]
    expected = ratio if box.antialias else 1.0
    assert estimated.widening == pytest.approx(expected, rel=1e-4 if box.kernel else 0.05)
    assert [one.end for one in estimated.borders] == ["start", "end"]
    for one, rule_there in zip(estimated.borders, box.borders, strict=True):
        assert one.fits
        assert rule_there in one.rules


def _same_as(mode: str) -> str:
    """``s / 2`` is the same anchor as centring for a scale of (n_in - 1) / n_out."""
    return mode.replace("(n_in - 1 - s (n_out - 1)) / 2", "s / 2")


@pytest.mark.parametrize("box", LINEAR_BOXES, ids=lambda box: box.name)
def test_rounded_to_uint8_it_is_not_named_either_and_estimates_are_nearly_as_good(box: BlackBox):
    found = identify(whole_numbers(box.resize))
    assert found.convention is None, str(found)
    assert found.faults == ()
    assert found.calls <= MOST_CALLS
    assert found.form == "uint8 images"
    fitting = [one for one in (found.parameters.enlarging, found.parameters.shrinking) if one.fits]
    assert bool(fitting) == bool(box.kernel)
    for kernel in fitting:
        assert_numbers(box, kernel, 0.03)
        assert kernel.slope * kernel.pair[1] / kernel.pair[0] == pytest.approx(1, abs=0.04)
    assert found.parameters.rule.shift == pytest.approx(box.shift, abs=0.01)


@pytest.mark.parametrize(("name", "resize"), NOT_LINEAR, ids=[name for name, _ in NOT_LINEAR])
def test_what_is_not_linear_is_said_to_be_so_and_has_no_estimates(name, resize):
    found = identify(resize)
    assert found.convention is None
    assert "linearity" in [fault.factor for fault in found.faults], str(found)
    assert found.parameters is None
    assert "estimate:" not in str(found)
    assert found.calls <= MOST_CALLS_FOR_A_RULE


def test_estimates_read_as_text_with_their_evidence():
    box = next(box for box in LINEAR_BOXES if box.name == "linear, stretched by 1.2")
    lines = str(identify(box.resize)).splitlines()
    assert lines[0].endswith("no known convention; its parameters are estimated below")
    assert (
        "estimate:    coordinates, enlarging: x_in = 0.41250 x_out - 0.2938"
        " [33 -> 80, 72 rows, by the kernel that fits]"
    ) in lines
    assert any(line.startswith("estimate:    coordinates: half_pixel [") for line in lines)
    assert any(line.startswith("estimate:    kernel, enlarging: triangle") for line in lines)
    assert any(line.startswith("estimate:    antialias: no, ") for line in lines)
    assert "estimate:    one input pixel: is repeated [1 -> 4]" in lines


def test_what_has_a_name_has_estimates_too_that_are_not_printed():
    found = identify(exact_resize(Convention(kernel="cubic", cubic_coeff_a="-0.5", border="mirror")))
    assert "estimate:" not in str(found)
    kernel = found.parameters.enlarging
    assert mitchell_netravali(kernel.fit.family, kernel.fit.parameters) == pytest.approx((0, 0.5), abs=1e-5)
    assert [one.rules for one in found.parameters.borders] == [("mirror",), ("mirror",)]


def test_a_kernel_is_drawn_as_text_and_as_a_picture():
    found = identify(exact_resize(Convention(kernel="linear")))
    kernel = found.parameters.enlarging
    lines = kernel_as_text(kernel).splitlines()
    assert lines[0] == "kernel, enlarging 9 -> 32: weight over x_in - coordinate, input pixels"
    assert len(lines) == 14
    first = [line.index("o") for line in lines[1:12] if "o" in line]
    assert first == sorted(first, reverse=True), "a triangle widens downwards"
    root = ElementTree.fromstring(kernels_as_svg([kernel]))
    lines_drawn = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines_drawn) == 1
    points = [tuple(map(float, pair.split(","))) for pair in lines_drawn[0].get("points").split()]
    assert len(points) == len(root.findall("{http://www.w3.org/2000/svg}circle"))
    highest = min(points, key=lambda point: point[1])
    assert highest[0] == pytest.approx(320, abs=8), "in the middle"
