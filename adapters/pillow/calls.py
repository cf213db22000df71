"""Pillow: ``Image.resize`` with every filter, its box and its gap, ``reduce``, ``thumbnail`` and ``transform``."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from halfpixel.adapters.conventions import AREA, CENTRED_NEAREST, KEYS_CUBIC, LANCZOS_3, LINEAR, stretched
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.operation import Operation, OperationFactory, divides
from halfpixel.golden import Convention

FRAMEWORK = Framework(
    "pillow",
    "PIL",
    ("pillow", "Pillow", "pillow-simd"),
    "from PIL import Image",
    to_native="Image.fromarray(x)",
    to_numpy="np.asarray(y)",
)

_IMAGE = "https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image."
RESIZE = _IMAGE + "resize"
REDUCE = _IMAGE + "reduce"
TRANSFORM = _IMAGE + "transform"
_FILTERS = "https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters"

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

FILTERS: dict[str, tuple[Convention | None, str]] = {
    "NEAREST": (CENTRED_NEAREST, _NEAREST_NOTE),
    "BOX": (stretched(Convention(kernel="box")), _BOX_NOTE),
    "BILINEAR": (stretched(LINEAR), _BORDER_NOTE),
    "HAMMING": (stretched(Convention(kernel="hamming")), _HAMMING_NOTE),
    "BICUBIC": (stretched(KEYS_CUBIC), _CUBIC_NOTE),
    "LANCZOS": (stretched(LANCZOS_3), _LANCZOS_NOTE),
    "MKS2013": (None, _MAGIC_NOTE),
    "MKS2021": (None, _MAGIC_NOTE),
}
"""Claim and note of each filter of ``resize``."""

# Claim and note of each filter of transform, which stretches none; taps outside are those of the edge.
_UNSTRETCHED = {
    "NEAREST": (CENTRED_NEAREST, f"{_CENTRE_NOTE} It says nearest pixel, not which at a tie."),
    "BILINEAR": (LINEAR, f"{_CENTRE_NOTE} The page says nothing of the border."),
    "BICUBIC": (
        Convention(kernel="cubic", cubic_coeff_a=-1),
        f"{_CENTRE_NOTE} The page says nothing of the border, nor of the coefficient, which is -1 there.",
    ),
}

# numpy.pad's name of a border, and golden's: filters whose claim it changes.
_PADDED = (
    ("edge", "replicate", ("BILINEAR", "BICUBIC", "LANCZOS")),
    ("symmetric", "reflect", ("BILINEAR", "BICUBIC")),
    ("reflect", "mirror", ("BILINEAR", "BICUBIC")),
    ("wrap", "wrap", ("BICUBIC",)),
)


def within(x, h: int, w: int, mode: str, resample: int):  # type: ignore[no-untyped-def]  # printed
    """``x`` resized to ``(h, w)`` as the box of a larger image, padded by a mode of ``numpy.pad`` as lobes reach."""
    from math import ceil

    from PIL import Image

    above, left = (ceil(3 * max(1, n / m)) + 1 for n, m in ((x.height, h), (x.width, w)))
    larger = Image.fromarray(np.pad(np.asarray(x), ((above, above), (left, left)), mode))  # type: ignore[call-overload]  # printed
    return larger.resize((w, h), resample, box=(left, above, left + x.width, above + x.height))


def centre_map(x, h: int, w: int) -> tuple[float, ...]:  # type: ignore[no-untyped-def]  # printed
    """The data for AFFINE that put the edges of both images together."""
    return x.width / w, 0, 0, 0, x.height / h, 0


def corner_map(x, h: int, w: int) -> tuple[float, ...]:  # type: ignore[no-untyped-def]  # printed
    """The data for AFFINE that put the centres of corner pixels together."""
    sx, sy = ((n - 1) / (m - 1) if m > 1 else 0.0 for n, m in ((x.width, w), (x.height, h)))
    return sx, 0, 0.5 - 0.5 * sx, 0, sy, 0.5 - 0.5 * sy


_MAPS = (("half_pixel", centre_map), ("align_corners", corner_map))


_pillow = OperationFactory(FRAMEWORK, "HW")


def _resizes() -> Iterator[Operation]:
    yield _pillow("resize()", "x.resize((w, h))", stretched(KEYS_CUBIC), RESIZE, _CUBIC_NOTE, is_default=True)
    for name, (claim, note) in FILTERS.items():
        yield _pillow(f"resize({name})", f"x.resize((w, h), Image.Resampling.{name})", claim, _FILTERS, note)
    for name, gap in (("BICUBIC", 3.0), ("BICUBIC", 2.0), ("LANCZOS", 1.0)):
        claim, note = FILTERS[name]
        call = f"x.resize((w, h), Image.Resampling.{name}, reducing_gap={gap})"
        yield _pillow(f"resize({name}, reducing_gap={gap})", call, claim, RESIZE, f"{_GAP_NOTE} {note}")
    for mode, border, names in _PADDED:
        for name in names:
            claim, note = FILTERS[name]
            yield _pillow(
                f"resize({name}, box= within numpy.pad mode={mode})",
                f'within(x, h, w, "{mode}", Image.Resampling.{name})',
                claim and claim.but(border=border),
                RESIZE,
                f"{_PADDED_NOTE} {note.removesuffix(_BORDER_NOTE)}".strip(),
                (within,),
            )


def _transforms() -> Iterator[Operation]:
    for name, (claim, note) in _UNSTRETCHED.items():
        resample = f"Image.Resampling.{name}"
        for mode, axis_map in _MAPS:
            yield _pillow(
                f"transform(AFFINE, {name}, {mode} map)",
                f"x.transform((w, h), Image.Transform.AFFINE, {axis_map.__name__}(x, h, w), {resample})",
                claim.but(coordinate_transformation_mode=mode),
                TRANSFORM,
                note,
                (axis_map,),
            )
        call = f"x.transform((w, h), Image.Transform.EXTENT, (0, 0, x.width, x.height), {resample})"
        yield _pillow(f"transform(EXTENT, {name})", call, claim, TRANSFORM, note)


def operations() -> list[Operation]:
    """Every resize call of Pillow on a plane of floats, mode F; the other modes of one plane follow from the dtype."""
    call = "x.reduce((x.width // w, x.height // h))"
    reduced = _pillow("reduce()", call, AREA, REDUCE, _REDUCE_NOTE, accepts=divides)
    return [*_resizes(), *_transforms(), reduced]
