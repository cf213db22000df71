"""Tests the tester of gradients: every wrong one is caught for the right reason, and no right one is accused."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from halfpixel import adapters
from halfpixel.adapters import Framework, Gradient
from halfpixel.adapters.gradients import GradientMode, differentiate
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.variants.gradients.observe import NO_GRADIENT_MODE, gradients
from tests.fakes.variants.gradients import RIGHT, WRONG, GradientFake

DISAGREEMENT = (Verdict.APPROXIMATES, Verdict.DIVERGES, Verdict.ERROR)


def _named(fakes: tuple[GradientFake, ...]) -> list:
    return [pytest.param(fake, id=fake.name) for fake in fakes]


def test_there_are_enough_fakes_and_each_has_a_name_of_its_own():
    assert len(WRONG) >= 20
    assert len(RIGHT) >= 8
    names = [fake.name for fake in (*WRONG, *RIGHT)]
    assert len(set(names)) == len(names)
    assert all(fake.factors for fake in WRONG)
    assert not any(fake.factors for fake in RIGHT)


@pytest.mark.parametrize("fake", _named(WRONG))
def test_a_wrong_gradient_is_caught_and_its_fault_is_named(fake: GradientFake):
    found = [seen for seen in gradients(fake.operation, fake.gradient) if not seen.verdict.is_agreement]
    assert len(found) == 1, [seen.message(fake.name) for seen in found]
    assert found[0].verdict in DISAGREEMENT
    assert found[0].attribution.factors[0] == "gradient"
    assert set(found[0].attribution.factors) & fake.factors, found[0].message(fake.name)
    if fake.factors != {"gradient"}:
        assert set(found[0].attribution.factors[1:]) & fake.factors, found[0].message(fake.name)


@pytest.mark.parametrize("fake", _named(RIGHT))
def test_a_right_gradient_is_not_accused(fake: GradientFake):
    found = gradients(fake.operation, fake.gradient)
    assert [seen.message(fake.name) for seen in found if not seen.verdict.is_agreement] == []
    assert len(found) == len(fake.gradient.modes)
    assert all(seen.measured >= 11 for seen in found)


def test_a_framework_without_a_way_to_differentiate_says_so():
    (operation,) = [one for one in adapters.operations("scipy") if one.name == "zoom()"]
    (found,) = gradients(operation)
    assert found.verdict is Verdict.UNSUPPORTED
    assert found.refused == NO_GRADIENT_MODE


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda resize, x, h, w, g: None, "it gives None in place of a gradient"),
        (lambda resize, x, h, w, g: {}["no entry"], "KeyError: 'no entry'"),
    ],
    ids=["None", "an exception"],
)
def test_a_gradient_that_is_refused_is_recorded_with_the_message(function, message):
    (found,) = gradients(RIGHT[0].operation, Gradient("fake", function))
    assert found.verdict is Verdict.UNSUPPORTED
    assert found.refused == message


def test_a_gradient_of_another_shape_is_an_error():
    (found,) = gradients(RIGHT[0].operation, Gradient("fake", lambda resize, x, h, w, g: g))
    assert found.verdict is Verdict.ERROR
    assert "(7, 9" in found.attribution.explanation


def test_a_factor_of_two_is_a_gain_of_one():
    """Rows of linear weights sum to one, so a gradient twice as large is off by one for images in [-1, 1]."""
    (found,) = [
        seen for fake in WRONG if fake.name == "twice as large" for seen in gradients(fake.operation, fake.gradient)
    ]
    assert found.verdict is Verdict.DIVERGES
    assert "2 to 2 times" in found.attribution.explanation


@pytest.mark.parametrize("layout", ["NHWC", "NCHW", "HWC", "HW"])
def test_every_layout_gives_the_same_gradient(layout):
    """x and g reach a way in the framework's layout, and what it returns comes back from it."""
    expressions = {"NHWC": "x[:, ::2]", "NCHW": "x[:, :, ::2]", "HWC": "x[::2]", "HW": "x[::2]"}
    framework = Framework("scipy", "scipy", ("scipy",), "import scipy")
    operation = adapters.native(framework, "every second row", expressions[layout], layout)
    axis = expressions[layout].count(":,")

    def spread(resize, x, h, w, g):
        found = np.zeros_like(x)
        found[(slice(None),) * axis + (slice(None, None, 2),)] = g
        return found

    images = np.zeros((2, 4, 3, 5), np.float32)
    g = np.random.default_rng(0).random((2, 2, 3, 5), np.float32)
    found = differentiate(operation, GradientMode("backward", spread), images, (2, 3), g)
    np.testing.assert_array_equal(found[:, ::2], g)
    assert not found[:, 1::2].any()


FINDINGS = [
    ("torch adaptive_avg_pool2d", "backward of a sum, bfloat16"),
    (
        "tensorflow raw_ops.ResizeNearestNeighbor(align_corners=False, half_pixel_centers=True)",
        "backward of a sum, float16",
    ),
]


@pytest.mark.parametrize(("name", "variant"), FINDINGS, ids=[name for name, _ in FINDINGS])
def test_a_reproduction_shows_what_was_measured(name, variant, tmp_path):
    (operation,) = [one for one in adapters.operations() if one.id == name]
    if adapters.frameworks()[operation.framework].version is None:
        pytest.skip(f"{operation.framework} is not installed")
    (found,) = [seen for seen in gradients(operation) if seen.variant == variant]
    assert found.verdict is Verdict.DIVERGES
    program = tmp_path / "reproduction.py"
    program.write_text(found.reproduction)
    assert not re.search(r"\b(adapters|golden|probe)\b", found.reproduction)
    done = subprocess.run([sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, check=True)
    shown = re.search(r"is (\S+) and should be (\S+)", done.stdout)
    measured = re.search(r"# measured: (\S+)", found.reproduction)
    assert float(shown[1]) == pytest.approx(float(measured[1]), abs=1e-5)
    assert abs(float(shown[1]) - float(shown[2])) == pytest.approx(found.gain)
