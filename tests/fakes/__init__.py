"""Resizers to test the tester with: right ones, and wrong ones with exactly one fault each."""

from __future__ import annotations

from . import wrong_axis, wrong_calls, wrong_image, wrong_nearest
from .image import Fake
from .right import RIGHT

WRONG: tuple[Fake, ...] = (*wrong_axis.WRONG, *wrong_nearest.WRONG, *wrong_image.WRONG, *wrong_calls.WRONG)

__all__ = ["RIGHT", "WRONG", "Fake"]
