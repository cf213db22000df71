"""Measure what an implementation does: matrices along an axis, sweeps over sizes, calls in a sandbox."""
