"""PyTorch by scale: every mode of ``interpolate``, each ``recompute_scale_factor``, and the ``Upsample`` layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from halfpixel.adapters.by_scale import ByScaleOperation, ScaleSource, mark_shared_size_rules, native_by_scale
from halfpixel.adapters.native_call import Helper
from halfpixel.adapters.operation import Operation
from halfpixel.adapters.torch.calls import FRAMEWORK, operations

if TYPE_CHECKING:
    import torch

_LAYERS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn."

_FLOOR_NOTE = "The page gives no formula for the size; that of torch.nn.Upsample, which calls it, says floor."
_DEFAULT_NOTE = "The page does not say what recompute_scale_factor=None means for this mode."
# By recompute_scale_factor.
_SOURCES: dict[str, ScaleSource] = {"None": "", "False": "given", "True": "recomputed"}


def scale_each_axis(resize, x: torch.Tensor, sy: float, sx: float) -> torch.Tensor:  # type: ignore[no-untyped-def]  # printed
    """Resize the width, then the height, of ``(N, C, H, W)`` by ``resize(t, s)``: ``(N, C, L)`` to ``(N, C, n)``."""
    for scale in (sx, sy):
        n, c, other, last = x.shape
        x = resize(x.reshape(n, c * other, last), scale)
        x = x.reshape(n, c, other, x.shape[-1]).transpose(2, 3)
    return x


def _arguments(operation: Operation) -> str:
    """The arguments in an operation's name, without its parentheses."""
    return operation.name.partition("(")[2].removesuffix(")")


def _by_scale(operation: Operation, name: str, further: str, source: ScaleSource, note: str) -> ByScaleOperation:
    """A call by size made one by scale, with ``further`` arguments."""
    text = operation.native_call.expression
    helpers: tuple[Helper, ...] = ()
    if text.startswith("along_each_axis"):
        text = text.replace("along_each_axis(lambda t, n:", "scale_each_axis(lambda t, s:")
        text = text.replace("size=n", f"scale_factor=s{further}").replace("x, h, w)", "x, sy, sx)")
        helpers = (scale_each_axis,)
    text = text.replace("size=(h, w)", f"scale_factor=(sy, sx){further}")
    text = text.replace("size=(1, h, w)", f"scale_factor=(1.0, sy, sx){further}")
    return native_by_scale(
        FRAMEWORK,
        name,
        text,
        "NCHW",
        *operation.documented(note),
        helpers=helpers,
        size_variant=operation,
        size_rule="floor",
        scale_source=source,
    )


def _interpolate(operation: Operation, recompute: str) -> ByScaleOperation:
    arguments, source, note = _arguments(operation), _SOURCES[recompute], _FLOOR_NOTE
    if "align_corners=True" in arguments:
        # Aligned corners leave no scale to choose, and the page does not say what else could follow one.
        source = ""
    elif "align_corners=False" in arguments and not source:
        # "independent of input size when scale_factor is kept the same", says the page.
        source = "given"
    elif not source:
        note = f"{_FLOOR_NOTE} {_DEFAULT_NOTE}"
    name = f"interpolate(scale_factor, {arguments + ', ' if arguments else ''}recompute_scale_factor={recompute})"
    return _by_scale(operation, name, f", recompute_scale_factor={recompute}", source, note)


def _upsample(operation: Operation) -> ByScaleOperation:
    arguments = _arguments(operation)
    name = f"Upsample(scale_factor{', ' + arguments if arguments else ''})"
    return _by_scale(operation, name, "", "", _DEFAULT_NOTE)


def _layer(name: str, size_variant: Operation) -> ByScaleOperation:
    return native_by_scale(
        FRAMEWORK,
        f"{name}(scale_factor)",
        f"torch.nn.{name}(scale_factor=(sy, sx))(x)",
        "NCHW",
        size_variant.claim,
        f"{_LAYERS}{name}.html",
        size_variant.note,
        size_variant=size_variant,
        size_rule="floor",
    )


def operations_by_scale() -> list[ByScaleOperation]:
    """Every resize call of torch that takes a scale."""
    by_name = {operation.name: operation for operation in operations()}
    interpolations = [operation for name, operation in by_name.items() if name.startswith("interpolate(")]
    calls = [_interpolate(operation, recompute) for recompute in _SOURCES for operation in interpolations]
    calls += [_upsample(operation) for name, operation in by_name.items() if name.startswith("Upsample(")]
    calls.append(_layer("UpsamplingNearest2d", by_name["Upsample()"]))
    calls.append(_layer("UpsamplingBilinear2d", by_name["Upsample(mode=bilinear, align_corners=True)"]))
    return mark_shared_size_rules(
        calls, lambda operation: (operation.name.partition("(")[0], operation.name.endswith("True)"))
    )
