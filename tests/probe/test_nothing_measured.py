"""Does nothing measured ever read as agreement, and does looking at adapters import a framework?"""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from halfpixel import probe
from halfpixel.adapters import from_callable
from halfpixel.golden import Convention
from halfpixel.probe import Verdict
from halfpixel.probe.identify.naming import identify
from tests.fakes.exact import ABSENT, exact_resize

LINEAR = Convention(kernel="linear")


def _refuse(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    raise RuntimeError("not today")


NOWHERE = from_callable(exact_resize(LINEAR), "defined nowhere", accepts=lambda n_in, n_out: False)
REFUSING = from_callable(_refuse, "refusing")

_NOTHING = [
    (NOWHERE, Verdict.UNSUPPORTED, "defined for none of the sizes"),
    (REFUSING, Verdict.UNSUPPORTED, "RuntimeError: not today"),
    (ABSENT, Verdict.NOT_INSTALLED, "absent is not installed"),
]
_IDS = ["defined nowhere", "refusing", "not installed"]


@pytest.mark.parametrize(("subject", "verdict", "reason"), _NOTHING, ids=_IDS)
def test_a_check_of_nothing_is_no_agreement(subject, verdict, reason):
    found = probe.check(subject, LINEAR)
    assert found.verdict in (verdict, Verdict.ERROR)
    assert not found.verdict.is_agreement
    assert found.measured == 0
    assert "nothing measured" in str(found)
    assert reason in str(found)


@pytest.mark.parametrize(("subject", "verdict", "reason"), _NOTHING, ids=_IDS)
def test_a_comparison_with_nothing_is_no_agreement(subject, verdict, reason):
    right = exact_resize(LINEAR)
    for pair in ((subject, LINEAR), (subject, right), (right, subject), (subject, subject)):
        assert not probe.compare(*pair).verdict.is_agreement


@pytest.mark.parametrize(("subject", "verdict", "reason"), _NOTHING, ids=_IDS)
def test_nothing_is_identified_as_nothing(subject, verdict, reason):
    found = identify(subject)
    assert (found.convention, found.nearest, found.equivalents, found.names) == (None, None, (), ())
    assert found.discrepancy.verdict is verdict
    assert reason in found.unsupported
    assert reason in str(found)


def test_no_sizes_are_refused():
    with pytest.raises(ValueError, match="not empty"):
        probe.check(exact_resize(LINEAR), LINEAR, sizes=())
    with pytest.raises(ValueError, match="unknown sizes 'some'"):
        probe.check(exact_resize(LINEAR), LINEAR, sizes="some")


_FRAMEWORKS = ("torch", "tensorflow", "cv2", "onnxruntime", "onnx", "scipy", "PIL", "skimage", "jax", "keras")
_LOOK = f"""
import json, sys
import halfpixel.adapters, halfpixel.probe, halfpixel.probe.identify.naming, halfpixel.probe.command
from halfpixel.adapters.registry import frameworks
listed = len(halfpixel.adapters.operations())
versions = [framework.version for framework in frameworks().values()]
print(json.dumps([listed, [name for name in {_FRAMEWORKS} if name in sys.modules]]))
"""


def test_importing_probe_and_listing_operations_imports_no_framework():
    ran = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=True)
    listed, imported = json.loads(ran.stdout)
    assert listed > 100
    assert imported == []
