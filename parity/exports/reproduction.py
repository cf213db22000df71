"""A complete program that exports one call, runs the file, and prints expected and actual values."""

from __future__ import annotations

import numpy as np

from halfpixel.adapters.native_call import helper_source
from halfpixel.parity.exports.export_cases import ExportCase, scales_of_case
from halfpixel.parity.exports.registry import DYNAMIC, Exporter
from halfpixel.probe.variants.paths.comparison import PathCase

# From a SavedModel, LiteRT's converter has the signature's name before that of an input, and an output's number after.
_PLAIN = '.removeprefix("serving_default_").removesuffix(":0")'
_BY_NAME = "{one.name: feeds[one.name].numpy() for one in session.get_inputs()}"
_RUNS = {
    "onnxruntime": f"""import onnxruntime
session = onnxruntime.InferenceSession(path)
got = session.run(None, {_BY_NAME})[0]""",
    "onnx-reference": """from onnx.reference import ReferenceEvaluator
session = ReferenceEvaluator(path)
got = session.run(None, {name: feeds[name].numpy() for name in session.input_names})[0]""",
    "opencv-dnn": """import cv2
import onnx
net = cv2.dnn.readNetFromONNX(path)
for one in onnx.load(path).graph.input:
    net.setInput(feeds[one.name].numpy(), one.name)
got = net.forward()""",
    "opencv-dnn tflite": """import cv2
net = cv2.dnn.readNetFromTFLite(path)
for one in ("x", "like"):
    name = f"serving_default_{one}:0"
    net.setInput(feeds[one].numpy().transpose(0, 3, 1, 2), name if name.encode() in open(path, "rb").read() else one)
got = net.forward().transpose(0, 2, 3, 1)""",
    "litert": f"""from ai_edge_litert.interpreter import Interpreter
interpreter = Interpreter(path)
given = {{one["index"]: feeds[one["name"]{_PLAIN}] for one in interpreter.get_input_details()}}
for index, image in given.items():
    interpreter.resize_tensor_input(index, image.shape)
interpreter.allocate_tensors()
for index, image in given.items():
    interpreter.set_tensor(index, image.numpy())
interpreter.invoke()
got = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])""",
    "ncnn": """import ncnn
net = ncnn.Net()
net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
print("loads", net.load_param(path + ".param") == 0 and net.load_model(path + ".bin") == 0)
extractor = net.create_extractor()
for place, blob in enumerate((x, like)):
    extractor.input(f"in{place}", ncnn.Mat(blob[0].numpy()).clone())
got = np.array(extractor.extract("out0")[1])[None]""",
    "mnn": """import MNN.expr
import MNN.nn
manager = MNN.nn.create_runtime_manager(({"precision": "high", "numThread": 1, "backend": 0},))
module = MNN.nn.load_module_from_file(path, [], ["y"], runtime_manager=manager)
given = []
for name in module.get_info()["inputNames"]:
    given.append(MNN.expr.placeholder(list(feeds[name].shape), MNN.expr.NCHW, MNN.expr.float))
    given[-1].write(feeds[name].numpy())
made = module.forward(given)
got = np.array(MNN.expr.convert(made[0] if isinstance(made, list) else made, MNN.expr.NCHW).read())""",
    "executorch": """from executorch.runtime import Runtime
got = Runtime.get().load_program(path).load_method("forward").execute([x, like])[0].numpy()""",
    "openvino": f"""import openvino
model = openvino.Core().compile_model(path, "CPU", {{"INFERENCE_PRECISION_HINT": "f32"}})
names = [next(iter(one.names), ""){_PLAIN} for one in model.inputs]
got = model([feeds.get(name, image).numpy() for name, image in zip(names, (x, like))])[0]""",
    "tensorflow": """import tensorflow as tf
session = tf.saved_model.load(path).signatures["serving_default"]
got = next(iter(session(x=tf.constant(x), like=tf.constant(like)).values())).numpy()""",
}
"""By runtime, and by runtime and kind of file where it reads that kind by other calls."""
_TENSORS = {
    "torch": "torch.from_numpy({})",
    "tensorflow": "tf.constant({})",
    "keras": "keras.ops.convert_to_tensor({})",
}


def reproduction_program(
    export_case: ExportCase,
    exporter: Exporter,
    shapes: str,
    opset: int,
    runtime: str,
    case: PathCase,
    pixels: np.ndarray,
    output: tuple[int, int],
) -> str:
    """Python source that needs the framework, the exporter and the runtime, and shows the case when run as it is.

    ``pixels``, ``(H * W,)``, are the worst image, and ``output`` is the pixel of the result to print. Empty where the
    exporter or the runtime has no program.
    """
    runs = _RUNS.get(f"{runtime} {exporter.kind}", _RUNS.get(runtime, ""))
    call = export_case.call
    if not exporter.program or not runs or call is None:
        return ""
    is_torch, dynamic = exporter.source == "torch", shapes == DYNAMIC
    (height, width), (h, w) = case.size_in, case.size_out
    lines = ["import numpy as np", call.framework.imports]
    lines += ["", *(helper_source(helper) for helper in call.helpers)]
    body = _size(scales_of_case(export_case), is_torch, dynamic, (h, w))
    if is_torch:
        lines += ["", "class Resize(torch.nn.Module):", "    def forward(self, x, like):"]
        lines += [f"        {body}", f"        return {call.expression}", "", ""]
    else:
        lines += ["", "def Resize(x, like):", f"    {body}", f"    return {call.expression}", "", ""]
    given = f"np.array({pixels.reshape(height, width).tolist()}, np.float32)"
    shape, size = ((1, 1, height, width), (1, 1, h, w)) if is_torch else ((1, height, width, 1), (1, h, w, 1))
    make = _TENSORS[exporter.source]
    image = make.format(f"{given}.reshape{shape}")
    lines += [f'path, opset, dynamic = "resize{exporter.suffix}", {opset}, {dynamic}']
    before, traced_in, traced_out = "x, like = ", (height + 5, width + 3), (h + 3, w + 5)
    if is_torch and dynamic:
        lines += [f"{before}torch.zeros(1, 1, {traced_in[0]}, {traced_in[1]}), torch.zeros(1, 1, *{traced_out})"]
    else:
        lines += [f"{before}{image}, {make.format(f'np.zeros({size}, np.float32)')}"]
    lines += ["resize = Resize().eval()" if is_torch else "resize = Resize", exporter.program]
    lines += [f"{before}{image}, {make.format(f'np.zeros({size}, np.float32)')}"]
    lines += ['feeds = {"x": x, "like": like}', "expected = resize(x, like).numpy()", runs]
    row, column = output
    place = f"0, 0, {row}, {column}" if is_torch else f"0, {row}, {column}, 0"
    lines += [
        "print('shape', got.shape, 'and should be', expected.shape)",
        "if got.shape == expected.shape:",
        f"    print('output [{place}] is', got[{place}], 'and should be', expected[{place}])",
    ]
    return "\n".join(lines) + "\n"


def _size(scales: tuple[float, float] | None, is_torch: bool, dynamic: bool, size: tuple[int, int]) -> str:
    """The line that gives the call's expression its two numbers."""
    if scales is not None:
        return f"sy, sx = {scales[0]!r}, {scales[1]!r}"
    if not dynamic:
        return f"h, w = {size[0]}, {size[1]}"
    return "h, w = like.shape[2:]" if is_torch else "h, w = tf.shape(like)[1], tf.shape(like)[2]"
