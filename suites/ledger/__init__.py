"""The ledger: catalogues of defects, locks of releases, and how both decide the outcome of a test."""
