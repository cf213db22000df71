"""Does a Convention refuse what means nothing, and say all that it means?"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from fractions import Fraction

import pytest

from halfpixel.golden import Convention
from halfpixel.golden.catalogue import CATALOGUE

_REFUSED = (
    ({"kernel": "bicubic"}, "unknown kernel 'bicubic'; allowed: nearest, linear, cubic"),
    ({"coordinate_transformation_mode": "centre"}, "unknown coordinate_transformation_mode 'centre'; allowed: half_pi"),
    ({"kernel": "nearest", "nearest_mode": "round"}, "unknown nearest_mode 'round'; allowed: round_prefer_floor"),
    ({"border": "clamp"}, "unknown border 'clamp'; allowed: replicate"),
    ({"prefilter": "box"}, "unknown prefilter 'box'; allowed: none"),
    ({"nearest_mode": "floor"}, "nearest_mode applies only when kernel is 'nearest', not 'linear'"),
    ({"cubic_coeff_a": -0.5}, "cubic_coeff_a applies only when kernel is 'cubic', not 'linear'"),
    ({"kernel": "cubic", "lobes": 3}, "lobes applies only when kernel is 'lanczos', not 'cubic'"),
    ({"kernel": "cubic", "order": 3}, "order applies only when kernel is 'bspline', not 'cubic'"),
    ({"sigma": 1}, "sigma applies only when prefilter is 'gaussian', not 'none'"),
    ({"roi": (0, 1)}, "roi applies only when coordinate_transformation_mode is 'tf_crop_and_resize', not 'half_pixel'"),
    ({"kernel": "nearest", "antialias": True}, "antialias does not apply to kernel 'nearest'"),
    ({"kernel": "area", "antialias": True}, "antialias does not apply to kernel 'area'"),
    ({"kernel": "lanczos", "lobes": 0}, "lobes must be a positive integer, not 0"),
    ({"kernel": "lanczos", "lobes": 2.5}, "lobes must be a positive integer, not 2.5"),
    ({"kernel": "bspline", "order": 6}, "order must be 2, 3, 4 or 5, not 6"),
    ({"prefilter": "bspline"}, "prefilter 'bspline' applies only when kernel is 'bspline'"),
    ({"kernel": "bspline", "prefilter": "bspline", "border": "renormalise"}, "no meaning with border 'renormalise'"),
    ({"prefilter": "gaussian", "sigma": -1}, "sigma must not be negative, not -1"),
    ({"kernel": "cubic", "cubic_coeff_a": "half"}, "not a number: 'half'"),
)  # fmt: skip


@pytest.mark.parametrize(("values", "message"), _REFUSED, ids=[message for _, message in _REFUSED])
def test_refuses(values: dict[str, object], message: str) -> None:
    """With a message that names the parameter and what is allowed."""
    with pytest.raises(ValueError, match=re.escape(message)):
        Convention(**values)


def test_fills_in_only_what_applies() -> None:
    """Parameters that the kernel reads have ONNX's defaults; the others are absent."""
    assert Convention(kernel="nearest").nearest_mode == "round_prefer_floor"
    assert Convention(kernel="cubic").cubic_coeff_a == Fraction(-3, 4)
    assert Convention().nearest_mode is None
    assert Convention().cubic_coeff_a is None
    assert Convention(coordinate_transformation_mode="tf_crop_and_resize").roi == (0, 1)


def test_two_that_say_the_same_are_equal() -> None:
    """However their numbers were written."""
    written = {Convention(kernel="cubic", cubic_coeff_a=a) for a in (-0.5, "-1/2", "-0.5", Fraction(-1, 2))}
    assert len(written) == 1
    assert Convention(kernel="cubic", cubic_coeff_a=0.1).cubic_coeff_a == Fraction(1, 10)
    assert Convention(border="renormalise").exclude_outside
    assert not Convention().exclude_outside


