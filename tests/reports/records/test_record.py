"""Records survive the file they are written to, and a damaged file is refused by line."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from halfpixel.golden.vocabulary import AGREEMENT, NOT_MEASURED, ClaimVerdict, LedgerState, ParityAnswer, Suite, Verdict
from halfpixel.reports.records.json_lines import read, write
from halfpixel.reports.records.record_types import Finding, RecordError
from halfpixel.reports.records.schema import SCHEMA_PATH
from tests.reports.test_sample import LINEAR, divergence, finding, header, linear_row, samples, worst


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _rewritten(path: Path, change) -> Path:
    lines = _lines(path)
    change(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A file with the sample records."""
    path = tmp_path / "new" / "results.jsonl"
    write(path, samples())
    return path


def test_what_is_written_is_read_back(written: Path) -> None:
    """Every field of every record, fractions and images included."""
    assert read(written) == samples()
    assert os.listdir(written.parent) == ["results.jsonl"]


def test_the_header_comes_first_and_the_count_last(written: Path) -> None:
    """Tools of other languages rely on it."""
    lines = _lines(written)
    assert (lines[0]["type"], lines[0]["schema"]) == ("run", 1)
    assert lines[0]["versions"]["keras"] is None
    assert lines[-1] == {"type": "end", "records": len(samples())}


