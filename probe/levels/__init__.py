"""Naming what takes or returns grey levels, of which a matrix is only seen to within a rounding."""
