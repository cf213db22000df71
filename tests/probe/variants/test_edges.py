"""The edges suite tested: wrong fakes are caught and named, right ones not accused, reproductions show the fault."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from halfpixel import adapters
from halfpixel.adapters import from_callable
from halfpixel.adapters.operation import AllBut, is_one_pixel
from halfpixel.golden import Convention
from halfpixel.probe import Verdict
from halfpixel.probe.measure.sandbox import run_sandboxed
from halfpixel.probe.variants.edges import degenerate_sizes as edges_sizes
from halfpixel.probe.variants.edges import enormous_axes as edges_enormous
from halfpixel.probe.variants.edges import extreme_values as edges_values
from halfpixel.probe.variants.edges import memory_layout as edges_memory
from halfpixel.probe.variants.edges import nonfinite as edges_nonfinite
from halfpixel.probe.variants.edges.observe import ASKED_WHERE_LEFT_OUT, QUESTIONS, edges, questions
from halfpixel.probe.variants.observation import Observation
from tests import ROOT
from tests.fakes import RIGHT as RIGHT_EVERYWHERE
from tests.fakes.variants import edges as fakes

MIN_WRONG = 16


def _by_variant(operation: adapters.Operation) -> dict[str, Observation]:
    return {found.variant: found for found in edges(operation)}


def test_there_are_enough_fakes_for_every_question():
    assert len(fakes.WRONG) >= MIN_WRONG
    assert {each.variant for each in fakes.WRONG} == set(QUESTIONS)


@pytest.mark.parametrize("each", [pytest.param(each, id=each.fake.name) for each in fakes.WRONG])
def test_a_wrong_resizer_is_caught_its_fault_is_named_and_the_run_goes_on(each):
    found = _by_variant(each.fake.operation)
    assert not found[each.variant].verdict.is_agreement
    assert found[each.variant].verdict != Verdict.UNSUPPORTED
    assert set(found[each.variant].attribution.factors) & each.fake.factors, found[each.variant].attribution
    assert len(found[each.variant].headline.split()) <= 6
    # The fault is in no way of asking about memory that is not strange: other questions got their answers.
    agreeing = [variant for variant, one in found.items() if one.verdict.is_agreement]
    assert len(agreeing) >= 5, agreeing


@pytest.mark.parametrize("each", [pytest.param(each, id=each.fake.name) for each in fakes.RIGHT])
def test_a_right_resizer_is_not_accused(each):
    found = _by_variant(each.fake.operation)
    assert set(found) == set(questions(each.fake.operation)) == set(QUESTIONS) - set(ASKED_WHERE_LEFT_OUT)
    assert found.pop("zero size").refused == "ValueError: an image needs a pixel"
    assert [one.message("") for one in found.values() if not one.verdict.is_agreement] == []


def test_a_right_resizer_agrees_at_sizes_that_its_adapter_leaves_out():
    operation = replace(fakes.RIGHT[0].fake.operation, accepts=AllBut(is_one_pixel, ("nothing-is-wrong",)))
    found = _by_variant(operation)
    assert found["one row"].verdict.is_agreement
    assert found["one column"].verdict.is_agreement
    assert "fractional scale" not in found
    assert found["one pixel"].measured < _by_variant(fakes.RIGHT[0].fake.operation)["one pixel"].measured


def test_zeros_from_an_empty_image_are_no_fault_and_other_numbers_are():
    def filled(value: float) -> adapters.Operation:
        return from_callable(lambda image, size: np.full(size, value, np.float32))

    assert edges_sizes.zero_size(filled(0.0)).verdict == Verdict.EXACT
    found = edges_sizes.zero_size(filled(1e-40))
    assert (found.verdict, found.attribution.factors) == (Verdict.ERROR, ("undefined behaviour",))


_SAFE = (
    edges_sizes.one_pixel,
    edges_memory.memory_layout,
    edges_memory.negative_strides,
    edges_memory.big_endian,
    edges_values.denormals,
    edges_values.large_values,
    edges_values.constant_image,
    edges_values.flip,
)


@pytest.mark.parametrize("each", [pytest.param(each, id=each.name) for each in RIGHT_EVERYWHERE])
def test_a_right_resizer_of_the_other_suites_is_not_accused(each):
    """All but the questions that multiplying by whole matrices cannot pass: NaN, infinity and enormous sizes."""
    found = [question(each.operation) for question in _SAFE]
    answered = [one for one in found if one is not None]
    assert len(answered) >= len(_SAFE) - 1
    assert [one.message("") for one in answered if not one.verdict.is_agreement] == []


def _named(name: str) -> adapters.Operation:
    return next(one for one in adapters.operations() if one.id == name)


def test_matrices_leak_a_nan_to_every_output():
    """A product with a whole matrix adds zero times NaN everywhere: the number of outputs is known beforehand."""
    found = edges_nonfinite.nan(RIGHT_EVERYWHERE[0].operation)
    assert found.verdict == Verdict.DIVERGES
    outputs, counted = 6 * 3, re.search(r"(\d+) outputs in which it leaks", found.got)
    assert found.gain == int(counted[1]) >= outputs
    assert found.figures["input pixels too far"] >= 4


def test_one_nan_spreads_as_far_as_the_thread_says():
    """A 3x3 image with NaN in its centre, resized to 5x5: 9 outputs have a weight for it.

    https://github.com/tensorflow/tensorflow/issues/119357
    """
    linear = fakes.RIGHT[0].fake.operation
    image = np.ones((1, 3, 3, 1), np.float32)
    image[0, 1, 1, 0] = np.nan
    assert np.isnan(linear.run(image, (5, 5))).sum() == 9
    assert edges_nonfinite.nan(linear).verdict == Verdict.EXACT


@pytest.mark.parametrize("n_in", [1000, 65536])
def test_what_float32_explains_on_a_ramp_holds_for_float32(n_in):
    """Linear interpolation in float32, written out, stays within; one pixel further is beyond."""
    n_out = n_in + 1
    expected = edges_enormous._expected(Convention(kernel="linear"), n_in, n_out)
    half = np.float32(0.5)
    x = (expected.outputs.astype(np.float32) + half) * (np.float32(n_in) / np.float32(n_out)) - half
    x = np.clip(x, 0, n_in - 1)
    assert np.all((expected.low <= x) & (x <= expected.high))
    assert np.all(expected.high - expected.low < 0.3)
    assert np.all(x + 1 > expected.high)


def test_a_refusal_everywhere_is_unsupported_with_its_message():
    def refuses(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        raise TypeError("no images today")

    found = [question(from_callable(refuses)) for question in _SAFE]
    assert {one.verdict for one in found} == {Verdict.UNSUPPORTED}
    assert {one.refused for one in found} == {"TypeError: no images today"}


def test_nothing_is_asked_of_a_framework_that_is_absent():
    operation = adapters.operations("torch")[0]
    framework = replace(operation.call.framework, module="no_such_module")
    call = replace(operation.call, framework=framework)
    found = edges(replace(operation, run=call, call=call))
    assert [one.verdict for one in found] == [Verdict.NOT_INSTALLED] * len(questions(operation))


ADAPTER = """
import os
from halfpixel.adapters import Framework, native
from halfpixel.golden import Convention
from tests.fakes.variants.edges import linear

