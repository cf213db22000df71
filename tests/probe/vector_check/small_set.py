"""A set of four vectors, small enough to be read: nearest half_pixel of uint8, and three faults of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

FAULTS = ("half-pixel-dropped", "axes-swapped", "channel-mixing")


def right(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The pixel whose centre is nearest, the upper one at a tie."""
    rows, columns = ((2 * np.arange(n) + 1) * m // (2 * n) for n, m in zip(size, image.shape, strict=False))
    return image[np.ix_(rows, columns)]


def drops_half(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The pixel at or before ``o * n_in / n_out``."""
    rows, columns = (np.arange(n) * m // n for n, m in zip(size, image.shape, strict=False))
    return image[np.ix_(rows, columns)]


def mixes_channels(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Channels in the reverse order."""
    return right(image, size)[..., ::-1] if image.ndim == 3 else right(image, size)


def write_small_set(folder: Path, **changes: object) -> Path:
    """Write the set; ``changes`` replace parts of its document. Returns the JSON file."""
    folder.mkdir(exist_ok=True)
    grey, colours = np.arange(12, dtype=np.uint8).reshape(3, 4, 1), np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    cases = [
        ("ramp-3x4-to-2x2", grey, (2, 2), ["half-pixel-dropped"]),
        ("ramp-3x4-to-4x3", grey, (4, 3), ["half-pixel-dropped", "axes-swapped"]),
        ("colours-to-3x4", colours, (3, 4), ["channel-mixing"]),
        ("ramp-to-3x4", grey, (3, 4), []),
    ]
    data, vectors = b"", []
    for name, image, size, flags in cases:
        expected = right(image, size)
        places = []
        for array in (image, expected):
            places.append({"shape": list(array.shape), "offset": len(data)})
            data += array.tobytes()
        described = {"id": name, "rule": "a ramp", "input": places[0], "expected": places[1]}
        vectors.append({**described, "tolerance": 0, "flags": flags})
    notes = {
        flag: {"kind": "coordinates", "fault": f"does {flag}", "effect": "all moves", "threads": ["https://a.example"]}
        for flag in FAULTS
    }
    document = {"version": "1.2.0", "set": "small", "title": "nearest", "dtype": "uint8", "data": "small.bin"}
    document |= {"notes": notes, "reveals": ["ramp-3x4-to-4x3", "colours-to-3x4"], "vectors": vectors, **changes}
    (folder / "small.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "small.bin").write_bytes(data)
    return folder / "small.json"
