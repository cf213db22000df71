"""The resize that GridSample makes of a constant grid: where it samples, and the convention of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.golden import Convention, coordinates
from halfpixel.parity.formats.model import (
    Attributes,
    ResizedAxis,
    ResizeNode,
)
from halfpixel.parity.formats.onnx.graphs import attributes_of
from halfpixel.parity.formats.onnx.static_values import StaticValues

if TYPE_CHECKING:
    pass

_GRID_KERNELS = {"linear": "linear", "bilinear": "linear", "nearest": "nearest", "cubic": "cubic", "bicubic": "cubic"}
_GRID_MODES = ("half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel")
_MAX_GRID = 2**24
"""Coordinates of a grid that is computed here."""


def grid_sample_resize(node: ResizeNode, values: StaticValues, inputs: Sequence[str]) -> ResizeNode:
    """The node as the resize that its grid makes of it; without axes, and with a remark, where it makes none.

    Source: https://onnx.ai/onnx/operators/onnx__GridSample.html: -1 and 1 are the centres of the corner pixels with
    ``align_corners=1``, the outer edges of them otherwise; nearest takes the even one of two neighbours, as
    ``round_half_even`` does, and the cubic coefficient is -0.75.
    """
    grid = _constant_grid(values, inputs[1]) if len(inputs) > 1 else None
    if grid is None:
        fed = {"grid": inputs[1]} if len(inputs) > 1 else {}
        return replace(node, fed=fed, remark="its sampling grid is known only when the model runs")
    shape = values.shape(node.input)
    rank = grid.shape[-1] + 2
    if grid.ndim != rank or shape is None or len(shape) != rank:
        return replace(node, remark="its sampling grid is constant, but the shape of its input is not known")
    sizes = [length for length in shape[2:] if isinstance(length, int)]
    if len(sizes) != rank - 2:
        return replace(node, rank=rank, remark="its sampling grid is constant, but the size of its input is not known")
    lines = _sampling_positions(grid)
    if lines is None:
        return replace(node, rank=rank, remark="its constant sampling grid warps: it is no resize")
    axes = [
        ResizedAxis(axis, _grid_convention(node.attributes, line, n_in), n_in, len(line))
        for axis, (n_in, line) in enumerate(zip(sizes, lines, strict=True), 2)
    ]
    is_known = all(axis.convention is not None for axis in axes)
    remark = "" if is_known else _unknown_grid(node, sizes, lines)
    return replace(node, rank=rank, axes=tuple(axes), remark=remark)


def _unknown_grid(node: ResizeNode, sizes: Sequence[int], lines: Sequence[np.ndarray]) -> str:
    """Why a grid follows no named convention: with the other ``align_corners`` it may."""
    aligned = bool(node.attributes.get("align_corners", 0))
    other = {**node.attributes, "align_corners": int(not aligned)}
    conventions = [_grid_convention(other, line, n_in) for n_in, line in zip(sizes, lines, strict=True)]
    known = {c.coordinate_transformation_mode for c in conventions if c is not None}
    if None in conventions or not known <= {"half_pixel", "align_corners"}:
        return "its constant sampling grid follows no named convention"
    moved = max(
        float(np.abs(_pixels(line, n_in, aligned) - _pixels(line, n_in, not aligned)).max())
        for n_in, line in zip(sizes, lines, strict=True)
    )
    made, has = (f"align_corners={int(flag)}" for flag in (not aligned, aligned))
    return (
        f"its constant sampling grid was made for {made} ({' and '.join(sorted(known))}), and the node has {has}: "
        f"it samples up to {moved:.3g} pixels away"
    )


def _pixels(line: np.ndarray, n_in: int, aligned: bool) -> np.ndarray:
    """Positions in [-1, 1] as pixels."""
    return (line + 1) / 2 * (n_in - 1) if aligned else ((line + 1) * n_in - 1) / 2


def _constant_grid(values: StaticValues, name: str) -> np.ndarray | None:
    """A constant grid, or the one that AffineGrid makes of constants; shape (N, H, W, 2)."""
    grid = values.constant(name)
    if grid is not None:
        return grid.astype(np.float64)
    index = values.scope.producers.get(name)
    if index is None or values.scope.nodes[index].op_type != "AffineGrid":
        return None
    node = values.scope.nodes[index]
    theta, size = (values.constant(source) for source in node.input[:2])
    if theta is None or size is None or theta.ndim != 3 or np.prod(size.astype(object)) > _MAX_GRID:
        return None
    aligned = bool(attributes_of(node).get("align_corners", 0))
    lengths = [int(length) for length in size[2:]]
    lines = [np.linspace(-1, 1, n) if aligned and n > 1 else (2 * np.arange(n) + 1) / n - 1 for n in lengths]
    # The last entry of a point is along the first spatial axis: points are (x, y) or (x, y, z).
    points = np.stack([*np.meshgrid(*lines, indexing="ij")[::-1], np.ones(lengths)], axis=-1)
    return np.asarray(np.einsum("...k,nik->n...i", points, theta.astype(np.float64)))


def _sampling_positions(grid: np.ndarray) -> list[np.ndarray] | None:
    """Where each output row, column, ... samples, in the grid's units; ``None`` where rows and columns are mixed."""
    dimensions = grid.shape[-1]
    # Rounding of float32 grids, whose points come from several operations.
    slack = 16 * float(np.finfo(np.float32).eps)
    lines = []
    for axis in range(dimensions):
        along = grid[..., dimensions - 1 - axis]
        line = along[(0, *(slice(None) if other == axis else 0 for other in range(dimensions)))]
        spread = line.reshape([-1 if other == axis else 1 for other in range(dimensions)])
        if not np.isfinite(along).all() or np.abs(along - spread).max(initial=0) > slack:
            return None
        lines.append(line)
    return lines


def _grid_convention(attributes: Attributes, line: np.ndarray, n_in: int) -> Convention | None:
    """The convention of a GridSample that samples an axis of ``n_in`` pixels at these positions in [-1, 1].

    ``None`` for no named one.
    """
    pixels = _pixels(line, n_in, bool(attributes.get("align_corners", 0)))
    kernel = _GRID_KERNELS.get(str(attributes.get("mode", "linear")).lower())
    reflected = "mirror" if attributes.get("align_corners", 0) else "reflect"
    borders = {"zeros": "constant", "border": "replicate", "reflection": reflected}
    border = borders.get(str(attributes.get("padding_mode", "zeros")))
    if kernel is None or border is None or n_in < 1 or not len(pixels):
        return None
    tolerance = 16 * n_in * float(np.finfo(np.float32).eps)
    outside = pixels.min() < -tolerance or pixels.max() > n_in - 1 + tolerance
    if not outside and kernel != "cubic":
        border = "replicate"  # no tap with any weight lies outside
    nearest_mode = "round_half_even" if kernel == "nearest" else None
    for mode in _GRID_MODES:
        convention = Convention(
            kernel=kernel, coordinate_transformation_mode=mode, nearest_mode=nearest_mode, border=border
        )
        exact = coordinates(convention, n_in, len(pixels)).to_array()
        if np.abs(exact - pixels).max() <= tolerance:
            return convention
    return None
