"""Readers of model files: ONNX, LiteRT, SavedModel and .pt2; each returns the resizes of the model."""
