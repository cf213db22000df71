"""``Model.export`` of Keras, on the backend tensorflow: https://keras.io/api/models/model_saving_apis/export/."""

from __future__ import annotations

import keras

from halfpixel.parity.exports.export_cases import ExportEntry, ExportJob, bound_calls, export_entry
from halfpixel.parity.exports.tensorflow_exporters import import_framework

__all__ = ["import_framework", "to_litert", "to_onnx", "to_openvino", "to_saved_model"]


def _to(format: str, has_opset: bool = False) -> ExportEntry:
    def export(job: ExportJob) -> None:
        opset = {"opset_version": job.opset} if has_opset else {}
        _model(job).export(job.path, format=format, verbose=False, **opset)

    return export_entry(export)


def _model(job: ExportJob) -> keras.Model:
    """The calls as a functional model of ``x`` and ``like``, which it does not read: sizes are Python's numbers."""
    # Names are numbered from the beginning, and messages the same, whatever the process has exported before.
    keras.utils.clear_session()
    shapes = ((job.images, *job.size_in, 1), (1, *job.size_out, 1))
    x, like = (keras.Input(batch_shape=shape, name=name) for shape, name in zip(shapes, ("x", "like"), strict=True))
    results = {name: call(x, *job.size_out) for name, call in zip(job.outputs, bound_calls(job), strict=True)}
    model = keras.Model([x, like], results)
    # Keras refuses to export a model to ONNX that was never called.
    model([keras.ops.zeros(shape) for shape in shapes])
    return model


to_saved_model, to_litert, to_openvino = map(_to, ("tf_saved_model", "litert", "openvino"))
to_onnx = _to("onnx", has_opset=True)
