"""Names what is wrong with a gradient, and writes the program that shows it."""

from __future__ import annotations

import inspect
import textwrap
from itertools import chain, islice

import numpy as np

from adapters import Operation
from adapters.gradient import Way
from probe.candidates import neighbours, two_away
from probe.discrepancy import Attribution
from probe.gradients.cases import BATCH, STORED, Case, ask, channels_of, given_dtype, matrix_of
from probe.measure import Refused
from probe.pictures import picture

_PRECISION = 1 / 255
"""Below a grey level, what no other cause explains is called a matter of precision."""
_CONVENTIONS = 3000
"""How many conventions near the claim are tried."""


def name_fault(operation: Operation, way: Way, differing: list[Case]) -> tuple[str, Attribution]:
    """A headline and the attribution of the cases that differ; there must be one.

    In this order: values that are no numbers; answers that change when repeated; matrices, then sums over images and
    channels of matrices that are right.
    """
    if any(not np.isfinite(case.got).all() for case in differing):
        return "not finite", Attribution(
            ("gradient", "non-finite values"), "the gradient has values that are not finite"
        )
    repeated = [case for case in differing if case.kind == "again"]
    if repeated:
        return _of_repetition(max(repeated, key=lambda case: case.error))
    if all(case.error <= case.added and case.got.any() for case in differing):
        worst = max(differing, key=lambda case: case.error)
        where = f"at {len(differing)} shapes, by up to {worst.error:.3g} at {worst.size_in} -> {worst.size_out}"
        return "sums lose precision", Attribution(("gradient", "precision"), _short_sums(way, worst, where))
    matrices = [case for case in differing if case.kind == "matrix"]
    if matrices:
        return _of_matrices(operation, way, matrices)
    if all(not case.got.any() for case in differing):
        text = f"the gradient is zero, though the output depends on the image, at {len(differing)} shapes"
        return "zero", Attribution(("gradient",), text)
    scales = [_scale(case) for case in differing]
    if len(differing) > 1 and all(
        np.abs(case.got - scale * case.expected).max() <= 2 * case.bound
        for case, scale in zip(differing, scales, strict=True)
    ):
        text = (
            f"the gradient is {min(scales):.6g} to {max(scales):.6g} times what it should be, at {len(scales)} shapes"
        )
        return "scaled", Attribution(("gradient", "normalisation"), text)
    return _of_sums(operation, way, max(differing, key=lambda case: case.error))


def _of_repetition(case: Case) -> tuple[str, Attribution]:
    added = case.got - case.expected
    scale = float((added * case.expected).sum() / max((case.expected**2).sum(), 1e-30))
    where = f"at {case.size_in} -> {case.size_out}"
    if scale > 0 and np.abs(added - scale * case.expected).max() <= 1e-3 * np.abs(added).max():
        text = f"asked again, it gives {1 + scale:.6g} times the gradient {where}: it adds to what was there"
        return "adds to the last gradient", Attribution(("gradient", "state"), text)
    text = f"asked again, it gives a gradient that differs by {case.error:.3g} {where}"
    return "not repeatable", Attribution(("gradient", "state", "determinism"), text)


def _of_matrices(operation: Operation, way: Way, cases: list[Case]) -> tuple[str, Attribution]:
    worst = max(cases, key=lambda case: case.error)
    where = f"at {len(cases)} shapes, the worst {worst.size_in} -> {worst.size_out}"
    if all(not case.got.any() for case in cases):
        return "zero", Attribution(
            ("gradient",), f"the gradient is zero, though the output depends on the image, {where}"
        )
    elsewhere = [matrix_of(operation, way, worst.size_in, worst.size_out, seed) for seed in (None, 21)]
    if any(np.abs(other - worst.got).sum(axis=1).max() > worst.bound for other in elsewhere):
        text = f"the gradient depends on the image, as that of a linear map does not, {where}"
        return "depends on the image", Attribution(("gradient", "linearity"), text)
    for words, change in (("not transposed", _transposed), ("height and width swapped", _swapped)):
        if all(_is(case, change(case)) for case in cases if change(case) is not None) and any(
            change(case) is not None for case in cases
        ):
            return words, Attribution(
                ("gradient", "axis order"), f"the gradient is that of the matrix {words}, {where}"
            )
    scales = [_scale(case) for case in cases]
    if all(_is(case, scale * case.expected) for case, scale in zip(cases, scales, strict=True)):
        text = f"the gradient is {min(scales):.6g} to {max(scales):.6g} times what it should be, {where}"
        return "scaled", Attribution(("gradient", "normalisation"), text)
    explained = _by_convention(operation, cases)
    if explained is not None:
        return explained
    if all(_only_at_the_border(case) for case in cases):
        text = f"the gradient differs only where pixels of the border are concerned, {where}"
        return "wrong at the border", Attribution(("gradient", "border"), text)
    if worst.error < _PRECISION:
        text = f"no convention explains it; it is off by at most {worst.error:.3g}, {where}"
        return "imprecise", Attribution(("gradient", "precision"), text)
    return "another matrix", Attribution(("gradient",), f"the gradient is that of another linear map, {where}")


