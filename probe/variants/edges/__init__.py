"""Answers of an operation at the edges of its domain: sizes, memory layouts and values out of the ordinary."""
