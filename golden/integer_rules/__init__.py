"""How libraries compute images of integers, bit for bit: named rules, each with its source. numpy only."""

from __future__ import annotations

from difflib import get_close_matches

from halfpixel.golden.integer_rules import onnx, onnxruntime, opencv, pillow, tensorflow, torch
from halfpixel.golden.integer_rules.rule import IntegerRule

__all__ = ["INTEGER_RULES", "IntegerRule", "integer_rule"]

INTEGER_RULES: dict[str, IntegerRule] = {
    rule.name: rule for module in (pillow, torch, opencv, tensorflow, onnx, onnxruntime) for rule in module.RULES
}
"""Every rule by its name."""


def integer_rule(name: str) -> IntegerRule:
    """The rule of that name; ``ValueError`` in one line, with the names near it, where there is none."""
    if name not in INTEGER_RULES:
        near = ", ".join(get_close_matches(name, INTEGER_RULES, 3)) or "none"
        raise ValueError(f"no integer rule {name!r}; near it: {near}")
    return INTEGER_RULES[name]
