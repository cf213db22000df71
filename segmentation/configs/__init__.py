"""Audit of the ``align_corners`` of mmsegmentation configs, without building a model."""
