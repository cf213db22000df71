"""Tests of records and of the commands on them."""
