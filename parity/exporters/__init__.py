"""What turns resize calls into model files: one small module for each exporter, run in a process of its own."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field

from parity.exporters import programs

FIXED, DYNAMIC = "fixed", "dynamic"
"""Shapes as the exporter was told them: numbers; or left open, with the size of the output that of another input."""


@dataclass(frozen=True, slots=True, eq=False)
class Exporter:
    """One way to make a model file of a framework's calls.

    source
        The framework whose calls it takes.
    modules, distributions
        What must be importable, and what to install for that.
    load
        ``package.module:function`` that exports what :class:`parity.exporters.source.Order` asks for, in the process of
        :mod:`parity.worker`: ``load(order_file, (), ())`` writes the model, and returns what is called to no effect.
    kind, suffix
        What is written, a kind of :data:`parity.model.KINDS` or OpenVINO's own, and how its file is called.
    cells
        Shapes and opset that are asked for; opset 0 where the format has none.
    program
        Python source that exports ``Resize`` (for torch a module, for TensorFlow a function) to ``path``, for
        reproductions; in terms of ``x``, ``like``, ``opset``, ``dynamic``. Empty where there is none.
    environment
        Variables of its process.
    reads
        The runtimes that are asked, where not all that read its kind.
    is_dear
        Whether a call takes it a tenth of a second: of calls by scale that promise the same it then takes one.
    is_single
        Whether each call gets a file of its own: where a file does not keep the order of its outputs, or where so many
        calls are refused that asking by halves takes longer.
    """

    name: str
    source: str
    modules: tuple[str, ...]
    distributions: tuple[str, ...]
    load: str
    kind: str
    suffix: str
    cells: tuple[tuple[str, int], ...]
    program: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    is_dear: bool = False
    is_single: bool = False

    @property
    def missing(self) -> str:
        """What to install, in words; empty when nothing."""
        absent = any(importlib.util.find_spec(name.partition(".")[0]) is None for name in self.modules)
        return f"not installed (pip install {' '.join(self.distributions)})" if absent else ""

    def cell(self, shapes: str, opset: int) -> str:
        """How a cell is named, without its runtime."""
        return f"{self.name}, {shapes}" + (f", opset {opset}" if opset else "")


_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
_TENSORFLOW = _ONE_THREAD | {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
_KERAS = _TENSORFLOW | {"KERAS_BACKEND": "tensorflow"}


def _keras(
    format: str, further: tuple[str, ...], kind: str, suffix: str, cells: tuple[tuple[str, int], ...]
) -> Exporter:
    """``Model.export`` on the backend tensorflow; sizes are Python's numbers there, so that shapes are fixed."""
    needed = ("keras", "tensorflow", *further)
    load, program = f"parity.exporters.keras_model:to_{format.removeprefix('tf_')}", programs.keras(format)
    name = f"keras.Model.export {format}"
    return Exporter(name, "keras", needed, needed, load, kind, suffix, cells, program, _KERAS, is_single=True)


def _converted(given: int, *opsets: int) -> Exporter:
    """``onnx.version_converter`` of what torch exports at an opset."""
    program = programs.TORCHSCRIPT.replace('opset_version": opset', f'opset_version": {given}')
    program += "\nimport onnx\nfrom onnx import version_converter\n"
    program += "onnx.save(version_converter.convert_version(onnx.load(path), opset), path)"
    return Exporter(
        f"version_converter from {given}",
        "torch",
        ("torch", "onnx"),
        ("torch", "onnx"),
        f"parity.exporters.onnx_version:from_{given}",
        "onnx",
        ".onnx",
        tuple((FIXED, opset) for opset in opsets),
        program,
        _ONE_THREAD,
        reads=("onnxruntime", "openvino"),
    )


