"""The table of runtimes: how each is loaded and which model formats it reads."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


def missing_text(modules: Iterable[str], distributions: Iterable[str]) -> str:
    """What to install for these modules, in words; empty where all are there."""
    is_absent = any(importlib.util.find_spec(name) is None for name in modules)
    return f"not installed (pip install {' '.join(distributions)})" if is_absent else ""


@dataclass(frozen=True, slots=True, eq=False)
class Runtime:
    """One way to run a model file.

    modules, distributions
        What must be importable, and what to install for that; the first distribution's version is the runtime's.
    load
        ``package.module:function`` that loads a model, called in the runtime's own process
        (:mod:`halfpixel.parity.runtimes.worker`).
    kinds
        The kinds of :data:`halfpixel.parity.formats.model.MODEL_KINDS` that it reads.
    settings
        The settings it is run with where they are not its defaults, in words.
    needs_shapes
        Whether it wants every shape declared, so that a copy of the model with fixed shapes is run when it refuses.
    show
        As ``load``, of a model whose inner tensors are to be outputs, for files that are not rewritten to show them;
        empty where the runtime cannot do that.
    environment
        Variables of its process.
    is_fragile
        Whether its process ends with the model it refuses: its memory may be damaged, which would show in the next.
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
        return missing_text(self.modules, self.distributions)

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


ONE_THREAD: Mapping[str, str] = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
TENSORFLOW_ON_ONE_THREAD = {
    **ONE_THREAD,
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
}
# The C library of GNU fills memory with a number as it is given out, and another as it comes back: what a runtime never
# writes to is then the same in every run, and not right by chance.
# https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
_FILLED_MEMORY = {**ONE_THREAD, "MALLOC_PERTURB_": "165"}
_OPENVINO_SETTINGS = "float32 (its default is bfloat16 where the processor has it)"
_MNN_SETTINGS = "high precision (its default is less where the processor has it)"
_NCNN_SETTINGS = "float32 throughout (its default is float16 or bfloat16 in places)"
_OPENCV = "opencv-python-headless opencv-python opencv-contrib-python-headless opencv-contrib-python"


def _runtime(
    name: str,
    modules: str,
    load: str,
    kinds: str,
    settings: str = "",
    *,
    distributions: str = "",
    needs_shapes: bool = False,
    show: str = "",
    environment: Mapping[str, str] = ONE_THREAD,
    is_fragile: bool = False,
) -> Runtime:
    """A row of the table: lists are separated by blanks, functions are in the modules beside this one."""
    here, installs = "halfpixel.parity.runtimes.", (distributions or modules).split()
    return Runtime(
        name,
        tuple(modules.split()),
        tuple(installs),
        here + load,
        tuple(kinds.split()),
        settings,
        needs_shapes,
        here + show if show else "",
        environment,
        is_fragile,
    )


def _litert(name: str, suffix: str, settings: str) -> Runtime:
    load, show = f"litert:load{suffix}", f"litert:show{suffix}"
    return _runtime(name, "ai_edge_litert", load, "tflite", settings, distributions="ai-edge-litert", show=show)


RUNTIMES: tuple[Runtime, ...] = (
    _runtime("onnxruntime", "onnxruntime", "onnxruntime:load", "onnx"),
    _runtime(
        "openvino", "openvino", "openvino:load", "onnx tflite saved_model", _OPENVINO_SETTINGS, show="openvino:show"
    ),
    _runtime("opencv-dnn", "cv2", "opencv_dnn:load", "onnx tflite", distributions=_OPENCV, needs_shapes=True),
    _runtime("onnx-reference", "onnx", "onnx_reference:load", "onnx"),
    _runtime("mnn", "MNN", "mnn:load", "onnx", _MNN_SETTINGS, needs_shapes=True),
    _runtime("ncnn", "ncnn pnnx onnx", "ncnn:load", "onnx", _NCNN_SETTINGS, needs_shapes=True),
    _litert("litert", "", "its default delegate; looked into without one"),
    _litert("litert-reference", "_reference", "the reference kernels, without a delegate"),
    _runtime(
        "tensorflow",
        "tensorflow",
        "tensorflow:load",
        "saved_model",
        distributions="tensorflow-cpu tensorflow",
        show="tensorflow:show",
        environment=TENSORFLOW_ON_ONE_THREAD,
    ),
    _runtime("torch", "torch", "torch:load", "pt2", show="torch:show"),
)

_NCNN_OWN_SETTINGS = f"{_NCNN_SETTINGS}; each image is a run of its own"

OWN_FORMAT_RUNTIMES: Mapping[str, Runtime] = {
    "ncnn": _runtime("ncnn", "ncnn", "ncnn:load_own", "ncnn", _NCNN_OWN_SETTINGS, environment=_FILLED_MEMORY),
    "mnn": _runtime("mnn", "MNN", "mnn:load_own", "mnn", _MNN_SETTINGS, environment=_FILLED_MEMORY, is_fragile=True),
    "pte": _runtime("executorch", "executorch torch", "executorch:load", "pte", environment=_FILLED_MEMORY),
}
"""Runtimes of files that exporters write for them alone, by the kind of file; users have no such models."""


def runtime_named(name: str) -> Runtime:
    """The runtime of that name; ``ValueError`` with the names there are."""
    for runtime in RUNTIMES:
        if runtime.name == name:
            return runtime
    raise ValueError(f"unknown runtime {name!r}; known: {', '.join(runtime.name for runtime in RUNTIMES)}")


def runtimes_for(kind: str) -> tuple[Runtime, ...]:
    """Every runtime that reads this kind of file, installed or not; the most usual first."""
    usual = {"saved_model": "tensorflow", "tflite": "litert"}.get(kind, "")
    readers = [runtime for runtime in RUNTIMES if kind in runtime.kinds]
    return tuple(sorted(readers, key=lambda runtime: runtime.name != usual))
