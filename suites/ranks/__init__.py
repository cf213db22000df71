"""Other numbers of axes, channels and images."""
