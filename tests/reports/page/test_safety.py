"""Nothing in a record can act in the page, and the page loads nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from halfpixel.reports.page.report_page import render_report, write_html
from halfpixel.reports.records.record_types import EquivalenceClass, Finding, KnownDefect, LedgerStatus, PairComparison
from halfpixel.reports.text.text_escaping import is_link, visible
from tests.reports.page.test_html import Page
from tests.reports.test_sample import LINEAR, entry, finding, header, samples

HOSTILE = (
    "<script>alert(1)</script>",
    '"onload=alert(1) x="',
    "'onload='",
    "{{ 7 * 7 }}",
    "</pre></details><img src=x>",
)


def test_nothing_is_loaded_from_elsewhere() -> None:
    """Links are for people to follow; the policy forbids everything but this style and this script."""
    for tag, values in Page(render_report(samples())).tags:
        assert tag not in {"img", "link", "iframe", "object", "embed", "base", "image", "use"}
        assert "src" not in values
        assert "style" not in values
        assert tag == "a" or "href" not in values
    text = render_report(samples())
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;" in text
    assert "@import" not in text
    assert "url(" not in text


def _hostile(text: str) -> list:
    records = [header(versions={text: text, "torch": None}, cpu=text, options={text: text})]
    for record in samples()[1:]:
        if isinstance(record, Finding):
            attribution = record.attribution and replace(
                record.attribution, factors=(text,), explanation=text, convention=text
            )
            record = replace(
                record,
                operation=f"torch {text}",
                framework=text,
                question=record.question + text,
                against=text,
                claim={"kernel": "x", text: text},
                source=text,
                note=text,
                message=text,
                reproduction=f"print(1) # {text}",
                attribution=attribution,
                ledger=LedgerStatus(
                    status="stale", reason=text, link=text, defect=record.ledger.defect if record.ledger else ""
                ),
            )
        elif isinstance(record, KnownDefect):
            texts = (
                "framework",
                "version",
                "project",
                "tracker",
                "title",
                "contract",
                "contract_source",
                "not_affected",
            )
            texts += ("since", "fixed_in", "upstream", "searched", "source", "workaround", "program")
            record = replace(record, **dict.fromkeys(texts, text))
        elif isinstance(record, EquivalenceClass):
            record = replace(record, members=(text,) * 9, frameworks=(text, text + "2"), convention=text)
        elif isinstance(record, PairComparison):
            record = replace(record, a=f"x {text}", b=f"torch {text}", claim=text, explanation=text)
        else:
            record = replace(record, framework=text, call=text, nearest=text, evidence=text)
        records.append(record)
    return records


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(text: str) -> None:
    """In every field that is text: names, messages, reproductions, links."""
    calm, hostile = Page(render_report(_hostile("calm"))), Page(render_report(_hostile(text)))
    assert [tag for tag, _ in hostile.tags if tag != "wbr"] == [tag for tag, _ in calm.tags if tag != "wbr"]
    assert not [name for _, values in hostile.tags for name in values if name.startswith("on")]
    assert hostile.text.count(text) == calm.text.count("calm") > 100
    assert f"print(1) # {text}" in hostile.text


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://example.org/a", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        (" https://example.org", False),
        ("https://example.org/\njavascript:", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_only_web_links_are_links(url: str, allowed: bool) -> None:
    """Anything else stands there as text."""
    assert is_link(url) is allowed
    page = Page(render_report([header(), entry("torch", "x", upstream=url, tracker="", contract_source="")]))
    assert [link for link in page.attributes("href") if not link.startswith("#")] == ([url] if allowed else [])


def test_unusual_characters_are_shown_not_obeyed(tmp_path: Path) -> None:
    """Escape codes, reordering marks and halves of characters can come out of any framework's message."""
    assert visible("a\x1b[31m\u202eb\ud800\n\t") == "a\\u001b[31m\\u202eb\\ud800\n\t"
    record = finding("torch", "x\ud800\x00()", LINEAR, "error", question="why\x1b[2J?")
    write_html(tmp_path / "a.html", [header(), record])
    text = (tmp_path / "a.html").read_text(encoding="utf-8").replace("<wbr>", "")
    assert "x\\ud800\\u0000(" in text
    assert "<dd>why\\u001b[2J?</dd>" in text
