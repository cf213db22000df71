"""Find the native call that is meant by words as people write them: an id, a name, a whole call, parts of a call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from math import isinf

from halfpixel.adapters import Operation
from halfpixel.adapters.operation import any_size
from halfpixel.golden.vocabulary import NOISE
from halfpixel.probe.search_words import (
    Word,
    call_expression,
    call_words,
    frameworks_named,
    match_parameter,
    match_word,
    normalised,
    spellings,
    words_of,
)

_IDS_SHOWN = 6
_UNKNOWN = 5.0
"""The cost of a parameter that a call does not have: more than any word that it says in another way."""

_PER_UNASKED = 0.4
"""The cost of each parameter that no word asks for: it may well not be the default."""

_SECOND_CHOICE = 2.0
"""The cost of a framework that a word names less directly than another, as ``cv2`` does OpenCV's networks."""

_NEARLY = 0.45
"""By how much more other calls may cost that the words may mean, too."""

_USUAL = ("torch", "opencv", "pillow", "tensorflow", "skimage", "scipy", "torchvision", "jax", "keras", "onnxruntime")
"""Where words fit calls of several frameworks alike: those that are asked about most come first."""


def find_operation(text: str, candidates: Iterable[Operation]) -> tuple[Operation, list[Operation]]:
    """The operation that ``text`` means, and others that it may mean; the plainest whose framework is installed.

    ``ValueError`` in one line for a text that matches none, with ids that look alike.
    """
    known = list(candidates)
    matching = matching_operations(text, known)
    if not matching:
        near = near_names(text, known)
        hint = f"; did you mean {', '.join(map(repr, near))}?" if near else ""
        raise ValueError(f"no operation matches {text!r}{hint} (halfpixel operations lists them)")
    first = next((operation for operation in matching if _is_installed(operation)), matching[0])
    return first, [operation for operation in matching if operation is not first]


def matching_operations(text: str, candidates: Iterable[Operation]) -> list[Operation]:
    """The operations that ``text`` may mean, the likeliest first; empty when there is none.

    An id or a name, as ``halfpixel operations`` prints them, means that operation alone, and so does its whole
    call. Otherwise a word may name a framework ("cv2", "PIL", "Image.", "F.", "tf"), and every other word must be one
    of the call, of its name or of what its documentation claims, in any order: a constant ("INTER_AREA"), a function
    ("zoom"), a kernel ("bicubic"), a parameter ("align_corners=True", which no call with another value may be). Of
    calls that fit alike the plainest comes first: the one with the fewest parameters that were not asked for.
    """
    known = list(candidates)
    for name_of in (lambda operation: operation.id, lambda operation: operation.name, call_expression):
        if exact := [operation for operation in known if name_of(operation) == text]:
            return exact
    words = words_of(text)
    named, words = _without_framework(words, {operation.framework for operation in known})
    if named:
        known = [operation for operation in known if operation.framework in named]
    needed = [word for word in words if word.value is not None or (word.is_needed and word.name not in NOISE)]
    if not (named or needed):
        return []
    order = named or _USUAL
    position: Counter[str] = Counter()
    ranked: list[tuple[float, tuple[float, ...], Operation]] = []
    for operation in known:
        position[operation.framework] += 1
        cost = _cost(operation, words)
        if cost is None:
            continue
        special = operation.dtype != "float32" or operation.channels != 1 or operation.accepts is not any_size
        cost += _PER_UNASKED * (_unasked(operation, words) + special)
        place = order.index(operation.framework) if operation.framework in order else len(order)
        cost += _SECOND_CHOICE * place if named else 0.0
        helpers = 0 if operation.call is None else len(operation.call.helpers)
        key = not operation.is_default, helpers, -_likeness(operation, _default_of(operation.framework, known))
        cost = round(cost, 6)
        ranked.append((cost, (place, cost, *key, position[operation.framework]), operation))
    least: dict[str, float] = {}
    for cost, _, operation in ranked:
        least[operation.framework] = min(cost, least.get(operation.framework, cost))
    furthest = min(least.values(), default=0.0) + (_NEARLY if named else _SECOND_CHOICE)
    fitting = [entry for entry in ranked if entry[0] <= min(furthest, least[entry[2].framework] + _NEARLY)]
    return [operation for _, _, operation in sorted(fitting, key=lambda entry: entry[1])]


def _default_of(framework: str, known: list[Operation]) -> Operation | None:
    return next((operation for operation in known if operation.framework == framework and operation.is_default), None)


def _likeness(operation: Operation, default: Operation | None) -> int:
    """In how much its documentation says what the framework's default call does, beside the kernel."""
    if default is None or operation.claim is None or default.claim is None:
        return 0
    own, its = operation.claim.as_dict(), default.claim.as_dict()
    return sum(own[name] == its[name] for name in ("coordinate_transformation_mode", "border", "antialias"))


