"""Holds any resizer against test vectors, and names the faults that its failures fit."""
