"""Finds the adapters, lists their operations, and picks the native call for a convention."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

import numpy as np

import adapters
from adapters.framework import Framework, Unsupported
from adapters.gradient import Gradient
from adapters.operation import Operation, Variant
from adapters.ranked import RankedOperation
from adapters.scaled import ScaledOperation
from golden import Convention


@cache
def _modules() -> dict[str, ModuleType]:
    names = sorted(info.name for info in pkgutil.iter_modules(adapters.__path__))
    modules = [importlib.import_module(f"adapters.{name}") for name in names if not name.startswith("_")]
    return {
        module.FRAMEWORK.name: module for module in modules if isinstance(getattr(module, "FRAMEWORK", None), Framework)
    }


def frameworks() -> dict[str, Framework]:
    """Every framework that has an adapter, by name. Imports no framework."""
    return {name: module.FRAMEWORK for name, module in _modules().items()}


@cache
def operations(framework: str | None = None) -> tuple[Operation, ...]:
    """Every operation of one framework, or of all. Imports no framework; raises ``ValueError`` for an unknown name."""
    return _listed("operations", framework)


@cache
def integer_operations(framework: str | None = None) -> tuple[Operation, ...]:
    """Every call that takes images of one integer dtype only, of the frameworks that have such; raises likewise."""
    return _listed("integer_operations", framework)


@cache
def scaled_operations(framework: str | None = None) -> tuple[ScaledOperation, ...]:
    """Every call that takes scale factors, of the frameworks that have such; raises as :func:`operations` does."""
    return _listed("scaled_operations", framework)


@cache
def ranked_operations(framework: str | None = None) -> tuple[RankedOperation, ...]:
    """Every call on another number of axes than two, of the frameworks that have such; raises likewise."""
    return _listed("ranked_operations", framework)


@cache
def variants(framework: str) -> tuple[Variant, ...]:
    """Every other path that the framework has for its calls; empty where its adapter names none; raises likewise."""
    return _listed("variants", framework)


@cache
def gradient(framework: str) -> Gradient | None:
    """How the framework differentiates; ``None`` where its adapter says that it does not; raises likewise."""
    found = _listed("gradients", framework)
    return found[0] if found else None


def _listed(kind: str, framework: str | None) -> tuple:
    """What the adapters' functions named ``kind`` list; an adapter may lack any but ``operations``."""
    known = _modules()
    if framework is not None and framework not in known:
        raise ValueError(f"unknown framework {framework!r}; allowed: {', '.join(known)}")
    chosen = known.values() if framework is None else [known[framework]]
    found = tuple(each for module in chosen for each in getattr(module, kind, tuple)())
    names = [getattr(each, "id", None) or each.name for each in found]
    repeated = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else None
    if repeated:
        raise AssertionError(f"{kind} listed twice: {sorted(repeated)}")
    return found


def resize(framework: str, image: np.ndarray, size: tuple[int, int], convention: Convention) -> np.ndarray:
    """Resize with whatever native call of ``framework`` documents ``convention``.

    ``image`` is float32, ``(H, W)`` or ``(H, W, C)``; ``size`` is ``(h, w)``; the result keeps the number of
    dimensions. Raises ``Unsupported`` when no call of the framework documents the convention, ``NotInstalled`` when the
    framework is absent, ``ValueError`` for an unknown framework or an image of another rank.
    """
    candidates = operations(framework)
    frameworks()[framework].refuse_absence()
    image = np.asarray(image, dtype=np.float32)
    if image.ndim not in (2, 3):
        raise ValueError(f"image must have shape (H, W) or (H, W, C), not {image.shape}")
    height, width = image.shape[:2]
    for operation in candidates:
        if operation.claim == convention and operation.accepts(height, size[0]) and operation.accepts(width, size[1]):
            resized = operation.run(image.reshape(1, height, width, -1), tuple(size))[0]
            return resized if image.ndim == 3 else resized[..., 0]
    documented = sorted({str(operation.claim) for operation in candidates if operation.claim is not None})
    raise Unsupported(
        f"{framework} documents no call for '{convention}' at this size; it documents: {'; '.join(documented)}"
    )
