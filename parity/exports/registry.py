"""The table of exporters, and the source code with which each exports, for reproductions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from halfpixel.parity.runtimes.registry import ONE_THREAD, TENSORFLOW_ON_ONE_THREAD, missing_text

DYNAMIC_SIDES = {"height": (3, 16), "width": (4, 16), "h": (2, 16), "w": (3, 16)}
"""The smallest and largest length of each side that ExecuTorch plans memory for, where shapes are dynamic."""

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


def executorch_program(partitioner: str = "") -> str:
    """Lower to ExecuTorch's own kernels, or to a backend as far as its partitioner, ``module:class``, takes it."""
    module, _, name = partitioner.partition(":")
    lines = ["from executorch.exir import to_edge_transform_and_lower"]
    lines += [f"from {module} import {name}"] if partitioner else []
    lines += [
        f"""sides = {DYNAMIC_SIDES}
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


def keras_program(format: str) -> str:
    """``Model.export`` to a format."""
    more = ", opset_version=opset" if format == "onnx" else ""
    return f"""image, size = (keras.Input(batch_shape=one.shape, name=name) for one, name in ((x, "x"), (like, "like")))
model = keras.Model([image, size], resize(image, size))
model([x, like])
model.export(path, format="{format}", verbose=False{more})"""


FIXED, DYNAMIC = "fixed", "dynamic"
"""Shapes as the exporter is given them: numbers; or open, with the size of the output that of a second input."""

_SUFFIXES = {
    "onnx": ".onnx",
    "tflite": ".tflite",
    "openvino": ".xml",
    "saved_model": "",
    "ncnn": ".ncnn",
    "mnn": ".mnn",
    "pte": ".pte",
}
_ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    "torch": ONE_THREAD,
    "tensorflow": TENSORFLOW_ON_ONE_THREAD,
    "keras": TENSORFLOW_ON_ONE_THREAD | {"KERAS_BACKEND": "tensorflow"},
}

Cells = tuple[tuple[str, int], ...]
"""Shapes (:data:`FIXED` or :data:`DYNAMIC`) and opsets to export with; opset 0 where the format has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Exporter:
    """One way to make a model file of a framework's calls.

    source
        The framework whose calls it takes.
    modules
        What must be importable; the distributions to install have the same names.
    load
        ``package.module:function`` that exports what an :class:`halfpixel.parity.exports.export_cases.ExportJob` asks
        for, in a process of its own (:mod:`halfpixel.parity.runtimes.worker`): ``load(job_file, (), ())`` writes the
        model.
    kind
        The kind of file: one of :data:`halfpixel.parity.formats.model.MODEL_KINDS`, or a runtime's own.
    program
        Python source that exports ``Resize`` (for torch a module, for TensorFlow a function) to ``path``, for
        reproductions; in terms of ``x``, ``like``, ``opset``, ``dynamic``. Empty where there is none.
    reads
        The runtimes to run the file on, where not all that read its kind.
    is_slow
        Whether a call takes it a tenth of a second: of calls by scale that promise the same, only one is exported.
    is_single
        Whether each call gets a file of its own: where a file does not keep the order of its outputs, or where so many
        calls are refused that bisecting takes longer.
    """

    name: str
    source: str
    modules: tuple[str, ...]
    load: str
    kind: str
    cells: Cells
    program: str = ""
    reads: tuple[str, ...] = ()
    is_slow: bool = False
    is_single: bool = False

    @property
    def suffix(self) -> str:
        """How the names of its files end."""
        return _SUFFIXES[self.kind]

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables of its process."""
        return _ENVIRONMENTS[self.source]

    @property
    def missing(self) -> str:
        """What to install, in words; empty when nothing."""
        return missing_text(self.modules, self.modules)

    def cell(self, shapes: str, opset: int) -> str:
        """The name of a cell, without its runtime."""
        return f"{self.name}, {shapes}" + (f", opset {opset}" if opset else "")


_HERE = "halfpixel.parity.exports"
_TORCH, _TENSORFLOW = f"{_HERE}.torch_exporters", f"{_HERE}.tensorflow_exporters"
_DYNAMO = f"{_HERE}.torch_dynamo"
_XNNPACK = "executorch.backends.xnnpack.partition.xnnpack_partitioner:XnnpackPartitioner"
_AT_18: Cells = ((FIXED, 18), (DYNAMIC, 18))
_ANY_SHAPE: Cells = ((FIXED, 0), (DYNAMIC, 0))
_SCRIPT_CELLS: Cells = ((FIXED, 11), (FIXED, 13), (FIXED, 18), (FIXED, 19), (DYNAMIC, 18))
_TF2ONNX_CELLS: Cells = ((FIXED, 11), (FIXED, 13), (FIXED, 18), (DYNAMIC, 18))


def _exporter(
    name: str,
    modules: str,
    load: str,
    kind: str,
    cells: Cells,
    program: str,
    *,
    reads: tuple[str, ...] = (),
    is_slow: bool = False,
    is_single: bool = False,
) -> Exporter:
    """A row of the table; ``modules`` are separated by blanks, the first is the source."""
    names = tuple(modules.split())
    return Exporter(name, names[0], names, load, kind, cells, program, reads, is_slow, is_single)


def _keras(format: str, kind: str, needs: str = "", opset: int = 0) -> Exporter:
    """``Model.export`` on the backend tensorflow; sizes are Python's numbers there, so that shapes are fixed."""
    load, modules = f"{_HERE}.keras_exporters:to_{format.removeprefix('tf_')}", f"keras tensorflow {needs}"
    name, cells = f"keras.Model.export {format}", ((FIXED, opset),)
    return _exporter(name, modules, load, kind, cells, keras_program(format), is_single=True)


def _converted(exported: int, *opsets: int) -> Exporter:
    """``onnx.version_converter`` of what torch exports at an opset."""
    program = TORCHSCRIPT.replace('opset_version": opset', f'opset_version": {exported}')
    program += "\nimport onnx\nfrom onnx import version_converter\n"
    program += "onnx.save(version_converter.convert_version(onnx.load(path), opset), path)"
    name, load = f"version_converter from {exported}", f"{_TORCH}:version_converter_from_{exported}"
    cells = tuple((FIXED, opset) for opset in opsets)
    return _exporter(name, "torch onnx", load, "onnx", cells, program, reads=("onnxruntime", "openvino"))


def _executorch(name: str, function: str, cells: Cells, program: str) -> Exporter:
    load = f"{_HERE}.torch_executorch:{function}"
    return _exporter(name, "torch executorch", load, "pte", cells, program, is_slow=True, is_single=True)


# Resize changed at 11, 13, 18 and 19: https://onnx.ai/onnx/operators/onnx__Resize.html. The exporter of programs writes
# 18 itself, and has other opsets made of that. MNN is not asked with dynamic shapes: of some calls by scale it then
# makes zeros in one run and not in the next.
EXPORTERS: tuple[Exporter, ...] = (
    _exporter(
        "torch.onnx dynamo", "torch onnx onnxscript", f"{_DYNAMO}:to_onnx", "onnx", _AT_18, TORCH_DYNAMO, is_slow=True
    ),
    _exporter("torch.onnx TorchScript", "torch onnx", f"{_TORCH}:to_onnx", "onnx", _SCRIPT_CELLS, TORCHSCRIPT),
    _exporter("tf2onnx", "tensorflow tf2onnx onnx", f"{_TENSORFLOW}:to_onnx", "onnx", _TF2ONNX_CELLS, TF2ONNX),
    _exporter("TFLiteConverter", "tensorflow", f"{_TENSORFLOW}:to_litert", "tflite", _ANY_SHAPE, LITERT),
    _exporter(
        "openvino.convert_model",
        "tensorflow openvino",
        f"{_TENSORFLOW}:to_openvino",
        "openvino",
        _ANY_SHAPE,
        OPENVINO_TF,
        is_single=True,
    ),
    _exporter(
        "tf.saved_model.save",
        "tensorflow",
        f"{_TENSORFLOW}:to_saved_model",
        "saved_model",
        _ANY_SHAPE,
        SAVED_MODEL,
        is_single=True,
    ),
    _exporter(
        "openvino.convert_model", "torch openvino", f"{_TORCH}:to_openvino", "openvino", _ANY_SHAPE, OPENVINO_TORCH
    ),
    _exporter("pnnx", "torch pnnx", f"{_TORCH}:to_ncnn", "ncnn", _ANY_SHAPE, PNNX, is_slow=True, is_single=True),
    _exporter("mnnconvert", "torch onnx MNN", f"{_TORCH}:to_mnn", "mnn", ((FIXED, 18),), MNN, is_single=True),
    _executorch("ExecuTorch", "to_portable", _ANY_SHAPE, executorch_program()),
    _executorch("ExecuTorch XNNPACK", "to_xnnpack", ((FIXED, 0),), executorch_program(_XNNPACK)),
    _converted(10, 11),
    _converted(11, 13),
    _converted(13, 18),
    _converted(18, 19, 13),
    _converted(19, 18),
    _keras("tf_saved_model", "saved_model"),
    _keras("onnx", "onnx", "tf2onnx onnx", opset=18),
    _keras("openvino", "openvino", "openvino"),
    _keras("litert", "tflite"),
)


def exporters_of(source: str) -> tuple[Exporter, ...]:
    """Every exporter of a framework's calls, installed or not."""
    return tuple(exporter for exporter in EXPORTERS if exporter.source == source)
