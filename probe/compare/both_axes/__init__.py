"""Hold what a call makes of both axes at once against what is expected of it."""
