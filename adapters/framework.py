"""A framework: how it is named, imported and found, and the arrays that it takes."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from halfpixel.adapters import subprocess_runner


class NotInstalled(Exception):
    """The framework's package is absent; the message names what to install."""


class Unsupported(Exception):
    """The framework has no call for what was asked; the message says what it has."""


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework by its name on the command line, the module it imports as, and the distributions that provide it.

    ``to_native`` makes the framework's own tensor from the NumPy array ``x``, and ``to_numpy`` a NumPy array from the
    framework's tensor ``y``; both are Python expressions, as ``imports`` are statements. Left as they are, the
    framework takes and gives NumPy arrays. ``to_bfloat16`` and ``from_bfloat16`` stand for them where the images are
    bfloat16, which NumPy does not have: ``x`` and the result are then float32. A framework without ``to_bfloat16`` is
    handed arrays of the package ml_dtypes.

    ``requires`` are further modules that its calls need. ``environment`` are variables that must be set before it is
    imported: where they are not, its calls run in a subprocess (:mod:`halfpixel.adapters.subprocess_runner`).
    """

    name: str
    module: str
    distributions: tuple[str, ...]
    imports: str
    to_native: str = "x"
    to_numpy: str = "y"
    to_bfloat16: str = ""
    from_bfloat16: str = ""
    requires: tuple[str, ...] = ()
    environment: subprocess_runner.Environment = ()

    @property
    def version(self) -> str | None:
        """The installed version, or ``None`` when it, or what it requires, is not installed. Imports nothing."""
        import importlib.metadata  # which takes half as long as all else that adapters import

        if self.missing:
            return None
        for distribution in self.distributions:
            try:
                return importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                continue
        return "unknown"

    @property
    def missing(self) -> tuple[str, ...]:
        """The modules that are not installed, of the framework's own and those it requires."""
        return tuple(name for name in (self.module, *self.requires) if importlib.util.find_spec(name) is None)

    def require_installed(self) -> None:
        """Raise ``NotInstalled``, with what to install, when anything is missing."""
        missing = [self.distributions[0] if name == self.module else name for name in self.missing]
        if missing:
            raise NotInstalled(f"{self.name} is not installed (pip install {' '.join(missing)})")

    def run_in_subprocess(self, function: Callable[..., Any], *arguments: object) -> Any:
        """``function(*arguments)`` in the process that has :attr:`environment`.

        Raises ``NotInstalled``, or as :func:`subprocess_runner.run_in_subprocess` does.
        """
        self.require_installed()
        return subprocess_runner.run_in_subprocess(self.environment, function, *arguments)