def ignored_words(text: str, operation: Operation) -> list[str]:
    """The words of ``text`` that say nothing about ``operation``, such as parameters that no call has here."""
    if text in (operation.id, operation.name, call_expression(operation)):
        return []
    _, words = _without_framework(words_of(text), {operation.framework})
    its = call_words(operation)
    return [str(word) for word in words if word.value is not None and isinf(match_parameter(word, its) or 0.0)]


def _without_framework(words: list[Word], known: set[str]) -> tuple[tuple[str, ...], list[Word]]:
    """The frameworks that the first word to name one names, and the other words; further names decide nothing."""
    named: tuple[str, ...] = ()
    rest = []
    for word in words:
        found = tuple(name for name in frameworks_named(word.text) if name in known) if word.value is None else ()
        if found and word.is_first and not named:
            named = found
        elif not (found and set(found) & set(named) and not word.is_needed):
            rest.append(replace(word, is_needed=word.is_needed and not (found and word.is_first)))
    return named, rest


def _cost(operation: Operation, words: list[Word]) -> float | None:
    """How far the words are from the operation's; ``None`` where one of them excludes it."""
    its, cost = call_words(operation), 0.0
    for word in words:
        if word.value is not None:
            found = match_parameter(word, its)
            if found is None:
                return None
            cost += _UNKNOWN if isinf(found) else found
            continue
        found = match_word(word, its)
        if found is not None:
            cost += min(found, 0.05) if word.name in NOISE else found
        elif word.is_needed and word.name not in NOISE:
            return None
        else:
            cost += 0.5
    return cost


def _unasked(operation: Operation, words: list[Word]) -> float:
    """How many of the operation's parameters and constants no word asks for; those that are off count half."""
    its = call_words(operation)
    names = {word.name for word in words}
    values = {same for word in words for same in spellings(normalised(word.value or word.text)) if same not in NOISE}
    count = 0.0
    for name, value in its.parameters.items():
        if name not in names and (value in _SWITCHES or not _mentions(value, values)):
            count += 0.5 if value in ("false", "0") else 1.0
    constants = its.constants - set(its.parameters.values())
    return count + sum(not _mentions(name, values) for name in constants)


_SWITCHES = ("true", "false", "0", "1")


def _mentions(name: str, words: set[str]) -> bool:
    return name in words or bool(words & set(name.split("_")))


def near_names(text: str, candidates: Iterable[Operation]) -> list[str]:
    """Ids that look like ``text``, the most similar first; those that share a word with it when none does.

    A word that is misspelt counts as the word it looks like.
    """
    operations = list(candidates)
    named, _ = _without_framework(words_of(text), {operation.framework for operation in operations})
    operations = [operation for operation in operations if not named or operation.framework in named]
    known = {operation.id: f"{operation.id} {call_expression(operation)}".lower() for operation in operations}
    corrected = _corrected(text, operations)
    respelt = [] if corrected == text else [operation.id for operation in matching_operations(corrected, operations)]
    close = [*respelt[:3], *get_close_matches(text, known, n=3, cutoff=0.5)]
    words = [word.name for word in words_of(text) if len(word.name) > 2]
    shared = sorted(known, key=lambda name: -sum(word in known[name] for word in words))
    shared = [name for name in shared[:3] if any(word in known[name] for word in words)]
    return list(dict.fromkeys(close or shared))[:3]


def _corrected(text: str, known: list[Operation]) -> str:
    """``text`` with each word that no call has as the most similar one that some call has."""
    named, words = _without_framework(words_of(text), {operation.framework for operation in known})
    chosen = [call_words(operation) for operation in known if not named or operation.framework in named]
    vocabulary = {name for its in chosen for name in its.exact | its.parts | its.claimed}
    for word in words:
        if word.is_needed and word.value is None and not spellings(word.name) & vocabulary:
            similar = get_close_matches(word.name, vocabulary, n=1, cutoff=0.7)
            text = text.replace(word.text, similar[0]) if similar else text
    return text


def ambiguity_line(others: list[Operation]) -> str:
    """The line that names the other operations that a text may mean, of each framework first one; empty for none."""
    if not others:
        return ""
    seen: Counter[str] = Counter()
    places = []
    for operation in others:
        places.append(seen[operation.framework])
        seen[operation.framework] += 1
    others = [operation for _, operation in sorted(zip(places, others, strict=True), key=lambda pair: pair[0])]
    more = f", and {len(others) - _IDS_SHOWN} more" if len(others) > _IDS_SHOWN else ""
    ids = ", ".join(repr(operation.id) for operation in others[:_IDS_SHOWN])
    return f"chosen as the plainest; it could also mean {ids}{more}"


def _is_installed(operation: Operation) -> bool:
    return operation.call is None or operation.call.framework.version is not None
