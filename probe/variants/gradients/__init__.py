"""The gradient of a resize, compared with its transposed matrix."""
