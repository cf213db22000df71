"""Tests of what the audit tells from the file alone."""
