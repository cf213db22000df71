"""OpenCV DNN, with the engine that is its default.

It reads images of four axes in LiteRT files as (N, C, H, W), where the file says (N, H, W, C), and gives them back so:
https://github.com/opencv/opencv/blob/5.x/modules/dnn/src/tflite/tflite_importer.cpp
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from halfpixel.parity.runtimes.worker import Feeds, RunFunction


def import_framework() -> None:
    """Import it."""
    import cv2

    cv2.setNumThreads(1)


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """A net of the file, which must declare the shapes of its inputs."""
    import cv2

    is_lite = path.endswith(".tflite")
    net = (cv2.dnn.readNetFromTFLite if is_lite else cv2.dnn.readNetFromONNX)(path)
    if net.empty():
        raise RuntimeError("OpenCV reads an empty net from it")
    if is_lite:
        outputs = _own_names(net.getUnconnectedOutLayersNames(), outputs)

    def run(feeds: Feeds) -> list[np.ndarray]:
        for name, x in feeds.items():
            net.setInput(_moved(x, (0, 3, 1, 2)) if is_lite else x, name)
        results = list(net.forward(list(outputs)) if outputs else net.forward())
        return [_moved(y, (0, 2, 3, 1)) for y in results] if is_lite else results

    return run


def _own_names(own: Sequence[str], outputs: tuple[str, ...]) -> tuple[str, ...]:
    """OpenCV's names of the outputs, as many as the file has; a file's signature may name them differently."""
    if set(outputs) <= set(own):
        return outputs
    if len(own) != len(outputs):
        raise RuntimeError(f"OpenCV has {len(own)} outputs of the file's {len(outputs)}")
    return tuple(own)


def _moved(x: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Its axes in another order, where they are four."""
    return np.ascontiguousarray(x.transpose(order)) if x.ndim == 4 else x