# Resize changed at 11, 13, 18 and 19: https://onnx.ai/onnx/operators/onnx__Resize.html. The exporter of programs writes
# 18 itself, and has other opsets made of that.
EXPORTERS: tuple[Exporter, ...] = (
    Exporter(
        "torch.onnx dynamo",
        "torch",
        ("torch", "onnx", "onnxscript"),
        ("torch", "onnx", "onnxscript"),
        "parity.exporters.torch_dynamo:load",
        "onnx",
        ".onnx",
        ((FIXED, 18), (DYNAMIC, 18)),
        programs.TORCH_DYNAMO,
        _ONE_THREAD,
        is_dear=True,
    ),
    Exporter(
        "torch.onnx TorchScript",
        "torch",
        ("torch", "onnx"),
        ("torch", "onnx"),
        "parity.exporters.torchscript:load",
        "onnx",
        ".onnx",
        ((FIXED, 11), (FIXED, 13), (FIXED, 18), (FIXED, 19), (DYNAMIC, 18)),
        programs.TORCHSCRIPT,
        _ONE_THREAD,
    ),
    Exporter(
        "tf2onnx",
        "tensorflow",
        ("tensorflow", "tf2onnx", "onnx"),
        ("tensorflow", "tf2onnx", "onnx"),
        "parity.exporters.tf_onnx:load",
        "onnx",
        ".onnx",
        ((FIXED, 11), (FIXED, 13), (FIXED, 18), (DYNAMIC, 18)),
        programs.TF2ONNX,
        _TENSORFLOW,
    ),
    Exporter(
        "TFLiteConverter",
        "tensorflow",
        ("tensorflow",),
        ("tensorflow",),
        "parity.exporters.tf_litert:load",
        "tflite",
        ".tflite",
        ((FIXED, 0), (DYNAMIC, 0)),
        programs.LITERT,
        _TENSORFLOW,
    ),
    Exporter(
        "openvino.convert_model",
        "tensorflow",
        ("tensorflow", "openvino"),
        ("tensorflow", "openvino"),
        "parity.exporters.openvino_tf:load",
        "openvino",
        ".xml",
        ((FIXED, 0), (DYNAMIC, 0)),
        programs.OPENVINO_TF,
        _TENSORFLOW,
        is_single=True,
    ),
    Exporter(
        "tf.saved_model.save",
        "tensorflow",
        ("tensorflow",),
        ("tensorflow",),
        "parity.exporters.tf_saved_model:load",
        "saved_model",
        "",
        ((FIXED, 0), (DYNAMIC, 0)),
        programs.SAVED_MODEL,
        _TENSORFLOW,
        is_single=True,
    ),
    Exporter(
        "openvino.convert_model",
        "torch",
        ("torch", "openvino"),
        ("torch", "openvino"),
        "parity.exporters.openvino_torch:load",
        "openvino",
        ".xml",
        ((FIXED, 0), (DYNAMIC, 0)),
        programs.OPENVINO_TORCH,
        _ONE_THREAD,
    ),
    Exporter(
        "pnnx",
        "torch",
        ("torch", "pnnx"),
        ("torch", "pnnx"),
        "parity.exporters.torch_pnnx:load",
        "ncnn",
        ".ncnn",
        ((FIXED, 0), (DYNAMIC, 0)),
        programs.PNNX,
        _ONE_THREAD,
        is_dear=True,
        is_single=True,
    ),
    Exporter(
        "mnnconvert",
        "torch",
        ("torch", "onnx", "MNN"),
        ("torch", "onnx", "MNN"),
        "parity.exporters.torch_mnn:load",
        "mnn",
        ".mnn",
        # Not with open shapes: of some calls by scale MNN then makes zeros in one run and not in the next.
        ((FIXED, 18),),
        programs.MNN,
        _ONE_THREAD,
        is_single=True,
    ),
    Exporter(
        "ExecuTorch",
        "torch",
        ("torch", "executorch"),
        ("torch", "executorch"),
        "parity.exporters.torch_executorch:portable",
        "pte",
        ".pte",
        ((FIXED, 0), (DYNAMIC, 0)),
        programs.executorch(),
        _ONE_THREAD,
        is_dear=True,
        is_single=True,
    ),
    Exporter(
        "ExecuTorch XNNPACK",
        "torch",
        ("torch", "executorch"),
        ("torch", "executorch"),
        "parity.exporters.torch_executorch:xnnpack",
        "pte",
        ".pte",
        ((FIXED, 0),),
        programs.executorch("executorch.backends.xnnpack.partition.xnnpack_partitioner:XnnpackPartitioner"),
        _ONE_THREAD,
        is_dear=True,
        is_single=True,
    ),
    _converted(10, 11),
    _converted(11, 13),
    _converted(13, 18),
    _converted(18, 19, 13),
    _converted(19, 18),
    _keras("tf_saved_model", (), "saved_model", "", ((FIXED, 0),)),
    _keras("onnx", ("tf2onnx", "onnx"), "onnx", ".onnx", ((FIXED, 18),)),
    _keras("openvino", ("openvino",), "openvino", ".xml", ((FIXED, 0),)),
    _keras("litert", (), "tflite", ".tflite", ((FIXED, 0),)),
)


def of(source: str) -> tuple[Exporter, ...]:
    """Every exporter of a framework's calls, installed or not."""
    return tuple(one for one in EXPORTERS if one.source == source)
