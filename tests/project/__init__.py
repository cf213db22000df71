"""Tests of the repository: smoke, packaging, requirements, commands of the README."""
