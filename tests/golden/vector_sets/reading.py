"""The sets as their files say: read by the README, with no code of the generator."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[3] / "golden" / "vectors"
SETS = sorted(path.stem for path in (FOLDER / "sets").glob("*.json"))


@dataclass(frozen=True)
class Read:
    """A vector: its entry in the JSON, the image and what must come out."""

    entry: dict
    image: np.ndarray
    expected: np.ndarray


@cache
def document(name: str) -> dict:
    """The JSON of a set."""
    return json.loads((FOLDER / "sets" / f"{name}.json").read_text(encoding="utf-8"))


def read(name: str) -> list[Read]:
    """The vectors of a set."""
    whole = document(name)
    values = (FOLDER / "sets" / whole["data"]).read_bytes()

    def array(part: dict) -> np.ndarray:
        kind = {"uint8": "u1", "float32": "<f4"}[whole["dtype"]]
        return np.frombuffer(values, kind, int(np.prod(part["shape"])), part["offset"]).reshape(part["shape"])

    return [Read(entry, array(entry["input"]), array(entry["expected"])) for entry in whole["vectors"]]
