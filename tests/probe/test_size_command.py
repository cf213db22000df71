"""``halfpixel size``: what it prints, how it exits, and that the installed libraries follow their rules."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from halfpixel.golden.library_sizes import LIBRARY_SIZES, RequestKind, SizeRequest
from halfpixel.probe import size_command
from halfpixel.probe.installed_sizes import InstalledAnswer, ask_installed


def _requests(kind: RequestKind, chance: random.Random) -> SizeRequest:
    side = chance.randint(20, 300)
    return {
        RequestKind.SCALE: SizeRequest(scale=(Fraction(chance.randint(30, 190), 100),) * 2),
        RequestKind.SHORTEST: SizeRequest(shortest=side, longest=2 * side),
        RequestKind.LONGEST: SizeRequest(longest=side),
        RequestKind.LETTERBOX: SizeRequest(letterbox=(side, chance.randint(20, 300))),
        RequestKind.MULTIPLE: SizeRequest(multiple=14),
    }[kind]


_ASKED = {
    ("torch", RequestKind.SCALE),
    ("opencv", RequestKind.SCALE),
    ("scipy", RequestKind.SCALE),
    ("skimage", RequestKind.SCALE),
    ("onnxruntime", RequestKind.SCALE),
    ("pillow", RequestKind.LONGEST),
    ("pillow", RequestKind.LETTERBOX),
    ("tensorflow", RequestKind.LETTERBOX),
}
"""Of the libraries that the default environment installs, those that can be asked."""


@pytest.mark.framework
@pytest.mark.parametrize(
    "rule",
    [rule for rule in LIBRARY_SIZES if (rule.library, rule.kind) in _ASKED],
    ids=lambda rule: f"{rule.library} {rule.call} {rule.kind}",
)
def test_an_installed_library_follows_its_rule(rule):
    """On 150 images and requests each."""
    chance = random.Random(11)
    asked = 0
    for _ in range(150):
        image, request = (chance.randint(5, 400), chance.randint(5, 400)), _requests(rule.kind, chance)
        answer = ask_installed(rule, image, request)
        if answer.size is None:
            continue
        assert answer.size == rule.size(image, request), (image, request)
        asked += 1
    assert asked > 100


def test_the_answer_groups_libraries_by_the_size_they_make(capsys):
    """The README's own example."""
    assert size_command.main(["600x1200", "--shortest", "800", "--longest", "1333"]) == 0
    printed = capsys.readouterr().out
    assert "4 different sizes" in printed
    assert printed.index("666 x 1333") < printed.index("666 x 1332")


def test_disagreements_are_told_by_who_parts_from_whom(capsys):
    """Both the sides and the calls."""
    assert size_command.main(["--longest", "384", "--disagree", "500:600"]) == 0
    printed = capsys.readouterr().out
    assert "N = 535, 559, 588, 591 (4 in all)" in printed
    assert "383 x 383: transformers JanusImageProcessor, until January 2026" in printed


def test_an_installed_library_that_makes_another_size_is_told(capsys, monkeypatch):
    """Exit status 1: the rule that is written is not what is installed."""
    monkeypatch.setattr(size_command, "ask_installed", lambda rule, image, request: InstalledAnswer((1, 2)))
    assert size_command.main(["600x1200", "--letterbox", "640"]) == 1
    assert "the installed version makes 1 x 2, another size" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["3x3"], "ask by one thing"),
        (["600", "--scale", "2"], "HEIGHTxWIDTH"),
        (["600x0", "--scale", "2"], "from 1 to 100,000"),
        (["600x20", "--scale", "nan"], "--scale must be a number"),
        (["600x20", "--scale", "-1"], "positive"),
        (["600x20", "--scale", "1", "--longest", "2"], "given: scale and longest side"),
        (["--scale", "1"], "give the size"),
        (["600x20", "--longest", "2", "--disagree", "1:9"], "a pattern with N"),
        (["--longest", "2", "--disagree", "9:1"], "from the smaller"),
        (["--longest", "two", "--disagree", "1:9"], "--longest must be a whole number"),
    ],
)
def test_bad_input_is_one_line(arguments, reason, capsys):
    """Exit status 2, nothing on stdout."""
    assert size_command.main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert reason in printed.err
