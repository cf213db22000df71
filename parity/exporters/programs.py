"""Python source that exports ``Resize`` (for torch a module, for TensorFlow a function) to ``path``, for reproductions.

In terms of ``x``, ``like``, ``opset`` and ``dynamic``; see :class:`parity.exporters.Exporter`.
"""

from __future__ import annotations

SIDES = {"height": (3, 16), "width": (4, 16), "h": (2, 16), "w": (3, 16)}
"""The least and the most of each side that ExecuTorch plans memory for, where shapes are open."""

TORCH_DYNAMO = """OPEN = torch.export.Dim.DYNAMIC
shapes = {"x": {2: OPEN, 3: OPEN}, "like": {2: OPEN, 3: OPEN}} if dynamic else None
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

PNNX = """import pnnx
more = (torch.zeros(1, 1, 6, 7), torch.zeros(1, 1, 7, 6)) if dynamic else None
param = {"ncnnparam": f"{path}.param", "ncnnbin": f"{path}.bin"}
pnnx.export(Resize(), "resize.pt", (x, like), more, fp16=False, **param)"""

MNN = (
    TORCHSCRIPT.replace(", path, ", ', "resize.onnx", ')
    + """
import _tools
_tools.mnnconvert(["mnnconvert", "-f", "ONNX", "--modelFile", "resize.onnx", "--MNNModel", path, "--bizCode", "parity",
                   "--keepInputFormat", "1"])"""
)


def executorch(partitioner: str = "") -> str:
    """To ExecuTorch's own kernels, or what it takes of it to the partitioner of a backend, ``module:class``."""
    module, _, name = partitioner.partition(":")
    lines = ["from executorch.exir import to_edge_transform_and_lower"]
    lines += [f"from {module} import {name}"] if partitioner else []
    lines += [
        f"""sides = {SIDES}
H, W, h, w = (torch.export.Dim(name, min=least, max=most) for name, (least, most) in sides.items())"""
    ]
    lines += [
        """shapes = {"x": {2: H, 3: W}, "like": {2: h, 3: w}} if dynamic else None
exported = torch.export.export(Resize(), (x, like), dynamic_shapes=shapes)"""
    ]
    given = f"exported, partitioner=[{name}()]" if partitioner else "exported"
    lines += [
        'with open(path, "wb") as file:',
        f"    file.write(to_edge_transform_and_lower({given}).to_executorch().buffer)",
    ]
    return "\n".join(lines)


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

SAVED_MODEL = (
    _TRACED
    + """module = tf.Module()
module.resize = traced
tf.saved_model.save(module, path, traced)"""
)


def keras(format: str) -> str:
    """``Model.export`` to a format."""
    more = ", opset_version=opset" if format == "onnx" else ""
    return f"""image, size = (keras.Input(batch_shape=one.shape, name=name) for one, name in ((x, "x"), (like, "like")))
model = keras.Model([image, size], resize(image, size))
model([x, like])
model.export(path, format="{format}", verbose=False{more})"""
