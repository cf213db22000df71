"""Nothing is measured away: a size that no suite measures is one the call is not documented for, or names a defect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from halfpixel import adapters
from halfpixel.adapters import ByScaleOperation, NdOperation, Operation
from halfpixel.adapters.operation import AllBut, is_one_pixel
from halfpixel.defects import catalogue
from halfpixel.probe.compare.reference import leaves_out
from halfpixel.probe.variants.edges import left_out

# By module and name, the predicates that say for which sizes a call is documented; each with the reason.
BY_DEFINITION = {
    "halfpixel.adapters.operation.any_size": "no limit is documented",
    "halfpixel.adapters.by_scale.any_scale": "no limit is documented",
    "halfpixel.adapters.operation.enlarges": "scales of Upsample are 1 or more; one of two calls for two roundings",
    "halfpixel.adapters.onnxruntime.by_scale.enlarges": "scales of Upsample are 1 or more",
    "halfpixel.adapters.operation.is_multiple": "UpSampling2D and its like take whole factors",
    "halfpixel.adapters.operation.divides": "reduce and downscale_local_mean take whole factors",
    "halfpixel.adapters.operation.doubles": "one step of an image pyramid doubles",
    "halfpixel.adapters.opencv.calls._halves_even": "pyrDown halves, of even sizes",
    "halfpixel.adapters.opencv.calls._halves_odd": "pyrDown halves, of odd sizes, rounded up",
    "halfpixel.adapters.skimage.calls._halves": "pyramid_reduce halves, rounded up",
    "halfpixel.adapters.kornia._halves": "pyrdown halves, rounded down",
    "halfpixel.adapters.openvino.calls.shrinks": "nearest_mode simple rounds another way when shrinking",
    "halfpixel.adapters.jax.has_corners": "the documented recipe divides by n - 1",
}

Call = Operation | NdOperation | ByScaleOperation


def _calls(framework: str) -> Iterator[Call]:
    for listed in (
        adapters.operations,
        adapters.integer_operations,
        adapters.operations_nd,
        adapters.operations_by_scale,
    ):
        yield from listed(framework)


def _documented_limit(call: Call) -> str:
    """The name of the function that decides for which sizes a call is documented."""
    defined = call.accepts.defined if isinstance(call.accepts, AllBut) else call.accepts
    return f"{getattr(defined, '__module__', '')}.{getattr(defined, '__qualname__', repr(defined))}"


def _unexplained(calls: Iterator[Call]) -> list[str]:
    """One line for each call with an exclusion that is neither by definition nor a defect of its catalogue."""
    lines = []
    for call in calls:
        limit = _documented_limit(call)
        lines += [] if limit in BY_DEFINITION else [f"{call.id}: {limit} is in no table"]
        if isinstance(call.accepts, AllBut):
            entries = catalogue.load(call.framework)
            unknown = [name for name in call.accepts.defects if entries.defect(name) is None]
            lines += [f"{call.id}: no entry {name} in {entries.path.name}" for name in unknown]
            lines += [] if call.accepts.defects else [f"{call.id}: names no entry"]
    return lines


@pytest.mark.parametrize("framework", adapters.frameworks())
def test_a_size_that_is_not_measured_is_undocumented_or_has_an_entry(framework):
    assert _unexplained(_calls(framework)) == []


def test_every_documented_limit_is_that_of_some_call():
    limits = {_documented_limit(call) for framework in adapters.frameworks() for call in _calls(framework)}
    assert limits == set(BY_DEFINITION)


def test_every_call_that_leaves_sizes_out_is_asked_for_them():
    """At one of the shapes of the suite ``edges``."""
    shapes = (*left_out.ONE_ROW, *left_out.ONE_COLUMN, *left_out.FRACTIONAL_SCALE)
    calls = [call for framework in adapters.frameworks() for call in adapters.operations(framework) if call.left_out]
    assert len(calls) >= 10
    assert [call.id for call in calls if not any(leaves_out(call, *shape) for shape in shapes)] == []


def test_an_exclusion_without_an_entry_is_found():
    def has_three_pixels(n_in: int, n_out: int) -> bool:
        return n_in > 2

    call = adapters.operations("scipy")[0]
    limited = replace(call, accepts=has_three_pixels)
    unnamed = replace(call, accepts=AllBut(is_one_pixel, ()))
    unknown = replace(call, accepts=AllBut(is_one_pixel, ("no-such-defect",)))
    assert [len(_unexplained(iter([changed]))) for changed in (call, limited, unnamed, unknown)] == [0, 1, 1, 1]


def test_what_is_left_out_is_documented_and_not_measured():
    call = replace(adapters.operations("scipy")[0], accepts=AllBut(is_one_pixel, ("some-defect",)))
    assert call.left_out == ("some-defect",)
    assert [(call.is_documented_for(n, 2 * n), call.accepts(n, 2 * n)) for n in (1, 2)] == [(True, False), (True, True)]
    assert leaves_out(call, (1, 4), (2, 8))
    assert not leaves_out(call, (4, 4), (8, 8))
