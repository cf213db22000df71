"""The measured parts of a sentence: an example in weights or values, how bad it gets, where it happens, and names."""

from __future__ import annotations

import math
import re

from reports.record import Finding, Worst

WHOLE_RANGE = 255.0

_PLAIN = re.compile(r"-?\d+(\.\d*)?(e[-+]?\d+)?|-?inf|nan", re.IGNORECASE)


def short(text: str, limit: int) -> str:
    """One line of at most ``limit`` characters."""
    text = " ".join(text[: 4 * limit + 1000].split())
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def short_call(text: str, limit: int) -> str:
    """A call in at most ``limit`` characters: arguments are left out whole, ``resize(mode=cubic, …)``."""
    whole = short(text, limit)
    if not whole.endswith("…"):
        return whole
    kept, comma, _ = whole[:-3].rpartition(", ")
    return f"{kept}, …)" if comma and "(" in kept else whole


def amount(value: float) -> str:
    """A number with at most three significant digits, and separated thousands."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "infinity"
    if abs(value) >= 1e15:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def pixels(count: float) -> str:
    """``half an input pixel``, ``one input pixel``, ``1.5 input pixels``."""
    if math.isclose(count, 0.5, abs_tol=1e-3):
        return "half an input pixel"
    return "one input pixel" if math.isclose(count, 1, abs_tol=1e-3) else f"{amount(count)} input pixels"


def worst_case(finding: Finding) -> str:
    """How far an output can be off, in grey levels where they were measured; empty if no size of it was."""
    grey, gain = finding.grey_levels, finding.gain
    if grey is not None and math.isfinite(grey) and grey > 0:
        if math.isclose(grey, WHOLE_RANGE, rel_tol=1e-3):
            return "worst case: the whole range"
        if grey > WHOLE_RANGE:
            return f"worst case: more than the whole range ({amount(grey)} grey levels of 255)"
        return f"worst case: {amount(grey)} of 255 grey levels" + (", less than one" if grey < 1 else "")
    if gain is None or gain == 0:
        return ""
    if not math.isfinite(gain):
        return "worst case: not a finite number"
    if finding.unit and not finding.unit.startswith("for images"):
        return _counted(f"worst case: {amount(gain)} {short(finding.unit, 40)}")
    return f"worst case: {amount(gain)} for images from -1 to 1"


def moved(finding: Finding) -> str:
    """By how much samples move, where a hundredth of a pixel or more was measured."""
    by = finding.pixels_moved
    return f"samples move by up to {pixels(by)}" if by is not None and math.isfinite(by) and by >= 0.01 else ""


def where(finding: Finding) -> str:
    """In which direction sizes differ, if not in all, and at how many."""
    counts = {
        "enlarging": finding.differing_up,
        "shrinking": finding.differing_down,
        "the size stays": finding.differing_same,
    }
    seen = [name for name, count in counts.items() if count]
    if not seen:
        return ""
    pairs = _counted(f"{finding.pairs_differing:,} pairs of sizes")
    if len(seen) == 3:
        return f"at {pairs}"
    return f"when {' or '.join(seen)} ({pairs})"


def example(finding: Finding) -> str:
    """What came out and what should have, at the worst place."""
    if finding.worst is not None:
        return _row(finding.worst)
    figures = (str(finding.figures.get(name, "")) for name in ("worst at", "got", "expected"))
    longest = (120, 72, 72)
    place, got, expected = (_counted(short(text, limit)) for text, limit in zip(figures, longest, strict=True))
    if not got or not expected:
        return ""
    start = f"{place}: " if place else ""
    kind = re.search(r" \(\w+\)$", got)
    if kind and expected.endswith(kind[0]):
        got, expected = got.removesuffix(kind[0]), expected.removesuffix(kind[0])
    if _PLAIN.fullmatch(got):
        return f"{start}{' instead of '.join(_trimmed(got, expected))}"
    return f"{start}{got}; expected {expected}"


def _counted(text: str) -> str:
    """``1 outputs`` as ``1 output``."""
    units = "input pixel|output pixel|pixel|output|image|pair|case|channel|level"
    return re.sub(rf"(?<![\d.,-])1 ({units})s\b( that are)?", lambda m: f"1 {m[1]}{' that is' * bool(m[2])}", text)


def _trimmed(got: str, expected: str) -> tuple[str, str]:
    """Two numbers with as few digits as show that they differ; what is not a plain number as it is."""
    if not (_PLAIN.fullmatch(got) and _PLAIN.fullmatch(expected)):
        return got, expected
    if "." not in got + expected:
        return got, expected
    return _apart(float(got), float(expected))


def _row(row: Worst) -> str:
    place = f"from {row.n_in} to {_counted(f'{row.n_out} pixels')}, output {row.output_index}"
    expected, got = _pick(row.expected), _pick(row.got)
    if expected is not None and got is not None:
        return f"{place} takes {_pixel(got)} instead of {_pixel(expected)}"
    differences = [abs(a - b) for a, b in zip(row.got, row.expected, strict=True)]
    if not differences:
        return ""
    broken = next((at for at, by in enumerate(differences) if not math.isfinite(by)), None)
    at = broken if broken is not None else max(range(len(differences)), key=differences.__getitem__)
    a, b = _apart(row.got[at], row.expected[at])
    return f"{place} gives pixel {at} the weight {a} instead of {b}"


def _apart(got: float, expected: float) -> tuple[str, str]:
    """Both with as few digits as show that they differ."""
    for digits in range(4, 18):
        a, b = f"{got:.{digits}g}", f"{expected:.{digits}g}"
        if a != b:
            return a, b
    return str(got), str(expected)


def _pick(weights: tuple[float, ...]) -> int | None:
    """The pixel that a row takes whole; -1 if it takes none; ``None`` if it mixes."""
    heavy = [at for at, weight in enumerate(weights) if weight]
    if not heavy:
        return -1
    return heavy[0] if len(heavy) == 1 and math.isclose(weights[heavy[0]], 1, abs_tol=1e-3) else None


def _pixel(index: int) -> str:
    return "no pixel" if index < 0 else f"pixel {index}"
