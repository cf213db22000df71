"""Which frameworks that have an adapter could not be asked, because they are not installed?"""

from __future__ import annotations

from halfpixel.adapters import frameworks
from halfpixel.golden.vocabulary import Suite, Verdict, every_call
from halfpixel.reports.records.record_types import Finding
from halfpixel.suites.session import Settle


def test_is_installed(absent_framework: str, settle: Settle) -> None:
    framework = frameworks()[absent_framework]
    settle(
        Finding(
            suite=Suite.CONFORMANCE,
            question=f"is {absent_framework} installed?",
            operation=every_call(absent_framework),
            framework=absent_framework,
            against="",
            verdict=Verdict.NOT_INSTALLED,
            message=f"nothing was asked of {absent_framework}: pip install {framework.distributions[0]}",
        )
    )
