"""mmsegmentation's ``resize`` and ``Upsample``: that the adapter calls the real ones, their sizes, what they refuse."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest

from halfpixel.adapters.registry import frameworks
from halfpixel.golden import output_size

# What mmcv-lite lacks, as functions that cannot be called: enough to import what does not call them.
PUBLIC = """
import sys, types
class Missing(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: 1 / 0
sys.modules["mmcv._ext"] = Missing("mmcv._ext")
from mmseg.models.utils import resize as public
"""


@pytest.fixture(scope="module")
def wrappers(mmseg_version: str) -> Any:
    """The file that the adapter loads."""
    namespace: dict[str, Any] = {}
    exec(frameworks()["mmseg"].imports, namespace)
    return namespace["wrappers"]


@pytest.fixture(scope="module")
def torch(wrappers: Any) -> Any:
    """torch, which comes with it."""
    return pytest.importorskip("torch")


def _run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)


def test_the_adapter_calls_the_code_that_mmseg_models_exports(mmseg_version: str) -> None:
    imports = frameworks()["mmseg"].imports
    # Equal code is of one file and one line, too.
    done = _run(f"{PUBLIC}\n{imports}\nprint(public.__code__ == wrappers.resize.__code__)")
    assert (done.stdout.strip(), done.returncode) == ("True", 0), done.stderr


def test_the_public_name_needs_compiled_operators_that_mmcv_lite_lacks(mmseg_version: str) -> None:
    """When this fails, the adapter can import ``mmseg.models.utils`` itself."""
    done = _run("import mmseg\nprint('imported')\nfrom mmseg.models.utils import resize")
    assert done.stdout.strip() == "imported", "the installed mmcv is not one that mmsegmentation asserts"
    assert done.stderr.strip().splitlines()[-1] == "ModuleNotFoundError: No module named 'mmcv._ext'"


def test_upsample_by_a_scale_gives_the_floor_of_the_product_in_double_precision(wrappers: Any, torch: Any) -> None:
    short = []
    for n in range(1, 101):
        for tenths in range(1, 41):
            scale = tenths / 10
            expected = output_size(n, scale, "floor", "float64")
            if expected:
                height, width = wrappers.Upsample(scale_factor=scale)(torch.zeros(1, 1, n, n)).shape[2:]
                assert (height, width) == (expected, expected), (n, scale)
            exact = output_size(n, Fraction(tenths, 10), "floor")
            if expected != exact:
                short.append((n, scale, expected, exact))
    # A pixel short of what the decimal scale says, among 4,000 sizes: 90 * 0.7 is 62.99... in double precision.
    assert len(short) == 10
    assert (90, 0.7, 62, 63) in short


def test_a_size_of_zero_is_refused(wrappers: Any, torch: Any) -> None:
    with pytest.raises(RuntimeError, match="should be greater than 0"):
        wrappers.Upsample(scale_factor=0.1)(torch.zeros(1, 1, 5, 5))


def test_upsample_takes_two_scales_and_cannot_use_them(wrappers: Any, torch: Any) -> None:
    layer = wrappers.Upsample(scale_factor=(2, 3))
    assert layer.scale_factor == (2.0, 3.0)
    with pytest.raises(TypeError, match=r"int\(\) argument must be .* not 'tuple'"):
        layer(torch.zeros(1, 1, 4, 4))


@pytest.mark.parametrize(
    ("mode", "shape", "size"), [("linear", (1, 1, 4), (7,)), ("trilinear", (1, 1, 2, 4, 4), (2, 7, 7))]
)
def test_align_corners_of_other_ranks_is_refused_by_what_looks_for_sizes_to_warn_of(
    mode: str, shape: tuple[int, ...], size: tuple[int, ...], wrappers: Any, torch: Any
) -> None:
    image = torch.zeros(shape)
    with pytest.raises(ValueError, match="values to unpack"):
        wrappers.resize(image, size=size, mode=mode, align_corners=True)
    assert wrappers.resize(image, size=size, mode=mode, align_corners=True, warning=False).shape[2:] == size
    assert wrappers.resize(image, size=size, mode=mode, align_corners=False).shape[2:] == size
