"""The page that documents the records names every type and every field, and its program validates a record."""

from __future__ import annotations

import json
import re

import pytest

from halfpixel.reports.records.json_lines import write
from tests import ROOT
from tests.reports.test_sample import samples

PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
SCHEMA = json.loads((ROOT / "reports" / "records" / "results.schema.json").read_text(encoding="utf-8"))


def _fields(part: object) -> set[str]:
    if isinstance(part, list):
        return set().union(*map(_fields, part))
    if not isinstance(part, dict):
        return set()
    return set(part.get("properties", {})).union(*map(_fields, part.values()))


@pytest.mark.parametrize("name", [each["$ref"].rpartition("/")[2] for each in SCHEMA["oneOf"]])
def test_every_type_has_its_section_with_every_field(name):
    section = next(part for part in PAGE.split("\n### ") if re.search(rf"^.*`{name}`", part.partition("\n")[0]))
    missing = {field for field in _fields(SCHEMA["$defs"][name]) if f"`{field}`" not in section}
    assert not missing


@pytest.mark.parametrize("name", ["worst", "attribution", "refused", "ledger"])
def test_every_part_of_a_finding_is_documented(name):
    (section,) = re.findall(rf"^`{name}`: .*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    assert not {field for field in SCHEMA["$defs"][name]["properties"] if f"`{field}`" not in section}


def test_every_suite_and_verdict_is_named():
    names = [*SCHEMA["$defs"]["verdict"]["enum"], *SCHEMA["$defs"]["finding"]["properties"]["suite"]["enum"]]
    assert not [name for name in names if f"`{name}`" not in PAGE]


def test_its_program_finds_no_fault_in_a_record_and_finds_one_in_another(tmp_path, monkeypatch, capsys):
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "reports" / "records").mkdir(parents=True)
    (tmp_path / "reports" / "records" / "results.schema.json").write_text(json.dumps(SCHEMA))
    write(tmp_path / "results.jsonl", samples())
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "results.md", "exec"), {})
    assert capsys.readouterr().out == ""
    (tmp_path / "results.jsonl").write_text('{"type": "end", "records": -1}\n')
    exec(compile(program, "results.md", "exec"), {})
    assert capsys.readouterr().out.startswith("1 ")
