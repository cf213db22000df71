"""Either a model of one's own is asked about, named with ``--model``, or what exporters make of each call."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from parity.ask import Question, answered
from parity.model import BadModel, load
from parity.shapes import parsed
from parity.verdict import ModelVerdict

_FILES = {"test_model.py": True, "test_exports.py": False}
"""Whether a file's questions are about a model of one's own."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of the two files, one has nothing to ask."""
    if collection_path.parent != Path(__file__).parent or collection_path.name not in _FILES:
        return None
    return True if _FILES[collection_path.name] != bool(config.getoption("--model")) else None


def question(config: pytest.Config) -> Question:
    """What the options ask; raises ``pytest.UsageError`` for a shape that is none."""
    try:
        shapes = dict(map(parsed, config.getoption("--shape") or ()))
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    names = (config.getoption("--against") or "").split(",")
    return Question(
        config.getoption("--model"),
        tuple(name.strip() for name in names if name.strip()),
        tuple(config.getoption("--input") or ()),
        shapes,
        config.getoption("--reference"),
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a resize, named by where it is in the file, and one an output."""
    if not {"resize_key", "output_name"} & set(metafunc.fixturenames):
        return
    asked = question(metafunc.config)
    try:
        model = load(asked.model, asked.shapes)
    except BadModel as error:
        raise pytest.UsageError(str(error)) from None
    if "resize_key" in metafunc.fixturenames:
        keys = [node.key for node in model.resizes]
        metafunc.parametrize("resize_key", keys, ids=keys)
    if "output_name" in metafunc.fixturenames:
        names = [port.name for port in model.outputs]
        # Names of outputs are the file's own, and may hold anything.
        metafunc.parametrize("output_name", names, ids=[f"output {number}" for number in range(len(names))])


@functools.cache
def _asked(config: pytest.Config) -> ModelVerdict | str:
    try:
        return answered(question(config))
    except ValueError as error:
        return str(error)


@pytest.fixture(scope="session")
def verdict(request: pytest.FixtureRequest) -> ModelVerdict:
    """The verdict on the model, which is run once; a model that cannot be asked fails every test with one line."""
    found = _asked(request.config)
    if isinstance(found, str):
        pytest.fail(found, pytrace=False)
    return found
