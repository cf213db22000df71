"""PyTorch: an exported program, loaded without unpickling anything but tensors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from halfpixel.parity.runtimes.worker import Feeds, RunFunction


def import_framework() -> None:
    """One thread, and no unpickling of code."""
    import torch

    torch.set_num_threads(1)
    # torch.export.load goes on in the mode that can run anything where the safe one fails.
    torch.load = partial(_safe, torch.load)


def _safe(load: Callable[..., object], *arguments: object, **settings: object) -> object:
    return load(*arguments, **settings | {"weights_only": True})


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """The program as a module."""
    module = _module(path)

    def run(feeds: Feeds) -> list[np.ndarray]:
        import torch

        with torch.no_grad():
            return _arrays(module(*[torch.from_numpy(x) for x in feeds.values()]))

    return run


def show(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> RunFunction:
    """The same, node by node, with the results of some nodes among the outputs."""
    import torch

    module = _module(path)
    kept: dict[str, torch.Tensor] = {}

    class Showing(torch.fx.Interpreter):  # type: ignore[misc]  # torch ships no types where the style is checked
        """Keeps the results of the named nodes."""

        def run_node(self, n: torch.fx.Node) -> object:
            result = super().run_node(n)
            if n.name in outputs and isinstance(result, torch.Tensor):
                kept[n.name] = result
            return result

    def run(feeds: Feeds) -> list[np.ndarray | None]:
        with torch.no_grad():
            finals = _arrays(Showing(module).run(*[torch.from_numpy(x) for x in feeds.values()]))
        inner = [kept[name].float().numpy() if name in kept else None for name in outputs[len(finals) :]]
        return [*finals, *inner]

    return run


def _module(path: str) -> Callable[..., Any]:
    import torch

    from halfpixel.parity.formats.pt2 import refuse_pickles

    refuse_pickles(Path(path))
    module: Callable[..., Any] = torch.export.load(path).module()
    return module


def _arrays(results: object) -> list[np.ndarray]:
    import torch
    from torch.utils._pytree import tree_leaves

    tensors = [leaf for leaf in tree_leaves(results) if isinstance(leaf, torch.Tensor)]
    return [(y.float() if y.dtype == torch.bfloat16 else y).contiguous().numpy() for y in tensors]
