"""The verdict on a model: what was read, what the audit says, what running it found, in one frozen object."""

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

from golden import Convention
from parity.audit import Remark
from parity.model import Model
from parity.outcomes import Exit, NodeFinding, Run
from parity.resizes import ResizeNode

if TYPE_CHECKING:
    from parity.fix import Fixed

SCHEMA = 1

_CALL = re.compile(r" \(call \d+\)\Z")


@dataclass(frozen=True, slots=True)
class ModelVerdict:
    """Everything the command found.

    run
        ``None`` where nothing was run: an audit.
    fixed
        What ``--fix`` wrote, ``None`` without it.
    fix_problem
        Why nothing was written.
    """

    model: Model
    remarks: tuple[Remark, ...]
    run: Run | None = None
    fixed: Fixed | None = None
    fix_problem: str = ""

    @property
    def exit(self) -> Exit:
        """Of the run; of an audit alone, divergence where it predicts one, and parity where it knows of none."""
        if self.run is not None:
            return self.run.exit
        return Exit.DIVERGENCE if any(one.is_warning for one in self.remarks) else Exit.PARITY

    def node(self, key: str) -> ResizeNode | None:
        """The resize of that key, or of that key and which call of its function it is in (``... (call 2)``)."""
        by_key = {one.key: one for one in self.model.resizes}
        return by_key.get(key) or by_key.get(_CALL.sub("", key))

    def findings(self, key: str) -> tuple[NodeFinding, ...]:
        """What running found of one resize, worst first."""
        return tuple(one for one in self.run.nodes if one.key == key) if self.run is not None else ()

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
                "inputs": plain(model.inputs),
                "outputs": plain(model.outputs),
                "resizes": plain(model.resizes),
            },
            "audit": plain(self.remarks),
            "run": plain(self.run),
            "fixed": plain(self.fixed),
            "fix_problem": self.fix_problem,
        }


def plain(value: object) -> object:
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
        found = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return found | ({"exit": int(value.exit)} if isinstance(value, Run) else {})
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return plain(value.item()) if hasattr(value, "item") else str(value)
