"""Pillow: ``Image.resize`` with every filter, its box and its gap, ``reduce``, ``thumbnail`` and ``transform``."""

from __future__ import annotations

import numpy as np

from adapters._pillow_integers import integer_operations
from adapters._pillow_scaled import scaled_operations
from adapters._pillow_variants import variants
from adapters.framework import Framework
from adapters.operation import Operation, native
from golden import Convention

__all__ = ["FRAMEWORK", "integer_operations", "operations", "scaled_operations", "variants"]

FRAMEWORK = Framework(
    "pillow",
    "PIL",
    ("pillow", "Pillow", "pillow-simd"),
    "from PIL import Image",
    to_native="Image.fromarray(x)",
    to_numpy="np.asarray(y)",
)

_IMAGE = "https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image."
_RESIZE = _IMAGE + "resize"
_TRANSFORM = _IMAGE + "transform"
_FILTERS = "https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters"

# Stretched when shrinking; taps outside the image are dropped and the rest renormalised.
_STRETCHED = {"antialias": True, "border": "renormalise"}
_NEAREST = Convention(kernel="nearest", nearest_mode="round_prefer_ceil")
_LINEAR = Convention(kernel="linear", **_STRETCHED)
_CUBIC = Convention(kernel="cubic", cubic_coeff_a="-1/2", **_STRETCHED)
_LANCZOS = Convention(kernel="lanczos", lobes=3, **_STRETCHED)

_NEAREST_NOTE = "The page says one nearest pixel, not which at a tie; libImaging/Geometry.c takes floor of the centre."
_BORDER_NOTE = "The page says nothing of the border; libImaging/Resample.c leaves out taps beyond it and renormalises."
_CUBIC_NOTE = f"The page gives no coefficient; libImaging/Resample.c has -0.5. {_BORDER_NOTE}"
_LANCZOS_NOTE = f"The page gives no number of lobes; libImaging/Resample.c has 3. {_BORDER_NOTE}"
_BOX_NOTE = "The page gives no formula; in libImaging/Resample.c the box is open at its left end."
_HAMMING_NOTE = "The page gives no formula; libImaging/Resample.c has that of golden's kernel."
_MAGIC_NOTE = "The page names the kernel (Magic Kernel Sharp), and gives neither a formula nor the border."
_GAP_NOTE = "The page says: close to a resize without a gap, the closer the larger the gap is."
_PADDED_NOTE = "The page does not say that taps beyond the box are taken from the image around it; Resample.c does so."
_CENTRE_NOTE = "The page maps indices of pixels; libImaging/Geometry.c maps their centres."
_REDUCE_NOTE = "The page says only that the image is reduced by integer times; libImaging/Reduce.c takes the mean."

FILTERS = {
    "NEAREST": (_NEAREST, _NEAREST_NOTE),
    "BOX": (Convention(kernel="box", **_STRETCHED), _BOX_NOTE),
    "BILINEAR": (_LINEAR, _BORDER_NOTE),
    "HAMMING": (Convention(kernel="hamming", **_STRETCHED), _HAMMING_NOTE),
    "BICUBIC": (_CUBIC, _CUBIC_NOTE),
    "LANCZOS": (_LANCZOS, _LANCZOS_NOTE),
    "MKS2013": (None, _MAGIC_NOTE),
    "MKS2021": (None, _MAGIC_NOTE),
}
"""Claim and note of each filter of ``resize``."""

# Filters of transform, which stretches none; taps outside are those of the edge.
_UNSTRETCHED = {
    "NEAREST": _NEAREST,
    "BILINEAR": Convention(kernel="linear"),
    "BICUBIC": Convention(kernel="cubic", cubic_coeff_a=-1),
}
_UNSTRETCHED_NOTES = {
    "NEAREST": f"{_CENTRE_NOTE} It says nearest pixel, not which at a tie.",
    "BILINEAR": f"{_CENTRE_NOTE} The page says nothing of the border.",
    "BICUBIC": f"{_CENTRE_NOTE} The page says nothing of the border, nor of the coefficient, which is -1 there.",
}

# numpy.pad's name of a border, and golden's: filters whose claim it changes.
_PADDED = (
    ("edge", "replicate", ("BILINEAR", "BICUBIC", "LANCZOS")),
    ("symmetric", "reflect", ("BILINEAR", "BICUBIC")),
    ("reflect", "mirror", ("BILINEAR", "BICUBIC")),
    ("wrap", "wrap", ("BICUBIC",)),
)


