"""The runtimes that can run a model, by the kind of file that they read."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Runtime:
    """One way to run a model file.

    modules, distributions
        What must be importable, and what to install for that; the first distribution's version is the runtime's.
    load
        ``package.module:function`` that loads a model, called in the runtime's own process (:mod:`parity.worker`).
    kinds
        The kinds of :data:`parity.model.KINDS` that it reads.
    settings
        What it is asked for where its own defaults are otherwise, in words.
    needs_shapes
        Whether it wants every shape declared, so that a copy of the model with fixed shapes is run when it refuses.
    show
        As ``load``, of a model whose inner tensors are to be outputs, for files that are not rewritten to show them;
        empty where the runtime cannot do that.
    environment
        Variables of its process.
    is_fragile
        Whether its process ends with what it refuses: what that did to its memory would be the next model's fault.
    """

    name: str
    modules: tuple[str, ...]
    distributions: tuple[str, ...]
    load: str
    kinds: tuple[str, ...]
    settings: str = ""
    needs_shapes: bool = False
    show: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    is_fragile: bool = False

    @property
    def missing(self) -> str:
        """What to install, in words; empty when nothing."""
        absent = any(importlib.util.find_spec(name) is None for name in self.modules)
        return f"not installed (pip install {' '.join(self.distributions)})" if absent else ""

    @property
    def version(self) -> str:
        """The installed version, empty where none is known."""
        import importlib.metadata  # takes longer than all else that the start of a runtime's process waits for

        for distribution in self.distributions:
            try:
                return importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                continue
        return ""


_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
_TENSORFLOW = _ONE_THREAD | {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
# The C library of GNU fills memory with a number as it is given out, and another as it comes back: what a runtime never
# writes to is then the same in every run, and not right by chance.
# https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
_FILLED = _ONE_THREAD | {"MALLOC_PERTURB_": "165"}
_AT_FLOAT32 = "float32 (its default is bfloat16 where the processor has it)"

RUNTIMES: tuple[Runtime, ...] = (
    Runtime(
        "onnxruntime",
        ("onnxruntime",),
        ("onnxruntime",),
        "parity.runners.onnxruntime:load",
        ("onnx",),
        environment=_ONE_THREAD,
    ),
    Runtime(
        "openvino",
        ("openvino",),
        ("openvino",),
        "parity.runners.openvino:load",
        ("onnx", "tflite", "saved_model"),
        _AT_FLOAT32,
        show="parity.runners.openvino:show",
        environment=_ONE_THREAD,
    ),
    Runtime(
        "opencv-dnn",
        ("cv2",),
        ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python"),
        "parity.runners.opencv_dnn:load",
        ("onnx", "tflite"),
        needs_shapes=True,
        environment=_ONE_THREAD,
    ),
    Runtime(
        "onnx-reference",
        ("onnx",),
        ("onnx",),
        "parity.runners.onnx_reference:load",
        ("onnx",),
        environment=_ONE_THREAD,
    ),
    Runtime(
        "mnn",
        ("MNN",),
        ("MNN",),
        "parity.runners.mnn:load",
        ("onnx",),
        "high precision (its default is less where the processor has it)",
        needs_shapes=True,
        environment=_ONE_THREAD,
    ),
    Runtime(
        "ncnn",
        ("ncnn", "pnnx", "onnx"),
        ("ncnn", "pnnx", "onnx"),
        "parity.runners.ncnn:load",
        ("onnx",),
        "float32 throughout (its default is float16 or bfloat16 in places)",
        needs_shapes=True,
        environment=_ONE_THREAD,
    ),
    Runtime(
        "litert",
        ("ai_edge_litert",),
        ("ai-edge-litert",),
        "parity.runners.litert:load",
        ("tflite",),
        "its default delegate; looked into without one",
        show="parity.runners.litert:show",
        environment=_ONE_THREAD,
    ),
    Runtime(
        "litert-reference",
        ("ai_edge_litert",),
        ("ai-edge-litert",),
        "parity.runners.litert:load_reference",
        ("tflite",),
        "the reference kernels, without a delegate",
        show="parity.runners.litert:show_reference",
        environment=_ONE_THREAD,
    ),
    Runtime(
        "tensorflow",
        ("tensorflow",),
        ("tensorflow-cpu", "tensorflow"),
        "parity.runners.tensorflow:load",
        ("saved_model",),
        show="parity.runners.tensorflow:show",
        environment=_TENSORFLOW,
    ),
    Runtime(
        "torch",
        ("torch",),
        ("torch",),
        "parity.runners.torch:load",
        ("pt2",),
        show="parity.runners.torch:show",
        environment=_ONE_THREAD,
    ),
)

OWN_FILES: Mapping[str, Runtime] = {
    "ncnn": Runtime(
        "ncnn",
        ("ncnn",),
        ("ncnn",),
        "parity.runners.ncnn:load_own",
        ("ncnn",),
        "float32 throughout (its default is float16 or bfloat16 in places); each image is a run of its own",
        environment=_FILLED,
    ),
    "mnn": Runtime(
        "mnn",
        ("MNN",),
        ("MNN",),
        "parity.runners.mnn:load_own",
        ("mnn",),
        "high precision (its default is less where the processor has it)",
        environment=_FILLED,
        is_fragile=True,
    ),
    "pte": Runtime(
        "executorch",
        ("executorch", "torch"),
        ("executorch", "torch"),
        "parity.runners.executorch:load",
        ("pte",),
        environment=_FILLED,
    ),
}
"""Runtimes of files that exporters write for them alone, by the kind of file; a model of one's own is no such file."""


def named(name: str) -> Runtime:
    """The runtime of that name; ``ValueError`` with the names there are."""
    for runtime in RUNTIMES:
        if runtime.name == name:
            return runtime
    raise ValueError(f"unknown runtime {name!r}; known: {', '.join(one.name for one in RUNTIMES)}")


def for_kind(kind: str) -> tuple[Runtime, ...]:
    """Every runtime that reads this kind of file, installed or not; the most usual first."""
    order = {"saved_model": ("tensorflow",), "tflite": ("litert",)}.get(kind, ())
    found = [runtime for runtime in RUNTIMES if kind in runtime.kinds]
    return tuple(sorted(found, key=lambda runtime: runtime.name not in order))


def names(kind: str) -> tuple[str, ...]:
    """Names of :func:`for_kind`."""
    return tuple(runtime.name for runtime in for_kind(kind))
