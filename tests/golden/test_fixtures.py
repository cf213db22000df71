"""Are the test vectors what they say, and does ``verify`` notice when they are not?"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest

from halfpixel.golden import vectors
from halfpixel.golden.command import main
from tests.golden.plain_resize import resize

FILES = sorted(vectors.FIXTURES.glob("[0-9]*.json"))
SCHEMA = json.loads((vectors.FIXTURES / vectors.SCHEMA).read_text(encoding="utf-8"))


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


CASES = [
    pytest.param(path.name, case, id=f"{path.stem}: {case['id']}") for path in FILES for case in _read(path)["cases"]
]


def test_there_are_many_and_they_are_small() -> None:
    """An empty folder would verify too."""
    assert len(FILES) >= 15
    assert len(CASES) >= 300
    assert sum(path.stat().st_size for path in FILES) < 1_000_000


def test_the_first_files_are_the_worked_example() -> None:
    """3x3 to 5x5, both modes, as everybody teaches it."""
    expected = {
        "01-align-corners-3x3-to-5x5.json": ["1", "3/2", "2", "5/2", "3"],
        "02-half-pixel-3x3-to-5x5.json": ["1", "7/5", "2", "13/5", "3"],
    }
    for path, (name, first_row) in zip(FILES, expected.items(), strict=False):
        case = _read(path)["cases"][0]
        assert path.name == name
        assert case["input"] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
        assert case["expected"]["exact"][0] == first_row


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_is_as_the_schema_says(path: Path) -> None:
    """The schema is itself a valid schema, and strict."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(_read(path))


@pytest.mark.parametrize(
    "change",
    [
        lambda case: case.pop("rule"),
        lambda case: case["axes"][0]["convention"].update(kernel="bicubic"),
        lambda case: case["axes"][0].update(n_in=0),
        lambda case: case["expected"].update(exact=None),
        lambda case: case["expected"]["exact"][0].__setitem__(0, "2/1"),
        lambda case: case.update(surplus=1),
    ],
    ids=["no rule", "unknown kernel", "no pixels", "no bound", "not in lowest terms", "surplus key"],
)
def test_the_schema_refuses(change: Callable[[dict], object]) -> None:
    """A schema that accepts everything would say nothing."""
    document = _read(FILES[0])
    change(document["cases"][0])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(document)


