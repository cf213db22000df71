"""The known defects of each project: the catalogue, the locks of releases that were measured, and the programs."""
