"""Does ``verify`` notice any changed byte, and are folder, zip and wheel the same files?"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from halfpixel.golden import Convention, matrix, vectors
from halfpixel.golden.command import main
from halfpixel.golden.integer_rules import INTEGER_RULES
from halfpixel.golden.vector_sets import folder as vector_folder
from halfpixel.golden.vector_sets.faults import FAULTS
from tests.golden.vector_sets.reading import FOLDER, SETS

FILES = sorted(
    path.relative_to(FOLDER).as_posix()
    for path in FOLDER.rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the vectors that may be spoilt."""
    copy = shutil.copytree(FOLDER, tmp_path / "vectors", ignore=shutil.ignore_patterns("__pycache__"))
    return Path(copy)


def test_verify_is_content_with_what_is_written_here(capsys: pytest.CaptureFixture[str]) -> None:
    """The files in the repository are what the code makes now."""
    assert main(["verify"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith(f"{len(FILES) - 1} files, ")
    assert out.endswith(" cases: all as they should be\n")


def test_write_makes_the_same_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Byte for byte, and complete: what is written by hand, too."""
    assert main(["write", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{len(FILES)} files written to {tmp_path}\n"
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()) == FILES
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_write_removes_what_it_wrote_before_and_nothing_else(folder: Path) -> None:
    """A file of a former version goes; one that somebody changed, or made, or that lies elsewhere, stays."""
    outside = folder.parent / "outside.txt"
    former, changed, mine = folder / "sets" / "former.json", folder / "sets" / "changed.json", folder / "mine.txt"
    for path in (outside, former, changed, mine):
        path.write_text("{}")
    digest = hashlib.sha256(b"{}").hexdigest()
    with (folder / vector_folder.SUMS).open("a", encoding="utf-8") as sums:
        sums.write(f"{digest}  sets/former.json\n{digest}  sets/changed.json\n{digest}  ../outside.txt\n")
    changed.write_text("[]")
    assert main(["write", str(folder)]) == 0
    assert not former.exists()
    assert all(path.exists() for path in (outside, changed, mine))


def _edited(change: Callable[[dict], object], name: str = "03-align-corners.json") -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / "values" / name
        document = json.loads(path.read_text(encoding="utf-8"))
        change(document)
        path.write_text(json.dumps(document), encoding="utf-8")

    return spoil


def _set_weight(document: dict) -> None:
    document["cases"][0]["matrix"]["exact"][1][0] = "2/3"


def _nudge(document: dict) -> None:
    document["cases"][0]["expected"]["decimal"][1] += 1e-6


def _add_axis(document: dict) -> None:
    document["cases"][0]["axes"].append({})


def _replace(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        data = (folder / name).read_bytes()
        assert old in data
        (folder / name).write_bytes(data.replace(old, new, 1))

    return spoil


def _flip(name: str, place: int) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        data[place] ^= 1
        (folder / name).write_bytes(data)

    return spoil


_CASE = "03-align-corners.json: case 'linear align_corners, 2 to 5': "
_SET = "sets/half_pixel-linear-uint8"
_SPOILT = (
    (_edited(_set_weight), _CASE + """matrix.exact[1][0] is "2/3", must be "3/4\""""),
    (_edited(lambda d: d["cases"][0]["expected"]["decimal"].__setitem__(1, 2.2500001)),
     _CASE + "expected.decimal[1] is 2.2500001, must be 2.25"),
    (_edited(lambda d: d["cases"][0]["expected"]["decimal"].__setitem__(1, float("nan"))),
     _CASE + "expected.decimal[1] is NaN, must be 2.25"),
    (_edited(_nudge, "15-decimals.json"),
     "15-decimals.json: case 'lanczos half_pixel lobes=3, 4 to 8': expected.decimal[1] is "),
    (_edited(lambda d: d["cases"].pop(0)), _CASE + "missing"),
    (_edited(lambda d: d["cases"].append(d["cases"][0])), _CASE + "listed twice"),
    (_edited(lambda d: d["cases"][0].update(id="mine")), "03-align-corners.json: cases[0]: no such case: 'mine'"),
    (_edited(lambda d: d["cases"].__setitem__(0, 7)), "03-align-corners.json: cases[0]: no such case: None"),
    (_edited(lambda d: d["cases"][0]["axes"][0].update(n_in=True)), "axes[0].n_in is true, must be 2"),
    (_edited(lambda d: d["cases"][0].pop("rule")), "'linear align_corners, 2 to 5': rule is missing"),
    (_edited(lambda d: d["cases"][0]["flags"].pop()), "'linear align_corners, 2 to 5': flags has "),
    (_edited(_add_axis), "'linear align_corners, 2 to 5': axes has 2 entries, must have 1"),
    (_edited(lambda d: d.update(format_version=2)), "03-align-corners.json: format_version is 2, must be 1"),
    (_edited(lambda d: d.update(surplus=1)), "03-align-corners.json: surplus should not be there"),
    (_edited(lambda d: None), "values/03-align-corners.json: is not the file that SHA256SUMS lists"),
    (lambda folder: (folder / "values/03-align-corners.json").unlink(), "values/03-align-corners.json: missing"),
    (lambda folder: (folder / "values/99-mine.json").write_text("{}"), "99-mine.json: not one of the vectors' files"),
    (_replace("values/03-align-corners.json", b"{", b"{\n]"), "03-align-corners.json: not JSON: "),
    (lambda folder: (folder / "values/03-align-corners.json").write_bytes(b"\xff\xfe"), "corners.json: not JSON: "),
    (lambda folder: (folder / "values/03-align-corners.json").write_text("[" * 100_000), "corners.json: not JSON: "),
    (lambda folder: (folder / "values/03-align-corners.json").write_text("[]"), "not an object with a list of cases"),
    (_flip(f"{_SET}.bin", 100), f"{_SET}.bin: byte 100 is "),
    (lambda folder: (folder / f"{_SET}.bin").write_bytes(b"1234"), f"{_SET}.bin: has 4 bytes, must have "),
    (_replace(f"{_SET}.json", b'"tolerance": 1', b'"tolerance": 9'), f"{_SET}.json: line "),
    (_replace(f"{_SET}.txt", b"half-pixel-dropped", b"half-pixel-kept"), f"{_SET}.txt: line 5 is not as it should be"),
    (_flip("images/inputs/noise-rgb-7x5.png", 60), "images/inputs/noise-rgb-7x5.png: byte 60 is "),
    (lambda folder: (folder / "images/inputs/noise-rgb-7x5.png").unlink(), "noise-rgb-7x5.png: missing"),
    (_replace("reveals.json", b"noise", b"voice"), "reveals.json: line "),
    (_replace("LICENSE", b"Apache", b"Apaches"), "LICENSE: has "),
    (lambda folder: (folder / "SHA256SUMS").unlink(), "SHA256SUMS: missing, or without a digest"),
    (_flip("SHA256SUMS", 0), "CHANGELOG.md: is not the file that SHA256SUMS lists"),
)  # fmt: skip