FRAMEWORK = Framework("pretend", "numpy", ("numpy",), "import halfpixel.golden")

def aborting(images, size):
    if len(images) == 0:
        os.abort()
    return linear(images, size)

def operations():
    about = {"claim": Convention(kernel="linear")}
    return [native(FRAMEWORK, "resize()", "aborting(x, (h, w))", "NHWC", helpers=(aborting,), **about)]
"""

PROGRAM = """
from halfpixel import adapters
adapters.__path__.append({folder!r})
from halfpixel.probe.variants.edges.observe import edges
(operation,) = adapters.operations("pretend")
for one in edges(operation):
    print(one.variant, "|", one.verdict)
"""


def test_an_adapter_from_elsewhere_is_known_in_the_other_process(tmp_path):
    (tmp_path / "pretend.py").write_text(textwrap.dedent(ADAPTER))
    program = PROGRAM.format(folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    verdicts = dict(line.split(" | ") for line in done.stdout.splitlines())
    assert verdicts["empty batch"] == "error"
    assert verdicts["NaN"] == "exact"
    assert verdicts["zero size"] == "unsupported"


# An operation, a question, and what its reproduction prints where the fault shows.
REPRODUCED = [
    ("opencv warpAffine(INTER_LINEAR, BORDER_REPLICATE, half_pixel map)", "NaN"),
    ("opencv resize()", "infinity"),
    ("opencv resize()", "big-endian"),
    ("opencv resize()", "large values"),
    ("opencv-dnn Resize-19(mode=linear, coordinate_transformation_mode=half_pixel)", "one row"),
    ("torch interpolate(mode=bilinear, align_corners=False, antialias=True)", "one pixel"),
    ("torch interpolate(mode=area)", "large values"),
    ("tensorflow image.resize()", "denormals"),
    ("scipy zoom()", "NaN"),
    ("scipy map_coordinates(order=1, mode=mirror, align_corners map)", "zero size"),
    ("onnxruntime Resize-19(mode=cubic, coordinate_transformation_mode=align_corners, cubic_coeff_a=-0.5)", "infinity"),
]


def _run(program: str, folder: Path, **options) -> subprocess.CompletedProcess:
    file = folder / "reproduction.py"
    file.write_text(program)
    return subprocess.run([sys.executable, str(file)], cwd=folder, capture_output=True, text=True, **options)


@pytest.mark.parametrize(("name", "variant"), REPRODUCED, ids=[f"{name}, {variant}" for name, variant in REPRODUCED])
def test_a_reproduction_shows_the_fault_without_this_project(name, variant, tmp_path):
    question, seconds = QUESTIONS[variant]
    found = run_sandboxed(question, _named(name), cpu_seconds=30 * seconds)
    assert found.verdict in (Verdict.DIVERGES, Verdict.ERROR)
    assert "probe" not in found.reproduction
    assert "halfpixel" not in found.reproduction
    done = _run(found.reproduction, tmp_path, check=True)
    shown = [float(number) for number in re.findall(r"-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|nan|inf)\b", done.stdout)]
    got, expected = shown[-2], shown[-1]
    assert got != pytest.approx(expected, rel=1e-6, abs=0), done.stdout


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("opencv remap(INTER_CUBIC, BORDER_REFLECT_101, half_pixel map)", "one row"),
        ("scipy affine_transform(order=0, mode=reflect, half_pixel map)", "zero size"),
    ],
    ids=["a hang", "a crash"],
)
def test_a_reproduction_of_what_ends_the_process_ends_it(name, variant, tmp_path):
    found = _by_variant(_named(name))[variant]
    assert found.verdict == Verdict.ERROR
    if found.attribution.factors == ("time limit",):
        with pytest.raises(subprocess.TimeoutExpired):
            _run(found.reproduction, tmp_path, timeout=5)
    else:
        assert _run(found.reproduction, tmp_path).returncode < 0
