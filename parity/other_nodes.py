"""Names the first node that is no resize and does otherwise, alone, on what the base run gave it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from parity import onnx_edit
from parity.feeds import nudged
from parity.outcomes import OtherNode, Status
from parity.runtimes import Runtime
from parity.subjects import OnnxSubject, Subject
from probe.discrepancy import Verdict

if TYPE_CHECKING:
    import onnx

_AT_ONCE = 32
"""Nodes that are looked at together: as many tensors are kept at a time."""

_NOT_ASKED = {"Constant", "ConstantOfShape", "Identity", "Shape", "Size", "Dropout", "NonZero", "Multinomial"}
_DRAWN = ("Random", "Bernoulli")
"""Of what is drawn at random nobody expects the same."""


def first(
    subject: Subject, base: Runtime, ran: Sequence[Runtime], suspects: Sequence[Runtime], outputs: Sequence[str]
) -> tuple[OtherNode, ...]:
    """For each suspect the first node, in topological order, whose own error is more than rounding explains.

    Only nodes on which ``outputs`` depend are asked, and no resizes, which were asked already. Each is run alone on
    every runtime of ``ran``, fed the tensors of ``base``, so that nothing is inherited. A suspect without such a node
    is told of with an empty key: then it is what the runtime makes of several nodes at once.
    """
    if not isinstance(subject, OnnxSubject):
        text = "only ONNX files are cut into single nodes"
        return tuple(OtherNode("", "", one.name, base.name, Verdict.UNSUPPORTED, message=text) for one in suspects)
    found: dict[Runtime, OtherNode] = {}
    refused: dict[Runtime, int] = dict.fromkeys(suspects, 0)
    asked = 0
    every = list(_asked(subject, outputs))
    for start in range(0, len(every), _AT_ONCE):
        group = every[start : start + _AT_ONCE]
        values = _shown(subject, base, group)
        known = [index for index in group if values is not None and _is_known(subject, index, values)]
        asked += len(known)
        answers = _alone(subject, ran, known, values) if known else {}
        for one in [each for each in suspects if each not in found]:
            for index in known:
                if index not in answers.get(one, {}) or index not in answers.get(base, {}):
                    refused[one] += 1
                    continue
                finding = _held(subject, index, one, base, answers, values)
                if finding is not None:
                    found[one] = finding
                    break
        if len(found) == len(suspects):
            break
    return tuple(found.get(one) or _nothing(one, base, asked, refused[one], len(every)) for one in suspects)


def _nothing(one: Runtime, base: Runtime, asked: int, refused: int, every: int) -> OtherNode:
    if asked == refused:
        text = "no node that is no resize could be run alone" if every else "there is none but resizes"
        return OtherNode("", "", one.name, base.name, Verdict.UNSUPPORTED, message=text)
    text = f"alone, each of the {asked - refused} nodes that could be asked does the same as on {base.name}"
    if asked - refused < every:
        text += f"; {every - asked + refused} could not be run alone"
    else:
        text += ": it is what the runtime makes of several at once"
    return OtherNode("", "", one.name, base.name, Verdict.UNSUPPORTED, message=text)


def _asked(subject: OnnxSubject, outputs: Sequence[str]) -> Iterator[int]:
    """Indices of the nodes on which these outputs depend, in order."""
    nodes = subject.flat.proto.graph.node
    resizes = {index for place in subject.places for index in place.nodes}
    needed, wanted = set(outputs), []
    for index in reversed(range(len(nodes))):
        node = nodes[index]
        if not needed.intersection(node.output):
            continue
        needed.update(name for name in node.input if name)
        is_asked = node.op_type not in _NOT_ASKED and not node.op_type.startswith(_DRAWN)
        has_graph = any(one.HasField("g") or one.graphs for one in node.attribute)
        constant = all(not name or subject.flat.constants.get(name) is not None for name in node.input)
        if index not in resizes and is_asked and not has_graph and not constant:
            wanted.append(index)
    return reversed(wanted)


def _shown(subject: OnnxSubject, base: Runtime, group: Sequence[int]) -> Mapping[str, np.ndarray] | None:
    """What these nodes take and make in the run of the whole model on ``base``; ``None`` where that is not shown."""
    nodes = [subject.flat.proto.graph.node[index] for index in group]
    names = dict.fromkeys(name for node in nodes for name in (*node.input, *node.output) if name)
    wanted = [name for name in names if name not in subject.feeds and name not in subject.flat.constants]
    try:
        answer = subject.showing_these([base], wanted)[base]
    except onnx_edit.TooLarge:
        return None
    return answer.arrays() if answer.status is Status.RAN else None


def _is_known(subject: OnnxSubject, index: int, values: Mapping[str, np.ndarray]) -> bool:
    node = subject.flat.proto.graph.node[index]
    taken = all(subject.value(name, values) is not None for name in node.input if name)
    return taken and any(name in values for name in node.output)


def _alone(
    subject: OnnxSubject, ran: Sequence[Runtime], group: Sequence[int], values: Mapping[str, np.ndarray]
) -> dict[Runtime, dict[int, tuple[list[np.ndarray], list[np.ndarray]]]]:
    """What each node makes alone, of what it was given and of that nudged; one by one where together is refused."""
    found: dict[Runtime, dict[int, tuple]] = {one: {} for one in ran}
    waiting: list[tuple[list[Runtime], list[int]]] = [(list(ran), list(group))]
    while waiting:
        runtimes, some = waiting.pop()
        proto, given = _cut(subject, some, values)
        path = onnx_edit.written(proto, subject.session.path(".onnx"))
        feeds = [subject.session.saved(each) for each in (given, nudged(given))]
        names = onnx_edit.outputs_of(proto)
        jobs = {one: subject.session.job(one, path, tuple(given), names, feeds) for one in runtimes}
        again = []
        for one, answer in subject.session.do_all(jobs).items():
            if answer.status is Status.RAN:
                plain, moved = answer.arrays(0), answer.arrays(1)
                for index in some:
                    mine = [name for name in names if name.startswith(f"y{index}_")]
                    if all(name in plain and name in moved for name in mine):
                        found[one][index] = ([plain[n] for n in mine], [moved[n] for n in mine])
            elif len(some) > 1:
                again.append(one)
        if again:
            half = len(some) // 2
            waiting += [(again, some[:half]), (again, some[half:])]
    return found


def _cut(
    subject: OnnxSubject, group: Sequence[int], values: Mapping[str, np.ndarray]
) -> tuple[onnx.ModelProto, dict[str, np.ndarray]]:
    """These nodes in one model, none connected to another, and what each is fed.

    Constants stay constants. So do lists of whole numbers after a node's first input, which are shapes and axes: some
    runtimes want to know those when they load.
    """
    from onnx import NodeProto, helper, numpy_helper

    nodes, constants, inputs, outputs, given = [], [], [], [], {}
    for index in group:
        own = subject.flat.proto.graph.node[index]
        copy = NodeProto.FromString(own.SerializeToString())
        copy.name = f"n{index}"
        del copy.input[:], copy.output[:]
        seen: dict[str, str] = {"": ""}
        for place, name in enumerate(own.input):
            if name not in seen:
                seen[name] = f"x{index}_{place}"
                array = np.asarray(subject.value(name, values))
                is_list = place > 0 and array.dtype.kind in "iub" and array.ndim <= 1
                if subject.flat.constants.get(name) is not None or is_list:
                    constants.append(numpy_helper.from_array(np.ascontiguousarray(array), seen[name]))
                else:
                    given[seen[name]] = array
                    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
                    inputs.append(helper.make_tensor_value_info(seen[name], kind, array.shape))
            copy.input.append(seen[name])
        for place, name in enumerate(own.output):
            if name not in values:
                copy.output.append("")
                continue
            made = values[name]
            copy.output.append(f"y{index}_{place}")
            kind = helper.np_dtype_to_tensor_dtype(made.dtype)
            outputs.append(helper.make_tensor_value_info(f"y{index}_{place}", kind, made.shape))
        nodes.append(copy)
    graph = helper.make_graph(nodes, "single nodes", inputs, outputs, constants)
    proto = helper.make_model(graph, ir_version=subject.flat.proto.ir_version)
    del proto.opset_import[:]
    proto.opset_import.extend(subject.flat.proto.opset_import)
    return proto, given


def bound(node: onnx.NodeProto, shapes: Sequence[tuple[int, ...]], made: np.ndarray, moved: np.ndarray) -> float:
    """What rounding explains of the difference of two results ``made`` of one node.

    ``moved`` is what it makes of the same inputs with each float moved to the next one, by one rounding: what comes of
    that is what a rounding of one term comes to. Sums of ``terms`` round as often, independently, in an order that each
    runtime chooses, which adds as the root; 16 more are for functions that are approximated. Whole numbers: none.
    """
    if made.dtype.kind != "f":
        return 0.0
    with np.errstate(invalid="ignore"):
        change = np.nan_to_num(np.abs(np.asarray(moved, np.float64) - made), nan=0.0, posinf=0.0)
    finite = made[np.isfinite(made)]
    least = float(np.finfo(made.dtype).eps) * float(np.abs(finite).max(initial=0.0))
    return (16 + math.sqrt(_terms(node, shapes))) * max(float(change.max(initial=0.0)), least)


def _terms(node: onnx.NodeProto, shapes: Sequence[tuple[int, ...]]) -> int:
    """How many products or values go into one value of the output, at most."""
    if node.op_type in ("Conv", "ConvTranspose") and len(shapes) > 1 and shapes[1]:
        return max(1, math.prod(shapes[1]) // max(1, shapes[1][node.op_type == "ConvTranspose"]))
    if node.op_type in ("MatMul", "Gemm") and shapes and shapes[0]:
        return max(1, max(shapes[0][-2:]))
    return max((math.prod(one) // max(1, one[0]) for one in shapes if one), default=1)


def _held(
    subject: OnnxSubject,
    index: int,
    one: Runtime,
    base: Runtime,
    answers: Mapping[Runtime, Mapping[int, tuple]],
    values: Mapping[str, np.ndarray],
) -> OtherNode | None:
    """The node on ``one`` against ``base``; ``None`` where it does the same."""
    node = subject.flat.proto.graph.node[index]
    shapes = [np.shape(subject.value(name, values)) for name in node.input if name]
    own = allowed = 0.0
    for (mine, theirs), moved in zip(
        zip(answers[one][index][0], answers[base][index][0], strict=True), answers[base][index][1], strict=True
    ):
        if mine.shape != theirs.shape:
            text = f"alone, it makes shape {mine.shape}, where {base.name} makes {theirs.shape}"
            return _found(subject, index, one, base, Verdict.ERROR, math.inf, 0.0, text)
        y, z = np.asarray(theirs, np.float64), np.asarray(mine, np.float64)
        alike = (y == z) | (np.isnan(y) & np.isnan(z))
        with np.errstate(invalid="ignore"):
            error = np.where(alike, 0.0, np.nan_to_num(np.abs(y - z), nan=np.inf, posinf=np.inf))
        worst, limit = float(error.max(initial=0.0)), bound(node, shapes, theirs, moved)
        if worst > limit and worst - limit >= own - allowed:
            own, allowed = worst, limit
    if own <= allowed:
        return None
    alike_too = [
        each.name for each in answers if each not in (one, base) and _same(index, node, shapes, each, base, answers)
    ]
    others = f", as {' and '.join(alike_too)} do" if alike_too else ""
    text = f"alone, on the same input, it does not make what {base.name} makes{others}"
    verdict = Verdict.ERROR if math.isinf(own) else Verdict.DIVERGES
    return _found(subject, index, one, base, verdict, own, allowed, text)


def _same(
    index: int,
    node: onnx.NodeProto,
    shapes: Sequence[tuple[int, ...]],
    one: Runtime,
    base: Runtime,
    answers: Mapping[Runtime, Mapping[int, tuple]],
) -> bool:
    if index not in answers[one]:
        return False
    rows = zip(answers[one][index][0], answers[base][index][0], answers[base][index][1], strict=True)
    return all(
        x.shape == y.shape and np.allclose(x, y, rtol=0, atol=bound(node, shapes, y, moved), equal_nan=True)
        for x, y, moved in rows
    )


def _found(
    subject: OnnxSubject,
    index: int,
    one: Runtime,
    base: Runtime,
    verdict: Verdict,
    own: float,
    allowed: float,
    text: str,
) -> OtherNode:
    node = subject.flat.proto.graph.node[index]
    where = "inlined" if subject.flat.is_changed else "main"
    return OtherNode(
        f"{where}/{index}:{node.op_type}", node.name, one.name, base.name, verdict, own, allowed, explanation=text
    )
