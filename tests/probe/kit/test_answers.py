"""What is named, by which words, and with which record, from the results of devices in Python."""

from __future__ import annotations

import json

import numpy as np
import pytest

from halfpixel import cli
from halfpixel.golden.catalogue import named_convention
from halfpixel.golden.integer_rules import INTEGER_RULES
from halfpixel.probe.kit.images import Kind
from halfpixel.reports.compare.merge import merge
from halfpixel.reports.records.json_lines import read, write
from halfpixel.reports.records.record_types import DefaultCall, Finding, Run

from .devices import exact, kit, run

BICUBIC = named_convention("torch-bicubic").convention


def _read(folder, capsys, *more: str) -> tuple[int, str]:
    status = cli.main(["kit", "read", str(folder), "--device", "tested", *more])
    return status, capsys.readouterr().out


@pytest.mark.parametrize("name", ["pillow-bicubic-uint8", "opencv-linear-uint8"])
def test_a_library_is_recognised_bit_for_bit(name, tmp_path, capsys):
    rule = INTEGER_RULES[name]
    folder = kit(tmp_path / "kit")
    run(folder, lambda image, size: rule.resize(image.astype(np.uint8), size).astype(np.float64))
    status, out = _read(folder, capsys)
    assert status == 0, out
    assert f"bit for bit: {name}: " in out
    assert str(rule.convention) in out


def test_one_level_off_is_not_bit_for_bit(tmp_path, capsys):
    rule = INTEGER_RULES["opencv-linear-uint8"]
    folder = kit(tmp_path / "kit", channels=1)

    def device(image, size):
        made = rule.resize(image.astype(np.uint8), size).astype(np.float64)
        made[0, 0] += 1
        return made

    run(folder, device)
    assert "bit for bit" not in _read(folder, capsys)[1]


@pytest.mark.parametrize(("low", "high", "words"), [(-9, 9, "kept"), (0, 1, "clipped")])
def test_floats_beyond_the_range_are_told(low, high, words, tmp_path, capsys):
    folder = kit(tmp_path / "kit", "float32")
    run(folder, lambda image, size: np.clip(exact(BICUBIC)(image, size), low, high))
    status, out = _read(folder, capsys)
    assert status == 0, out
    assert "cubic half_pixel cubic_coeff_a=-3/4\n" in out
    assert f"range:       values beyond 0..1 are {words}" in out


def test_half_the_results_are_enough(tmp_path, capsys):
    folder = kit(tmp_path / "kit", channels=1)
    run(folder, exact(BICUBIC))
    results = sorted((folder / "out").iterdir())
    for path in results[::2]:
        path.unlink()
    status, out = _read(folder, capsys)
    assert status == 0, out
    assert f"{BICUBIC}" in out
    assert "files:       15 of 30" in out


def test_a_wrong_channel_is_found(tmp_path, capsys):
    """The first channel alone is right; the lines of the identification are in it."""

    def device(image, size):
        made = exact(BICUBIC)(image, size)
        made[..., 2] = (made[..., 2] + made[..., 1]) / 2
        return made

    folder = kit(tmp_path / "kit", "float32")
    run(folder, device)
    status, out = _read(folder, capsys)
    assert status == 1
    assert "no known convention" in out
    assert "both axes at once 0 of " in out


def test_both_axes_at_once_are_looked_at(tmp_path, capsys):
    """Each axis alone is right; where both shrink by two and more, blocks are averaged first."""

    def device(image, size):
        if image.shape[0] >= 2 * size[0] and image.shape[1] >= 2 * size[1]:
            height, width = (n // 2 for n in image.shape[:2])
            image = image[: 2 * height, : 2 * width].reshape(height, 2, width, 2, -1).mean(axis=(1, 3))
        return exact(BICUBIC)(image, size)

    folder = kit(tmp_path / "kit", "float32", channels=1)
    run(folder, device)
    status, out = _read(folder, capsys)
    assert status == 1
    assert "the height alone 15 of 15, the width alone 3 of 3" in out
    assert f"-{Kind.BOTH}-to-10x10.npy" in out


def test_the_record_joins_a_run_as_a_device(tmp_path, capsys):
    folder, record, other = kit(tmp_path / "kit", channels=1), tmp_path / "device.jsonl", tmp_path / "other.jsonl"
    run(folder, exact(BICUBIC))
    assert _read(folder, capsys, "--report", str(record))[0] == 0
    header, default, finding = read(record)
    assert isinstance(header, Run)
    assert header.versions == {"device:tested": "unknown"}
    assert isinstance(default, DefaultCall)
    assert (default.framework, default.identified) == ("device:tested", str(BICUBIC))
    assert isinstance(finding, Finding)
    assert (finding.verdict, finding.pairs_measured, finding.pairs_differing) == ("agrees", 30, 0)
    # Other results of the same images, held against another convention.
    assert _read(folder, capsys, "--convention", "torch-bilinear", "--report", str(other))[0] == 1
    differing = read(other)[1]
    assert isinstance(differing, Finding)
    assert (differing.suite, differing.verdict) == ("conformance", "diverges")
    # A constant, and images of one pixel along the axis, are the same by both.
    assert 20 < differing.pairs_differing < 30
    assert "differing:" in differing.message
    write(tmp_path / "all.jsonl", merge([record, other]).records)
    entries = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {entry["framework"] for entry in entries if entry["type"] == "finding"} == {"device:tested"}
    assert cli.main(["report", "render", str(tmp_path / "all.jsonl"), "-o", str(tmp_path / "all.html")]) == 0
    assert "device:tested" in (tmp_path / "all.html").read_text(encoding="utf-8")


def test_a_record_that_cannot_be_written_is_told(tmp_path, capsys):
    folder = kit(tmp_path / "kit", channels=1)
    run(folder, exact(BICUBIC))
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert cli.main(["kit", "read", str(folder), "--report", str(tmp_path / "file" / "x.jsonl")]) == 2
    assert "cannot write" in capsys.readouterr().err
