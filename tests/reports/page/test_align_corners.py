"""The chapter on ``align_corners``: its records, its pictures, and the pages with and without it."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from halfpixel.golden.align_corners import MODES
from halfpixel.reports.compare.merge import merge_records
from halfpixel.reports.page.report_page import ALIGN_CORNERS_PAGE, render_align_corners, render_report, write_html
from halfpixel.reports.records import json_lines, record_types
from halfpixel.reports.sections import align_corners
from halfpixel.reports.text.terminal import summary_lines
from halfpixel.segmentation import label_maps
from halfpixel.segmentation.claims.catalogue import CLAIMS
from halfpixel.segmentation.claims.claim import check_claim
from halfpixel.segmentation.mask_measurement import deployed_labels, edge_shift, measure_mask
from halfpixel.segmentation.scenes import EDGES, SCENES
from halfpixel.suites.records.align_corners import claim_record, mask_record
from tests import ROOT
from tests.reports.test_sample import header, samples


@pytest.fixture(scope="module")
def corner_records() -> list[record_types.Record]:
    """A few claims of each verdict, one edge, and the scene that has pictures."""
    found = [claim_record(each, check_claim(each, pairs=[(3, 5), (4, 8), (5, 3)]), []) for each in CLAIMS[:8]]
    for scene, edge in ((SCENES[0], EDGES[0]), (SCENES[-1], None)):
        n_in, n_out = scene.side // 8, scene.side
        for each in measure_mask(scene, 8):
            maps = {
                "truth": label_maps.true_labels(scene, n_out),
                "matched": deployed_labels(scene, each.trained, each.trained, n_in, n_out),
                "found": deployed_labels(scene, each.trained, each.deployed, n_in, n_out),
            }
            shift = edge_shift(edge, each.trained, n_in, n_out) if edge else None
            found.append(mask_record(each, shift, {"torch": 0}, maps))
    return found


def test_records_survive_the_file(corner_records, tmp_path):
    path = tmp_path / "results.jsonl"
    json_lines.write(path, [header(), *corner_records])
    assert json_lines.read(path) == [header(), *corner_records]


@pytest.mark.parametrize(
    ("kind", "change"),
    [("claim", {"verdict": "maybe"}), ("mask_shift", {"share": 1.5}), ("mask_shift", {"largest": "3.5"})],
)
def test_records_that_say_nonsense_are_refused(corner_records, tmp_path, kind, change):
    wrong = replace(next(each for each in corner_records if each.type == kind), **change)
    with pytest.raises(record_types.RecordError):
        json_lines.write(tmp_path / "results.jsonl", [header(), wrong])


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_it_has_a_page_of_its_own(corner_records):
    records = [*samples(), *corner_records]
    links = {values["href"] for tag, values in _Page(render_report(records)).tags if tag == "a"}
    assert ALIGN_CORNERS_PAGE in links
    text = render_align_corners(records, "index.html")
    page = _Page(text)
    assert "align-corners" in {values["id"] for _, values in page.tags if "id" in values}
    assert "index.html" in {values["href"] for tag, values in page.tags if tag == "a"}
    pictures = [values for tag, values in page.tags if tag == "svg" and values.get("role") == "img"]
    assert all(values.get("aria-label") for values in pictures)
    assert sum(values.get("class") == "grids" for values in pictures) == 2
    assert sum(values.get("class") == "labels" for values in pictures) == 3
    assert "(2 + 1/2) * 5/3 - 1/2" in text
    assert "http://" not in re.sub(r'href="[^"]*"', "", text)


def test_both_pages_are_written_beside_each_other(corner_records, tmp_path):
    write_html(tmp_path / "run.html", [*samples(), *corner_records])
    assert sorted(path.name for path in tmp_path.iterdir()) == [ALIGN_CORNERS_PAGE, "run.html"]
    assert 'href="run.html"' in (tmp_path / ALIGN_CORNERS_PAGE).read_text(encoding="utf-8")
    write_html(tmp_path / "sub" / "index.html", samples())
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["index.html"]


def test_a_run_without_them_has_no_such_page():
    text = render_report(samples())
    assert render_align_corners(samples(), "index.html") is None
    assert align_corners.align_corners_section(samples()) is None
    assert "align-corners" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


def test_a_run_of_claims_alone_is_no_empty_run(corner_records):
    records = [header(), *corner_records]
    assert "Nothing measured." not in render_report(records).split('id="run"')[0]
    lines = summary_lines(records, 100)
    assert lines[0].startswith("align_corners: 8 claims (")
    assert not any("nothing measured" in line for line in lines)
    assert any("nothing measured" in line for line in summary_lines([header()], 100))


def test_the_grids_are_drawn_from_the_exact_places():
    true, false = align_corners.grid_picture(True), align_corners.grid_picture(False)
    assert true.places == ("0", "1/2", "1", "1 1/2", "2")
    assert false.places == ("−1/5", "2/5", "1", "1 3/5", "2 1/5")
    assert (true.clamped, false.clamped) == (frozenset(), frozenset({0, 4}))
    # Edges coincide with False, centres of the outermost pixels with True.
    assert false.output_cells[0].x == false.input_cells[0].x
    assert (true.outputs[0].x, true.outputs[-1].x) == (true.inputs[0].x, true.inputs[-1].x)


def test_the_field_points_outwards_and_is_longest_at_the_corners():
    field = align_corners.field_picture()
    lengths = [max(abs(a.to_x - a.x), abs(a.to_y - a.y)) for a in field.arrows]
    unit = field.side / field.n_out
    assert max(lengths) == pytest.approx(3.5 * unit) == pytest.approx(lengths[0])
    assert field.largest == "3 1/2"
    middle = field.side / 2
    assert all(abs(a.to_x - middle) > abs(a.x - middle) for a in field.arrows)
    assert set(MODES) == {True, False}


def test_a_mask_picture_marks_exactly_what_changed(corner_records):
    shift = next(each for each in corner_records if each.type == "mask_shift" and each.picture)
    picture = align_corners.mask_picture(shift, shift.picture)
    rows = zip(shift.picture["matched"], shift.picture["found"], strict=True)
    expand = align_corners._labels
    differing = sum(a != b for one, other in rows for a, b in zip(*expand([one, other]), strict=True))
    assert picture.changed.count("M") == differing > 0
    assert (picture.width, picture.height) == (128, 128)


def test_runs_of_other_frameworks_are_joined(corner_records):
    claim, shift = corner_records[0], corner_records[-1]
    one, other = replace(claim, measured={"torch a": 3}), replace(claim, measured={"opencv b": 2})
    merged = merge_records([[header(), one, shift], [header(), other, replace(shift, frameworks={"opencv": 0})]])
    assert merged.conflicts == ()
    kept = [each for each in merged.records if each.type != "run"]
    assert kept[0].measured == {"torch a": 3, "opencv b": 2}
    assert kept[1].frameworks == {"torch": 0, "opencv": 0}
    against = merge_records([[header(), claim], [header(), replace(claim, verdict="false")]])
    assert len(against.conflicts) == 1


@pytest.mark.framework
def test_a_run_of_claims_alone_writes_its_page(tmp_path):
    chosen = "suites/claims/test_claims.py::test_claim[input (0,2) lands at 3.5]"
    command = [sys.executable, "-m", "pytest", chosen, "-q", "-p", "no:cacheprovider", "--frameworks", "scipy"]
    done = subprocess.run([*command, "--report", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "1 claims (0 true, 0 true only when, 1 false)" in done.stdout
    kept = [
        each for each in json_lines.read(tmp_path / "results.jsonl") if isinstance(each, record_types.TextbookClaim)
    ]
    assert [each.verdict for each in kept] == ["false"]
    assert kept[0].measured
    assert "align-corners.html" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / "align-corners.html").is_file()
