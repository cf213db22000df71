"""Which frameworks that have an adapter could not be asked, because they are not installed?"""

from __future__ import annotations

from adapters import frameworks
from reports.record import Finding


def test_is_installed(absent_framework, settle):
    framework = frameworks()[absent_framework]
    settle(
        Finding(
            suite="conformance",
            question=f"is {absent_framework} installed?",
            operation=f"{absent_framework} (every call)",
            framework=absent_framework,
            against="",
            verdict="not installed",
            message=f"nothing was asked of {absent_framework}: pip install {framework.distributions[0]}",
        )
    )
