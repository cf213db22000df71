"""Do the printed programs compute the exact weights, alone, in another process, with both axes resized at once?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from halfpixel.adapters import operations
from halfpixel.adapters.framework import Framework
from halfpixel.golden import Convention, matrix
from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.probe.translate.call_programs import call_program
from halfpixel.probe.translate.weights_program import measured_weights_program, product_program, weights_program

_PAIRS = ((8, 5), (5, 8), (1, 4), (4, 1), (14, 18), (20, 6), (3, 21), (64, 61), (26, 64))

_MORE = [
    Convention(kernel="cubic", cubic_coeff_a="-3/5", antialias=True),
    Convention(kernel="lanczos", lobes=2, border="constant"),
    Convention(kernel="mitchell", antialias=True, border="reflect"),
    Convention(kernel="box", antialias=True, border="renormalise", coordinate_transformation_mode="align_corners"),
    Convention(kernel="linear", border="wrap_overlap", coordinate_transformation_mode="tf_half_pixel_for_nn"),
    Convention(kernel="linear", coordinate_transformation_mode="pytorch_half_pixel", border="wrap"),
    Convention(kernel="linear", coordinate_transformation_mode="half_pixel_symmetric", border="mirror"),
    Convention(coordinate_transformation_mode="tf_crop_and_resize", roi=("1/8", "3/4"), border="extrapolate"),
    Convention(kernel="nearest", nearest_mode="round_half_even"),
    Convention(kernel="nearest", nearest_mode="ceil", border="constant"),
    Convention(kernel="bspline", order=5, prefilter="bspline", border="constant"),
    Convention(kernel="bspline", order=2, prefilter="bspline", border="wrap"),
    Convention(kernel="bspline", order=4, prefilter="bspline", border="extrapolate"),
    Convention(prefilter="gaussian", sigma="5/3", border="renormalise"),
]
_EVERY = list(dict.fromkeys([*(entry.convention for entry in CATALOGUE), *_MORE]))


@pytest.mark.parametrize("convention", _EVERY, ids=str)
def test_the_weights_are_those_of_the_convention(convention):
    """To float64's rounding, at every pair; ties fall as the convention says."""
    program: dict[str, object] = {}
    exec(weights_program(convention), program)
    for n_in, n_out in _PAIRS:
        got = program["weights"]((3, n_in), (7, n_out), 1)  # type: ignore[operator]
        np.testing.assert_allclose(got, matrix(convention, n_in, n_out).to_array(), atol=1e-12, rtol=0)


_ALONE = """
import sys


class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "halfpixel":
            raise ModuleNotFoundError(f"{name} is not here")


sys.meta_path.insert(0, Nowhere())
sys.path[:] = [place for place in sys.path if "halfpixel" not in place]
exec(compile(open(sys.argv[1]).read(), "printed", "exec"))
image, size = np.load(sys.argv[2]), tuple(map(int, sys.argv[4:6]))
np.save(sys.argv[3], np.asarray(translated(image, *size)))
assert "halfpixel" not in sys.modules
"""


def _run_alone(tmp_path: Path, program: str, image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """What a printed program makes of an image in a process that has no package of this project."""
    files = {name: tmp_path / name for name in ("alone.py", "printed.py", "image.npy", "result.npy")}
    files["alone.py"].write_text(_ALONE)
    files["printed.py"].write_text(program)
    np.save(files["image.npy"], image)
    command = [sys.executable, *(str(path) for path in files.values()), *map(str, size)]
    subprocess.run(command, check=True, cwd=tmp_path, timeout=300)
    return np.load(files["result.npy"])


_SIZES = ((37, 22), (26, 31))
_TARGETS = {
    "torch": ("torch.from_numpy(x)", "NCHW", (2, 3, *_SIZES[0]), (2, 3)),
    "tensorflow": ("tf.constant(x)", "NHWC", (2, *_SIZES[0], 3), (1, 2)),
    "opencv": ("x", "HWC", (*_SIZES[0], 3), (0, 1)),
    "pillow": ("Image.fromarray(x)", "HW", _SIZES[0], (0, 1)),
}


@pytest.mark.parametrize("target", _TARGETS)
def test_the_program_stands_alone(target, tmp_path):
    """Batches and channels go through it, and both axes come out as by the exact matrices."""
    to_native, layout, shape, (height, width) = _TARGETS[target]
    module = {"torch": "torch", "tensorflow": "tensorflow"}.get(target, "numpy")
    pytest.importorskip(module)
    convention = Convention(kernel="cubic", cubic_coeff_a="-1/2", antialias=True, border="reflect")
    framework = Framework(target, module, (module,), "", to_native=to_native)
    image = np.random.default_rng(3).uniform(-1, 1, shape).astype(np.float32)
    got = _run_alone(tmp_path, weights_program(convention) + product_program(framework, layout), image, _SIZES[1])
    rows, columns = (matrix(convention, *pair).to_array() for pair in zip(*_SIZES, strict=True))
    expected = np.moveaxis(np.tensordot(rows, image, (1, height)), 0, height)
    expected = np.moveaxis(np.tensordot(columns, expected, (1, width)), 0, width)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=2e-6, rtol=0)


@pytest.mark.parametrize("size_out", [(14, 18), (31, 40), (14, 40), (26, 18)])
def test_measured_weights_are_the_call_with_both_axes_at_once(size_out, tmp_path):
    """OpenCV's area is another rule for one axis when the other enlarges; its program measures both together."""
    cv2 = pytest.importorskip("cv2")
    call = next(one for one in operations("opencv") if one.name == "resize(INTER_AREA)")
    torch = Framework("torch", "torch", ("torch",), "", to_native="torch.from_numpy(x)")
    pytest.importorskip("torch")
    program = call_program(call) + measured_weights_program(call) + product_program(torch, "NCHW")
    image = np.random.default_rng(4).uniform(-1, 1, (26, 37)).astype(np.float32)
    got = _run_alone(tmp_path, program, image[None, None], size_out)[0, 0]
    expected = cv2.resize(image, size_out[::-1], interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(got, expected, atol=2e-6, rtol=0)
