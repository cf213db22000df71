"""The arrays that a model is fed: the user's, checked; size-controlling inputs; seeded ones for the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.parity.formats.model import DEFAULT_SIZES, BadModel, Model, Port, ResizeNode, Shape
from halfpixel.parity.formats.onnx.graphs import OWN_DOMAINS, attributes_of, scopes
from halfpixel.parity.formats.onnx.shape_inference import MAX_SHAPE_ELEMENTS, infer_shapes
from halfpixel.parity.formats.onnx.static_values import StaticValues
from halfpixel.parity.printable_text import printable

if TYPE_CHECKING:
    import onnx

SIZE_INPUT_SCALE = 1.618
"""Near the golden ratio. No size below 500 times this is whole: rounded down, it is the same however it is computed."""
_REGION = (0.125, 0.875)
_SIZE_DTYPES = ("float16", "float32", "float64", "int32", "int64")
_VALUE_PRESERVING = ("Cast", "Identity", "Squeeze", "Unsqueeze", "Reshape", "Flatten")


def size_controlling_inputs(model: Model, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Arrays for the inputs that become scales, sizes or regions of resizes; ``shapes`` has those of every input.

    Sizes are :data:`SIZE_INPUT_SCALE` times those of the resized tensor, along all axes but the first two, or those
    that the node names. Inputs are followed through operators that only move numbers; others get no array here.
    """
    nodes = [node for node in model.resizes if node.graph == "main" and {"scales", "sizes", "roi"} & node.fed.keys()]
    if model.proto is None or not nodes:
        return {}
    inferred = infer_shapes(model.proto, model.folder, shapes)
    facts = StaticValues(next(scopes(model.proto)), model.folder, inferred.shapes, inferred.dtypes)
    lists = {
        port.name: port.dtype
        for port in model.inputs
        if port.dtype in _SIZE_DTYPES and prod(shapes[port.name]) <= MAX_SHAPE_ELEMENTS
    }
    arrays: dict[str, np.ndarray] = {}
    for node in nodes:
        for role, name in node.fed.items():
            wanted = dict(enumerate(_wanted_values(role, node, facts)))
            for source, values in _trace_to_inputs(facts, name, wanted, lists):
                array = arrays.setdefault(source, np.ones(shapes[source], lists[source]))
                for index, value in values.items():
                    if index < array.size:
                        array.flat[index] = value
    return arrays


def _wanted_values(role: str, node: ResizeNode, facts: StaticValues) -> list[float]:
    """The scales, sizes or roi that a node is to be fed."""
    shape: Shape = facts.shape(node.input) or ()
    rank = node.rank or len(shape)
    if not rank:
        return []
    named = node.attributes.get("axes")
    axes = [int(axis) % rank for axis in (named if isinstance(named, list | tuple) and named else range(rank))]
    is_resized = [bool(named) or axis >= 2 or rank <= 2 for axis in axes]
    if role == "scales":
        return [SIZE_INPUT_SCALE if yes else 1.0 for yes in is_resized]
    if role == "sizes":
        sizes = []
        for k, axis in enumerate(axes):
            length = shape[axis] if axis < len(shape) else "?"
            if not isinstance(length, int):
                length = DEFAULT_SIZES[k % 2] if is_resized[k] else 1
            sizes.append(float(int(length * SIZE_INPUT_SCALE)) if is_resized[k] else float(length))
        return sizes
    if role == "roi":
        return [_REGION[end] if yes else float(end) for end in (0, 1) for yes in is_resized]
    return []


def _trace_to_inputs(
    facts: StaticValues, name: str, wanted: Mapping[int, float], lists: Collection[str]
) -> Iterator[tuple[str, Mapping[int, float]]]:
    """The inputs among ``lists``, with those of their elements that become the wanted elements of a tensor."""
    waiting = [(name, wanted)]
    while waiting:
        name, wanted = waiting.pop()
        index = facts.scope.producers.get(name)
        if not wanted:
            continue
        if name in lists:
            yield name, wanted
        elif index is not None and facts.scope.nodes[index].domain in OWN_DOMAINS:
            waiting += _sources(facts, facts.scope.nodes[index], wanted)


def _sources(
    facts: StaticValues, node: onnx.NodeProto, wanted: Mapping[int, float]
) -> list[tuple[str, dict[int, float]]]:
    """The inputs of a node, with those of their elements that become the wanted elements of its output."""
    if node.op_type in _VALUE_PRESERVING:
        return [(node.input[0], dict(wanted))]
    if node.op_type == "Concat":
        sources, start = [], 0
        for source in node.input:
            shape = facts.shape(source) or ("?",)
            if len(shape) != 1 or not isinstance(shape[0], int):
                break
            length = shape[0]
            sources.append((source, {at - start: value for at, value in wanted.items() if 0 <= at - start < length}))
            start += length
        return sources
    if node.op_type == "Gather" and not attributes_of(node).get("axis"):
        indices = facts.constant(node.input[1])
        if indices is not None:
            index_of = dict(enumerate(indices.reshape(-1).tolist()))
            return [(node.input[0], {index_of[at]: value for at, value in wanted.items() if index_of.get(at, -1) >= 0})]
    if node.op_type == "Slice" and len(node.input) >= 3:
        first = facts.constant(node.input[1])
        step = facts.constant(node.input[4]) if len(node.input) > 4 else np.ones(1)
        if first is not None and step is not None and first.size == step.size == 1:
            index_of = {at: int(first.item() + at * step.item()) for at in wanted}
            return [(node.input[0], {index_of[at]: value for at, value in wanted.items() if index_of[at] >= 0})]
    return []


