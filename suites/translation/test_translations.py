"""Does the call that the table gives for each other framework do as the table says?"""

from __future__ import annotations

import warnings
from functools import partial

import pytest

from halfpixel import adapters
from halfpixel.adapters import Operation
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.probe.measure.sizes import SIZE_SETS
from halfpixel.probe.translate.function_comparison import FunctionIndex
from halfpixel.probe.translate.translator import Translator, compare_both_axes
from halfpixel.reports.records.record_types import Record
from halfpixel.suites.records.translations import OperationTranslations
from halfpixel.suites.session import Keep

SIZES = SIZE_SETS["quick"].pairs
"""Every call is compared with every other: at the full sizes that takes longer than measuring them."""


@pytest.fixture(scope="module")
def translator(chosen_operations: list[Operation], store: Store) -> Translator:
    """Of every chosen operation, those of integers and colours by what they document.

    Where conformance did not verify both, they are held against each other by every impulse of small shapes.
    """
    names = dict.fromkeys(operation.framework for operation in chosen_operations)
    documented = [call for name in names for call in adapters.integer_operations(name)]
    pairs = frozenset(SIZES)
    functions = FunctionIndex(
        [*chosen_operations, *documented], lambda operation: store.judgement(operation).among(pairs), SIZES
    )
    return Translator(functions, partial(compare_both_axes, random=0, seconds=0.0))


@pytest.fixture(scope="module")
def kept() -> set[Record]:
    """The records of calls and texts that this process handed over already: many tests have the same."""
    return set()


def test_the_printed_call_does_what_is_stated(
    translated_operation: Operation, translator: Translator, kept: set[Record], keep: Keep
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answers = OperationTranslations(translated_operation, translator, kept)
        for record in answers.records:
            keep(record)
        faults = answers.faults()
    if all(translation.found is None for translation in answers.translations):
        reasons = (translation.reason for translation in answers.translations if translation.reason)
        pytest.skip(next(reasons, "no framework to translate to"))
    assert not faults, "\n".join([translated_operation.id, *faults])
