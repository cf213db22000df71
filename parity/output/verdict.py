"""The verdict on a model: file, audit, run and fix in one frozen object, and its JSON."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from halfpixel.golden import Convention
from halfpixel.parity.audit.remarks import AuditRemark
from halfpixel.parity.diagnose.results import ModelRun, NodeFinding, ParityExit
from halfpixel.parity.formats.model import Model, ResizeNode

if TYPE_CHECKING:
    from halfpixel.parity.fix.corrected_model import FixedModel

SCHEMA = 1

_CALL = re.compile(r" \(call \d+\)\Z")


@dataclass(frozen=True, slots=True)
class ModelVerdict:
    """All results of the command.

    run
        ``None`` where nothing was run: an audit.
    fixed
        The model that ``--fix`` wrote, ``None`` without it.
    fix_problem
        Why ``--fix`` wrote nothing.
    """

    model: Model
    remarks: tuple[AuditRemark, ...]
    run: ModelRun | None = None
    fixed: FixedModel | None = None
    fix_problem: str = ""

    @property
    def exit(self) -> ParityExit:
        """Of the run; of an audit alone, divergence where it predicts one, and parity where it knows of none."""
        if self.run is not None:
            return self.run.exit
        return ParityExit.DIVERGENCE if any(remark.is_warning for remark in self.remarks) else ParityExit.PARITY

    def node(self, key: str) -> ResizeNode | None:
        """The resize of that key, or of that key and which call of its function it is in (``... (call 2)``)."""
        by_key = {node.key: node for node in self.model.resizes}
        return by_key.get(key) or by_key.get(_CALL.sub("", key))

    def findings(self, key: str) -> tuple[NodeFinding, ...]:
        """The findings on one resize, worst first; none of an audit."""
        return tuple(node for node in self.run.nodes if node.key == key) if self.run is not None else ()

    def require_run(self) -> ModelRun:
        """The run; ``ValueError`` for an audit."""
        if self.run is None:
            raise ValueError("nothing was run")
        return self.run

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON: exact numbers as strings of fractions, NaN and infinities as text."""
        model = self.model
        return {
            "schema": SCHEMA,
            "exit": int(self.exit),
            "verdict": self.exit.name.lower().replace("_", " "),
            "model": {
                "path": str(model.path),
                "kind": model.kind,
                "opset": model.opset,
                "nodes": model.nodes,
                "inputs": as_json(model.inputs),
                "outputs": as_json(model.outputs),
                "resizes": as_json(model.resizes),
            },
            "audit": as_json(self.remarks),
            "run": as_json(self.run),
            "fixed": as_json(self.fixed),
            "fix_problem": self.fix_problem,
        }


def as_json(value: object) -> object:
    """Dataclasses as objects, conventions by their parameters, everything else as JSON has it."""
    if isinstance(value, Convention):
        return value.as_dict()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Fraction | Path):
        return str(value)
    if dataclasses.is_dataclass(value):
        fields = {field.name: as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return fields | ({"exit": int(value.exit)} if isinstance(value, ModelRun) else {})
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(item) for item in value]
    return as_json(value.item()) if hasattr(value, "item") else str(value)