SEED = 0
_MAX_INPUT_BYTES = 1 << 31
"""The largest size of an input that is made here."""

Feeds = dict[str, np.ndarray]


def prepare_feeds(
    model: Model, given: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]
) -> tuple[Feeds, tuple[str, ...]]:
    """An array for each input of ``model``, and in words what each is.

    Inputs without an array in ``given`` get one of :func:`size_controlling_inputs`, or else of :func:`seeded_array`, of
    the shape in ``shapes`` if it has one. Raises ``BadModel`` for names, shapes and dtypes that do not fit.
    """
    inputs = model.inputs
    chosen = feed_shapes(inputs, given, shapes)
    controlling = size_controlling_inputs(model, chosen)
    feeds: Feeds = {}
    words = []
    for port in inputs:
        if port.name in given:
            feeds[port.name] = _checked_array(port, np.asarray(given[port.name]))
            how = "given"
        elif port.name in controlling:
            feeds[port.name] = controlling[port.name]
            how = f"resizes by {SIZE_INPUT_SCALE}: {controlling[port.name].reshape(-1).tolist()}"
        else:
            feeds[port.name], how = seeded_array(port.dtype, chosen[port.name], port.name)
        array = feeds[port.name]
        words.append(f"{printable(port.name, 60)}: {array.dtype} {array.shape}, {how}")
    return feeds, tuple(words)


def feed_shapes(
    inputs: Sequence[Port],
    given: Mapping[str, np.ndarray],
    shapes: Mapping[str, tuple[int, ...]],
    open_sizes: tuple[int, int] = DEFAULT_SIZES,
) -> dict[str, tuple[int, ...]]:
    """The shape of each input, by name: as it was given, or chosen; raises as :func:`prepare_feeds` does.

    Open axes get ``open_sizes`` by turns, and 1 where they are the first.
    """
    names = {port.name for port in inputs}
    for role, mapping in (("input", given), ("shape", shapes)):
        for name in mapping:
            if name not in names:
                known = ", ".join(repr(printable(port.name, 60)) for port in inputs[:8])
                problem = f"{role} given for {printable(name, 60)!r}, which is no input of the model"
                raise BadModel(f"{problem}; it has {known}")
    fixed = dict(shapes) | {name: array.shape for name, array in given.items()}
    sizes = _symbol_sizes(inputs, fixed, open_sizes)
    return {
        port.name: fixed[port.name] if port.name in given else _shape(port, fixed, sizes, open_sizes) for port in inputs
    }


def _symbol_sizes(
    inputs: Sequence[Port], fixed: Mapping[str, tuple[int, ...]], open_sizes: tuple[int, int]
) -> dict[str, int]:
    """A size for each symbol: that of a given shape, or one of ``open_sizes``, and 1 on the first axis."""
    sizes: dict[str, int] = {}
    for port in inputs:
        shape = fixed.get(port.name)
        if shape is not None and port.shape is not None and len(shape) == len(port.shape):
            pairs = zip(port.shape, shape, strict=True)
            sizes |= {symbol: size for symbol, size in pairs if isinstance(symbol, str) and symbol != "?"}
    turn = 0
    for port in inputs:
        for axis, symbol in enumerate(port.shape or ()):
            if isinstance(symbol, str) and symbol != "?" and symbol not in sizes:
                sizes[symbol] = 1 if axis == 0 else open_sizes[turn % 2]
                turn += axis != 0
    return sizes


def _shape(
    port: Port, fixed: Mapping[str, tuple[int, ...]], sizes: Mapping[str, int], open_sizes: tuple[int, int]
) -> tuple[int, ...]:
    if port.name in fixed:
        shape = tuple(fixed[port.name])
    elif port.shape is None:
        raise BadModel(f"{_name(port)} has no shape: give one with --shape")
    else:
        unnamed, chosen = 0, []
        for axis, size in enumerate(port.shape):
            if isinstance(size, int) and size > 0:
                chosen.append(size)
            elif isinstance(size, str) and size in sizes:
                chosen.append(sizes[size])
            else:
                chosen.append(1 if axis == 0 else open_sizes[unnamed % 2])
                unnamed += axis != 0
        shape = tuple(chosen)
    _check_shape(port, shape)
    if np.prod([float(size) for size in shape]) * 8 > _MAX_INPUT_BYTES:
        raise BadModel(f"{_name(port)} of shape {shape} would take more than {_MAX_INPUT_BYTES >> 30} GB")
    return shape


def _name(port: Port) -> str:
    return f"input {printable(port.name, 60)!r}"


