"""Find the native call that is meant by words as people write them: an id, a name, a whole call, parts of a call."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches

from halfpixel.adapters import Operation

_IDS_SHOWN = 6


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
    """The operations that ``text`` may mean, the plainest first; empty when there is none.

    An id or a name, as ``halfpixel operations`` prints them, means that operation alone, and so does its whole
    call. Otherwise every word must be in the call, the name or the claim, in any order; a word that is a whole word
    there counts for more than one that is part of another. Case does not matter where it decides nothing.
    """
    known = list(candidates)
    for name_of in (lambda operation: operation.id, lambda operation: operation.name, call_expression):
        if exact := [operation for operation in known if name_of(operation) == text]:
            return exact
    return _containing(text.lower().split(), known) or _containing(_words(text), known)


def near_names(text: str, candidates: Iterable[Operation]) -> list[str]:
    """Ids that look like ``text``, the most similar first; those that share a word with it when none does."""
    known = {operation.id: f"{operation.id} {call_expression(operation)}".lower() for operation in candidates}
    close = get_close_matches(text, known, n=3, cutoff=0.5)
    words = [word for word in _words(text) if len(word) > 2]
    shared = sorted(known, key=lambda name: -sum(word in known[name] for word in words))
    return close or [name for name in shared[:3] if any(word in known[name] for word in words)]


def ambiguity_line(others: list[Operation]) -> str:
    """The line that names the other operations that a text may mean; empty when there is none."""
    if not others:
        return ""
    more = f", and {len(others) - _IDS_SHOWN} more" if len(others) > _IDS_SHOWN else ""
    ids = ", ".join(repr(operation.id) for operation in others[:_IDS_SHOWN])
    return f"chosen as the plainest; it could also mean {ids}{more}"


def call_expression(operation: Operation) -> str:
    """The native call as Python source; empty for a plain callable."""
    return "" if operation.call is None else operation.call.expression


def _is_installed(operation: Operation) -> bool:
    return operation.call is None or operation.call.framework.version is not None


def _words(text: str) -> list[str]:
    """The parts of dotted names and of arguments, for calls that are spelt differently."""
    return [word for word in re.split(r"[^a-z0-9_]+", text.lower()) if word]


def _containing(fragments: list[str], known: list[Operation]) -> list[Operation]:
    ranked: list[tuple[tuple[int | str, ...], Operation]] = []
    position: Counter[str] = Counter()
    for operation in known:
        position[operation.framework] += 1
        call, names = call_expression(operation).lower(), f"{operation.id} {operation.claim or ''}".lower()
        ranks = [_rank(fragment, call, names) for fragment in fragments]
        if ranks and all(ranks):
            # Whole words before parts of words; the default call; then as the adapter lists them, the usual first.
            helpers = 0 if operation.call is None else len(operation.call.helpers)
            order = not operation.is_default, helpers, position[operation.framework], len(call), operation.id
            ranked.append(((sum(ranks), *order), operation))
    return [operation for _, operation in sorted(ranked, key=lambda pair: pair[0])]


def _rank(fragment: str, call: str, names: str) -> int:
    """0 when it is nowhere, else the smaller the better: a whole word of the call, of the names; part of either."""
    whole = re.compile(rf"(?<![a-z0-9_]){re.escape(fragment)}(?![a-z0-9_])")
    places = whole.search(call), whole.search(names), fragment in call, fragment in names
    return next((rank for rank, is_there in enumerate(places, start=1) if is_there), 0)
