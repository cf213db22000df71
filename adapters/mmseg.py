"""mmsegmentation: its own ``resize`` and ``Upsample``, which its heads, necks and backbones call, on torch."""

from __future__ import annotations

import re
from dataclasses import replace

from halfpixel.adapters.by_scale import ByScaleOperation, mark_shared_size_rules, native_by_scale
from halfpixel.adapters.native_call import Helper
from halfpixel.adapters.operation import Operation, native
from halfpixel.adapters.torch.calls import FRAMEWORK as TORCH
from halfpixel.adapters.torch.calls import along_each_axis
from halfpixel.adapters.torch.calls import operations as torch_operations
from halfpixel.adapters.torch.gradients import list_gradients
from halfpixel.adapters.torch.variants import list_variants

__all__ = ["FRAMEWORK", "list_gradients", "list_variants", "operations", "operations_by_scale"]

# `from mmseg.models.utils import resize` imports every head, and with them operators that are compiled for mmcv and
# that mmcv-lite does not have (`mmcv._ext`). The one file that both are defined in needs torch alone, so it is loaded
# by itself: it is the code that heads call, without a stand-in for anything. The version of mmcv, which `import mmseg`
# asserts, does not matter to it. torch.compile looks modules up by their name in sys.modules.
_IMPORTS = """\
import importlib.util
import pathlib
import sys
import torch
folder = pathlib.Path(importlib.util.find_spec("mmseg").origin).parent
spec = importlib.util.spec_from_file_location("mmseg_wrappers", folder / "models" / "utils" / "wrappers.py")
sys.modules["mmseg_wrappers"] = wrappers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(wrappers)"""

FRAMEWORK = replace(TORCH, name="mmseg", module="mmseg", distributions=("mmsegmentation",), imports=_IMPORTS)

_SOURCE = "https://github.com/open-mmlab/mmsegmentation/blob/v1.2.2/mmseg/models/utils/wrappers.py"
_NOTE = "It has no page; the file hands size, mode and align_corners to torch's interpolate, whose page is meant."
_SIZE_NOTE = "The file takes int(t * scale_factor) of each axis t, and resizes to that size; no page says so."
_SCALE_NOTE = "The file hands scale_factor to torch's interpolate, whose page does not say which scale coordinates use."
_AXES_NOTE = "A tuple of two scales is taken, and then multiplied as one: only one scale for both axes works."


_CALLS = {
    "resize": "wrappers.resize({t}, size={size}{further})",
    "Upsample": "wrappers.Upsample(size={size}{further})({t})",
}


def _arguments(operation: Operation) -> str:
    """The arguments of a call of torch's, mode first: ``mode="bilinear", align_corners=True``."""
    match = re.search(r"mode=\"[\w-]+\"(, align_corners=\w+)?", operation.native_call.expression)
    return match.group() if match else ""


def _torch_calls() -> list[Operation]:
    """torch's own calls of ``interpolate`` with arguments that ``resize`` has too (it has no ``antialias``)."""
    calls = [operation for operation in torch_operations() if operation.name.startswith("interpolate(")]
    return [operation for operation in calls if "antialias" not in operation.name]


def _call(function: str, torch_call: Operation) -> Operation | None:
    arguments = _arguments(torch_call)
    further = f", {arguments}" if arguments else ""
    mode = arguments.partition('"')[2].partition('"')[0]
    if mode in ("linear", "trilinear") and "align_corners=True" in arguments:
        # Looking for sizes to warn of, it takes every tensor for (N, C, H, W) and fails on others.
        if function == "Upsample":
            return None
        further += ", warning=False"
    helpers: tuple[Helper, ...] = ()
    if mode == "linear":
        one_axis = _CALLS[function].format(t="t", size="(n,)", further=further)
        expression, helpers = f"along_each_axis(lambda t, n: {one_axis}, x, h, w)", (along_each_axis,)
    elif mode == "trilinear":
        expression = _CALLS[function].format(t="x[:, :, None]", size="(1, h, w)", further=further) + "[:, :, 0]"
    else:
        expression = _CALLS[function].format(t="x", size="(h, w)", further=further)
    return native(
        FRAMEWORK,
        f"{function}({arguments.replace(chr(34), '')})",
        expression,
        "NCHW",
        torch_call.claim,
        _SOURCE,
        f"{_NOTE} {torch_call.note}".strip(),
        helpers=helpers,
        is_default=function == "resize" and not arguments,
    )


def operations() -> list[Operation]:
    """``resize`` and ``Upsample`` by size, in every mode and with every ``align_corners`` that they take."""
    calls = [_call(function, torch_call) for function in _CALLS for torch_call in _torch_calls()]
    return [operation for operation in calls if operation is not None]


def _scaled(function: str, size_variant: Operation) -> ByScaleOperation:
    arguments = _arguments(size_variant)
    further = f", {arguments}" if arguments else ""
    is_layer = function == "Upsample"
    # Two scales are handed over to Upsample as its constructor takes them.
    layer = f"wrappers.Upsample(scale_factor=sy if sy == sx else (sy, sx){further})(x)"
    return native_by_scale(
        FRAMEWORK,
        f"{function}(scale_factor{', ' if arguments else ''}{arguments.replace(chr(34), '')})",
        layer if is_layer else f"wrappers.resize(x, scale_factor=(sy, sx){further})",
        "NCHW",
        claim=size_variant.claim,
        size_rule="floor",
        scale_source="recomputed" if is_layer else "",
        source=_SOURCE,
        note=f"{_SIZE_NOTE} {_AXES_NOTE}" if is_layer else _SCALE_NOTE,
        size_variant=size_variant,
    )


def _takes_images(operation: Operation) -> bool:
    expression = operation.native_call.expression
    return expression.startswith("wrappers.") and not expression.endswith("[:, :, 0]")


def operations_by_scale() -> list[ByScaleOperation]:
    """The same of ``(N, C, H, W)``, by scale."""
    by_size = [operation for operation in operations() if _takes_images(operation)]
    calls = [_scaled(operation.name.partition("(")[0], operation) for operation in by_size]
    return mark_shared_size_rules(calls, lambda operation: operation.name.partition("(")[0])
