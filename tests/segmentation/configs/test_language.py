"""What a config may say, what is refused and at which line, and where each value is said to come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfpixel.segmentation.configs.read import read_statically, substitute_variables
from halfpixel.segmentation.configs.values import UnreadableConfig, dotted_path

NUL = b"\x7fELF\x02\x01\x00\xff\xfe"


@pytest.fixture
def write(tmp_path):
    """``write(name, text)``: a config file."""

    def written(name: str, text: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return written


def _values(file: Path) -> dict:
    return read_statically(file).values.plain()


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("x = dict(a=1, b=(2, [3.5, None]))", "x", {"a": 1, "b": (2, [3.5, None])}),
        ("a = 2\nx = -a * 3 + 10 // 4 - 1 / 2", "x", -4.5),
        ("x = sum([18, 36, 72])", "x", 126),
        ("n = 3\nx = [dict(i=i, s=f'layer{i}') for i in range(n) if i != 1]", "x", [{"i": 0, "s": "layer0"}]),
        ("x = {f'b.{s}.{b}': s * b for s, n in enumerate([1, 2]) for b in range(n)}", "x", {"b.0.0": 0, "b.1.1": 1}),
        ("x = {'a': 1}\nx.update({'b': 2}, c=3)", "x", {"a": 1, "b": 2, "c": 3}),
        ("y = dict(a=1)\nx = dict(y, b=2, **y)", "x", {"a": 1, "b": 2}),
        ("x = [1] * 3 + [2]", "x", [1, 1, 1, 2]),
        ("h, w = 3, 4\nx = (w, h)", "x", (4, 3)),
        ("y = [1, 2]\nx = y\nx.append(3)", "y", [1, 2, 3]),
        ("x = dict(a=dict(b=1))\nx['a']['b'] = 2", "x", {"a": {"b": 2}}),
        ("x = len([1, 2]) if True else 0", "x", 2),
        ("x = int(7.9)", "x", 7),
        ("i = 7\nx = [i for i in range(2)] + [i]", "x", [0, 1, 7]),
    ],
)
def test_the_language_of_configs_gives_what_python_gives(text, name, expected, write):
    namespace: dict = {}
    exec(text, namespace)
    value = _values(write("a.py", text))[name]
    assert value == namespace[name]
    assert value == expected or isinstance(expected, list | dict)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x = 1\n__import__('os').system('touch ran')", 2, "is a call of code"),
        ("import os", 1, "an import runs code"),
        ("from os import system\nsystem('true')", 1, "an import runs code"),
        ("x = open('a')", 1, "`open(...)` is a call of code"),
        ("x = exec('1')", 1, "`exec(...)` is a call of code"),
        ("x = eval('1')", 1, "`eval(...)` is a call of code"),
        ("x = ().__class__", 1, "is an attribute of an object"),
        ("x = ''.join(['a'])", 1, "is a call of code"),
        ("x = [print(i) for i in range(2)]", 1, "`print(...)` is a call of code"),
        ("x = dict(a=1,\n         b=[y\n            for y in open('/')])", 3, "`open(...)` is a call of code"),
        ("dict = 1\nx = dict(a=1)", 1, "the name 'dict' has a meaning of its own"),
        ("__builtins__ = dict()", 1, "has a meaning of its own"),
        ("def f():\n    pass", 1, "a function is code"),
        ("x = lambda: 1", 1, "a function is code"),
        ("class A:\n    pass", 1, "a class is code"),
        ("for i in range(3):\n    x = i", 1, "is code"),
        ("while True:\n    pass", 1, "is code"),
        ("x = 1\nwith read_base():\n    from .a import *", 2, "new-style configs"),
        ("with open('a') as f:\n    x = 1", 1, "a `with` statement is code"),
        ("x = 2 ** 99999999", 1, "is code"),
        ("x = [0] * 10 ** 9", 1, "is code"),
        ("x = [0] * 999999999", 1, "more than 100000 elements"),
        ("x = 'a' * 999999999", 1, "more than 100000 elements"),
        ("x = range(999999999)", 1, "more than 100000 elements"),
        ("x = [i for i in range(90000) for j in range(90000)]", 1, "more than 200000 steps"),
        ("x = 99999999999999999999 * 99999999999999999999", 1, "more than 128 bits"),
        ("a = [0] * 999\nb = [a] * 999\nc = [b] * 999", 1, "more than 1000000 values"),
        ("x = []\nx.append(x)", 1, "a value that holds itself"),
        ("x = f'{1:>999999999}'", 1, "is code"),
        ("x = '%999999999d' % 1", 1, "is code"),
        ("x = y", 1, "'y' is not defined in this file"),
        ("x = 1 / 0", 1, "division by zero"),
        ("x = dict(a=1)\nx.pop('a')", 2, "is a call of code"),
        ("x = _base_.y", 1, "no base config defines 'y'"),
        ("x = (y := 1)", 1, "is code"),
        ("x = {1, 2}", 1, "is code"),
        ("del x", 1, "is code"),
        ("x += 1", 1, "is code"),
        ("x = await y", 1, "is code"),
        ("x = dict(a=1", 1, "does not parse"),
        ("", 1, "empty"),
        ("# only a remark\n", 1, "empty"),
        ("x = " + "[" * 5000, 1, "does not parse"),
        ("x = " + "-" * 90000 + "1", 1, "nested too deeply"),
    ],
)
def test_what_is_not_the_language_is_refused_with_its_line(text, line, words, write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = write("a.py", text)
    with pytest.raises(UnreadableConfig) as refused:
        read_statically(file)
    message = str(refused.value)
    assert message.startswith(f"{file}:{line}: ")
    assert words in message
    assert "\n" not in message
    assert not (tmp_path / "ran").exists()


def test_a_child_is_laid_over_its_base_and_each_value_knows_both_places(write):
    write("base/a.py", "model = dict(\n    head=dict(align_corners=False, n=1),\n    neck=dict(k=2))\nother = [1]")
    write("base/b.py", "_base_ = './a.py'\nmodel = dict(head=dict(\n    align_corners=True))")
    file = write("c.py", "_base_ = ['base/b.py']\nmodel = dict(\n    neck=dict(_delete_=True, z=3))\nother = [2, 3]")
    config = read_statically(file)
    assert config.values.plain() == {
        "model": {"head": {"align_corners": True, "n": 1}, "neck": {"z": 3}},
        "other": [2, 3],
    }
    value = config.values.get("model", "head", "align_corners")
    assert (value.place.file.name, value.place.line) == ("b.py", 3)
    assert [(old.place.file.name, old.place.line, old.plain()) for old in value.replaced] == [("a.py", 2, False)]
    assert [path.name for path in config.files] == ["a.py", "b.py", "c.py"]


def test_values_of_a_base_are_reached_by_name_and_in_braces(write):
    write("a.py", "optimizer = dict(lr=0.5)")
    file = write("b.py", "_base_ = ['a.py']\nx = _base_.optimizer.lr\ny = {{ _base_.optimizer }}")
    assert _values(file) == {"optimizer": {"lr": 0.5}, "x": 0.5, "y": {"lr": 0.5}}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.py": "x = 1\n_base_ = 'b.py'"}, "a.py:2: no such base"),
        ({"a.py": "_base_ = [\n    'b.py',\n    'c.py']", "b.py": "x = 1"}, "a.py:3: no such base"),
        (
            {"a.py": "_base_ = 'b.py'", "b.py": "_base_ = 'a.py'"},
            "b.py:1: the bases form a cycle: a.py -> b.py -> a.py",
        ),
        ({"a.py": "_base_ = 'a.py'"}, "a.py:1: the bases form a cycle: a.py -> a.py"),
        (
            {"a.py": "_base_ = ['b.py', 'c.py']", "b.py": "x = 1", "c.py": "y = 2\nx = 2"},
            "a.py:1: two bases define 'x'",
        ),
        ({"a.py": "_base_ = 'b.py'\nx = dict(a=1)", "b.py": "x = 1"}, "a.py:2: 'x' is a dict, and of type int"),
        ({"a.py": "_base_ = __import__('os').system('touch ran')"}, "a.py:1: _base_ must be a path"),
        ({"a.py": "_base_ = [f for f in ['b.py']]"}, "a.py:1: _base_ must be a path"),
        ({"a.py": "_base_ = 'b.py'\n_base_ = 'c.py'"}, "a.py:2: _base_ must be assigned once"),
        ({"a.py": "_base_ = 'mmdet::a.py'"}, "a.py:1: the base is in the package mmdet"),
        ({"a.py": "_base_ = 'b.py'", "b.py": "x = 1\nimport os"}, "b.py:2: an import runs code"),
        ({"a.py": "_base_ = '.'"}, "a.py:1: "),
        ({"a.json": "{}"}, "a.json:1: a config of mmsegmentation is a .py file"),
    ],
)
def test_a_chain_that_cannot_be_read_is_refused_with_its_line(files, message, write, tmp_path):
    written = [write(name, text) for name, text in files.items()]
    with pytest.raises(UnreadableConfig) as refused:
        read_statically(written[0])
    assert str(refused.value).removeprefix(f"{tmp_path}/").startswith(message)
    assert not (tmp_path / "ran").exists()


def test_what_is_no_text_file_is_refused_in_one_line(tmp_path):
    (tmp_path / "junk.py").write_bytes(b"x = 1\n" + NUL)
    (tmp_path / "null.py").write_bytes(b"x = 1\x00")
    (tmp_path / "big.py").write_bytes(b"x = 1\n" * 200_000)
    for name, words in (
        ("junk.py", ":2: not text"),
        ("null.py", ":1: does not parse"),
        ("big.py", ":1: 1200000 bytes"),
        ("", ":1: "),
        ("none.py", ":1: no such file"),
    ):
        with pytest.raises(UnreadableConfig, match="^" + str(tmp_path / name) + words):
            read_statically(tmp_path / name)
    with pytest.raises(UnreadableConfig, match="is a directory"):
        read_statically(tmp_path)


def test_substitutions_put_in_names_and_nothing_that_could_run(tmp_path, monkeypatch):
    file = tmp_path / "exp.py"
    monkeypatch.setenv("CLASSES", "19")
    monkeypatch.setenv("EVIL", "__import__('os').system('touch ran')")
    text = "x = '{{ fileBasenameNoExtension }}'\ny = {{'$CLASSES:3'}}\nz = {{$ABSENT:0.5}}"
    assert substitute_variables(file, text) == "x = 'exp'\ny = 19\nz = 0.5"
    for line in ("x = {{$EVIL:1}}", "x = {{$ABSENT:open('a')}}"):
        with pytest.raises(UnreadableConfig, match=r"exp\.py:2: .*may be more than a name"):
            substitute_variables(file, f"w = 1\n{line}")


def test_paths_read_as_one_writes_them():
    assert dotted_path(("model", "auxiliary_head", 1, "align_corners")) == "model.auxiliary_head[1].align_corners"
