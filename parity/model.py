"""A model read from a file, whatever its kind: its inputs, its outputs and its resizes; nothing in it is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from parity.resizes import ResizeNode

if TYPE_CHECKING:
    import onnx

KINDS = ("onnx", "tflite", "saved_model", "pt2")


class BadModel(ValueError):
    """A file that cannot be read as a model, or must not be; the message is one line that can be shown as it is."""


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a model.

    ``dtype`` is numpy's name of it (``float32``, ``bfloat16``). ``shape`` has an int for a fixed size and a str for a
    symbolic one (``"?"`` where the file gives no name); ``None`` where not even the rank is known.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...] | None


@dataclass(frozen=True, slots=True)
class Model:
    """A model file, read.

    kind
        One of :data:`KINDS`.
    inputs, outputs
        In the file's order; ONNX inputs that have an initializer are not inputs.
    resizes
        Every resize found, in the file's order (subgraphs at the place of their node, functions last).
    proto
        Of ONNX: the model as read, with external data still outside.
    opset
        Of ONNX: the version of the default domain.
    folder
        Of ONNX: where external data lies; nothing outside it is ever read.
    nodes
        How many nodes there are, subgraphs and functions included.
    shapes
        What was given for inputs, by name.
    problem
        Why sizes inside could not be inferred; empty where they could.
    """

    path: Path
    kind: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    resizes: tuple[ResizeNode, ...]
    proto: onnx.ModelProto | None = field(default=None, repr=False, compare=False)
    opset: int | None = None
    nodes: int = 0
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict, repr=False, compare=False)
    problem: str = ""

    @property
    def folder(self) -> Path:
        """Where the file lies, and external data with it."""
        return self.path.parent


def load(path: str | Path, shapes: Mapping[str, tuple[int, ...]] | None = None) -> Model:
    """Read a model: ``.onnx``, ``.tflite``, ``.pt2``, or the folder of a SavedModel, told by content and not by name.

    ``shapes`` fixes inputs, ``{"name": (1, 3, 512, 512)}``, so that sizes inside can be inferred. Raises ``BadModel``,
    with one line, for what is no model, is damaged, hostile, or newer than can be read.
    """
    from parity.readers import read

    return read(Path(path), dict(shapes or {}))
