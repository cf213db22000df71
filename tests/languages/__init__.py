"""Readers of test vectors in other languages, each with a resizer."""
