"""Does a model of one's own do the same everywhere? ``pytest suites/parity --model model.onnx [--against ...]``."""

from __future__ import annotations

import pytest

from parity.chapter import chapter
from parity.outcomes import Exit
from parity.show import finding_lines, grouped, output_line, run_lines, summary
from reports.record import ModelCheck


def test_something_could_be_compared(verdict, keep) -> None:
    keep(ModelCheck(**chapter(verdict)))
    if verdict.exit is Exit.CANNOT_TELL:
        pytest.fail("\n".join(run_lines(verdict)), pytrace=False)


def test_a_resize_does_what_the_file_says_on_every_runtime(verdict, resize_key) -> None:
    findings = verdict.findings(resize_key)
    differing = [one for one in findings if one.differs]
    if differing:
        text = [
            line for number, same in enumerate(grouped(differing), 1) for line in finding_lines(verdict, same, number)
        ]
        pytest.fail("\n".join(text), pytrace=False)
    if not any(one.compared for one in findings):
        why = dict(verdict.run.unseen).get(resize_key) or "; ".join(one.message for one in findings if one.message)
        pytest.skip(f"could not be compared: {why or summary(verdict)}")


def test_an_output_is_the_same_on_every_runtime(verdict, output_name) -> None:
    found = [one for one in verdict.run.outputs if one.output == output_name]
    wrong = [output_line(one) for one in found if one.verdict in ("diverges", "error")]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    if not any(one.compared for one in found):
        pytest.skip(f"could not be compared: {summary(verdict)}")
