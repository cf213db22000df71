"""Is each config that was named with ``--mmseg-config`` consistent?"""

from __future__ import annotations

import pytest

from halfpixel.segmentation.configs.audit import ConfigReadFailure, audit_file
from halfpixel.segmentation.configs.output import audit_lines
from halfpixel.segmentation.configs.read import MmengineNotInstalled


def test_config_is_consistent(named_config: str) -> None:
    try:
        answer = audit_file(named_config)
    except MmengineNotInstalled as error:
        pytest.skip(str(error))
    if isinstance(answer, ConfigReadFailure):
        pytest.fail(answer.message, pytrace=False)
    if answer.faults:
        pytest.fail("\n".join(audit_lines(answer)), pytrace=False)
