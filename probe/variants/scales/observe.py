"""Observe a call by scale factor: output size, the scale of its coordinates, its axes, and sizes that stay."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from halfpixel.adapters import ByScaleOperation, NotInstalled
from halfpixel.golden.vocabulary import Cause
from halfpixel.probe.measure.axis_matrix import Refused
from halfpixel.probe.variants.observation import Observation, not_installed, unsupported
from halfpixel.probe.variants.scales.axes import per_axis, scale_of_one
from halfpixel.probe.variants.scales.calls import followed_convention
from halfpixel.probe.variants.scales.fitted_sizes import fitted_sizes, fitted_source
from halfpixel.probe.variants.scales.output_sizes import output_size
from halfpixel.probe.variants.scales.scale_source import (
    NEITHER,
    ScaleSource,
    identify_scale_source,
    scale_fan_cases,
    scale_source,
    size_that_stays,
)


def scales(operation: ByScaleOperation) -> list[Observation]:
    """Every observation about one call by scale, or by sizes to fit; a question without a case is left out.

    A framework that is absent, or refuses every call of a question, is an observation of its own.
    """
    try:
        if operation.keep_aspect_ratio_policy:
            return _answered(operation, fitted_sizes, "keep_aspect_ratio_policy") + _answered(
                operation, fitted_source, "scale source"
            )
        observations = _answered(operation, output_size, "output size") if operation.decides_size else []
        return observations + _coordinates(operation)
    except NotInstalled as absent:
        return [not_installed("output size", str(absent))]


def _answered(
    operation: ByScaleOperation, observe: Callable[[ByScaleOperation], Observation | None], variant: str
) -> list[Observation]:
    try:
        observation = observe(operation)
    except Refused as refusal:
        return [unsupported(variant, "anything", str(refusal))]
    return [] if observation is None else [observation]


def _coordinates(operation: ByScaleOperation) -> list[Observation]:
    try:
        source = _source(operation)
    except Refused as refusal:
        return [unsupported("scale source", "anything", str(refusal))]
    observations = _answered(operation, partial(per_axis, source=source), "per axis")
    if any(
        Cause.AXIS_ORDER in observation.attribution.factors for observation in observations if observation.attribution
    ):
        # With the scales of the axes mixed up, the other questions would show the same fault again.
        return observations
    if operation.scale_dtype != "integer":
        observations.insert(0, scale_source(operation, source))
        observations += _answered(operation, partial(size_that_stays, source=source), "size that stays")
    return observations + _answered(operation, partial(scale_of_one, source=source), "scale of one")


def _source(operation: ByScaleOperation) -> ScaleSource:
    convention = followed_convention(operation)
    if operation.scale_dtype == "integer":
        return ScaleSource("" if convention is not None else NEITHER, convention, ())
    return identify_scale_source(convention, scale_fan_cases(operation))
