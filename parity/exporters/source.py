"""What an exporter is asked for, and the framework's calls as one function with many outputs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import adapters
from adapters import Operation
from adapters.scaled import ScaledOperation
from parity import exporters
from parity.exporters import DYNAMIC

Asked = Operation | ScaledOperation


@dataclass(frozen=True, slots=True)
class Order:
    """A model to be exported, kept in a file of JSON.

    source, ids
        The framework, and its operations, each of which becomes one output. The first is called ``y000``, so that names
        sort as ids do.
    shapes, opset
        See :class:`parity.exporters.Exporter`.
    size_in, size_out, images
        (height, width) of input and output, and how many images: all there is for fixed shapes. For dynamic ones, what
        it is traced with.
    scales
        What operations by scale are given, in the order of ``ids``; ``None`` for operations by size.
    path
        Where the model goes.
    """

    source: str
    ids: tuple[str, ...]
    shapes: str
    opset: int
    size_in: tuple[int, int]
    size_out: tuple[int, int]
    images: int
    scales: tuple[tuple[float, float] | None, ...]
    path: str

    @property
    def is_dynamic(self) -> bool:
        """Whether shapes are left open, and the output is as large as the input ``like``."""
        return self.shapes == DYNAMIC

    @property
    def outputs(self) -> list[str]:
        """The names of the outputs."""
        return [f"y{number:03d}" for number in range(len(self.ids))]

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def read(path: str) -> Order:
    """The order in a file."""
    raw = json.loads(Path(path).read_text(encoding="utf-8"))
    pairs = {name: tuple(raw[name]) for name in ("ids", "size_in", "size_out")}
    scales = tuple(None if one is None else tuple(one) for one in raw["scales"])
    return Order(**raw | pairs | {"scales": scales})


def refuse(order: Order, refused: dict[str, str]) -> None:
    """Say, beside the model, which calls were asked for and are not among its outputs, and why."""
    if refused:
        Path(f"{order.path}.refused").write_text(json.dumps(refused), encoding="utf-8")


def refused(order: Order) -> dict[str, str]:
    """What :func:`refuse` said."""
    path = Path(f"{order.path}.refused")
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def found(source: str) -> dict[str, Asked]:
    """Every resize call of a framework, by size and by scale, by id; none that its exporters' processes cannot make."""
    listed = (*adapters.operations(source), *adapters.scaled_operations(source))
    return {one.id: one for one in listed if one.call is not None and _is_within_reach(one)}


def _is_within_reach(asked: Asked) -> bool:
    """Whether some exporter runs where the call does: a setting that a framework reads once is another process's."""
    needed = set(asked.call.framework.environment)
    return not needed or any(needed <= set(one.environment.items()) for one in exporters.of(asked.framework))


def calls(order: Order) -> list[Callable]:
    """``f(x, h, w)`` on the framework's tensors for each operation; by scale, ``h`` and ``w`` are not looked at."""
    known = found(order.source)
    return [_call(known[name], scales) for name, scales in zip(order.ids, order.scales, strict=True)]


def _call(asked: Asked, scales: tuple[float, float] | None) -> Callable:
    if isinstance(asked, Operation):
        return asked.call.on_tensors
    call = asked.call
    namespace = {helper.__name__: helper for helper in call.helpers}
    exec(compile(call.framework.imports, "<imports>", "exec"), namespace)
    names = ", ".join(call.names)
    resize = eval(compile(f"lambda x, {names}: {call.expression}", "<call>", "eval"), namespace)
    return lambda x, h, w: resize(x, *scales)
