"""PyTorch by scale: every mode of ``interpolate``, each ``recompute_scale_factor``, and the ``Upsample`` layers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.operation import Operation
from adapters.scaled import ScaledOperation, scaled, sharing_size_rules

if TYPE_CHECKING:
    import torch

_LAYERS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn."

_FLOOR_NOTE = "The page gives no formula for the size; that of torch.nn.Upsample, which calls it, says floor."
_DEFAULT_NOTE = "The page does not say what recompute_scale_factor=None means for this mode."
_SOURCES = {"True": "recomputed", "False": "given"}


def scale_each_axis(resize, x: torch.Tensor, sy: float, sx: float) -> torch.Tensor:
    """Resize the width, then the height, of ``(N, C, H, W)`` by ``resize(t, s)``: ``(N, C, L)`` to ``(N, C, n)``."""
    for scale in (sx, sy):
        n, c, other, last = x.shape
        x = resize(x.reshape(n, c * other, last), scale)
        x = x.reshape(n, c, other, x.shape[-1]).transpose(2, 3)
    return x


def _by_scale(operation: Operation, further: str) -> tuple[str, tuple]:
    """The expression of a call by size, made one by scale, and the helper functions it needs."""
    text = operation.call.expression
    if text.startswith("along_each_axis"):
        text = text.replace("along_each_axis(lambda t, n:", "scale_each_axis(lambda t, s:")
        return text.replace("size=n", f"scale_factor=s{further}").replace("x, h, w)", "x, sy, sx)"), (scale_each_axis,)
    text = text.replace("size=(h, w)", f"scale_factor=(sy, sx){further}")
    return text.replace("size=(1, h, w)", f"scale_factor=(1.0, sy, sx){further}"), ()


def _interpolate(operation: Operation, recompute: str) -> ScaledOperation:
    expression, helpers = _by_scale(operation, f", recompute_scale_factor={recompute}")
    arguments = re.search(r"\((.*)\)", operation.name)[1]
    # "independent of input size when scale_factor is kept the same", says the page of align_corners=False.
    independent = "align_corners=False" in arguments
    source = _SOURCES.get(recompute, "given" if independent else "")
    notes = [operation.note, _FLOOR_NOTE, "" if source else _DEFAULT_NOTE]
    if "align_corners=True" in arguments:
        # Aligned corners leave no scale to choose, and the page does not say what else could follow one.
        source, notes = "", notes[:2]
    return scaled(
        operation.call.framework,
        f"interpolate(scale_factor, {arguments + ', ' if arguments else ''}recompute_scale_factor={recompute})",
        expression,
        "NCHW",
        helpers=helpers,
        claim=operation.claim,
        by_size=operation,
        size_rule="floor",
        scale_source=source,
        source=operation.source,
        note=" ".join(filter(None, notes)),
    )


def _upsample(operation: Operation) -> ScaledOperation:
    expression, helpers = _by_scale(operation, "")
    arguments = re.search(r"\((.*)\)", operation.name)[1]
    return scaled(
        operation.call.framework,
        f"Upsample(scale_factor{', ' + arguments if arguments else ''})",
        expression,
        "NCHW",
        helpers=helpers,
        claim=operation.claim,
        by_size=operation,
        size_rule="floor",
        source=operation.source,
        note=" ".join(filter(None, (operation.note, _DEFAULT_NOTE))),
    )


def _layer(name: str, like: Operation) -> ScaledOperation:
    return scaled(
        like.call.framework,
        f"{name}(scale_factor)",
        f"torch.nn.{name}(scale_factor=(sy, sx))(x)",
        "NCHW",
        claim=like.claim,
        by_size=like,
        size_rule="floor",
        source=f"{_LAYERS}{name}.html",
        note=like.note,
    )


def scaled_operations() -> list[ScaledOperation]:
    """Every resize call of torch that takes a scale."""
    from adapters import torch as by_size

    known = {operation.name: operation for operation in by_size.operations()}
    interpolations = [operation for name, operation in known.items() if name.startswith("interpolate(")]
    found = [_interpolate(operation, which) for which in ("None", "False", "True") for operation in interpolations]
    found += [_upsample(operation) for name, operation in known.items() if name.startswith("Upsample(")]
    found.append(_layer("UpsamplingNearest2d", known["Upsample()"]))
    found.append(_layer("UpsamplingBilinear2d", known["Upsample(mode=bilinear, align_corners=True)"]))

    def function(operation: ScaledOperation) -> tuple[str, bool]:
        return operation.name.partition("(")[0], operation.name.endswith("True)")

    return sharing_size_rules(found, function)
