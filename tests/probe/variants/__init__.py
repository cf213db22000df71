"""Tests of the suites of variants: dtypes, scales, ranks, gradients, edges, paths."""
