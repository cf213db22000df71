"""Tests of ``halfpixel check --vectors``."""
