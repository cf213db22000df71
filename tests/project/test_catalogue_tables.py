"""The tables of the documentation that are made from the catalogues are current, and say what the catalogues say."""

from __future__ import annotations

import importlib.util

import pytest

from tests import ROOT

_SPEC = importlib.util.spec_from_file_location("catalogue_tables", ROOT / "docs" / "catalogue_tables.py")
catalogue_tables = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(catalogue_tables)


@pytest.mark.parametrize("name", catalogue_tables.FILES)
def test_the_tables_of_a_page_are_current(name):
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert catalogue_tables.current(text) == text, "run: python docs/catalogue_tables.py"


def test_every_table_has_its_place_and_rows():
    pages = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in catalogue_tables.FILES)
    for name, table in catalogue_tables.tables().items():
        assert f"<!-- table {name} -->\n{table}\n<!-- end {name} -->" in pages
        assert table.count("\n") > 2
