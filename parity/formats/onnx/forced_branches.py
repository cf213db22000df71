"""Copies of an ONNX model in which chosen branches of its Ifs always run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from halfpixel.parity.formats.model import Model
from halfpixel.parity.formats.onnx.flattened import constant_tensors, copy_of_model
from halfpixel.parity.formats.onnx.graphs import Scope, scopes

if TYPE_CHECKING:
    import onnx


def write_with_branch(model: Model, graph: str, folder: Path) -> Path | None:
    """Write a copy in which the branch with this path (``main/7:If.then_branch``) runs whatever its condition is.

    So do the branches that it lies in. Returns the path of the copy, in ``folder``, with weights outside it beside it;
    ``None`` where the model has no such branch, or where it lies in a Loop, a Scan or a function.
    """
    if model.proto is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    proto = copy_of_model(model, folder)
    scope = next((scope for scope in scopes(proto) if scope.path == graph), None)
    if scope is None or not _is_branch(scope):
        return None
    for branch in scope.enclosing[:-1]:
        _force(branch, proto)
    path = folder / "branch.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def computed_branches(model: Model) -> list[str]:
    """The paths of the branches of Ifs whose condition is not a constant; only one of each two runs."""
    if model.proto is None:
        return []
    constants = constant_tensors(model.proto.graph)
    return [scope.path for scope in scopes(model.proto) if _is_branch(scope) and _condition(scope) not in constants]


def _condition(branch: Scope) -> str:
    """The tensor that decides whether a branch runs."""
    return str(_holder(branch).input[0])


def _holder(branch: Scope) -> onnx.NodeProto:
    """The node that a branch belongs to."""
    if branch.outer is None:
        raise ValueError(f"{branch.path} is no branch")
    index, _, _ = branch.path.removeprefix(f"{branch.outer.path}/").partition(":")
    return branch.outer.nodes[int(index)]


def _is_branch(scope: Scope) -> bool:
    """Whether it is a branch of an If in the main graph, directly or in other branches."""
    *branches, outermost = scope.enclosing
    return bool(branches) and not outermost.is_function and all(branch.holder == "If" for branch in branches)


def _force(branch: Scope, proto: onnx.ModelProto) -> None:
    """Make a constant the condition of the If that holds this branch."""
    import numpy as np
    from onnx import numpy_helper

    name = f"halfpixel_{branch.path}"
    proto.graph.initializer.append(numpy_helper.from_array(np.array(branch.path.endswith(".then_branch")), name))
    _holder(branch).input[0] = name
