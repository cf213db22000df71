"""What is known to be wrong with each project: the catalogue, the locks of what was measured, and the programs."""
