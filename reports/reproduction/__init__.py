"""Run the reproductions of a record, and compare what they print with it."""
