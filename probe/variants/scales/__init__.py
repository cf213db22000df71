"""Calls by scale factor: output size, coordinates, axes."""
