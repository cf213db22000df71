"""Tests of identifying what a resizer does."""
