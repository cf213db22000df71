"""Hold a resizer of grey levels, or one that asks for a scale, against a convention: whole images, both axes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import GREY_LEVELS, Cause, Verdict
from halfpixel.probe.compare.candidates import differences
from halfpixel.probe.compare.reference import accepts
from halfpixel.probe.identify.input_formats import ChosenFormat
from halfpixel.probe.identify.quantised_measurement import LevelCaller, lines_for
from halfpixel.probe.image_pairs.candidates import documented_conventions
from halfpixel.probe.image_pairs.explanation import Explanation, ImagePair, explain, tie_sentence
from halfpixel.probe.measure.axis_matrix import Refused, exception_text
from halfpixel.probe.measure.sizes import Pair

JOINT_SHAPES: tuple[tuple[Pair, Pair], ...] = (
    ((8, 8), (3, 3)),  # both axes shrink by more than two
    ((16, 16), (5, 5)),  # by more than three, and every phase
    ((5, 7), (8, 4)),  # one grows, one shrinks
    ((6, 5), (13, 11)),  # both grow, by unequal ratios
    ((9, 14), (9, 5)),  # one keeps its size
    ((48, 36), (20, 61)),
    ((224, 224), (96, 160)),  # a size of networks
)
"""(height, width) of whole images of noise and of their results: what each axis alone does not show."""
_SCALED_SHAPES: tuple[Pair, ...] = ((8, 8), (5, 7), (16, 12), (33, 20), (64, 48), (97, 131))
_MOST_COLUMNS = 192
_LOOKED_UP = 12
_ROWS_LOOKED_UP = 16
"""How many images, and rows and columns of them, other conventions are tried on where the asked one does not hold."""
_TIES_COMPARED = 128


class NotRepeatable(ValueError):
    """The same call, made again, gives another result: no verdict can be given."""


@dataclass(frozen=True, slots=True, eq=False)
class LevelCheck:
    """The verdict on a resizer of grey levels, with the worst error and the smallest size that fails.

    ``follows`` is the documented convention that explains what was measured, where the asked one does not.
    """

    subject: str
    convention: Convention
    verdict: Verdict
    pairs: tuple[ImagePair, ...]
    explanation: Explanation | None
    refused: tuple[tuple[str, int], ...]
    form: str
    follows: Convention | None = None

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def check_levels(chosen: ChosenFormat, convention: Convention, sizes: Sequence[Pair]) -> LevelCheck:
    """Resize images of grey levels at every pair of ``sizes``, along each axis, and at :data:`JOINT_SHAPES`.

    Every result must be within rounding of the exact value of both axes together, by one arithmetic everywhere: rounded
    once or between the passes, to the nearest or down. Raises :class:`NotRepeatable`, ``NotInstalled``, and
    ``ValueError`` for a convention that has no meaning at these sizes.
    """
    caller = LevelCaller(chosen.operation, chosen.form, chosen.calls)

    def resized(image: np.ndarray, size: Pair) -> np.ndarray:
        return caller.resize_plane(image, size)

    shapes = [shape for shape in _shapes(sizes, chosen.operation) if accepts(chosen.operation, *shape)]
    measured, refusals = _measured(shapes, resized)
    form = str(chosen.form)
    return _judged(chosen.operation.id, convention, measured, refusals, form)


def check_at_scales(
    function: Callable[..., np.ndarray], name: str, convention: Convention, scales: Sequence[Fraction]
) -> LevelCheck:
    """A function ``f(image (H, W), scale)`` against ``convention`` with its scale given, output over input.

    Images are float32, or uint8 where those are refused; the function decides the size. Raises as :func:`check_levels`.
    """
    pairs: list[ImagePair] = []
    refusals: list[str] = []
    form = ""
    for scale in scales:
        for shape in _SCALED_SHAPES:
            levels = _noise(shape)
            result, reason = None, ""
            for dtype in ("float32", "uint8") if not form else (form,):
                image = levels.astype(dtype)
                try:
                    result = np.asarray(function(image.copy(), float(scale)))
                except Exception as error:  # the function may raise anything
                    reason = reason or exception_text(error)
                    continue
                form = dtype
                break
            if result is None or result.ndim != 2 or 0 in result.shape or result.dtype.kind not in "fu":
                returned = "" if result is None else f"returned {result.dtype} of shape {result.shape}"
                refusals.append(returned or reason)
                continue
            if not np.array_equal(result, np.asarray(function(image.copy(), float(scale))), equal_nan=True):
                raise NotRepeatable(f"{name}: the same call, made again, gives another result ({_times(shape)})")
            highest = GREY_LEVELS if result.dtype.kind == "u" else None
            title = f"{_times(shape)} -> {_times(result.shape)} at scale {scale} (height x width)"
            pairs.append(ImagePair(levels, result.astype(np.float64), highest, scales=(scale, scale), name=title))
    return _judged(name, convention, pairs, refusals, f"{form or 'no'} images")


def _shapes(sizes: Sequence[Pair], operation: Operation) -> Iterator[tuple[Pair, Pair]]:
    for n_in, n_out in sizes:
        if operation.same_scale_on_both_axes:
            yield (n_in, n_in), (n_out, n_out)
            continue
        columns = min(_MOST_COLUMNS, max(32, 4 * n_in))
        yield (n_in, columns), (n_out, columns)
        yield (columns, n_in), (columns, n_out)
    yield from JOINT_SHAPES


def _measured(
    shapes: Sequence[tuple[Pair, Pair]], resized: Callable[[np.ndarray, Pair], np.ndarray]
) -> tuple[list[ImagePair], list[str]]:
    pairs: list[ImagePair] = []
    refusals: list[str] = []
    is_repeated = False
    for size_in, size_out in shapes:
        image = _noise(size_in)
        try:
            result = resized(image, size_out)
            if not is_repeated:
                is_repeated = True
                if not np.array_equal(result, resized(image, size_out), equal_nan=True):
                    where = f"{_times(size_in)} -> {_times(size_out)}"
                    raise NotRepeatable(f"the same call, made again, gives another result ({where})")
        except (Refused, WrongShape) as refusal:
            refusals.append(str(refusal))
            continue
        title = f"{_times(size_in)} -> {_times(size_out)} (height x width)"
        pairs.append(ImagePair(image.astype(np.float64), result, name=title))
    is_whole = all(bool((pair.result == np.rint(pair.result)).all()) for pair in pairs)
    if not is_whole:
        pairs = [ImagePair(pair.image, pair.result, None, name=pair.name) for pair in pairs]
    return pairs, refusals


def _noise(size: Pair) -> np.ndarray:
    """Lines along the shorter axis: a bright pixel each, two levels far apart, any level; any level in large images."""
    height, width = size
    if max(size) > _MOST_COLUMNS:
        return np.random.default_rng(height).integers(0, GREY_LEVELS + 1, size)
    return lines_for(height, width) if height <= width else lines_for(width, height).T


def _judged(subject: str, convention: Convention, pairs: list[ImagePair], refusals: list[str], form: str) -> LevelCheck:
    refused = tuple((reason, refusals.count(reason)) for reason in dict.fromkeys(refusals))
    if not pairs:
        return LevelCheck(subject, convention, Verdict.UNSUPPORTED, (), None, refused, form)
    explanation = explain(convention, pairs)
    if explanation is None:
        raise ValueError(f"'{convention}' has no meaning at these sizes")
    verdict = _verdict(explanation)
    if verdict.is_agreement and refused:
        verdict = Verdict.UNSUPPORTED
    follows = None if explanation.arithmetics else _explaining(pairs)
    return LevelCheck(subject, convention, verdict, tuple(pairs), explanation, refused, form, follows)


def _verdict(explanation: Explanation) -> Verdict:
    if not explanation.arithmetics:
        return Verdict.DIVERGES if explanation.worst >= 1 else Verdict.APPROXIMATES
    if explanation.exceptions:
        return Verdict.TIES
    return Verdict.AGREES if explanation.is_tight else Verdict.APPROXIMATES


def _explaining(pairs: list[ImagePair]) -> Convention | None:
    """The documented convention that explains all pairs; tried on a few, one after the other, then on all."""
    changing = [pair for pair in pairs if pair.image.shape != pair.result.shape]
    by_size = sorted(changing, key=lambda pair: pair.result.size)
    left: Iterable[Convention] = documented_conventions()
    for pair in by_size[len(by_size) // 2 :: max(1, len(by_size) // _LOOKED_UP)]:
        found = [explain(convention, [pair], _ROWS_LOOKED_UP) for convention in left]
        left = [one.convention for one in found if one is not None and one.arithmetics]
    for convention in left:
        whole = explain(convention, pairs)
        if whole is not None and whole.arithmetics:
            return convention
    return None


def _lines(check: LevelCheck) -> Iterator[str]:
    yield f"called:      {check.subject}, with {check.form}"
    yield f"held against: {check.convention}"
    yield f"verdict:     {check.verdict}"
    one = check.explanation
    if one is not None:
        yield f"sizes:       {_sizes(check, one)}"
        name, row, column = one.where
        if one.arithmetics and check.pairs[0].highest is not None and one.worst > 0:
            arithmetic = one.arithmetics[0]
            ties = tie_sentence(check.convention, check.pairs, arithmetic, _TIES_COMPARED)
            is_plain = arithmetic.rule == "nearest" and not arithmetic.extra
            yield f"arithmetic:  {arithmetic}{f'; {ties}' if is_plain else ''}"
        if one.exceptions:
            yield f"exceptions:  {one.exceptions} rows and columns on the other side of a tie"
        yield f"worst error: {one.worst:.3g} of {GREY_LEVELS} grey levels, at row {row}, column {column} of {name}"
        if one.differing:
            yield f"smallest:    {_smallest(check, one)}"
    for message, count in check.refused:
        yield f"refused:     {count} sizes: {message}"
    if check.follows is not None:
        causes = " and ".join(differences(check.convention, check.follows)) or Cause.ROUNDING
        yield f"attribution: {causes}: '{check.follows}' explains every result"
    elif one is not None and one.differing and not any(_changes_one_axis(check.pairs[k]) for k in one.differing):
        yield f"attribution: {Cause.SEPARABILITY}: each axis alone agrees, and both together do not"


def _sizes(check: LevelCheck, one: Explanation) -> str:
    if not one.differing:
        return f"all {len(check.pairs)} images measured agree, both axes together"
    return f"{len(one.differing)} of {len(check.pairs)} images differ by more than rounding"


def _smallest(check: LevelCheck, one: Explanation) -> str:
    pair = min((check.pairs[k] for k in one.differing), key=lambda pair: (pair.result.size, pair.image.size))
    alone = explain(check.convention, [pair])
    assert alone is not None
    _, row, column = alone.where
    got = float(pair.result[row, column])
    return f"{pair.name} fails: {got:.6g} at row {row}, column {column}, off by {alone.worst:.3g} grey levels"


def _changes_one_axis(pair: ImagePair) -> bool:
    (H, W), (h, w) = pair.image.shape, pair.result.shape
    return bool(h == H or w == W)


def _times(size: tuple[int, ...]) -> str:
    return " x ".join(map(str, size))
