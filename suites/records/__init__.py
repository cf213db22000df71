"""Report records made from measurements."""
