"""Many torch calls as one module with an output for each."""

from __future__ import annotations

import warnings

import torch

from parity.exporters.source import Order, calls


def bring() -> None:
    """Import what exporting needs; one thread, and no warnings, which would be taken for last words."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")


class Resizes(torch.nn.Module):
    """Every call of an order, on ``x``; of dynamic shapes as large as ``like``, otherwise as the order says."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self.calls, self.size, self.is_dynamic = calls(order), order.size_out, order.is_dynamic

    def forward(self, x: torch.Tensor, like: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The outputs, in the order of the calls."""
        h, w = like.shape[2:] if self.is_dynamic else self.size
        return tuple(call(x, h, w) for call in self.calls)


def examples(order: Order) -> tuple[torch.Tensor, torch.Tensor]:
    """What it is traced with: ``x`` and ``like``; for dynamic shapes, of another size than is asked later."""
    more = (5, 3) if order.is_dynamic else (0, 0)
    (height, width), (h, w) = order.size_in, order.size_out
    x = torch.zeros(order.images, 1, height + more[0], width + more[1])
    return x, torch.zeros(1, 1, h + more[1], w + more[0])


def nothing(feeds: dict) -> list:
    """What an exporter returns to be called."""
    return []
