"""Does a model of one's own do the same everywhere? ``pytest suites/parity --model model.onnx [--against ...]``."""

from __future__ import annotations

from typing import Any

import pytest

from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity.diagnose.results import ModelRun, ParityExit
from halfpixel.parity.output.report_fields import report_fields
from halfpixel.parity.output.terminal import finding_lines, group_findings, output_line, run_lines, summary
from halfpixel.parity.output.verdict import ModelVerdict
from halfpixel.reports.records.record_types import ModelCheck
from halfpixel.suites.session import Keep


def _run(verdict: ModelVerdict) -> ModelRun:
    if verdict.run is None:
        pytest.fail(f"nothing was run: {summary(verdict)}", pytrace=False)
    return verdict.run


def test_something_could_be_compared(verdict: ModelVerdict, keep: Keep) -> None:
    fields: dict[str, Any] = report_fields(verdict)
    keep(ModelCheck(**fields))
    if verdict.exit is ParityExit.CANNOT_TELL:
        pytest.fail("\n".join(run_lines(verdict)), pytrace=False)


def test_a_resize_does_what_the_file_says_on_every_runtime(verdict: ModelVerdict, resize_key: str) -> None:
    findings = verdict.findings(resize_key)
    differing = [finding for finding in findings if finding.differs]
    if differing:
        text = [
            line
            for number, same in enumerate(group_findings(differing), 1)
            for line in finding_lines(verdict, same, number)
        ]
        pytest.fail("\n".join(text), pytrace=False)
    if not any(finding.compared for finding in findings):
        messages = "; ".join(finding.message for finding in findings if finding.message)
        why = dict(_run(verdict).unseen).get(resize_key) or messages
        pytest.skip(f"could not be compared: {why or summary(verdict)}")


def test_an_output_is_the_same_on_every_runtime(verdict: ModelVerdict, output_name: str) -> None:
    outputs = [output for output in _run(verdict).outputs if output.output == output_name]
    wrong = [output_line(output) for output in outputs if output.verdict in (Verdict.DIVERGES, Verdict.ERROR)]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    if not any(output.compared for output in outputs):
        pytest.skip(f"could not be compared: {summary(verdict)}")
