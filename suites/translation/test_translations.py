"""What to write in every other framework instead of a call, and does it do what the table says?"""

from __future__ import annotations

import warnings

import pytest

import adapters
from probe.sizes import SIZE_SETS
from probe.translation import Translator
from probe.translation.functions import Functions
from suites.translation.rows import Answered

SIZES = SIZE_SETS["quick"].pairs
"""Every call is held against every other: at the full sizes that takes longer than measuring them."""


@pytest.fixture(scope="module")
def translator(chosen_operations, store) -> Translator:
    """Every operation that was asked for, those of integers and colours by what they document."""
    names = dict.fromkeys(operation.framework for operation in chosen_operations)
    whole = [call for name in names for call in adapters.integer_operations(name)]
    pairs = frozenset(SIZES)
    return Translator(Functions([*chosen_operations, *whole], lambda one: store.judgement(one).among(pairs), SIZES))


@pytest.fixture(scope="module")
def kept() -> set:
    """The records of calls and texts that this process handed over already: many tests have the same."""
    return set()


def test_the_printed_call_does_what_is_stated(translated_operation, translator, kept, keep):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answered = Answered(translated_operation, translator, kept)
        for one in answered.records:
            keep(one)
        faults = answered.faults()
    if not any(one.found is not None for one in answered.translations):
        pytest.skip(next((one.reason for one in answered.translations if one.reason), "no framework to translate to"))
    assert not faults, "\n".join([translated_operation.id, *faults])
