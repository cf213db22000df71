"""Results of an operation for images of every dtype: rounding, saturation, precision."""