def test_is_frozen() -> None:
    """A convention can be a key."""
    with pytest.raises(FrozenInstanceError):
        Convention().kernel = "cubic"


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        (Convention(kernel="nearest", nearest_mode="ceil"), {"kernel": "linear"}, Convention()),
        (Convention(kernel="cubic", antialias=True), {"kernel": "nearest"}, Convention(kernel="nearest")),
        (Convention(kernel="bspline", prefilter="bspline"), {"kernel": "linear"}, Convention()),
        (Convention(prefilter="gaussian", sigma=2), {"prefilter": "none"}, Convention()),
        (
            Convention(coordinate_transformation_mode="tf_crop_and_resize", roi=(0, "1/2")),
            {"coordinate_transformation_mode": "half_pixel"},
            Convention(),
        ),
        (
            Convention(kernel="cubic", cubic_coeff_a=-0.5),
            {"border": "mirror"},
            Convention(kernel="cubic", cubic_coeff_a=-0.5, border="mirror"),
        ),
    ],
    ids=lambda value: str(value),
)
def test_but_drops_what_no_longer_applies(before: Convention, changes: dict, after: Convention) -> None:
    """And keeps the rest."""
    assert before.but(**changes) == after


def test_but_refuses_what_never_applied() -> None:
    """A parameter that was asked for is not dropped silently."""
    with pytest.raises(ValueError, match="lobes applies only when kernel is 'lanczos'"):
        Convention().but(lobes=3)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_survives_being_written_and_read(entry: object) -> None:
    """``from_dict`` undoes ``as_dict``, whose values are what JSON knows."""
    values = entry.convention.as_dict()
    assert Convention.from_dict(values) == entry.convention
    assert {type(value) for value in values.values()} <= {str, int, bool, list}


def test_reading_refuses_unknown_names() -> None:
    """A misspelt parameter is no parameter."""
    with pytest.raises(TypeError, match="cubic_coef"):
        Convention.from_dict({"kernel": "cubic", "cubic_coef": "-1/2"})


@pytest.mark.parametrize(
    ("convention", "text"),
    [
        (Convention(), "linear half_pixel"),
        (Convention(kernel="nearest"), "nearest half_pixel round_prefer_floor"),
        (Convention(kernel="cubic", antialias=True, border="renormalise"),
         "cubic half_pixel cubic_coeff_a=-3/4 antialias border=renormalise"),
        (Convention(prefilter="gaussian"), "linear half_pixel prefilter=gaussian(auto)"),
        (Convention(coordinate_transformation_mode="tf_crop_and_resize", roi=("1/4", 1)),
         "linear tf_crop_and_resize roi=1/4:1"),
    ],
)  # fmt: skip
def test_reads_as_words(convention: Convention, text: str) -> None:
    """As in ids, reports and messages."""
    assert str(convention) == text


def test_importing_golden_imports_numpy_and_nothing_else() -> None:
    """The ground floor stands on the standard library and numpy alone, its commands included."""
    program = (
        "import sys; import numpy; before = set(sys.modules); import halfpixel.golden, halfpixel.golden.catalogue,"
        " halfpixel.golden.vector_sets.folder, halfpixel.golden.command; new = set(sys.modules) - before;"
        " outside = {name.partition('.')[0] for name in new if not name.startswith('halfpixel.golden')};"
        " print(sorted(outside - set(sys.stdlib_module_names) - {'halfpixel', 'numpy'}),"
        " [name for name in new if name.startswith('halfpixel.') and not name.startswith('halfpixel.golden')])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[] []"


@pytest.mark.parametrize(
    ("onnx", "own"),
    [
        ({"mode": "cubic"}, {"kernel": "cubic"}),
        ({"mode": "cubic", "exclude_outside": True}, {"kernel": "cubic", "border": "renormalise"}),
        ({"mode": "linear", "antialias": 1, "exclude_outside": 0}, {"antialias": True}),
        (
            {"coordinate_transformation_mode": "tf_crop_and_resize", "extrapolation_value": 0.0},
            {"coordinate_transformation_mode": "tf_crop_and_resize", "border": "extrapolate"},
        ),
        # ONNX reads it with tf_crop_and_resize alone.
        ({"extrapolation_value": 0.5}, {}),
    ],
)
def test_onnx_names_say_the_same(onnx: dict[str, object], own: dict[str, object]) -> None:
    assert Convention(**onnx) == Convention(**own)
    assert hash(Convention(**onnx)) == hash(Convention(**own))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"mode": "cubic", "kernel": "nearest"}, "contradict"),
        ({"exclude_outside": True, "border": "wrap"}, "contradicts border 'wrap'"),
        ({"exclude_outside": False, "border": "renormalise"}, "contradicts"),
        ({"coordinate_transformation_mode": "tf_crop_and_resize", "extrapolation_value": 1}, "must be 0, not 1"),
    ],
)
def test_onnx_names_that_contradict_are_refused(given: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Convention(**given)
