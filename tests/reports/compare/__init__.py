"""Tests of joining and comparing runs."""
