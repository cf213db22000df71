"""Finds the adapters, lists their operations, and picks the native call for a convention."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from halfpixel.adapters.by_scale import ByScaleOperation
from halfpixel.adapters.framework import Framework, Unsupported
from halfpixel.adapters.gradients import Gradient
from halfpixel.adapters.native_call import Variant
from halfpixel.adapters.nd import NdOperation
from halfpixel.adapters.operation import Operation
from halfpixel.golden import Convention

_PACKAGE = __name__.rpartition(".")[0]

_FILES = {
    "operations": "calls",
    "integer_operations": "integers",
    "operations_by_scale": "by_scale",
    "operations_nd": "nd",
    "list_variants": "variants",
    "list_gradients": "gradients",
}
"""The file of a framework's folder that has each function. A framework that is one file has all of them there."""


@cache
def _adapters() -> dict[str, ModuleType]:
    """The file of each framework that has its ``FRAMEWORK`` and ``operations``, by the framework's name.

    Raises ``TypeError`` for a file that lists operations and has no ``FRAMEWORK``: it would not be found.
    """
    adapters = {}
    for info in sorted(pkgutil.iter_modules(sys.modules[_PACKAGE].__path__), key=lambda info: info.name):
        name = f"{_PACKAGE}.{info.name}" + (".calls" if info.ispkg else "")
        if info.name.startswith("_") or name == __name__:
            continue
        module = importlib.import_module(name)
        framework = getattr(module, "FRAMEWORK", None)
        if isinstance(framework, Framework):
            adapters[framework.name] = module
        elif hasattr(module, "operations"):
            raise TypeError(f"{name} lists operations, but has no FRAMEWORK")
    return adapters


def frameworks() -> dict[str, Framework]:
    """Every framework that has an adapter, by name. Imports no framework."""
    return {name: module.FRAMEWORK for name, module in _adapters().items()}


@cache
def operations(framework: str | None = None) -> tuple[Operation, ...]:
    """Every operation of one framework, or of all. Imports no framework; raises ``ValueError`` for an unknown name."""
    return _collect("operations", framework)


@cache
def integer_operations(framework: str | None = None) -> tuple[Operation, ...]:
    """Every call that takes images of one integer dtype only; raises as :func:`operations` does."""
    return _collect("integer_operations", framework)


@cache
def operations_by_scale(framework: str | None = None) -> tuple[ByScaleOperation, ...]:
    """Every call that takes scale factors, or sizes to fit; raises as :func:`operations` does."""
    return _collect("operations_by_scale", framework)


@cache
def operations_nd(framework: str | None = None) -> tuple[NdOperation, ...]:
    """Every call on another number of axes than two; raises as :func:`operations` does."""
    return _collect("operations_nd", framework)


@cache
def list_variants(framework: str) -> tuple[Variant, ...]:
    """Every other path that a framework has for its calls; raises as :func:`operations` does."""
    return _collect("list_variants", framework)


@cache
def gradient(framework: str) -> Gradient | None:
    """How a framework differentiates; ``None`` where its adapter lists nothing; raises as :func:`operations` does."""
    gradients = _collect("list_gradients", framework)
    return gradients[0] if gradients else None


def _collect(function: str, framework: str | None) -> tuple[Any, ...]:
    """What the adapters' functions of this name list; an adapter may lack any but ``operations``."""
    adapters = _adapters()
    if framework is not None and framework not in adapters:
        raise ValueError(f"unknown framework {framework!r}; allowed: {', '.join(adapters)}")
    chosen = adapters.values() if framework is None else [adapters[framework]]
    entries = tuple(entry for adapter in chosen for entry in _list(adapter, function))
    names = [getattr(entry, "id", None) or entry.name for entry in entries]
    if len(set(names)) < len(names):
        raise AssertionError(f"{function} listed twice: {sorted({name for name in names if names.count(name) > 1})}")
    return entries


def _list(adapter: ModuleType, function: str) -> list[Any]:
    package = adapter.__name__.rpartition(".")[0]
    if package != _PACKAGE:
        file = f"{package}.{_FILES[function]}"
        if importlib.util.find_spec(file) is None:
            return []
        adapter = importlib.import_module(file)
    entries: list[Any] = getattr(adapter, function, list)()
    return entries


def resize(framework: str, image: np.ndarray, size: tuple[int, int], convention: Convention) -> np.ndarray:
    """Resize with whatever native call of ``framework`` documents ``convention``.

    ``image`` is float32, ``(H, W)`` or ``(H, W, C)``; ``size`` is ``(h, w)``; the result keeps the number of
    dimensions. Raises ``Unsupported`` when no call of the framework documents the convention, ``NotInstalled`` when the
    framework is absent, ``ValueError`` for an unknown framework or an image of another rank.
    """
    candidates = operations(framework)
    frameworks()[framework].require_installed()
    image = np.asarray(image, dtype=np.float32)
    if image.ndim not in (2, 3):
        raise ValueError(f"image must have shape (H, W) or (H, W, C), not {image.shape}")
    height, width = image.shape[:2]
    for operation in candidates:
        if operation.claim == convention and operation.accepts(height, size[0]) and operation.accepts(width, size[1]):
            resized: np.ndarray = operation.run(image.reshape(1, height, width, -1), (size[0], size[1]))[0]
            return resized if image.ndim == 3 else resized[..., 0]
    documented = sorted({str(operation.claim) for operation in candidates if operation.claim is not None})
    raise Unsupported(
        f"{framework} documents no call for '{convention}' at this size; it documents: {'; '.join(documented)}"
    )
