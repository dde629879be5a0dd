"""Networks from files that hold their graph: ONNX, TensorFlow Lite, TensorFlow.js."""
