"""Identifications by a rule: verify a named convention on both axes, look for a rule, or for one of a scale given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from halfpixel.adapters.operation import PlaneByPlane, from_callable
from halfpixel.golden import Convention
from halfpixel.golden.convention import as_fraction
from halfpixel.golden.rules import PiecewiseRule, ResizeRule, Size
from halfpixel.golden.vocabulary import GREY_LEVELS, Cause, Verdict
from halfpixel.probe.compare.discrepancy import Discrepancy, Fault
from halfpixel.probe.compare.reference import accepts
from halfpixel.probe.identify.identification import Identification, not_measurable
from halfpixel.probe.identify.parameter_estimates import Parameters
from halfpixel.probe.identify.rules.axis_observations import Shape
from halfpixel.probe.identify.rules.given_scale import GivenScale, follow_scale, follow_scales, ignores_size
from halfpixel.probe.identify.rules.rule_search import error_at
from halfpixel.probe.identify.rules.rule_verification import FRESH, Misfit, RuleFinding, RuleSearch, misfit
from halfpixel.probe.identify.rules.sampling_laws import given_rules
from halfpixel.probe.measure.axis_matrix import Refused, exception_text
from halfpixel.probe.measure.batched_measurement import CountingCaller, as_real_numbers

_SHOWN = 4
_VERIFIED = 9
"""Images that a named convention is held against, the most telling shapes first."""
_TRIED = 12
"""Conventions that explain both axes alone, and are held against the images one after the other."""


def _accepted(caller: CountingCaller) -> Callable[[Shape], bool]:
    return lambda shape: accepts(caller.operation, *shape)


def verify_jointly(
    caller: CountingCaller, conventions: Sequence[Convention], most: int
) -> tuple[Convention | None, list[Shape], list[Convention]]:
    """Hold conventions on both axes at once against random images, at most ``most``.

    The first of ``conventions``, the plainest first, that no image contradicts; the shapes compared; the conventions
    that some image contradicts. ``None`` where none is left of the first :data:`_TRIED`.
    """
    is_accepted = _accepted(caller)
    shapes = [shape for shape in FRESH if is_accepted(shape)][: max(0, min(_VERIFIED, most))]
    results: dict[Shape, np.ndarray] = {}

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        shape = ((image.shape[0], image.shape[1]), size)
        if shape not in results:
            results[shape] = caller.resize_plane(image, size)
        return results[shape]

    contradicted: list[Convention] = []
    for convention in conventions[:_TRIED]:
        rule = PiecewiseRule.of(ResizeRule(convention))
        compared = {}
        for shape in shapes:
            compared[shape] = misfit(resize, rule, shape)
            if isinstance(compared[shape], Misfit):
                contradicted.append(convention)
                shapes.insert(0, shapes.pop(shapes.index(shape)))  # the next is tried first where this one failed
                break
        else:
            return convention, [shape for shape in shapes if compared[shape]], contradicted
    return None, [], contradicted


def joint_evidence(shapes: Sequence[Shape]) -> Iterator[str]:
    """A sentence on the random images that both axes together were held against."""
    if shapes:
        (height, width), (h, w) = max(shapes, key=lambda shape: shape[0][0] * shape[0][1])
        count = "a random image agrees" if len(shapes) == 1 else f"{len(shapes)} random images agree"
        yield f"both axes at once: {count}, the largest {height}x{width} -> {h}x{w}"


def follow_rule(caller: CountingCaller) -> RuleFinding:
    """The rule that both axes of the caller's operation follow, if any."""
    return RuleSearch(caller.resize_plane, _accepted(caller)).run()


def rule_identification(
    caller: CountingCaller, finding: RuleFinding, estimate: Callable[[], Parameters] | None
) -> Identification | None:
    """The identification by a rule that was found; ``None`` where there is none, or it fails at most shapes."""
    rule = finding.rule
    if rule is None or rule.main is None or not finding.verified or 2 * len(finding.misfits) > finding.verified:
        return None
    if len({seen.sizes.axis for seen in finding.observations if seen.is_telling}) < 2:
        return None  # nothing shows what the other axis does
    exceptions = tuple(_exceptions(finding))
    levels = max((found.grey_levels for found in finding.misfits), default=0.0)
    levels = max([levels, *(error for _, error in finding.exceptions), *(p.grey_levels for p in finding.not_products)])
    verdict = Verdict.DIVERGES if exceptions else Verdict.AGREES
    measured = len(finding.observations) + finding.verified
    discrepancy = Discrepancy(
        caller.operation.id, str(rule), verdict, 2 * levels / GREY_LEVELS, levels, measured=measured
    )
    is_convention = rule.convention is not None and not exceptions
    return Identification(
        discrepancy,
        convention=rule.convention if is_convention else None,
        rule=None if is_convention else rule,
        nearest=rule.main.convention if exceptions else None,
        calls=caller.calls,
        evidence=(
            f"both axes at once: {len(finding.observations) // 2} shapes observed impulse by impulse, and random images"
            f" at {finding.verified} others",
        ),
        exceptions_of_rule=exceptions,
        estimate_parameters=estimate,
    )


