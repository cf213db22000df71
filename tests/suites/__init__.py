"""Tests that run pytest on the suites."""
