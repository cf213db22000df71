"""``halfpixel check --vectors``: right resizers pass, each fault is suspected, and nothing else reads as agreement."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from halfpixel.golden import Convention
from halfpixel.probe.command import main
from halfpixel.probe.vector_check import vector_set
from halfpixel.probe.vector_check.faults import Suspect, find_faults
from halfpixel.probe.vector_check.outcomes import Failed, Refused, check_vectors
from halfpixel.probe.vector_check.report import VectorReport
from halfpixel.probe.vector_check.vector_set import read_set
from halfpixel.testing import assert_passes_vectors, exact_resize
from tests.probe.vector_check import small_set
from tests.probe.vector_check.small_set import FAULTS, drops_half, mixes_channels, right, write_small_set

HERE = small_set.__name__


@pytest.fixture
def small(tmp_path: Path) -> str:
    """The path of the set."""
    return str(write_small_set(tmp_path / "sets"))


def test_a_right_resizer_passes_and_rules_every_fault_out(small, capsys):
    assert main(["check", f"{HERE}:right", "--vectors", small]) == 0
    printed = capsys.readouterr().out
    assert "compared:    4 vectors: 4 pass, 0 fail" in printed
    assert f"ruled out:   {', '.join(FAULTS)}" in printed
    assert "suspected" not in printed


def test_the_fault_that_explains_most_is_suspected_first(small, capsys):
    assert main(["check", f"{HERE}:drops_half", "--vectors", small]) == 1
    printed = capsys.readouterr().out
    assert "compared:    4 vectors: 2 pass, 2 fail" in printed
    assert "first:       ramp-3x4-to-2x2 (3 x 4 x 1 -> 2 x 2 x 1): a ramp" in printed
    assert "worst at:    output (1, 0, 0); 4 of 4 values differ\nexpected:    9\ngot:         4" in printed
    assert "worst error: 5; tolerance 0" in printed
    found = find_faults(read_set(small), check_vectors(drops_half, read_set(small)))
    assert found.suspected == (Suspect("half-pixel-dropped", 2), Suspect("axes-swapped", 1))
    assert found.ruled_out == ("channel-mixing",)
    assert "suspected:   half-pixel-dropped, which explains 2 of 2 failures\n" in printed
    assert "less likely: axes-swapped (1 of 2)\n" in printed


def test_a_fault_without_a_flag_is_none_of_those(small, capsys):
    assert main(["check", f"{HERE}:mixes_channels", "--vectors", small, "--skip", "ramp*"]) == 1
    printed = capsys.readouterr().out
    assert "suspected:   channel-mixing, which explains 1 of 1 failures" in printed
    assert "not known:   half-pixel-dropped, axes-swapped: no vector that reveals it was compared" in printed
    outcomes = check_vectors(lambda image, size: right(image, size) + (size == (3, 4)), read_set(small))
    assert sum(isinstance(outcome, Failed) for outcome in outcomes) == 2
    found = find_faults(read_set(small), outcomes)
    assert found.suspected == (Suspect("channel-mixing", 1),)


def test_the_resizer_cannot_change_the_image_and_another_size_or_nan_fails(small):
    def erases(image, size):
        result = right(image, size).copy()
        image[:] = 0
        return result

    def turns(image, size):
        return np.swapaxes(right(image, size), 0, 1)

    vectors = read_set(small)
    assert find_faults(vectors, check_vectors(erases, vectors)).suspected == ()
    by_id = {outcome.vector.id: outcome for outcome in check_vectors(turns, vectors)}
    assert by_id["ramp-3x4-to-4x3"].got == "one of 3 x 4"
    (failed, *_) = check_vectors(lambda image, size: np.full(size, np.nan), vectors)
    assert failed.worst == np.inf


def test_globs_and_quick_choose_vectors(small, capsys):
    assert main(["check", f"{HERE}:right", "--vectors", small, "--run", "axes-*", "--run", "colours*"]) == 0
    assert "compared:    2 vectors" in capsys.readouterr().out
    assert main(["check", f"{HERE}:right", "--vectors", small, "--quick"]) == 0
    assert "compared:    2 vectors" in capsys.readouterr().out
    assert main(["check", f"{HERE}:drops_half", "--vectors", small, "--quick", "--skip", "half-pixel-dropped"]) == 0


def test_the_assertion_says_what_the_command_says(small):
    assert_passes_vectors(right, small)
    assert_passes_vectors(drops_half, small, skip=["half-pixel-dropped"])
    with pytest.raises(AssertionError, match="suspected:   half-pixel-dropped, which explains 2 of 2"):
        assert_passes_vectors(drops_half, small)
    with pytest.raises(AssertionError, match="refused:     4 vectors: TypeError"):
        assert_passes_vectors(lambda image: image, small)


def test_a_refusal_is_no_pass(small, capsys, monkeypatch):
    def grey_only(image, size):
        if image.ndim == 3:
            raise TypeError("grey only")
        return right(image, size)

    refused = [outcome for outcome in check_vectors(grey_only, read_set(small)) if isinstance(outcome, Refused)]
    assert [outcome.reason for outcome in refused] == ["TypeError: grey only"]
    monkeypatch.setattr(small_set, "grey_only", grey_only, raising=False)
    assert main(["check", f"{HERE}:grey_only", "--vectors", small]) == 1
    printed = capsys.readouterr().out
    assert "compared:    3 vectors: 3 pass, 0 fail\nrefused:     1 vector: TypeError: grey only" in printed
    assert main(["check", f"{HERE}:grey_only", "--vectors", small, "--run", "colours*"]) == 2
    assert "nothing was compared; 1 vector: TypeError: grey only" in capsys.readouterr().err


def test_a_function_that_ends_its_program_does_not_end_the_check(small, capsys, monkeypatch):
    monkeypatch.setattr(small_set, "ends", lambda image, size: sys.exit(0), raising=False)
    assert main(["check", f"{HERE}:ends", "--vectors", small]) == 2
    assert "it ends its program: sys.exit(0)" in capsys.readouterr().err


def test_junit_has_a_case_for_each_vector(small, tmp_path):
    assert main(["check", f"{HERE}:drops_half", "--vectors", small, "--junit", str(tmp_path / "junit.xml")]) == 1
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "4",
        "2",
        "0",
        "0",
    )
    failing = {case.get("name"): case.find("failure") for case in suite.iter("testcase")}
    assert failing["ramp-to-3x4"] is None
    assert "reveals: axes-swapped, half-pixel-dropped" in failing["ramp-3x4-to-4x3"].get("message")


_PROGRAM = """
import sys
from functools import partial

