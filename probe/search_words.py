"""Split what people write for a resize into words, and list the words of a native call; no framework is imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from halfpixel.adapters import Operation, frameworks
from halfpixel.adapters.framework import Framework
from halfpixel.golden.vocabulary import ALSO_CALLED, KERNEL_PARAMETERS, SPELLINGS

_FLAGS = frozenset(("antialias", "align_corners", "half_pixel"))
"""Words that a call says by a parameter that is true, or by the convention that it documents."""

_SPLINES = {
    3: ("bicubic", "spline"),
    2: ("biquadratic", "spline"),
    4: ("biquartic", "spline"),
    5: ("biquintic", "spline"),
}
"""The names that scikit-image's page has for splines, by order:
https://scikit-image.org/docs/stable/api/skimage.transform.html#skimage.transform.warp."""

_FORMERLY = {"ANTIALIAS": "LANCZOS"}
"""Constants by the names that they had: https://pillow.readthedocs.io/en/stable/deprecations.html#constants."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question: ``text`` as written; ``value`` where it is a parameter; ``is_needed`` where it decides.

    ``is_first`` where no name stands before it in a path, so that it may name a framework.
    """

    text: str
    value: str | None = None
    is_needed: bool = True
    is_first: bool = True

    @property
    def name(self) -> str:
        """The word as words are compared."""
        return normalised(self.text)

    def __str__(self) -> str:
        return self.text if self.value is None else f"{self.text}={self.value}"


def normalised(text: str) -> str:
    """Lower case, with underscores for hyphens."""
    return text.lower().replace("-", "_")


@cache
def spellings(word: str) -> frozenset[str]:
    """The words that mean the same, with itself."""
    return frozenset((word, *(other for group in SPELLINGS if word in group for other in group)))


def words_of(text: str) -> list[Word]:
    """The words of a question: of a whole call as Python source, or of words with parameters among them."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return list(_loose_words(text))
    return list(_call_words(tree)) if isinstance(tree, ast.Call | ast.Attribute) else list(_loose_words(text))


def _call_words(tree: ast.expr) -> Iterator[Word]:
    """Of the function's path, of constants among the arguments, and of parameters; arrays and sizes say nothing."""
    if isinstance(tree, ast.Attribute | ast.Name):
        yield from _path_words(_path(tree))
    elif isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield Word(tree.value)
    if not isinstance(tree, ast.Call):
        return
    yield from _call_words(tree.func)
    for argument in tree.args:
        if not isinstance(argument, ast.Name):
            yield from _call_words(argument)
    for keyword in tree.keywords:
        if keyword.arg is not None:
            places = enumerate(_path(keyword.value)[:-1])
            yield from (Word(name, is_needed=False, is_first=place == 0) for place, name in places)
            yield Word(keyword.arg, _value(keyword.value))


def _path(tree: ast.expr) -> list[str]:
    if isinstance(tree, ast.Attribute):
        return [*_path(tree.value), tree.attr]
    return [tree.id] if isinstance(tree, ast.Name) else []


def _path_words(path: list[str]) -> Iterator[Word]:
    """The last name of a path decides; those before it name a framework, modules, or somebody's variable."""
    last = len(path) - 1
    for place, name in enumerate(path):
        yield Word(_FORMERLY.get(name, name), is_needed=place == last, is_first=place == 0)


def _is_constant(tree: ast.expr) -> bool:
    try:
        ast.literal_eval(tree)
    except ValueError:
        return isinstance(tree, ast.Attribute)
    return True


def _value(tree: ast.expr) -> str:
    """A parameter's value as it is compared: the last name of a path, a constant, or source."""
    if isinstance(tree, ast.Attribute):
        return tree.attr
    return str(tree.value) if isinstance(tree, ast.Constant) else ast.unparse(tree)


_LOOSE = re.compile(r"""(?P<name>[A-Za-z_][\w.-]*)(?:\s*=\s*(?P<value>"[^"]*"|'[^']*'|[^\s,()]+))?|(?P<number>\d\S*)""")


def _loose_words(text: str) -> Iterator[Word]:
    for found in _LOOSE.finditer(text):
        if found["name"] is None:
            continue
        path = found["name"].strip(".-").split(".")
        if found["value"] is not None:
            value = found["value"].strip("\"'")
            yield Word(path[-1], value if re.match(r"[-+.\d]", value) else value.rpartition(".")[2])
        else:
            yield from _path_words(path)


@cache
def framework_names() -> dict[str, tuple[str, ...]]:
    """The frameworks that a word may name, the likeliest first: by name, module, distribution, or as imported."""
    names: dict[str, list[str]] = {}
    known = list(frameworks().values())
    for name_of in (_own_names, _imported_names):
        for framework in known:
            for name in name_of(framework):
                names.setdefault(name, [])
                if framework.name not in names[name]:
                    names[name].append(framework.name)
    for name, framework_name in ALSO_CALLED.items():
        if framework_name in frameworks():
            names[name] = [framework_name]
    names["onnx"] = [name for name in ("onnx-reference", "onnxruntime") if name in frameworks()]
    return {name: tuple(found) for name, found in names.items()}


def _own_names(framework: Framework) -> list[str]:
    names = (framework.name, framework.module, *framework.distributions)
    return list(dict.fromkeys(variant for name in names for variant in (name, normalised(name), name.lower())))


def _imported_names(framework: Framework) -> Iterator[str]:
    """The names in its programs: ``tf`` of ``import tensorflow as tf``, ``Image`` of Pillow's."""
    for statement in ast.walk(ast.parse(framework.imports)):
        for alias in statement.names if isinstance(statement, ast.Import | ast.ImportFrom) else ():
            module = str(statement.module) if isinstance(statement, ast.ImportFrom) else alias.name
            if module.partition(".")[0] == framework.module and (alias.asname or isinstance(statement, ast.ImportFrom)):
                yield alias.asname or alias.name


