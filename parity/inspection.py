"""Check one model in a session: read it, run it on several runtimes, correct it, audit it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from halfpixel.parity.audit.remarks import audit_model
from halfpixel.parity.check import ParityRequest, warm_session
from halfpixel.parity.diagnose.model_inputs import feed_shapes
from halfpixel.parity.diagnose.pipeline import run_in_session
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.model import BadModel, Model, Port
from halfpixel.parity.input_files import check_writable, read_inputs
from halfpixel.parity.output.verdict import ModelVerdict
from halfpixel.parity.runtimes.registry import runtime_named
from halfpixel.parity.runtimes.session import Session


def check_model(request: ParityRequest) -> ModelVerdict:
    """The verdict. Raises ``BadModel`` or ``ValueError``, with one line, for a request that cannot be answered."""
    with warm_session(() if request.audit_only else request.against) as session:
        return check_in_session(request, session)


def check_in_session(request: ParityRequest, session: Session) -> ModelVerdict:
    """As :func:`check_model`, with the processes of a session that is already there."""
    for name in request.against:
        runtime_named(name)
    model = load_model(request.model, request.shapes)
    if request.fix is not None and model.kind == "onnx":
        _check_output_path(Path(request.fix), request)
    feeds = {} if request.audit_only else read_inputs(request.inputs, model.inputs)
    model = _with_inferred_sizes(request, model, feeds)
    if not model.resizes and (request.reference is None or request.audit_only):
        raise BadModel(f"{model.path}: no resize found in it: there is nothing to check")
    if request.audit_only:
        return ModelVerdict(model, tuple(audit_model(model, request.against)))
    original = load_model(request.reference) if request.reference is not None else None
    run = run_in_session(session, model, request.against, feeds, request.shapes, original)
    verdict = ModelVerdict(model, tuple(audit_model(model, request.against)), run)
    if request.fix is None:
        return verdict
    if model.kind != "onnx":
        text = (
            f"only ONNX files are rewritten, and this is {model.kind}: change the line in the source, and export again"
        )
        return replace(verdict, fix_problem=text)
    from halfpixel.parity.fix.corrected_model import CannotFix, fix_model

    try:
        return replace(verdict, fixed=fix_model(model, run, request.fix, feeds, request.shapes, original))
    except CannotFix as error:
        return replace(verdict, fix_problem=str(error))
    except OSError as error:
        raise BadModel(f"{request.fix}: {error.strerror or error}") from None


def _with_inferred_sizes(request: ParityRequest, model: Model, feeds: Mapping[str, np.ndarray]) -> Model:
    """The model, with its sizes inferred from the arrays of its inputs.

    Where it seems to resize nothing, they are inferred from all feeds: operators that compute their sizes are found to
    be resizes only then.
    """
    if model.kind != "onnx":
        return model
    shapes = dict(request.shapes)
    names = {port.name for port in model.inputs}
    of_arrays = {name: x.shape for name, x in feeds.items() if name in names and name not in shapes}
    if of_arrays:
        model = load_model(request.model, shapes | of_arrays)
    if not model.resizes and any(map(_has_symbolic_size, model.inputs)):
        model = load_model(request.model, feed_shapes(model.inputs, feeds, shapes))
    return model


def _has_symbolic_size(port: Port) -> bool:
    return port.shape is not None and not all(isinstance(size, int) for size in port.shape)


def _check_output_path(out: Path, request: ParityRequest) -> None:
    """Before anything is run: refuse a path that cannot be written, or that is one of the files to read."""
    if not out.parent.is_dir():
        raise BadModel(f"{out}: there is no folder {out.parent}")
    check_writable(out, request.files)
