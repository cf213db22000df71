"""From a question about one model to the verdict on it: read it, run it, correct it, audit it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from parity.arrays import read_inputs
from parity.ask import Question
from parity.audit import audit
from parity.model import BadModel, Model, load
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
    if not model.resizes and (question.reference is None or question.audit_only):
        raise BadModel(f"{model.path}: no resize in it: there is nothing to tell")
    if question.audit_only:
        return ModelVerdict(model, tuple(audit(model, question.against)))
    original = load(question.reference) if question.reference is not None else None
    feeds = read_inputs(question.inputs, model.inputs)
    known = _with_sizes(question, model, {name: array.shape for name, array in feeds.items()})
    return _ran(question, session, known, feeds, original)


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


def _with_sizes(question: Question, model: Model, shapes: Mapping[str, tuple[int, ...]]) -> Model:
    """The model, with its sizes inferred from the arrays that it is given."""
    given = dict(question.shapes)
    names = {port.name for port in model.inputs}
    new = {name: shape for name, shape in shapes.items() if name in names and name not in given}
    return load(question.model, given | new) if new and model.kind == "onnx" else model


def _refuse_output(out: Path, question: Question) -> None:
    """Before anything is run: what could not be written, or would be written over what is read."""
    if not out.parent.is_dir():
        raise BadModel(f"{out}: there is no folder {out.parent}")
    refuse_output(out, question.files)
