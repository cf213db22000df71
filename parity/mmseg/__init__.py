"""Audits the ``align_corners`` of mmsegmentation configs without building a model: ``python -m parity.mmseg``."""
