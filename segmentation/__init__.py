"""``align_corners`` for those who segment: claims, masks, scenes, mmsegmentation configs, the numbers of the guide."""
