"""Shapes for the inputs of a model: those that a person gives, checked against the file, and what nobody gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path

from parity.model import BadModel, Port
from parity.text import listed, shown

SPATIAL = (64, 96)
"""Symbolic sizes that nobody gave, by turns: unequal, so that swapped axes show, and multiples of 32, as networks that
halve their input five times want."""

MAX_ELEMENTS = 2**31
"""Of an input: 8 GiB of float32. Inputs are made, and every runtime gets its own copy."""


def fixed(inputs: Sequence[Port], given: Mapping[str, tuple[int, ...]], path: Path) -> dict[str, tuple[int, ...]]:
    """The shapes given, when each names an input and agrees with it; raises ``BadModel``, in one line, otherwise."""
    ports = {one.name: one for one in inputs}
    for name, shape in given.items():
        if name not in ports:
            raise BadModel(f"{path}: no input {shown(name, 40)!r}; inputs: {listed(ports) or 'none'}")
        stated = ports[name].shape
        if any(length < 1 for length in shape) or prod(shape) > MAX_ELEMENTS:
            raise BadModel(f"{path}: input {shown(name, 40)!r} cannot have shape {shape}")
        if stated is None:
            continue
        if len(stated) != len(shape):
            raise BadModel(f"{path}: input {shown(name, 40)!r} has {len(stated)} axes, not {len(shape)}")
        for axis, (is_so, asked) in enumerate(zip(stated, shape, strict=True)):
            if isinstance(is_so, int) and is_so != asked:
                raise BadModel(f"{path}: axis {axis} of input {shown(name, 40)!r} is {is_so}, not {asked}")
    return dict(given)


def parsed(text: str) -> tuple[str, tuple[int, ...]]:
    """``name=1,3,512,512`` as a name and a shape; raises ``ValueError``."""
    name, mark, numbers = text.rpartition("=")
    try:
        shape = tuple(int(part) for part in numbers.replace("x", ",").split(","))
    except ValueError:
        shape = ()
    if not mark or not name or not shape:
        raise ValueError(f"not a shape: {shown(text)!r}; write name=1,3,512,512")
    return name, shape
