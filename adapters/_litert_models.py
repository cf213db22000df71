"""TensorFlow Lite models of one resize, written with the schema that LiteRT ships, and the calls that run them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter


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
        model_content=resize_model(operator, dtype, size, **flags),
        num_threads=threads,
        experimental_op_resolver_type=OpResolverType[resolver],
    )


def litert_resize(
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
    return interpreter.get_tensor(2)


HELPERS = (resize_model, litert_interpreter, litert_resize)
