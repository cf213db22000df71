"""What a model file alone says about its resizes, and how each could go wrong."""
