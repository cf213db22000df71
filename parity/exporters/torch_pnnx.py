"""pnnx of a traced torch module, for ncnn: https://github.com/pnnx/pnnx.

ncnn's blobs have no batches, so that a call is traced with one image.
"""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from parity.exporters import FIXED
from parity.exporters._torch_module import Resizes, bring, examples, nothing
from parity.exporters.source import Order, read

__all__ = ["bring", "load"]


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
    """Convert what the order in the file asks for: ``.param`` and ``.bin`` behind its path.

    Weights are not rounded to float16, which is the default. Shapes are open where a second example has others:
    https://github.com/pnnx/pnnx#usage.
    """
    order = replace(read(path), images=1)
    given, to = examples(order), Path(order.path)
    traced = to.with_suffix(".pt")
    torch.jit.trace(Resizes(order).eval(), given, check_trace=False).save(str(traced))
    command = [str(Path(importlib.util.find_spec("pnnx").origin).with_name("pnnx")), traced.name]
    command += [f"inputshape={_said(given)}", "fp16=0", f"ncnnparam={to.name}.param", f"ncnnbin={to.name}.bin"]
    if order.is_dynamic:
        command.append(f"inputshape2={_said(_others(order))}")
    settings = {"capture_output": True, "text": True, "check": False, "stdin": subprocess.DEVNULL}
    done = subprocess.run(command, cwd=to.parent, **settings)
    if done.returncode or not Path(f"{to}.param").exists():
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise RuntimeError(f"pnnx ended with {done.returncode}: {''.join(last)}")
    return nothing


def _others(order: Order) -> tuple[torch.Tensor, torch.Tensor]:
    return examples(replace(order, shapes=FIXED))


def _said(tensors: Sequence[torch.Tensor]) -> str:
    return ",".join(f"[{','.join(map(str, one.shape))}]f32" for one in tensors)
