"""Compare the gradient of a resize with its transposed matrix, and name what is wrong with it."""

from __future__ import annotations

from functools import partial
from itertools import chain, islice

import numpy as np

from halfpixel import adapters
from halfpixel.adapters import Gradient, NotInstalled, Operation
from halfpixel.adapters.gradients import BACKWARD, GradientMode
from halfpixel.adapters.layout import WrongShape
from halfpixel.adapters.native_call import helper_source
from halfpixel.golden.tolerance import row_gain
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.candidates import Candidate, neighbours, two_away
from halfpixel.probe.compare.discrepancy import Attribution, weights_text
from halfpixel.probe.compare.reference import picture, shapes
from halfpixel.probe.compare.reproduction import FROM_NATIVE_IMAGES, NATIVE_IMAGES
from halfpixel.probe.measure.axis_matrix import Refused
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.gradients.measurement import (
    BATCH,
    STORED,
    GradientCase,
    channels_of,
    gradient_cases,
    input_dtype,
    matrix_of,
    measured_gradient,
)
from halfpixel.probe.variants.observation import (
    GREY_LEVEL,
    IMAGES,
    Figures,
    Observation,
    agreement_verdict,
    disagreement_verdict,
    not_installed,
    unsupported,
)

_MAX_CONVENTIONS = 3000
"""How many conventions near the claim are tried."""

Fault = tuple[str, Attribution]
"""A headline, and the attribution."""


def _fault(headline: str, explanation: str, *causes: Cause) -> Fault:
    return headline, Attribution((Cause.GRADIENT, *causes), explanation)


def name_fault(operation: Operation, mode: GradientMode, differing: list[GradientCase]) -> Fault:
    """A headline and the attribution of the cases that differ; there must be one.

    In this order: values that are no numbers; answers that change when repeated; matrices, then sums over images and
    channels of matrices that are right.
    """
    if any(not np.isfinite(case.got).all() for case in differing):
        return _fault("not finite", "the gradient has values that are not finite", Cause.NON_FINITE_VALUES)
    repeated = [case for case in differing if case.kind == "again"]
    if repeated:
        return _repetition_fault(max(repeated, key=lambda case: case.error))
    worst = max(differing, key=lambda case: case.error)
    if all(case.error <= case.added and case.got.any() for case in differing):
        where = f"at {len(differing)} shapes, by up to {worst.error:.3g} at {worst.size_in} -> {worst.size_out}"
        return _fault("sums lose precision", _short_sums(mode, worst, where), Cause.PRECISION)
    matrices = [case for case in differing if case.kind == "matrix"]
    if matrices:
        return _matrix_fault(operation, mode, matrices)
    if all(not case.got.any() for case in differing):
        return _fault(
            "zero", f"the gradient is zero, though the output depends on the image, at {len(differing)} shapes"
        )
    scales = [_scale(case) for case in differing]
    if len(differing) > 1 and all(
        np.abs(case.got - scale * case.expected).max() <= 2 * case.bound
        for case, scale in zip(differing, scales, strict=True)
    ):
        return _scaled_fault(scales, f"at {len(scales)} shapes")
    return _sum_fault(operation, mode, worst)


def _repetition_fault(case: GradientCase) -> Fault:
    added = case.got - case.expected
    scale = float((added * case.expected).sum() / max((case.expected**2).sum(), 1e-30))
    where = f"at {case.size_in} -> {case.size_out}"
    if scale > 0 and np.abs(added - scale * case.expected).max() <= 1e-3 * np.abs(added).max():
        text = f"asked again, it gives {1 + scale:.6g} times the gradient {where}: it adds to what was there"
        return _fault("adds to the last gradient", text, Cause.STATE)
    text = f"asked again, it gives a gradient that differs by {case.error:.3g} {where}"
    return _fault("not repeatable", text, Cause.STATE, Cause.DETERMINISM)