@pytest.mark.parametrize(("spoil", "problem"), _SPOILT, ids=[problem for _, problem in _SPOILT])
def test_verify_says_what_is_wrong(
    spoil: Callable[[Path], None], problem: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that names the file and the place, and exit code 1."""
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
    assert capsys.readouterr().err.count(": missing") == len(FILES)


def test_the_zip_is_the_folder_and_always_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same bytes whenever it is written; its files are those of the folder."""
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    assert main(["zip", str(first)]) == 0
    assert capsys.readouterr().out == f"{len(FILES)} files written to {first}\n"
    assert main(["zip", str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
    root = f"halfpixel-vectors-{vectors.__version__}/"
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == [root + name for name in FILES]
        for name in FILES:
            assert archive.read(root + name) == (FOLDER / name).read_bytes(), name
    assert first.stat().st_size < 2_500_000


def test_a_zip_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zip", str(tmp_path / "nowhere" / "v.zip")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_wheel_has_every_file_and_needs_nothing(folder: Path, tmp_path: Path) -> None:
    """Built from a copy of the folder alone; read by a Python that sees nothing but the wheel."""
    pytest.importorskip("setuptools", minversion="77")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    subprocess.run([*build, str(folder)], check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("halfpixel_vectors-*.whl")
    assert wheel.name == f"halfpixel_vectors-{vectors.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = {name.removeprefix("halfpixel_vectors/") for name in archive.namelist() if ".dist-info/" not in name}
        metadata = archive.read(f"halfpixel_vectors-{vectors.__version__}.dist-info/METADATA").decode()
        archive.extractall(tmp_path / "site")
    assert {*FILES} - names == {"pyproject.toml"}
    assert names - {*FILES} == set()
    assert "Requires-Dist" not in metadata
    program = (
        "import halfpixel_vectors as v, json; f = v.folder(); r = json.loads((f / 'reveals.json').read_text());"
        "print(len(list(f.glob('sets/*.json'))), r['version'], v.__version__)"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path[:0] = [{str(tmp_path / 'site')!r}]; {program}"],
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert result.stdout.split() == [str(len(SETS)), vectors.__version__, vectors.__version__]


def test_list_sets_prints_each_with_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--sets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["set", "vectors", "flags", "what", "it", "is"]
    assert sorted(line.split()[0] for line in lines[1:]) == SETS
    (line,) = (line for line in lines if line.startswith("pillow-bicubic-uint8 "))
    assert "pillow 13.0.0, Image.resize((w, h), Image.BICUBIC), bit for bit" in line


def test_the_readme_names_every_set_flag_and_file() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in SETS:
        assert f"`{name.removesuffix('-float32').removesuffix('-uint8')}`" in text or f"`{name}`" in text, name
    for fault in FAULTS:
        assert f"| `{fault.flag}` | {fault.kind} | {fault.fault} |" in text
    assert {name.split("/")[0] for name in FILES} - {"README.md", "CHANGELOG.md", "LICENSE"} <= {
        *("sets", "images", "values", "reveals.json", "schemas", "SHA256SUMS", "pyproject.toml", "__init__.py"),
    }


def test_the_program_of_the_readme_names_the_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """As printed: silent for what is right; for what is wrong, its fault and no other."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    scope: dict = {}
    exec(text.split("```python\n")[1].split("```")[0], scope)
    rule = INTEGER_RULES["pillow-bicubic-uint8"]
    assert scope["check"](FOLDER, "pillow-bicubic-uint8", rule.resize) == []
    assert capsys.readouterr().out == ""

    def without_half_pixels(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        convention = Convention(coordinate_transformation_mode="asymmetric")
        rows, columns = (matrix(convention, *pair).to_array() for pair in zip(image.shape, size, strict=False))
        return np.einsum("yi,xj,ijc->yxc", rows, columns, image).astype(np.float32)

    assert len(scope["check"](FOLDER, "half_pixel-linear-float32", without_half_pixels)) > 5
    printed = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("FAIL")]
    assert printed == ["half-pixel-dropped: Output o samples at o / scale, without the half pixels."]
