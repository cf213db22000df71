"""PyTorch: an exported program, loaded without unpickling anything but tensors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np


def bring() -> None:
    """Import it; one thread."""
    import torch

    torch.set_num_threads(1)
    # torch.export.load goes on in the mode that can run anything where the safe one fails.
    torch.load = partial(_safe, torch.load)


def _safe(load: Callable, *arguments: object, **settings: object) -> object:
    return load(*arguments, **settings | {"weights_only": True})


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list[np.ndarray]]:
    """The program as a module."""
    module = _module(path)

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        import torch

        with torch.no_grad():
            return _flat(module(*[torch.from_numpy(x) for x in feeds.values()]))

    return run


def show(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list[np.ndarray]]:
    """The same, node by node, with what some of them made among the outputs."""
    import torch

    module = _module(path)
    kept: dict[str, torch.Tensor] = {}

    class Showing(torch.fx.Interpreter):
        """Keeps what the named nodes make."""

        def run_node(self, n: torch.fx.Node) -> object:
            result = super().run_node(n)
            if n.name in outputs and isinstance(result, torch.Tensor):
                kept[n.name] = result
            return result

    def run(feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        with torch.no_grad():
            finals = _flat(Showing(module).run(*[torch.from_numpy(x) for x in feeds.values()]))
        more = [kept[name].float().numpy() if name in kept else None for name in outputs[len(finals) :]]
        return [*finals, *more]

    return run


def _module(path: str) -> object:
    import torch

    from parity.pt2_read import refuse_pickles

    refuse_pickles(Path(path))
    return torch.export.load(path).module()


def _flat(found: object) -> list[np.ndarray]:
    import torch
    from torch.utils._pytree import tree_leaves

    tensors = [each for each in tree_leaves(found) if isinstance(each, torch.Tensor)]
    return [(each.float() if each.dtype == torch.bfloat16 else each).contiguous().numpy() for each in tensors]