def _matrix_fault(operation: Operation, mode: GradientMode, cases: list[GradientCase]) -> Fault:
    worst = max(cases, key=lambda case: case.error)
    where = f"at {len(cases)} shapes, the worst {worst.size_in} -> {worst.size_out}"
    if all(not case.got.any() for case in cases):
        return _fault("zero", f"the gradient is zero, though the output depends on the image, {where}")
    of_other_images = [matrix_of(operation, mode, worst.size_in, worst.size_out, seed) for seed in (None, 21)]
    if any(row_gain(other - worst.got) > worst.bound for other in of_other_images):
        text = f"the gradient depends on the image, as that of a linear map does not, {where}"
        return _fault("depends on the image", text, Cause.LINEARITY)
    for words, change in (("not transposed", _transposed), ("height and width swapped", _swapped)):
        changed = [(case, matrix) for case in cases if (matrix := change(case)) is not None]
        if changed and all(_is_matrix(case, matrix) for case, matrix in changed):
            return _fault(words, f"the gradient is that of the matrix {words}, {where}", Cause.AXIS_ORDER)
    scales = [_scale(case) for case in cases]
    if all(_is_matrix(case, scale * case.expected) for case, scale in zip(cases, scales, strict=True)):
        return _scaled_fault(scales, where)
    if (candidate := _convention_of(operation, cases)) is not None:
        text = f"the gradient is that of '{candidate}', where the call does '{operation.claim}'"
        return "of another convention", Attribution((Cause.GRADIENT, *candidate.factors), text, candidate.convention)
    if all(_only_at_the_border(case) for case in cases):
        text = f"the gradient differs only where pixels of the border are concerned, {where}"
        return _fault("wrong at the border", text, Cause.BORDER)
    if worst.error < GREY_LEVEL:
        text = f"no convention explains it; it is off by at most {worst.error:.3g}, {where}"
        return _fault("imprecise", text, Cause.PRECISION)
    return _fault("another matrix", f"the gradient is that of another linear map, {where}")


def _scale(case: GradientCase) -> float:
    """The factor that brings the expected values closest to the gradient."""
    return float((case.got * case.expected).sum() / max(float((case.expected**2).sum()), 1e-30))


def _scaled_fault(scales: list[float], where: str) -> Fault:
    text = f"the gradient is {min(scales):.6g} to {max(scales):.6g} times what it should be, {where}"
    return _fault("scaled", text, Cause.NORMALISATION)


def _transposed(case: GradientCase) -> np.ndarray | None:
    """The matrix itself in place of its transpose; ``None`` where its shape would give that away."""
    return case.expected.T if case.size_in == case.size_out else None


def _swapped(case: GradientCase) -> np.ndarray | None:
    """The matrix with the axes of the input swapped; ``None`` where its shape would give that away."""
    (height, width), (h, w) = case.size_in, case.size_out
    if height != width or h != w:
        return None
    return case.expected.reshape(h, w, height, width).swapaxes(2, 3).reshape(h * w, height * width)


def _is_matrix(case: GradientCase, candidate: np.ndarray) -> bool:
    return row_gain(case.got - candidate) <= max(2 * case.bound, 1e-6)


def _convention_of(operation: Operation, cases: list[GradientCase]) -> Candidate | None:
    """The convention near the claim whose matrices, along both axes, the gradient has at every shape that differs."""
    if operation.claim is None:
        return None
    # Small shapes first: most conventions fail there.
    cases = sorted(cases, key=lambda case: case.got.size)
    for candidate in islice(chain(neighbours(operation.claim), two_away(operation.claim)), _MAX_CONVENTIONS):
        if candidate.has_meaning and all(_is_matrix(case, _plane_matrix(candidate, case)) for case in cases):
            return candidate
    return None


def _plane_matrix(candidate: Candidate, case: GradientCase) -> np.ndarray:
    return np.kron(*(candidate.matrix(*pair) for pair in zip(case.size_in, case.size_out, strict=True)))


def _only_at_the_border(case: GradientCase) -> bool:
    """Whether every weight that differs is one of a pixel in the first or last row or column, of more than two."""
    height, width = case.size_in
    off = np.abs(case.got - case.expected).max(axis=0).reshape(height, width) > case.bound
    return not off[1:-1, 1:-1].any()


def _sum_fault(operation: Operation, mode: GradientMode, case: GradientCase) -> Fault:
    """Right for impulses, wrong for a dense gradient of several images and channels: which of the three it is."""
    where = f"at {case.size_in} -> {case.size_out}, by up to {case.error:.3g}"
    channels = channels_of(case.size_in, case.size_out)
    images = picture(2, (BATCH, *case.size_in, channels), input_dtype(mode))
    if mode.of_sum:
        cotangents = np.ones((BATCH, *case.size_out, channels), input_dtype(mode))
    else:
        size = case.size_out if mode.order == 1 else case.size_in
        cotangents = picture(4, (BATCH, *size, channels), input_dtype(mode))
    expected = case.expected.reshape(BATCH, channels, -1)

    def error(image: slice, channel: slice) -> float:
        alone = measured_gradient(
            operation, mode, images[image, ..., channel], case.size_out, cotangents[image, ..., channel]
        )
        alone = alone.transpose(0, 3, 1, 2).reshape(alone.shape[0], alone.shape[-1], -1)
        return float(np.abs(alone - expected[image, channel]).max())

    # The bound is that of the worst place, which is the largest there is for sums of the same length.
    allowed = max(case.bound, 1e-6)
    try:
        if max(error(slice(n, n + 1), slice(0, 1)) for n in range(BATCH)) > allowed:
            if mode.of_sum:
                return _fault(
                    "another sum",
                    f"the gradient of the outputs' sum is not the sum of the matrix over outputs, {where}",
                )
            text = f"a dense gradient is not the sum of its impulses {where}"
            if case.error >= GREY_LEVEL:
                return _fault("not the sum of impulses", text, Cause.LINEARITY)
            return _fault("imprecise sums", text, Cause.PRECISION)
        if max(error(slice(n, n + 1), slice(None)) for n in range(BATCH)) > allowed:
            text = f"a channel's gradient is another among {channels} than alone {where}"
            return _fault("channels bleed", text, Cause.CHANNEL)
    except Refused as refusal:
        return _fault("another in a batch", f"alone it is refused ({refusal}) {where}", Cause.BATCH)
    text = f"an image's gradient is another in a batch of {BATCH} than alone {where}"
    return _fault("images of a batch bleed", text, Cause.BATCH)


