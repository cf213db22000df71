"""Python source that exports ``Resize`` (for torch a module, for TensorFlow a function) to ``path``, for reproductions.

In terms of ``x``, ``like``, ``opset`` and ``dynamic``; see :class:`parity.exporters.Exporter`.
"""

from __future__ import annotations

TORCH_DYNAMO = """AUTO = torch.export.Dim.AUTO
shapes = {"x": {2: AUTO, 3: AUTO}, "like": {2: AUTO, 3: AUTO}} if dynamic else None
names = {"input_names": ["x", "like"], "output_names": ["y"], "opset_version": opset}
torch.onnx.export(Resize(), (x, like), path, dynamo=True, dynamic_shapes=shapes, **names)"""

TORCHSCRIPT = """axes = {"x": {2: "H", 3: "W"}, "like": {2: "h", 3: "w"}, "y": {2: "a", 3: "b"}} if dynamic else None
names = {"input_names": ["x", "like"], "output_names": ["y"], "opset_version": opset}
torch.onnx.export(Resize(), (x, like), path, dynamo=False, dynamic_axes=axes, **names)"""

TF2ONNX = """import tf2onnx
axes = [x.shape[0], None, None, 1] if dynamic else x.shape
sizes = [1, None, None, 1] if dynamic else like.shape
signature = [tf.TensorSpec(axes, tf.float32, name="x"), tf.TensorSpec(sizes, tf.float32, name="like")]
tf2onnx.convert.from_function(tf.function(Resize), signature, opset=opset, output_path=path)"""

OPENVINO_TORCH = """import openvino
shapes = [(-1, 1, -1, -1)] * 2 if dynamic else [tuple(x.shape), tuple(like.shape)]
model = openvino.convert_model(Resize().eval(), example_input=(x, like), input=shapes)
openvino.save_model(model, path, compress_to_fp16=False)"""

_TRACED = """axes = [x.shape[0], None, None, 1] if dynamic else x.shape
sizes = [1, None, None, 1] if dynamic else like.shape
signature = [tf.TensorSpec(axes, tf.float32, name="x"), tf.TensorSpec(sizes, tf.float32, name="like")]
traced = tf.function(Resize).get_concrete_function(*signature)
"""

OPENVINO_TF = (
    "import openvino\n" + _TRACED + "openvino.save_model(openvino.convert_model(traced), path, compress_to_fp16=False)"
)

LITERT = (
    _TRACED
    + """with open(path, "wb") as file:
    file.write(tf.lite.TFLiteConverter.from_concrete_functions([traced]).convert())"""
)
