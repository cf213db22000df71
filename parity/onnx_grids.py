"""GridSample read as a resize: where its grid is constant, and samples rows and columns at regular places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from golden import Convention, coordinates
from parity.onnx_facts import Facts
from parity.onnx_graphs import attributes_of
from parity.resizes import ResizedAxis, ResizeNode

_KERNELS = {"linear": "linear", "bilinear": "linear", "nearest": "nearest", "cubic": "cubic", "bicubic": "cubic"}
_MODES = ("half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel")


def sampled(node: ResizeNode, facts: Facts, inputs: list[str]) -> ResizeNode:
    """The node as the resize that its grid makes of it; without axes, and with a remark, where it makes none.

    Source: https://onnx.ai/onnx/operators/onnx__GridSample.html: -1 and 1 are the centres of the corner pixels with
    ``align_corners=1``, the outer edges of them otherwise; nearest takes the even one of two neighbours, as
    ``round_half_even`` does, and the cubic coefficient is -0.75.
    """
    grid = _grid(facts, inputs[1]) if len(inputs) > 1 else None
    if grid is None:
        fed = {"grid": inputs[1]} if len(inputs) > 1 else {}
        return replace(node, fed=fed, remark="samples where a grid says that is known only when the model runs")
    shape = facts.shape(node.input)
    rank = grid.shape[-1] + 2
    if grid.ndim != rank or shape is None or len(shape) != rank:
        return replace(node, remark="samples where a constant grid says; the shape of its input is not known")
    sizes = shape[2:]
    if not all(isinstance(length, int) for length in sizes):
        return replace(node, rank=rank, remark="samples where a constant grid says; the size of its input is not known")
    places = _places(grid)
    if places is None:
        return replace(node, rank=rank, remark="its constant grid warps: it is no resize")
    kernel = _KERNELS.get(str(node.attributes.get("mode", "linear")).lower())
    padding = str(node.attributes.get("padding_mode", "zeros"))
    aligned = bool(node.attributes.get("align_corners", 0))
    axes, unknown = [], False
    for axis, (n_in, at) in enumerate(zip(sizes, places, strict=True), 2):
        # x in [-1, 1] to pixels.
        pixels = (at + 1) / 2 * (n_in - 1) if aligned else ((at + 1) * n_in - 1) / 2
        convention = _convention(kernel, padding, aligned, pixels, n_in)
        unknown = unknown or convention is None
        axes.append(ResizedAxis(axis, convention, n_in, len(at)))
    remark = "its constant grid samples rows and columns at places of no named convention" if unknown else ""
    return replace(node, rank=rank, axes=tuple(axes), remark=remark)


def _grid(facts: Facts, name: str) -> np.ndarray | None:
    """A constant grid, or the one that AffineGrid makes of constants; shape (N, H, W, 2)."""
    found = facts.constant(name)
    if found is not None:
        return found.astype(np.float64)
    index = facts.scope.producers.get(name)
    if index is None or facts.scope.nodes[index].op_type != "AffineGrid":
        return None
    node = facts.scope.nodes[index]
    theta, size = (facts.constant(one) for one in node.input[:2])
    if theta is None or size is None or theta.ndim != 3 or np.prod(size.astype(object)) > 2**24:
        return None
    aligned = bool(attributes_of(node).get("align_corners", 0))
    lengths = [int(length) for length in size[2:]]
    lines = [np.linspace(-1, 1, n) if aligned and n > 1 else (2 * np.arange(n) + 1) / n - 1 for n in lengths]
    # The last entry of a point is along the first spatial axis: points are (x, y) or (x, y, z).
    points = np.stack([*np.meshgrid(*lines, indexing="ij")[::-1], np.ones(lengths)], axis=-1)
    return np.einsum("...k,nik->n...i", points, theta.astype(np.float64))


def _places(grid: np.ndarray) -> list[np.ndarray] | None:
    """Where each output row, column, ... samples, in the grid's units; ``None`` where rows and columns are mixed."""
    dimensions = grid.shape[-1]
    # Rounding of float32 grids, some operations of which went into each point.
    slack = 16 * float(np.finfo(np.float32).eps)
    places = []
    for axis in range(dimensions):
        along = grid[..., dimensions - 1 - axis]
        line = along[(0, *(slice(None) if other == axis else 0 for other in range(dimensions)))]
        spread = line.reshape([-1 if other == axis else 1 for other in range(dimensions)])
        if not np.isfinite(along).all() or np.abs(along - spread).max(initial=0) > slack:
            return None
        places.append(line)
    return places


def _convention(kernel: str | None, padding: str, aligned: bool, pixels: np.ndarray, n_in: int) -> Convention | None:
    if kernel is None or n_in < 1 or not len(pixels):
        return None
    tolerance = 16 * n_in * float(np.finfo(np.float32).eps)
    outside = pixels.min() < -tolerance or pixels.max() > n_in - 1 + tolerance
    for convention in _candidates(kernel, padding, aligned, outside):
        exact = coordinates(convention, n_in, len(pixels)).to_array()
        if np.abs(exact - pixels).max() <= tolerance:
            return convention
    return None


def _candidates(kernel: str, padding: str, aligned: bool, outside: bool) -> Iterator[Convention]:
    reflected = "mirror" if aligned else "reflect"
    border = {"zeros": "constant", "border": "replicate", "reflection": reflected}.get(padding)
    if border is None:
        return
    if not outside and kernel != "cubic":
        border = "replicate"  # no tap with any weight lies outside
    for mode, extra in product(_MODES, [{"nearest_mode": "round_half_even"} if kernel == "nearest" else {}]):
        yield Convention(kernel=kernel, coordinate_transformation_mode=mode, border=border, **extra)
