"""pnnx of a traced torch module, for ncnn: https://github.com/pnnx/pnnx.

ncnn's blobs have no batches, so that a call is traced with one image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from parity.exporters import FIXED
from parity.exporters._torch_module import Resizes, bring, examples, nothing
from parity.exporters.source import Order, read
from parity.runners.pnnx import convert

__all__ = ["bring", "load"]


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
    """Convert what the order in the file asks for: ``.param`` and ``.bin`` behind its path.

    Shapes are open where a second example has others: https://github.com/pnnx/pnnx#usage.
    """
    order = replace(read(path), images=1)
    given, to = examples(order), Path(order.path)
    traced = to.with_suffix(".pt")
    torch.jit.trace(Resizes(order).eval(), given, check_trace=False).save(str(traced))
    arguments = [f"inputshape={_said(given)}", f"ncnnparam={to.name}.param", f"ncnnbin={to.name}.bin"]
    if order.is_dynamic:
        arguments.append(f"inputshape2={_said(_others(order))}")
    convert(traced, Path(f"{to}.param"), arguments)
    return nothing


def _others(order: Order) -> tuple[torch.Tensor, torch.Tensor]:
    return examples(replace(order, shapes=FIXED))


def _said(tensors: Sequence[torch.Tensor]) -> str:
    return ",".join(f"[{','.join(map(str, one.shape))}]f32" for one in tensors)
