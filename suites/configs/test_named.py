"""Is each config that was named with ``--mmseg-config`` consistent?"""

from __future__ import annotations

import pytest

from parity.mmseg.many import Failure, audit_file
from parity.mmseg.read import NoMmengine
from parity.mmseg.show import lines


def test_config_is_consistent(named_config):
    try:
        found = audit_file(named_config)
    except NoMmengine as error:
        pytest.skip(str(error))
    if isinstance(found, Failure):
        pytest.fail(found.message, pytrace=False)
    if found.faults:
        pytest.fail("\n".join(lines(found)), pytrace=False)
