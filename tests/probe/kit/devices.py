"""Devices in Python: they read a kit's folder, resize each image, and write what they made, as any program would."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from halfpixel import cli
from halfpixel.golden import Convention, matrix
from halfpixel.probe.kit.images import standard_images
from halfpixel.probe.kit.make import KitForm, make_kit

LINEAR = Convention(kernel="linear")

Device = Callable[[np.ndarray, tuple[int, int]], np.ndarray]
"""``f(image float64 (H, W, C), size (h, w)) -> float64 (h, w, C)``."""


@cache
def weights(convention: Convention, n_in: int, n_out: int) -> np.ndarray:
    """The exact matrix, float64."""
    return matrix(convention, n_in, n_out).to_array()


def exact(height: Convention, width: Convention | None = None) -> Device:
    """A device that follows one convention, or another along the width."""

    def device(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        rows = weights(height, image.shape[0], size[0])
        columns = weights(width or height, image.shape[1], size[1])
        return np.stack([rows @ image[..., c] @ columns.T for c in range(image.shape[2])], axis=2)

    return device


def levels(values: np.ndarray) -> np.ndarray:
    """Rounded half up and clipped: uint8. Sums that miss a half by float64's rounding count as halves."""
    return np.clip(np.floor(np.rint(values * 2**20) / 2**20 + 0.5), 0, 255).astype(np.uint8)


def kit(folder: Path, dtype: str = "uint8", layout: str = "NHWC", file_format: str = "npy", channels: int = 3) -> Path:
    """A standard kit in ``folder``."""
    make_kit(folder, standard_images(dtype == "float32"), KitForm(dtype, layout, file_format, channels), "0")
    return folder


def run(folder: Path, device: Device) -> None:
    """Let a device answer a kit of ``npy``, ``raw`` or ``bin+json``."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    dtype, is_planar, suffix = manifest["dtype"], manifest["layout"] == "NCHW", manifest["format"]
    for file in manifest["files"]:
        height, width, channels = file["shape"]
        values = np.load(folder / file["input"]) if suffix == "npy" else np.fromfile(folder / file["input"], dtype)
        if is_planar:
            image = values.reshape(channels, height, width).transpose(1, 2, 0)
        else:
            image = values.reshape(height, width, channels)
        made = device(image.astype(np.float64), tuple(file["size"]))
        made = levels(made) if dtype == "uint8" else made.astype(dtype)
        made = np.ascontiguousarray(made.transpose(2, 0, 1)) if is_planar else made
        if suffix == "npy":
            np.save(folder / file["output"], made[None])
        else:
            made.tofile(folder / file["output"])


def read(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    """The exit status of ``halfpixel kit read``, and what it printed on stdout and stderr."""
    status = cli.main(["kit", "read", str(folder), *more])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def names(folder: Path) -> list[str]:
    """The names of the images, as list.txt has them."""
    return [line.split()[0] for line in (folder / "list.txt").read_text(encoding="utf-8").splitlines()]
