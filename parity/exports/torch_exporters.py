"""Torch's exporters: calls as one module with one output each, as ONNX, ncnn, MNN and OpenVINO files."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from halfpixel.parity.exports.export_cases import ExportEntry, ExportJob, bound_calls, export_entry
from halfpixel.parity.exports.registry import FIXED
from halfpixel.parity.runtimes import mnn, ncnn


def import_framework() -> None:
    """One thread, and no warnings, which would be taken for the last words of a crash."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")


class ResizesModule(torch.nn.Module):  # type: ignore[misc]  # torch ships no types where the style is checked
    """Every call of a job, on ``x``; with dynamic shapes as large as ``like``, otherwise as the job says."""

    def __init__(self, job: ExportJob) -> None:
        super().__init__()
        self.calls, self.size, self.is_dynamic = bound_calls(job), job.size_out, job.is_dynamic

    def forward(self, x: torch.Tensor, like: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The outputs, in the order of the calls."""
        h, w = like.shape[2:] if self.is_dynamic else self.size
        return tuple(call(x, h, w) for call in self.calls)


def examples(job: ExportJob) -> tuple[torch.Tensor, torch.Tensor]:
    """``x`` and ``like`` to trace the module with; with dynamic shapes, larger than the sizes that are run later."""
    more_rows, more_columns = (5, 3) if job.is_dynamic else (0, 0)
    (height, width), (h, w) = job.size_in, job.size_out
    x = torch.zeros(job.images, 1, height + more_rows, width + more_columns)
    return x, torch.zeros(1, 1, h + more_columns, w + more_rows)


def _write_onnx(job: ExportJob) -> None:
    """``torch.onnx.export(dynamo=False)``, through TorchScript: https://docs.pytorch.org/docs/stable/onnx_export.html."""
    axes = {"x": {2: "H", 3: "W"}, "like": {2: "h", 3: "w"}}
    axes |= {name: {2: f"{name}_h", 3: f"{name}_w"} for name in job.outputs}
    torch.onnx.export(
        ResizesModule(job).eval(),
        examples(job),
        job.path,
        dynamo=False,
        dynamic_axes=axes if job.is_dynamic else None,
        input_names=["x", "like"],
        output_names=job.outputs,
        opset_version=job.opset,
    )


to_onnx = export_entry(_write_onnx)


def _converted_from(opset: int) -> ExportEntry:
    def export(job: ExportJob) -> None:
        import onnx
        from onnx import version_converter

        _write_onnx(replace(job, opset=opset))
        onnx.save(version_converter.convert_version(onnx.load(job.path), job.opset), job.path)

    return export_entry(export)


# Export at one opset, and convert to the job's: https://onnx.ai/onnx/api/version_converter.html.
version_converter_from_10 = _converted_from(10)
version_converter_from_11 = _converted_from(11)
version_converter_from_13 = _converted_from(13)
version_converter_from_18 = _converted_from(18)
version_converter_from_19 = _converted_from(19)


@export_entry
def to_openvino(job: ExportJob) -> None:
    """Convert by OpenVINO's PyTorch front end; weights are not rounded to float16, its default.

    https://docs.openvino.ai/2026/openvino-workflow/model-preparation/convert-model-pytorch.html.
    """
    import openvino

    inputs = examples(job)
    shapes = [(-1, 1, -1, -1)] * 2 if job.is_dynamic else [tuple(x.shape) for x in inputs]
    model = openvino.convert_model(ResizesModule(job).eval(), example_input=inputs, input=shapes)
    openvino.save_model(model, job.path, compress_to_fp16=False)


@export_entry
def to_mnn(job: ExportJob) -> None:
    """mnnconvert of what TorchScript's exporter writes; layouts stay as they are in the ONNX file.

    https://mnn-docs.readthedocs.io/en/latest/tools/convert.html.
    """
    onnx_path = f"{job.path}.onnx"
    _write_onnx(replace(job, path=onnx_path))
    mnn.convert(onnx_path, job.path)


@export_entry
def to_ncnn(job: ExportJob) -> None:
    """pnnx of a traced module: ``.param`` and ``.bin`` behind the path.

    ncnn's blobs have no batches, so that a call is traced with one image. Shapes are open where a second example has
    others: https://github.com/pnnx/pnnx#usage.
    """
    job = replace(job, images=1)
    inputs, target = examples(job), Path(job.path)
    traced = target.with_suffix(".pt")
    torch.jit.trace(ResizesModule(job).eval(), inputs, check_trace=False).save(str(traced))
    arguments = [
        f"inputshape={_shapes_argument(inputs)}",
        f"ncnnparam={target.name}.param",
        f"ncnnbin={target.name}.bin",
    ]
    if job.is_dynamic:
        arguments.append(f"inputshape2={_shapes_argument(examples(replace(job, shapes=FIXED)))}")
    ncnn.run_pnnx(traced, Path(f"{target}.param"), arguments)


def _shapes_argument(tensors: Sequence[torch.Tensor]) -> str:
    return ",".join(f"[{','.join(map(str, tensor.shape))}]f32" for tensor in tensors)
