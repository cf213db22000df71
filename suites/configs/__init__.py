"""Configs of mmsegmentation: decode heads, strides, sizes."""
