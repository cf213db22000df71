"""One question about one model, as the command and the test ask it, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from parity.arrays import read_inputs
from parity.audit import audit
from parity.model import BadModel, Model, load
from parity.paths import refuse_output
from parity.verdict import ModelVerdict


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask of which model.

    against
        Names of runtimes; all that read the file, without.
    inputs
        Files for inputs (see :func:`parity.arrays.read_inputs`).
    shapes
        By input; sizes that nobody gives are chosen (:mod:`parity.feeds`).
    reference, fix
        Paths of the original, and of the model to write; ``None`` without.
    audit_only
        Read the file, and run nothing.
    """

    model: str
    against: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    reference: str | None = None
    fix: str | None = None
    audit_only: bool = False

    @property
    def files(self) -> tuple[str | None, ...]:
        """What it reads, which nothing may be written over."""
        given = (text if Path(text).exists() else text.partition("=")[2] for text in self.inputs)
        return (self.model, self.reference, *given)


def answered(question: Question) -> ModelVerdict:
    """The verdict. Raises ``BadModel`` or ``ValueError``, with one line, for what cannot be asked."""
    _refuse_runtimes(question.against)
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
    return _ran(question, known, feeds, original)


def _ran(question: Question, model: Model, feeds: Mapping, original: Model | None) -> ModelVerdict:
    from parity.run import run

    found = run(model, question.against, feeds, question.shapes, original)
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


def _refuse_runtimes(names: tuple[str, ...]) -> None:
    from parity.runtimes import named

    for name in names:
        named(name)