def _scale(case: Case) -> float:
    """The factor by which what came out is closest to what should have."""
    return float((case.got * case.expected).sum() / max(float((case.expected**2).sum()), 1e-30))


def _transposed(case: Case) -> np.ndarray | None:
    """The matrix itself in place of its transpose; ``None`` where its shape would give that away."""
    return case.expected.T if case.size_in == case.size_out else None


def _swapped(case: Case) -> np.ndarray | None:
    """The matrix with the axes of the input swapped; ``None`` where its shape would give that away."""
    (height, width), (h, w) = case.size_in, case.size_out
    if height != width or h != w:
        return None
    return case.expected.reshape(h, w, height, width).swapaxes(2, 3).reshape(h * w, height * width)


def _is(case: Case, candidate: np.ndarray) -> bool:
    return bool(np.abs(case.got - candidate).sum(axis=1).max() <= max(2 * case.bound, 1e-6))


def _by_convention(operation: Operation, cases: list[Case]) -> tuple[str, Attribution] | None:
    """The convention near the claim whose matrices, along both axes, the gradient has at every shape that differs."""
    if operation.claim is None:
        return None
    # Small shapes first: most conventions fail there.
    cases = sorted(cases, key=lambda case: case.got.size)
    for candidate in islice(chain(neighbours(operation.claim), two_away(operation.claim)), _CONVENTIONS):
        if candidate.has_meaning and all(_is(case, _whole(candidate, case)) for case in cases):
            text = f"the gradient is that of '{candidate}', where the call does '{operation.claim}'"
            return "of another convention", Attribution(("gradient", *candidate.factors), text, candidate.convention)
    return None


def _whole(candidate, case: Case) -> np.ndarray:
    along = zip(case.size_in, case.size_out, strict=True)
    return np.kron(*(candidate.matrix(n_in, n_out) for n_in, n_out in along))


def _only_at_the_border(case: Case) -> bool:
    """Whether every weight that differs is one of a pixel in the first or last row or column, of more than two."""
    height, width = case.size_in
    off = np.abs(case.got - case.expected).max(axis=0).reshape(height, width) > case.bound
    return not off[1:-1, 1:-1].any()


def _of_sums(operation: Operation, way: Way, case: Case) -> tuple[str, Attribution]:
    """Right for impulses, wrong for a dense gradient of several images and channels: which of the three it is."""
    where = f"at {case.size_in} -> {case.size_out}, by up to {case.error:.3g}"
    given = case.size_out if way.order == 1 else case.size_in
    channels = channels_of(case.size_in, case.size_out)
    images = picture(2, (BATCH, *case.size_in, channels), given_dtype(way))
    if way.of_sum:
        cotangents = np.ones((BATCH, *case.size_out, channels), given_dtype(way))
    else:
        cotangents = picture(4, (BATCH, *given, channels), given_dtype(way))
    expected = case.expected.reshape(BATCH, channels, -1)

    def error(image: slice, channel: slice) -> float:
        alone = ask(operation, way, images[image, ..., channel], case.size_out, cotangents[image, ..., channel])
        alone = alone.transpose(0, 3, 1, 2).reshape(alone.shape[0], alone.shape[-1], -1)
        return float(np.abs(alone - expected[image, channel]).max())

    # The bound is that of the worst place, which is the largest there is for sums of the same length.
    allowed = max(case.bound, 1e-6)
    try:
        if max(error(slice(n, n + 1), slice(0, 1)) for n in range(BATCH)) > allowed:
            if way.of_sum:
                text = f"the gradient of the outputs' sum is not the sum of the matrix over outputs, {where}"
                return "another sum", Attribution(("gradient",), text)
            words = "a dense gradient is not the sum of its impulses"
            precise = case.error >= _PRECISION
            return (
                "not the sum of impulses" if precise else "imprecise sums",
                Attribution(("gradient", "linearity" if precise else "precision"), f"{words} {where}"),
            )
        if max(error(slice(n, n + 1), slice(None)) for n in range(BATCH)) > allowed:
            text = f"a channel's gradient is another among {channels} than alone {where}"
            return "channels bleed", Attribution(("gradient", "channel"), text)
    except Refused as refusal:
        return "another in a batch", Attribution(("gradient", "batch"), f"alone it is refused ({refusal}) {where}")
    text = f"an image's gradient is another in a batch of {BATCH} than alone {where}"
    return "images of a batch bleed", Attribution(("gradient", "batch"), text)


