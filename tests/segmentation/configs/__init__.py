"""Tests of the audit of mmsegmentation configs."""