def _leaves(value: object) -> list:
    return [leaf for part in value for leaf in _leaves(part)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_readme_alone_is_enough(name: str, case: dict) -> None:
    """Plain Python written from the README's formulae gives the same fractions, and the decimals within their bound.

    Where the truth is no fraction, the plain version rounds too: a few units in the last place of the largest value.
    """
    got, expected = _leaves(resize(case["axes"], case["input"])), case["expected"]
    decimals = _leaves(expected["decimal"])
    if expected["exact"] is None:
        room = 1e-13 * max(map(abs, _leaves(case["input"])))
        assert all(abs(g - d) <= expected["bound"] + room for g, d in zip(got, decimals, strict=True))
        return
    fractions = [Fraction(text) for text in _leaves(expected["exact"])]
    assert got == fractions
    assert decimals == [float(fraction) for fraction in fractions]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_matrix_gives_what_is_expected(name: str, case: dict) -> None:
    """Where there is one axis, ``expected`` is ``matrix`` times ``input``; where there are more, there is no matrix."""
    if len(case["axes"]) > 1:
        assert "matrix" not in case
        assert case["expected"]["exact"] is not None
        return
    if case["expected"]["exact"] is not None:
        rows = [[Fraction(text) for text in row] for row in case["matrix"]["exact"]]
        products = [sum(w * v for w, v in zip(row, case["input"], strict=True)) for row in rows]
        assert products == [Fraction(text) for text in case["expected"]["exact"]]
    assert len(case["matrix"]["decimal"]) == case["axes"][0]["n_out"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the fixtures that may be spoilt."""
    return Path(shutil.copytree(vectors.FIXTURES, tmp_path / "fixtures"))


def test_verify_is_content_with_what_is_written_here(capsys: pytest.CaptureFixture[str]) -> None:
    """The files in the repository are what the code makes now."""
    assert main(["verify"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{len(FILES)} files, {len(CASES)} cases: all as they should be\n"
    assert err == ""


def test_write_makes_the_same_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Byte for byte, apart from decimals that stand for no fraction."""
    assert main(["write", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{len(FILES)} files written to {tmp_path}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in FILES]
    for path in FILES[:-1]:
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def _edited(change: Callable[[dict], object], name: str = "03-align-corners.json") -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        document = _read(folder / name)
        change(document)
        (folder / name).write_text(json.dumps(document), encoding="utf-8")

    return spoil


def _set_weight(document: dict) -> None:
    document["cases"][0]["matrix"]["exact"][1][0] = "2/3"


def _nudge(document: dict) -> None:
    document["cases"][0]["expected"]["decimal"][1] += 1e-6


def _add_axis(document: dict) -> None:
    document["cases"][0]["axes"].append({})


_SPOILT = (
    (_edited(_set_weight),
     """03-align-corners.json: case 'linear align_corners, 2 to 5': matrix.exact[1][0] is "2/3", must be "3/4\""""),
    (_edited(lambda d: d["cases"][0]["expected"]["decimal"].__setitem__(1, 2.2500001)),
     "case 'linear align_corners, 2 to 5': expected.decimal[1] is 2.2500001, must be 2.25"),
    (_edited(lambda d: d["cases"][0]["expected"]["decimal"].__setitem__(1, float("nan"))),
     "case 'linear align_corners, 2 to 5': expected.decimal[1] is NaN, must be 2.25"),
    (_edited(_nudge, "15-decimals.json"),
     "15-decimals.json: case 'lanczos half_pixel lobes=3, 4 to 8': expected.decimal[1] is "),
    (_edited(lambda d: d["cases"].pop(0)),
     "03-align-corners.json: case 'linear align_corners, 2 to 5': missing"),
    (_edited(lambda d: d["cases"].append(d["cases"][0])),
     "03-align-corners.json: case 'linear align_corners, 2 to 5': listed twice"),
    (_edited(lambda d: d["cases"][0].update(id="mine")), "03-align-corners.json: cases[0]: no such case: 'mine'"),
    (_edited(lambda d: d["cases"].__setitem__(0, 7)), "03-align-corners.json: cases[0]: no such case: None"),
    (_edited(lambda d: d["cases"][0]["axes"][0].update(n_in=True)), "axes[0].n_in is true, must be 2"),
    (_edited(lambda d: d["cases"][0].pop("rule")), "'linear align_corners, 2 to 5': rule is missing"),
    (_edited(_add_axis), "'linear align_corners, 2 to 5': axes has 2 entries, must have 1"),
    (_edited(lambda d: d.update(format_version=2)), "03-align-corners.json: format_version is 2, must be 1"),
    (_edited(lambda d: d.update(surplus=1)), "03-align-corners.json: surplus should not be there"),
    (lambda folder: (folder / "03-align-corners.json").unlink(), "03-align-corners.json: missing"),
    (lambda folder: (folder / "99-mine.json").write_text("{}"), "99-mine.json: not one of the test vectors"),
    (lambda folder: (folder / "03-align-corners.json").write_text("{\n]"), "03-align-corners.json: not JSON: "),
    (lambda folder: (folder / "03-align-corners.json").write_bytes(b"\xff\xfe"), "03-align-corners.json: not JSON: "),
    (lambda folder: (folder / "03-align-corners.json").write_text("[" * 100_000), "03-align-corners.json: not JSON: "),
    (lambda folder: (folder / "03-align-corners.json").write_text("[]"), "not an object with a list of cases"),
)  # fmt: skip


@pytest.mark.parametrize(("spoil", "problem"), _SPOILT, ids=[problem for _, problem in _SPOILT])
def test_verify_says_what_is_wrong(
    spoil: Callable[[Path], None], problem: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that names the file and the case, and exit code 1."""
    spoil(folder)
    assert main(["verify", str(folder)]) == 1
    out, err = capsys.readouterr()
    assert problem in err
    assert err.count("\n") <= 2
    assert "not as they should be" in out


def test_verify_wants_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt path is bad input, not an empty success."""
    assert main(["verify", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err == f"halfpixel golden: no such folder: {tmp_path / 'nowhere'}\n"


def test_an_empty_folder_does_not_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every file is missing, and said to be."""
    assert main(["verify", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count(": missing\n") == len(FILES)
