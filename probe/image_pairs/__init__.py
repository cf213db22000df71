"""Hold an image and the result of resizing it against conventions: which explain every pixel within rounding."""
