"""Measures what a sweep costs and what it catches; nothing here asserts."""
