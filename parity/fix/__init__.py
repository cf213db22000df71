"""Write a corrected ONNX model."""
