"""The lines that an answer about a kit is made of: what was verified, which files differ, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from halfpixel.golden import Convention
from halfpixel.golden.integer_rules import IntegerRule
from halfpixel.probe.image_pairs.explanation import Explanation, explain
from halfpixel.probe.image_pairs.from_files import FilePairs
from halfpixel.probe.kit.images import Kind
from halfpixel.probe.kit.read import KitResults

SHOWN = 6
"""Files that a line names."""
_KINDS = {
    Kind.HEIGHT: "the height alone",
    Kind.WIDTH: "the width alone",
    Kind.KEPT: "an axis that stays",
    Kind.BOTH: "both axes at once",
    Kind.CONSTANT: "a constant image",
}


def rule_lines(rules: Sequence[IntegerRule]) -> Iterator[str]:
    """The libraries whose integers every result is."""
    for rule in rules:
        yield f"bit for bit: {rule.name}: {rule.call}, {rule.library} {', '.join(rule.versions[:1])}"


def by_kind(results: KitResults, convention: Convention) -> Iterator[str]:
    """How many files of each kind a convention explains, and which it does not."""
    differing, counts = [], []
    for kind, words in _KINDS.items():
        files = [one for one in results.results if one.file.kind is kind]
        bad = []
        for one in files:
            found = explain(convention, list(one.pairs()))
            if found is None or not found.arithmetics:
                bad.append(f"{one.file.output} ({float('nan') if found is None else found.worst:.3g})")
        if files:
            counts.append(f"{words} {len(files) - len(bad)} of {len(files)}")
        differing += bad
    yield f"it explains: {', '.join(counts)}"
    if differing:
        more = f", and {len(differing) - SHOWN} more" if len(differing) > SHOWN else ""
        yield f"differing:   {', '.join(differing[:SHOWN])}{more} (worst error in grey levels)"


def verified(results: KitResults, files: FilePairs, explanation: Explanation) -> Iterator[str]:
    """Lines on everything else that was compared: every channel, and whole images."""
    whole = [one for one in results.results if one.file.kind is Kind.BOTH]
    planes = f"all {len(files.pairs)} planes of {len(results.results)} files"
    within = str(explanation.arithmetics[0]) if files.pairs[0].highest is not None else "within float32 rounding"
    yield f"verified:    {planes}: {within}"
    if whole:
        largest = max(whole, key=lambda one: one.image.size)
        (H, W, _), (h, w) = largest.file.shape, largest.file.size
        yield (
            f"random:      {len(whole)} random images, both axes at once, up to {W} x {H} -> {w} x {h}: "
            "an operator that differs there would differ on them almost surely"
        )
    else:
        yield "random:      none came back: what both axes do together is not known"


def range_line(results: KitResults, convention: Convention) -> Iterator[str]:
    """Whether floats beyond 0 to 1 are kept."""
    for one in results.results:
        if one.file.kind is Kind.RANGE:
            pairs = list(one.pairs())
            kept = explain(convention, pairs)
            clipped = one.result.min() >= 0 and one.result.max() <= 1
            words = "clipped" if clipped else "changed in another way than by clipping"
            yield f"range:       values beyond 0..1 are {'kept' if kept is not None and kept.arithmetics else words}"


def trouble(results: KitResults) -> Iterator[str]:
    """Lines on the files: missing, left out, and how the rest was read."""
    manifest = results.manifest
    yield f"files:       {len(results.results)} of {len(manifest.files)}, {manifest.dtype} {manifest.layout}"
    if results.missing:
        more = f", and {len(results.missing) - SHOWN} more" if len(results.missing) > SHOWN else ""
        yield f"missing:     {', '.join(results.missing[:SHOWN])}{more}"
    yield from (f"left out:    {reason}" for reason in results.left_out)
    yield from (f"note:        {note}" for note in results.notes)