def is_shape_of(port: Port, shape: Sequence[int]) -> bool:
    """Whether an array of this shape fits an input, whose own shape may be open, or not known."""
    if port.shape is None:
        return True
    pairs = zip(port.shape, shape, strict=False)
    return len(shape) == len(port.shape) and all(isinstance(n, str) or n <= 0 or n == m for n, m in pairs)


def _check_shape(port: Port, shape: tuple[int, ...]) -> None:
    if not is_shape_of(port, shape):
        raise BadModel(f"{_name(port)} has shape {port.shape}, not {shape}")


def _checked_array(port: Port, array: np.ndarray) -> np.ndarray:
    _check_shape(port, array.shape)
    if port.dtype and str(array.dtype) != port.dtype and port.dtype != "bfloat16":
        raise BadModel(f"{_name(port)} is {port.dtype}, not {array.dtype}")
    if array.dtype.kind not in "fiub":
        raise BadModel(f"{_name(port)} cannot be fed {array.dtype}")
    return np.ascontiguousarray(array)


def seeded_array(dtype: str, shape: tuple[int, ...], name: str = "") -> tuple[np.ndarray, str]:
    """An array that is the same in every run, and its description.

    Floats are standard normal, as images are once they are normalised, and without any smoothness that would hide a
    resize which moves samples by less than a pixel; bytes are uniform; other integers are 0 or 1, which are valid as
    tokens, indices and lengths alike. Raises ``BadModel`` for other dtypes.
    """
    random = np.random.default_rng(SEED)
    if dtype in ("float16", "float32", "float64"):
        return random.standard_normal(shape).astype(dtype), f"standard normal, seed {SEED}"
    if dtype in ("uint8", "int8"):
        limits = np.iinfo(dtype)
        return random.integers(limits.min, limits.max + 1, shape).astype(dtype), f"uniform, seed {SEED}"
    if dtype in ("int16", "int32", "int64", "uint16", "uint32", "uint64"):
        return random.integers(0, 2, shape).astype(dtype), f"0 or 1, seed {SEED}"
    if dtype == "bool":
        return random.integers(0, 2, shape).astype(bool), f"true or false, seed {SEED}"
    raise BadModel(f"input {printable(name, 60)!r} is {dtype}, for which there is no input here: give one with --input")


_FEW_CHANNELS = (1, 3, 4)
_LETTER, _GAP, _LINE = (8, 5), 1, 16
"""Height and width of a letter, pixels between letters, and from line to line."""


def pictures(
    model: Model, given: Collection[str], shapes: Mapping[str, tuple[int, ...]], low: float, high: float
) -> Feeds:
    """A picture of lines of text for each input that may be an image, dark on light, with some noise; seeded.

    Detectors find nothing in noise, and their outputs then hardly move. Floats are from ``low`` to ``high``, bytes from
    0 to 255. Inputs in ``given``, and those of other dtypes and ranks, get none.
    """
    feeds = {}
    for port in model.inputs:
        shape = shapes[port.name]
        if port.name in given or port.dtype not in ("float16", "float32", "float64", "uint8") or len(shape) != 4:
            continue
        is_channels_last = shape[3] in _FEW_CHANNELS and shape[1] not in _FEW_CHANNELS
        height, width = shape[1:3] if is_channels_last else shape[2:]
        page = _page_of_text(height, width)
        page = page[None, :, :, None] if is_channels_last else page[None, None]
        page = page + np.random.default_rng(SEED).normal(0, 0.02, shape)
        start, end = (0, 255) if port.dtype == "uint8" else (low, high)
        feeds[port.name] = (start + (end - start) * np.clip(page, 0, 1)).astype(port.dtype)
    return feeds


def _page_of_text(height: int, width: int) -> np.ndarray:
    """Words of random letters, each 8 x 5 pixels of 0.1 and 0.9, on 0.9."""
    random = np.random.default_rng(SEED)
    page = np.full((height, width), 0.9)
    tall, wide = _LETTER
    for top in range(_GAP, height - tall, _LINE):
        left = _GAP
        while left + wide < width:
            for _ in range(int(random.integers(2, 9))):
                letter = np.where(random.integers(0, 2, _LETTER), 0.1, 0.9)
                page[top : top + tall, left : left + wide] = letter[:, : width - left]
                left += wide + _GAP
                if left >= width:
                    break
            left += wide
    return page


def perturbed(feeds: Mapping[str, np.ndarray], unchanged: Collection[str] = ()) -> Feeds:
    """The same with every float moved to one beside it, up or down at random (seeded): one rounding of the input.

    Arrays whose names are in ``unchanged`` stay as they are.
    """
    random = np.random.default_rng(SEED + 1)
    result = {}
    for name, array in feeds.items():
        if array.dtype.kind == "f" and name not in unchanged:
            drawn = np.unpackbits(np.frombuffer(random.bytes(-(-array.size // 8)), np.uint8), count=array.size)
            ends = np.array([-np.inf, np.inf], array.dtype)
            array = np.nextafter(array, ends[drawn].reshape(array.shape))
        result[name] = array
    return result
