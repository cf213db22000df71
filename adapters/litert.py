"""LiteRT (TensorFlow Lite): its two resize operators, one-operator models, every flag and op resolver."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.adapters.framework import Framework
from halfpixel.adapters.native_call import NativeCall, Variant
from halfpixel.adapters.operation import Operation, argument_label, argument_source, native
from halfpixel.adapters.tensorflow.claims import MODES, flagged_kernel
from halfpixel.golden import Convention

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

FRAMEWORK = Framework(
    "litert",
    "ai_edge_litert",
    ("ai-edge-litert",),
    "from functools import lru_cache\n\nfrom ai_edge_litert.interpreter import Interpreter",
    requires=("flatbuffers",),
)


def resize_model(
    operator: str,
    dtype: str,
    size: tuple[int, int] | None = None,
    shape: tuple[int, int, int, int] | None = None,
    **flags: bool,
) -> bytes:
    """A .tflite file of one RESIZE_BILINEAR or RESIZE_NEAREST_NEIGHBOR of (N, H, W, C), any or of that ``shape``.

    The output's size is an input of the model, or ``size`` where that is given. Integers are quantised, with scale 1
    and zero point 0 (int8, uint8, int16), so that they stand for themselves.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    kinds = {"float32": "FLOAT32", "float64": "FLOAT64", "float16": "FLOAT16", "bfloat16": "BFLOAT16"}
    kind = getattr(schema.TensorType, kinds.get(dtype, dtype.upper()))

    def tensor(name: str, shape: list[int], signature: list[int], kind: int, buffer: int) -> schema.TensorT:
        made = schema.TensorT()
        made.name, made.shape, made.shapeSignature, made.type, made.buffer = name, shape, signature, kind, buffer
        if dtype in ("int8", "uint8", "int16") and name != "size":
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale, made.quantization.zeroPoint = [1.0], [0]
        return made

    code, node, graph, model = schema.OperatorCodeT(), schema.OperatorT(), schema.SubGraphT(), schema.ModelT()
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, operator)
    code.version = 3
    options = {"RESIZE_BILINEAR": "ResizeBilinearOptions", "RESIZE_NEAREST_NEIGHBOR": "ResizeNearestNeighborOptions"}
    node.builtinOptionsType = getattr(schema.BuiltinOptions, options[operator])
    node.builtinOptions = getattr(schema, options[operator] + "T")()
    node.builtinOptions.alignCorners = flags.get("align_corners", False)
    node.builtinOptions.halfPixelCenters = flags.get("half_pixel_centers", False)
    node.opcodeIndex, node.inputs, node.outputs = 0, [0, 1], [2]
    made = None if shape is None or size is None else [shape[0], *size, shape[3]]
    graph.tensors = [
        tensor("x", list(shape or [1] * 4), list(shape or [-1] * 4), kind, 0),
        tensor("size", [2], [2], schema.TensorType.INT32, 1),
        tensor("y", made or [1] * 4, made or [-1] * 4, kind, 0),
    ]
    graph.name, graph.operators, graph.inputs, graph.outputs = operator, [node], [0, 1] if size is None else [0], [2]
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [schema.BufferT(), schema.BufferT()]
    if size is not None:
        model.buffers[1].data = np.array(size, np.int32).view(np.uint8)
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@lru_cache(maxsize=64)
def litert_interpreter(
    operator: str, dtype: str, size: tuple[int, int] | None, resolver: str, threads: int, **flags: bool
) -> Interpreter:
    """An interpreter of one operator, for images of any size and a constant size of output: that takes 0.2 ms."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    return Interpreter(
        model_content=resize_model(operator, dtype, size, **flags),  # type: ignore[arg-type]  # printed
        num_threads=threads,
        experimental_op_resolver_type=OpResolverType[resolver],
    )


def litert_resize(  # type: ignore[no-untyped-def]  # printed
    x: np.ndarray, h: int, w: int, operator: str, resolver: str = "AUTO", constant: bool = True, threads=1, **flags
) -> np.ndarray:
    """LiteRT's operator on x, shape (N, H, W, C), to (N, h, w, C), with one of LiteRT's op resolvers.

    The size is a ``constant`` of the model, as converters write it, or else an input of it, which keeps delegates away.
    """
    size = (h, w) if constant else None
    interpreter = litert_interpreter(operator, x.dtype.name, size, resolver, threads, **flags)
    interpreter.resize_tensor_input(0, x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(0, x)
    if not constant:
        interpreter.set_tensor(1, np.array([h, w], np.int32))
    interpreter.invoke()
    return interpreter.get_tensor(2)  # type: ignore[no-any-return]  # printed


HELPERS = (resize_model, litert_interpreter, litert_resize)


def uses_default_resolver(call: NativeCall) -> bool:
    """Whether the call leaves the op resolver to LiteRT."""
    return "resolver=" not in call.expression


def list_variants() -> list[Variant]:
    """Every path. Source: https://ai.google.dev/edge/api/tflite/python/tf/lite/Interpreter."""
    return [
        Variant("resolver BUILTIN", arguments='resolver="BUILTIN"', applies=uses_default_resolver),
        Variant("size as an input", arguments="constant=False"),
        Variant("4 threads", arguments="threads=4", applies=uses_default_resolver),
    ]


