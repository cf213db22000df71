"""Tests of the kit: what it asks for, what it reads, and what it names."""
