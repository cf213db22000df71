"""The record of a run: types, schema, reading and writing, equality, counts."""
