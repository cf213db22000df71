"""How libraries compute images of integers, bit for bit: named rules, each with its source. numpy only."""

from __future__ import annotations

from halfpixel.golden.integer_rules import onnx, onnxruntime, opencv, pillow, tensorflow, torch
from halfpixel.golden.integer_rules.rule import IntegerRule

__all__ = ["INTEGER_RULES", "IntegerRule"]

INTEGER_RULES: dict[str, IntegerRule] = {
    rule.name: rule for module in (pillow, torch, opencv, tensorflow, onnx, onnxruntime) for rule in module.RULES
}
"""Every rule by its name."""
