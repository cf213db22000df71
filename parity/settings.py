"""Settings of Resize's attributes that mean what is wanted of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from adapters._onnx_models import convention_of, resize_attributes
from golden import Convention, matrix
from parity.exact import Definition
from parity.onnx_flat import Place

_TRIED = 6
"""Settings of attributes that are run, the nearest to those of the file first."""

_OTHER_SIZES = ((4, 7), (5, 8), (7, 3), (8, 4), (3, 9), (16, 33), (5, 1), (6, 1), (1, 3))
"""Where two conventions that are the same at one size differ: a node of open sizes must be right at all."""


def is_open(place: Place) -> bool:
    """Whether the file leaves a size of this resize to what it is fed."""
    return any(one.n_in is None or one.n_out is None for one in place.resize.axes)


def settings_for(place: Place, wanted: Definition) -> Iterator[dict[str, object]]:
    """Settings of attributes that mean what is wanted, those nearest to the file's own first."""
    resize = place.resize
    opset = max(one for one in (11, 13, 18, 19) if one <= (resize.opset or 11))
    claims = {one.convention for one in wanted.matrices}
    if len(claims) != 1:
        return
    claim = claims.pop()
    found = []
    for setting in resize_attributes(opset):
        if "roi" in setting:
            continue
        convention = convention_of(setting)
        pairs = [(one.n_in, one.n_out) for one in wanted.matrices]
        if convention != claim and not _same(convention, wanted, claim, pairs, is_open(place)):
            continue
        full = _over(resize.attributes, setting)
        changed = sum(plain(resize.attributes, name) != value for name, value in full.items())
        if changed:
            found.append((convention != claim, changed, len(found), full))
    for _, _, _, full in sorted(found, key=lambda one: one[:3])[:_TRIED]:
        yield full


def _over(own: Mapping[str, object], setting: Mapping[str, object]) -> dict[str, object]:
    """What to set, and what to take away (``None``), of the attributes that are read with such a setting."""
    mode, antialias = setting["mode"], setting.get("antialias", 0)
    read = {
        "nearest_mode": mode == "nearest",
        "cubic_coeff_a": mode == "cubic",
        "antialias": mode != "nearest",
        "exclude_outside": mode == "cubic" or (mode == "linear" and antialias),
    }
    left_out = [name for name, is_read in read.items() if is_read and name not in setting]
    return {name: None for name in left_out if plain(own, name) != _DEFAULTS[name]} | dict(setting)


_DEFAULTS = {
    "mode": "nearest",
    "coordinate_transformation_mode": "half_pixel",
    "nearest_mode": "round_prefer_floor",
    "cubic_coeff_a": -0.75,
    "antialias": 0,
    "exclude_outside": 0,
}


def plain(own: Mapping[str, object], name: str) -> object:
    """An attribute as it is set, or its default."""
    return own.get(name, _DEFAULTS.get(name))


def _same(
    convention: Convention, wanted: Definition, claim: Convention, pairs: Sequence[tuple[int, int]], is_open: bool
) -> bool:
    """Whether another convention has the wanted matrices at these sizes, and where sizes are open at others, too."""
    for pair, one in zip(pairs, wanted.matrices, strict=True):
        if not np.array_equal(matrix(convention, *pair).to_array(), one.to_array()):
            return False
    if not is_open:
        return True
    return all(
        np.array_equal(matrix(convention, *pair).to_array(), matrix(claim, *pair).to_array()) for pair in _OTHER_SIZES
    )
