"""The adapters, not the frameworks: axis order, layout, names, claims and refusals."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import adapters
from adapters.layout import LAYOUTS, WrongShape
from golden import Convention, matrix

FIVE = ("onnxruntime", "opencv", "scipy", "tensorflow", "torch")
LINEAR = Convention(kernel="linear")


def test_every_framework_of_the_core_has_an_adapter():
    assert set(FIVE) <= set(adapters.frameworks())
    assert {operation.framework for operation in adapters.operations()} == set(adapters.frameworks())


def test_importing_adapters_imports_no_framework():
    modules = [framework.module for framework in adapters.frameworks().values()] + ["onnx", "keras"]
    program = f"import sys, adapters; adapters.operations(); print([m for m in {modules} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_names_are_unique_and_say_the_framework():
    names = [operation.id for operation in adapters.operations()]
    assert len(set(names)) == len(names)
    assert all(operation.id.startswith(operation.framework + " ") for operation in adapters.operations())


def test_every_operation_cites_its_source_and_says_why_it_claims_nothing():
    uncited = [operation.id for operation in adapters.operations() if not operation.source.startswith("https://")]
    silent = [one.id for one in adapters.operations() if one.claim is None and not one.note]
    assert (uncited, silent) == ([], [])


@pytest.mark.parametrize("framework", FIVE)
def test_one_default_call_at_least(framework):
    assert any(operation.is_default for operation in adapters.operations(framework))


@pytest.mark.parametrize("framework", FIVE)
def test_resize_picks_a_call_for_the_convention_and_keeps_axes_and_channels(framework):
    mode = "align_corners" if framework == "scipy" else "half_pixel"
    border = "mirror" if framework == "scipy" else "replicate"
    convention = Convention(kernel="linear", coordinate_transformation_mode=mode, border=border)
    image = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4) ** 2
    rows, columns = matrix(convention, 2, 5).to_array(), matrix(convention, 3, 4).to_array()
    expected = np.einsum("oi,pj,ijc->opc", rows, columns, image)
    resized = adapters.resize(framework, image, (5, 4), convention)
    assert resized.shape == (5, 4, 4)
    np.testing.assert_allclose(resized, expected, rtol=0, atol=1e-3)
    np.testing.assert_allclose(
        adapters.resize(framework, image[..., 1], (5, 4), convention), expected[..., 1], rtol=0, atol=1e-3
    )


def test_resize_refuses_what_no_call_documents():
    with pytest.raises(adapters.Unsupported, match=r"opencv documents no call for 'mitchell half_pixel' .*linear"):
        adapters.resize("opencv", np.zeros((3, 3), np.float32), (5, 5), Convention(kernel="mitchell"))


def test_resize_refuses_an_unknown_framework_and_a_wrong_rank():
    with pytest.raises(ValueError, match="unknown framework 'opencw'; allowed: jax, keras"):
        adapters.resize("opencw", np.zeros((3, 3)), (5, 5), LINEAR)
    with pytest.raises(ValueError, match=r"must have shape \(H, W\) or \(H, W, C\), not \(3,\)"):
        adapters.resize("opencv", np.zeros(3), (5, 5), LINEAR)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_passes_axes_through_and_refuses_another_shape(layout):
    images = np.random.default_rng(0).random((2, 3, 5, 4), dtype=np.float32)

    def flipped(x, h, w):
        axis = {"NHWC": 1, "NCHW": 2, "HWC": 0, "HW": 0}[layout]
        return np.flip(x, axis=axis)

    np.testing.assert_array_equal(LAYOUTS[layout](flipped, images, (3, 5)), images[:, ::-1])
    with pytest.raises(WrongShape):
        LAYOUTS[layout](flipped, images, (5, 3))
