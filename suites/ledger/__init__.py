"""The ledger of known divergences, and how it decides the outcome of a test."""
