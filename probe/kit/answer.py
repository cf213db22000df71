"""Which convention a device follows, or whether it follows one, from the results that came back of a kit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.operation import PlaneByPlane
from halfpixel.golden import Convention
from halfpixel.golden.integer_rules import INTEGER_RULES, IntegerRule
from halfpixel.golden.rules import PiecewiseRule
from halfpixel.golden.tolerance import row_gain
from halfpixel.golden.vocabulary import GREY_LEVELS, Verdict
from halfpixel.probe.identify.identification import Identification
from halfpixel.probe.identify.input_formats import InputFormat
from halfpixel.probe.identify.quantised import identify_levels
from halfpixel.probe.identify.quantised_measurement import LevelCaller
from halfpixel.probe.image_pairs.candidates import (
    Candidates,
    candidates,
    documented_conventions,
    grouped_by_function,
    tightest,
)
from halfpixel.probe.image_pairs.explanation import Explanation, ImagePair, explain
from halfpixel.probe.image_pairs.from_files import FilePairs, FilesIdentification, check_files
from halfpixel.probe.kit.answer_lines import SHOWN, by_kind, range_line, rule_lines, trouble, verified
from halfpixel.probe.kit.images import LARGER, Kind
from halfpixel.probe.kit.read import KitResult, KitResults
from halfpixel.probe.measure.axis_matrix import Refused
from halfpixel.probe.measure.sizes import Pair

_SCREENED_ROWS = 8
_SCREENED_PAIRS = 12
_FEWEST_HEIGHTS = 6
_ALL_CALLS = 1000
"""Looking up a result costs nothing."""
_LEVEL_REACH, _FLOAT_REACH = 2.5, 1e-3
"""How far a result may be from a rule that least squares found: two roundings and short weights; of floats 0 to 1."""
_KEPT_REACH = 0.006
"""Of the range: a level and a half that rounding may change a line that is not resized."""
_HINT = "halfpixel kit make --sizes writes images of other sizes, at which they may differ"


@dataclass(frozen=True, slots=True, eq=False)
class KitAnswer:
    """The convention of a device, or whether it follows the one that was asked for.

    verdict
        Of ``convention`` on every image; without one of ``nearest``.
    convention
        The one that explains every result, or the one that was asked for.
    nearest
        The closest one where none explains every result.
    explanation
        How well ``convention``, or ``nearest``, explains the results; ``None`` where nothing was compared with one.
    pairs
        The planes that were compared.
    lines
        The text.
    is_yes
        Whether a convention or a rule is named, or the asked one agrees.
    evidence
        What the results show of it, a sentence each.
    """

    device: str
    results: KitResults
    verdict: Verdict
    convention: Convention | None
    nearest: Convention | None
    explanation: Explanation | None
    pairs: tuple[ImagePair, ...]
    lines: tuple[str, ...]
    is_yes: bool
    evidence: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self.lines)


def identify_kit(results: KitResults, device: str) -> KitAnswer:
    """The answer of :func:`_identified`, which is no yes where most of what came back cannot be used."""
    return _unless_most_are_left_out(_identified(results, device))


def check_kit(results: KitResults, device: str, convention: Convention) -> KitAnswer:
    """The answer of :func:`_checked`, which is no yes where most of what came back cannot be used."""
    return _unless_most_are_left_out(_checked(results, device, convention))


def _unless_most_are_left_out(answer: KitAnswer) -> KitAnswer:
    used, left_out = len(answer.results.results), len(answer.results.left_out)
    if left_out <= used:
        return answer
    line = f"too few:     {left_out} of the {used + left_out} results that came back cannot be used; of the rest:"
    return replace(answer, is_yes=False, lines=(line, *answer.lines))


def _identified(results: KitResults, device: str) -> KitAnswer:
    """Name the convention that explains every result of a kit.

    The lines along each axis go through the identification of any resizer, which also looks for parameters and rules
    where no convention fits. What it names must explain the whole images as well. Raises ``ValueError`` in one line
    where all results are of constant images, of which every convention makes the same.
    """
    files = _planes(results, device)
    alone = _from_lines(results, device)
    named = [] if alone is None or alone.convention is None else [alone.convention]
    found = by_name = _explaining(files.pairs, named)
    if found is None:
        found = _explaining(files.pairs, documented_conventions())
    rules = _integer_rules(results)
    if found is None:
        return _bit_for_bit(results, files, rules) if rules else _not_explained(results, files, alone)
    chosen = found.explaining[0]
    if by_name is not None:
        lines = [*str(alone).splitlines(), *verified(results, files, chosen)]
    else:
        lines = str(FilesIdentification(files, found, hint=_HINT)).splitlines()
    return KitAnswer(
        device,
        results,
        _verdict(chosen),
        chosen.convention,
        None,
        chosen,
        files.pairs,
        (*lines, *rule_lines(rules), *range_line(results, chosen.convention), *trouble(results)),
        is_yes=True,
        evidence=alone.evidence if alone is not None and by_name is not None else (),
    )


def _integer_rules(results: KitResults) -> list[IntegerRule]:
    """The libraries' rules that give every result bit for bit, the smallest images first."""
    if results.manifest.dtype != "uint8":
        return []
    left = [rule for rule in INTEGER_RULES.values() if rule.dtype == "uint8" and not rule.bound]
    for one in sorted(results.results, key=lambda one: one.image.size):
        left = [rule for rule in left if _gives(rule, one)]
    return left


