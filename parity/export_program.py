"""A complete program that exports one call, runs the file, and prints what came out beside what should have."""

from __future__ import annotations

import inspect
import textwrap

import numpy as np

from adapters import Operation
from parity.export_questions import scales_of
from parity.exporters import DYNAMIC, Exporter
from parity.exporters.source import Asked
from probe.paths.cases import Case

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
    "litert": """from ai_edge_litert.interpreter import Interpreter
interpreter = Interpreter(path)
for place, one in enumerate(interpreter.get_input_details()):
    interpreter.resize_tensor_input(one["index"], (x, like)[place].shape)
interpreter.allocate_tensors()
for place, one in enumerate(interpreter.get_input_details()):
    interpreter.set_tensor(one["index"], (x, like)[place].numpy())
interpreter.invoke()
got = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])""",
    "openvino": """import openvino
model = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
got = model([feeds["x"].numpy(), feeds["like"].numpy()][: len(model.inputs)])[0]""",
}


def program(
    asked: Asked,
    exporter: Exporter,
    shapes: str,
    opset: int,
    runtime: str,
    case: Case,
    signs: np.ndarray,
    at: tuple[int, int, int, int],
) -> str:
    """Python source that needs the framework, the exporter and the runtime, and shows the case when run as it is.

    ``signs``, one for each pixel, are the worst image, and ``at`` the output where it is worst. Empty where there is no
    way to say it.
    """
    if not exporter.program or runtime not in _RUNS:
        return ""
    is_torch, call, dynamic = exporter.source == "torch", asked.call, shapes == DYNAMIC
    (height, width), (h, w) = case.size_in, case.size_out
    lines = ["import numpy as np", call.framework.imports]
    lines += ["", *(textwrap.dedent(inspect.getsource(helper)) for helper in call.helpers)]
    body = _size(asked, is_torch, dynamic, (h, w), scales_of(asked))
    if is_torch:
        lines += ["", "class Resize(torch.nn.Module):", "    def forward(self, x, like):"]
        lines += [f"        {body}", f"        return {call.expression}", "", ""]
    else:
        lines += ["", "def Resize(x, like):", f"    {body}", f"    return {call.expression}", "", ""]
    given = f"np.array({signs.reshape(height, width).tolist()}, np.float32)"
    shape, size = ((1, 1, height, width), (1, 1, h, w)) if is_torch else ((1, height, width, 1), (1, h, w, 1))
    make = "torch.from_numpy({})" if is_torch else "tf.constant({})"
    image = make.format(f"{given}.reshape{shape}")
    lines += [f'path, opset, dynamic = "resize{exporter.suffix}", {opset}, {dynamic}']
    more, before = (5, 3), "x, like = "
    other_in, other_out = (height + more[0], width + more[1]), (h + more[1], w + more[0])
    if is_torch and dynamic:
        lines += [f"{before}torch.zeros(1, 1, {other_in[0]}, {other_in[1]}), torch.zeros(1, 1, *{other_out})"]
    else:
        lines += [f"{before}{image}, {make.format(f'np.zeros({size}, np.float32)')}"]
    lines += ["resize = Resize().eval()" if is_torch else "resize = Resize", exporter.program]
    lines += [f"{before}{image}, {make.format(f'np.zeros({size}, np.float32)')}"]
    lines += ['feeds = {"x": x, "like": like}', "expected = resize(x, like).numpy()", _RUNS[runtime]]
    _, row, column, _ = at
    place = f"0, 0, {row}, {column}" if is_torch else f"0, {row}, {column}, 0"
    lines += [
        "print('shape', got.shape, 'and should be', expected.shape)",
        "if got.shape == expected.shape:",
        f"    print('output [{place}] is', got[{place}], 'and should be', expected[{place}])",
    ]
    return "\n".join(lines) + "\n"


def _size(asked: Asked, is_torch: bool, dynamic: bool, size: tuple[int, int], scales: object) -> str:
    """The line that gives the call's expression its two numbers."""
    if not isinstance(asked, Operation):
        return f"sy, sx = {scales[0]!r}, {scales[1]!r}"
    if not dynamic:
        return f"h, w = {size[0]}, {size[1]}"
    return "h, w = like.shape[2:]" if is_torch else "h, w = tf.shape(like)[1], tf.shape(like)[2]"
