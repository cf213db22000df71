"""The catalogues of this project: each fits its lock, and each program shows its defect at the locked version."""

from __future__ import annotations

import dataclasses
import json
import tomllib

import pytest
from jsonschema import Draft202012Validator

from halfpixel.adapters import frameworks as known_frameworks
from halfpixel.defects.catalogue import LEDGER, Catalogue, Defect, Pattern, frameworks, load
from halfpixel.defects.consistency import problems
from halfpixel.defects.lock import locked_frameworks, locked_versions, public_version
from halfpixel.defects.programs import ProgramState, run_program
from halfpixel.golden.vocabulary import Cause, DefectKind, Reach, Suite, Verdict

MOST_LINES = 6_000
"""Of all catalogues together: they are written and read by people."""


@pytest.mark.parametrize("framework", locked_frameworks())
def test_a_catalogue_fits_its_lock(framework):
    assert list(problems(framework)) == []


def test_catalogues_are_of_frameworks_that_have_an_adapter():
    assert set(frameworks()) <= set(known_frameworks())
    assert set(locked_frameworks()) <= set(frameworks())


def test_catalogues_stay_readable():
    assert sum(len(load(name).path.read_text(encoding="utf-8").splitlines()) for name in frameworks()) <= MOST_LINES


def test_a_thread_is_in_the_tracker_of_the_project_at_fault():
    """One in another project's tracker is evidence, not the state upstream."""
    elsewhere = [
        f"{catalogue.framework} {defect.id}: {defect.upstream}"
        for catalogue in map(load, frameworks())
        for defect in catalogue.defects
        if defect.kind.is_defect and defect.is_reported and not defect.fault_in
        if not defect.upstream.startswith(f"{catalogue.tracker.removesuffix('/issues')}/")
    ]
    assert elsewhere == []


def _programs() -> list[tuple[Catalogue, Defect]]:
    """Every program of a framework that is installed at a version with a lock."""
    found = []
    for name in frameworks():
        version = known_frameworks()[name].version
        if version is not None and public_version(version) in locked_versions(name):
            found += [(load(name), defect) for defect in load(name).defects if defect.program]
    return found


@pytest.mark.framework
@pytest.mark.parametrize(
    ("catalogue", "defect"), [pytest.param(*found, id=f"{found[0].framework} {found[1].id}") for found in _programs()]
)
def test_a_program_shows_its_defect_where_it_is_not_fixed(catalogue, defect):
    outcome = run_program(defect)
    if outcome.state is ProgramState.NOT_INSTALLED:
        # What an exporter or a backend needs is in other environments.
        pytest.skip(outcome.ending)
    version = known_frameworks()[catalogue.framework].version or ""
    wanted = ProgramState.NOT_SHOWN if defect.is_fixed(version) else ProgramState.SHOWN
    assert outcome.state is wanted, f"{outcome.printed} {outcome.ending}; if it is fixed, fixed_in says so"


def test_the_schema_of_catalogues_accepts_them_and_lists_what_the_reader_takes():
    schema = json.loads((LEDGER / "catalogue.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    for name in frameworks():
        catalogue = tomllib.loads(load(name).path.read_text(encoding="utf-8"))
        assert [fault.message for fault in validator.iter_errors(catalogue)] == []
    defect, pattern = schema["$defs"]["defect"], schema["$defs"]["pattern"]
    texts = {field.name for field in dataclasses.fields(Defect)} - {"line"}
    assert set(defect["properties"]) == texts
    assert set(pattern["properties"]) == {field.name for field in dataclasses.fields(Pattern)}
    assert defect["properties"]["kind"]["enum"] == list(DefectKind)
    assert defect["properties"]["reach"]["enum"] == list(Reach)
    listed = {name: set(field["oneOf"][0].get("enum", ())) for name, field in pattern["properties"].items()}
    assert (listed["causes"], listed["suite"], listed["verdict"]) == (set(Cause), set(Suite), set(Verdict))
    wanting = {"id": "a", "title": "b", "kind": "crash", "reach": "default call", "contract": "c"}
    assert list(validator.iter_errors(catalogue | {"defect": [wanting]}))
