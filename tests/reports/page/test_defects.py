"""Defects on the page: which count, in which order, what a card says, and what is not found, not asked or no defect."""

from __future__ import annotations

from dataclasses import replace

import pytest

from halfpixel.reports.page.report_page import CARDS_SHOWN, render_report
from halfpixel.reports.records.record_types import LedgerStatus
from halfpixel.reports.sections.defects import Presence, by_release, defects_section
from tests.reports.page.test_html import Page, words
from tests.reports.test_sample import CUBIC, LINEAR, entry, finding, header, known, samples


def test_projects_come_by_their_worst_defect_and_cards_by_kind_and_reach():
    section = defects_section(samples())
    assert [project.framework for project in section.projects] == ["torch", "tensorflow", "opencv"]
    assert [card.defect.id for card in section.projects[0].defects] == ["reads-outside", "empty-crash", "no-antialias"]
    assert [card.defect.id for card in section.projects[1].defects] == ["v1-coordinates", "bicubic-table"]
    ordinary = [entry("a", "rare", reach="extreme input"), entry("a", "usual", reach="default call")]
    (project,) = defects_section([header(), *ordinary]).projects
    assert [card.defect.id for card in project.defects] == ["usual", "rare"]


def test_what_was_asked_and_not_found_is_not_counted():
    torch, tensorflow, opencv = defects_section(samples()).projects
    assert {kind: count for kind, count in torch.counts.items() if count} == {"memory": 1, "silent values": 1}
    assert {kind: count for kind, count in tensorflow.counts.items() if count} == {"silent values": 1, "precision": 1}
    assert (opencv.defects, [card.defect.id for card in opencv.differences]) == ((), ["nearest-ties"])
    presence = {card.defect.id: card.presence for card in torch.defects}
    assert presence == {
        "reads-outside": Presence.NOT_ASKED,
        "empty-crash": Presence.NOT_HERE,
        "no-antialias": Presence.HERE,
    }
    assert torch.kinds_text == "1 memory, 1 silent values"


def test_the_fault_of_another_project_is_shown_and_not_counted():
    """Met through torch's exporter, and OpenVINO's: torch has one defect less than entries."""
    own = entry("torch", "own", asked=False)
    entries = [own, entry("torch", "reader-drops-scale", fault_in="OpenVINO", kind="memory")]
    section = defects_section([header(), *entries])
    assert [card.defect.id for card in section.known] == ["own"]
    assert section.projects[0].kinds_text == "1 silent values"
    assert "torch/reader-drops-scale" in section.cards
    page = render_report([header(), *entries])
    assert "1 met through PyTorch, the fault of another project" in page
    assert "fault of OpenVINO" in page


def test_a_memory_fault_names_the_private_way_and_not_the_public_tracker():
    private = "https://example.org/torch/security"
    fault = entry("torch", "reads", kind="memory", security=private, upstream="not reported")
    card = render_report([header(), fault]).partition('id="defect-torch-reads"')[2].partition("</details>")[0]
    assert f'href="{private}"' in card
    assert "https://example.org/torch/issues" not in card


@pytest.mark.parametrize(
    ("locked", "states", "text"),
    [
        (["torch"], ["known"], "locked: as expected"),
        (["torch"], ["known", "new"], "locked: 1 new"),
        (["torch"], ["stale"], "locked: 1 changed"),
        ([], ["known"], "not locked: 1 here, 1 not here, 1 not asked"),
        ([], ["new", "new"], "not locked: 2 not here, 1 not asked, 2 not explained"),
        (None, ["known"], "1 here, 1 not here, 1 not asked"),
    ],
)
def test_what_the_run_says_of_a_version(locked, states, text):
    options = {} if locked is None else {"locked": locked}
    defect = {"known": "no-antialias", "stale": "no-antialias", "new": ""}
    found = [
        finding("torch", f"f{i}()", LINEAR, "diverges", ledger=LedgerStatus(status=state, defect=defect[state]))
        for i, state in enumerate(states)
    ]
    entries = [entry("torch", "no-antialias"), entry("torch", "gone"), entry("torch", "other", asked=False)]
    (project,) = defects_section([header(options=options), *found, *entries]).projects
    assert project.state == text


def test_what_the_version_has_fixed_is_not_counted_although_nothing_asks():
    fixed = entry("torch", "old", asked=False, fixed=True, fixed_in="2.0")
    (project,) = defects_section([header(), fixed, entry("torch", "open", asked=False)]).projects
    assert [card.defect.id for card in project.present] == ["open"]
    assert "not in 2.13.0" in render_report([header(), fixed])


def test_the_worst_error_is_that_of_all_its_findings():
    errors = (3.0, 127.5, None)
    found = [
        finding("torch", f"f{i}()", LINEAR, "diverges", grey_levels=grey, ledger=known("one"))
        for i, grey in enumerate(errors)
    ]
    (card,) = defects_section([header(), *found, entry("torch", "one")]).known
    assert card.worst_error == "128 of 255 grey levels"
    assert [finding.grey_levels for finding in card.findings] == [127.5, 3.0, None]
    assert card.suites == [("conformance", 3)]
    over = replace(found[0], grey_levels=300.0)
    (card,) = defects_section([header(), over, entry("torch", "one")]).known
    assert card.worst_error == "up to 300 grey levels (range 255)"


