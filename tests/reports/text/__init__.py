"""Tests of reports as text, tables and badges."""
