"""mmsegmentation: its own ``resize`` and ``Upsample``, which its heads, necks and backbones call, on torch."""

from __future__ import annotations

import re

from adapters import torch as _torch
from adapters._torch_gradient import gradients  # noqa: F401
from adapters._torch_variants import variants  # noqa: F401
from adapters.framework import Framework
from adapters.operation import Operation, native
from adapters.scaled import ScaledOperation, scaled, sharing_size_rules
from adapters.torch import along_each_axis

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

FRAMEWORK = Framework(
    "mmseg",
    "mmseg",
    ("mmsegmentation",),
    _IMPORTS,
    to_native="torch.from_numpy(x)",
    to_numpy="y.numpy()",
    to_bfloat16="torch.from_numpy(x).to(torch.bfloat16)",
    from_bfloat16="y.float().numpy()",
)

_SOURCE = "https://github.com/open-mmlab/mmsegmentation/blob/v1.2.2/mmseg/models/utils/wrappers.py"
_NOTE = "It has no page; the file hands size, mode and align_corners to torch's interpolate, whose page is meant."
_SIZE_NOTE = "The file takes int(t * scale_factor) of each axis t, and resizes to that size; no page says so."
_SCALE_NOTE = "The file hands scale_factor to torch's interpolate, whose page does not say which scale coordinates use."
_AXES_NOTE = "A tuple of two scales is taken, and then multiplied as one: only one scale for both axes works."


def _arguments(operation: Operation) -> str:
    """The arguments of a call of torch's, mode first: ``mode="bilinear", align_corners=True``."""
    found = re.search(r"mode=\"[\w-]+\"(, align_corners=\w+)?", operation.call.expression)
    return found.group() if found else ""


def _torch_calls() -> list[Operation]:
    """torch's own calls of ``interpolate`` with arguments that ``resize`` has too (it has no ``antialias``)."""
    calls = [each for each in _torch.operations() if each.name.startswith("interpolate(")]
    return [each for each in calls if "antialias" not in each.name]


def _call(function: str, like: Operation) -> Operation | None:
    arguments = _arguments(like)
    rest = f", {arguments}" if arguments else ""
    templates = {
        "resize": "wrappers.resize({t}, size={size}{rest})",
        "Upsample": "wrappers.Upsample(size={size}{rest})({t})",
    }
    template = templates[function]
    helpers: tuple = ()
    t, size = "x", "(h, w)"
    if "linear" in arguments and "bilinear" not in arguments:
        if "align_corners=True" in arguments:
            # Looking for sizes to warn of, it takes every tensor for (N, C, H, W) and fails on others.
            if function == "Upsample":
                return None
            rest += ", warning=False"
        is_volume = "trilinear" in arguments
        t, size = ("x[:, :, None]", "(1, h, w)") if is_volume else ("t", "(n,)")
    expression = template.format(t=t, size=size, rest=rest)
    if t == "t":
        expression, helpers = f"along_each_axis(lambda t, n: {expression}, x, h, w)", (along_each_axis,)
    elif t != "x":
        expression += "[:, :, 0]"
    return native(
        FRAMEWORK,
        f"{function}({arguments.replace(chr(34), '')})",
        expression,
        "NCHW",
        helpers=helpers,
        claim=like.claim,
        source=_SOURCE,
        note=" ".join(filter(None, (_NOTE, like.note))),
        is_default=function == "resize" and not arguments,
    )


def operations() -> list[Operation]:
    """``resize`` and ``Upsample`` by size, in every mode and with every ``align_corners`` that they take."""
    found = [_call(function, like) for function in ("resize", "Upsample") for like in _torch_calls()]
    return [operation for operation in found if operation is not None]


def _scaled(function: str, by_size: Operation) -> ScaledOperation:
    arguments = _arguments(by_size)
    rest = f", {arguments}" if arguments else ""
    if function == "Upsample":
        # Two scales are handed over as its constructor takes them.
        expression = f"wrappers.Upsample(scale_factor=sy if sy == sx else (sy, sx){rest})(x)"
        source, note = "recomputed", f"{_SIZE_NOTE} {_AXES_NOTE}"
    else:
        expression = f"wrappers.resize(x, scale_factor=(sy, sx){rest})"
        source, note = "", _SCALE_NOTE
    return scaled(
        FRAMEWORK,
        f"{function}(scale_factor{', ' if arguments else ''}{arguments.replace(chr(34), '')})",
        expression,
        "NCHW",
        claim=by_size.claim,
        size_rule="floor",
        scale_source=source,
        source=_SOURCE,
        note=note,
        by_size=by_size,
    )


def scaled_operations() -> list[ScaledOperation]:
    """The same of ``(N, C, H, W)``, by scale."""
    found = [
        _scaled(operation.name.partition("(")[0], operation)
        for operation in operations()
        if operation.call.expression.startswith("wrappers.") and not operation.call.expression.endswith("[:, :, 0]")
    ]
    return sharing_size_rules(found, lambda operation: operation.name.partition("(")[0])