def _short_sums(mode: GradientMode, case: GradientCase, where: str) -> str:
    """The explanation of sums stored in few bits, with the largest count where adding one by one stops at it."""
    text = f"it is off by no more than adding up in {mode.dtype} explains, {where}"
    largest, count = float(np.abs(case.got).max()), case.size_out[0] * case.size_out[1]
    if mode.of_sum and largest == 1 / STORED[mode.dtype]:
        text += f": {count} numbers stop growing at {largest:g}, above which {mode.dtype} cannot add 1"
    return text


def gradient_program(operation: Operation, mode: GradientMode, case: GradientCase, row: int) -> str:
    """A program that prints one number of the gradient and what it should be; empty for a plain callable.

    ``row`` is the row of the case's arrays that is worst.
    """
    if operation.call is None or operation.call.layout not in NATIVE_IMAGES:
        return ""
    channels, dtype = channels_of(case.size_in, case.size_out), input_dtype(mode)
    column = int(np.argmax(np.nan_to_num(np.abs(case.got - case.expected)[row], nan=np.inf)))
    from_size, to_size = (case.size_out, case.size_in) if mode.order == 1 else (case.size_in, case.size_out)
    if case.kind == "matrix":
        impulse, answer = (row, column) if mode.order == 1 else (column, row)
        shape: tuple[int, ...] = (from_size[0] * from_size[1], *case.size_in, 1)
        arrays = [
            f'x = picture(1, {shape}, "{dtype}")[{impulse}:{impulse + 1}]',
            f'g = np.zeros((1, {from_size[0]}, {from_size[1]}, 1), "{dtype}")',
            f"g[0, {impulse // from_size[1]}, {impulse % from_size[1]}, 0] = 1",
        ]
        place = (0, *divmod(answer, to_size[1]), 0)
    else:
        image, channel = divmod(row, channels)
        shape = (BATCH, *from_size, channels)
        arrays = [
            f'x = picture(2, {(BATCH, *case.size_in, channels)}, "{dtype}")',
            f'g = np.ones({shape}, "{dtype}")' if mode.of_sum else f'g = picture(4, {shape}, "{dtype}")',
        ]
        place = (image, *divmod(column, to_size[1]), channel)
    x, g = (NATIVE_IMAGES[operation.call.layout].format(x=name) for name in ("x", "g"))
    gradient = f"{mode.function.__name__}(resize, {x}, {case.size_out[0]}, {case.size_out[1]}, {g})"
    expected, measured = f"{case.expected[row, column]:.9g}", f"{case.got[row, column]:.9g}"
    lines = [
        operation.call.preamble(),
        helper_source(mode.function),
        helper_source(picture),
        f"def resize(x, h, w):\n    return {operation.call.expression}\n",
        *arrays,
        *([f"{gradient}  # the first time"] if case.kind == "again" else []),
        f"gradient = {FROM_NATIVE_IMAGES[operation.call.layout].format(x=gradient)}",
        f"print('gradient', {place}, 'is', gradient{list(place)}, 'and should be {expected}')  # measured: {measured}",
    ]
    return "\n".join(lines) + "\n"


NO_GRADIENT_MODE = "the adapter names no way to differentiate it"
AGAINST = "the transpose of the matrix of the call itself"

_SHAPES: tuple[tuple[Pair, Pair], ...] = (
    ((4, 6), (7, 9)),
    ((7, 5), (4, 3)),
    ((5, 7), (8, 4)),
    ((6, 6), (9, 9)),
    ((6, 6), (4, 4)),
    ((5, 4), (5, 4)),
    ((3, 4), (6, 8)),
    ((1, 5), (4, 1)),
    ((4, 1), (1, 3)),
    ((2, 3), (32, 17)),
    ((33, 18), (3, 2)),
)
"""Input and output (height, width): each axis up, down, at the same size and of one pixel; square, where an axis order
cannot be seen by its shape, and not; whole multiples; and one input pixel under many outputs, and one output over many
inputs, where sums are long."""

