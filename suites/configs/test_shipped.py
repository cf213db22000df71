"""The 769 configs that mmsegmentation 1.2.2 ships: all are read, what they use, and which are inconsistent."""

from __future__ import annotations

import time
from collections import Counter
from itertools import groupby

import pytest

from halfpixel.segmentation.configs.audit import (
    ConfigAudit,
    ConfigReadFailure,
    audit_all,
    shipped_configs,
    usage_table,
)

Answers = tuple[list[ConfigAudit | ConfigReadFailure], float]

KINDS = {"config": 681, "model": 50, "dataset": 30, "schedule": 7, "runtime": 1}

# By the setting of the head that gives the logits, and the training crop.
CROPS = {
    (False, "512x512"): 295,
    (False, "512x1024"): 165,
    (False, "480x480"): 47,
    (False, "1024x1024"): 17,
    (False, "640x640"): 14,
    (False, "128x128"): 12,
    (False, "832x832"): 12,
    (False, "256x256"): 7,
    (False, "896x896"): 7,
    (False, "64x64"): 6,
    (False, "768x768"): 3,
    (False, "680x680"): 1,
    (True, "769x769"): 88,
    (True, "512x1024"): 4,
    (True, "1024x1024"): 3,
}
# Decode heads that are used with both settings; all others are with False, but PIDHead (3), which is with True.
BOTH = {
    "ANNHead": (12, 4),
    "APCHead": (8, 4),
    "ASPPHead": (55, 8),
    "CCHead": (12, 4),
    "DAHead": (12, 4),
    "DMHead": (8, 4),
    "DNLHead": (8, 4),
    "DepthwiseSeparableASPPHead": (43, 8),
    "EMAHead": (2, 2),
    "EncHead": (17, 4),
    "FCNHead": (120, 18),
    "GCHead": (12, 4),
    "ISAHead": (12, 4),
    "NLHead": (12, 4),
    "PSAHead": (12, 4),
    "PSPHead": (74, 8),
    "UPerHead": (56, 4),
}
_STDC = ("heads disagree", "size unsuited")
_PIDNET = ("backbone disagrees", "size unsuited")
INCONSISTENT = {
    "_base_/models/stdc.py": ("heads disagree",),
    "deeplabv3plus/deeplabv3plus_r50-d8_4xb2-300k_mapillay_v1_65-1280x1280.py": ("crop sizes differ",),
    "knet/knet-s3_swin-l_upernet_8xb2-adamw-80k_ade20k-640x640.py": ("crop sizes differ",),
    "pidnet/pidnet-l_2xb6-120k_1024x1024-cityscapes.py": _PIDNET,
    "pidnet/pidnet-m_2xb6-120k_1024x1024-cityscapes.py": _PIDNET,
    "pidnet/pidnet-s_2xb6-120k_1024x1024-cityscapes.py": _PIDNET,
    "stdc/stdc1_4xb12-80k_cityscapes-512x1024.py": _STDC,
    "stdc/stdc1_in1k-pre_4xb12-80k_cityscapes-512x1024.py": _STDC,
    "stdc/stdc2_4xb12-80k_cityscapes-512x1024.py": _STDC,
    "stdc/stdc2_in1k-pre_4xb12-80k_cityscapes-512x1024.py": _STDC,
}
SECONDS = 60


@pytest.fixture(scope="module")
def answers(mmseg_version: str) -> Answers:
    """The audit of every shipped config, and how long it took."""
    started = time.perf_counter()
    audited = audit_all(shipped_configs())
    return audited, time.perf_counter() - started


@pytest.fixture(scope="module")
def audits(answers: Answers) -> list[ConfigAudit]:
    """The audits, without the configs that could not be read."""
    return [answer for answer in answers[0] if isinstance(answer, ConfigAudit)]


def test_all_are_read_and_what_mmengine_reads_is_what_was_read_without_running_them(
    answers: Answers, audits: list[ConfigAudit]
) -> None:
    assert len(answers[0]) == 769
    assert [answer.message for answer in answers[0] if isinstance(answer, ConfigReadFailure)] == []
    assert Counter(config.kind for config in audits) == KINDS


def test_they_are_read_within_the_time_allowed(answers: Answers) -> None:
    assert answers[1] < SECONDS


def test_the_crops_they_use_with_each_setting(audits: list[ConfigAudit]) -> None:
    crops: Counter[tuple[object, str]] = Counter()
    for use, count in usage_table(audits).items():
        crops[use.align_corners, use.crop] += count
    assert crops == CROPS
    assert sum(crops.values()) == KINDS["config"]


def test_the_heads_they_use_with_each_setting(audits: list[ConfigAudit]) -> None:
    uses = usage_table(audits).items()
    used = sorted(((use.head, use.align_corners, count) for use, count in uses), key=lambda row: (row[0], str(row[1])))
    by_head = {
        head: tuple(sum(count for _, setting, count in rows if setting is wanted) for wanted in (False, True))
        for head, rows in ((head, list(rows)) for head, rows in groupby(used, key=lambda row: row[0]))
    }
    assert {head: counts for head, counts in by_head.items() if all(counts)} == BOTH
    assert {head: counts for head, counts in by_head.items() if counts[0] == 0} == {"PIDHead": (0, 3)}
    assert len(by_head) == 35


def test_which_are_inconsistent_and_in_what(audits: list[ConfigAudit]) -> None:
    folder = shipped_configs()[0].parents[2]
    faults = {
        config.file.relative_to(folder).as_posix(): tuple(fault.kind for fault in config.faults) for config in audits
    }
    assert {name: kinds for name, kinds in faults.items() if kinds} == INCONSISTENT


def test_every_setting_of_a_head_says_the_file_and_the_line_that_hold_it(audits: list[ConfigAudit]) -> None:
    looked_at = 0
    for config in audits[::16]:
        for setting in config.settings:
            for value, place in ((setting.value, setting.place), *setting.replaced):
                line = place.file.read_text(encoding="utf-8").splitlines()[place.line - 1]
                assert f"align_corners={value}" in line
                looked_at += 1
    assert looked_at > 50