def _gives(rule: IntegerRule, one: KitResult) -> bool:
    try:
        return np.array_equal(rule.resize(one.image, one.file.size), one.result)
    except ValueError:  # a rule that is not defined for this size
        return False


def _bit_for_bit(results: KitResults, files: FilePairs, rules: Sequence[IntegerRule]) -> KitAnswer:
    """A library's rule gives every result, though no convention explains them within one rounding."""
    convention = rules[0].convention
    lines = (
        f"{files.subject}: {convention}, rounded as {rules[0].library} does",
        *rule_lines(rules),
        f"verified:    all {len(files.pairs)} planes of {len(results.results)} files",
        *trouble(results),
    )
    explanation = explain(convention, files.pairs)
    return KitAnswer(
        files.subject, results, Verdict.APPROXIMATES, convention, None, explanation, files.pairs, lines, is_yes=True
    )


def _checked(results: KitResults, device: str, convention: Convention) -> KitAnswer:
    """Whether every result of a kit is what ``convention`` gives; raises as :func:`_identified`."""
    files = _planes(results, device)
    verdict, text = check_files(files, convention)
    explanation = explain(convention, files.pairs)
    differing = () if verdict.is_agreement else tuple(by_kind(results, convention))
    lines = (*text.splitlines(), *differing, *range_line(results, convention), *trouble(results))
    return KitAnswer(device, results, verdict, convention, None, explanation, files.pairs, lines, verdict.is_agreement)


def _planes(results: KitResults, device: str) -> FilePairs:
    """Every plane that is compared: all but those beyond the range, which say only whether results are clipped."""
    compared = [one for one in results.results if one.file.kind is not Kind.RANGE]
    pairs = tuple(pair for one in compared for pair in one.pairs())
    if not any(np.ptp(pair.image) for pair in pairs):
        raise ValueError("the images that came back are constant: every convention makes the same of them")
    manifest = results.manifest
    channels = results.results[0].image.shape[2]
    return FilePairs(device, pairs, manifest.dtype, channels, ())


class _NotInKit(Refused):
    """An image that the kit has not, or that did not come back."""


class _Recorded:
    """The results of a kit as a function of one plane; it raises :class:`_NotInKit` for any other image."""

    def __init__(self, results: Sequence[KitResult]) -> None:
        self._results = {
            (one.image[..., 0].tobytes(), one.file.shape[:2], one.file.size): one.result[..., 0] for one in results
        }

    def __call__(self, image: np.ndarray, size: Pair) -> np.ndarray:
        """The recorded result."""
        result = self._results.get((image.tobytes(), (image.shape[0], image.shape[1]), (size[0], size[1])))
        if result is None:
            raise _NotInKit(f"no result of this image of {image.shape} to {size} came back")
        return result


