"""Are the files of the sets whole, alike in each form, and small?"""

from __future__ import annotations

import io
import json
from itertools import combinations
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from referencing import Registry, Resource

from halfpixel.golden.catalogue import named_convention
from halfpixel.golden.convention import Convention
from halfpixel.golden.integer_rules import INTEGER_RULES
from halfpixel.golden.vector_sets.covers import most_specific, smallest_cover
from tests.golden.vector_sets.reading import FOLDER, SETS, document, read

SCHEMAS = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (FOLDER / "schemas").iterdir()}
REGISTRY: Registry = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
REVEALS = json.loads((FOLDER / "reveals.json").read_text(encoding="utf-8"))


def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(SCHEMAS[name], registry=REGISTRY)


def test_there_are_many_sets_and_they_are_small() -> None:
    assert len(SETS) >= 80
    assert sum(len(document(name)["vectors"]) for name in SETS) >= 1500
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 5_500_000


def test_rules_for_uint8_have_their_sets() -> None:
    """All but those of kernels that few people ask for."""
    rules = {name for name, rule in INTEGER_RULES.items() if rule.dtype == "uint8"}
    sets = {name for name in SETS if document(name)["library"]}
    assert sets <= rules
    rare = ("gaussian", "mitchellcubic", "tensorflow-lanczos", "pillow-11-")
    assert all(any(word in name for word in rare) for name in rules - sets)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_as_its_schema_says(name: str) -> None:
    _validator("set.schema.json").validate(document(name))


def test_reveals_are_as_their_schema_says() -> None:
    _validator("reveals.schema.json").validate(REVEALS)
    assert list(REVEALS["sets"]) == [name for name in REVEALS["sets"] if name in SETS]
    assert set(REVEALS["sets"]) == set(SETS)


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole.pop("notes"),
        lambda whole: whole.update(dtype="int16"),
        lambda whole: whole["convention"].update(kernel="bicubic"),
        lambda whole: whole["vectors"][0].update(id="two words"),
        lambda whole: whole["vectors"][0]["input"].update(shape=[8, 8]),
        lambda whole: whole["vectors"][0]["input"].update(png="../../secret.png"),
        lambda whole: whole["vectors"][0].update(tolerance=-1),
    ],
    ids=["no notes", "another dtype", "unknown kernel", "a space", "no channels", "outside", "negative"],
)
def test_the_schema_refuses(change) -> None:
    whole = json.loads((FOLDER / "sets" / "half_pixel-linear-uint8.json").read_text(encoding="utf-8"))
    change(whole)
    with pytest.raises(jsonschema.ValidationError):
        _validator("set.schema.json").validate(whole)


@pytest.mark.parametrize("name", SETS)
def test_json_text_values_and_notes_say_the_same(name: str) -> None:
    whole, lines = document(name), (FOLDER / "sets" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# set {name}, dtype {whole['dtype']}, version {whole['version']}"
    rows = [line.split(" ") for line in lines if not line.startswith("#")]
    assert [row[0] for row in rows] == [vector["id"] for vector in whole["vectors"]]
    size = {"uint8": 1, "float32": 4}[whole["dtype"]]
    end = 0
    for row, vector in zip(rows, whole["vectors"], strict=True):
        before, after = vector["input"], vector["expected"]
        assert [int(text) for text in row[1:8]] == [
            *before["shape"], before["offset"], *after["shape"][:2], after["offset"],
        ]  # fmt: skip
        assert before["shape"][2] == after["shape"][2]
        assert float(row[8]) == vector["tolerance"]
        assert row[9] == (",".join(vector["flags"]) or "-")
        assert before["offset"] == end
        assert after["offset"] == end + size * int(np.prod(before["shape"]))
        end = after["offset"] + size * int(np.prod(after["shape"]))
    assert set(whole["notes"]) == {flag for vector in whole["vectors"] for flag in vector["flags"]}
    for flag, note in whole["notes"].items():
        example = note["example"]
        assert f"#= {example['vector']} {example['offset']} {flag}: {note['fault']}" in lines
        assert example["offset"] == end
        end += size * int(np.prod(example["shape"]))
    assert (FOLDER / "sets" / whole["data"]).stat().st_size == end


@pytest.mark.parametrize("name", [name for name in SETS if name.endswith("uint8")])
def test_the_images_are_those_of_the_values(name: str) -> None:
    """As Pillow reads them, which made none of them."""
    Image = pytest.importorskip("PIL.Image")
    for vector in read(name):
        for part, array in ((vector.entry["input"], vector.image), (vector.entry["expected"], vector.expected)):
            has_file = part is vector.entry["input"] or vector.entry["id"] in document(name)["reveals"]
            assert ("png" in part) == has_file
            if not has_file:
                continue
            file = Path(FOLDER / "sets" / part["png"]).resolve()
            assert FOLDER.resolve() in file.parents
            seen = np.asarray(Image.open(io.BytesIO(file.read_bytes())))
            assert np.array_equal(seen.reshape(array.shape), array), file


@pytest.mark.parametrize("name", SETS)
def test_the_reveals_are_the_fewest(name: str) -> None:
    """By trying every smaller subset."""
    borne = {vector["id"]: frozenset(vector["flags"]) for vector in document(name)["vectors"]}
    every = frozenset().union(*borne.values())
    chosen = document(name)["reveals"]
    assert REVEALS["sets"][name]["all"] == chosen
    assert frozenset().union(*(borne[vector] for vector in chosen)) == every
    distinct = set(borne.values())
    assert not any(frozenset().union(*few) == every for few in combinations(distinct, len(chosen) - 1))
    specific = REVEALS["sets"][name]["flags"]
    assert set(specific) == every
    for flag, vector in specific.items():
        assert flag in borne[vector]
        assert len(borne[vector]) == min(len(flags) for flags in borne.values() if flag in flags)


def test_covers() -> None:
    assert smallest_cover({"a": "xy", "b": "yz", "c": "xyz"}) == ["c"]
    assert smallest_cover({"a": "xy", "b": "x", "c": "z"}) == ["a", "c"]
    assert smallest_cover({"a": "pqr", "b": "pxy", "c": "qz", "d": "xyz", "e": "r"}) == ["a", "d"]
    assert most_specific({"a": "xyz", "b": "xy", "c": "xy"}) == {"x": "b", "y": "b", "z": "a"}


@pytest.mark.parametrize(
    ("name", "catalogue"),
    [
        ("half_pixel-linear", "torch-bilinear"),
        ("half_pixel-linear-antialias", "pillow-bilinear"),
        ("half_pixel-cubic-a075", "opencv-cubic"),
        ("half_pixel-cubic-a05-antialias", "pillow-bicubic"),
        ("half_pixel-cubic-a05-renormalise", "tf2-bicubic"),
        ("half_pixel-cubic-a05-antialias-reflect", "matlab-imresize"),
        ("half_pixel-nearest-tie_down", "onnx-nearest"),
        ("asymmetric-nearest-floor", "torch-nearest"),
        ("adaptive_average", "torch-area"),
    ],
)
def test_names_mean_what_the_catalogue_says(name: str, catalogue: str) -> None:
    for dtype in ("float32", "uint8"):
        assert Convention.from_dict(document(f"{name}-{dtype}")["convention"]) == named_convention(catalogue).convention
