"""``openvino.convert_model`` of a torch module: its front end for PyTorch.

https://docs.openvino.ai/2026/openvino-workflow/model-preparation/convert-model-pytorch.html.
"""

from __future__ import annotations

from collections.abc import Callable

from parity.exporters._torch_module import Resizes, bring, examples, nothing
from parity.exporters.source import read

__all__ = ["bring", "load"]


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
    """Convert what the order in the file asks for; weights are not rounded to float16, which is the default."""
    import openvino

    order = read(path)
    given = examples(order)
    shapes = [(-1, 1, -1, -1)] * 2 if order.is_dynamic else [tuple(one.shape) for one in given]
    model = openvino.convert_model(Resizes(order).eval(), example_input=given, input=shapes)
    openvino.save_model(model, order.path, compress_to_fp16=False)
    return nothing
