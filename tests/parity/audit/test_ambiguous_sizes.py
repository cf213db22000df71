"""Where a size depends on how the product with the scale is computed, the specification's is right, and it is told."""

from __future__ import annotations

import numpy as np
import pytest

from halfpixel.golden.vocabulary import Cause
from halfpixel.parity.audit.remarks import audit_model
from halfpixel.parity.diagnose.pipeline import run_model
from halfpixel.parity.diagnose.results import ParityExit
from halfpixel.parity.formats.loader import load_model
from tests.parity.graphs import resize, saved


def _model(tmp_path, n_in: int | str, ratio: float):
    scales = [1, 1, np.float32(ratio), np.float32(ratio)]
    return load_model(saved(resize(scales=scales, before=(1, 1, n_in, n_in), mode="linear"), tmp_path))


_CASES = [(37, 39 / 37, 38, 39), (86, 256 / 86, 255, 256)]


@pytest.mark.parametrize(("n_in", "ratio", "exact", "rounded"), _CASES)
def test_the_runtime_of_another_size_than_the_specification_is_blamed(tmp_path, n_in, ratio, exact, rounded):
    run = run_model(_model(tmp_path, n_in, ratio), ["onnxruntime", "onnx-reference"])
    assert run.base == "onnx-reference"
    (finding,) = run.differing
    assert (finding.runtime, finding.factors) == ("onnxruntime", (Cause.OUTPUT_SIZE,))
    assert f"{exact} pixels, and {rounded} in float32" in finding.explanation


@pytest.mark.parametrize(("n_in", "ratio", "exact", "rounded"), _CASES)
def test_the_audit_tells_both_sizes_and_who_makes_which(tmp_path, n_in, ratio, exact, rounded):
    (remark,) = [remark for remark in audit_model(_model(tmp_path, n_in, ratio)) if "in float32" in remark.message]
    assert f"axis 2: {n_in} x " in remark.message
    assert f"{exact} pixels, and {rounded} in float32" in remark.message
    assert remark.is_warning


def test_of_an_open_axis_the_first_size_is_named(tmp_path):
    (remark,) = [remark for remark in audit_model(_model(tmp_path, "n", 0.7)) if "in float32" in remark.message]
    assert remark.message.startswith("axis 2: 10 x 0.699999988 is")
    assert not remark.is_warning
    assert "of the sizes up to 512" in remark.message


@pytest.mark.parametrize(("n_in", "ratio"), [(37, 2), (37, 1.5), (36, 39 / 37), ("n", 2), ("n", 0.25)])
def test_a_size_that_every_arithmetic_makes_is_no_warning(tmp_path, n_in, ratio):
    model = _model(tmp_path, n_in, ratio)
    assert not [remark for remark in audit_model(model) if "in float32" in remark.message]
    if isinstance(n_in, int):
        assert run_model(model, ["onnxruntime", "onnx-reference"]).exit is ParityExit.PARITY
