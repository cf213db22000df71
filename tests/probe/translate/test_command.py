"""Does ``halfpixel translate`` find what is meant, answer with the right status, and refuse in one line?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from halfpixel.adapters import frameworks, operations
from halfpixel.probe.command import main
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.probe.measure.sizes import SizeSet
from halfpixel.probe.operation_search import matching_operations, near_names
from halfpixel.probe.translate.function_comparison import FunctionIndex
from halfpixel.probe.translate.translator import Translator
from halfpixel.reports.records import json_lines
from halfpixel.suites.records.translations import OperationTranslations
from tests.fakes.translate import fake
from tests.probe.translate.test_translate import PAIRS
from tests.reports.test_sample import header

_FOUND = [
    ("opencv resize(INTER_AREA)", "opencv resize(INTER_AREA)"),
    ("resize(INTER_AREA)", "opencv resize(INTER_AREA)"),
    ("cv2.INTER_AREA", "opencv resize(INTER_AREA)"),
    ("cv2.inter_area", "opencv resize(INTER_AREA)"),
    ("cv2.resize", "opencv resize()"),
    ("cv2.resize(x, (w, h))", "opencv resize()"),
    ("INTER_CUBIC", "opencv resize(INTER_CUBIC)"),
    ("F.interpolate bilinear", "torch interpolate(mode=bilinear, align_corners=False)"),
    ("F.interpolate bicubic antialias=True", "torch interpolate(mode=bicubic, align_corners=False, antialias=True)"),
    ("tf.image.resize lanczos3", "tensorflow image.resize(method=lanczos3, antialias=False)"),
    ("ndi.zoom", "scipy zoom()"),
]


@pytest.mark.parametrize(("text", "expected"), _FOUND)
def test_words_of_a_call_find_it(text, expected):
    assert matching_operations(text, operations())[0].id in (
        expected,
        expected.replace("antialias=False", "antialias=True"),
    )


@pytest.mark.parametrize("text", ["", "   ", "no_such_call", "cv2.INTER_AREA bicubic"])
def test_what_matches_nothing_finds_nothing(text):
    assert matching_operations(text, operations()) == []


def test_near_names_look_alike_or_share_a_word():
    assert near_names("opencv resize(INTER_AREAS)", operations())[0] == "opencv resize(INTER_AREA)"
    assert near_names("qqq zzz", operations()) == []


_REFUSED = [
    ("cv2.INTER_AREA --to nowhere", "unknown framework 'nowhere'"),
    ("no_such_call --to torch", "no operation and no convention matches 'no_such_call'"),
    ("INTER_AREAS --to torch", "no operation and no convention matches 'INTER_AREAS'; did you mean"),
    ("cv2.INTER_AREA", "required: --to"),
    ("cv2.INTER_AREA --to torch --sizes huge", "invalid choice: 'huge'"),
    ("cv2.INTER_AREA --to torch --from-report nowhere.jsonl", "cannot read nowhere.jsonl: No such file"),
]


@pytest.mark.parametrize(("line", "reason"), _REFUSED, ids=[row[0] for row in _REFUSED])
def test_bad_input_is_refused_in_one_line(line, reason, capsys):
    try:
        status = main(["translate", *line.split()])
    except SystemExit as ended:
        status = ended.code
    told = capsys.readouterr()
    assert status == 2
    assert told.out == ""
    assert reason in told.err
    assert told.err.count("\n") == 1


def test_an_absent_framework_is_refused_in_one_line(monkeypatch, capsys):
    """As target and as subject."""
    monkeypatch.setattr(
        type(frameworks()["torch"]), "version", property(lambda self: None if self.name == "torch" else "1")
    )
    for line in (["cv2.INTER_AREA", "--to", "torch"], ["F.interpolate area", "--to", "opencv"]):
        assert main(["translate", *line]) == 2
        assert capsys.readouterr().err == "halfpixel: torch is not installed (pip install torch)\n"


def test_a_call_is_answered_by_measuring(capsys):
    """Status 0 with the literal call where there is one, and 1 with the nearest."""
    assert main(["translate", "cv2.INTER_CUBIC", "--to", "torch", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["write"] == 'F.interpolate(x, size=(h, w), mode="bicubic", align_corners=False)'
    assert (told["reproduced"], told["verdict"], told["grey_levels"]) == (True, "agrees", 0.0)
    assert main(["translate", "cv2.INTER_AREA", "--to", "torch"]) == 1
    told = capsys.readouterr().out
    assert 'when shrinking by a whole factor: F.interpolate(x, size=(h, w), mode="area") is the same' in told
    assert "nearest: diverges, worst " in told


@pytest.fixture
def report(tmp_path: Path) -> str:
    """The records of two calls of opencv, translated to a framework of torch's name."""
    subjects = [one for one in operations("opencv") if one.name in ("resize()", "resize(INTER_CUBIC)")]
    targets = [fake("torch", kernel="linear"), fake("torch", kernel="lanczos")]
    store = Store(tmp_path, SizeSet("few", PAIRS))
    translator = Translator(FunctionIndex([*subjects, *targets], store.judgement, PAIRS))
    records, kept = [header()], set()
    for one in subjects:
        records += OperationTranslations(one, translator, kept).records
    json_lines.write(tmp_path / "results.jsonl", records)
    return str(tmp_path / "results.jsonl")


def test_a_report_answers_without_measuring(report, capsys):
    """The same call, verdict, figures and program."""
    assert main(["translate", "cv2.resize", "--to", "torch", "--from-report", report]) == 0
    told = capsys.readouterr().out
    assert "call:        exact(x, h, w, kernel='linear')" in told
    assert "def resize(x, h, w):" in told
    assert main(["translate", "INTER_CUBIC", "--to", "torch", "--from-report", report, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "diverges"
    assert told["grey_levels"] > 1
    assert main(["translate", "INTER_AREA", "--to", "torch", "--from-report", report]) == 2
    assert "the run asked nothing about" in capsys.readouterr().err
    assert main(["translate", "cv2.resize", "--to", "scipy", "--from-report", report]) == 2
    assert "the run had none of scipy; it had" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{}\n", "not json\n", '{"type": "run"}\n', '{"type": "call"}\n'])
def test_a_damaged_report_is_refused_in_one_line(text, tmp_path, capsys):
    path = tmp_path / "results.jsonl"
    path.write_text(text)
    assert main(["translate", "cv2.resize", "--to", "torch", "--from-report", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
