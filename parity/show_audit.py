"""The audit on the screen: each resize with what is to be said of it, those to look at first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parity.audit import MISREAD, Remark
from parity.resizes import ResizedAxis, ResizeNode
from parity.text import counted, shown, wrapped
from parity.verdict import ModelVerdict

_TOGETHER = 6
"""Resizes that are alike, each on a line of its own; of more only the number is told."""
_KINDS = 12
"""Kinds of resizes that are told in full; --json has all."""


def audit_lines(verdict: ModelVerdict) -> list[str]:
    """Each resize with what is to be said of it: those that somebody should look at first."""
    by_key: dict[str, list[Remark]] = {}
    for remark in verdict.remarks:
        by_key.setdefault(remark.key, []).append(remark)
    order = sorted(verdict.model.resizes, key=lambda node: not any(one.is_warning for one in by_key.get(node.key, [])))
    warned = sum(any(one.is_warning for one in by_key.get(node.key, [])) for node in order)
    found = [f"AUDIT (nothing was run): {counted(len(order), 'resize')}, of which {warned} to look at"]
    found += [f"  {_remark(one)}" for one in by_key.get("", [])]
    groups = _alike(order, by_key)
    for nodes in groups[:_KINDS]:
        found += _audited(nodes, by_key)
    if len(groups) > _KINDS:
        found.append(f"and {counted(len(groups) - _KINDS, 'kind')} more: --json has them all")
    return found


def _alike(nodes: Iterable[ResizeNode], remarks: dict[str, list[Remark]]) -> list[list[ResizeNode]]:
    """Resizes of which the same is to be said, but for their sizes, together."""
    groups: dict[tuple, list[ResizeNode]] = {}
    for node in nodes:
        said = {(one.kind, one.message, one.runtime) for one in remarks.get(node.key, []) if one.kind in _OF_A_KIND}
        groups.setdefault((node.op, tuple(one.convention for one in node.axes), frozenset(said)), []).append(node)
    return list(groups.values())


_OF_A_KIND = ("meaning", "opset", "attributes", "runtime", "unknown")


def _audited(nodes: Sequence[ResizeNode], by_key: dict[str, list[Remark]]) -> list[str]:
    """Resizes that are alike: where each is, then what is to be said of all, at the worst of their sizes."""
    found = [f"{node.key}{name_of(node)}  {_axes(node)}{_origin(node)}".rstrip() for node in nodes[:_TOGETHER]]
    if len(nodes) > _TOGETHER:
        found.append(f"and {len(nodes) - _TOGETHER} more like them")
    worst: dict[tuple[str, str, str], Remark] = {}
    for one in (each for node in nodes for each in by_key.get(node.key, [])):
        known = worst.get((one.kind, one.message, one.runtime))
        if known is None or (one.gain or 0) > (known.gain or 0):
            worst[one.kind, one.message, one.runtime] = one
    misread = [one for one in worst.values() if one.kind == "worst case" and one.message.startswith(MISREAD)]
    for one in worst.values():
        if one not in misread:
            found += wrapped(_remark(one), "    ")
    if misread:
        costs = [f"{one.message.removeprefix(MISREAD)} {one.gain:.3g} ({one.grey_levels:.3g})" for one in misread]
        sizes = {one.sizes for one in misread}
        at = f"at {misread[0].sizes[0]} -> {misread[0].sizes[1]}" if len(sizes) == 1 else "at the worst of these sizes"
        at += _EXAMPLE if any(one.is_example for one in misread) else ""
        told = f"if misread, {at}, off by (grey levels): {', '.join(costs)}"
        found += wrapped(told, "    ")
    return found


def _origin(node: ResizeNode) -> str:
    return f"  from {shown(node.origin, 100)}" if node.origin else ""


_EXAMPLE = " (an example: the file fixes no size)"


def _remark(one: Remark) -> str:
    mark = "! " if one.is_warning else ""
    who = f"{shown(one.runtime, 60)}: " if one.runtime else ""
    worst = f"; {_worst(one)}" if one.gain is not None else ""
    return f"{mark}{one.kind}: {who}{shown(one.message, 400).rstrip('.')}{worst}"


def _worst(one: Remark) -> str:
    levels = f", {one.grey_levels:.3g} grey levels" if one.grey_levels is not None else ""
    sizes = "" if one.sizes is None else f" at {one.sizes[0]} -> {one.sizes[1]}"
    return f"off by up to {one.gain:.3g} for images in [-1, 1]{levels}{sizes}{_EXAMPLE if one.is_example else ''}"


def name_of(node: ResizeNode) -> str:
    """The node's own name, quoted, after a blank; empty where it adds nothing."""
    return f" {shown(node.name, 50)!r}" if node.name and node.name not in node.key else ""


def _axes(node: ResizeNode) -> str:
    if not node.axes:
        return ""
    return "axes " + ", ".join(f"{one.axis}: {_sizes(one)}" for one in node.axes)


def _sizes(axis: ResizedAxis) -> str:
    n_in = "?" if axis.n_in is None else str(axis.n_in)
    n_out = "?" if axis.n_out is None else str(axis.n_out)
    return f"{n_in} -> {n_out}" + (f" by {float(axis.scale):.6g}" if axis.scale is not None else "")
