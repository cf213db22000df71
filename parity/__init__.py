"""Whole models: what their configs and exported graphs say of each resize, and whether the pieces fit together."""
