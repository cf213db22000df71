"""What to write in another framework instead."""