_LONG: tuple[tuple[Pair, Pair], ...] = (((1, 2), (64, 128)),)
"""Of a sum only: 4,096 outputs for each input pixel, more than float16 can count."""


def gradients(operation: Operation, gradient: Gradient | None = None) -> list[Observation]:
    """One observation for each way in which ``operation`` is differentiated; ``gradient`` in place of the adapter's.

    Impulses at the output, as many as it has pixels, go in the batch, each with a random image of its own: the answers
    are the rows of the matrix whose transpose the gradient is, unless it depends on the image. They must be those of
    the float32 reference. Dense gradients at the output, for several images and channels, must come to the sums that
    the impulses promise, and twice to the same.
    """
    if operation.call is not None and operation.call.framework.version is None:
        return [not_installed(BACKWARD, f"{operation.framework} is not installed")]
    if gradient is None and operation.framework in adapters.frameworks():
        gradient = adapters.gradient(operation.framework)
    if gradient is None:
        return [unsupported(BACKWARD, AGAINST, NO_GRADIENT_MODE)]
    return [_observed(operation, mode) for mode in gradient.modes]


def _observed(operation: Operation, mode: GradientMode) -> Observation:
    cases: list[GradientCase] = []
    refusals: list[str] = []
    for size_in, size_out in shapes(operation, _SHAPES + (_LONG if mode.of_sum else ())):
        try:
            cases += gradient_cases(operation, mode, size_in, size_out)
        except NotInstalled as absent:
            return not_installed(mode.name, str(absent))
        except WrongShape as wrong:
            return _misshapen(mode, size_in, size_out, wrong)
        except Refused as refusal:
            refusals.append(str(refusal))
    if not cases:
        reason = refusals[0] if refusals else "it is defined for none of the shapes tried"
        return unsupported(mode.name, AGAINST, reason)
    return _judged(operation, mode, cases, refusals)


def _judged(operation: Operation, mode: GradientMode, cases: list[GradientCase], refusals: list[str]) -> Observation:
    differing = [case for case in cases if case.differs]
    worst = max(differing or cases, key=lambda case: case.error)
    figures: Figures = {"shapes": len({(case.size_in, case.size_out) for case in cases})}
    if refusals:
        figures["shapes refused"] = f"{len(refusals)}: {refusals[0]}"
    observe = partial(
        Observation,
        variant=mode.name,
        against=AGAINST,
        gain=worst.error,
        unit=IMAGES,
        tolerance=worst.bound,
        measured=len(cases),
        differing=len(differing),
        figures=figures,
    )
    if not differing:
        same = all(np.array_equal(case.got, case.expected.astype(np.float32)) for case in cases)
        return observe(verdict=agreement_verdict(same), headline="the transposed matrix")
    headline, attribution = name_fault(operation, mode, differing)
    is_imprecise = attribution.factors == (Cause.GRADIENT, Cause.PRECISION)
    row, place = _worst_row(worst)
    return observe(
        verdict=disagreement_verdict(worst.error) if is_imprecise else Verdict.DIVERGES,
        headline=headline,
        attribution=attribution,
        where=f"{worst.size_in} -> {worst.size_out}, {place}",
        expected=weights_text(worst.expected[row]),
        got=weights_text(worst.got[row]),
        reproduction=gradient_program(operation, mode, worst, row),
    )


def _worst_row(case: GradientCase) -> tuple[int, str]:
    errors = np.nan_to_num(np.abs(case.got - case.expected), nan=np.inf)
    row = int(np.argmax(errors.sum(axis=1) if case.kind == "matrix" else errors.max(axis=1)))
    if case.kind == "matrix":
        return row, f"what output {divmod(row, case.size_out[1])} hands back, by input pixel"
    image, channel = divmod(row, channels_of(case.size_in, case.size_out))
    return row, f"image {image}, channel {channel}, by pixel"


def _misshapen(mode: GradientMode, size_in: Pair, size_out: Pair, wrong: WrongShape) -> Observation:
    text = f"at {size_in} -> {size_out} the gradient has shape {wrong.got}, where the image has {wrong.expected}"
    transposed = sorted(wrong.got) == sorted(wrong.expected)
    return Observation(
        variant=mode.name,
        verdict=Verdict.ERROR,
        against=AGAINST,
        headline="gradient of another shape",
        attribution=Attribution((Cause.GRADIENT, Cause.AXIS_ORDER if transposed else Cause.OUTPUT_SIZE), text),
    )
