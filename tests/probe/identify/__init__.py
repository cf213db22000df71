"""Tests of identifying what a resizer does."""

MOST_CALLS_FOR_A_RULE = 2000
"""What is allowed where no convention fits: both axes are observed at once, impulse by impulse."""
