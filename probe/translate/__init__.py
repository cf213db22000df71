"""What to write in another framework instead of a call."""
