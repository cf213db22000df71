"""Measurements for the page's side-by-side comparison."""
