"""What a call by scale makes of it: the output size, the scale of its coordinates, its axes, and sizes that stay."""

from __future__ import annotations

from adapters import NotInstalled, ScaledOperation
from probe.measure import Refused
from probe.observation import Observation, not_installed, unsupported
from probe.scales.axes import per_axis, scale_of_one
from probe.scales.calls import followed
from probe.scales.policy import fitted_sizes, fitted_source
from probe.scales.sizes import output_size
from probe.scales.source import NEITHER, Source, fan, identify, scale_source, size_that_stays


def scales(operation: ScaledOperation) -> list[Observation]:
    """Every observation about one call by scale, or by sizes to fit; a question that cannot be asked is left out.

    A framework that is absent, or refuses every call of a question, is an observation of its own.
    """
    try:
        if operation.policy:
            return _answered(operation, fitted_sizes, "keep_aspect_ratio_policy") + _answered(
                operation, fitted_source, "scale source"
            )
        found = _answered(operation, output_size, "output size") if operation.decides_size else []
        return found + _coordinates(operation)
    except NotInstalled as absent:
        return [not_installed("output size", str(absent))]


def _answered(operation: ScaledOperation, ask, variant: str, *more) -> list[Observation]:
    try:
        found = ask(operation, *more)
    except Refused as refusal:
        return [unsupported(variant, "anything", str(refusal))]
    return [] if found is None else [found]


def _coordinates(operation: ScaledOperation) -> list[Observation]:
    try:
        source = _source(operation)
    except Refused as refusal:
        return [unsupported("scale source", "anything", str(refusal))]
    found = _answered(operation, per_axis, "per axis", source)
    if any("axis order" in one.attribution.factors for one in found if one.attribution is not None):
        # With the scales of the axes mixed up, the rest would only say so again.
        return found
    if operation.scale_dtype != "integer":
        found.insert(0, scale_source(operation, source))
        found += _answered(operation, size_that_stays, "size that stays", source)
    return found + _answered(operation, scale_of_one, "scale of one", source)


def _source(operation: ScaledOperation) -> Source:
    convention = followed(operation)
    if operation.scale_dtype == "integer":
        return Source("" if convention is not None else NEITHER, convention, ())
    return identify(convention, fan(operation))