def within(x, h: int, w: int, mode: str, resample: int):
    """``x`` resized to ``(h, w)`` as the box of a larger image, padded by a mode of ``numpy.pad`` as lobes reach."""
    from math import ceil

    from PIL import Image

    above, left = (ceil(3 * max(1, n / m)) + 1 for n, m in ((x.height, h), (x.width, w)))
    larger = Image.fromarray(np.pad(np.asarray(x), ((above, above), (left, left)), mode))
    return larger.resize((w, h), resample, box=(left, above, left + x.width, above + x.height))


def centre_map(x, h: int, w: int) -> tuple[float, ...]:
    """The data for AFFINE that put the edges of both images together."""
    return x.width / w, 0, 0, 0, x.height / h, 0


def corner_map(x, h: int, w: int) -> tuple[float, ...]:
    """The data for AFFINE that put the centres of corner pixels together."""
    sx, sy = ((n - 1) / (m - 1) if m > 1 else 0.0 for n, m in ((x.width, w), (x.height, h)))
    return sx, 0, 0.5 - 0.5 * sx, 0, sy, 0.5 - 0.5 * sy


_MAPS = (("half_pixel", centre_map), ("align_corners", corner_map))


def _pillow(name: str, expression: str, claim: Convention | None, source: str = _RESIZE, **about) -> Operation:
    return native(FRAMEWORK, name, expression, "HW", claim=claim, source=source, **about)


def _resizes() -> list[Operation]:
    default = _pillow("resize()", "x.resize((w, h))", _CUBIC, note=_CUBIC_NOTE, is_default=True)
    found = [
        _pillow(f"resize({name})", f"x.resize((w, h), Image.Resampling.{name})", claim, _FILTERS, note=note)
        for name, (claim, note) in FILTERS.items()
    ]
    for name, gap in (("BICUBIC", 3.0), ("BICUBIC", 2.0), ("LANCZOS", 1.0)):
        claim, note = FILTERS[name]
        call = f"x.resize((w, h), Image.Resampling.{name}, reducing_gap={gap})"
        found.append(_pillow(f"resize({name}, reducing_gap={gap})", call, claim, note=f"{_GAP_NOTE} {note}"))
    for mode, border, names in _PADDED:
        for name in names:
            claim, note = FILTERS[name]
            found.append(
                _pillow(
                    f"resize({name}, box= within numpy.pad mode={mode})",
                    f'within(x, h, w, "{mode}", Image.Resampling.{name})',
                    claim.but(border=border),
                    helpers=(within,),
                    note=f"{_PADDED_NOTE} {note.removesuffix(_BORDER_NOTE)}".strip(),
                )
            )
    return [default, *found]


def _transforms() -> list[Operation]:
    found = []
    for name, claim in _UNSTRETCHED.items():
        note = _UNSTRETCHED_NOTES[name]
        resample = f"Image.Resampling.{name}"
        for mode, axis_map in _MAPS:
            call = f"x.transform((w, h), Image.Transform.AFFINE, {axis_map.__name__}(x, h, w), {resample})"
            meant = claim.but(coordinate_transformation_mode=mode)
            title = f"transform(AFFINE, {name}, {mode} map)"
            found.append(_pillow(title, call, meant, _TRANSFORM, helpers=(axis_map,), note=note))
        call = f"x.transform((w, h), Image.Transform.EXTENT, (0, 0, x.width, x.height), {resample})"
        found.append(_pillow(f"transform(EXTENT, {name})", call, claim, _TRANSFORM, note=note))
    return found


def divides(n_in: int, n_out: int) -> bool:
    """Whether the factor is whole."""
    return n_in % n_out == 0


def operations() -> list[Operation]:
    """Every resize call of Pillow on a plane of floats, mode F; the other modes of one plane follow from the dtype."""
    return [
        *_resizes(),
        *_transforms(),
        _pillow(
            "reduce()",
            "x.reduce((x.width // w, x.height // h))",
            Convention(kernel="area"),
            _IMAGE + "reduce",
            note=_REDUCE_NOTE,
            accepts=divides,
        ),
    ]
