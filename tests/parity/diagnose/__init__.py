"""Tests of single steps of a run."""
