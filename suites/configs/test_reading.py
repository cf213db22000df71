"""mmengine reads what is read without running anything, and configs that would run code never reach it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from halfpixel.segmentation.configs.audit import ConfigAudit, ConfigReadFailure, audit_all, audit_file
from halfpixel.segmentation.configs.read import read, read_statically
from halfpixel.segmentation.configs.values import UnreadableConfig

ROOT = Path(__file__).parents[2]
HEAD = "model = dict(type='EncoderDecoder', decode_head=dict(type='FCNHead', align_corners={}))\n"

BASE = "optimizer = dict(type='SGD', lr=0.5)\nsizes = [1, (2, 3)]\nmodel = dict(a=dict(b=1, c=[dict(d=1)]), e=2)\n"


@pytest.fixture(autouse=True)
def _needs_mmengine(mmseg_version: str) -> None:
    """All of this file asks for mmengine, which comes with mmsegmentation."""


@pytest.mark.parametrize(
    "text",
    [
        "x = _base_.optimizer.lr",
        "x = {{ _base_.optimizer }}\ny = dict(z={{_base_.sizes}})",
        "model = dict(a=dict(c=[dict(d=2)]))",
        "model = dict(a=dict(_delete_=True, f=1))",
        "model = dict(a=dict(_delete_=False, f=1), new=dict(_delete_=True, g=1))",
        "inner = dict(_delete_=True, h=1)\nmodel = dict(a=inner)\nother = inner",
        "_base_.model.a.update(dict(b=3))\nx = _base_.model.a",
        "x = '{{ fileBasenameNoExtension }}-{{ fileExtname }}-{{ fileBasename }}'",
        "x = {{'$HALFPIXEL_ABSENT:19'}}\ny = '{{$HALFPIXEL_ABSENT:data/a-b}}'",
        "n = 2\nx = {f'a.{i}.{j}': i * n for i, m in enumerate([1, 2]) for j in range(m)}\nx.update(b=1)",
        "custom_imports = dict(imports=['no_such_module'], allow_failed_imports=False)",
        "x = [i for i in range(3) if i != 1]\ny = sum(x) // 2 if x else -1.5",
    ],
)
def test_mmengine_reads_what_was_read_without_it(text: str, tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(BASE)
    file = tmp_path / "child.py"
    file.write_text(f"_base_ = ['base.py']\n{text}\n")
    assert read(file).values.plain() == read_statically(file).values.plain()


def test_where_mmengine_reads_otherwise_nothing_is_audited(tmp_path: Path) -> None:
    """A string that holds what stands for a value of the base is another string to mmengine."""
    (tmp_path / "base.py").write_text("a = 1\n")
    file = tmp_path / "child.py"
    file.write_text("_base_ = 'base.py'\nb = 2\nx = '{{_base_.a}}'\n")
    with pytest.raises(UnreadableConfig, match=r"child\.py:\d+: mmengine (refuses|reads)"):
        read(file)


@pytest.mark.parametrize("base", [False, True], ids=["in the file", "in its base"])
def test_a_config_that_would_run_code_is_refused_and_never_runs(base: bool, tmp_path: Path) -> None:
    code = f"x = 1\nopen({str(tmp_path / 'ran')!r}, 'w')\n"
    (tmp_path / "base.py").write_text(code)
    file = tmp_path / "child.py"
    file.write_text("_base_ = 'base.py'\n" if base else code)
    answer = audit_file(file)
    assert isinstance(answer, ConfigReadFailure)
    assert answer.message.startswith(f"{tmp_path / 'base.py' if base else file}:2: `open(...)` is a call of code")
    assert not (tmp_path / "ran").exists()


def test_the_others_are_still_audited_in_their_order_also_when_there_are_many(tmp_path: Path) -> None:
    texts = [HEAD.format(True), "import os\n", HEAD.format(False), "x ="] * 6
    files = [tmp_path / f"{index:02}.py" for index in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    answers = audit_all(files)
    assert [answer.file for answer in answers] == files
    assert [isinstance(answer, ConfigReadFailure) for answer in answers] == [False, True, False, True] * 6
    deciding = [answer.deciding for answer in answers if isinstance(answer, ConfigAudit)]
    assert [head and head.align_corners for head in deciding] == [True, False] * 6


@pytest.mark.parametrize(
    ("names", "status"),
    [(["a.py"], 0), (["a.py", "b.py"], 1), (["b.py", "none.py", "a.py"], 2)],
    ids=["consistent", "inconsistent", "one cannot be read"],
)
def test_the_command_answers_for_every_config_and_exits_with_the_worst(
    names: list[str], status: int, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text("n = {{'$HALFPIXEL_ABSENT:19'}}\n" + HEAD.format(True))
    (tmp_path / "b.py").write_text(HEAD.format("True), auxiliary_head=dict(type='FCNHead'"))
    command = [sys.executable, "-m", "halfpixel", "segmentation", "--json", *names]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    answers = json.loads(done.stdout)
    assert [Path(answer["file"]).name for answer in answers] == names
    expected = {"a.py": True, "b.py": False}
    assert [answer.get("consistent") for answer in answers] == [expected.get(name) for name in names]
    assert [name for name, answer in zip(names, answers, strict=True) if "error" in answer] == [
        name for name in names if name not in expected
    ]
