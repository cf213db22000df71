"""From a question about one model to the verdict on it: read it, run it, correct it, audit it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from parity.arrays import read_inputs
from parity.ask import Question
from parity.audit import audit
from parity.feeds import shapes_of
from parity.model import BadModel, Model, Port, load
from parity.paths import refuse_output
from parity.run import run_in
from parity.session import Session
from parity.verdict import ModelVerdict

if TYPE_CHECKING:
    import numpy as np


def answer(question: Question, session: Session) -> ModelVerdict:
    """The verdict, with the processes of ``session``; raises as :func:`parity.ask.answered` does."""
    model = load(question.model, question.shapes)
    if question.fix is not None and model.kind == "onnx":
        _refuse_output(Path(question.fix), question)
    feeds = {} if question.audit_only else read_inputs(question.inputs, model.inputs)
    model = _with_sizes(question, model, feeds)
    if not model.resizes and (question.reference is None or question.audit_only):
        raise BadModel(f"{model.path}: no resize found in it: there is nothing to tell")
    if question.audit_only:
        return ModelVerdict(model, tuple(audit(model, question.against)))
    original = load(question.reference) if question.reference is not None else None
    return _ran(question, session, model, feeds, original)


def _with_sizes(question: Question, model: Model, feeds: Mapping[str, np.ndarray]) -> Model:
    """The model, with its sizes inferred from the arrays that it is given.

    Where it seems to resize nothing, from all that it will be fed: of operators that compute their sizes, what they do
    is seen only then.
    """
    if model.kind != "onnx":
        return model
    given = dict(question.shapes)
    names = {port.name for port in model.inputs}
    new = {name: x.shape for name, x in feeds.items() if name in names and name not in given}
    if new:
        model = load(question.model, given | new)
    if not model.resizes and any(map(_is_open, model.inputs)):
        model = load(question.model, shapes_of(model.inputs, feeds, given))
    return model


def _is_open(port: Port) -> bool:
    return port.shape is not None and not all(isinstance(size, int) for size in port.shape)


def _ran(
    question: Question, session: Session, model: Model, feeds: Mapping[str, np.ndarray], original: Model | None
) -> ModelVerdict:
    found = run_in(session, model, question.against, feeds, question.shapes, original)
    fixed, problem = None, ""
    if question.fix is not None and model.kind != "onnx":
        problem = (
            f"only ONNX files are rewritten, and this is {model.kind}: change the line in the source, and export again"
        )
    elif question.fix is not None:
        from parity.fix import CannotFix, fix

        try:
            fixed = fix(model, found, question.fix, feeds, question.shapes, original)
        except CannotFix as error:
            problem = str(error)
        except OSError as error:
            raise BadModel(f"{question.fix}: {error.strerror or error}") from None
    return ModelVerdict(model, tuple(audit(model, question.against)), found, fixed, problem)


def _refuse_output(out: Path, question: Question) -> None:
    """Before anything is run: what could not be written, or would be written over what is read."""
    if not out.parent.is_dir():
        raise BadModel(f"{out}: there is no folder {out.parent}")
    refuse_output(out, question.files)
