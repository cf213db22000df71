"""Reading and editing ONNX models."""
