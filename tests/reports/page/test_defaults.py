"""The table of defaults: parameters in words, what other suites found beside them, dashes for the rest."""

from __future__ import annotations

from halfpixel.golden import Convention
from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.reports.records.record_types import DefaultCall, Finding, Refusal
from halfpixel.reports.sections.defaults import defaults_table

CUBIC = Convention(kernel="cubic", cubic_coeff_a="-1/2", antialias=True, border="renormalise")


def _default(framework: str, convention: Convention | None) -> DefaultCall:
    return DefaultCall(
        framework=framework,
        operation=f"{framework} resize()",
        call="resize(x, (h, w))",
        identified=None if convention is None else str(convention),
        convention=None if convention is None else convention.as_dict(),
    )


def _finding(suite: str, variant: str, **about) -> Finding:
    common = {"question": "?", "operation": "pillow resize()", "framework": "pillow", "against": "", "verdict": "exact"}
    return Finding(suite=suite, variant=variant, **(common | about))


def test_a_row_says_what_the_convention_and_the_other_suites_say():
    rule = {"rule": "half_even", "arithmetic": "float64"}
    others = [_finding("dtypes", "uint8", headline="to nearest"), _finding("scales", "output size", figures=rule)]
    ((identified, (row,)),) = defaults_table([_default("pillow", CUBIC)], others)
    assert identified == str(CUBIC)
    assert (row.kernel, row.border) == ("cubic, a = -1/2", "renormalise")
    assert row.samples == "pixel centres (half_pixel)"
    assert row.shrinking == "antialiased: the kernel is stretched"
    assert (row.uint8, row.scale) == ("to nearest", "half even, float64")


def test_what_was_not_measured_is_a_dash_and_a_refusal_is_not_one():
    refused = _finding("dtypes", "uint8", verdict="unsupported", refused=Refusal(pairs=1, message="no"))
    rows = dict(defaults_table([_default("pillow", None), _default("torch", CUBIC)], [refused]))
    assert (rows[None][0].kernel, rows[None][0].uint8) == ("–", "refuses")
    assert (rows[str(CUBIC)][0].uint8, rows[str(CUBIC)][0].scale) == ("–", "–")


def test_calls_that_do_the_same_stand_together_and_the_most_common_first():
    rows = defaults_table(
        [_default("b", Convention()), _default("c", CUBIC), _default("a", CUBIC), _default("d", None)], []
    )
    assert [(name, [row.default.framework for row in those]) for name, those in rows] == [
        (str(CUBIC), ["a", "c"]),
        (str(Convention()), ["b"]),
        (None, ["d"]),
    ]


def test_every_convention_of_the_catalogue_has_words_of_its_own():
    told = {}
    for entry in CATALOGUE:
        ((_, (row,)),) = defaults_table([_default("x", entry.convention)], [])
        told.setdefault((row.kernel, row.samples, row.shrinking, row.border), set()).add(entry.convention)
    same = [
        those
        for those in told.values()
        if len({one.but(sigma=None, roi=None) if one.roi else one for one in those}) > 1
    ]
    assert same == []
