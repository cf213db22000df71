"""ncnn on the CPU in float32: ONNX files, converted by pnnx first, and its own format."""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from halfpixel.parity.runtimes.worker import Feeds, RunFunction

Net: TypeAlias = Any
"""ncnn's net, which has no types."""

_PNNX_TIME_LIMIT = 240.0


def run_pnnx(source: Path, param: Path, arguments: Sequence[str]) -> None:
    """Have pnnx convert a file to ``param`` and a ``.bin`` beside it; ``RuntimeError`` with its message where it fails.

    Weights are not rounded to float16, which is its default.
    """
    spec = importlib.util.find_spec("pnnx")
    if spec is None or spec.origin is None:
        raise RuntimeError("pnnx is not installed")
    program = Path(spec.origin).with_name("pnnx")
    done = subprocess.run(
        [str(program), source.name, *arguments, "fp16=0"],
        cwd=source.parent,
        capture_output=True,
        text=True,
        timeout=_PNNX_TIME_LIMIT,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode or not param.exists():
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise RuntimeError(f"pnnx ended with {done.returncode}: {lines[-1] if lines else ''}")


_NAMES = {"float32": "f32", "float16": "f16", "int32": "i32", "int64": "i64", "uint8": "u8", "int8": "i8"}


def import_framework() -> None:
    """Import it, and onnx where it is installed: files of ncnn's own format do not need it."""
    import ncnn  # noqa: F401

    with contextlib.suppress(ImportError):
        import onnx  # noqa: F401


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """The file; it is converted when the shapes are known."""
    nets: dict[tuple[tuple[tuple[int, ...], str], ...], Net] = {}

    def run(feeds: Feeds) -> list[np.ndarray]:
        key = tuple((x.shape, x.dtype.str) for x in feeds.values())
        if key not in nets:
            nets[key] = _converted(path, list(feeds.values()))
        if any(x.shape[0] != 1 for x in feeds.values()):
            raise ValueError("ncnn has no batches: the first axis must be 1")
        # Its blobs are float32, whatever a model declares.
        blobs = [np.ascontiguousarray(x[0], np.float32) for x in feeds.values()]
        return [y[None] for y in _outputs(nets[key], blobs, len(outputs))]

    return run


def load_own(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """A file of its own format, ``.param`` and ``.bin`` behind its path.

    ncnn has no batches: each image of the first input is a run of its own, and the results are stacked. Each run has a
    net of its own: memory that a layer leaves unwritten would have the values of the run before.
    """
    import ncnn

    param = Path(f"{path}.param")
    # Past the magic number and the two counts, a line begins with the type of its layer.
    types = {line.split()[0] for line in param.read_text(encoding="utf-8").splitlines()[2:] if line.strip()}
    unknown = sorted(name for name in types if ncnn.create_layer(name) is None)
    if unknown:
        raise RuntimeError(f"ncnn has no layer {', '.join(unknown)}, which pnnx wrote")

    def run(feeds: Feeds) -> list[np.ndarray]:
        images, *others = (np.ascontiguousarray(x, np.float32) for x in feeds.values())
        results = [_outputs(_net(param), [image, *(x[0] for x in others)], len(outputs)) for image in images]
        return [np.stack(output) for output in zip(*results, strict=True)]

    return run


def _outputs(net: Net, blobs: Sequence[np.ndarray], count: int) -> list[np.ndarray]:
    import ncnn

    extractor = net.create_extractor()
    for k, blob in enumerate(blobs):
        extractor.input(f"in{k}", ncnn.Mat(blob).clone())
    results = []
    for k in range(count):
        status, mat = extractor.extract(f"out{k}")
        if status:
            raise RuntimeError(f"ncnn has no output {k} (status {status})")
        results.append(np.array(mat))
    return results


def _converted(path: str, arrays: list[np.ndarray]) -> Net:
    import onnx

    folder = Path(tempfile.mkdtemp(prefix="parity-ncnn-"))
    # pnnx reads weights that lie outside the file as whatever memory holds.
    onnx.save(onnx.load(path), str(folder / "model.onnx"))
    shapes = ",".join(f"[{','.join(map(str, x.shape))}]{_NAMES[x.dtype.name]}" for x in arrays)
    param = folder / "model.ncnn.param"
    run_pnnx(folder / "model.onnx", param, [f"inputshape={shapes}"])
    return _net(param)


def _net(param: Path) -> Net:
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = 1
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = net.opt.use_vulkan_compute = False
    if net.load_param(str(param)) or net.load_model(str(param.with_suffix(".bin"))):
        raise RuntimeError("ncnn does not load what pnnx wrote: a layer that it has not")
    return net
