"""Tests the tester of ranks and counts: every wrong resizer is caught and named, and no right one is accused."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from halfpixel import adapters
from halfpixel.adapters import Operation
from halfpixel.adapters.layout import Layout
from halfpixel.adapters.native_call import NativeCall
from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.variants.observation import Observation
from halfpixel.probe.variants.ranks.axis_matrices import axis_case, whole_operator_case
from halfpixel.probe.variants.ranks.channels_and_batches import NO_COUNTS, channel_and_batch_counts
from halfpixel.probe.variants.ranks.observe import AXES, ranks
from tests.fakes.variants.ranks import RIGHT, WRONG, RankFake

DISAGREEMENT = (Verdict.APPROXIMATES, Verdict.TIES, Verdict.DIVERGES, Verdict.ERROR)


def _asked(fake: RankFake) -> list[Observation]:
    ask = channel_and_batch_counts if isinstance(fake.operation, Operation) else ranks
    return ask(fake.operation)


def _named(fakes: tuple[RankFake, ...]) -> list:
    return [pytest.param(fake, id=fake.name) for fake in fakes]


def test_there_are_enough_fakes_and_each_has_a_name_of_its_own():
    assert len(WRONG) >= 20
    assert len(RIGHT) >= 12
    names = [fake.operation.name for fake in (*WRONG, *RIGHT)]
    assert len(set(names)) == len(names)
    assert all(fake.factors for fake in WRONG)
    assert not any(fake.factors for fake in RIGHT)


@pytest.mark.parametrize("fake", _named(WRONG))
def test_a_wrong_resizer_is_caught_and_its_fault_is_named(fake: RankFake):
    found = [seen for seen in _asked(fake) if not seen.verdict.is_agreement]
    assert found, "nothing found"
    for seen in found:
        assert seen.verdict in DISAGREEMENT
        assert set(seen.attribution.factors) & fake.factors, seen.message(fake.name)


@pytest.mark.parametrize("fake", _named(RIGHT))
def test_a_right_resizer_is_not_accused(fake: RankFake):
    found = _asked(fake)
    assert [seen.message(fake.name) for seen in found if not seen.verdict.is_agreement] == []
    assert len(found) == 4 + (not isinstance(fake.operation, Operation))
    assert all(seen.measured >= 2 for seen in found)


def test_a_call_on_single_planes_has_no_counts():
    (operation,) = [one for one in adapters.operations("scipy") if one.name == "zoom()"]
    (found,) = channel_and_batch_counts(operation)
    assert found.verdict is Verdict.UNSUPPORTED
    assert found.refused == NO_COUNTS


def test_every_sibling_on_two_axes_exists():
    """A name that matches nothing would silently take a fault of both for one of this call alone."""
    known = {(one.framework, one.name) for one in adapters.operations()}
    lost = [
        one.id
        for one in adapters.operations_nd()
        if one.equivalent_2d and (one.framework, one.equivalent_2d) not in known
    ]
    assert lost == []


def test_the_matrix_along_an_axis_and_of_all_at_once():
    """Half a pixel's linear weights of 2 -> 4, and their product over two axes."""
    weights = np.array([[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
    (fake,) = [one for one in RIGHT if one.name == "linear of three axes"]
    np.testing.assert_array_equal(axis_case(fake.operation, 1, (2, 4)).got, weights)
    found = whole_operator_case(fake.operation, (2, 1, 2), (4, 1, 2))
    np.testing.assert_array_equal(found.got, np.kron(weights, np.eye(2)))
    assert found.error == 0


@pytest.mark.parametrize("layout", ["NCS", "NSC", "SNC", "SC", "S"])
def test_every_layout_keeps_each_axis_in_its_place(layout):
    """The call sees the axes where the layout says, and what it gives comes back as (N, *size, C)."""
    framework = adapters.Framework("scipy", "scipy", ("scipy",), "import scipy")
    lengths = {"N": [2], "S": [4, 6], "C": [3]}
    shape = tuple(length for letter in layout for length in lengths[letter])
    first = layout.replace("S", "SS").index("S")
    rows = ":, " * first + "::2"
    call = NativeCall(framework, f"checked(x)[{rows}]", Layout(layout), (checked_for(shape),), ("size",))
    volumes = np.random.default_rng(0).random((2, 4, 6, 3), np.float32)
    np.testing.assert_array_equal(call(volumes, (2, 6)), volumes[:, ::2])


def checked_for(shape: tuple[int, ...]):
    """A function that returns its argument, which must have this shape."""

    def checked(x):
        assert x.shape == shape
        return x

    return checked


def test_axes_of_a_layout_and_back():
    assert Layout.NCS.axes(3) == ([0, 4, 1, 2, 3], [0, 2, 3, 4, 1])


CLAIMS = [
    ("torch interpolate(mode=trilinear, align_corners=True) of 3 axes", "linear", "half_pixel"),
    ("onnxruntime Resize-19(mode=linear, coordinate_transformation_mode=half_pixel) of (N, D, H, W, C)", "cubic", ""),
    ("scipy zoom(order=1, mode=mirror, grid_mode=True) of 4 axes", "linear", "align_corners"),
    ("tensorflow keras.layers.UpSampling3D()", "linear", "half_pixel"),
    ("opencv resize(INTER_LINEAR) of a column", "cubic", ""),
]
"""Each held against a convention that is certainly not its own, so that there is a difference to reproduce."""


@pytest.mark.parametrize(("name", "kernel", "mode"), CLAIMS, ids=[name for name, *_ in CLAIMS])
def test_a_reproduction_of_a_rank_shows_what_was_measured(name, kernel, mode, tmp_path):
    (operation,) = [one for one in adapters.operations_nd() if one.id == name]
    if adapters.frameworks()[operation.framework].version is None:
        pytest.skip(f"{operation.framework} is not installed")
    claim = Convention(kernel=kernel, coordinate_transformation_mode=mode or "half_pixel")
    found = ranks(replace(operation, claim=claim, equivalent_2d=""))[0]
    assert (found.variant, found.verdict) == (AXES, Verdict.DIVERGES)
    shown, expected = _shown(found, tmp_path)
    assert abs(shown - expected) == pytest.approx(found.gain, abs=1e-5)


FINDINGS = [
    ("opencv remap(INTER_LINEAR, BORDER_REPLICATE, half_pixel map)", "2 to 4 channels"),
    ("opencv warpAffine(INTER_LINEAR, BORDER_WRAP, half_pixel map)", "5 to 64 channels"),
]


@pytest.mark.parametrize(("name", "variant"), FINDINGS, ids=[variant for _, variant in FINDINGS])
def test_a_reproduction_of_counts_shows_what_was_measured(name, variant, tmp_path):
    (operation,) = [one for one in adapters.operations() if one.id == name]
    if adapters.frameworks()[operation.framework].version is None:
        pytest.skip(f"{operation.framework} is not installed")
    (found,) = [seen for seen in channel_and_batch_counts(operation) if seen.variant == variant]
    assert found.verdict is Verdict.DIVERGES
    together, alone = _shown(found, tmp_path)
    assert abs(together - alone) == pytest.approx(found.gain, abs=1e-5)


def test_a_reproduction_of_another_shape_shows_it(tmp_path):
    name = "opencv remap(INTER_NEAREST, BORDER_REPLICATE, half_pixel map)"
    (operation,) = [one for one in adapters.operations() if one.id == name]
    if adapters.frameworks()["opencv"].version is None:
        pytest.skip("opencv is not installed")
    (found,) = [seen for seen in channel_and_batch_counts(operation) if seen.variant == "128 to 512 channels"]
    assert found.verdict is Verdict.ERROR
    assert "the shape is (9, 11) and should be that of (1, 9, 11, 129)" in _run(found, tmp_path)


def _run(found: Observation, folder) -> str:
    assert not re.search(r"\b(adapters|golden|probe)\b", found.reproduction)
    program = folder / "reproduction.py"
    program.write_text(found.reproduction)
    done = subprocess.run([sys.executable, str(program)], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def _shown(found: Observation, folder) -> tuple[float, float]:
    """What came out, which must be what was measured, and what should have."""
    shown = re.search(r"is (\S+) and should be (\S+)", _run(found, folder))
    measured = re.search(r"# measured: (\S+)", found.reproduction)
    assert float(shown[1]) == pytest.approx(float(measured[1]), abs=1e-5)
    return float(shown[1]), float(shown[2])
