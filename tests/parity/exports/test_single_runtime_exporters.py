"""Exporters that write files for one runtime alone: pnnx for ncnn, MNN's converter, ExecuTorch's lowering."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from halfpixel.parity.exports import export_cases, registry
from halfpixel.parity.exports import observations as export_cells
from halfpixel.parity.exports.export_cases import resize_calls, runtimes_of_export
from halfpixel.parity.exports.matrix import ExportMatrix
from halfpixel.parity.exports.observations import observations
from halfpixel.parity.exports.registry import DYNAMIC, FIXED
from halfpixel.parity.formats.model import MODEL_KINDS
from halfpixel.parity.runtimes.executorch import _with_error_name
from halfpixel.parity.runtimes.registry import OWN_FORMAT_RUNTIMES, runtime_named, runtimes_for
from halfpixel.parity.runtimes.session import Session
from halfpixel.parity.runtimes.worker import JobResult, RunStatus
from tests.parity.exports.test_matrix import assert_shows_agreement

LINEAR = "torch interpolate(mode=bilinear, align_corners=False)"
OWN = [one for one in registry.exporters_of("torch") if one.kind in OWN_FORMAT_RUNTIMES]


def _installed(exporter):
    return not exporter.missing and not OWN_FORMAT_RUNTIMES[exporter.kind].missing


def test_there_is_one_of_each_kind():
    assert {one.name for one in OWN} == {"pnnx", "mnnconvert", "ExecuTorch", "ExecuTorch XNNPACK"}
    assert {one.kind for one in OWN} == set(OWN_FORMAT_RUNTIMES)
    assert all(one.is_single for one in OWN)


@pytest.mark.parametrize("kind", sorted(OWN_FORMAT_RUNTIMES))
def test_a_model_of_ones_own_is_asked_of_the_same_runtimes_as_ever(kind):
    assert kind not in MODEL_KINDS
    assert runtimes_for(kind) == ()
    if kind != "pte":
        assert runtime_named(OWN_FORMAT_RUNTIMES[kind].name).kinds == ("onnx",)


@pytest.mark.parametrize("exporter", OWN, ids=[one.name for one in OWN])
def test_its_files_are_read_by_their_own_runtime_alone(exporter):
    assert {runtimes_of_export(exporter, *cell) for cell in exporter.cells} == {(OWN_FORMAT_RUNTIMES[exporter.kind],)}


@pytest.mark.parametrize("exporter", OWN, ids=[one.name for one in OWN])
def test_what_is_absent_is_not_installed(exporter, monkeypatch, tmp_path):
    absent = replace(exporter, modules=("no_such_module",), cells=((FIXED, 0),))
    with ExportMatrix(tmp_path) as made:
        observed, left_out = observations(resize_calls("torch")[LINEAR], made, [absent])
    assert observed == []
    name, runtime = absent.cell(FIXED, 0), OWN_FORMAT_RUNTIMES[exporter.kind].name
    assert left_out == [f"{name} -> {runtime}", name]
    monkeypatch.setattr(registry, "EXPORTERS", (absent,))
    (one,) = export_cells.not_installed_observations("torch")
    assert one.refused == f"not installed (pip install {' '.join(absent.modules)})"


def test_the_process_of_a_fragile_runtime_ends_with_what_it_refuses(monkeypatch):
    ended = []

    class Worker:
        def run(self, job):
            return JobResult(job)

        def end(self):
            ended.append(True)

    fragile = replace(OWN_FORMAT_RUNTIMES["mnn"], modules=("sys",))
    with Session() as session:
        monkeypatch.setattr(session, "_worker", lambda runtime: Worker())
        session.run(fragile, RunStatus.RAN)
        assert ended == []
        session.run(fragile, RunStatus.REFUSED)
        session.run(replace(fragile, is_fragile=False), RunStatus.REFUSED)
    assert ended == [True]


def test_an_error_of_executorch_is_told_by_its_name():
    assert (
        _with_error_name("method->execute() failed with error 0x12")
        == "method->execute() failed with error InvalidArgument"
    )
    assert _with_error_name("another error") == "another error"


@pytest.mark.parametrize("exporter", OWN, ids=[one.name for one in OWN])
def test_a_call_does_the_same_where_it_is_installed(exporter, monkeypatch, tmp_path):
    if not _installed(exporter):
        pytest.skip(f"{exporter.name} or its runtime is not installed")
    call = resize_calls("torch")[LINEAR]
    monkeypatch.setattr(export_cases, "resize_calls", lambda source: {LINEAR: call})
    with ExportMatrix(tmp_path) as made:
        observed, left_out = observations(call, made, [exporter])
    assert left_out == []
    assert len(observed) == len(exporter.cells)
    for one in observed:
        assert one.verdict.is_agreement, one.message(LINEAR)


@pytest.mark.parametrize("exporter", OWN, ids=[one.name for one in OWN])
@pytest.mark.parametrize("shapes", [FIXED, DYNAMIC])
def test_a_program_runs_as_it_is(exporter, shapes, tmp_path):
    if not _installed(exporter):
        pytest.skip(f"{exporter.name} or its runtime is not installed")
    if shapes not in {each for each, _ in exporter.cells}:
        pytest.skip(f"{exporter.name} is not asked with {shapes} shapes")
    call = resize_calls("torch")[LINEAR]
    case, _ = export_cells._expected(call, (5, 7), (8, 4))
    runtime = OWN_FORMAT_RUNTIMES[exporter.kind].name
    text = export_cells.reproduction_program(call, exporter, shapes, 18, runtime, case, np.arange(35) % 3 - 1, (1, 2))
    assert_shows_agreement(text, tmp_path)


@pytest.mark.skipif(importlib.util.find_spec("ncnn") is None, reason="ncnn is not installed")
def test_a_layer_that_ncnn_has_not_is_named(tmp_path):
    from halfpixel.parity.runtimes.ncnn import load_own

    (tmp_path / "a.ncnn.param").write_text("7767517\n2 2\nInput in0 0 1 in0\naten::unheard_of x 1 1 in0 out0\n")
    with pytest.raises(RuntimeError, match="ncnn has no layer aten::unheard_of, which pnnx wrote"):
        load_own(str(tmp_path / "a.ncnn"), (), ("y000",))
