"""Resizes of one, three or more axes, and of many channels and images."""
