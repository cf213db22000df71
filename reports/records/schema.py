"""Validate decoded lines of ``results.jsonl`` against its JSON schema, and convert values to what JSON can hold."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

SCHEMA_PATH = Path(__file__).with_name("results.schema.json")
WEIGHT_FIELDS = ("expected", "got", "image")
# JSON has no such numbers, and a resize that returns them must still be recorded.
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}

# JSON Schema calls 7.0 an integer; sizes and counts are wanted as Python's.
_extend: Callable[..., type[Draft202012Validator]] = extend
_Validator = _extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int),
)


@cache
def _validators() -> dict[str, Draft202012Validator]:
    # One validator for each type: a `oneOf` would try all of them and then name none of the faults.
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    names = [branch["$ref"].rsplit("/", 1)[1] for branch in schema["oneOf"]]
    return {name: _Validator(_inline_references(schema["$defs"][name], schema["$defs"])) for name in names}


def _inline_references(schema: object, definitions: dict[str, Any]) -> Any:
    """The same schema with its definitions written out: looking them up took most of the time of a validation."""
    if isinstance(schema, list):
        return [_inline_references(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inline_references(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    return {name: _inline_references(part, definitions) for name, part in schema.items()}


def validation_error(entry: object) -> str | None:
    """What is wrong with one decoded line, in one sentence, or ``None``."""
    if not isinstance(entry, dict):
        return "not an object"
    validators = _validators()
    kind = entry.get("type")
    if not isinstance(kind, str) or kind not in validators:
        return f"unknown type {kind!r}; allowed: {', '.join(validators)}"
    error = next(validators[kind].iter_errors(entry), None)
    if error is not None:
        # A message quotes the offending value, which may be a thousand numbers.
        message = error.message if len(error.message) <= 160 else f"{error.message[:100]} ... {error.message[-50:]}"
        return f"{error.json_path}: {message}"
    worst = entry.get("worst") or {}
    # The schema leaves the items of these lists to this check, which is a hundred times faster there.
    for name in WEIGHT_FIELDS if worst else ():
        if len(worst[name]) != worst["n_in"]:
            return f"$.worst.{name}: {len(worst[name])} numbers for n_in = {worst['n_in']}"
        if not {type(value) for value in worst[name]} <= {int, float} and not all(map(_is_number, worst[name])):
            return f"$.worst.{name}: not all of it is numbers"
    return None


def _is_number(value: object) -> bool:
    return type(value) in (int, float) or (isinstance(value, str) and value in NOT_FINITE)


def json_value(value: Any) -> Any:
    """What JSON can say of a value: numpy scalars become numbers, and numbers that JSON lacks their names."""
    if is_dataclass(value):
        return {each.name: json_value(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {key: json_value(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        quick = {type(part) for part in value} <= {float, int} and all(map(math.isfinite, value))
        return list(value) if quick else [json_value(part) for part in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # Of a member of an enumeration its value: what carries reports between processes takes plain strings only.
        return str(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value)
        if math.isfinite(number):
            return number
        return "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"
    return value
