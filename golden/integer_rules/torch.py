"""Integer rules of torch."""

from __future__ import annotations

from halfpixel.golden.integer_rules.rule import IntegerRule

RULES: tuple[IntegerRule, ...] = ()
