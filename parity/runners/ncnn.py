"""ncnn on the CPU in float32: the file is converted by pnnx first, for the shapes that it is fed."""

from __future__ import annotations

import importlib.util
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

_PATIENCE = 240.0
_NAMES = {"float32": "f32", "float16": "f16", "int32": "i32", "int64": "i64", "uint8": "u8", "int8": "i8"}


def bring() -> None:
    """Import it. Of pnnx only the program is used: importing the package imports torch."""
    import ncnn  # noqa: F401
    import onnx  # noqa: F401


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list[np.ndarray]]:
    """The file; it is converted when the shapes are known."""
    nets: dict[tuple, tuple[object, tempfile.TemporaryDirectory]] = {}

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        import ncnn

        key = tuple((x.shape, x.dtype.str) for x in feeds.values())
        if key not in nets:
            nets[key] = _converted(path, list(feeds.values()))
        extractor = nets[key][0].create_extractor()
        for k, x in enumerate(feeds.values()):
            if x.shape[0] != 1:
                raise ValueError("ncnn has no batches: the first axis must be 1")
            # Its blobs are float32, whatever a model declares.
            extractor.input(f"in{k}", ncnn.Mat(np.ascontiguousarray(x[0], np.float32)).clone())
        found = []
        for k in range(len(outputs)):
            status, mat = extractor.extract(f"out{k}")
            if status:
                raise RuntimeError(f"ncnn has no output {k} (status {status})")
            found.append(np.array(mat)[None])
        return found

    return run


def _converted(path: str, arrays: list[np.ndarray]) -> tuple[object, tempfile.TemporaryDirectory]:
    import ncnn
    import onnx

    folder = tempfile.TemporaryDirectory(prefix="parity-ncnn-")
    # pnnx reads weights that lie outside the file as whatever memory holds.
    onnx.save(onnx.load(path), f"{folder.name}/model.onnx")
    shapes = ",".join(f"[{','.join(map(str, x.shape))}]{_NAMES[x.dtype.name]}" for x in arrays)
    program = Path(importlib.util.find_spec("pnnx").origin).with_name("pnnx")
    command = [str(program), "model.onnx", f"inputshape={shapes}", "fp16=0"]
    done = subprocess.run(
        command,
        cwd=folder.name,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    param = Path(folder.name) / "model.ncnn.param"
    if done.returncode or not param.exists():
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise RuntimeError(f"pnnx ended with {done.returncode}: {lines[-1] if lines else ''}")
    net = ncnn.Net()
    net.opt.num_threads = 1
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = net.opt.use_vulkan_compute = False
    if net.load_param(str(param)) or net.load_model(str(param.with_suffix(".bin"))):
        raise RuntimeError("ncnn does not load what pnnx wrote: a layer that it has not")
    return net, folder
