"""``Model.export`` of Keras, on the backend tensorflow: https://keras.io/api/models/model_saving_apis/export/."""

from __future__ import annotations

from collections.abc import Callable

import keras

from parity.exporters._tf_function import bring, nothing
from parity.exporters.source import Order, calls, read

__all__ = ["bring", "to_litert", "to_onnx", "to_openvino", "to_saved_model"]

Load = Callable[[str, tuple[str, ...], tuple[str, ...]], Callable[[dict], list]]


def _to(format: str, has_opset: bool = False) -> Load:
    def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
        order = read(path)
        more = {"opset_version": order.opset} if has_opset else {}
        _model(order).export(order.path, format=format, verbose=False, **more)
        return nothing

    load.__doc__ = f"Export what the order in the file asks for as {format}."
    return load


def _model(order: Order) -> keras.Model:
    """The calls as a functional model of ``x`` and ``like``, which it does not read: sizes are Python's numbers."""
    # Names are numbered from the beginning, and messages the same, whatever the process has exported before.
    keras.utils.clear_session()
    shapes = ((order.images, *order.size_in, 1), (1, *order.size_out, 1))
    x, like = (keras.Input(batch_shape=shape, name=name) for shape, name in zip(shapes, ("x", "like"), strict=True))
    made = {name: call(x, *order.size_out) for name, call in zip(order.outputs, calls(order), strict=True)}
    model = keras.Model([x, like], made)
    # It says of a model that was never called that it cannot be exported to ONNX.
    model([keras.ops.zeros(shape) for shape in shapes])
    return model


to_saved_model, to_litert, to_openvino = map(_to, ("tf_saved_model", "litert", "openvino"))
to_onnx = _to("onnx", has_opset=True)
