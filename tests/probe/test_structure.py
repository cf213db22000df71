"""Are the properties seen that a matrix along one axis cannot show, and none where there is none to see?"""

from __future__ import annotations

import numpy as np
import pytest

from halfpixel import probe
from halfpixel.adapters import Operation, from_callable
from halfpixel.golden import Convention
from halfpixel.probe.measure.joint_shapes import JOINT
from tests.fakes.exact import exact_resize

LINEAR = Convention(kernel="linear")
_right = exact_resize(LINEAR)
Images = np.ndarray
Size = tuple[int, int]


def _run(images: Images, size: Size) -> Images:
    return from_callable(_right).run(images, size)


def _noisy(image: np.ndarray, size: Size) -> np.ndarray:
    return _right(image, size) + np.random.default_rng().uniform(-1e-4, 1e-4, size).astype(np.float32)


def _remembering():
    last = np.zeros(1, np.float32)

    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        nonlocal last
        result = _right(image, size) + 1e-3 * last.flat[0]
        last = image.copy()
        return result

    return resize


def _first_repeated(images: Images, size: Size) -> Images:
    return np.repeat(_run(images, size)[:1], len(images), axis=0)


def _leaking(images: Images, size: Size) -> Images:
    resized = _run(images, size)
    resized[..., 0] += 0.01 * images[..., -1].mean() * (images.shape[-1] > 1)
    return resized


def _diagonal(image: np.ndarray, size: Size) -> np.ndarray:
    """Each pixel takes a tenth of its neighbour across the corner."""
    return _right(0.9 * image + 0.1 * np.roll(image, (1, 1), (0, 1)), size)


def _square_transposed(image: np.ndarray, size: Size) -> np.ndarray:
    result = _right(image, size)
    return result.T if image.shape[0] == image.shape[1] and size[0] == size[1] else result


# The factor that must be seen; the operation; the least error that it must show.
_FAULTS = [
    ("determinism", from_callable(_noisy), 1e-5),
    ("state", from_callable(_remembering()), 1e-4),
    ("linearity", from_callable(lambda image, size: np.abs(_right(image, size))), 0.1),
    ("linearity", from_callable(lambda image, size: np.clip(_right(image, size), 0, 1)), 0.1),
    ("rounding", from_callable(lambda image, size: np.round(_right(image, size) * 256) / 256), 1e-4),
    ("offset", from_callable(lambda image, size: _right(image, size) + np.float32(0.01)), 0.009),
    ("separability", from_callable(_diagonal), 0.05),
    ("axis order", from_callable(_square_transposed), 0.5),
    ("batch", Operation("callable", "first repeated", _first_repeated), 0.1),
    ("channel", Operation("callable", "leaking", _leaking), 1e-5),
]


@pytest.mark.parametrize(("factor", "subject", "least"), _FAULTS, ids=lambda value: str(value)[:40])
def test_the_fault_is_seen(factor, subject, least):
    found = probe.structure(subject)
    faults = {fault.factor: fault for fault in found.faults}
    assert factor in faults
    assert faults[factor].error >= least
    assert found.checked > 0


@pytest.mark.parametrize(("factor", "subject", "least"), _FAULTS, ids=lambda value: str(value)[:40])
def test_an_operation_with_the_fault_never_agrees(factor, subject, least):
    found = probe.check(subject, LINEAR, sizes=((5, 8), (8, 5), (6, 6)))
    assert not found.verdict.is_agreement
    assert set(found.attribution.factors) & {factor, "precision", "linearity", "determinism"}


@pytest.mark.parametrize(
    "convention",
    [
        LINEAR,
        Convention(kernel="nearest"),
        Convention(kernel="cubic", antialias=True, border="renormalise"),
        Convention(kernel="mitchell"),
        Convention(kernel="bspline", order=3, prefilter="bspline", border="mirror"),
        LINEAR.but(coordinate_transformation_mode="align_corners", border="constant"),
    ],
    ids=str,
)
def test_a_right_resize_has_no_fault(convention):
    found = probe.structure(exact_resize(convention))
    assert (found.checked, found.faults, found.refused) == (len(JOINT), (), "")


def test_a_refusal_is_no_clean_bill():
    def refuse(image: np.ndarray, size: Size) -> np.ndarray:
        raise RuntimeError("not today")

    found = probe.structure(refuse)
    assert (found.checked, found.faults) == (0, ())
    assert found.refused == "RuntimeError: not today"
