"""OpenCV DNN, with the engine that is its default."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def bring() -> None:
    """Import it."""
    import cv2

    cv2.setNumThreads(1)


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list[np.ndarray]]:
    """A net of the file, which must declare the shapes of its inputs."""
    import cv2

    read = cv2.dnn.readNetFromTFLite if path.endswith(".tflite") else cv2.dnn.readNetFromONNX
    net = read(path)
    if net.empty():
        raise RuntimeError("OpenCV reads an empty net from it")

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        for name, x in feeds.items():
            net.setInput(x, name)
        found = net.forward(list(outputs)) if outputs else net.forward()
        return list(found)

    return run
