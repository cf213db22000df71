"""ncnn on the CPU in float32: ONNX files, which pnnx converts first for the shapes they are fed, and its own."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from parity.runners import pnnx

_NAMES = {"float32": "f32", "float16": "f16", "int32": "i32", "int64": "i64", "uint8": "u8", "int8": "i8"}


def bring() -> None:
    """Import it, and onnx where there is one: files of its own need none."""
    import ncnn  # noqa: F401

    with contextlib.suppress(ImportError):
        import onnx  # noqa: F401


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list[np.ndarray]]:
    """The file; it is converted when the shapes are known."""
    nets: dict[tuple, tuple[object, tempfile.TemporaryDirectory]] = {}

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        key = tuple((x.shape, x.dtype.str) for x in feeds.values())
        if key not in nets:
            nets[key] = _converted(path, list(feeds.values()))
        if any(x.shape[0] != 1 for x in feeds.values()):
            raise ValueError("ncnn has no batches: the first axis must be 1")
        # Its blobs are float32, whatever a model declares.
        blobs = [np.ascontiguousarray(x[0], np.float32) for x in feeds.values()]
        return [one[None] for one in _extracted(nets[key][0], blobs, len(outputs))]

    return run


def load_own(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list[np.ndarray]]:
    """A file of its own format, ``.param`` and ``.bin`` behind its path.

    ncnn has no batches: each image of the first input is a run of its own, and what comes out is put together again.
    Each run has a net of its own, since what a layer leaves unwritten is what the run before left in a net's memory.
    """
    import ncnn

    param = Path(f"{path}.param")
    # Past the magic number and the two counts, a line begins with the type of its layer.
    types = {line.split()[0] for line in param.read_text(encoding="utf-8").splitlines()[2:] if line.strip()}
    unknown = sorted(one for one in types if ncnn.create_layer(one) is None)
    if unknown:
        raise RuntimeError(f"ncnn has no layer {', '.join(unknown)}, which pnnx wrote")

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        images, *others = (np.ascontiguousarray(x, np.float32) for x in feeds.values())
        made = [_extracted(_net(param), [image, *(x[0] for x in others)], len(outputs)) for image in images]
        return [np.stack(each) for each in zip(*made, strict=True)]

    return run


def _extracted(net: object, blobs: Sequence[np.ndarray], count: int) -> list[np.ndarray]:
    import ncnn

    extractor = net.create_extractor()
    for k, blob in enumerate(blobs):
        extractor.input(f"in{k}", ncnn.Mat(blob).clone())
    found = []
    for k in range(count):
        status, mat = extractor.extract(f"out{k}")
        if status:
            raise RuntimeError(f"ncnn has no output {k} (status {status})")
        found.append(np.array(mat))
    return found


def _converted(path: str, arrays: list[np.ndarray]) -> tuple[object, tempfile.TemporaryDirectory]:
    import onnx

    folder = tempfile.TemporaryDirectory(prefix="parity-ncnn-")
    # pnnx reads weights that lie outside the file as whatever memory holds.
    onnx.save(onnx.load(path), f"{folder.name}/model.onnx")
    shapes = ",".join(f"[{','.join(map(str, x.shape))}]{_NAMES[x.dtype.name]}" for x in arrays)
    param = Path(folder.name) / "model.ncnn.param"
    pnnx.convert(Path(folder.name) / "model.onnx", param, [f"inputshape={shapes}"])
    return _net(param), folder


def _net(param: Path) -> object:
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = 1
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = net.opt.use_vulkan_compute = False
    if net.load_param(str(param)) or net.load_model(str(param.with_suffix(".bin"))):
        raise RuntimeError("ncnn does not load what pnnx wrote: a layer that it has not")
    return net
