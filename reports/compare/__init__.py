"""Several runs compared: merge, diff, timeline, and since when a divergence is found."""
