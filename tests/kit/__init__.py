"""Kits answered by real programs that know nothing of this project."""
