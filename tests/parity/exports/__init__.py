"""Tests of the export matrix."""
