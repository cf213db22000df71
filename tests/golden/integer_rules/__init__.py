"""Tests of how libraries compute images of integers."""
