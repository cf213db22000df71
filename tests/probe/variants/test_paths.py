"""The paths suite: wrong paths are caught and named, right ones are not accused, and its findings reproduce."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from halfpixel import adapters
from halfpixel.adapters import Operation
from halfpixel.adapters.native_call import COMPILED, Variant
from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.reference import near_ties
from halfpixel.probe.variants.paths.comparison import (
    IMPULSES,
    NOT_A_NUMBER,
    PathCase,
    absolute_difference,
    compare_results,
    path_cases,
    path_tolerance,
)
from halfpixel.probe.variants.paths.observe import AGAINST, paths
from tests.fakes import RIGHT as RIGHT_CALLS
from tests.fakes.variants import paths as fakes

LINEAR = Convention(kernel="linear")


def _named(those):
    return [pytest.param(one, id=one.name) for one in those]


def _operation(name: str) -> Operation:
    (found,) = [one for one in adapters.operations() if one.id == name]
    return found


def _variant(framework: str, name: str) -> Variant:
    (found,) = [one for one in adapters.registry.list_variants(framework) if one.name == name]
    return found


@pytest.mark.parametrize("fake", _named(fakes.WRONG))
def test_a_wrong_path_is_caught_and_its_fault_is_named(fake):
    (found,) = paths(fake.operation, [fake.path])
    assert found.variant == fake.name
    assert not found.verdict.is_agreement, f"nothing found, gain {found.gain}"
    assert found.verdict in (Verdict.APPROXIMATES, Verdict.TIES, Verdict.DIVERGES, Verdict.ERROR)
    assert set(found.attribution.factors) & fake.factors, (
        f"attributed to {found.attribution.factors}, where {sorted(fake.factors)} would be fair"
    )
    assert set(found.attribution.factors) <= set(Cause)
    assert len(found.headline.split()) <= 6


@pytest.mark.parametrize("fake", _named(fakes.RIGHT))
def test_a_right_path_is_not_accused(fake):
    (found,) = paths(fake.operation, [fake.path])
    assert found.verdict.is_agreement, found.message(fake.operation.id)
    assert found.attribution is None
    assert found.measured == len(path_cases(fake.operation, ""))


@pytest.mark.parametrize("fake", _named(RIGHT_CALLS))
def test_every_right_call_agrees_with_itself_and_with_itself_rescaled(fake):
    def thirds(images, size):
        return fake.operation.run(images * np.float32(3), size) / np.float32(3)

    itself = replace(fake.operation, name="itself")
    again, rescaled = paths(fake.operation, [itself, replace(itself, name="thirds", run=thirds)])
    assert again.verdict is Verdict.EXACT
    assert rescaled.verdict.is_agreement, rescaled.message(fake.operation.id)


def test_names_of_fakes_are_distinct_and_only_wrong_ones_have_factors():
    names = [fake.name for fake in (*fakes.WRONG, *fakes.RIGHT)]
    assert len(set(names)) == len(names)
    assert all(fake.factors for fake in fakes.WRONG)
    assert not any(fake.factors for fake in fakes.RIGHT)


def test_the_gain_of_a_path_is_over_all_images():
    """Half-pixel for align_corners, by the exact matrices of the shape where it is worst."""
    (fake,) = [one for one in fakes.WRONG if one.name == "ignores align_corners"]
    (found,) = paths(fake.operation, [fake.path])
    worst = 0.0
    for case in path_cases(fake.operation, ""):
        if case.kind == IMPULSES:
            a, b = (one.run(case.images(), case.size_out).astype(np.float64) for one in (fake.operation, fake.path))
            worst = max(worst, np.abs(a - b).sum(axis=0).max())
    assert found.gain == worst > 1
    assert found.attribution.factors == ("coordinates",)


def test_a_path_that_refuses_is_unsupported_with_its_message():
    def refuse(images, size):
        raise ValueError("no such path")

    fake = fakes.RIGHT[0]
    (found,) = paths(fake.operation, [replace(fake.path, run=refuse)])
    assert (found.verdict, found.refused) == (Verdict.UNSUPPORTED, "ValueError: no such path")


def test_a_path_that_refuses_some_images_is_no_agreement_and_a_fault_outranks_it():
    fake, wrong = fakes.RIGHT[0], fakes.WRONG[0]

    def picky(run):
        def picked(images, size):
            if images.shape[-1] == 4:
                raise ValueError("not four channels")
            return run(images, size)

        return picked

    some, fault = paths(
        fake.operation,
        [replace(fake.path, run=picky(fake.path.run)), replace(wrong.path, run=picky(wrong.path.run))],
    )
    assert some.verdict is Verdict.UNSUPPORTED
    assert "not four channels" in some.refused
    assert fault.verdict is Verdict.APPROXIMATES


def test_what_this_machine_lacks_is_not_agreement():
    lacking = Variant("on a device", missing=lambda: "no device")
    (found,) = paths(_operation("scipy zoom()"), [lacking])
    assert (found.verdict, found.refused) == (Verdict.UNSUPPORTED, "not available here: no device")


def test_a_call_that_refuses_everything_has_nothing_to_agree_with():
    def refuse(images, size):
        raise ValueError("no")

    call = replace(fakes.RIGHT[0].operation, run=refuse)
    (found,) = paths(call, [replace(call, name="path")])
    assert found.verdict is Verdict.UNSUPPORTED
    assert found.refused == "the ordinary call gives nothing to compare: ValueError: no"


def test_compiled_paths_and_paths_that_make_no_sense_are_left_out():
    variants = [
        Variant("plain"),
        Variant("slow", cost=COMPILED),
        Variant("elsewhere", applies=lambda operation: False),
    ]
    assert [one.variant for one in paths(_operation("scipy zoom()"), variants, compiled=False)] == ["plain"]


def test_a_callable_without_paths_has_none():
    assert paths(fakes.RIGHT[0].operation) == []


def test_the_five_frameworks_have_paths_whose_names_the_ledger_can_hold():
    variants = {name: adapters.registry.list_variants(name) for name in adapters.frameworks()}
    assert {"torch", "tensorflow", "opencv", "onnxruntime", "scipy"} <= {
        name for name, those in variants.items() if those
    }
    assert not [one.name for those in variants.values() for one in those if set("[]") & set(one.name)]


def test_shapes_cover_each_axis_in_each_direction():
    shapes = [(case.size_in, case.size_out) for case in path_cases(fakes.RIGHT[0].operation, "")]
    for axis in (0, 1):
        assert {np.sign(after[axis] - before[axis]) for before, after in shapes} == {-1, 0, 1}
        assert any(before[axis] == 1 for before, after in shapes)
        assert any(after[axis] == 1 for before, after in shapes)
    assert {case.channels for case in path_cases(fakes.RIGHT[0].operation, "")} == {1, 3, 4}
    assert any(case.is_large for case in path_cases(fakes.RIGHT[0].operation, COMPILED))


@pytest.mark.parametrize("name", ["opencv pyrUp()", "opencv pyrDown(odd sizes)", "opencv pyrDown(even sizes)"])
def test_calls_of_few_sizes_are_asked_at_those_and_at_a_large_one(name):
    found = path_cases(_operation(name), "")
    assert len({case.size_in for case in found}) >= 2
    assert found[-1].is_large


def test_images_are_what_their_source_says():
    case = PathCase(NOT_A_NUMBER, (2, 3), (4, 4), 6, 1)
    images = case.images()
    assert images.shape == (6, 2, 3, 1)
    assert np.isnan(images).reshape(6, 6).tolist() == np.eye(6, dtype=bool).tolist()
    np.testing.assert_array_equal(images, eval(case.source))


def test_rounding_grows_with_the_image_and_stays_below_a_grey_level():
    small, large = (path_tolerance(LINEAR, (n, n), (2 * n, 2 * n)) for n in (5, 500))
    assert 1e-7 < small < large < 1 / 255


def test_near_ties_are_along_either_axis():
    nearest = Convention(kernel="nearest", nearest_mode="round_prefer_floor")
    assert near_ties(nearest, (4, 3), (2, 3)).tolist() == [[True] * 3] * 2
    assert not near_ties(nearest, (3, 3), (3, 3)).any()


def test_nan_in_both_is_no_difference_and_in_one_an_infinite_one():
    a, b = np.array([np.nan, np.nan, np.inf, 1.0]), np.array([np.nan, 0.0, np.inf, 1.5])
    assert absolute_difference(a, b).tolist() == [0.0, np.inf, 0.0, 0.5]


def test_the_spread_of_nan_is_counted_by_image():
    case = PathCase(NOT_A_NUMBER, (1, 2), (1, 3), 2, 1)
    expected = np.zeros((2, 1, 3, 1), np.float32)
    got = expected.copy()
    got[1, 0, :2] = np.nan
    found = compare_results(case, LINEAR, expected, got)
    assert (found.nan_mismatches, found.gain) == (2, 0.0)
    assert found.worst_output == (1, 0, 0, 0)


def test_a_helper_of_a_path_stands_in_for_the_calls_own():
    """ONNX Runtime's paths make their own sessions; the call's helpers must then use those."""
    call = _operation("onnxruntime Resize-19()").call
    down = _operation("onnxruntime Resize-19()").with_variant(_variant("onnxruntime", "optimisation DISABLE_ALL")).call
    namespace = down.on_tensors.__globals__
    assert namespace["SETTINGS"]
    assert namespace["onnx_resize"].__globals__ is namespace
    x = np.ones((1, 1, 2, 2), np.float32)
    np.testing.assert_array_equal(down.on_arrays(x, 3, 3), call.on_arrays(x, 3, 3))


def test_arguments_of_a_path_join_those_of_the_call():
    down = _operation("scipy zoom()").with_variant(_variant("scipy", "output=float64"))
    assert down.call.expression.endswith(", output=np.float64)")


@pytest.mark.parametrize("framework", sorted(adapters.frameworks()))
def test_the_source_of_every_path_runs_as_it_is_printed(framework):
    """It is what reproductions are made of; the ordinary call and the path must be the same program as what ran."""
    if adapters.frameworks()[framework].version is None:
        pytest.skip(f"{framework} is not installed")
    subject = max(adapters.operations(framework), key=lambda one: one.is_default)
    for variant in adapters.registry.list_variants(framework):
        if variant.missing() or variant.cost == COMPILED:
            continue
        call = subject.with_variant(variant).call
        namespace: dict[str, object] = {"__name__": "program"}
        exec(call.function(), namespace)
        x = np.random.default_rng(1).random(call.layout.shape(1, (4, 6), 1), dtype=np.float32)
        np.testing.assert_array_equal(namespace["resize"](x, 8, 12), call.on_arrays(x, 8, 12), err_msg=variant.name)


SETTINGS = {
    "torch": ("torch interpolate()", lambda torch: (torch.get_num_threads(), torch._C._get_mkldnn_enabled())),
    "opencv": ("opencv resize()", lambda cv2: (cv2.useOptimized(), cv2.getNumThreads())),
}


@pytest.mark.parametrize("framework", SETTINGS)
def test_paths_leave_the_frameworks_settings_as_they_were(framework):
    name, settings = SETTINGS[framework]
    module = importlib.import_module(adapters.frameworks()[framework].module)
    before = settings(module)
    found = paths(_operation(name), compiled=False)
    assert {one.against for one in found} == {AGAINST}
    assert settings(module) == before


# One of each kind of finding that the suite has; the first operation of those that share it.
FINDINGS = [
    ("tensorflow image.resize()", "XLA", "coordinates"),
    ("tensorflow raw_ops.ResizeBilinear(align_corners=True, half_pixel_centers=False)", "XLA", "non-finite values"),
    ("opencv resize(INTER_LINEAR)", "setUseOptimized(False)", "non-finite values"),
]


@pytest.mark.parametrize(("name", "path", "factor"), FINDINGS, ids=[" ".join(row) for row in FINDINGS])
def test_a_finding_is_shown_by_its_reproduction(name, path, factor, tmp_path):
    subject = _operation(name)
    (found,) = paths(subject, [_variant(subject.framework, path)])
    assert not found.verdict.is_agreement
    assert found.attribution.factors == (factor,)
    shown = _run(found.reproduction, tmp_path)
    if factor == "non-finite values":
        assert (shown[1] == "nan") != (shown[2] == "nan")
    else:
        assert abs(float(shown[1]) - float(shown[2])) == pytest.approx(found.gain, abs=1e-5)


def test_a_reproduction_shows_the_worst_image_of_a_path(tmp_path):
    """With a path that certainly differs: the output rounded to a sixteenth."""
    subject = _operation("scipy zoom()")
    (found,) = paths(subject, [Variant("coarse", to_numpy="np.round(16 * y) / np.float32(16)")])
    assert found.verdict is Verdict.DIVERGES
    shown = _run(found.reproduction, tmp_path)
    assert abs(float(shown[1]) - float(shown[2])) > 1e-3


def _run(program: str, folder) -> re.Match:
    assert "halfpixel" not in program
    assert "probe" not in program
    file = folder / "reproduction.py"
    file.write_text(program)
    done = subprocess.run([sys.executable, str(file)], cwd=folder, capture_output=True, text=True, check=True)
    return re.search(r"is (\S+) \S+ and should be (\S+)", done.stdout)
