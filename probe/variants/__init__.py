"""The same call down another path: other dtypes, scales, ranks, gradients, edge cases, code paths."""
