"""Kits answered by programs that know nothing of this project: each is named, or told apart from what it claims.

A program that is not installed skips its tests and says so. ``tox run -e devices`` runs them.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from halfpixel import cli

HERE = Path(__file__).parent / "devices"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
Answered = tuple[int, str]


def _program(*names: str) -> str:
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip(f"{names[0]} is not installed")
    return path


def _run(*command: str | Path, **options: object) -> None:
    ran = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, check=False, **options)
    assert ran.returncode == 0, ran.stderr


def _listed(folder: Path) -> list[list[str]]:
    return [line.split() for line in (folder / "list.txt").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def answered(tmp_path, capsys) -> Callable[..., Answered]:
    """``answered(device, *options)``: make a kit, let ``device(folder)`` answer it, and read the answer."""

    def ask(device: Callable[[Path], None], *options: str, read: tuple[str, ...] = ()) -> Answered:
        folder = tmp_path / "kit"
        assert cli.main(["kit", "make", str(folder), *options]) == 0
        device(folder)
        capsys.readouterr()
        status = cli.main(["kit", "read", str(folder), "--device", "tested", *read])
        return status, capsys.readouterr().out

    return ask


def _imagemagick(*options: str) -> Callable[[Path], None]:
    program = _program("magick", "convert-im6", "convert-im6.q16")

    def device(folder: Path) -> None:
        for name, width, height in _listed(folder):
            _run(
                program,
                folder / f"in/{name}.png",
                *options,
                "-resize",
                f"{width}x{height}!",
                folder / f"out/{name}.png",
            )

    return device


def test_imagemagick_is_named(answered):
    status, out = answered(_imagemagick("-filter", "Triangle"))
    assert status == 0, out
    assert "device:tested resize: linear half_pixel antialias border=renormalise\n" in out
    assert "rounded down once, after both axes" in out
    assert "files:       30 of 30" in out


def test_imagemagick_clips_overshoots_between_the_axes(answered):
    """Release 6 holds 16 bits between them: fractions are kept, and what is beyond the range is not."""
    status, out = answered(_imagemagick("-filter", "Catrom"))
    assert status == 0, out
    assert "device:tested resize: cubic half_pixel cubic_coeff_a=-1/2 antialias border=renormalise\n" in out
    assert "one axis first, clipped before the other axis, and rounded down after both" in out


def _ffmpeg(flags: str) -> Callable[[Path], None]:
    program = _program("ffmpeg")

    def device(folder: Path) -> None:
        for name, width, height in _listed(folder):
            scale = f"scale={width}:{height}:flags={flags}"
            files = (folder / f"in/{name}.png", folder / f"out/{name}.png")
            _run(program, "-nostdin", "-v", "error", "-i", files[0], "-vf", scale, files[1])

    return device


def test_ffmpeg_has_a_cubic_of_its_own(answered):
    status, out = answered(_ffmpeg("bicubic"), "--channels", "1")
    assert status == 1, out
    assert "no known convention; its parameters are estimated below" in out
    assert "kernel, enlarging: cubic a = -0.60" in out
    assert "antialias: yes" in out


def _canvas(quality: str) -> Callable[[Path], None]:
    executable = _program(*CHROMIUM)
    playwright = pytest.importorskip("playwright.sync_api")

    def device(folder: Path) -> None:
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])
            page = browser.new_page()
            page.goto((HERE / "canvas.html").as_uri())
            for name, width, height in _listed(folder):
                data = base64.b64encode((folder / f"in/{name}.png").read_bytes()).decode()
                arguments = [f"data:image/png;base64,{data}", int(width), int(height), quality]
                made = page.evaluate("([source, w, h, quality]) => resized(source, w, h, quality)", arguments)
                (folder / f"out/{name}.png").write_bytes(base64.b64decode(made))
            browser.close()

    return device


def test_a_canvas_without_smoothing_is_nearest(answered):
    status, out = answered(_canvas("off"))
    assert status == 0, out
    assert "nearest half_pixel" in out


def _onnx_model(path: Path, dtype: int, **attributes: object) -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    sizes = helper.make_tensor("sizes", onnx.TensorProto.INT64, [4], [1, 3, 33, 50])
    node = helper.make_node("Resize", ["image", "", "", "sizes"], ["resized"], **attributes)
    ports = (
        helper.make_tensor_value_info(name, dtype, [1, 3, *size])
        for name, size in (("image", (48, 36)), ("resized", (33, 50)))
    )
    graph = helper.make_graph([node], "resize", [next(ports)], [next(ports)], [sizes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def test_onnxruntime_web_runs_the_model_of_a_kit(answered, tmp_path):
    node = _program("node")
    packages = Path(os.environ.get("HALFPIXEL_NODE_MODULES", "node_modules")).resolve()
    if not (packages / "onnxruntime-web").is_dir():
        pytest.skip(
            "onnxruntime-web is not installed: npm install onnxruntime-web, HALFPIXEL_NODE_MODULES names the folder"
        )
    onnx = pytest.importorskip("onnx")
    _onnx_model(tmp_path / "resize.onnx", onnx.TensorProto.FLOAT, mode="cubic")

    def device(folder: Path) -> None:
        # Modules are looked up beside the program.
        shutil.copy(HERE / "onnx_web.mjs", tmp_path)
        (tmp_path / "node_modules").symlink_to(packages)
        _run(node, tmp_path / "onnx_web.mjs", folder)

    status, out = answered(device, "--model", str(tmp_path / "resize.onnx"))
    assert status == 0, out
    assert "cubic half_pixel cubic_coeff_a=-3/4" in out
    assert "float32 NCHW" in out


def test_a_program_in_c_is_named(answered, tmp_path):
    compiler = _program("gcc", "cc")
    _run(compiler, "-O1", "-o", tmp_path / "bilinear", HERE / "bilinear.c", "-lm")
    status, out = answered(lambda folder: _run(tmp_path / "bilinear", folder), "--format", "raw")
    assert status == 0, out
    assert "linear half_pixel\n" in out
    assert "rounds to the nearest" in out


def _wrong(how: str) -> Callable[[Path], None]:
    """Bilinear in numpy, deliberately wrong: one output column late, one axis with aligned corners, or above a size."""

    def axis(n_in: int, n_out: int, aligned: bool) -> np.ndarray:
        step = (n_in - 1) / max(n_out - 1, 1) if aligned else n_in / n_out
        at = np.arange(n_out) * step if aligned else (np.arange(n_out) + 0.5) * step - 0.5
        at = np.clip(at, 0, n_in - 1)
        low = np.floor(at).astype(int)
        matrix = np.zeros((n_out, n_in))
        np.add.at(matrix, (np.arange(n_out), low), 1 - (at - low))
        np.add.at(matrix, (np.arange(n_out), np.minimum(low + 1, n_in - 1)), at - low)
        return matrix

    def device(folder: Path) -> None:
        for name, width, height in _listed(folder):
            image = np.load(folder / f"in/{name}.npy")[0].astype(np.float64)
            is_large = max(*image.shape[:2], int(width), int(height)) > 200
            aligned = how == "above a size" and is_large
            rows = axis(image.shape[0], int(height), aligned)
            columns = axis(image.shape[1], int(width), aligned or how == "one axis")
            made = np.einsum("yi,ijc,xj->yxc", rows, image, columns)
            if how == "one pixel late":
                made = made[:, np.maximum(np.arange(made.shape[1]) - 1, 0)]
            np.save(folder / f"out/{name}.npy", np.floor(made + 0.5 + 1e-9).astype(np.uint8)[None])

    return device


def test_a_device_that_is_a_pixel_late_is_told(answered):
    status, out = answered(_wrong("one pixel late"), "--format", "npy")
    assert status == 1
    assert "no known convention" in out
    assert "the axis that keeps its size changes: it is shifted by +1 columns" in out
    assert "nearest:" not in out


def test_a_device_with_another_rule_along_the_width_is_told(answered):
    status, out = answered(_wrong("one axis"), "--format", "npy")
    assert status == 0
    assert "linear half_pixel along the height; linear align_corners along the width" in out


def test_a_convention_is_held_against_each_axis(answered):
    status, out = answered(_wrong("one axis"), "--format", "npy", read=("--convention", "torch-bilinear"))
    assert status == 1
    assert "the height alone 15 of 15, the width alone 0 of 3" in out


def test_a_device_that_is_wrong_above_a_size_is_told(answered):
    status, out = answered(_wrong("above a size"), "--format", "npy")
    assert status == 1
    assert "nearest:     linear half_pixel" in out
    assert "the width alone 3 of 3" in out
    assert "both-to-160x96.npy" in out