def _exceptions(finding: RuleFinding) -> Iterator[str]:
    if finding.exceptions:
        seen, error = max(finding.exceptions, key=lambda found: found[1])
        height = seen.sizes if seen.sizes.axis == "height" else seen.sizes.other
        shape = f"{height.n_in}x{height.other_in} -> {height.n_out}x{height.other_out}"
        yield f"{error:.4g} of 255 grey levels off at {shape}, at most, where no known rule holds"
    if finding.misfits:
        worst = sorted(finding.misfits, key=lambda found: -found.grey_levels)
        more = f", and {len(worst) - _SHOWN} more" if len(worst) > _SHOWN else ""
        yield f"it does not hold at {', '.join(map(str, worst[:_SHOWN]))}{more}, of {finding.verified} shapes compared"
    yield from map(str, finding.not_products[:_SHOWN])


def separability_faults(finding: RuleFinding) -> tuple[Fault, ...]:
    """The fault of an operator that is not one matrix an axis."""
    worst = max(finding.not_products, key=lambda found: found.grey_levels)
    return (Fault(Cause.SEPARABILITY, 2 * worst.grey_levels / GREY_LEVELS, str(worst), *worst.shape),)


def scale_identification(caller: CountingCaller) -> Identification | None:
    """The identification of a function that returns a size of its own whatever is asked; ``None`` for others."""
    run = caller.operation.run
    if not isinstance(run, PlaneByPlane):
        return None

    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        caller.calls += 1
        try:
            result = np.asarray(run.function(image.copy(), size))
        except Exception as error:
            raise Refused(exception_text(error)) from error
        return as_real_numbers(result, np.float32)

    if not ignores_size(resize):
        return None
    followed = follow_scale(resize)
    if followed is None or followed.scales == (Fraction(1),):
        return None
    return _by_scale(caller, followed, "whatever size is asked for")


def identify_by_scale(subject: Callable[..., np.ndarray], scales: Sequence[Fraction | float | str]) -> Identification:
    """The identification of ``f(image (H, W), scale)`` with each of ``scales``, output over input.

    Raises ``ValueError`` for scales that are not positive numbers, or none.
    """
    given = [as_fraction(scale) for scale in scales]
    if not given or min(given) <= 0:
        raise ValueError("scales must be positive numbers, output over input, and not empty")
    operation = from_callable(subject)  # its name alone is used
    calls = 0
    message = ""

    def counted(image: np.ndarray, scale: float) -> np.ndarray:
        nonlocal calls, message
        calls += 1
        try:
            return as_real_numbers(np.asarray(subject(image, scale)), np.float32)
        except Exception as error:  # a function may raise anything
            message = exception_text(error)
            raise

    followed = follow_scales(counted, given)
    if followed is None:
        return not_measurable(
            operation.id, calls, f"refused at every size: {message}" if message else "it returns no planes"
        )
    return _by_scale(CountingCaller(operation, True, calls), followed, "")


def _by_scale(caller: CountingCaller, followed: GivenScale, when: str) -> Identification:
    finding = followed.finding
    named = rule_identification(caller, finding, None)
    scales = " or ".join(str(scale) for scale in followed.scales[:4])
    size = f"{followed.size_text} pixels{', ' if when else ''}{when}"
    if named is None:
        reason = f"asks for a scale ({scales}) and returns {size}; no known rule explains what it does at that size"
        faults = separability_faults(finding) if finding.not_products else ()
        unnamed = not_measurable(caller.operation.id, caller.calls, reason, Verdict.DIVERGES, faults)
        return replace(unnamed, asks_for_scale=size)
    alike = _alike(finding)
    same = (f"cannot be told at {scales} from: {'; '.join(map(str, alike[:_SHOWN]))}",) if alike else ()
    evidence = (f"scales asked: {scales}", *same, *named.evidence)
    return replace(named, rule=finding.rule, asks_for_scale=size, evidence=evidence)


def _alike(finding: RuleFinding) -> list[ResizeRule]:
    """Other kernels and anchors that explain all observations as well: one scale shows few phases of a kernel."""
    main = None if finding.rule is None else finding.rule.main
    return [
        rule
        for rule in given_rules()
        if rule != main and not any(error_at(rule, seen) for seen in finding.observations)
    ]
