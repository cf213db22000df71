"""Counts which fakes each way of testing a resize catches: the measured matrix, random images, generated images."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from time import perf_counter
from typing import Any

import numpy as np

from halfpixel import probe
from halfpixel.adapters import Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import Convention, matrix
from halfpixel.probe.measure.sizes import SIZE_SETS, SizeSet
from tests.fakes import RIGHT, WRONG, Fake

_IMAGES = 20
_SMALLEST, _LARGEST = 32, 256
_BATCH, _CHANNELS = 2, 3
_LARGEST_GENERATED = 64
_EXAMPLES = 100

# One fake makes a dense matrix of the whole batch: at 260 pixels that is tens of gigabytes.
_FULL = SizeSet("full up to 64", tuple(pair for pair in SIZE_SETS["full"].pairs if max(pair) <= 64))
_DEFAULT = (1e-7, 0.0)
_LOOSE = (1e-3, 1e-4)
# rtol and atol: NumPy's default; torch.testing.assert_close's for float32; two usual for exported models.
_TOLERANCES = (_DEFAULT, (1.3e-6, 1e-5), (1e-3, 1e-5), _LOOSE)
Caught = Callable[[Operation, Fake], tuple[bool, bool]]


@lru_cache(maxsize=128)
def _weights(claim: Convention, n_in: int, n_out: int) -> np.ndarray:
    return matrix(claim, n_in, n_out).to_array()


def expected(claim: Convention, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The exact result for ``images`` ``(N, H, W, C)``, in float32: what the other methods compare with."""
    rows, columns = (_weights(claim, images.shape[axis + 1], size[axis]) for axis in (0, 1))
    planes = rows @ images.transpose(0, 3, 1, 2) @ columns.T
    return planes.transpose(0, 2, 3, 1).astype(np.float32)


def _by_matrix(sizes: SizeSet, operation: Operation, fake: Fake) -> tuple[bool, bool]:
    discrepancy = probe.check(operation, fake.claim, sizes)
    named = discrepancy.attribution is not None and bool(set(discrepancy.attribution.factors) & fake.factors)
    return not discrepancy.verdict.is_agreement, named


def _by_random_images(rtol: float, atol: float, operation: Operation, fake: Fake) -> tuple[bool, bool]:
    """Stops at the first image that differs."""
    chance = np.random.default_rng(0)
    for _ in range(_IMAGES):
        height, width, *size = (int(n) for n in chance.integers(_SMALLEST, _LARGEST, 4, endpoint=True))
        images = chance.random((_BATCH, height, width, _CHANNELS), dtype=np.float32)
        try:
            got = operation.run(images.copy(), tuple(size))
            np.testing.assert_allclose(got, expected(fake.claim, images, tuple(size)), rtol, atol)
        except (AssertionError, WrongShape):
            return True, False
    return False, False


def _by_generated_images(rtol: float, atol: float, operation: Operation, fake: Fake) -> tuple[bool, bool]:
    """Stops at the first example that differs, and does not shrink it: that explains a failure, and finds none."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
    from hypothesis.errors import Flaky
    from hypothesis.extra.numpy import arrays

    side = st.integers(1, _LARGEST_GENERATED)
    shape = st.tuples(st.integers(1, _BATCH), side, side, st.sampled_from((1, _CHANNELS)))
    images = shape.flatmap(lambda shape: arrays(np.float32, shape, elements=st.floats(0, 1, width=32)))

    # The checks of health object to large arrays, which is what is asked for.
    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(images=images, size=st.tuples(side, side))
    def agrees(images: np.ndarray, size: tuple[int, int]) -> None:
        got = operation.run(images.copy(), size)
        np.testing.assert_allclose(got, expected(fake.claim, images, size), rtol, atol)

    try:
        agrees()
    except (AssertionError, WrongShape, ExceptionGroup, Flaky):
        return True, False
    return False, False


def _methods() -> dict[str, Caught]:
    methods: dict[str, Caught] = {
        f"matrix, sizes {sizes.name}": partial(_by_matrix, sizes) for sizes in (SIZE_SETS["quick"], _FULL)
    }
    kinds = (("random", _by_random_images, _TOLERANCES), ("generated", _by_generated_images, (_DEFAULT, _LOOSE)))
    for title, method, tolerances in kinds:
        methods |= {f"{title}, rtol={r:g} atol={a:g}": partial(method, r, a) for r, a in tolerances}
    return methods


def _try_all(name: str) -> dict[str, Any]:
    method, wrong, right = _methods()[name], [], []
    for fakes, results in ((WRONG, wrong), (RIGHT, right)):
        for fake in fakes:
            calls = []

            def run(images: np.ndarray, size: tuple[int, int], fake: Fake = fake, calls: list = calls) -> np.ndarray:
                calls.append(size)
                return fake.operation.run(images, size)

            started = perf_counter()
            caught, named = method(replace(fake.operation, run=run), fake)
            results.append((fake.name, caught, named, len(calls), perf_counter() - started))
    return {
        "method": name,
        "wrong": len(wrong),
        "caught": sum(caught for _, caught, *_ in wrong),
        "named": sum(caught and named for _, caught, named, *_ in wrong),
        "missed": [name for name, caught, *_ in wrong if not caught],
        "right": len(right),
        "false_alarms": sum(caught for _, caught, *_ in right),
        "accused": [name for name, caught, *_ in right if caught],
        "calls_per_wrong": sum(calls for *_, calls, _ in wrong) / len(wrong),
        "calls_per_right": sum(calls for *_, calls, _ in right) / len(right),
        "seconds_wrong": sum(seconds for *_, seconds in wrong),
        "seconds_right": sum(seconds for *_, seconds in right),
    }


def measure() -> list[dict[str, Any]]:
    """One entry a method, each in a process of its own: some fakes keep state, and caches would favour the later."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        return list(pool.imap(_try_all, _methods()))


def rows(methods: list[dict[str, Any]]) -> list[dict[str, object]]:
    """What is printed: one row a method."""
    return [
        {
            "method": method["method"],
            f"caught of {method['wrong']}": method["caught"],
            "fault named": method["named"] if method["method"].startswith("matrix") else "-",
            f"false alarms of {method['right']}": method["false_alarms"],
            "calls/wrong": method["calls_per_wrong"],
            "calls/right": method["calls_per_right"],
            "s, wrong": method["seconds_wrong"],
            "s, right": method["seconds_right"],
        }
        for method in methods
    ]