def _from_lines(results: KitResults, device: str) -> Identification | None:
    """The identification from the first channel of the lines; ``None`` where too few came back."""
    by_kind: dict[Kind, list[Pair]] = {Kind.HEIGHT: [], Kind.WIDTH: []}
    for one in results.results:
        axis = {Kind.HEIGHT: 0, Kind.WIDTH: 1}.get(one.file.kind)
        if axis is not None:
            by_kind[one.file.kind].append((one.file.shape[axis], one.file.size[axis]))
    heights, widths = by_kind[Kind.HEIGHT], by_kind[Kind.WIDTH]
    if len(heights) < _FEWEST_HEIGHTS or not widths or any(_changes_kept_axis(results)):
        return None
    is_float = results.manifest.dtype == "float32"
    unit = 1 / GREY_LEVELS if is_float else 1.0
    operation = Operation(device, "resize", PlaneByPlane(_Recorded(results.results)), None)
    caller = LevelCaller(operation, InputFormat(results.manifest.dtype, 1, unit, unit), stays_inside=is_float)
    larger = [pair for pair in heights if pair in LARGER]
    identified = identify_levels(caller, [pair for pair in heights if pair not in LARGER], widths, larger, _ALL_CALLS)
    return replace(identified, calls=0)


def _explaining(pairs: Sequence[ImagePair], among: Sequence[Convention]) -> Candidates | None:
    """The conventions that explain every plane; tried on a few, one after the other, then one a function on all."""
    changing = sorted((pair for pair in pairs if pair.image.shape != pair.result.shape), key=lambda p: p.result.size)
    left = list(among)
    for pair in changing[len(changing) // 2 :: max(1, len(changing) // _SCREENED_PAIRS)]:
        left = [convention for convention in left if _explains(convention, pair)]
    found: list[Explanation] = []
    for group in grouped_by_function(left, pairs):
        one = explain(group[0], pairs)
        if one is not None and one.arithmetics:
            found += [replace(one, convention=convention) for convention in group]
    return tightest(found) if found else None


def _verdict(explanation: Explanation) -> Verdict:
    if not explanation.arithmetics:
        return Verdict.DIVERGES if explanation.worst >= 1 else Verdict.APPROXIMATES
    if explanation.exceptions:
        return Verdict.TIES
    return Verdict.AGREES if explanation.is_tight else Verdict.APPROXIMATES


def _not_explained(results: KitResults, files: FilePairs, alone: Identification | None) -> KitAnswer:
    """The nearest convention and where it does not hold; or the rule that the lines and whole images follow.

    Nothing is said to be near where the axis that keeps its size changes: it is then not one matrix an axis.
    """
    changes = tuple(_changes_kept_axis(results))
    if changes:
        seen = (f"seen:        {sentence}" for sentence in changes)
        lines = (f"{files.subject}: no known convention", *seen, *trouble(results))
        verdict = Verdict.DIVERGES
        return KitAnswer(files.subject, results, verdict, None, None, None, files.pairs, lines, False, changes)
    if alone is not None and alone.convention is None and alone.rule is not None:
        return _by_rule(results, files, alone, alone.rule)
    if alone is not None and alone.unsupported:
        # The lines alone lead nowhere; the whole images still tell which convention is near.
        alone = None
    named = None if alone is None else alone.convention
    nearest = named or (None if alone is None else alone.nearest) or _nearest(results, files.pairs)
    explanation = explain(nearest, files.pairs)
    verdict = Verdict.DIVERGES if explanation is None else _verdict(explanation)
    if alone is not None and named is None:
        said = str(alone).splitlines()
        said += [] if alone.nearest is not None else [f"nearest:     {nearest}"]
    else:
        said = [f"{files.subject}: no known convention", f"nearest:     {nearest}"]
    lines = (*said, *by_kind(results, nearest), *trouble(results))
    evidence = alone.evidence if alone is not None and named is None else ()
    return KitAnswer(
        files.subject, results, verdict, None, nearest, explanation, files.pairs, lines, is_yes=False, evidence=evidence
    )


def _by_rule(results: KitResults, files: FilePairs, alone: Identification, rule: PiecewiseRule) -> KitAnswer:
    """The rule, where it holds for every file."""
    elsewhere = _differing_from_rule(results, rule)
    if elsewhere:
        end = f"except:      {', '.join(elsewhere[:SHOWN])} differ from the rule"
    else:
        end = f"verified:    all {len(files.pairs)} planes of {len(results.results)} files follow the rule"
    is_yes = alone.is_named and not elsewhere
    verdict = Verdict.AGREES if is_yes else Verdict.DIVERGES
    lines = (*str(alone).splitlines(), end, *trouble(results))
    return KitAnswer(files.subject, results, verdict, None, None, None, files.pairs, lines, is_yes, alone.evidence)


def _nearest(results: KitResults, pairs: Sequence[ImagePair]) -> Convention:
    """The documented convention that explains most files; of as many, the one with the least error on a few."""
    firsts = [next(iter(one.pairs())) for one in results.results if one.file.kind is not Kind.RANGE]
    firsts = [pair for pair in firsts if np.ptp(pair.image)]
    few = sorted(firsts, key=lambda pair: pair.result.size)[:: max(1, len(firsts) // 6)]
    explained = {
        convention: sum(_explains(convention, pair) for pair in few) for convention in documented_conventions()
    }
    most = max(explained.values())
    return candidates(few, [convention for convention, count in explained.items() if count == most]).nearest.convention


def _explains(convention: Convention, pair: ImagePair) -> bool:
    one = explain(convention, [pair], _SCREENED_ROWS)
    return one is not None and bool(one.arithmetics)


def _differing_from_rule(results: KitResults, rule: PiecewiseRule) -> list[str]:
    """The files with a plane that is further from the rule than each axis's rounding allows."""
    is_float = results.manifest.dtype == "float32"
    differing = []
    for one in results.results:
        exact = rule.matrices((one.file.shape[0], one.file.shape[1]), one.file.size)
        if one.file.kind is Kind.RANGE:
            continue
        for pair in one.pairs():
            if exact is None:
                differing.append(one.file.output)
                break
            rows, columns = (matrix.to_array() for matrix in exact)
            gain = max(1.0, row_gain(rows) * row_gain(columns))
            expected = rows @ pair.image @ columns.T
            expected = expected if is_float else np.clip(expected, 0, GREY_LEVELS)
            if float(np.abs(pair.result - expected).max()) > (_FLOAT_REACH if is_float else _LEVEL_REACH) * gain:
                differing.append(one.file.output)
                break
    return differing


def _changes_kept_axis(results: KitResults) -> Iterator[str]:
    """A sentence for each axis that keeps its size and not its values, with the shift that explains it."""
    for one in results.results:
        if one.file.kind is not Kind.KEPT:
            continue
        axis, words = (1, "columns") if one.file.shape[1] == one.file.size[1] else (0, "rows")
        line = np.take(one.image, 0, 1 - axis)[..., 0].astype(np.float64)
        made = np.take(one.result, one.result.shape[1 - axis] // 2, 1 - axis)[..., 0].astype(np.float64)
        allowed = _KEPT_REACH * (GREY_LEVELS if one.image.dtype == np.uint8 else 1)
        if np.abs(made - line).max() <= allowed:
            continue
        shifts = [k for k in (1, -1, 2, -2) if np.abs(made[4:-4] - np.roll(line, k)[4:-4]).max() <= allowed]
        how = f"it is shifted by {shifts[0]:+d} {words}" if shifts else f"its {words} are no longer those of the image"
        yield f"{one.file.output}: the axis that keeps its size changes: {how}"
