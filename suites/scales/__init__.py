"""Calls by scale factor: which size, which scale?"""
