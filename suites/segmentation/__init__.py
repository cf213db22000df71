"""What a change of ``align_corners`` does to a mask."""
