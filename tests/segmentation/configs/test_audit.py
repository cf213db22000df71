"""The audit of a config: what it lists, what it finds inconsistent, and what its commands answer and exit with."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from halfpixel.segmentation.command import exit_status
from halfpixel.segmentation.configs.audit import ConfigReadFailure, audit
from halfpixel.segmentation.configs.deployment_targets import DEPLOYMENT_TABLE, deployment_targets
from halfpixel.segmentation.configs.output import audit_data, audit_lines, table_lines
from halfpixel.segmentation.configs.read import read_statically
from halfpixel.segmentation.configs.values import UnreadableConfig
from tests import ROOT

MODEL = """
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(type='SegDataPreProcessor', size={size}),
    backbone=dict(type={backbone!r}, strides=(1, 2, 1, 1){backbone_more}),
    decode_head=dict(type='PSPHead'{head}),
    auxiliary_head=[dict(type='FCNHead'{first}), dict(type='FCNHead'{second})],
    test_cfg=dict({test}))
train_dataloader = dict(dataset=dict(pipeline=[dict(type='RandomCrop', crop_size={crop})]))
test_dataloader = dict(dataset=dict(pipeline=[dict(type='Resize', scale={image}, keep_ratio={keep})]))
"""
TRUE, FALSE = ", align_corners=True", ", align_corners=False"
SLIDE = "mode='slide', crop_size=({0}, {0}), stride=({1}, {1})"
DEFAULTS = {
    "size": "(769, 769)",
    "backbone": "ResNetV1c",
    "backbone_more": "",
    "head": TRUE,
    "first": TRUE,
    "second": TRUE,
    "test": SLIDE.format(769, 513),
    "crop": "(769, 769)",
    "image": "(2049, 1025)",
    "keep": "True",
}


@pytest.fixture
def audited(tmp_path):
    """``audited(**changes)``: the audit of the model above, as changed."""

    def made(**changes):
        file = tmp_path / "config.py"
        file.write_text(MODEL.format(**DEFAULTS | changes))
        return audit(read_statically(file))

    return made


def _kinds(answer, is_fault=True) -> list[str]:
    return [remark.kind for remark in answer.remarks if remark.is_fault is is_fault]


EVEN = {"size": "512", "crop": "512", "test": "mode='whole'", "image": "(2048, 1024)"}
NOT_ALIGNED = {"head": FALSE, "first": FALSE, "second": FALSE}


@pytest.mark.parametrize(
    ("changes", "faults", "notes"),
    [
        ({}, [], []),
        (EVEN | NOT_ALIGNED, [], []),
        (EVEN | {"head": "", "first": "", "second": FALSE}, [], []),
        ({"first": ""}, ["heads disagree"], []),
        ({"second": FALSE}, ["heads disagree"], []),
        (EVEN, ["size unsuited"], ["size unsuited"]),
        (EVEN | {"keep": "False"}, ["size unsuited", "size unsuited"], []),
        (NOT_ALIGNED, ["size unsuited", "size unsuited"], []),
        ({"size": "(801, 801)"}, ["crop sizes differ"], []),
        ({"size": "(800, 800)"}, ["size unsuited", "crop sizes differ"], []),
        ({"test": SLIDE.format(769, 800)}, ["gaps"], []),
        ({"test": SLIDE.format(801, 513)}, ["window differs"], []),
        ({"test": SLIDE.format(768, 513)}, ["size unsuited", "window differs"], []),
        ({"image": "(1025, 513)"}, [], ["window cut"]),
        ({"backbone": "BiSeNetV1"}, ["backbone disagrees"], []),
        ({"backbone": "BiSeNetV1", "backbone_more": TRUE}, [], []),
        ({"backbone": "HRNet"}, [], ["fixed in the backbone"]),
        ({"backbone": "Unknown", "size": "(514, 514)"}, ["size unsuited", "crop sizes differ"], []),
    ],
)
def test_what_is_inconsistent(changes, faults, notes, audited):
    answer = audited(**changes)
    assert (_kinds(answer), _kinds(answer, is_fault=False)) == (faults, notes)
    assert exit_status([answer]) == (1 if faults else 0)


def test_an_unsuited_size_says_the_form_the_nearest_sizes_and_by_how_much(audited):
    (fault,) = audited(**EVEN).faults
    assert fault.message == (
        "the training crop is 512x512: align_corners=True suits k * 8 + 1, for 512 that is 505 or 513; "
        "at 512 it pulls features 7 px out of place"
    )
    assert fault.place.line == 9


def test_every_setting_is_listed_with_its_part_and_where_it_was_set_and_over_what(tmp_path):
    (tmp_path / "base.py").write_text(
        "model = dict(\n"
        "    type='EncoderDecoder',\n"
        "    backbone=dict(type='BiSeNetV1', align_corners=False),\n"
        "    neck=dict(type='ICNeck', align_corners=False),\n"
        "    decode_head=dict(type='PSPHead', align_corners=False, loss_decode=dict(align_corners=None)),\n"
        "    test_cfg=dict(align_corners=0))\n"
    )
    file = tmp_path / "child.py"
    file.write_text(
        "_base_ = ['base.py']\nmodel = dict(\n    decode_head=dict(align_corners=True))\nx = [dict(align_corners=1)]"
    )
    answer = audit(read_statically(file))
    assert [(setting.path, setting.part, setting.value) for setting in answer.settings] == [
        ("model.backbone.align_corners", "backbone", False),
        ("model.neck.align_corners", "neck", False),
        ("model.decode_head.align_corners", "decode head", True),
        ("model.decode_head.loss_decode.align_corners", "loss", None),
        ("model.test_cfg.align_corners", "test", 0),
        ("x[0].align_corners", "other", 1),
    ]
    assert answer.settings[2].origin() == f"{file}:3, over False at {tmp_path / 'base.py'}:5"
    assert sorted(_kinds(answer)) == ["backbone disagrees", "neck disagrees"]
    printed = "\n".join(audit_lines(answer))
    assert f"align_corners=True   {file}:3, over False at" in printed
    assert json.loads(json.dumps(audit_data(answer)))["settings"][2]["replaced"][0]["value"] is False


def test_a_head_that_leaves_it_to_another_goes_by_that_one(tmp_path):
    file = tmp_path / "a.py"
    file.write_text(
        "model = dict(type='EncoderDecoder', decode_head=dict(type='IterativeDecodeHead',\n"
        "    kernel_generate_head=dict(type='FCNHead', align_corners=True)), auxiliary_head=dict(type='FCNHead'))"
    )
    answer = audit(read_statically(file))
    assert answer.deciding.path == "model.decode_head.kernel_generate_head"
    assert _kinds(answer) == ["heads disagree"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("model = dict(type='EncoderDecoder', decode_head=dict(type='FCNHead'))", "model"),
        ("model = dict(type='DepthEstimator')", "model"),
        ("train_dataloader = dict(batch_size=2)", "dataset"),
        ("optim_wrapper = dict(type='OptimWrapper')", "schedule"),
        ("default_scope = 'mmseg'", "runtime"),
    ],
)
def test_a_fragment_is_audited_as_what_it_is(text, kind, tmp_path):
    (tmp_path / "a.py").write_text(text)
    answer = audit(read_statically(tmp_path / "a.py"))
    assert (answer.kind, answer.faults, exit_status([answer])) == (kind, (), 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\nmodel = dict(type='FasterRCNN', backbone=dict())", ":2: not a segmentation model: FasterRCNN without"),
        (
            "model = dict(type='EncoderDecoder')\ntrain_dataloader = dict()",
            ":1: not a segmentation model: EncoderDecoder",
        ),
        ("model = 3", ":1: not a segmentation model"),
        ("x = 1", ":1: no config of mmsegmentation"),
    ],
)
def test_what_is_no_segmentation_model_is_said_with_its_line(text, words, tmp_path):
    (tmp_path / "a.py").write_text(text)
    with pytest.raises(UnreadableConfig, match="a.py" + words):
        audit(read_statically(tmp_path / "a.py"))


def test_the_worst_answer_gives_the_exit_status(audited, tmp_path):
    consistent, inconsistent = audited(), audited(second=FALSE)
    failure = ConfigReadFailure(tmp_path / "x.py", f"{tmp_path}/x.py:1: no such file")
    assert [exit_status(answer) for answer in ([consistent], [consistent, inconsistent], [inconsistent, failure])] == [
        0,
        1,
        2,
    ]
    assert audit_data(failure) == {"file": str(tmp_path / "x.py"), "error": failure.message}


def test_a_table_counts_what_is_used_and_lists_the_inconsistent(audited, tmp_path):
    text = table_lines([audited(), audited(second=FALSE), ConfigReadFailure(tmp_path / "x.py", "x.py:1: empty")])
    assert text[0] == "3 configs: 2 config"
    assert "True          769x769          2  PSPHead 2" in text
    assert "1 inconsistent:" in text
    assert text[-2:] == ["1 could not be read:", "  x.py:1: empty"]


def test_each_target_has_both_settings_with_a_source():
    assert {row.target for row in deployment_targets(True)} == {row.target for row in deployment_targets(False)}
    assert len(DEPLOYMENT_TABLE) == 2 * len(deployment_targets(True))
    assert all(row.source.startswith("https://") for row in DEPLOYMENT_TABLE)
    assert {row.outcome for row in DEPLOYMENT_TABLE} == {"exact", "exact if", "lossy", "refused"}
    assert all(row.note for row in DEPLOYMENT_TABLE if row.outcome != "exact")


def _run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "halfpixel", "segmentation", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_the_command_says_in_one_line_what_it_cannot_read_and_exits_2(tmp_path):
    (tmp_path / "code.py").write_text("x = 1\nimport os\nos.system('touch ran')\n")
    done = _run("code.py", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("code.py:2: an import runs code")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("arguments", [[], ["a.py", "--all"]], ids=["nothing", "a file and --all"])
def test_the_command_needs_files_or_all(arguments, tmp_path):
    done = _run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("error: name config files, or --all")


@pytest.mark.skipif(importlib.util.find_spec("mmengine") is not None, reason="mmengine is installed here")
@pytest.mark.parametrize(
    ("arguments", "words"), [(["config.py"], "mmengine"), (["--all"], "mmsegmentation")], ids=["a file", "all"]
)
def test_without_mmengine_the_command_says_so_in_one_line_and_exits_2(arguments, words, audited, tmp_path):
    audited()
    done = _run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
