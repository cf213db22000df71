"""Do files name the convention that made them, say what they cannot tell, and are other files refused in one line?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from halfpixel.golden.catalogue import CATALOGUE, named_convention
from halfpixel.probe.command import main
from halfpixel.probe.image_pairs.candidates import candidates
from halfpixel.probe.image_pairs.distinguishing_image import distinguishing_image
from halfpixel.probe.image_pairs.explanation import ImagePair
from halfpixel.probe.image_pairs.from_files import identify_files, read_pairs
from tests.probe.image_pairs.pictures import photograph, resized, save

BICUBIC = named_convention("pillow-bicubic").convention
LINEAR = named_convention("torch-bilinear").convention
ARITHMETICS = (("once", "half_up"), ("once", "truncate"), ("columns", "half_up"), ("rows", "half_up"))


def _pair(image: np.ndarray, result: np.ndarray, **fields: object) -> ImagePair:
    return ImagePair(image.astype(np.float64), result.astype(np.float64), **fields)


CONVENTIONS = tuple(dict.fromkeys(entry.convention for entry in CATALOGUE))


@pytest.mark.parametrize("number", range(len(CONVENTIONS)), ids=lambda number: str(CONVENTIONS[number]))
def test_a_photograph_of_64_names_every_convention(number):
    """64 x 64 to 40 x 40, uint8; the arithmetic goes round the catalogue."""
    image, convention = photograph(), CONVENTIONS[number]
    passes, rule = ARITHMETICS[number % len(ARITHMETICS)]
    pair = _pair(image, resized(image, (40, 40), convention, passes, rule))
    found = {one.convention: one for one in candidates([pair]).explaining}
    assert convention in found
    if convention.kernel != "nearest":
        named = {(arithmetic.passes, arithmetic.rule) for arithmetic in found[convention].arithmetics}
        assert (passes, {"half_up": "nearest"}.get(rule, rule)) in named


def test_what_is_told_apart_is_told_by_the_image_that_is_written():
    """Whatever arithmetic a resizer has, its own group explains the image, and no other does."""
    names = ("torch-bilinear", "onnx-linear-pytorch", "pillow-bilinear", "torch-bicubic", "tf1-bilinear")
    conventions = [named_convention(name).convention for name in names]
    test = distinguishing_image(conventions)
    assert [len(group) for group in test.groups] == [1] * len(names)
    for convention in conventions:
        for passes, rule in ARITHMETICS:
            pair = _pair(test.image, resized(test.image, test.size, convention, passes, rule))
            assert [one.convention for one in candidates([pair], conventions).explaining] == [convention]


def test_conventions_that_are_the_same_function_stay_together():
    other = LINEAR.but(coordinate_transformation_mode="half_pixel_symmetric")
    assert distinguishing_image([LINEAR, other]).groups == ((LINEAR, other),)


def test_a_wrong_resizer_is_explained_by_nothing(tmp_path, capsys):
    image = photograph()
    wrong = resized(image, (40, 40), LINEAR)
    wrong[7, 9] = 255 - wrong[7, 9]
    files = ["--input", str(save(tmp_path / "in.npy", image)), "--output", str(save(tmp_path / "out.npy", wrong))]
    assert main(["identify", *files]) == 1
    out = capsys.readouterr().out
    assert "none of the documented conventions explains it" in out
    assert "nearest:     linear half_pixel" in out
    assert "at row 7, column 9" in out
    assert main(["check", *files, "torch-bilinear"]) == 1
    out = capsys.readouterr().out
    assert "verdict:     diverges" in out
    assert "differing:   1 of 1600 values" in out


@pytest.mark.parametrize("suffix", ["npy", "png", "tiff", "pgm"])
def test_files_are_named_and_checked(suffix, tmp_path, capsys):
    image = photograph()
    planes = image, resized(image, (40, 40), BICUBIC, "columns")
    paths = [tmp_path / f"{name}.{suffix}" for name in ("in", "out")]
    for path, plane in zip(paths, planes, strict=True):
        if suffix == "npy":
            save(path, plane)
        else:
            pytest.importorskip("PIL.Image").fromarray(plane).save(path)
    files = ["--input", str(paths[0]), "--output", str(paths[1])]
    assert main(["identify", *files, "--write-test", str(tmp_path / "test")]) == 0
    out = capsys.readouterr().out
    assert "pillow-bicubic" in out
    assert "arithmetic:  columns first, rounded to the nearest and clipped before the rows and again after" in out
    assert len(list((tmp_path / "test").iterdir())) == 1
    assert main(["check", *files, "pillow-bicubic"]) == 0
    assert main(["check", *files, "--name", "torch-bicubic"]) == 1


def test_a_second_pair_tells_what_the_first_does_not(tmp_path):
    image, small = photograph(), photograph(5, 7)
    first = save(tmp_path / "a.npy", image), save(tmp_path / "b.npy", resized(image, (40, 40), LINEAR))
    second = save(tmp_path / "c.npy", small), save(tmp_path / "d.npy", resized(small, (1, 10), LINEAR))
    pytorch = LINEAR.but(coordinate_transformation_mode="pytorch_half_pixel")
    one = identify_files(read_pairs([first[0]], [first[1]]))
    both = identify_files(read_pairs([first[0], second[0]], [first[1], second[1]]))
    assert {LINEAR, pytorch} <= {found.convention for found in one.found.explaining}
    named = {found.convention for found in both.found.explaining}
    assert LINEAR in named
    assert pytorch not in named


def test_colours_floats_and_16_bits_are_named(tmp_path):
    image = np.stack([photograph(), photograph()[::-1], photograph().T], axis=-1)
    rows = [resized(image[..., k], (40, 40), LINEAR) for k in range(3)]
    exact = [resized_exactly(image[..., k]) for k in range(3)]
    wide = [np.floor(plane * 257 + 0.5).astype(np.uint16) for plane in exact]
    for name, before, after in (
        ("uint8", image, np.stack(rows, axis=-1)),
        ("opaque", np.dstack([image, np.full((64, 64), 255, np.uint8)]), np.stack(rows, axis=-1)),
        ("float", image.astype(np.float32), np.stack(exact, axis=-1).astype(np.float32)),
        ("shares", image, np.stack(exact, axis=-1).astype(np.float32) / np.float32(255)),
        ("uint16", image.astype(np.uint16) * 257, np.stack(wide, axis=-1)),
    ):
        files = save(tmp_path / f"{name}-in.npy", before), save(tmp_path / f"{name}-out.npy", after)
        found = identify_files(read_pairs([files[0]], [files[1]]))
        assert LINEAR in {one.convention for one in found.found.explaining}, f"{name}: {found}"
        assert len(found.files.pairs) == 3


def resized_exactly(plane: np.ndarray) -> np.ndarray:
    """By the exact weights of LINEAR, 40 x 40, not rounded."""
    from halfpixel.golden import matrix

    weights = matrix(LINEAR, 64, 40).to_array()
    return np.asarray(weights @ plane.astype(np.float64) @ weights.T)


def test_a_scale_that_was_given_is_used(tmp_path, capsys):
    from fractions import Fraction

    from halfpixel.golden import matrix

    image = photograph(33, 33)
    weights = matrix(LINEAR, 33, 19, Fraction(3, 5)).to_array()
    result = np.floor(weights @ image.astype(np.float64) @ weights.T + 0.5).astype(np.uint8)
    files = ["--input", str(save(tmp_path / "in.npy", image)), "--output", str(save(tmp_path / "out.npy", result))]
    assert main(["check", *files, "torch-bilinear", "--scale", "0.6"]) == 0
    assert main(["check", *files, "torch-bilinear"]) == 1
    capsys.readouterr()


def _bad(folder: Path) -> dict[str, tuple[str, ...]]:
    image = photograph(12, 12)
    small = resized(image, (5, 7), LINEAR)
    good = save(folder / "in.npy", image), save(folder / "out.npy", small)
    see_through = np.dstack([image] * 3 + [image])
    (folder / "text.png").write_text("no image", encoding="utf-8")
    (folder / "text.npy").write_text("no array", encoding="utf-8")
    rows = {
        "in, same size": (good[0], good[0], "have the same size, 12 x 12"),
        "constant": (save(folder / "flat.npy", np.full((9, 9), 7, np.uint8)), good[1], "the input is constant"),
        "missing": (folder / "none.npy", good[1], "there is no file"),
        "text": (folder / "text.png", good[1], "cannot read"),
        "text as npy": (good[0], folder / "text.npy", "cannot read"),
        "alpha": (save(folder / "alpha.npy", see_through), good[1], "alpha that is not opaque"),
        "channels": (save(folder / "rgb.npy", np.dstack([image, image, 255 - image])), good[1], "3 and 1 channels"),
        "many channels": (save(folder / "five.npy", np.dstack([image] * 5)), good[1], "1 to 4 channels"),
        "dtype": (good[0], save(folder / "long.npy", small.astype(np.int64)), "only uint8, uint16 and floats"),
        "nan": (good[0], save(folder / "nan.npy", np.full((5, 7), np.nan)), "not finite"),
        "empty": (good[0], save(folder / "empty.npy", np.zeros((0, 7), np.uint8)), "it must be (H, W)"),
    }
    return {name: tuple(map(str, row)) for name, row in rows.items()}


_BAD = ("in, same size", "constant", "missing", "text", "text as npy", "alpha", "channels", "many channels", "dtype")


@pytest.mark.parametrize("name", [*_BAD, "nan", "empty"])
def test_files_that_cannot_be_used_are_refused_in_one_line(name, tmp_path, capsys):
    source, result, words = _bad(tmp_path)[name]
    for command in (["identify"], ["check", "torch-bilinear"]):
        assert main([*command, "--input", source, "--output", result]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert words in err
        assert err.count("\n") == 1


def test_lossy_and_wide_files_are_refused_as_results(tmp_path, capsys):
    pillow = pytest.importorskip("PIL.Image")
    image = photograph(12, 12)
    source, lossy = tmp_path / "in.jpg", tmp_path / "out.jpg"
    pillow.fromarray(image).save(source)
    pillow.fromarray(image[:5]).save(lossy)
    assert main(["identify", "--input", str(source), "--output", str(lossy)]) == 2
    assert "does not keep pixels" in capsys.readouterr().err
    decoded = np.asarray(pillow.open(source))
    right = save(tmp_path / "out.npy", resized(decoded, (5, 7), LINEAR))
    assert main(["identify", "--input", str(source), "--output", str(right)]) == 0
    assert "is decoded by Pillow" in capsys.readouterr().out
    dim = tmp_path / "dim.pgm"
    dim.write_bytes(b"P5\n5 5\n100\n" + bytes(25))
    assert main(["identify", "--input", str(source), "--output", str(dim)]) == 2
    assert "its white is 100" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--input", "a.npy"], "each --input needs an --output"),
        (["a:b", "--input", "a.npy", "--output", "b.npy"], "leave out 'a:b'"),
        (["--input", "a.npy", "--output", "b.npy", "--dtype", "uint8"], "leave out --dtype"),
        (["numpy:zeros", "--write-test", "x"], "--write-test tells conventions apart that explain --input"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_options_are_refused_in_one_line(arguments, words, capsys):
    assert main(["identify", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
