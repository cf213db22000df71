"""Is the matrix that is measured the one that is applied, whatever way it has to be measured?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from halfpixel import probe
from halfpixel.adapters import NotInstalled, from_callable
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import Convention, matrix
from halfpixel.probe.measure.axis_matrix import Refused, exception_text, leaves_other_axis_alone
from tests.fakes.exact import ABSENT, exact_resize

LINEAR = Convention(kernel="linear")
ALIGNED = Convention(kernel="linear", coordinate_transformation_mode="align_corners")
BLURRING = Convention(kernel="mitchell")


def _refuses_above(limit: int):
    right = exact_resize(LINEAR)

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if max(*size, *image.shape) > limit:
            raise RuntimeError(f"more than {limit} pixels\nand a second line")
        return right(image, size)

    return resize


@pytest.mark.parametrize("pair", [(5, 8), (8, 5), (1, 4), (4, 1), (6, 6)])
@pytest.mark.parametrize("axis", ["height", "width"])
def test_the_matrix_has_a_row_for_each_output_and_a_column_for_each_input(pair, axis):
    got = probe.measure(exact_resize(LINEAR), *pair, axis)
    assert got.shape == (pair[1], pair[0])
    np.testing.assert_allclose(got, matrix(LINEAR, *pair).to_array(), rtol=0, atol=1e-6)


def test_each_axis_is_measured_on_its_own():
    resize = exact_resize(LINEAR, ALIGNED)
    np.testing.assert_allclose(probe.measure(resize, 5, 8, "height"), matrix(LINEAR, 5, 8).to_array(), atol=1e-6)
    np.testing.assert_allclose(probe.measure(resize, 5, 8, "width"), matrix(ALIGNED, 5, 8).to_array(), atol=1e-6)


def test_impulses_go_side_by_side_only_where_the_other_axis_is_left_alone():
    assert leaves_other_axis_alone(from_callable(exact_resize(LINEAR)), 8, "height")
    assert not leaves_other_axis_alone(from_callable(exact_resize(BLURRING)), 8, "height")
    assert not leaves_other_axis_alone(from_callable(exact_resize(LINEAR), same_scale_on_both_axes=True), 8, "height")


def test_impulses_in_the_batch_give_the_same_matrix_as_side_by_side():
    alone = from_callable(exact_resize(LINEAR))
    together = replace(alone, same_scale_on_both_axes=True)
    for pair in ((5, 8), (8, 5), (3, 6)):
        np.testing.assert_allclose(probe.measure(alone, *pair), probe.measure(together, *pair), rtol=0, atol=1e-6)


def test_a_kernel_that_blurs_the_other_axis_is_still_measured():
    np.testing.assert_allclose(
        probe.measure(exact_resize(BLURRING), 5, 8), matrix(BLURRING, 5, 8).to_array(), rtol=0, atol=1e-6
    )


def test_a_refusal_keeps_the_type_and_the_first_line_of_the_message():
    with pytest.raises(Refused, match=r"^RuntimeError: more than 6 pixels$"):
        probe.measure(_refuses_above(6), 4, 7)


def test_another_shape_than_asked_for_says_both():
    with pytest.raises(WrongShape, match=r"returned shape \(9, \d+\) where \(8, \d+\) was asked for"):
        probe.measure(lambda image, size: np.zeros((size[0] + 1, size[1])), 5, 8)


def test_an_absent_framework_is_said_to_be_absent():
    with pytest.raises(NotInstalled, match="absent is not installed"):
        probe.measure(ABSENT, 5, 8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((5, 8, "depth"), "unknown axis 'depth'"), ((0, 8), "at least 1"), ((8, 0), "at least 1")],
)
def test_what_cannot_be_measured_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        probe.measure(exact_resize(LINEAR), *arguments)


def test_a_sweep_keeps_refusals_and_wrong_shapes_beside_the_matrices():
    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return np.zeros((2, 2)) if size[0] == 3 else _refuses_above(16)(image, size)

    found = probe.sweep(resize, ((4, 5), (4, 3), (4, 17)))
    assert set(found.matrices) == {(4, 5)}
    assert set(found.misshapen) == {(4, 3)}
    assert found.refused == {(4, 17): "RuntimeError: more than 16 pixels"}


def test_pairs_that_an_operation_is_not_defined_for_are_counted_and_not_called():
    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        assert size[0] in (image.shape[0], 2 * image.shape[0])
        return exact_resize(LINEAR)(image, size)

    doubling = from_callable(resize, accepts=lambda n_in, n_out: n_out == 2 * n_in, same_scale_on_both_axes=True)
    found = probe.sweep(doubling, ((3, 6), (3, 5), (4, 8)))
    assert (set(found.matrices), found.refused, found.skipped) == ({(3, 6), (4, 8)}, {}, 1)


OPENCV_MESSAGE = """OpenCV(5.0.0) /io/onnx_importer.cpp:1114: error: (-2:Unspecified error) in function 'handleNode'
> Node [Resize@ai.onnx]:(y) parse error: (-204:Requested object was not found) Required argument "mode" not found
> > 'interpolation' is linear
> """
KERAS_MESSAGE = """Exception encountered when calling Resizing.call().

\x1b[1mResizing with Lanczos interpolation is not supported.\x1b[0m

Arguments received by Resizing.call():"""


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("more than 6 pixels\nand less than 8", "more than 6 pixels"),
        ("Exception from core.cpp:117:\nonly versions 4 and 11", "only versions 4 and 11"),
        (
            OPENCV_MESSAGE,
            "Node [Resize@ai.onnx]:(y) parse error: (-204:Requested object was not found) "
            "Required argument \"mode\" not found 'interpolation' is linear",
        ),
        (KERAS_MESSAGE, "Resizing with Lanczos interpolation is not supported."),
        ("", ""),
    ],
    ids=["first line", "place, then cause", "OpenCV's quotation", "Keras's layer", "nothing"],
)
def test_a_refusal_keeps_the_sentence_that_names_the_cause(message, text):
    assert exception_text(ValueError(message)) == f"ValueError: {text}"
