"""The adapters, not the frameworks: axis order, layout, names, claims, refusals, and how adapters are found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from halfpixel import adapters
from halfpixel.adapters.layout import IMAGE_LAYOUTS, Layout, WrongShape
from halfpixel.adapters.native_call import helper_source
from halfpixel.golden import Convention, matrix

FIVE = ("onnxruntime", "opencv", "scipy", "tensorflow", "torch")
LINEAR = Convention(kernel="linear")


def test_every_framework_of_the_core_has_an_adapter() -> None:
    assert set(FIVE) <= set(adapters.frameworks())
    assert {operation.framework for operation in adapters.operations()} == set(adapters.frameworks())


def test_importing_adapters_imports_no_framework() -> None:
    modules = [framework.module for framework in adapters.frameworks().values()] + ["onnx", "keras"]
    program = "import sys, halfpixel.adapters; halfpixel.adapters.operations(); "
    program += f"print([module for module in {modules} if module in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_file_that_lists_operations_without_a_framework_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "nameless.py").write_text("FRAMEWROK = None\n\n\ndef operations():\n    return []\n")
    program = "from halfpixel import adapters; adapters.__path__.append({!r}); adapters.frameworks()"
    done = subprocess.run([sys.executable, "-c", program.format(str(tmp_path))], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == (
        "TypeError: halfpixel.adapters.nameless lists operations, but has no FRAMEWORK"
    )


def test_a_folder_is_an_adapter_with_a_file_for_each_kind_of_call(tmp_path: Path) -> None:
    folder = tmp_path / "doubler"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "calls.py").write_text(
        "from halfpixel.adapters import Framework, native\n"
        "FRAMEWORK = Framework('doubler', 'numpy', ('numpy',), '')\n"
        "def operations():\n    return [native(FRAMEWORK, 'repeat()', 'x.repeat(2, 0).repeat(2, 1)', 'HW')]\n"
    )
    (folder / "variants.py").write_text(
        "from halfpixel.adapters import Variant\n"
        "def list_variants():\n    return [Variant('transposed', 'x.T.copy().T')]\n"
    )
    program = (
        "import numpy as np; from halfpixel import adapters; adapters.__path__.append({!r}); "
        "(operation,), (variant,) = adapters.operations('doubler'), adapters.list_variants('doubler'); "
        "print(operation.with_variant(variant), adapters.operations_nd('doubler'), "
        "operation.run(np.ones((1, 2, 2, 1)), (4, 4)).sum())"
    )
    done = subprocess.run([sys.executable, "-c", program.format(str(tmp_path))], capture_output=True, text=True)
    assert done.stdout == "doubler repeat() [transposed] () 16.0\n", done.stderr


def test_names_are_unique_and_say_the_framework() -> None:
    names = [operation.id for operation in adapters.operations()]
    assert len(set(names)) == len(names)
    assert all(operation.id.startswith(operation.framework + " ") for operation in adapters.operations())


def test_every_operation_cites_its_source_and_says_why_it_claims_nothing() -> None:
    operations: list[adapters.Operation | adapters.ByScaleOperation | adapters.NdOperation] = [
        *adapters.operations(),
        *adapters.operations_by_scale(),
        *adapters.operations_nd(),
    ]
    uncited = [operation.id for operation in operations if not operation.source.startswith("https://")]
    silent = [operation.id for operation in operations if operation.claim is None and not operation.note]
    assert (uncited, silent) == ([], [])


@pytest.mark.parametrize("framework", FIVE)
def test_one_default_call_at_least(framework: str) -> None:
    assert any(operation.is_default for operation in adapters.operations(framework))


@pytest.mark.parametrize("framework", FIVE)
def test_resize_picks_a_call_for_the_convention_and_keeps_axes_and_channels(framework: str) -> None:
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


def test_resize_refuses_what_no_call_documents() -> None:
    with pytest.raises(adapters.Unsupported, match=r"opencv documents no call for 'mitchell half_pixel' .*linear"):
        adapters.resize("opencv", np.zeros((3, 3), np.float32), (5, 5), Convention(kernel="mitchell"))


def test_resize_refuses_an_unknown_framework_and_a_wrong_rank() -> None:
    with pytest.raises(ValueError, match="unknown framework 'opencw'; allowed: jax, keras"):
        adapters.resize("opencw", np.zeros((3, 3)), (5, 5), LINEAR)
    with pytest.raises(ValueError, match=r"must have shape \(H, W\) or \(H, W, C\), not \(3,\)"):
        adapters.resize("opencv", np.zeros(3), (5, 5), LINEAR)


@pytest.mark.parametrize("layout", IMAGE_LAYOUTS)
def test_a_layout_passes_axes_through_and_refuses_another_shape(layout: Layout) -> None:
    images = np.random.default_rng(0).random((2, 3, 5, 4), dtype=np.float32)

    def flipped(x: np.ndarray, h: int, w: int) -> np.ndarray:
        axis = {"NHWC": 1, "NCHW": 2, "HWC": 0, "HW": 0}[layout]
        return np.flip(x, axis=axis)

    np.testing.assert_array_equal(layout.apply(flipped, images, (3, 5), (3, 5)), images[:, ::-1])
    np.testing.assert_array_equal(layout.apply(flipped, images, (3, 5), None), images[:, ::-1])
    with pytest.raises(WrongShape):
        layout.apply(flipped, images, (5, 3), (5, 3))


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("channels", [1, 3])
def test_pieces_of_a_layout_have_its_shape_and_assemble_again(layout: Layout, channels: int) -> None:
    volumes = np.random.default_rng(0).random((2, 5, 4, channels), dtype=np.float32)
    pieces = list(layout.pieces(volumes))
    assert {piece.shape for piece in pieces} == {layout.shape(2, (5, 4), channels)}
    np.testing.assert_array_equal(layout.assemble(pieces, 2, channels), volumes)


@pytest.mark.parametrize("layout", [Layout.HWC, Layout.HW])
def test_no_images_give_no_images_of_the_new_size(layout: Layout) -> None:
    def never(x: np.ndarray, h: int, w: int) -> np.ndarray:
        raise AssertionError

    empty = np.empty((0, 3, 5, 2), np.float32)
    assert layout.apply(never, empty, (4, 6), (4, 6)).shape == (0, 4, 6, 2)


def untyped(x):  # type: ignore[no-untyped-def]  # printed
    """A helper."""
    return x  # kept


def test_marks_for_the_type_checker_are_not_printed() -> None:
    assert helper_source(untyped) == 'def untyped(x):\n    """A helper."""\n    return x  # kept\n'