def _short_sums(way: Way, case: Case, where: str) -> str:
    """What sums stored in few bits come to: whether adding up one after the other, in them, gives just that."""
    text = f"it is off by no more than adding up in {way.dtype} explains, {where}"
    largest, count = float(np.abs(case.got).max()), case.size_out[0] * case.size_out[1]
    if way.of_sum and largest == 1 / STORED[way.dtype]:
        text += f": {count} numbers stop growing at {largest:g}, above which {way.dtype} cannot add 1"
    return text


_LAYOUTS = {
    "NHWC": ("{a}", "{a}"),
    "NCHW": ("np.ascontiguousarray({a}.transpose(0, 3, 1, 2))", "{a}.transpose(0, 2, 3, 1)"),
}


def program(operation: Operation, way: Way, case: Case, row: int) -> str:
    """A program that prints one number of the gradient and what it should be; empty for a plain callable.

    ``row`` is the row of the case's arrays that is worst.
    """
    if operation.call is None or operation.call.layout not in _LAYOUTS:
        return ""
    into, back = _LAYOUTS[operation.call.layout]
    channels = channels_of(case.size_in, case.size_out)
    column = int(np.argmax(np.nan_to_num(np.abs(case.got - case.expected)[row], nan=np.inf)))
    given, other = (case.size_out, case.size_in) if way.order == 1 else (case.size_in, case.size_out)
    if case.kind == "matrix":
        impulse, answer = (row, column) if way.order == 1 else (column, row)
        shape = (given[0] * given[1], *case.size_in, 1)
        made = [f'x = picture(1, {shape}, "{given_dtype(way)}")[{impulse}:{impulse + 1}]']
        made.append(f'g = np.zeros((1, {given[0]}, {given[1]}, 1), "{given_dtype(way)}")')
        made.append(f"g[0, {impulse // given[1]}, {impulse % given[1]}, 0] = 1")
        place = (0, *divmod(answer, other[1]), 0)
    else:
        image, channel = divmod(row, channels)
        made = [f'x = picture(2, {(BATCH, *case.size_in, channels)}, "{given_dtype(way)}")']
        shape = (BATCH, *given, channels)
        made.append(
            f'g = np.ones({shape}, "{given_dtype(way)}")'
            if way.of_sum
            else f'g = picture(4, {shape}, "{given_dtype(way)}")'
        )
        place = (image, *divmod(column, other[1]), channel)
    size = f"{case.size_out[0]}, {case.size_out[1]}"
    asked = f"{way.function.__name__}(resize, {into.format(a='x')}, {size}, {into.format(a='g')})"
    lines = [
        operation.call.preamble(),
        textwrap.dedent(inspect.getsource(way.function)),
        inspect.getsource(picture),
        f"def resize(x, h, w):\n    return {operation.call.expression}\n",
        *made,
        *([f"{asked}  # the first time"] if case.kind == "again" else []),
        f"gradient = {back.format(a=asked)}",
        f"print('gradient', {place}, 'is', gradient{list(place)}, 'and should be {case.expected[row, column]:.9g}')"
        f"  # measured: {case.got[row, column]:.9g}",
    ]
    return "\n".join(lines) + "\n"