# The pages of the operators name the flags and nothing of coordinates; the reference kernels have them.
_KERNELS = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/lite/kernels/internal/reference/"
_SOURCES = {
    "RESIZE_BILINEAR": _KERNELS + "resize_bilinear.h",
    "RESIZE_NEAREST_NEIGHBOR": _KERNELS + "resize_nearest_neighbor.h",
}
_NOTE = "No page states coordinates or rounding; the reference kernel's source tells."
_BOTH_NOTE = "No page states what both flags at once mean; the kernel adds half a pixel and then rounds to nearest."

_RESOLVERS = ("AUTO", "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "BUILTIN_REF")


def convention_of(operator: str, align_corners: bool = False, half_pixel_centers: bool = False) -> Convention | None:
    """What the reference kernels do, which is what TensorFlow's own do; ``None`` for both flags at once.

    Bilinear clamps; nearest floors, and under ``align_corners`` rounds halves up. With half-pixel centres nearest
    floors ``(o + 0.5) * scale``, which is rounding the half-pixel coordinate half up.
    """
    if align_corners and half_pixel_centers:
        return None
    method = "bilinear" if operator == "RESIZE_BILINEAR" else "nearest"
    return flagged_kernel(method, align_corners, half_pixel_centers).claim


def _resize(operator: str, resolver: str, flags: dict[str, bool]) -> Operation:
    arguments = {**flags, **({} if resolver == "AUTO" else {"resolver": resolver})}
    claim = convention_of(operator, **flags)
    return native(
        FRAMEWORK,
        f"{operator}({argument_label(arguments)})",
        f'litert_resize(x, h, w, operator="{operator}"{argument_source(arguments)})',
        "NHWC",
        helpers=HELPERS,
        claim=claim,
        source=_SOURCES[operator],
        note=_BOTH_NOTE if claim is None else _NOTE,
        is_default=not arguments,
    )


def operations() -> list[Operation]:
    """Both operators: every flag by every resolver that has kernels of its own; BUILTIN is what AUTO comes to.

    Both flags at once are refused by the kernels of RESIZE_BILINEAR.
    """
    calls = []
    for operator, resolver in product(_SOURCES, _RESOLVERS):
        both = [(True, True)] if operator == "RESIZE_NEAREST_NEIGHBOR" else []
        for align_corners, half_pixel_centers in (*MODES, *both):
            flags = {"align_corners": align_corners, "half_pixel_centers": half_pixel_centers}
            # The schema's defaults: a file need not name what is off.
            calls.append(_resize(operator, resolver, {name: value for name, value in flags.items() if value}))
    return calls