import numpy as np
from PIL import Image

image = np.asarray(Image.open(sys.argv[1]))
w, h = int(sys.argv[3]), int(sys.argv[4])
rows, columns = ((2 * np.arange(n) + 1) * m // (2 * n) for n, m in zip((h, w), image.shape))
Image.fromarray(image[np.ix_(rows, columns)]).save(sys.argv[2])
"""


@pytest.mark.parametrize(
    ("file_format", "words"), [("png", "4 vectors: 4 pass"), ("pgm", "3 vectors: 3 pass"), ("ppm", "1 vector: 1 pass")]
)
def test_a_program_gets_every_image_that_its_format_holds(file_format, words, small, tmp_path, capsys):
    pytest.importorskip("PIL")
    program = tmp_path / "resize.py"
    program.write_text(_PROGRAM, encoding="utf-8")
    command = f"{sys.executable} {program} {{in}} {{out}} {{w}} {{h}}"
    # A few of the vectors are no answer to whether it passes them all.
    status = 2 if file_format == "ppm" else 0
    assert main(["check", "--command", command, "--format", file_format, "--vectors", small]) == status
    printed = capsys.readouterr().out
    assert f"compared:    {words}, 0 fail" in printed
    assert ("not asked:" in printed) is (file_format != "png")
    assert ("not known:   channel-mixing" in printed) is (file_format == "pgm")


def test_a_program_that_writes_another_size_fails_by_that(small, tmp_path, capsys):
    pytest.importorskip("PIL")
    program = tmp_path / "resize.py"
    program.write_text(_PROGRAM.replace("zip((h, w)", "zip((h, w) if h == w + 1 else (5, 6)"), encoding="utf-8")
    command = f"{sys.executable} {program} {{in}} {{out}} {{w}} {{h}}"
    assert main(["check", "--command", command, "--vectors", small, "--run", "axes-swapped"]) == 0
    program.write_text(_PROGRAM.replace("zip((h, w)", "zip((w, h) if h == w + 1 else (h, w)"), encoding="utf-8")
    capsys.readouterr()
    assert main(["check", "--command", command, "--vectors", small]) == 1
    printed = capsys.readouterr().out
    assert "expected:    an image of 4 x 3 x 1\ngot:         one of 3 x 4" in printed
    assert "suspected:   axes-swapped, which explains 1 of 1 failures" in printed


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--vectors", "no-such-set"], "no set of vectors 'no-such-set'"),
        (["--vectors", "no/such/set.json"], "cannot read no/such/set.json: No such file or directory"),
        (["torch-bilinear", "--vectors", "{set}"], "leave out the convention"),
        (["--vectors", "{set}", "--sizes", "quick"], "leave out the convention"),
        (["--vectors", "{set}", "--dtype", "float32"], "has images of uint8, not of float32"),
        (["--vectors", "{set}", "--run", "nothing*"], "no vector of small is left"),
        (["--vectors", "{set}", "--junit", "no/folder/junit.xml"], "there is no folder 'no/folder'"),
        (["torch-bilinear", "--junit", "junit.xml"], "--junit is about test vectors"),
        (["torch-bilinear", "--quick"], "--quick is about test vectors"),
    ],
)
def test_bad_input_is_one_line(arguments, reason, small, capsys):
    words = [word.replace("{set}", small) for word in arguments]
    assert main(["check", f"{HERE}:right", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert reason in printed.err


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": "2.0.0"}, "it has version 2.0.0; this halfpixel reads 1.x"),
        ({"data": "../small.bin"}, "'../small.bin', is not beside it"),
        ({"data": "absent.bin"}, "absent.bin: No such file"),
        ({"dtype": "complex64"}, "unknown dtype 'complex64'"),
        ({"dtype": "float32"}, "the values end before it: 136 bytes"),
        ({"vectors": []}, "it has no vectors"),
        ({"notes": {}}, "flags without a note: half-pixel-dropped"),
        ({"vectors": [{"id": "a", "flags": []}]}, "it lacks 'rule'"),
        ({"vectors": 3}, "'int' object is not iterable"),
    ],
)
def test_a_damaged_set_is_refused_in_one_line(changes, reason, tmp_path):
    with pytest.raises(ValueError, match=reason.replace("(", r"\(")) as refused:
        read_set(str(write_small_set(tmp_path, **changes)))
    assert "\n" not in str(refused.value)


def test_a_name_that_is_nearly_right_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_set, "SETS", tmp_path)
    write_small_set(tmp_path)
    assert read_set("small").name == "small"
    with pytest.raises(ValueError, match="no set of vectors 'smal'; near it: small"):
        read_set("smal")
    with pytest.raises(ValueError, match="is a folder: name one of its files"):
        read_set(str(tmp_path))


def test_values_are_read_as_they_were_written(small):
    """And cannot be changed."""
    vector = read_set(small).vectors[1]
    assert vector.image[..., 0].tolist() == np.arange(12).reshape(3, 4).tolist()
    assert vector.expected[..., 0].tolist() == [[0, 2, 3], [4, 6, 7], [4, 6, 7], [8, 10, 11]]
    with pytest.raises(ValueError, match="read-only"):
        vector.image[0] = 0
    assert mixes_channels(vector.image, (3, 4)).shape == (3, 4, 1)


def test_the_values_say_which_of_two_faults_it_is():
    """In a set of halfpixel: faults that make the same vectors fail differ in what comes out."""
    vectors = read_set("half_pixel-linear-float32")
    for mode, flag in (("asymmetric", "half-pixel-dropped"), ("align_corners", "align-corners")):
        wrong = Convention(coordinate_transformation_mode=mode)
        found = find_faults(vectors, check_vectors(partial(exact_resize, convention=wrong), vectors))
        assert [suspect.flag for suspect in found.best] == [flag]
        assert found.best[0].share > 0.999


def test_a_fault_without_a_flag_is_not_given_another_name():
    """Each output is the mean of two right ones: most vectors fail, and nothing with a flag does that."""

    def blurred(image, size):
        resized = exact_resize(image, size, Convention())
        return (resized + np.roll(resized, 1, axis=0)) / 2

    vectors = read_set("half_pixel-linear-float32")
    outcomes = check_vectors(blurred, vectors)
    assert find_faults(vectors, outcomes).best == ()
    printed = str(VectorReport("blurred", vectors, outcomes))
    assert "suspected:   none: no fault that has a flag gives such results" in printed
    assert "of the error)" in printed
