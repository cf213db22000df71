"""What is said of a resize found in a model: where it is, what it resizes, and by which convention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from golden import Convention


@dataclass(frozen=True, slots=True)
class ResizedAxis:
    """One axis that a node resizes.

    ``convention`` is ``None`` where it is not known (a custom operator, a dynamic grid). ``n_in`` and ``n_out`` are
    ``None`` where the size is dynamic. ``scale`` is output over input where the node's coordinates use a scale that was
    given, at its exact value; ``None`` where they use the ratio of the sizes.
    """

    axis: int
    convention: Convention | None
    n_in: int | None = None
    n_out: int | None = None
    scale: Fraction | None = None


@dataclass(frozen=True, slots=True)
class ResizeNode:
    """A node, or a chain of nodes, that resizes.

    key
        A path unique in the file: ``main/12:Resize``, ``main/7:If.then_branch/3:Resize``,
        ``function domain::name/2:Resize``. For a chain, the path of its last node. Built of escaped text only.
    name
        The node's own name, untrusted and possibly empty.
    op
        The operator, with its domain where that is not ONNX's: ``Resize``, ``my.domain::Resize``.
    graph
        The part of ``key`` before the last slash.
    input, output
        Names of the tensor that is resized and of the result, untrusted.
    indices
        Positions in ``graph`` of the nodes that make up the resize, in order; one for a plain node.
    rank
        Of the tensor, ``None`` where not known.
    axes
        The axes resized, in order; a resized axis has ``n_in != n_out``, or a size that is not known, or a convention
        that moves samples even where the size stays. Empty where nothing could be told: ``remark`` says why.
    attributes
        The attributes set in the file, as plain values.
    opset
        Of the operator's domain, ``None`` outside ONNX.
    remark
        What else is to be said, in words: empty, or why the convention is not known.
    fed
        Names of the tensors that decide the resize and are known only when the model runs, by what they are:
        ``scales``, ``sizes``, ``roi``, ``grid``; see :func:`parity.onnx_operators.resolved`.
    origin
        The line of the source program that it came from, where the file says so; untrusted.
    """

    key: str
    name: str
    op: str
    graph: str
    input: str
    output: str
    rank: int | None
    axes: tuple[ResizedAxis, ...]
    attributes: Mapping[str, object] = field(default_factory=dict)
    remark: str = ""
    opset: int | None = None
    indices: tuple[int, ...] = ()
    fed: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""

    @property
    def convention(self) -> Convention | None:
        """The one convention of all axes; ``None`` where it is not known or the axes differ."""
        found = {one.convention for one in self.axes}
        return found.pop() if len(found) == 1 else None

    @property
    def is_known(self) -> bool:
        """Whether every axis has a convention, so that the exact definition can stand in for the node."""
        return bool(self.axes) and all(one.convention is not None for one in self.axes)
