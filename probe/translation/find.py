"""Finds the operation that a person means: by id, by name, or by fragments of its call."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches

from adapters import Operation

_SHOWN = 6


def matching(text: str, operations: Iterable[Operation]) -> list[Operation]:
    """The operations that ``text`` may mean, the plainest first; empty when there is none.

    An id or a name, as ``python -m probe operations`` prints them, means that operation alone, and so does its whole
    call. Otherwise every word must be in the call, the name or the claim, in any order; a word that is a whole word
    there counts for more than one that is part of another. Case does not matter where it decides nothing.
    """
    known = list(operations)
    for same in (lambda one: one.id == text, lambda one: one.name == text, lambda one: _call(one) == text):
        if exact := [one for one in known if same(one)]:
            return exact
    return _holding(text.lower().split(), known) or _holding(_words(text), known)


def _words(text: str) -> list[str]:
    """The parts of dotted names and of arguments, for calls that are spelt a little otherwise."""
    return [word for word in re.split(r"[^a-z0-9_]+", text.lower()) if word]


def _holding(fragments: list[str], known: list[Operation]) -> list[Operation]:
    found, counted = [], Counter()
    for one in known:
        counted[one.framework] += 1
        call, names = _call(one).lower(), f"{one.id} {one.claim or ''}".lower()
        within = [_within(fragment, call, names) for fragment in fragments]
        if fragments and all(within):
            # Whole words before parts of words; the default call; then as the adapter lists them, the usual first.
            helpers = 0 if one.call is None else len(one.call.helpers)
            key = sum(within), not one.is_default, helpers, counted[one.framework], len(call), one.id
            found.append((key, one))
    return [one for _, one in sorted(found, key=lambda each: each[0])]


def _within(fragment: str, call: str, names: str) -> int:
    """0 when it is nowhere, else the smaller the better: a whole word of the call, of the names; part of either."""
    whole = re.compile(rf"(?<![a-z0-9_]){re.escape(fragment)}(?![a-z0-9_])")
    for rank, there in enumerate((whole.search(call), whole.search(names), fragment in call, fragment in names)):
        if there:
            return rank + 1
    return 0


def near_names(text: str, operations: Iterable[Operation]) -> list[str]:
    """Ids that look like ``text``, the most similar first; those that share a fragment with it when none does."""
    known = {one.id: f"{one.id} {_call(one)}".lower() for one in operations}
    close = get_close_matches(text, known, n=3, cutoff=0.5)
    words = [word for word in _words(text) if len(word) > 2]
    shared = sorted(known, key=lambda name: -sum(word in known[name] for word in words))
    return close or [name for name in shared[:3] if any(word in known[name] for word in words)]


def listed(others: list[Operation]) -> str:
    """Some ids in one line, and how many more there are."""
    more = f", and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    return ", ".join(repr(one.id) for one in others[:_SHOWN]) + more


def _call(operation: Operation) -> str:
    return "" if operation.call is None else operation.call.expression