def test_the_schema_accepts_every_line_on_its_own(written: Path) -> None:
    """The published schema, with its ``oneOf`` and references, says the same as the fast path."""
    schema = json.loads(SCHEMA_PATH.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for line in _lines(written):
        validator.validate(line)
    spoilt = _lines(written)[1] | {"verdict": "probably"}
    assert not validator.is_valid(spoilt)


def test_the_schema_knows_exactly_the_fields_and_the_verdicts() -> None:
    """A field added to a record and not to the schema would fail only when first used."""
    definitions = json.loads(SCHEMA_PATH.read_text())["$defs"]
    assert definitions["verdict"]["enum"] == list(Verdict)
    assert definitions["finding"]["properties"]["suite"]["enum"] == list(Suite)
    assert definitions["ledger"]["properties"]["status"]["enum"] == list(LedgerState)
    assert definitions["claim"]["properties"]["verdict"]["enum"] == list(ClaimVerdict)
    assert definitions["model"]["properties"]["verdict"]["enum"] == list(ParityAnswer)
    for record in samples():
        named = set(definitions[record.type]["properties"]) - {"type"}
        assert named == {field.name for field in dataclasses.fields(record)}
    assert AGREEMENT == ("exact", "agrees")
    assert set(NOT_MEASURED) == {"unsupported", "error", "not installed"}


def test_numbers_that_json_lacks_come_back(tmp_path: Path) -> None:
    """A resize that returns NaN is still recorded, in a file that is JSON."""
    place = worst(linear_row(3, 1.0), np.array([np.nan, np.inf, -np.inf]), 2, 0, 1)
    write(tmp_path / "a.jsonl", [header(), divergence("torch", "nan()", LINEAR, place, None, gain=math.inf)])
    text = (tmp_path / "a.jsonl").read_text()
    assert "NaN" not in text
    assert "Infinity" not in text
    back = read(tmp_path / "a.jsonl")[1]
    assert back.gain == math.inf
    assert math.isnan(back.worst.got[0])
    assert back.worst.got[1:] == (math.inf, -math.inf)
    assert math.isnan(back.grey_levels)


def test_numpy_scalars_become_numbers(tmp_path: Path) -> None:
    """Measurements are numpy values, and a run must not be lost to that."""
    record = finding("torch", "x()", LINEAR, gain=np.float32(0.5), pairs_measured=np.int64(7))
    write(tmp_path / "a.jsonl", [header(), record])
    back = read(tmp_path / "a.jsonl")[1]
    assert (back.gain, back.pairs_measured) == (0.5, 7)


@pytest.mark.parametrize("kept", range(1, len(samples()) + 1))
def test_a_file_cut_between_lines_is_refused(written: Path, kept: int) -> None:
    """Every line is whole, so only the missing end line tells."""
    written.write_bytes(b"".join(written.read_bytes().splitlines(keepends=True)[:kept]))
    with pytest.raises(RecordError, match=rf"results\.jsonl:{kept}: cut short: there is no end line"):
        read(written)


def test_a_file_cut_within_a_line_is_refused(written: Path) -> None:
    """With the number of the line that was cut."""
    lines = written.read_bytes().splitlines(keepends=True)
    written.write_bytes(b"".join(lines[:4]) + lines[4][:100])
    with pytest.raises(RecordError, match=r"results\.jsonl:5: cut short in the middle of this line"):
        read(written)


def _set(number: int, *keys: str, value: object):
    def change(lines: list[dict]) -> None:
        target = lines[number - 1]
        for key in keys[:-1]:
            target = target[key]
        target[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set(3, "verdict", value="perhaps"), r":3: \$\.verdict: 'perhaps' is not one of"),
        (_set(3, "surprise", value=1), r":3: \$: Additional properties are not allowed"),
        (_set(4, "gain", value="big"), r":4: \$\.gain: 'big' does not match"),
        (_set(10, "worst", "region", value="middle"), r":10: \$\.worst\.region: 'middle' is not one of"),
        (_set(10, "worst", "coordinate", value="1/0"), r":10: \$\.worst\.coordinate: '1/0' does not match"),
        (_set(10, "worst", "got", value=[1.0]), r":10: \$\.worst\.got: 1 numbers for n_in = 7"),
        (_set(10, "worst", "image", value=[True] * 7), r":10: \$\.worst\.image: not all of it is numbers"),
        (_set(10, "worst", "n_in", value=7.0), r":10: \$\.worst\.n_in: 7\.0 is not of type 'integer'"),
        (_set(10, "worst", "got", value=[10**400] * 7), r":10: int too large to convert to float"),
        (_set(10, "gain", value="nan "), r":10: \$\.gain: 'nan ' does not match"),
        (_set(2, "type", value="finale"), r":2: unknown type 'finale'; allowed: run, finding"),
        (_set(2, "type", value=["run"]), r":2: unknown type \['run'\]"),
        (_set(1, "schema", value=2), r":1: \$\.schema: 1 was expected"),
        (lambda lines: lines.pop(0), r":1: the first line is no run header but of type 'finding'"),
        (lambda lines: lines[4].pop("question"), r":5: \$: 'question' is a required property"),
        (lambda lines: lines.pop(3), r":\d+: the end line counts \d+ records"),
        (lambda lines: lines.append(lines[2]), r":\d+: the end line counts \d+ records and is line"),
        (lambda lines: lines.insert(1, [1, 2]), r":2: not an object"),
    ],
)
def test_a_damaged_line_is_named(written: Path, change, message: str) -> None:
    """The file, the line and the fault."""
    with pytest.raises(RecordError, match=message):
        read(_rewritten(written, change))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{nonsense}\n", r":2: bad JSON"),
        (b"\xff\xfe\n", r":2: bad JSON"),
        (b'{"gain": NaN}\n', r":2: bad JSON: NaN is not JSON"),
        (b"[" * 100_000 + b"\n", r":2: bad JSON"),
        (b"\n", r":2: bad JSON"),
    ],
)
def test_a_line_that_is_no_json_is_named(written: Path, line: bytes, message: str) -> None:
    """Whatever is on it."""
    lines = written.read_bytes().splitlines(keepends=True)
    written.write_bytes(b"".join([lines[0], line, *lines[1:]]))
    with pytest.raises(RecordError, match=message):
        read(written)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    """No records is not the same as no divergences."""
    (tmp_path / "a.jsonl").touch()
    with pytest.raises(RecordError, match=r"a\.jsonl:1: empty file"):
        read(tmp_path / "a.jsonl")


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([], "no records, not even a run header"),
        ([finding("torch", "x()", LINEAR)], "the first record is no run header but Finding"),
        ([header(), finding("torch", "x()", LINEAR, "fine")], r"record 2, does torch x\(\).*'fine' is not one of"),
        ([header(options={"path": Path("x")})], "record 1: Object of type"),
        ([header(), "torch"], "record 2, .*unknown type None"),
    ],
)
def test_a_bad_record_is_not_written(tmp_path: Path, records: list, message: str) -> None:
    """And what was there before stays."""
    path = tmp_path / "a.jsonl"
    path.write_text("before")
    with pytest.raises(RecordError, match=message):
        write(path, records)
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a.jsonl"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the file beside it."""

    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "a.jsonl", samples())
    assert os.listdir(tmp_path) == []


def test_a_thousand_records_are_checked_at_once(tmp_path: Path) -> None:
    """Lists of a thousand numbers in each: a check of every item by the schema would take a minute."""
    place = worst(linear_row(1000, 499.5), linear_row(1000, 499.75), 500, 250, 1)
    records = [divergence("torch", f"x{i}()", LINEAR, place, None, message="", reproduction="") for i in range(1000)]
    write(tmp_path / "a.jsonl", [header(), *records])
    back = read(tmp_path / "a.jsonl")
    assert len(back) == 1001
    assert isinstance(back[-1], Finding)
    assert back[-1].worst == place
