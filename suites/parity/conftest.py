"""The suite checks either one model, named with ``--model``, or what exporters make of each call."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from halfpixel.parity.check import ParityRequest
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.model import BadModel, parse_shape
from halfpixel.parity.inspection import check_model
from halfpixel.parity.output.verdict import ModelVerdict

_FILES = {"test_model.py": True, "test_exports.py": False}
"""Whether a file is about the model that ``--model`` names."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Ignore the file that has nothing to check."""
    if collection_path.parent != Path(__file__).parent or collection_path.name not in _FILES:
        return None
    return True if _FILES[collection_path.name] != bool(config.getoption("--model")) else None


def question(config: pytest.Config) -> ParityRequest:
    """The request that the options make; ``pytest.UsageError`` for a shape that is none."""
    try:
        shapes = dict(map(parse_shape, config.getoption("--shape") or ()))
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    names = (config.getoption("--against") or "").split(",")
    return ParityRequest(
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
    request = question(metafunc.config)
    try:
        model = load_model(request.model, request.shapes)
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
def _checked(config: pytest.Config) -> ModelVerdict | str:
    try:
        return check_model(question(config))
    except ValueError as error:
        return str(error)


@pytest.fixture(scope="session")
def verdict(request: pytest.FixtureRequest) -> ModelVerdict:
    """The verdict on the model, which is run once; a model that cannot be checked fails every test with one line."""
    answer = _checked(request.config)
    if isinstance(answer, str):
        pytest.fail(answer, pytrace=False)
    return answer
