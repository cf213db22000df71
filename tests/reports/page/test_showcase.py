"""The showcase: sizes that tell apart what they say, records that give measurements back, values the page can trust."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from halfpixel.adapters import from_callable
from halfpixel.golden import matrix
from halfpixel.golden.catalogue import SIZES, named_convention, size_key
from halfpixel.golden.tolerance import grey_levels
from halfpixel.probe.measure.axis_matrix import AXES, measure
from halfpixel.reports.compare.merge import merge_records
from halfpixel.reports.page import side_by_side
from halfpixel.reports.records.json_lines import read, write
from halfpixel.reports.records.record_types import Record
from halfpixel.reports.records.showcase_records import ShowcaseConvention, ShowcaseMatrix, ShowcaseOperation
from halfpixel.reports.sections.translations import deduplicated
from halfpixel.suites.records.showcases import SHOWCASE_SIZE_PAIRS, convention_records, matrix_record, operation_records
from tests.reports.showcase_examples import CORNERS, LINEAR, operations
from tests.reports.test_sample import header


def dense(rows: list, n_in: int) -> np.ndarray:
    """Rows of ``[first, weight, ...]`` as a matrix, float64."""
    values = np.zeros((len(rows), n_in))
    for row, (first, *weights) in zip(values, rows, strict=True):
        row[first : first + len(weights)] = [float(weight) for weight in weights]
    return values


def records_of(*names: str) -> list[Record]:
    """A run of those functions of ``_showcase`` and two conventions."""
    chosen = [one for one in operations() if one.name in names]
    found = [header(), *convention_records([LINEAR, CORNERS])]
    for one in chosen:
        found += operation_records(one)
    return deduplicated(found)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size_key((size.n_in, size.n_out)))
def test_each_size_tells_apart_what_it_is_said_to(size):
    a, b = (
        matrix(named_convention(name).convention, size.n_in, size.n_out).to_array()
        for name in size.differing_conventions
    )
    assert grey_levels(a - b).max() > 10


def test_halving_has_ties_at_every_output_and_enlarging_by_five_thirds_at_none():
    told = {
        (one.n_in, one.n_out): one
        for one in convention_records([named_convention("onnx-nearest").convention])
        if isinstance(one, ShowcaseConvention)
    }
    assert told[8, 4].near_ties == (0, 1, 2, 3)
    assert told[8, 4].at == ("1/2", "5/2", "9/2", "13/2")
    assert told[3, 5].near_ties == ()


def test_sizes_are_a_dozen_and_the_photograph():
    assert len(SIZES) == 13
    assert max(n for size in SHOWCASE_SIZE_PAIRS if size != side_by_side.PHOTOGRAPH_SIZE for n in size) <= 20


def test_weights_come_back_as_they_were_measured():
    values = np.array([[0, 0.1, -1e-9, 0], [0, 0, 0, 0], [1, np.nan, np.inf, 3.4e38]], np.float32)
    told = matrix_record(values)
    assert told.rows == ((1, 0.1, -1e-9), (0,), (0, 1, "nan", "inf", 3.4e38))
    np.testing.assert_array_equal(dense(list(told.rows), 4).astype(np.float32), values)
    assert told.name == matrix_record(values.copy()).name != matrix_record(values[:2]).name


@pytest.mark.framework
def test_records_of_an_operation_are_what_probe_measures():
    one = next(each for each in operations() if each.id == "pillow resize(BILINEAR)")
    *matrices, told = operation_records(one)
    by_name = {each.name: each for each in matrices}
    for n_in, n_out in ((5, 3), (20, 6), (48, 36)):
        for axis in AXES:
            kept = by_name[told.matrices[size_key((n_in, n_out))][axis]]
            np.testing.assert_array_equal(
                dense(list(kept.rows), n_in).astype(np.float32), measure(one, n_in, n_out, axis)
            )


def test_a_refusal_and_a_wrong_shape_are_told_apart():
    *_, refused = operation_records(next(one for one in operations() if one.name == "refuses five"))
    assert "five pixels" in refused.refusals["5x3"]
    assert "5x3" not in refused.matrices
    assert "3x6" in refused.matrices
    *_, misshapen = operation_records(next(one for one in operations() if one.name == "misshapes"))
    assert misshapen.misshapen.keys() == {size_key(pair) for pair in SHOWCASE_SIZE_PAIRS}
    assert not misshapen.matrices


def test_records_are_written_and_read_back(tmp_path: Path):
    records = records_of("linear", "no numbers", "says nothing", "refuses five")
    write(tmp_path / "results.jsonl", records)
    assert read(tmp_path / "results.jsonl") == records


def test_runs_with_the_same_matrices_merge_without_conflict():
    records = records_of("linear", "corners")
    other = [replace(records[0], started="2027-01-01T00:00:00+00:00"), *records[1:]]
    merged = merge_records([records, other])
    assert not merged.conflicts
    kept = [one for one in merged.records if isinstance(one, ShowcaseMatrix)]
    assert len(kept) == len({one.name for one in kept}) == sum(isinstance(one, ShowcaseMatrix) for one in records)


def test_equal_matrices_are_kept_once():
    names = [one.name for one in records_of("linear", "says nothing") if isinstance(one, ShowcaseMatrix)]
    assert len(names) == len(set(names))


def test_the_page_gets_each_matrix_of_each_operation():
    records = records_of("linear", "corners along the width")
    told = side_by_side.side_by_side_values(records)["showcase"]
    place = [size["key"] for size in told["sizes"]].index("7x4")
    one = next(each for each in told["operations"] if each["id"] == "callable corners along the width")
    for axis, convention in enumerate((LINEAR, CORNERS)):
        got = dense(told["matrices"][one["m"][place][axis]], 7)
        np.testing.assert_allclose(got, matrix(convention, 7, 4).to_array(), atol=1e-6)
    assert told["conventions"][one["claim"]]["name"] == str(LINEAR)


def test_an_operation_whose_convention_is_not_in_the_records_is_compared_with_nothing():
    records = [one for one in records_of("linear") if not isinstance(one, ShowcaseConvention)]
    (one,) = side_by_side.side_by_side_values(records)["showcase"]["operations"]
    assert set(one["m"]) == {None}
    assert set(one["refused"].values()) == {"these records lack the convention that it documents"}


def test_without_showcase_records_there_is_no_view():
    assert side_by_side.side_by_side_values([header()]) is None


@pytest.mark.parametrize(
    "rows",
    [
        ((0, 1.0),),
        ((0, 1.0), (4, 1.0, 1.0), (0, 1.0)),
        ((0, "<script>"), (0,), (0,)),
        ((-1, 1.0), (0,), (0,)),
        ((), (), ()),
    ],
    ids=["too few rows", "beyond the last pixel", "no number", "before the first pixel", "empty rows"],
)
def test_a_matrix_that_does_not_fit_its_size_is_left_out(rows):
    wrong = ShowcaseMatrix(name="m", n_in=5, n_out=3, rows=rows)
    one = ShowcaseOperation(operation="x f()", framework="x", matrices={"5x3": {"height": "m", "width": "m"}})
    told = side_by_side.side_by_side_values([header(), wrong, one])["showcase"]
    assert told["matrices"] == []
    assert told["operations"][0]["m"][0] == [None, None]


def test_a_matrix_of_another_size_is_left_out():
    right = ShowcaseMatrix(name="m", n_in=3, n_out=1, rows=((0, 1.0),))
    one = ShowcaseOperation(operation="x f()", framework="x", matrices={"5x3": {"height": "m", "width": "m"}})
    assert side_by_side.side_by_side_values([header(), right, one])["showcase"]["matrices"] == []


def test_photograph_is_what_scikit_image_ships():
    data = pytest.importorskip("skimage.data", reason="only where scikit-image is installed can it be made again")
    cut = data.astronaut()[:240, 104:344].astype(float) @ [0.299, 0.587, 0.114]
    made = np.round(cut.reshape(48, 5, 48, 5).mean((1, 3))).astype(np.uint8)
    width, pixels = side_by_side.photograph()
    assert (width, pixels) == (48, made.tobytes())


def test_photograph_has_the_size_that_it_is_shown_at():
    assert side_by_side.photograph()[0] == side_by_side.PHOTOGRAPH_SIZE[0]


def test_what_is_measured_of_a_function_without_claim_has_bounds_for_each_row():
    *_, told = operation_records(replace(from_callable(lambda image, size: np.zeros(size, np.float32), "zeros")))
    assert told.claim == ""
    assert [len(told.bounds["5x3"][axis]) for axis in AXES] == [3, 3]
