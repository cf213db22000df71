"""TensorFlow's exporters: calls as one function with one output each, as ONNX, LiteRT, SavedModel, OpenVINO files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from halfpixel.parity.exports.export_cases import ExportJob, bound_calls, export_entry


def import_framework() -> None:
    """TensorFlow finishes its import when something is called."""
    tf.zeros(1)
    tf.get_logger().setLevel("ERROR")


def _function_of(job: ExportJob) -> tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]:
    """The function of ``x`` and ``like``, and its signature; each output is named by its place."""
    calls, (h, w) = bound_calls(job), job.size_out

    def resize(x: tf.Tensor, like: tf.Tensor) -> dict[str, tf.Tensor]:
        size = (tf.shape(like)[1], tf.shape(like)[2]) if job.is_dynamic else (h, w)
        return {name: tf.identity(call(x, *size), name) for name, call in zip(job.outputs, calls, strict=True)}

    size_in = (None, None) if job.is_dynamic else job.size_in
    size_out = (None, None) if job.is_dynamic else job.size_out
    shapes = {"x": (job.images, *size_in, 1), "like": (1, *size_out, 1)}
    return resize, [tf.TensorSpec(shape, tf.float32, name) for name, shape in shapes.items()]


@export_entry
def to_onnx(job: ExportJob) -> None:
    """``tf2onnx.convert.from_function``: https://github.com/onnx/tensorflow-onnx."""
    import tf2onnx

    resize, signature = _function_of(job)
    tf2onnx.convert.from_function(tf.function(resize), signature, opset=job.opset, output_path=job.path)


@export_entry
def to_litert(job: ExportJob) -> None:
    """Convert to LiteRT's own operators: https://www.tensorflow.org/api_docs/python/tf/lite/TFLiteConverter."""
    resize, signature = _function_of(job)

    def resize_to_list(x: tf.Tensor, like: tf.Tensor) -> list[tf.Tensor]:
        # The file has no names of outputs without a signature, but keeps a list in its order.
        results = resize(x, like)
        return [results[name] for name in job.outputs]

    traced = tf.function(resize_to_list).get_concrete_function(*signature)
    Path(job.path).write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([traced]).convert())


@export_entry
def to_saved_model(job: ExportJob) -> None:
    """Save as the only signature of a folder: https://www.tensorflow.org/api_docs/python/tf/saved_model/save."""
    resize, signature = _function_of(job)
    module = tf.Module()
    module.resize = tf.function(resize)
    tf.saved_model.save(module, job.path, module.resize.get_concrete_function(*signature))


@export_entry
def to_openvino(job: ExportJob) -> None:
    """Convert by OpenVINO's TensorFlow front end; weights are not rounded to float16, its default.

    https://docs.openvino.ai/2026/openvino-workflow/model-preparation/convert-model-tensorflow.html.
    """
    import openvino

    resize, signature = _function_of(job)
    model = openvino.convert_model(tf.function(resize).get_concrete_function(*signature))
    openvino.save_model(model, job.path, compress_to_fp16=False)
