"""What a model is fed: arrays that were given, checked against its inputs, or seeded ones where none were."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from parity.model import BadModel, Model, Port
from parity.onnx_sizes import WORDS, deciding
from parity.shapes import SPATIAL
from parity.text import shown

SEED = 0
_LARGEST = 1 << 31
"""Bytes that an input made here may take."""

Feeds = dict[str, np.ndarray]


def prepared(
    model: Model, given: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]
) -> tuple[Feeds, tuple[str, ...]]:
    """An array for each input of ``model``, and in words what each is.

    Inputs without an array get one of :func:`parity.onnx_sizes.deciding`, or else from :func:`seeded`, of the shape in
    ``shapes`` where that is given. Raises ``BadModel`` for names, shapes and dtypes that do not fit.
    """
    inputs = model.inputs
    chosen = shapes_of(inputs, given, shapes)
    decided = deciding(model, chosen)
    feeds: Feeds = {}
    words = []
    for port in inputs:
        if port.name in given:
            feeds[port.name] = _checked(port, np.asarray(given[port.name]))
            how = "given"
        elif port.name in decided:
            feeds[port.name], how = decided[port.name], f"{WORDS}: {decided[port.name].reshape(-1).tolist()}"
        else:
            feeds[port.name], how = seeded(port.dtype, chosen[port.name], port.name)
        array = feeds[port.name]
        words.append(f"{shown(port.name, 60)}: {array.dtype} {array.shape}, {how}")
    return feeds, tuple(words)


def shapes_of(
    inputs: Sequence[Port], given: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    """The shape of what each input is fed, by name: as it was given, or chosen; raises as :func:`prepared` does."""
    names = {port.name for port in inputs}
    for what, mapping in (("input", given), ("shape", shapes)):
        for name in mapping:
            if name not in names:
                known = ", ".join(repr(shown(port.name, 60)) for port in inputs[:8])
                raise BadModel(f"{what} given for {shown(name, 60)!r}, which is no input of the model; it has {known}")
    fixed = dict(shapes) | {name: array.shape for name, array in given.items()}
    sizes = _symbols(inputs, fixed)
    return {port.name: fixed[port.name] if port.name in given else _shape(port, fixed, sizes) for port in inputs}


def _symbols(inputs: Sequence[Port], fixed: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """A size for each symbol: as a given shape has it, or one of :data:`SPATIAL`, and 1 on the first axis."""
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
                sizes[symbol] = 1 if axis == 0 else SPATIAL[turn % 2]
                turn += axis != 0
    return sizes


def _shape(port: Port, fixed: Mapping[str, tuple[int, ...]], sizes: Mapping[str, int]) -> tuple[int, ...]:
    if port.name in fixed:
        shape = tuple(fixed[port.name])
    elif port.shape is None:
        raise BadModel(f"input {shown(port.name, 60)!r} has no shape: give one with --shape")
    else:
        unnamed, chosen = 0, []
        for axis, size in enumerate(port.shape):
            if isinstance(size, int) and size > 0:
                chosen.append(size)
            elif isinstance(size, str) and size in sizes:
                chosen.append(sizes[size])
            else:
                chosen.append(1 if axis == 0 else SPATIAL[unnamed % 2])
                unnamed += axis != 0
        shape = tuple(chosen)
    _refuse_other_shape(port, shape)
    if np.prod([float(size) for size in shape]) * 8 > _LARGEST:
        raise BadModel(f"input {shown(port.name, 60)!r} of shape {shape} would take more than {_LARGEST >> 30} GB")
    return shape


def _refuse_other_shape(port: Port, shape: tuple[int, ...]) -> None:
    if port.shape is None:
        return
    fits = len(shape) == len(port.shape) and all(
        isinstance(declared, str) or declared <= 0 or declared == size
        for declared, size in zip(port.shape, shape, strict=False)
    )
    if not fits:
        raise BadModel(f"input {shown(port.name, 60)!r} has shape {port.shape}, not {shape}")


def _checked(port: Port, array: np.ndarray) -> np.ndarray:
    _refuse_other_shape(port, array.shape)
    if port.dtype and str(array.dtype) != port.dtype and port.dtype != "bfloat16":
        raise BadModel(f"input {shown(port.name, 60)!r} is {port.dtype}, not {array.dtype}")
    if array.dtype.kind not in "fiub":
        raise BadModel(f"input {shown(port.name, 60)!r} cannot be fed {array.dtype}")
    return np.ascontiguousarray(array)


def seeded(dtype: str, shape: tuple[int, ...], name: str = "") -> tuple[np.ndarray, str]:
    """An array that is the same in every run, and what it is in words.

    Floats are standard normal, as images are once they are normalised, and without any smoothness that would hide a
    resize which moves samples by less than a pixel; bytes are uniform; other integers are 0 or 1, which are valid as
    tokens, indices and lengths alike. Raises ``BadModel`` for a dtype that has no such.
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
    raise BadModel(f"input {shown(name, 60)!r} is {dtype}, for which there is no input here: give one with --input")


def nudged(feeds: Feeds, kept: Collection[str] = ()) -> Feeds:
    """The same with every float moved to one beside it, up or down at random (seeded): one rounding of the input.

    Those whose names are in ``kept`` stay as they are.
    """
    random = np.random.default_rng(SEED + 1)
    result = {}
    for name, array in feeds.items():
        if array.dtype.kind == "f" and name not in kept:
            drawn = np.unpackbits(np.frombuffer(random.bytes(-(-array.size // 8)), np.uint8), count=array.size)
            ends = np.array([-np.inf, np.inf], array.dtype)
            array = np.nextafter(array, ends[drawn].reshape(array.shape))
        result[name] = array
    return result