def frameworks_named(word: str) -> tuple[str, ...]:
    """The frameworks that a word of a question names; empty when it names none.

    One-letter and capitalised names count as they are written alone: ``F`` and ``Image`` are names of modules, ``f``
    and ``image`` are anybody's.
    """
    names = framework_names()
    if word in names:
        return names[word]
    lower = normalised(word)
    return names.get(lower, ()) or names.get(lower.replace("_", "-"), ())


@dataclass(frozen=True, slots=True)
class CallWords:
    """The words of a native call: ``exact`` of its text and name, ``parts`` of those, ``claimed`` by its documentation.

    ``parameters`` are by name, those that are constants; ``constants`` are names and strings among its arguments.
    ``written`` are the names of its text in their own case.
    """

    exact: frozenset[str]
    parts: frozenset[str]
    claimed: frozenset[str]
    parameters: dict[str, str]
    constants: frozenset[str]
    written: frozenset[str]


@cache
def call_words(operation: Operation) -> CallWords:
    """The words of an operation, those of its claim apart."""
    exact: set[str] = set()
    constants: set[str] = set()
    parameters: dict[str, str] = {}
    tree = ast.parse(call_expression(operation) or "x", mode="eval")
    values = [keyword.value for node in ast.walk(tree) if isinstance(node, ast.Call) for keyword in node.keywords]
    arguments = [value for node in ast.walk(tree) if isinstance(node, ast.Call) for value in node.args] + values
    for node in ast.walk(tree):
        match node:
            case ast.Attribute():
                exact.add(normalised(node.attr))
            case ast.Name():
                exact.add(normalised(node.id))
            case ast.Constant(value=str() as text):
                exact.add(normalised(text))
            case ast.Call():
                constant = [keyword for keyword in node.keywords if keyword.arg and _is_constant(keyword.value)]
                parameters |= {normalised(str(k.arg)): normalised(_value(k.value)) for k in constant}
    for argument in arguments:
        if isinstance(argument, ast.Attribute):
            constants.add(normalised(argument.attr))
        elif isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            constants.add(normalised(argument.value))
    for word in _loose_words(operation.name):
        if word.value is None:
            exact.add(word.name)
        else:
            parameters.setdefault(word.name, normalised(word.value))
    exact |= {name for name, value in parameters.items() if value in ("true", "1")}
    if operation.is_default:
        exact.add("default")
    return CallWords(
        frozenset(exact - {"x", "h", "w"}),
        frozenset(part for name in exact for part in _parts(name)) | _camel_parts(operation),
        _claimed_words(operation),
        parameters,
        frozenset(constants - {"x", "h", "w"}),
        frozenset(re.findall(r"[A-Za-z_]\w*", call_expression(operation))),
    )


def call_expression(operation: Operation) -> str:
    """The native call as Python source; empty for a plain callable."""
    return "" if operation.call is None else operation.call.expression


def _camel_parts(operation: Operation) -> frozenset[str]:
    return frozenset(part.lower() for part in re.findall(r"[A-Z][a-z]+", call_expression(operation)))


def _parts(name: str) -> list[str]:
    return name.split("_") if "_" in name else []


def _claimed_words(operation: Operation) -> frozenset[str]:
    claim = operation.claim
    if claim is None:
        return frozenset()
    words = {claim.kernel, claim.coordinate_transformation_mode, claim.border, claim.prefilter}
    words |= {"antialias"} if claim.antialias or claim.prefilter in ("gaussian", "binomial") else set()
    words |= set(_SPLINES.get(claim.order or 0, ()))
    return frozenset(words - {"none"})


def match_parameter(word: Word, words: CallWords) -> float | None:
    """How well a call has a parameter of the question: 0 as it is, more the less directly; ``None`` for another value.

    ``inf`` where it has none of that name, and its documentation does not say the same.
    """
    name, value = word.name, normalised(word.value or "")
    same_names = KERNEL_PARAMETERS if name in KERNEL_PARAMETERS else spellings(name)
    for own, its in words.parameters.items():
        if own in same_names:
            return 0.0 if _same_value(value, its) else None
    if name in KERNEL_PARAMETERS:
        found = match_word(Word(word.value or ""), words)
        return None if found is None else 1.0 + found
    flag = spellings(name) & _FLAGS
    if flag and value in ("true", "false", "1", "0"):
        return 1.0 if (value in ("true", "1")) == bool(flag & words.claimed) else None
    return float("inf")


def _same_value(value: str, its: str) -> bool:
    if its in spellings(value) or {value, its} <= {"true", "1"} or {value, its} <= {"false", "0"}:
        return True
    if spellings(value) & frozenset(_parts(its)) and its.startswith(("inter_", "resize_")):
        return True
    try:
        return float(value) == float(its)
    except ValueError:
        return False


def _snake(name: str) -> str:
    """``adaptive_avg_pool2d`` of ``AdaptiveAvgPool2d``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def match_word(word: Word, words: CallWords) -> float | None:
    """How well a call has a word of the question: 0 as a whole word, more the less directly; ``None`` not at all."""
    same = spellings(word.name)
    if word.name in words.exact:
        return (
            0.0 if word.text in words.written or word.name not in {normalised(name) for name in words.written} else 0.05
        )
    if same & words.exact or _snake(word.text) in words.exact:
        return 0.25
    if same & words.parts:
        holders = [name for name in words.exact if same & frozenset(_parts(name))]
        return 1.0 + 0.1 * min((len(_parts(name)) for name in holders), default=4)
    return 2.0 if same & words.claimed else None