def test_runs_that_are_joined_ask_together():
    """One shard asked, the other did not."""
    both = [entry("torch", "one", asked=False), entry("torch", "one"), entry("torch", "one", asked=False)]
    (card,) = defects_section([header(), *both]).cards.values()
    assert card.presence is Presence.NOT_HERE


@pytest.mark.parametrize(
    ("changes", "is_unexplained"),
    [
        ({"ledger": known("one")}, False),
        ({"ledger": known("no such entry")}, True),
        ({"ledger": None}, True),
        ({"ledger": LedgerStatus(status="known", reason="follows"), "framework": "between frameworks"}, False),
        ({"ledger": None, "verdict": "unsupported"}, False),
        ({"ledger": LedgerStatus(status="new"), "verdict": "unsupported"}, True),
        ({"ledger": None, "verdict": "agrees"}, False),
    ],
)
def test_what_no_entry_explains(changes, is_unexplained):
    one = replace(finding("torch", "f()", LINEAR, "diverges"), **changes)
    section = defects_section([header(), one, entry("torch", "one")])
    assert section.unexplained == ((one,) if is_unexplained else ())


def test_a_card_says_all_that_the_entry_says():
    page = Page(render_report(samples()))
    card = words(page.by_id["defect-tensorflow-bicubic-table"])
    for part in (
        "The title of bicubic-table precision documented option · since 1.0 or earlier · not reported",
        "Kind precision: loses more digits than its arithmetic must",
        "Met by documented option",
        "Versions since 1.0 or earlier; in 2.21.0",
        "Upstream not reported; searched 2026-11-30: bicubic table; weights of 1024 steps (tracker)",
        "Workaround Pass a size.",
        "Contract A constant stays. (https://example.org/tensorflow/resize.html)",
        "Where resize.cpp, weights",
        "Not affected Other kernels.",
        "import tensorflow print(tensorflow.__version__, 'actual', 1, 'expected', 2)",
        "1 finding: conformance 1 All of them in the search",
    ):
        assert part in card
    assert "#find?defect=tensorflow%2Fbicubic-table" in page.attributes("href")


def test_a_card_without_findings_says_why():
    page = Page(render_report(samples()))
    gone, unasked = (words(page.by_id[f"defect-torch-{name}"]) for name in ("empty-crash", "reads-outside"))
    assert "Versions since 1.0 or earlier; fixed in 2.12.0; not in 2.13.0" in gone
    assert "not asked in this run" in unasked
    assert "finding:" not in gone + unasked


def test_what_is_no_defect_has_a_part_of_its_own():
    page = Page(render_report(samples()))
    assert "OpenCV: 1" in words(page.by_id["differences"])
    row = words(page.by_id["defect-opencv-nearest-ties"])
    assert row == "The title of nearest-tiesunspecified1A constant stays. page"
    assert "nearest-ties" not in page.by_id["defects"]


def test_only_the_worst_of_each_project_are_in_sight():
    many = [entry("torch", f"d{i}") for i in range(CARDS_SHOWN + 4)]
    text = words(Page(render_report([header(), finding("torch", "f()", LINEAR), *many])).by_id["defects"])
    assert "4 more of PyTorch" in text
    assert text.index(f"The title of d{CARDS_SHOWN - 1}") < text.index("4 more of") < text.index(f"d{CARDS_SHOWN}")


def test_frameworks_of_one_project_are_told_apart():
    entries = [entry("opencv", "a"), entry("opencv-dnn", "b", project="OpenCV"), entry("torch", "c")]
    names = {project.name for project in defects_section([header(), *entries]).projects}
    assert names == {"OpenCV", "OpenCV (opencv-dnn)", "PyTorch"}


def test_releases_come_newest_first():
    since = [
        "since 4.5.5 or earlier",
        "since 5.0.0; not in 4.14.0",
        "since 4.14.0; not in 4.6.0",
        "",
        "since 5.0.0; not in 4.14.0",
    ]
    entries = [entry("opencv", f"d{i}", since=text) for i, text in enumerate(since)]
    entries.append(entry("opencv", "mended", since="since 4.5.5 or earlier", fixed_in="4.8.1"))
    (project,) = defects_section([header(), *entries]).projects
    assert [(row.since, len(row.cards)) for row in by_release(project.defects)] == [
        ("since 5.0.0; not in 4.14.0", 2),
        ("since 4.14.0; not in 4.6.0", 1),
        ("since 4.5.5 or earlier", 1),
        ("since 4.5.5 or earlier; fixed in 4.8.1", 1),
        ("not dated", 1),
    ]


def test_torch_comes_first_where_an_order_is_free():
    found = [finding(name, "f()", CUBIC) for name in ("opencv", "torch", "jax")]
    names = [project.framework for project in defects_section([header(), *found]).projects]
    assert names == ["torch", "jax", "opencv"]
