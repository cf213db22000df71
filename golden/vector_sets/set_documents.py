"""The files of the sets: JSON, the same as text, values and images; each as the bytes that it must have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from halfpixel.golden import vectors as data
from halfpixel.golden.vector_sets import covers
from halfpixel.golden.vector_sets.examples import examples
from halfpixel.golden.vector_sets.faults import notes
from halfpixel.golden.vector_sets.images import PNG_COLOUR_TYPES, png
from halfpixel.golden.vector_sets.sets import SetDefinition, Vector, definitions, vectors

Document = dict[str, Any]
"""A JSON object."""


def set_files() -> Iterator[tuple[str, bytes]]:
    """Path below ``golden/vectors`` and contents of every file of the sets; images that sets share come once."""
    written = set()
    reveals: Document = {}
    for definition in definitions():
        made = vectors(definition)
        document, values = _document(definition, made)
        name = definition.name
        yield f"sets/{name}.json", _json(document).encode()
        yield f"sets/{name}.txt", _text(document).encode()
        yield f"sets/{name}.bin", values
        reveals[name] = {
            "all": document["reveals"],
            "flags": covers.most_specific({vector.id: vector.flags for vector in made}),
        }
        for entry, vector in zip(document["vectors"], made, strict=True):
            for part, image in ((entry["input"], vector.image), (entry["expected"], vector.expected)):
                path = str(part.get("png", "")).removeprefix("../")
                if path and path not in written:
                    written.add(path)
                    yield path, png(image)
    head = {"$schema": "schemas/reveals.schema.json", "version": data.__version__}
    yield "reveals.json", (json.dumps(head | {"sets": reveals}, indent=1) + "\n").encode()


def _document(definition: SetDefinition, made: tuple[Vector, ...]) -> tuple[Document, bytes]:
    """The set as JSON, and its values: little-endian, (H, W, C), each vector's input and result, then faulty ones.

    Every input of uint8 is a PNG, too; so is what is expected of the vectors that reveal all flags.
    """
    kind = np.dtype(definition.dtype).newbyteorder("<")
    parts: list[bytes] = []
    offset = 0
    entries = []
    reveals = covers.smallest_cover({vector.id: vector.flags for vector in made})
    for vector in made:
        entry: Document = {"id": vector.id, "rule": vector.rule}
        for key, array, path in (
            ("input", vector.image, f"../images/inputs/{vector.id.rpartition('-to-')[0]}.png"),
            ("expected", vector.expected, f"../images/{definition.name}/{vector.id}.png"),
        ):
            entry[key] = {"shape": list(array.shape), "offset": offset}
            has_file = key == "input" or vector.id in reveals
            if has_file and definition.dtype == "uint8" and array.shape[2] in PNG_COLOUR_TYPES:
                entry[key]["png"] = path
            parts.append(array.astype(kind).tobytes())
            offset += len(parts[-1])
        entries.append(entry | {"tolerance": vector.tolerance, "flags": list(vector.flags)})
    described = notes({flag for vector in made for flag in vector.flags})
    found = examples(definition, made)
    for flag, note in described.items():
        example = found[flag]
        note["example"] = {"vector": example.vector, "shape": list(example.values.shape), "offset": offset}
        parts.append(example.values.astype(kind).tobytes())
        offset += len(parts[-1])
    rule = definition.rule
    document = {
        "$schema": "../schemas/set.schema.json",
        "version": data.__version__,
        "set": definition.name,
        "title": definition.title,
        "convention": definition.convention.as_dict(),
        "library": None
        if rule is None
        else {
            "name": rule.library,
            "call": rule.call,
            "versions": list(rule.versions),
            "steps": rule.steps,
            "source": rule.source,
        },
        "dtype": definition.dtype,
        "data": f"{definition.name}.bin",
        "notes": described,
        "reveals": reveals,
        "vectors": entries,
    }
    return document, b"".join(parts)


def _json(document: Document) -> str:
    """JSON with a line for each vector and each note."""
    lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in document.items()]
    for place, (key, value) in enumerate(document.items()):
        if key == "vectors":
            rows = ",\n".join(f"  {json.dumps(row)}" for row in value)
            lines[place] = f' "vectors": [\n{rows}\n ]'
        elif key == "notes":
            rows = ",\n".join(
                f"  {json.dumps(flag)}: {json.dumps(note, ensure_ascii=False)}" for flag, note in value.items()
            )
            lines[place] = f' "notes": {{\n{rows}\n }}'
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _text(document: Document) -> str:
    """The same for languages without a reader of JSON: comments, then a line for each vector."""
    head = [
        f"# set {document['set']}, dtype {document['dtype']}, version {document['version']}",
        f"# {document['title']}",
        "# id in_h in_w channels in_offset out_h out_w out_offset tolerance flag,flag,...",
        "# after #=: id offset flag: fault; at the offset stands what a resizer with the fault returns for that vector",
        *(
            f"#= {note['example']['vector']} {note['example']['offset']} {flag}: {note['fault']}"
            for flag, note in document["notes"].items()
        ),
    ]
    rows = [
        " ".join(
            map(
                str,
                (
                    entry["id"],
                    *entry["input"]["shape"],
                    entry["input"]["offset"],
                    *entry["expected"]["shape"][:2],
                    entry["expected"]["offset"],
                    entry["tolerance"],
                    ",".join(entry["flags"]) or "-",
                ),
            )
        )
        for entry in document["vectors"]
    ]
    return "\n".join([*head, *rows]) + "\n"
