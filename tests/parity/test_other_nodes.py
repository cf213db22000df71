"""A difference that no resize explains is laid at the first node that does otherwise alone, or at none."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper

from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity.diagnose.first_divergent_node import bound
from halfpixel.parity.diagnose.pipeline import run_in_session
from halfpixel.parity.diagnose.results import ParityExit
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.output.terminal import other_line
from halfpixel.parity.runtimes import registry
from halfpixel.parity.runtimes.session import Session
from tests.fakes import runtimes as fakes
from tests.parity.small_models import convolutional

AGAINST = "onnxruntime"


@pytest.fixture(scope="module")
def session():
    with Session(time_limit=120) as one:
        yield one


@pytest.fixture
def found(monkeypatch, session, tmp_path):
    """What a run of a small network finds on ONNX Runtime and a fake."""

    def ran(load_it, attributes=None):
        fake = fakes.fake(load_it)
        monkeypatch.setattr(registry, "RUNTIMES", (*registry.RUNTIMES, fake))
        path = convolutional(tmp_path / "m.onnx", attributes or {"mode": "linear"})
        return run_in_session(session, load_model(path), [AGAINST, fake.name])

    return ran


@pytest.mark.parametrize(("fault", "key"), [(fakes.leaks, "main/1:Relu"), (fakes.turns, "main/3:Conv")])
def test_the_first_node_that_does_otherwise_is_named(fault, key, found):
    result = found(fault)
    assert result.exit is ParityExit.DIVERGENCE
    assert result.differing == ()
    (other,) = result.others
    assert (other.key, other.runtime, other.against) == (key, fault.__name__, AGAINST)
    assert other.verdict is Verdict.DIVERGES
    assert other.own > 100 * other.bound > 0
    assert f"first node that differs on {fault.__name__}: {key}: diverges, off by" in other_line(other)


def test_a_node_that_is_wrong_only_among_others_is_not_made_up(found):
    (other,) = found(fakes.fuses).others
    assert other.key == ""
    assert "each of the 3 nodes that could be asked does the same as on onnxruntime" in other.message
    assert "it is what the runtime makes of several at once" in other_line(other)


def test_a_resize_that_explains_all_has_no_other_node_beside_it(found, monkeypatch):
    from halfpixel.parity.diagnose import pipeline

    monkeypatch.setattr(pipeline, "first_divergent_nodes", lambda *_: pytest.fail("nothing was unexplained"))
    result = found(fakes.kernel, {"mode": "cubic"})
    assert result.exit is ParityExit.DIVERGENCE
    assert result.unexplained == result.others == ()


def test_a_bound_grows_with_the_terms_that_are_summed_and_is_none_for_whole_numbers():
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    y = np.float32([1.0, 2.0])
    small, large = (bound(node, [(1, c, 8, 8), (4, c, 3, 3)], y, y) for c in (1, 100))
    eps = np.finfo(np.float32).eps
    assert small == pytest.approx((16 + 3) * 2 * eps)
    assert large == pytest.approx((16 + 30) * 2 * eps)
    assert bound(node, [], np.int64([3]), np.int64([4])) == 0
