"""Tests of translating a call to another framework."""
